/* The scores of one task's results in a file, and what its items are, for comparisons of runs. */
#ifndef WN_FINDINGS_DIFF_SCORES_H
#define WN_FINDINGS_DIFF_SCORES_H

#include "findings/diff_internal.h"

/* What a file of results holds: pairs of sentences, choices, losses of windows, losses of tokens (by part of
 * speech); something else. */
typedef enum {
    SCORED_PAIRS,
    SCORED_CHOICE,
    SCORED_LOSSES,
    SCORED_TOKENS,
    SCORED_OTHERWISE
} scored_kind_t;

typedef struct {
    const store_t *store; /* borrowed */
    scored_kind_t kind;
    strings_t conditions;
    char *configuration, *data; /* data: the corpus or benchmark; NULL: unknown */
    size_t index;               /* of the task in the configuration */
    /* pairs and choice, of the shard; without it all items are alike */
    int64_t items;
    char *inputs;         /* of the shard: digests and paths; NULL: it is not there */
    int32_t *file, *term; /* [items] */
    size_t files;
    strings_t terms;
    cells_t cells;
    /* choice: */
    int64_t *choice; /* [items + 1] */
    int32_t *gold, *characters;
    int64_t choices;
} scored_t;

/* Losses of windows: sums over their scored tokens, and the number of these. */
typedef struct {
    double *sum, *tokens; /* [windows] */
    int64_t windows;
} losses_t;

/* directory: the run's, for the shard. The store must outlive it. */
MUST_CHECK status_t scored_open(const char *directory, const store_t *store, scored_t *scored);
void scored_close(scored_t *scored);

/* *same = whether the items of both sides are the same: of windows the same tokens of the same corpus. */
MUST_CHECK status_t scored_same_items(const diff_t *diff, const scored_t side[2], bool *same);
/* *same = whether a condition's scores are, bit for bit. */
MUST_CHECK status_t scored_same(const scored_t side[2], const char *condition, bool *same);

/* *right [items], to be freed: 1 where the item is. norm: by scores over characters. */
MUST_CHECK status_t scored_right(const scored_t *scored, const char *condition, bool norm,
                                 int16_t **right);
MUST_CHECK status_t scored_losses(const scored_t *scored, const char *condition, losses_t *losses);
void losses_free(losses_t *losses);

#endif
