/* Cohorts: sets of neurons that are ablated together, chosen layer by layer. */
#ifndef WN_SELECT_COHORT_H
#define WN_SELECT_COHORT_H

#include <stdbool.h>
#include <stdint.h>

#include "core/status.h"
#include "select/neuron_list.h"

/* One statistic of all neurons: layer int32 [layers], the layers' numbers in the model, ascending;
 * value float64 [layers][neurons], NaN where the statistic is undefined. */
typedef struct {
    int32_t layers, neurons;
    int32_t *layer;
    double *value;
} matrix_t;

/* count neurons ordered by layer and neuron, none twice: layer, neuron int32 [count], numbers as in
 * the model; value float64 [count], the statistic by which they were chosen.
 * For each layer that was chosen from: number int32 [layers], its number in the model; threshold
 * float64 [layers], the value that was to be passed (NaN where the rule has none); size int32
 * [layers], how many were chosen. partner int32 [count]: of a paired cohort, the neuron of the
 * other one that each stands for; else NULL. */
typedef struct {
    int64_t count;
    int32_t *layer, *neuron;
    double *value;
    int32_t layers;
    int32_t *number;
    double *threshold;
    int32_t *size;
    int32_t *partner;
} cohort_t;

typedef enum { END_HIGHEST, END_LOWEST } end_t;

void matrix_destroy(matrix_t *matrix);
void cohort_destroy(cohort_t *cohort);

/* In each layer the neurons strictly above percentile 100 - percent (END_HIGHEST), or strictly
 * below percentile percent (END_LOWEST), of the layer's defined values; percentiles by numpy's
 * linear interpolation. A neuron without a value is never chosen. */
MUST_CHECK status_t cohort_by_percent(const matrix_t *matrix, end_t end, double percent,
                                      cohort_t *cohort);

/* In each layer exactly count neurons from one end; of equal values the lower neuron. A layer with
 * fewer defined values is an EXIT_INPUT error that names it. */
MUST_CHECK status_t cohort_by_count(const matrix_t *matrix, end_t end, int64_t count,
                                    cohort_t *cohort);

/* The same of count[l] neurons in the l-th layer. */
MUST_CHECK status_t cohort_by_counts(const matrix_t *matrix, end_t end, const int64_t *count,
                                     cohort_t *cohort);

/* Every neuron, with or without a value. */
MUST_CHECK status_t cohort_all(const matrix_t *matrix, cohort_t *cohort);

/* In each layer as many neurons as like has there, drawn from all neurons of the layer (with or
 * without a value) or, outside, from those that like has not; purpose "cohort" of the seed, one
 * stream a layer, so that a layer's draw depends on nothing of the others. like must have
 * been chosen from the same layers; too few neurons outside is an EXIT_INPUT error. */
MUST_CHECK status_t cohort_random(const matrix_t *matrix, const cohort_t *like, bool outside,
                                  uint64_t seed, cohort_t *cohort);

/* In each layer, for each neuron of like in ascending order, the neuron outside of like that is not
 * taken yet and has the nearest value, of equally near ones the lower neuron; magnitude: the nearest
 * absolute value. like must have been chosen from the same layers. A neuron of like without a value,
 * and too few neurons outside that have one, are EXIT_INPUT errors. */
MUST_CHECK status_t cohort_paired(const matrix_t *matrix, const cohort_t *like, bool magnitude,
                                  cohort_t *cohort);

/* Neurons that are in any cohort, in all of them, or in the first and in none of the others. All must
 * have been chosen from the same layers. */
typedef enum { COMBINE_ANY, COMBINE_ALL, COMBINE_FIRST_ALONE } combine_t;
MUST_CHECK status_t cohort_combined(const matrix_t *matrix, combine_t how, const cohort_t *cohorts,
                                    size_t count, cohort_t *cohort);

/* The neurons of a list. One that does not exist, or stands there twice, is an error that names
 * its line. */
MUST_CHECK status_t cohort_listed(const matrix_t *matrix, const neuron_list_t *list,
                                  cohort_t *cohort);

#endif
