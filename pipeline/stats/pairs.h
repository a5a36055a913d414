/* From a neuron's outputs at pairs of tokens to its mapping difficulty, the pairs that it
 * separates most, and their signs: what reducing does with pairs, wherever the outputs come from.
 *
 * The results of all neurons go into a store that is written by all ranks, each its own neurons:
 *   /separated       int32 [layers][neurons][most]     numbers of pairs, most separated first;
 *                                                      -1: there is no further one
 *   /outputs         float32 [layers][neurons][most][2] the neuron's y at their tokens
 *   /output_medians  float64 [layers][neurons]         N_y
 *   /signs, /control_signs int32 [layers][neurons][3]  of these pairs and of their controls, how
 *                                                      many are both negative, mixed, neither */
#ifndef WN_STATS_PAIRS_H
#define WN_STATS_PAIRS_H

#include "core/dtype.h"
#include "stats/difficulty.h"
#include "stats/separation.h"
#include "store/store.h"

/* The pairs of a file of activations. */
typedef struct {
    int64_t pairs, layers;
    int64_t *first, *second;           /* [pairs] places of their tokens in the collection */
    double *distance;                  /* [layers][pairs] of the inputs */
    int32_t *stratum;                  /* [pairs] to be filled in: pair_stratum's */
    int64_t *token;                    /* [2 * pairs] the tokens, ascending */
    int64_t *first_slot, *second_slot; /* [pairs] where they stand there */
} pairs_t;

/* Reads /pairs and /input_distances; pairs->pairs is 0 where the file has none. stratum is zeroed.
 * Errors name the file: wrong shapes, a token beyond tokens. Not collective. */
MUST_CHECK status_t pairs_read(const store_t *store, int64_t layers, int64_t tokens,
                               pairs_t *pairs);
void pairs_destroy(pairs_t *pairs);

/* Pairs of equal inputs in a layer (an index). */
int64_t pairs_dropped(const pairs_t *pairs, int64_t layer);

/* Bytes that a rank holds for each pair, pairs and work, and that a neuron takes in the file. */
size_t pairs_bytes(int64_t layers);
size_t pairs_file_bytes(int64_t most);

typedef struct {
    double percent; /* of the pairs of different inputs are similar */
    int64_t most;   /* of the similar pairs are shown as separated */
    uint64_t seed;  /* of the controls; purpose "controls", a stream a neuron */
} pairs_options_t;

/* Collective like the store: defines the datasets. */
MUST_CHECK status_t pairs_define(store_t *store, const pairs_t *pairs, int64_t neurons,
                                 const pairs_options_t *options);

/* One rank's work, a layer's block of neurons at a time. */
typedef struct {
    const pairs_t *pairs;
    pairs_options_t options;
    store_t *store;
    int64_t neurons, width; /* of a layer; the most in a block */
    int64_t layer;          /* index of the layer that was begun, or -1 */
    difficulty_t difficulty;
    similar_t similar;
    float *first, *second; /* [pairs] for the neuron's y: to be filled by the caller */
    float *row;            /* [2 * pairs] as /pair_outputs has them */
    double *output;        /* [pairs] their distances */
    int32_t *separated;    /* [width][most] */
    float *value;          /* [width][most][2] */
    double *median;        /* [width] */
    int32_t *sign[2];      /* [width][SIGNS] of the separated ones, of the controls */
} pairs_work_t;

/* store, pairs: borrowed until the end; width: neurons of a block at most. */
MUST_CHECK status_t pairs_work_create(pairs_work_t *work, const pairs_t *pairs, store_t *store,
                                      int64_t neurons, int64_t width,
                                      const pairs_options_t *options);
void pairs_work_destroy(pairs_work_t *work);

/* Makes ready for a layer (index), unless it is the one at hand. */
MUST_CHECK status_t pairs_work_begin(pairs_work_t *work, int64_t layer);

/* Fills first and second: from all of a neuron's values, column [tokens] of a type; or from
 * /pair_outputs of a file of activations. */
void pairs_work_pick(pairs_work_t *work, const void *column, dtype_t type);
MUST_CHECK status_t pairs_work_load(pairs_work_t *work, const store_t *activations, int64_t neuron);

/* Measures the neuron whose y are in first and second, the index-th of the block that starts at
 * neuron `from` of the layer; returns its mapping difficulty. */
double pairs_work_measure(pairs_work_t *work, int64_t from, int64_t index);

/* Writes the block: its first count neurons. Not collective. */
MUST_CHECK status_t pairs_work_write(pairs_work_t *work, int64_t from, int64_t count);

#endif
