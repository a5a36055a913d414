/* The tasks of evaluate that score nothing. */
#ifndef WN_STAGES_MEASURE_H
#define WN_STAGES_MEASURE_H

#include "eval/score.h"
#include "select/cohort.h"
#include "stages/results.h"

/* Collective: the residual stream under all conditions, written to path. */
MUST_CHECK status_t measure_residual(const results_t *results, model_t *model,
                                     const score_plan_t *plan, const char *path, const char *key);

/* The cohort of a task of extremes at a checkpoint; one that the model lacks is an EXIT_INPUT error.
 * Not collective. */
MUST_CHECK status_t measure_cohort(const stage_t *stage, const task_t *task, const char *checkpoint,
                                   const model_shape_t *shape, cohort_t *cohort);
/* Collective: the extremes of a cohort's neurons, written to path; with part, those of a part of the
 * corpus, from 1 of so many, as merging wants them. */
MUST_CHECK status_t measure_extremes(const results_t *results, model_t *model,
                                     const score_plan_t *plan, const cohort_t *cohort, size_t part,
                                     size_t parts, const char *path, const char *key);
/* Collective: the same from the files of all parts. */
MUST_CHECK status_t measure_merge_extremes(const results_t *results, const model_shape_t *shape,
                                           const cohort_t *cohort, const strings_t *parts,
                                           const char *path, const char *key);

/* Collective. How far options' arithmetic moves the pre-activations at the first tokens, on rank 0; of
 * nothing in float32. */
MUST_CHECK status_t measure_deviation(const results_t *results, model_t *model,
                                      const run_options_t *options, deviation_t *deviation,
                                      double *rms);
/* Writes that as attributes of a file of results, unless it is of nothing. One rank. */
MUST_CHECK status_t measure_write_deviation(store_t *store, const deviation_t *deviation,
                                            double rms);

/* Reads it back. One rank. */
MUST_CHECK status_t measure_read_deviation(const store_t *store, deviation_t *deviation,
                                           double *rms);

/* Of an estimate: the layers that extremes of a cohort run, and the bytes that either kind of task holds
 * on a rank beside model, plan and executor, and writes. */
int measure_layers(const cohort_t *cohort);
size_t measure_bytes(const task_t *task, const model_shape_t *shape, int conditions,
                     const cohort_t *cohort);
double measure_disk(const task_t *task, const model_shape_t *shape, size_t conditions,
                    const cohort_t *cohort);

#endif
