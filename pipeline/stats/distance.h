/* 1-Wasserstein distances of a neuron's standardised values: with F the empirical quantile
 * function, the integral over u in [0, 1] of |F(u) - G(u)|. Both are NaN where all values are
 * equal (there is no standardised form) or none is given. */
#ifndef WN_STATS_DISTANCE_H
#define WN_STATS_DISTANCE_H

#include "stats/distribution.h"

/* To N(0,1) itself, in closed form, within 1e-12 for a million values. The integral of the
 * normal quantile function over [u, v] is pdf(q_u) - pdf(q_v); a stretch of ranks whose
 * smallest value lies above the quantile of its end, or whose largest lies below that of its
 * beginning, needs no more than its sum; other stretches are halved, down to the single values that
 * the normal quantile function crosses. */
double distance_to_normal(const sample_t *sample, const distribution_t *distribution);

/* To a reference sample of the same or another size, float64 [count], ascending, taken as it is:
 * the definition of scipy.stats.wasserstein_distance. */
double distance_to_sample(const sample_t *sample, const distribution_t *distribution,
                          const double *reference, int64_t count);

/* reference [count] = one draw from N(0,1) in ascending order; purpose "reference" of the seed. */
void reference_draw(uint64_t seed, int64_t count, double *reference);

/* Ascending order in place; no NaN. */
void sort_doubles(double *value, int64_t count);

#endif
