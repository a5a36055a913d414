/* What of a node's memory goes where: resources.memory_per_node, shared out. */
#ifndef WN_EVAL_BUDGET_H
#define WN_EVAL_BUDGET_H

#include <stddef.h>

#include "core/config.h"
#include "model/model.h"

/* Bytes of the whole budget: "60%" of the memory of this node (or of its control group, where
 * that is less), or an amount such as "6GiB". */
size_t memory_budget(const config_t *config);

/* resources.share. */
share_scope_t memory_sharing(const config_t *config);

/* Of it, what all copies of the weights on a node may take: a model beyond that is streamed. */
size_t memory_for_weights(const config_t *config);

/* What is left to the hidden states of each rank of this node. */
size_t memory_for_states(const config_t *config, const model_t *model);

/* The same before a model is open: bytes of weights that each of so many ranks of a node shares. */
size_t memory_beside_weights(const config_t *config, size_t weights, int ranks);

/* Whether text is a share ("60%") or an amount ("6GiB", "500 MB", bytes); *share is then the
 * share, or 0 with *bytes the amount. */
bool memory_parse(const char *text, double *share, size_t *bytes);

#endif
