#include "stats/compare.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "stats/distance.h"
#include "stats/sample.h"

double comparison_overlap(const comparison_t *comparison)
{
    int64_t either = comparison->first + comparison->second - comparison->both;
    return either ? (double)comparison->both / (double)either : NAN;
}

/* ---- ranks ---- */

typedef struct {
    double value;
    int64_t place;
} placed_t;

static int ascending(const void *a, const void *b)
{
    const placed_t *x = a, *y = b;
    return (x->value > y->value) - (x->value < y->value);
}

status_t ranks_of(const double *value, int64_t count, double *rank)
{
    placed_t *placed = NULL;
    status_t status = mem_new(&placed, (size_t)count, "ranks");
    if (status) return status;
    for (int64_t i = 0; i < count; i++) placed[i] = (placed_t){value[i], i};
    qsort(placed, (size_t)count, sizeof *placed, ascending);
    for (int64_t i = 0, end; i < count; i = end) {
        for (end = i; end < count && placed[end].value == placed[i].value;) end++;
        for (int64_t k = i; k < end; k++) rank[placed[k].place] = 0.5 * (double)(i + 1 + end);
    }
    mem_free(&placed);
    return NULL;
}

/* Pearson's of two lists of ranks; their mean is known. */
static double correlate(const double *a, const double *b, int64_t count)
{
    double mean = 0.5 * (double)(count + 1), both = 0, first = 0, second = 0;
    for (int64_t i = 0; i < count; i++) {
        double x = a[i] - mean, y = b[i] - mean;
        both += x * y;
        first += x * x;
        second += y * y;
    }
    return first > 0 && second > 0 ? both / sqrt(first * second) : NAN;
}

double linear_correlation(const double *a, const double *b, int64_t count, int64_t *used)
{
    double mean[2] = {0}, both = 0, first = 0, second = 0;
    *used = 0;
    for (int64_t i = 0; i < count; i++) {
        if (isnan(a[i]) || isnan(b[i])) continue;
        mean[0] += a[i], mean[1] += b[i];
        ++*used;
    }
    mean[0] /= (double)*used, mean[1] /= (double)*used;
    for (int64_t i = 0; i < count; i++) {
        if (isnan(a[i]) || isnan(b[i])) continue;
        double x = a[i] - mean[0], y = b[i] - mean[1];
        both += x * y;
        first += x * x;
        second += y * y;
    }
    return first > 0 && second > 0 ? both / sqrt(first * second) : NAN;
}

status_t rank_correlation(const double *a, const double *b, int64_t count, double *correlation,
                          int64_t *used)
{
    double *x = NULL, *y = NULL;
    int64_t n = 0;
    size_t room = (size_t)count;
    *correlation = NAN;
    status_t status = mem_new(&x, room, "ranks");
    if (!status) status = mem_new(&y, room, "ranks");
    for (int64_t i = 0; !status && i < count; i++) {
        if (isnan(a[i]) || isnan(b[i])) continue;
        x[n] = a[i];
        y[n++] = b[i];
    }
    if (!status) status = ranks_of(x, n, x);
    if (!status) status = ranks_of(y, n, y);
    if (!status && n > 1) *correlation = correlate(x, y, n);
    *used = n;
    mem_free(&x);
    mem_free(&y);
    return status;
}

/* ---- tops ---- */

/* The value that the top of a layer exceeds; scratch [neurons]. */
static double threshold_of(const double *value, int64_t neurons, double percent, double *scratch)
{
    int64_t count = 0;
    for (int64_t n = 0; n < neurons; n++)
        if (!isnan(value[n])) scratch[count++] = value[n];
    sort_doubles(scratch, count);
    return quantile_of_sorted(scratch, count, (100 - percent) / 100);
}

static void compare_tops(const double *a, const double *b, int64_t neurons, double percent,
                         double *scratch, comparison_t *comparison)
{
    double above_a = threshold_of(a, neurons, percent, scratch);
    double above_b = threshold_of(b, neurons, percent, scratch);
    for (int64_t n = 0; n < neurons; n++) { /* false where either is NaN */
        bool first = a[n] > above_a, second = b[n] > above_b;
        comparison->first += first;
        comparison->second += second;
        comparison->both += first && second;
    }
}

status_t compare_values(const double *a, const double *b, int64_t layers, int64_t neurons,
                        double percent, comparison_t *comparison)
{
    comparison_t *all = &comparison[layers];
    double *scratch = NULL;
    status_t status = mem_new(&scratch, (size_t)neurons, "sorted values");
    memset(comparison, 0, ((size_t)layers + 1) * sizeof *comparison);
    for (int64_t l = 0; !status && l < layers; l++) {
        const double *x = a + l * neurons, *y = b + l * neurons;
        comparison_t *one = &comparison[l];
        compare_tops(x, y, neurons, percent, scratch, one);
        status = rank_correlation(x, y, neurons, &one->correlation, &one->count);
        all->first += one->first;
        all->second += one->second;
        all->both += one->both;
    }
    if (!status) status = rank_correlation(a, b, layers * neurons, &all->correlation, &all->count);
    mem_free(&scratch);
    return status;
}
