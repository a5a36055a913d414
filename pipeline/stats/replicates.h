/* Bootstrap: what an estimate would have been for other items of the same kind, and the interval
 * of confidence that follows.
 *
 * Items (or windows, documents) are drawn with replacement, as many as there are, within each
 * stratum. The interval is Efron's BCa (Efron 1987, JASA 82; DiCiccio and Efron 1996, Statistical
 * Science 11, section 2): quantiles of the replicates, corrected for bias (by the share of the
 * replicates below the estimate, ties half) and for skewness (by the third moment of the items'
 * influence, over all strata). */
#ifndef WN_STATS_REPLICATES_H
#define WN_STATS_REPLICATES_H

#include <stdint.h>

#include "core/random.h"
#include "core/status.h"
#include "stats/interval.h"

typedef struct {
    int64_t count;
    double estimate;
    double *value; /* [count]; NaN where a replicate has none */
    double square,
        cube; /* sums over items of influence^2 and ^3, of the estimate's change by an item */
} replicates_t;

/* Estimate and replicates 0. */
MUST_CHECK status_t replicates_create(int64_t count, replicates_t *replicates);
void replicates_destroy(replicates_t *replicates);

/* Of the mean outcome of the items of one stratum; count[i], i in [0, outcomes): items whose outcome is
 * (i - zero) * unit; without any item NaN. */
MUST_CHECK status_t replicates_of_items(const int64_t *count, size_t outcomes, int64_t zero,
                                        double unit, random_t *random, replicates_t *replicates);

/* Of the ratios of sums: over the units of one stratum, column c of above over column c of below
 * ([units][columns]; below NULL: 1 everywhere, so that these are means). replicates [columns] are those
 * created; all columns see the same draws. A column whose below sums to 0 has the estimate NaN. */
MUST_CHECK status_t replicates_of_rows(const double *above, const double *below, int64_t units,
                                       size_t columns, random_t *random, replicates_t *replicates);

/* sum [columns][count] = column sums of as many rows as there are, drawn with replacement from row
 * [units][columns],
 * count times: what ratios with common terms are made of. */
MUST_CHECK status_t replicate_sums(const double *row, int64_t units, size_t columns, int64_t count,
                                   random_t *random, double *sum);

/* replicates += weight * more, drawn independently of it, or nothing that replicates holds. */
void replicates_add(replicates_t *replicates, double weight, const replicates_t *more);

/* BCa; level 0.95. NaN at both ends where nothing varies: all outcomes equal, a single unit. */
MUST_CHECK status_t replicates_interval(const replicates_t *replicates, double level,
                                        interval_t *interval);

#endif
