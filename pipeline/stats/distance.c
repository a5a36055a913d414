#include "stats/distance.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>

#include "core/random.h"
#include "core/simd.h"
#include "stats/normal.h"

/* An end of a stretch: how many groups and values lie before it, and the normal quantile there
 * with its density. */
typedef struct {
    int64_t group, rank;
    double quantile, density;
} bound_t;

typedef struct {
    const sample_t *sample;
    const distribution_t *distribution;
} standardised_t;

static bound_t bound_at(const sample_t *sample, int64_t group)
{
    int64_t rank = sample_rank(sample, group);
    double quantile = normal_quantile_of_rank(rank, sample->count);
    return (bound_t){group, rank, quantile, normal_pdf(quantile)};
}

/* The integral over one group with the standardised value x. */
static double integrate_group(double x, const bound_t *from, const bound_t *to, int64_t count)
{
    double n = (double)count;
    if (x >= to->quantile || x <= from->quantile)
        return fabs(x * ((double)(to->rank - from->rank) / n) - (from->density - to->density));
    /* The crossing: x lies at first above the quantile, then below. */
    return x * (2 * normal_cdf(x) - (double)(from->rank + to->rank) / n) +
           (2 * normal_pdf(x) - from->density - to->density);
}

/* A few groups between two bounds: their values, and at each group's beginning, and the last one's
 * end, the probability since the first and the normal quantile there with its density. */
enum { FEW = 64 };
typedef struct {
    double value[FEW], part[FEW];
    double level[FEW + 1], quantile[FEW + 1], density[FEW + 1];
} few_t;

/* The series in the comment below holds for stretches of so much probability. */
static bool is_short(const sample_t *sample, const bound_t *from, const bound_t *to)
{
    double least = fmin(from->density, to->density) * (double)sample->count;
    return (double)(to->rank - from->rank) < 4e-3 * least;
}

/* Quantiles and densities by Taylor's series about the first bound (Steinbrecher and Shaw 2008: the
 * derivatives of the quantile function are polynomials in the quantile over powers of the density),
 * off by less than 1e-13; then part[i] = the integral over group i where nothing crosses it.
 * Returns how many are crossed. */
MULTIVERSION
static int fill_few(few_t *few, int groups, const bound_t *from, const bound_t *to)
{
    double q = from->quantile, square = q * q, second = q / 2, third = (1 + 2 * square) / 6,
           fourth = q * (7 + 6 * square) / 24, fifth = (7 + square * (46 + 24 * square)) / 120,
           unit = 1 / from->density, third_integral = third / 4, fourth_integral = fourth / 5,
           second_integral = q / 6, density = from->density;
    int crossed = 0;
#pragma omp simd
    for (int i = 0; i < groups; i++) {
        double h = few->level[i] * unit;
        few->quantile[i] = q + h * (1 + h * (second + h * (third + h * (fourth + h * fifth))));
        double fall =
            q + h * (0.5 + h * (second_integral + h * (third_integral + h * fourth_integral)));
        few->density[i] = density - density * (h * fall);
    }
    few->quantile[groups] = to->quantile;
    few->density[groups] = to->density;
#pragma omp simd reduction(+ : crossed)
    for (int i = 0; i < groups; i++) {
        double x = few->value[i], weight = few->level[i + 1] - few->level[i];
        few->part[i] = fabs(x * weight - (few->density[i] - few->density[i + 1]));
        crossed += (x > few->quantile[i]) & (x < few->quantile[i + 1]);
    }
    return crossed;
}

static double integrate_few(const standardised_t *of, const bound_t *from, const bound_t *to)
{
    few_t few;
    const distribution_t *d = of->distribution;
    int groups = (int)(to->group - from->group);
    double unit = 1 / (double)of->sample->count, sum[4] = {0};
    for (int i = 0; i < groups; i++) {
        few.value[i] = distribution_standardise(d, (double)of->sample->value[from->group + i]);
        few.level[i] = (double)(sample_rank(of->sample, from->group + i) - from->rank) * unit;
    }
    few.level[groups] = (double)(to->rank - from->rank) * unit;
    if (fill_few(&few, groups, from, to))
        for (int i = 0; i < groups; i++) {
            int64_t g = from->group + i, rank = sample_rank(of->sample, g),
                    end = sample_rank(of->sample, g + 1);
            bound_t begin = {g, rank, few.quantile[i], few.density[i]},
                    finish = {g + 1, end, few.quantile[i + 1], few.density[i + 1]};
            if (few.value[i] > begin.quantile && few.value[i] < finish.quantile)
                few.part[i] = integrate_group(few.value[i], &begin, &finish, of->sample->count);
        }
    for (int i = 0; i < groups; i++) sum[i & 3] += few.part[i];
    return (sum[0] + sum[1]) + (sum[2] + sum[3]);
}

/* The same over any stretch, from->group < to->group. Depth: log2 of the groups. */
static double integrate(const standardised_t *of, const bound_t *from, const bound_t *to)
{
    const distribution_t *d = of->distribution;
    int64_t groups = to->group - from->group;
    double least = distribution_standardise(d, (double)of->sample->value[from->group]);
    if (groups == 1) return integrate_group(least, from, to, of->sample->count);
    double most = distribution_standardise(d, (double)of->sample->value[to->group - 1]);
    if (least >= to->quantile || most <= from->quantile) {
        double sum = sample_sum(of->sample, from->group, to->group, d->shift, d->offset);
        double mean = sum / d->deviation / (double)of->sample->count;
        return fabs(mean - (from->density - to->density));
    }
    if (groups <= FEW && is_short(of->sample, from, to)) return integrate_few(of, from, to);
    bound_t middle = bound_at(of->sample, from->group + groups / 2);
    return integrate(of, from, &middle) + integrate(of, &middle, to);
}

double distance_to_normal(const sample_t *sample, const distribution_t *distribution)
{
    if (!distribution_varies(distribution)) return NAN;
    standardised_t of = {sample, distribution};
    bound_t first = bound_at(sample, 0), last = bound_at(sample, sample->groups);
    return integrate(&of, &first, &last);
}

/* The sum of |value - reference| over count ranks, value being standardised. */
MULTIVERSION
static double sum_differences(const float *value, const double *reference, int64_t count,
                              const distribution_t *d)
{
    double lane[LANES] = {0}, sum = 0, shift = d->shift, offset = d->offset,
           deviation = d->deviation;
    int64_t i = 0;
    for (; i + LANES <= count; i += LANES) {
#pragma omp simd
        for (int l = 0; l < LANES; l++)
            lane[l] +=
                fabs((((double)value[i + l] - shift) - offset) / deviation - reference[i + l]);
    }
    for (; i < count; i++)
        sum += fabs((((double)value[i] - shift) - offset) / deviation - reference[i]);
    for (int l = 0; l < LANES; l++) sum += lane[l];
    return sum;
}

/* The same for one standardised value. */
MULTIVERSION
static double sum_about(double value, const double *reference, int64_t count)
{
    double lane[LANES] = {0}, sum = 0;
    int64_t i = 0;
    for (; i + LANES <= count; i += LANES) {
#pragma omp simd
        for (int l = 0; l < LANES; l++) lane[l] += fabs(value - reference[i + l]);
    }
    for (; i < count; i++) sum += fabs(value - reference[i]);
    for (int l = 0; l < LANES; l++) sum += lane[l];
    return sum;
}

/* As many values as the reference has: rank by rank, in blocks so that rounding does not add up. */
static double distance_by_rank(const sample_t *sample, const distribution_t *d,
                               const double *reference)
{
    enum { BLOCK = 4096 };
    double sum = 0;
    for (int64_t i = 0; !sample->start && i < sample->count; i += BLOCK)
        sum += sum_differences(sample->value + i, reference + i,
                               sample->count - i < BLOCK ? sample->count - i : BLOCK, d);
    for (int64_t g = 0; sample->start && g < sample->groups; g++) {
        double value = distribution_standardise(d, (double)sample->value[g]);
        for (int64_t i = sample->start[g]; i < sample->start[g + 1]; i += BLOCK)
            sum += sum_about(value, reference + i,
                             sample->start[g + 1] - i < BLOCK ? sample->start[g + 1] - i : BLOCK);
    }
    return sum / (double)sample->count;
}

double distance_to_sample(const sample_t *sample, const distribution_t *distribution,
                          const double *reference, int64_t count)
{
    if (!distribution_varies(distribution) || count < 1 || count > SAMPLE_MOST) return NAN;
    if (count == sample->count) return distance_by_rank(sample, distribution, reference);
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
