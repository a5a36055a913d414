/* Panels that several figures share: a task's results, with the scale and the note that belong
 * to them. */
#ifndef WN_REPORT_PANELS_H
#define WN_REPORT_PANELS_H

#include "report/curves.h"
#include "report/run.h"

/* What of a task a panel shows. */
typedef enum {
    SHOW_ACCURACY, /* per cent of items */
    SHOW_PERPLEXITY,
    SHOW_RATIO /* perplexity over the baseline's */
} show_t;

/* Title, note with n, comparison line and scale of a task's panel; note is the caller's to free
 * after the figure is written. */
MUST_CHECK status_t panel_of_task(const run_t *run, size_t task, show_t show, panel_t *panel,
                                  str_t *note);
/* curve[index] = a result with its interval, if there is one. */
void curve_set(curve_t *curve, size_t index, show_t show, const run_result_t *result);
/* The baseline's result at a checkpoint as a level across the whole axis. */
MUST_CHECK status_t panel_add_baseline(const run_t *run, size_t task, show_t show,
                                       size_t checkpoint, const ground_t *ground, panel_t *panel);
/* A curve with intervals, of the number-th colour and point. */
MUST_CHECK status_t panel_add_numbered(panel_t *panel, const ground_t *ground, const char *title,
                                       size_t number, curve_t **curve);
/* The vertical range that holds all values and intervals of a panel: in per cent of items with
 * chance level and at most 100 %. */
void panel_fit(panel_t *panel, const ground_t *ground, bool percent);

#endif
