/* Tests of a difference between two conditions on the same items, and of many at once. */
#ifndef WN_STATS_SIGNIFICANCE_H
#define WN_STATS_SIGNIFICANCE_H

#include <stddef.h>
#include <stdint.h>

#include "core/status.h"

/* McNemar's test (1947, Psychometrika 12) in its exact form, for any number of items: two-sided, the
 * probability that of gained + lost items, each as likely to be one as the other, the rarer kind is as
 * rare or rarer, doubled, at most 1. gained: items right under the one condition alone; lost: under the
 * other alone. 1 where there is neither. Within 1e-9 relative; 0 below 1e-300. */
double mcnemar_test(int64_t gained, int64_t lost);

/* adjusted [count]: p-values corrected for count comparisons by Holm (1979, Scandinavian Journal of
 * Statistics 6): in ascending order times count, count - 1, ..., never falling, at most 1. A NaN stays one
 * and is not counted. */
MUST_CHECK status_t holm_adjust(const double *p, size_t count, double *adjusted);

#endif
