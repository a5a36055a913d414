/* Results as lm-evaluation-harness writes them (its 0.4 layout), for tools that read that. */
#ifndef WN_REPORT_HARNESS_H
#define WN_REPORT_HARNESS_H

#include "findings/run.h"

/* One JSON document {"format", "runs": [...]}; each run, a checkpoint under a condition, is a
 * whole document of the harness ("results", "group_subtasks", "configs", "versions", "n-shot",
 * "higher_is_better", "n-samples"), with "checkpoint" and "condition" beside. Names of subtasks:
 * "<task>_<file>"; phenomena are groups "<task>_term_<term>". Standard errors are the
 * harness's: of the mean over items, n - 1. */
MUST_CHECK status_t harness_json(const run_t *run, str_t *json);

#endif
