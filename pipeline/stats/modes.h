/* Where the values of a neuron gather: the peaks of their density. */
#ifndef WN_STATS_MODES_H
#define WN_STATS_MODES_H

#include "stats/distribution.h"

/* At most so many are told. */
enum { MODES_MOST = 8 };

typedef struct {
    int count;
    double place[MODES_MOST], density[MODES_MOST]; /* from the highest on; density per unit */
    double bandwidth;                              /* standard deviation of the kernel */
} modes_t;

/* Peaks of a Gaussian kernel estimate with Silverman's bandwidth 0.9 min(sigma, IQR / 1.34) n^(-1/5)
 * (Silverman 1986, eq. 3.31), on 1,024 places within five standard deviations of the mean. A peak
 * counts where it rises at least 5 % of the highest one's density above the deeper of the valleys that
 * part it from higher ones. count is 0 where all values are equal. */
MUST_CHECK status_t modes_find(const sample_t *sample, const distribution_t *distribution,
                               modes_t *modes);

#endif
