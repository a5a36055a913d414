/* Shared by the figures over training. */
#ifndef WN_REPORT_FIGURES_INTERNAL_H
#define WN_REPORT_FIGURES_INTERNAL_H

#include "report/axis.h"
#include "report/figures.h"
#include "report/panels.h"
#include "report/series.h"

/* Checkpoints as the axis; borrows both. */
void ground_of_training(const axis_t *axis, const strings_t *names, ground_t *ground);

/* Checkpoints at which a task has results. */
size_t checkpoints_with(const run_t *run, size_t task);

/* So many series a figure over training shows at most; the sentence that says so, "" where all are. */
enum { SERIES_MOST = 8 };
MUST_CHECK status_t say_left(size_t left, str_t *caption);

/* One figure in a section of the page: the panels that hold anything. */
MUST_CHECK status_t write_training(const char *name, const char *title, const char *caption,
                                   section_t section, const ground_t *ground, panel_t *panel,
                                   size_t panels, figures_t *figures);

#endif
