/* The file of a checkpoint's pairs of tokens: what they are, and what reduce finds out about them. */
#ifndef WN_STAGES_REDUCE_PAIRS_H
#define WN_STAGES_REDUCE_PAIRS_H

#include "stages/stage.h"
#include "stats/reduce.h"

/* Collective. Creates pairs/<checkpoint>.h5 with this key, writes the tokens of the pairs with their
 * texts and contexts, fills in their strata, and makes room for the results of every neuron
 * (pairs_define). The caller publishes the store. */
MUST_CHECK status_t reduce_pairs_create(const stage_t *stage, activations_t *activations,
                                        const pairs_options_t *options, const char *path,
                                        const char *key, store_t **store);

#endif
