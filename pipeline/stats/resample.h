/* How certain a WD is: a block bootstrap over windows, and the jackknife over groups.
 *
 * Tokens of a window depend on each other, windows hardly do. So a replicate draws as many windows
 * as there are, with replacement, and takes the WD of their tokens; every neuron sees the same
 * draws. The standard error is the standard deviation over replicates (Efron and Tibshirani 1993,
 * chapters 6 and 8). */
#ifndef WN_STATS_RESAMPLE_H
#define WN_STATS_RESAMPLE_H

#include "core/dtype.h"
#include "stats/sample.h"

typedef struct bootstrap bootstrap_t;

/* Columns of windows * window values, window after window, of a type that sorter_create takes.
 * replicates >= 1; purpose "bootstrap" of the seed, one stream a replicate. Memory: replicates *
 * windows * 4 bytes, and for F32 28 bytes a value. */
MUST_CHECK status_t bootstrap_create(bootstrap_t **bootstrap, dtype_t type, int64_t windows,
                                     int64_t window, int64_t replicates, uint64_t seed);
void bootstrap_destroy(bootstrap_t **bootstrap);

/* How often a replicate draws each window: [windows], borrowed. */
const uint32_t *bootstrap_weights(const bootstrap_t *bootstrap, int64_t replicate);

/* distance [replicates] = distance_to_normal of each replicate of a column; NaN where all its
 * values are equal. sample: the sorted column, from the sorter. Linear time in values: nothing is
 * sorted again for a replicate. */
void bootstrap_measure(bootstrap_t *bootstrap, const void *column, const sample_t *sample,
                       double *distance);

/* Standard error from replicates: their standard deviation (divided by count - 1), those that are
 * NaN left out; NaN for fewer than two. */
double bootstrap_error(const double *value, int64_t count);

/* Standard error of a statistic whose value is whole, from its values without one of count groups each,
 * of so much weight: the jackknife that leaves out groups of unequal size (Busing, Meijer and van der
 * Leeden 1999, Statistics and Computing 9), which for equal ones is
 * sqrt((count - 1) / count * sum of (without - their mean)^2). NaN for fewer than two groups, or where
 * a value is NaN. */
double jackknife_error(const double *without, const double *weight, int64_t count, double whole);

#endif
