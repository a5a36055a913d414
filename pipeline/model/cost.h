/* What a pass of the executor over a forest costs, from its plan alone: nothing is run. */
#ifndef WN_MODEL_COST_H
#define WN_MODEL_COST_H

#include <stdbool.h>
#include <stddef.h>

#include "model/forest.h"
#include "model/intervention.h"

/* Floating-point operations, a multiply-add counting as two. */
typedef struct {
    double layers; /* matrix products and attention of the layers that are run */
    double ends;   /* projections of embeddings and of the vocabulary */
} flops_t;

/* Those that a chunk needs, of the layers that the tree of conditions has: every row once for each
 * state, attention over the row's own path (within the window of layers that slide), the
 * vocabulary once for each final state where scored. Norms, activations and other work that grows
 * with the rows alone is not counted. A run that stops before the model's last layer needs of its
 * own last one no more than the pre-activations. */
flops_t cost_of_chunk(const model_shape_t *shape, const chunk_t *chunk,
                      const condition_tree_t *tree, bool scored);

/* The sum over the chunks of a forest. */
flops_t cost_of_forest(const model_shape_t *shape, const forest_t *forest,
                       const condition_tree_t *tree, bool scored);

/* What an executor of these conditions holds of one rank's memory, and how many chunks it takes at a
 * time: one where the model stays in memory, else as many as have room for their states in the
 * bytes it is given. */
typedef struct {
    size_t bytes, together;
} footprint_t;
footprint_t cost_footprint(const model_shape_t *shape, const forest_t *forest,
                           const condition_tree_t *tree, int threads, arithmetic_t arithmetic,
                           bool streamed, size_t memory);

/* Bytes of the forest itself, over so many tokens. */
size_t cost_forest_bytes(const forest_t *forest, size_t tokens);

#endif
