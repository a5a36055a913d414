#include "stats/distance.h"

#include <math.h>
#include <stdlib.h>

#include "core/random.h"
#include "stats/normal.h"

/* An end of a stretch: how many groups lie before it, and the normal quantile there. */
typedef struct {
    int64_t group;
    double level, quantile, density;
} bound_t;

typedef struct {
    const sample_t *sample;
    const distribution_t *distribution;
} standardised_t;

static bound_t bound_at(const sample_t *sample, int64_t group)
{
    int64_t rank = sample_rank(sample, group);
    double quantile = normal_quantile_of_rank(rank, sample->count);
    return (bound_t){group, (double)rank / (double)sample->count, quantile, normal_pdf(quantile)};
}

/* The integral between two bounds; from.group < to.group. Depth: log2 of the groups. */
static double integrate(const standardised_t *of, bound_t from, bound_t to)
{
    const distribution_t *d = of->distribution;
    double least = distribution_standardise(d, (double)of->sample->value[from.group]);
    double most = distribution_standardise(d, (double)of->sample->value[to.group - 1]);
    if (least >= to.quantile || most <= from.quantile) {
        double sum = sample_sum(of->sample, from.group, to.group, d->shift, d->offset);
        double mean = sum / d->deviation / (double)of->sample->count;
        return fabs(mean - (from.density - to.density));
    }
    if (to.group - from.group == 1) /* the crossing: x at first above the quantile, then below */
        return least * (2 * normal_cdf(least) - from.level - to.level) +
               (2 * normal_pdf(least) - from.density - to.density);
    bound_t middle = bound_at(of->sample, from.group + (to.group - from.group) / 2);
    return integrate(of, from, middle) + integrate(of, middle, to);
}

double distance_to_normal(const sample_t *sample, const distribution_t *distribution)
{
    if (!distribution_varies(distribution)) return NAN;
    standardised_t of = {sample, distribution};
    return integrate(&of, bound_at(sample, 0), bound_at(sample, sample->groups));
}

double distance_to_sample(const sample_t *sample, const distribution_t *distribution,
                          const double *reference, int64_t count)
{
    if (!distribution_varies(distribution) || count < 1 || count > SAMPLE_MOST) return NAN;
    /* Ranks in units of 1 / (both counts): every step of either function falls on a whole one. */
    int64_t done = 0, group = 0, other = 0;
    int64_t end = sample_rank(sample, 1) * count, other_end = sample->count;
    double sum[2] = {0}; /* in blocks, so that the rounding of many additions does not add up */
    double value = distribution_standardise(distribution, (double)sample->value[0]);
    for (int64_t step = 1;; step++) {
        int64_t next = end < other_end ? end : other_end;
        sum[0] += (double)(next - done) * fabs(value - reference[other]);
        done = next;
        if (step % 4096 == 0) {
            sum[1] += sum[0];
            sum[0] = 0;
        }
        if (done == other_end && ++other < count) other_end += sample->count;
        if (done == end) {
            if (++group == sample->groups) break;
            end = sample_rank(sample, group + 1) * count;
            value = distribution_standardise(distribution, (double)sample->value[group]);
        }
    }
    return (sum[0] + sum[1]) / ((double)sample->count * (double)count);
}

void reference_draw(uint64_t seed, int64_t count, double *reference)
{
    random_t random = random_stream(seed, "reference", 0);
    for (int64_t i = 0; i < count; i++) reference[i] = random_normal(&random);
    sort_doubles(reference, count);
}

static int compare_doubles(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

void sort_doubles(double *value, int64_t count)
{
    qsort(value, (size_t)count, sizeof *value, compare_doubles);
}
