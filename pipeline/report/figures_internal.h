/* Shared by the figures over training. */
#ifndef WN_REPORT_FIGURES_INTERNAL_H
#define WN_REPORT_FIGURES_INTERNAL_H

#include "report/axis.h"
#include "report/figures.h"
#include "report/panels.h"
#include "report/sweep.h"

/* Checkpoints as the axis; borrows both. */
void ground_of_training(const axis_t *axis, const strings_t *names, ground_t *ground);

/* The baseline is black; a sweep runs through the sequential scale, each sweep with its own
 * dashes; other conditions take the palette in turn. */
void style_condition(const run_t *run, const sweeps_t *sweeps, size_t condition, curve_t *curve);

/* Checkpoints at which a task has results. */
size_t checkpoints_with(const run_t *run, size_t task);

/* One figure: the panels that hold anything. */
MUST_CHECK status_t write_training(const char *name, const char *title, const char *caption,
                                   const ground_t *ground, panel_t *panel, size_t panels,
                                   figures_t *figures);

#endif
