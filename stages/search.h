/* Cohorts whose size a perplexity decides: the part of wn-select that runs the model. */
#ifndef WN_STAGES_SEARCH_H
#define WN_STAGES_SEARCH_H

#include "eval/condition.h"
#include "stages/pass.h"

/* What all searches of a run share; the first four are the caller's. */
typedef struct {
    stage_t *stage;
    const rules_t *rules;
    const conditions_t *conditions;
    const strings_t *checkpoints; /* those with statistics, in the run's order */
    char *tokenizer;              /* digest; NULL: not yet known */
    arithmetic_t arithmetic;
    pass_rate_t rate;
    char *
        unreached; /* what the first search that must reach its target and does not says, or NULL */
} searcher_t;

/* Collective. Makes selection/<cohort>.h5 of a rule that is a search, where it is not up to date. Every
 * perplexity that is measured is kept in selection/<cohort>.trials under a key of all that it
 * depends on, and is not measured again. */
MUST_CHECK status_t search_cohort(searcher_t *it, size_t rule);
/* Adds the key of a checkpoint's statistics to that of what is chosen by them. */
MUST_CHECK status_t search_add_statistics(const stage_t *stage, const char *checkpoint,
                                          hash_t *hash);
void searcher_free(searcher_t *it);

#endif
