/* Comparisons of conditions on the same items, several draws of a cohort, dissociations. */
#ifndef WN_REPORT_CONTRASTS_H
#define WN_REPORT_CONTRASTS_H

#include <jansson.h>

#include "findings/run.h"
#include "report/table.h"

/* contrasts.csv, draws.csv, dissociation.csv (docs/files.md). Only a head where there is none. */
MUST_CHECK status_t csv_contrasts(const run_t *run, str_t *csv);
MUST_CHECK status_t csv_draws(const run_t *run, str_t *csv);
MUST_CHECK status_t csv_dissociation(const run_t *run, str_t *csv);

/* The same at the last checkpoint with results, for people: each task's contrasts, over all and by
 * phenomenon; draws; dissociations. */
MUST_CHECK status_t tables_changes(const run_t *run, tables_t *tables);
MUST_CHECK status_t tables_draws(const run_t *run, tables_t *tables);
MUST_CHECK status_t tables_dissociation(const run_t *run, tables_t *tables);

/* The same of all checkpoints as arrays "contrasts", "draws", "dissociation" of a JSON object. Returns
 * false where memory is out. */
bool json_contrasts(const run_t *run, json_t *root);

#endif
