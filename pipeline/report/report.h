/* The report: everything below <run.directory>/report/ (docs/files.md tells of every file). */
#ifndef WN_REPORT_REPORT_H
#define WN_REPORT_REPORT_H

#include "findings/run.h"
#include "report/figure.h"
#include "report/table.h"

typedef struct {
    figures_t figures;
    tables_t neurons; /* of single neurons */
    strings_t absent; /* what is not there for these, a line each */
    strings_t files;  /* written, relative to the directory, sorted */
    bool no_gnuplot;  /* it is not installed: scripts and data were written, nothing drawn */
} report_t;

/* Writes all files into directory, which is made, and removes what an earlier report left there
 * under its own names (files.txt lists them). Equal runs give equal bytes (images: with the
 * same gnuplot). One rank calls it. */
MUST_CHECK status_t report_write(const run_t *run, const char *directory, report_t *report);
void report_free(report_t *report);

/* What a report is called. */
const char *report_title(const run_t *run);

#endif
