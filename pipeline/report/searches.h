/* Cohorts whose size a perplexity decided. */
#ifndef WN_REPORT_SEARCHES_H
#define WN_REPORT_SEARCHES_H

#include "findings/run.h"
#include "report/table.h"

/* A table for each such cohort, checkpoints down: what was wanted, what was found, and whether it is
 * within the tolerance. */
MUST_CHECK status_t tables_searches(const run_t *run, tables_t *tables);

/* searches.csv (docs/files.md): every trial. */
MUST_CHECK status_t csv_searches(const run_t *run, str_t *csv);

#endif
