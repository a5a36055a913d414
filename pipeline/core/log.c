#include "core/log.h"

#include <stdarg.h>
#include <stdio.h>

static const log_sink_t *sink;

void log_set_sink(const log_sink_t *new_sink)
{
    sink = new_sink;
}

static void send_line(log_level_t level, const char *format, va_list arguments)
{
    char text[2000];
    if (!sink || !sink->line) return;
    vsnprintf(text, sizeof text, format, arguments);
    sink->line(level, text);
}

void log_info(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    send_line(LOG_INFO, format, arguments);
    va_end(arguments);
}

void log_warning(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    send_line(LOG_WARNING, format, arguments);
    va_end(arguments);
}

void log_progress(const char *label, const char *unit, uint64_t done, uint64_t total)
{
    if (sink && sink->progress) sink->progress(label, unit, done, total);
}
