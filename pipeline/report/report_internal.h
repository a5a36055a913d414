/* Shared by the files that write a report. */
#ifndef WN_REPORT_REPORT_INTERNAL_H
#define WN_REPORT_REPORT_INTERNAL_H

#include "report/report.h"

/* Appends figures and tables of three neurons of the last checkpoint with statistics, and what is not there
 * for them. */
MUST_CHECK status_t report_neurons(const run_t *run, report_t *report);

/* Whether collect is to draw pairs of tokens. */
bool report_asks_pairs(const run_t *run);

#endif
