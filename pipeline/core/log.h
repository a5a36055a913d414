/* Messages and progress. The library never prints: it hands lines to a sink that the program
 * sets (stages/ sets one on a single rank; the others stay silent). */
#ifndef WN_CORE_LOG_H
#define WN_CORE_LOG_H

#include <stdint.h>

#include "core/status.h"

typedef enum { LOG_INFO, LOG_WARNING } log_level_t;

typedef struct {
    void (*line)(log_level_t level, const char *text);
    /* done of total, counted in unit ("tokens"); called often, the sink throttles. */
    void (*progress)(const char *label, const char *unit, uint64_t done, uint64_t total);
} log_sink_t;

/* NULL silences. Set once per process, before threads. */
void log_set_sink(const log_sink_t *sink);
void log_info(const char *format, ...) PRINTF_LIKE(1, 2);
void log_warning(const char *format, ...) PRINTF_LIKE(1, 2);
/* Numbers of all ranks together: where each does a part, what they would be if all were as far as this one. */
void log_progress(const char *label, const char *unit, uint64_t done, uint64_t total);

#endif
