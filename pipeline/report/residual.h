/* Residual streams in a report. */
#ifndef WN_REPORT_RESIDUAL_H
#define WN_REPORT_RESIDUAL_H

#include "findings/run.h"
#include "report/table.h"

/* One task, a line for each checkpoint, condition and place (docs/files.md, "report/"). */
MUST_CHECK status_t csv_residual(const run_t *run, size_t task, str_t *csv);
/* For each task, at the last checkpoint that has it: the root mean square of each condition's shift by
 * layer, and the channels that it shifts most. */
MUST_CHECK status_t tables_residual(const run_t *run, tables_t *tables);

#endif
