/* The uncertainty of a task's summaries: items drawn anew, within each file and phenomenon; windows
 * drawn anew. */
#ifndef WN_EVAL_RESAMPLING_H
#define WN_EVAL_RESAMPLING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/status.h"
#include "eval/summary.h"
#include "stats/replicates.h"

typedef struct {
    double level; /* of intervals: 0.95 */
    int64_t replicates;
    uint64_t seed;
} resampling_t;

/* The groups of a task's items: all, each file, each term (phenomenon); and the cells of their cross
 * table that hold any item, which are the bootstrap's strata. */
typedef struct {
    int64_t items;
    size_t files, terms, cells;
    int32_t *cell;        /* [items] */
    int32_t *file, *term; /* [cells] */
    int64_t *size;        /* [cells] */
} cells_t;

/* Group 0 is all items, 1 ... files the files, then the terms. */
static inline size_t cells_groups(const cells_t *cells)
{
    return 1 + cells->files + cells->terms;
}

/* file, term: int32 [items], indices below files and terms. */
MUST_CHECK status_t cells_create(const int32_t *file, const int32_t *term, int64_t items,
                                 size_t files, size_t terms, cells_t *cells);
void cells_destroy(cells_t *cells);

/* Items in a group. */
int64_t cells_items(const cells_t *cells, size_t group);

/* replicates [groups], created here: of the mean over a group's items of outcome[i] * unit; outcome int16
 * [items] in [-most, most]. Each cell has its own stream of the seed and the purpose. Groups
 * without an item: NaN. */
MUST_CHECK status_t resample_items(const cells_t *cells, const int16_t *outcome, int16_t most,
                                   double unit, const resampling_t *options, const char *purpose,
                                   replicates_t **replicates);

/* replicates [columns], created here: of the mean over rows of value [rows][columns]; with weights, of
 * the columns' sums over the weights' (value holds products). */
MUST_CHECK status_t resample_means(const double *value, const double *weight, int64_t rows,
                                   size_t columns, const resampling_t *options, const char *purpose,
                                   replicates_t **replicates);

/* Frees an array of count. */
void resampled_destroy(replicates_t **replicates, size_t count);

/* The interval of a mean of outcomes in [-unit, unit], or with positive set [0, unit], of so many items:
 * BCa, but where all outcomes are equal, so that no draw differs, Wilson's of a share that was never (or
 * always) seen, on both sides of a difference. */
MUST_CHECK status_t resampled_interval(const replicates_t *replicates, int64_t items, bool positive,
                                       double level, interval_t *interval);

#endif
