/* Ablations and the tree of conditions. */
#ifndef WN_MODEL_INTERVENTION_H
#define WN_MODEL_INTERVENTION_H

#include "model/executor.h"

/* Which conditions share a state. Entering layer l (l = L: after the last), condition c is in
 * state_of[l * conditions + c]; states are numbered from 0 in order of their first condition. */
typedef struct {
    int conditions, layers;
    int *state_of; /* [layers + 1][conditions] */
    int *states;   /* [layers + 1] */
} condition_tree_t;

MUST_CHECK status_t condition_tree_create(const intervention_t *condition, int conditions,
                                          int layers, condition_tree_t *tree);
void condition_tree_free(condition_tree_t *tree);

/* States in the layer that has most of them: what a chunk in flight holds. */
size_t condition_tree_most(const condition_tree_t *tree);

/* First condition of a state. */
int condition_tree_first(const condition_tree_t *tree, int layer, int state);

/* out (rows, count), rows out_stride apart, = activation of the neurons [first, first + count) of
 * in (rows, F), rows in_stride apart, with the intervention's neurons of this layer ablated; out
 * is not in. */
void intervention_activate(const intervention_t *intervention, int layer, activation_t activation,
                           float *out, size_t out_stride, const float *in, size_t in_stride,
                           size_t rows, size_t first, size_t count);

#endif
