/* The report's tables for people: checkpoints down, conditions across. */
#ifndef WN_REPORT_TABLES_H
#define WN_REPORT_TABLES_H

#include "findings/run.h"
#include "report/table.h"

typedef struct {
    bool intervals; /* in the cells; else the note says how wide they are at most */
    bool terms;     /* phenomena, each a table of its own */
    size_t most;    /* so many checkpoints at most, first and last among them; 0: all */
} detail_t;

/* For each task with results, along checkpoints: perplexity (with intervals also over the baseline's), or
 * accuracy over all pairs and by phenomenon. */
MUST_CHECK status_t tables_results(const run_t *run, detail_t detail, tables_t *tables);
/* WD over all neurons along training; nothing without statistics. */
MUST_CHECK status_t tables_wd(const run_t *run, detail_t detail, tables_t *tables);
/* WD by layer at the last checkpoint that has statistics. */
MUST_CHECK status_t tables_layers(const run_t *run, tables_t *tables);
/* Cohorts at the last checkpoint that has them: sizes, and where it is known the stability; the signs of
 * the pairs that they separate. */
MUST_CHECK status_t tables_cohorts(const run_t *run, tables_t *tables);
MUST_CHECK status_t tables_signs(const run_t *run, tables_t *tables);
/* Conditions down, tasks across, at the last checkpoint with results. */
MUST_CHECK status_t tables_conditions(const run_t *run, tables_t *tables);
/* Accuracy by phenomenon and by file at the last checkpoint, for each task of items. */
MUST_CHECK status_t tables_groups(const run_t *run, tables_t *tables);
/* Model, checkpoints, data, software. */
MUST_CHECK status_t tables_setting(const run_t *run, tables_t *tables);

/* The cohort's share of all neurons at a checkpoint, in [0, 1]; NaN where it is unknown. */
double cohort_share(const run_t *run, size_t checkpoint, size_t rule);

#endif
