/* Panels that several figures share: a task's results, with the scale and the note that belong
 * to them. */
#ifndef WN_REPORT_PANELS_H
#define WN_REPORT_PANELS_H

#include "findings/run.h"
#include "report/curves.h"
#include "report/series.h"

/* Title, note with n, comparison line and scale of a task's panel; note is the caller's to free
 * after the figure is written. */
MUST_CHECK status_t panel_of_task(const run_t *run, size_t task, show_t show, panel_t *panel,
                                  str_t *note);
/* curve[index] = a result with its interval, if there is one; without, the band has no width there. */
void curve_set(curve_t *curve, size_t index, const shown_t *shown);
/* A series along checkpoints, the ground's places. */
MUST_CHECK status_t panel_add_series(const run_t *run, const series_t *series, show_t show,
                                     size_t task, ptrdiff_t term, const ground_t *ground,
                                     panel_t *panel);
/* The baseline's result at a checkpoint as a level across the whole axis. */
MUST_CHECK status_t panel_add_baseline(const run_t *run, size_t task, show_t show,
                                       size_t checkpoint, const ground_t *ground, panel_t *panel);
/* The vertical range that holds all values and intervals of a panel: in per cent of items with
 * chance level and at most 100 %. */
void panel_fit(panel_t *panel, const ground_t *ground, bool percent);

#endif
