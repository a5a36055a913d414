#include "stats/replicates.h"

#include <math.h>
#include <string.h>

#include "core/memory.h"
#include "stats/lattice.h"
#include "stats/normal.h"

status_t replicates_create(int64_t count, replicates_t *replicates)
{
    *replicates = (replicates_t){.count = count};
    return mem_new(&replicates->value, (size_t)count, "replicates");
}

void replicates_destroy(replicates_t *replicates)
{
    mem_free(&replicates->value);
    *replicates = (replicates_t){0};
}

static void undefine(replicates_t *replicates)
{
    replicates->estimate = replicates->square = replicates->cube = NAN;
    for (int64_t r = 0; r < replicates->count; r++) replicates->value[r] = NAN;
}

status_t replicates_of_items(const int64_t *count, size_t outcomes, int64_t zero, double unit,
                             random_t *random, replicates_t *replicates)
{
    lattice_t *lattice = NULL;
    double sum = 0, items = 0;
    for (size_t i = 0; i < outcomes; i++) {
        items += (double)count[i];
        sum += (double)count[i] * (double)i;
    }
    if (items == 0) {
        undefine(replicates);
        return NULL;
    }
    double mean = sum / items, scale = unit / items;
    replicates->estimate = unit * (mean - (double)zero);
    replicates->square = replicates->cube = 0;
    for (size_t i = 0; i < outcomes; i++) {
        double influence = scale * ((double)i - mean), square = influence * influence;
        replicates->square += (double)count[i] * square;
        replicates->cube += (double)count[i] * square * influence;
    }
    status_t status = lattice_create(count, outcomes, &lattice);
    for (int64_t r = 0; !status && r < replicates->count; r++) {
        double drawn = (double)lattice_draw(lattice, random);
        replicates->value[r] = scale * (drawn - (double)zero * items);
    }
    lattice_destroy(&lattice);
    return status;
}

/* ---- real values ---- */

/* Estimates, and what each unit changes them by. */
static void measure(const double *above, const double *below, int64_t units, size_t columns,
                    size_t c, replicates_t *replicates)
{
    double top = 0, bottom = 0;
    for (int64_t u = 0; u < units; u++) {
        top += above[(size_t)u * columns + c];
        bottom += below ? below[(size_t)u * columns + c] : 1;
    }
    replicates->estimate = top / bottom;
    replicates->square = replicates->cube = 0;
    for (int64_t u = 0; u < units; u++) {
        double weight = below ? below[(size_t)u * columns + c] : 1;
        double influence =
            (above[(size_t)u * columns + c] - replicates->estimate * weight) / bottom;
        replicates->square += influence * influence;
        replicates->cube += influence * influence * influence;
    }
}

status_t replicates_of_rows(const double *above, const double *below, int64_t units, size_t columns,
                            random_t *random, replicates_t *replicates)
{
    double *top = NULL, *bottom = NULL;
    int64_t count = columns ? replicates[0].count : 0;
    status_t status = mem_new(&top, columns, "replicates");
    if (!status) status = mem_new(&bottom, columns, "replicates");
    for (size_t c = 0; !status && c < columns; c++)
        measure(above, below, units, columns, c, &replicates[c]);
    for (int64_t r = 0; !status && r < count; r++) {
        memset(top, 0, columns * sizeof *top);
        memset(bottom, 0, columns * sizeof *bottom);
        for (int64_t u = 0; u < units; u++) {
            size_t row = (size_t)random_below(random, (uint64_t)units) * columns;
            for (size_t c = 0; c < columns; c++) top[c] += above[row + c];
            for (size_t c = 0; below && c < columns; c++) bottom[c] += below[row + c];
        }
        for (size_t c = 0; c < columns; c++)
            replicates[c].value[r] = top[c] / (below ? bottom[c] : (double)units);
    }
    mem_free(&top);
    mem_free(&bottom);
    return status;
}

status_t replicate_sums(const double *row, int64_t units, size_t columns, int64_t count,
                        random_t *random, double *sum)
{
    double *drawn = NULL;
    status_t status = mem_new(&drawn, columns, "replicates");
    for (int64_t r = 0; !status && r < count; r++) {
        memset(drawn, 0, columns * sizeof *drawn);
        for (int64_t u = 0; u < units; u++) {
            const double *from = row + (size_t)random_below(random, (uint64_t)units) * columns;
            for (size_t c = 0; c < columns; c++) drawn[c] += from[c];
        }
        for (size_t c = 0; c < columns; c++) sum[c * (size_t)count + (size_t)r] = drawn[c];
    }
    mem_free(&drawn);
    return status;
}

void replicates_add(replicates_t *replicates, double weight, const replicates_t *more)
{
    replicates->estimate += weight * more->estimate;
    replicates->square += weight * weight * more->square;
    replicates->cube += weight * weight * weight * more->cube;
    for (int64_t r = 0; r < replicates->count; r++) replicates->value[r] += weight * more->value[r];
}

/* ---- the interval ---- */

/* Puts the value of this rank (from 0) in its place, smaller ones before it, larger ones behind. */
static double place(double *value, int64_t count, int64_t rank)
{
    for (int64_t low = 0, high = count - 1; low < high;) {
        double pivot = value[low + (high - low) / 2];
        int64_t i = low, j = high;
        while (i <= j) {
            while (value[i] < pivot) i++;
            while (value[j] > pivot) j--;
            if (i > j) break;
            double swap = value[i];
            value[i++] = value[j];
            value[j--] = swap;
        }
        if (rank <= j) high = j;
        else if (rank >= i) low = i;
        else break;
    }
    return value[rank];
}

/* The quantile at (count + 1) level, interpolated; within the replicates. */
static double quantile(double *value, int64_t count, double level)
{
    double at = (double)(count + 1) * level - 1;
    if (!(at > 0)) return place(value, count, 0);
    if (at >= (double)(count - 1)) return place(value, count, count - 1);
    int64_t rank = (int64_t)at;
    double low = place(value, count, rank), high = place(value, count, rank + 1);
    return low + (at - (double)rank) * (high - low);
}

/* Copies the values that are there. Returns their number; *below: the share below the estimate, half
 * of those that equal it but for rounding. */
static int64_t keep(const replicates_t *replicates, double *value, double *below)
{
    double near = 1e-9 * sqrt(replicates->square), less = 0;
    int64_t kept = 0;
    for (int64_t r = 0; r < replicates->count; r++) {
        double apart = replicates->value[r] - replicates->estimate;
        if (isnan(apart)) continue;
        less += apart < -near ? 1 : apart <= near ? 0.5 : 0;
        value[kept++] = replicates->value[r];
    }
    *below = kept ? fmin(fmax(less, 0.5), (double)kept - 0.5) / (double)kept : NAN;
    return kept;
}

status_t replicates_interval(const replicates_t *replicates, double level, interval_t *interval)
{
    double *value = NULL, below;
    *interval = (interval_t){NAN, NAN};
    if (!(replicates->square > 0)) return NULL;
    status_t status = mem_new(&value, (size_t)replicates->count, "replicates");
    if (status) return status;
    int64_t count = keep(replicates, value, &below);
    double bias = normal_quantile(below);
    double skew = replicates->cube / (6 * replicates->square * sqrt(replicates->square));
    for (int end = 0; end < 2 && count > 1; end++) {
        double z = bias + normal_quantile(end ? 0.5 + level / 2 : 0.5 - level / 2);
        double slope = 1 - skew * z;
        double at = slope > 0 ? normal_cdf(bias + z / slope) : z < 0 ? 0 : 1;
        *(end ? &interval->high : &interval->low) = quantile(value, count, at);
    }
    mem_free(&value);
    return NULL;
}
