/* Surprisal of tagged tokens by part of speech, word class, frequency and position. */
#ifndef WN_REPORT_SURPRISAL_H
#define WN_REPORT_SURPRISAL_H

#include "findings/run.h"
#include "report/table.h"

/* surprisal.csv (docs/files.md). */
MUST_CHECK status_t csv_surprisal(const run_t *run, str_t *csv);
/* For each task, at its last checkpoint: what contrasts change, by each way of grouping. */
MUST_CHECK status_t tables_surprisal(const run_t *run, tables_t *tables);

#endif
