/* The figures of a report. One that would show nothing is not made. */
#ifndef WN_REPORT_FIGURES_H
#define WN_REPORT_FIGURES_H

#include "findings/run.h"
#include "report/figure.h"

/* What the chief condition and its controls change, over all items and by phenomenon, and grammar against
 * other tasks: at the last checkpoint with results. */
MUST_CHECK status_t figures_effects(const run_t *run, figures_t *figures);
/* Statistics against WD, at the last checkpoint with them. */
MUST_CHECK status_t figures_proxies(const run_t *run, figures_t *figures);
/* Over training: WD; for each task of minimal pairs, accuracy; for each task of perplexity,
 * perplexity (two checkpoints at least). */
MUST_CHECK status_t figures_training(const run_t *run, figures_t *figures);
/* The quantiles of WD by layer, at the last checkpoint with statistics. */
MUST_CHECK status_t figures_layers(const run_t *run, figures_t *figures);
/* Each task against the share of ablated neurons, at the last checkpoint, where conditions form
 * a sweep. */
MUST_CHECK status_t figures_sweeps(const run_t *run, figures_t *figures);
/* Cohorts along training: their WD, where they are chosen anew and where the last ones are followed,
 * and how much of the last ones is there already; each phenomenon under each condition. */
MUST_CHECK status_t figures_trajectory(const run_t *run, figures_t *figures);
/* Excess surprisal by part of speech, for each task that has some, at its last checkpoint. */
MUST_CHECK status_t figures_surprisal(const run_t *run, figures_t *figures);

/* Each task against the group of layers that is ablated, each alone or all up to it, at the last
 * checkpoint, where conditions divide the layers into groups. */
MUST_CHECK status_t figures_groups(const run_t *run, figures_t *figures);

#endif
