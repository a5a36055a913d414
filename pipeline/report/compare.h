/* Comparisons of neurons that a report makes from a run's files: of statistics with each other,
 * between checkpoints and with other runs; of cohorts along training; of weights. */
#ifndef WN_REPORT_COMPARE_H
#define WN_REPORT_COMPARE_H

#include "findings/run.h"
#include "report/table.h"

/* ---- as CSV (docs/files.md, "report/") ---- */

MUST_CHECK status_t csv_comparisons(const run_t *run, str_t *csv);
MUST_CHECK status_t csv_drift(const run_t *run, str_t *csv);
MUST_CHECK status_t csv_weights(const run_t *run, str_t *csv);

/* ---- for people ---- */

/* All layers together: the statistics of the last checkpoint with each other; WD in each other run. */
MUST_CHECK status_t tables_comparisons(const run_t *run, tables_t *tables);
/* WD and its like at each checkpoint against the one before and the last. */
MUST_CHECK status_t tables_between(const run_t *run, tables_t *tables);
/* What becomes of each cohort's neurons along training. */
MUST_CHECK status_t tables_drift(const run_t *run, tables_t *tables);
/* How far weights have turned, all layers together. */
MUST_CHECK status_t tables_weights(const run_t *run, tables_t *tables);

#endif
