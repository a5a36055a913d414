/* Intervals of confidence for a share and for a mean. An interval that cannot be had (nothing
 * was counted, a mean of fewer than two values) is NaN at both ends. */
#ifndef WN_STATS_INTERVAL_H
#define WN_STATS_INTERVAL_H

#include <stdbool.h>
#include <stdint.h>

typedef struct {
    double low, high;
} interval_t;

/* Of the probability behind successes out of count independent trials: the score interval of
 * Wilson (1927), without continuity correction. level: 0.95. */
interval_t interval_share(int64_t successes, int64_t count, double level);

/* Of the mean behind count independent values with this mean and this unbiased variance
 * (divided by count - 1): Student's. */
interval_t interval_mean(double mean, double variance, int64_t count, double level);

/* Of a correlation of count independent pairs of values: Fisher's z (1921), with variance 1 / (count - 3)
 * for Pearson's and (1 + r^2 / 2) / (count - 3) for Spearman's (Bonett and Wright 2000, Psychometrika
 * 65). NaN for fewer than four pairs and where |r| is 1. */
interval_t interval_correlation(double correlation, int64_t count, bool ranks, double level);

/* The t with P(T <= t) = p for Student's T with so many degrees of freedom (> 0), within 1e-10
 * relative up to a million of them; 0 < p < 1, NaN elsewhere. */
double student_quantile(double p, double degrees);

#endif
