/* Mapping difficulty: how far a neuron moves apart tokens that its layer sees as close. Over
 * disjoint pairs of tokens, the mean of (|y_a - y_b| / N_y) / (||x_a - x_b|| / N_x), where x is the
 * MLP's input, N_x the largest input distance, y the neuron's output and N_y the median of its
 * output distances. Pairs of equal inputs are dropped before N_x, N_y and the mean. */
#ifndef WN_STATS_DIFFICULTY_H
#define WN_STATS_DIFFICULTY_H

#include <stddef.h>
#include <stdint.h>

#include "core/status.h"

/* Draws count disjoint pairs of the tokens [0, tokens): first, second int64 [count]; purpose
 * "pairs" of the seed. 2 * count > tokens is an EXIT_INPUT error. Time O(tokens). */
MUST_CHECK status_t pairs_draw(uint64_t seed, int64_t tokens, int64_t count, int64_t *first,
                               int64_t *second);

/* The tokens of the pairs in ascending order, token int64 [2 * count], and where those of each
 * pair stand among them, first_slot, second_slot int64 [count]. */
MUST_CHECK status_t pairs_order(const int64_t *first, const int64_t *second, int64_t count,
                                int64_t *token, int64_t *first_slot, int64_t *second_slot);

/* distance[p] = ||inputs[first[p]] - inputs[second[p]]||; inputs: float32 [tokens][width]. A
 * token outside [0, tokens) and a distance that is not finite are errors that name the pair. */
MUST_CHECK status_t input_distances(const float *inputs, int64_t tokens, int64_t width,
                                    const int64_t *first, const int64_t *second, int64_t count,
                                    double *distance);

/* What all neurons of a layer share: kept int64 [pairs], the pairs of different inputs;
 * weight float64 [pairs], N_x / input distance; scratch for the median. */
typedef struct {
    int64_t pairs, dropped;
    int64_t *kept;
    double *weight, *scratch;
    double median; /* N_y of the neuron measured last; NaN where no pair was kept */
} difficulty_t;

/* From the input distances float64 [count]. */
MUST_CHECK status_t difficulty_create(difficulty_t *difficulty, const double *distance,
                                      int64_t count);
void difficulty_destroy(difficulty_t *difficulty);

/* The difficulty of one neuron from |y_a - y_b| of all pairs, float64 [count] as in create; NaN
 * where N_y is 0 or no pair was kept. Uses the scratch: one call at a time. */
double difficulty_measure(difficulty_t *difficulty, const double *output_distance);

/* Reorders value [count] in linear time so that value[rank] is in its place, none before it is
 * larger and none behind it smaller; 0 <= rank < count. */
void select_rank(double *value, int64_t count, int64_t rank);

/* numpy's median, reordering value [count] in linear time; NaN where count is 0. */
double median_of(double *value, int64_t count);

#endif
