/* The shape of one neuron's pre-activations. */
#ifndef WN_STATS_DISTRIBUTION_H
#define WN_STATS_DISTRIBUTION_H

#include "stats/sample.h"

/* variance: of the population (divided by count); skewness: m3 / m2^1.5; kurtosis: m4 / m2^2 - 3;
 * negative_fraction: share of values < 0 (-0 is not negative). Everything is NaN for an empty
 * sample; skewness and kurtosis are NaN where minimum = maximum, and variance is then 0.
 * mean = shift + offset: shift is a value of the sample, so that differences from the mean keep
 * their digits however far from zero the data lie. */
typedef struct {
    int64_t count;
    double mean, variance, skewness, kurtosis, minimum, maximum, negative_fraction;
    double shift, offset, deviation; /* deviation = sqrt(variance) */
} distribution_t;

void distribution_measure(const sample_t *sample, distribution_t *distribution);

/* Whether the values can be standardised: at least two different ones. */
static inline int distribution_varies(const distribution_t *distribution)
{
    return distribution->count > 0 && distribution->minimum < distribution->maximum;
}

/* (value - mean) / sqrt(variance) */
static inline double distribution_standardise(const distribution_t *distribution, double value)
{
    return ((value - distribution->shift) - distribution->offset) / distribution->deviation;
}

#endif
