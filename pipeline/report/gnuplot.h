/* Runs gnuplot. */
#ifndef WN_REPORT_GNUPLOT_H
#define WN_REPORT_GNUPLOT_H

#include <stdbool.h>

#include "core/status.h"
#include "core/strings.h"

/* Runs "gnuplot -d -e command script" in directory and waits. *absent: it is not installed.
 * What it prints is appended to said (the first few thousand bytes). Its failure is not an error
 * here: *worked tells. */
MUST_CHECK status_t gnuplot_run(const char *directory, const char *command, const char *script,
                                bool *absent, bool *worked, str_t *said);

#endif
