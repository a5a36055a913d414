/* The main result in words. */
#ifndef WN_REPORT_HEADLINE_H
#define WN_REPORT_HEADLINE_H

#include "findings/run.h"

/* The task that the report is about first: the first of minimal pairs with results, else of questions, else
 * of losses; -1: none. */
ptrdiff_t headline_task(const run_t *run);

/* Appends sentences: first what the chief condition (run_chief) does to that task at its last checkpoint,
 * with its interval, and what its controls do; then remarks, a string each, on what this does not show: an
 * interval with 0 in it, one draw, no control, no baseline. Of a run without such results it says what
 * there is. */
MUST_CHECK status_t headline_write(const run_t *run, strings_t *text);

#endif
