/* What the mapping difficulty needs of a forward pass: how far apart the MLP's inputs of each
 * pair of tokens are, in every layer. The two tokens of a pair run at different times and perhaps
 * on different ranks, so inputs of the sampled tokens wait in a scratch file beside the output,
 * float32 [layers][2 * pairs][width], which vanishes with this object. Memory is O(pairs). */
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
} pair_inputs_plan_t;

/* Bytes that a rank holds at most, beside one batch's inputs. */
double pair_inputs_memory(const pair_inputs_plan_t *plan);

/* Collective over comm. path: the output beside which the scratch file lies. */
MUST_CHECK status_t pair_inputs_create(MPI_Comm comm, const char *path,
                                       const pair_inputs_plan_t *plan, pair_inputs_t **inputs);
/* Collective. */
void pair_inputs_destroy(pair_inputs_t **inputs);

/* The sampled tokens among [first, first + rows): *token, borrowed, ascending, their places in the
 * collection; *slot, the first one's number among all sampled tokens. Returns how many. */
int64_t pair_inputs_find(const pair_inputs_t *inputs, int64_t first, int64_t rows,
                         const int64_t **token, int64_t *slot);

/* Takes the inputs (rows, width) of tokens [first, first + rows) in one layer (its index). Every
 * token of every layer by one rank, in any order. Not collective. */
MUST_CHECK status_t pair_inputs_take(pair_inputs_t *inputs, int64_t layer, int64_t first,
                                     int64_t rows, const float *input);

/* The outputs of the sampled tokens, where they are not kept otherwise: /pair_outputs float32
 * [layers][neurons][2 * pairs], tokens in ascending order. Defining is collective like the store;
 * taking pre-activations (rows, neurons) is not. */
MUST_CHECK status_t pair_outputs_define(pair_inputs_t *inputs, store_t *store, int64_t neurons);
MUST_CHECK status_t pair_outputs_take(pair_inputs_t *inputs, store_t *store, int64_t layer,
                                      int64_t first, int64_t rows, int64_t neurons,
                                      const float *preactivation);

/* Collective, once all are taken: writes into store /pairs int64 [2][pairs], the tokens of each
 * pair, and /input_distances float64 [layers][pairs]. A distance that is not finite is an
 * EXIT_NUMERIC error that names layer index and pair. */
MUST_CHECK status_t pair_inputs_write(pair_inputs_t *inputs, store_t *store);

#endif
