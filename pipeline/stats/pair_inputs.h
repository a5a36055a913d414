/* What the mapping difficulty needs of a forward pass: how far apart the MLP's inputs of each
 * pair of tokens are, in every layer. The two tokens of a pair run at different times and perhaps
 * on different ranks, so inputs of the sampled tokens wait in a scratch file beside the output,
 * float32 [layers][2 * pairs][width], which vanishes with this object. Memory is O(pairs).
 *
 * Where only a part of the tokens comes here, the inputs of those stay in the output, as /pair_inputs,
 * until all parts are merged: with the same results. */
#ifndef WN_STATS_PAIR_INPUTS_H
#define WN_STATS_PAIR_INPUTS_H

#include <mpi.h>
#include <stdint.h>

#include "core/status.h"
#include "store/store.h"

typedef struct pair_inputs pair_inputs_t;

/* What is sampled. */
typedef struct {
    uint64_t seed;
    int64_t tokens, pairs; /* pairs_draw's: 1 <= pairs <= tokens / 2 */
    int64_t layers, width; /* of the inputs */
    int64_t first, count;  /* tokens [first, first + count) come here; all: 0, tokens */
} pair_inputs_plan_t;

/* Bytes that a rank holds at most, beside one batch's inputs. */
double pair_inputs_memory(const pair_inputs_plan_t *plan);

/* Collective over comm. store: the output, borrowed until the end; the scratch file lies beside it. */
MUST_CHECK status_t pair_inputs_create(MPI_Comm comm, store_t *store,
                                       const pair_inputs_plan_t *plan, pair_inputs_t **inputs);
/* Collective. */
void pair_inputs_destroy(pair_inputs_t **inputs);

/* Takes the inputs (rows, width) of tokens [first, first + rows), counted from plan.first, in one
 * layer (its index). Every token of every layer by one rank, in any order. Not collective. */
MUST_CHECK status_t pair_inputs_take(pair_inputs_t *inputs, int64_t layer, int64_t first,
                                     int64_t rows, const float *input);

/* The outputs of the sampled tokens, where they are not kept otherwise: /pair_outputs float32
 * [layers][neurons][2 * pairs] (of a part: of its own), tokens in ascending order. Defining is
 * collective like the store; taking pre-activations (rows, neurons) is not. */
MUST_CHECK status_t pair_outputs_define(pair_inputs_t *inputs, int64_t neurons);
MUST_CHECK status_t pair_outputs_take(pair_inputs_t *inputs, int64_t layer, int64_t first,
                                      int64_t rows, int64_t neurons, const float *preactivation);

/* Collective: in place of taking, what a part's file holds of tokens [first, first + tokens); its
 * outputs where neurons > 0. Datasets of other shapes are EXIT_INPUT errors. */
MUST_CHECK status_t pair_inputs_merge(pair_inputs_t *inputs, const store_t *part, int64_t first,
                                      int64_t tokens, int64_t neurons);

/* Collective, once all are taken: writes into the output /pairs int64 [2][pairs], the tokens of each
 * pair, and /input_distances float64 [layers][pairs]; nothing for a part. A distance that is not
 * finite is an EXIT_NUMERIC error that names layer index and pair. */
MUST_CHECK status_t pair_inputs_write(pair_inputs_t *inputs);

#endif
