#include "stats/statistics.h"

#include <math.h>
#include <string.h>

#include "stats/dip.h"
#include "stats/distance.h"
#include "stats/normal.h"

static double mean(const sample_t *sample, const distribution_t *d)
{
    (void)sample;
    return d->mean;
}

static double variance(const sample_t *sample, const distribution_t *d)
{
    (void)sample;
    return d->variance;
}

static double skewness(const sample_t *sample, const distribution_t *d)
{
    (void)sample;
    return d->skewness;
}

static double kurtosis(const sample_t *sample, const distribution_t *d)
{
    (void)sample;
    return d->kurtosis;
}

static double minimum(const sample_t *sample, const distribution_t *d)
{
    (void)sample;
    return d->minimum;
}

static double maximum(const sample_t *sample, const distribution_t *d)
{
    (void)sample;
    return d->maximum;
}

static double negative_fraction(const sample_t *sample, const distribution_t *d)
{
    (void)sample;
    return d->negative_fraction;
}

static double wd_negative(const sample_t *sample, const distribution_t *d)
{
    (void)d;
    sample_t part = sample_negative(sample);
    distribution_t own;
    distribution_measure(&part, &own);
    return distance_to_normal(&part, &own);
}

/* Sarle's coefficient in its population form: 1 for two equal values, 5/9 for the uniform. */
static double bimodality(const sample_t *sample, const distribution_t *d)
{
    (void)sample;
    return (d->skewness * d->skewness + 1) / (d->kurtosis + 3);
}

static double tail_weight(const sample_t *sample, const distribution_t *d)
{
    if (!distribution_varies(d)) return NAN;
    int64_t inside = 0;
    for (int end = -1; end <= 1; end += 2) { /* ranks below 3, less those below -3 */
        int64_t low = 0, high = sample->groups;
        while (low < high) {
            int64_t middle = (low + high) / 2;
            double z = distribution_standardise(d, (double)sample->value[middle]);
            if (end < 0 ? z < -3 : z <= 3) low = middle + 1;
            else high = middle;
        }
        inside += end * sample_rank(sample, low);
    }
    return (double)(sample->count - inside) / (double)sample->count;
}

/* A normal has 0.27 % beyond 3 standard deviations. */
static double tail_excess(const sample_t *sample, const distribution_t *d)
{
    return tail_weight(sample, d) / (2 * normal_cdf(-3)) - 1;
}

/* 1.349 of a normal; smaller where a few values far out make the deviation. */
static double iqr(const sample_t *sample, const distribution_t *d)
{
    if (!distribution_varies(d)) return NAN;
    return (sample_quantile(sample, 0.75) - sample_quantile(sample, 0.25)) / d->deviation;
}

const statistic_t statistics[STATISTICS] = {
    {"wd_exact", "wd", "1",
     "1-Wasserstein distance of the standardised pre-activations to N(0,1), exact",
     distance_to_normal},
    {"mean", "mean", "1", "mean", mean},
    {"variance", "variance", "1", "population variance", variance},
    {"skewness", "skewness", "1", "third standardised moment", skewness},
    {"kurtosis", "kurtosis", "1", "fourth standardised moment minus 3", kurtosis},
    {"minimum", "minimum", "1", "smallest pre-activation", minimum},
    {"maximum", "maximum", "1", "largest pre-activation", maximum},
    {"negative_fraction", "negative_fraction", "1", "share of tokens with a pre-activation < 0",
     negative_fraction},
    {"wd_negative", "wd_negative", "1",
     "wd_exact of the negative pre-activations alone, standardised anew", wd_negative},
    {"bimodality", "bimodality", "1", "Sarle's coefficient (skewness^2 + 1) / (kurtosis + 3)",
     bimodality},
    {"tail_weight", "tail_weight", "1",
     "share of tokens more than 3 standard deviations from the mean", tail_weight},
    {"dip", "dip", "1",
     "Hartigan's dip: distance of the distribution function from the nearest unimodal one",
     dip_measure},
    {"tail_excess", "tail_excess", "1", "tail_weight over that of N(0,1), minus 1", tail_excess},
    [WD_SAMPLED] = {"wd_sampled", "wd_sampled", "1",
                    "1-Wasserstein distance of the standardised pre-activations to one seeded draw "
                    "from N(0,1) of as many values, the same for all neurons",
                    NULL},
    [DIFFICULTY] = {"md", "md", "1",
                    "mapping difficulty: mean over pairs of tokens of normalised output distance "
                    "over normalised input distance",
                    NULL},
    {"iqr", "iqr", "1", "interquartile range in standard deviations", iqr},
};

const double statistics_levels[LEVELS] = {0,    0.001, 0.01, 0.05,  0.25, 0.5,
                                          0.75, 0.95,  0.99, 0.999, 1};

int statistics_find(const char *name)
{
    for (int s = 0; s < STATISTICS; s++)
        if (strcmp(statistics[s].name, name) == 0 || strcmp(statistics[s].by, name) == 0) return s;
    return -1;
}

void statistics_measure(const sample_t *sample, const distribution_t *distribution,
                        double value[STATISTICS])
{
    for (int s = 0; s < STATISTICS; s++)
        value[s] = statistics[s].measure ? statistics[s].measure(sample, distribution) : NAN;
}
