/* The report's numbers as CSV (docs/files.md, "report/"): full precision, one header line, an
 * empty field where there is no number. */
#ifndef WN_REPORT_CSV_H
#define WN_REPORT_CSV_H

#include "findings/run.h"

/* Long form: checkpoint, task, condition, grouping (all, term, file), group, metric, value, n,
 * low, high. */
MUST_CHECK status_t csv_results(const run_t *run, str_t *csv);
/* One task, a line for each checkpoint and group, for each condition value, low and high. */
MUST_CHECK status_t csv_task(const run_t *run, size_t task, str_t *csv);
/* A line for each checkpoint and layer, and one for all layers together. */
MUST_CHECK status_t csv_statistics(const run_t *run, str_t *csv);

/* Signs of the pairs that cohorts separate and of their controls, a line for each checkpoint,
 * cohort and side: n, and value, low and high of each share. Only a head where none is known. */
MUST_CHECK status_t csv_pair_signs(const run_t *run, str_t *csv);
/* What the columns of all these files are (but for those of tasks/ and figures/): file, column, unit,
 * description, in the order of their heads. */
MUST_CHECK status_t csv_columns(const run_t *run, str_t *csv);

#endif
