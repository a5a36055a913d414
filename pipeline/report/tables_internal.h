/* Shared by tables along checkpoints. */
#ifndef WN_REPORT_TABLES_INTERNAL_H
#define WN_REPORT_TABLES_INTERNAL_H

#include "report/tables.h"

/* The rows of a table by checkpoint: shown [checkpoints] is to be freed; most as in detail_t. Says in the
 * note how many are left out, unless one table of several has said so (note NULL). */
MUST_CHECK status_t tables_choose_rows(const run_t *run, const bool *candidate, size_t most,
                                       bool **shown, char **note);

#endif
