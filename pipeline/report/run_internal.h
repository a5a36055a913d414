/* Shared by the files that read a run. */
#ifndef WN_REPORT_RUN_INTERNAL_H
#define WN_REPORT_RUN_INTERNAL_H

#include "report/run.h"
#include "store/store.h"

/* Opens "<directory>/<name>"; *store stays NULL where there is no such file. Notes the version
 * that wrote it. */
MUST_CHECK status_t run_open_file(run_t *run, const char *name, store_t **store);

/* Adds a line "<what>: a, b, c and 4 more" for the names that absent marks, unless none is. */
MUST_CHECK status_t run_add_missing(run_t *run, const char *what, const strings_t *names,
                                    const bool *absent);

MUST_CHECK status_t run_read_tasks(run_t *run);
MUST_CHECK status_t run_read_results(run_t *run);
MUST_CHECK status_t run_read_statistics(run_t *run);
MUST_CHECK status_t run_read_cohorts(run_t *run);
/* After statistics and rules. */
MUST_CHECK status_t run_read_comparisons(run_t *run);
MUST_CHECK status_t run_read_drift(run_t *run);
MUST_CHECK status_t run_read_weights(run_t *run);
MUST_CHECK status_t run_read_measures(run_t *run);

#endif
