/* The statistics that every neuron gets: one table that names, describes and computes them.
 * Files, selection and reports go by it; a new statistic is a new entry. */
#ifndef WN_STATS_STATISTICS_H
#define WN_STATS_STATISTICS_H

#include "stats/distribution.h"

typedef struct {
    const char *name; /* of the dataset, as in "wd_exact" */
    const char *by;   /* the short name for it in configurations, as in "wd" */
    const char *unit, *description;
    /* NULL: it takes more than the sample, and who has that fills it in (WD_SAMPLED: the reference
     * sample; DIFFICULTY: the pairs) */
    double (*measure)(const sample_t *sample, const distribution_t *distribution);
} statistic_t;

enum { WD_SAMPLED = 13, DIFFICULTY = 14, STATISTICS = 16, LEVELS = 11 };
extern const statistic_t statistics[STATISTICS];

/* The quantile levels that files hold unless others are asked for: 0, 0.001, 0.01, 0.05, 0.25,
 * 0.5 and their mirror images. */
extern const double statistics_levels[LEVELS];

/* Index of a statistic by its name or its short name, or -1. */
int statistics_find(const char *name);

/* value[s] = statistic s of a sample whose distribution was measured; NaN where it takes more. */
void statistics_measure(const sample_t *sample, const distribution_t *distribution,
                        double value[STATISTICS]);

#endif
