/* Cohorts and results along training. */
#ifndef WN_REPORT_TRAJECTORY_H
#define WN_REPORT_TRAJECTORY_H

#include <jansson.h>

#include "findings/run.h"
#include "report/table.h"

/* emergence.csv, correlations.csv (docs/files.md). */
MUST_CHECK status_t csv_emergence(const run_t *run, str_t *csv);
MUST_CHECK status_t csv_correlations(const run_t *run, str_t *csv);

/* WD of cohorts and their overlap with the last ones, by checkpoint; correlations over all items. */
MUST_CHECK status_t tables_trajectory(const run_t *run, tables_t *tables);

/* Arrays "trajectory", "followed" and "correlations" of a JSON object. Returns false where memory is
 * out. */
bool json_trajectory(const run_t *run, json_t *root);

#endif
