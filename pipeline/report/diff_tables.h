/* What differs between two runs, for people. */
#ifndef WN_REPORT_DIFF_TABLES_H
#define WN_REPORT_DIFF_TABLES_H

#include "findings/diff.h"
#include "report/table.h"

/* For people: a sentence that says it all, and tables of what differs; rows: of a table, at most (0:
 * all), the last ones. */
MUST_CHECK status_t diff_summary(const diff_t *diff, str_t *text);
MUST_CHECK status_t diff_tables(const diff_t *diff, size_t rows, tables_t *tables);

#endif
