/* Between the two halves of searches: what is looked for, and the measuring. */
#ifndef WN_STAGES_SEARCH_INTERNAL_H
#define WN_STAGES_SEARCH_INTERNAL_H

#include "eval/score.h"
#include "select/search.h"
#include "stages/search.h"
#include "stages/trials.h"

/* A checkpoint at which the search is made. */
typedef struct {
    const char *checkpoint;
    char *directory; /* of the model */
    char hash[SHA256_HEX];
    model_shape_t shape;
    condition_t reference; /* the condition whose perplexity is wanted, loaded */
    search_t search;
    cohort_t cohort; /* what was found */
} site_t;

typedef struct {
    searcher_t *shared;
    const rule_t *rule;
    size_t index; /* of the rule */
    task_t task;  /* the perplexity */
    sequences_t sequences;
    score_plan_t plan;
    site_t *site;
    size_t sites;
    char *path;
    trials_t trials; /* on rank 0 */
    model_t *model;  /* of the site at hand, once it is needed */
} search_work_t;

/* Collective: searches at one checkpoint. */
MUST_CHECK status_t search_site(search_work_t *work, site_t *site);

/* Adds what all perplexities of the search depend on beside model and neurons. */
MUST_CHECK status_t search_hash_task(const search_work_t *work, hash_t *hash);

#endif
