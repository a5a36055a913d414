#include "stats/distribution.h"

#include <math.h>

#include "core/simd.h"

/* Deviations from the mean of up to BLOCK groups, and how often each occurs. */
enum { BLOCK = 1024, WAYS = 8 };

static int64_t load_block(const sample_t *sample, int64_t from, const distribution_t *about,
                          double *deviation, double *times)
{
    int64_t count = sample->groups - from < BLOCK ? sample->groups - from : BLOCK;
    for (int64_t i = 0; i < count; i++) {
        deviation[i] = ((double)sample->value[from + i] - about->shift) - about->offset;
        times[i] = 1;
    }
    if (sample->start)
        for (int64_t i = 0; i < count; i++)
            times[i] = (double)(sample->start[from + i + 1] - sample->start[from + i]);
    for (int64_t i = count; i < BLOCK; i++) deviation[i] = times[i] = 0;
    return count;
}

/* sum[p] += the sum of times * deviation^(p + 2) */
MULTIVERSION
static void add_powers(const double *deviation, const double *times, int64_t count, double sum[3])
{
    double second[WAYS] = {0}, third[WAYS] = {0}, fourth[WAYS] = {0};
    for (int64_t i = 0; i < count; i += WAYS) {
#pragma omp simd
        for (int l = 0; l < WAYS; l++) {
            double d = deviation[i + l], square = d * d, weighted = times[i + l] * square;
            second[l] += weighted;
            third[l] += weighted * d;
            fourth[l] += weighted * square;
        }
    }
    for (int l = 0; l < WAYS; l++) {
        sum[0] += second[l];
        sum[1] += third[l];
        sum[2] += fourth[l];
    }
}

void distribution_measure(const sample_t *sample, distribution_t *d)
{
    *d = (distribution_t){.mean = NAN,
                          .variance = NAN,
                          .skewness = NAN,
                          .kurtosis = NAN,
                          .minimum = NAN,
                          .maximum = NAN,
                          .negative_fraction = NAN,
                          .deviation = NAN};
    if (sample->count == 0) return;
    double n = (double)sample->count;
    d->count = sample->count;
    d->minimum = (double)sample->value[0];
    d->maximum = (double)sample->value[sample->groups - 1];
    d->negative_fraction = (double)sample_negative(sample).count / n;
    d->shift = (double)sample_at(sample, sample->count / 2);
    d->offset = sample_sum(sample, 0, sample->groups, d->shift, 0) / n;
    d->mean = d->shift + d->offset;
    double deviation[BLOCK], times[BLOCK], sum[3] = {0};
    for (int64_t from = 0; from < sample->groups; from += BLOCK)
        add_powers(deviation, times, load_block(sample, from, d, deviation, times), sum);
    d->variance = sum[0] / n;
    d->deviation = sqrt(d->variance);
    if (!distribution_varies(d)) return;
    d->skewness = sum[1] / n / (d->variance * d->deviation);
    d->kurtosis = sum[2] / n / (d->variance * d->variance) - 3;
}
