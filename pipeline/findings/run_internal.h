/* Shared by the files that read a run. */
#ifndef WN_FINDINGS_RUN_INTERNAL_H
#define WN_FINDINGS_RUN_INTERNAL_H

#include "findings/run.h"
#include "select/selection.h"
#include "store/store.h"

/* Opens "<directory>/<name>"; *store stays NULL where there is no such file. Notes the version
 * that wrote it. */
MUST_CHECK status_t run_open_file(run_t *run, const char *name, store_t **store);

/* Adds a line "<what>: a, b, c and 4 more" for the names that absent marks, unless none is. */
MUST_CHECK status_t run_add_missing(run_t *run, const char *what, const strings_t *names,
                                    const bool *absent);

MUST_CHECK status_t run_read_tasks(run_t *run);
/* After tasks and rules: draws and contrasts. */
MUST_CHECK status_t run_read_contrasts(run_t *run);
MUST_CHECK status_t run_read_results(run_t *run);
MUST_CHECK status_t run_read_statistics(run_t *run);
MUST_CHECK status_t run_read_cohorts(run_t *run);
/* After statistics and rules. */
MUST_CHECK status_t run_read_comparisons(run_t *run);
MUST_CHECK status_t run_read_drift(run_t *run);
MUST_CHECK status_t run_read_weights(run_t *run);
MUST_CHECK status_t run_read_measures(run_t *run);
/* After contrasts. */
MUST_CHECK status_t run_read_surprisal(run_t *run);
/* After drift and results. */
MUST_CHECK status_t run_read_trajectory(run_t *run);

/* Neurons of both cohorts, each ordered by layer and neuron. */
int64_t run_common_neurons(const cohort_t *a, const cohort_t *b);
/* The mean over the cohort's neurons of value [layers][neurons] of the matrix, those that have one:
 * *count; NaN where none has. */
double run_mean_over(const matrix_t *matrix, const double *value, const cohort_t *cohort,
                     int64_t *count);

/* ---- results of one checkpoint and task ---- */

/* change [contrasts]: the replicates of each contrast over all items, count 0 where there is none. */
typedef struct {
    run_t *run;
    size_t checkpoint, task;
    const store_t *store;
    run_result_t *result; /* [conditions] */
    replicates_t *change;
} reading_t;

/* Items that are right or wrong; losses of windows. Results, changes and spreads are appended. */
MUST_CHECK status_t run_read_items(reading_t *reading);
MUST_CHECK status_t run_read_losses(reading_t *reading);

/* "<what> <checkpoint> <task> <name>": the purpose of a bootstrap's draws; to be freed. */
MUST_CHECK status_t run_purpose(const reading_t *reading, const char *what, const char *name,
                                char **purpose);

/* Whether all of a contrast's conditions are there. */
bool contrast_is_there(const run_contrast_t *contrast, const run_result_t *result);

/* Appends spread with the mean, deviation and range of the draws' values [members]. */
MUST_CHECK status_t run_add_spread(run_t *run, run_spread_t *spread, const double *value);

/* Corrects the tests of a checkpoint: changes from first on, all items and phenomena apart. */
MUST_CHECK status_t run_correct(run_t *run, size_t first);
/* change [tasks][contrasts] of a checkpoint. */
MUST_CHECK status_t run_dissociate(run_t *run, size_t checkpoint, const replicates_t *change);

#endif
