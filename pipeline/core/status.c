#include "core/status.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct status {
    exit_code_t code;
    char *message;
};

static struct status out_of_memory = {EXIT_RESOURCE, "out of memory"};

/* context may be NULL; returns a fresh "context: tail" or NULL. */
static char *join(const char *format, va_list arguments, const char *tail)
{
    va_list again;
    va_copy(again, arguments);
    int head = vsnprintf(NULL, 0, format, again);
    va_end(again);
    if (head < 0) return NULL;
    size_t rest = tail ? strlen(tail) + 2 : 0;
    char *text = malloc((size_t)head + rest + 1);
    if (!text) return NULL;
    vsnprintf(text, (size_t)head + 1, format, arguments);
    if (tail) {
        memcpy(text + head, ": ", 2);
        memcpy(text + head + 2, tail, rest - 1);
    }
    return text;
}

status_t status_new(exit_code_t code, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    char *message = join(format, arguments, NULL);
    va_end(arguments);
    status_t status = message ? malloc(sizeof *status) : NULL;
    if (!status) {
        free(message);
        return &out_of_memory;
    }
    status->code = code;
    status->message = message;
    return status;
}

status_t status_wrap(status_t status, const char *format, ...)
{
    if (!status || status == &out_of_memory) return status;
    va_list arguments;
    va_start(arguments, format);
    char *message = join(format, arguments, status->message);
    va_end(arguments);
    if (message) {
        free(status->message);
        status->message = message;
    }
    return status;
}

exit_code_t status_code(status_t status)
{
    return status ? status->code : EXIT_OK;
}

const char *status_message(status_t status)
{
    return status ? status->message : "";
}

void status_free(status_t *status)
{
    if (*status && *status != &out_of_memory) {
        free((*status)->message);
        free(*status);
    }
    *status = NULL;
}

void status_excuse(status_t *status, exit_code_t code)
{
    if (status_code(*status) == code) status_free(status);
}

status_t status_first(status_t first, status_t second)
{
    if (!first) return second;
    status_free(&second);
    return first;
}
