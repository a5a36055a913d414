/* How alike two measurements of the same neurons are: two statistics of one checkpoint, or one
 * statistic at two checkpoints, on two corpora, with two seeds or in two modes. */
#ifndef WN_STATS_COMPARE_H
#define WN_STATS_COMPARE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/status.h"

/* Of a layer's neurons, or of all. */
typedef struct {
    int64_t count;      /* neurons with both values */
    double correlation; /* Spearman's; NaN where count < 2 or one side has one value only */
    int64_t first, second, both; /* neurons at the top by the one, by the other, by both */
} comparison_t;

/* Jaccard's index of the two tops: both over those in either; NaN where there is none. */
double comparison_overlap(const comparison_t *comparison);

/* rank [count] = places of value [count] in ascending order from 1, ties averaged; no NaN.
 * The definition of scipy.stats.rankdata. */
MUST_CHECK status_t ranks_of(const double *value, int64_t count, double *rank);

/* Spearman's rank correlation of a and b [count] over the places where neither is NaN (their number
 * is *used): Pearson's of the ranks, ties averaged, as scipy.stats.spearmanr. */
MUST_CHECK status_t rank_correlation(const double *a, const double *b, int64_t count,
                                     double *correlation, int64_t *used);

/* Pearson's correlation over the same places. */
double linear_correlation(const double *a, const double *b, int64_t count, int64_t *used);

/* comparison [layers + 1]: of each layer, and of all layers together, of a and b [layers][neurons]
 * (NaN: undefined). The top of a layer: values strictly above percentile 100 - percent of its defined
 * ones, as cohorts are chosen; of all layers: the layers' tops together, while the correlation is that of
 * all neurons at once. */
MUST_CHECK status_t compare_values(const double *a, const double *b, int64_t layers,
                                   int64_t neurons, double percent, comparison_t *comparison);

/* ---- statistics in files ---- */

/* What is compared: datasets of statistics files, some by their absolute value. */
typedef struct {
    const char *name; /* "wd", "abs_skewness" */
    const char *dataset;
    bool absolute;
    const char *words; /* "WD", for people */
} comparable_t;

enum { COMPARABLES = 9 };
extern const comparable_t comparables[COMPARABLES];
/* Index by name, or -1. */
int comparable_find(const char *name);

/* The comparable statistics of a file that reduce wrote; value[i] float64 [layers][neurons], NULL where
 * the file has none. layer int32 [layers], ascending numbers in the model. */
typedef struct {
    int32_t layers, neurons;
    int32_t *layer;
    double *value[COMPARABLES];
} measured_t;

/* A statistic that is not [layers][neurons] is an EXIT_INPUT error that names file and dataset. */
MUST_CHECK status_t measured_read(const char *path, measured_t *measured);
void measured_destroy(measured_t *measured);

/* Comparisons of statistic i of one file and statistic j of another over the layers that both have:
 * *layers of them, *layer (numbers) and *comparison [*layers + 1] to be freed. Different numbers of
 * neurons and no common layer are EXIT_INPUT errors; *layers is 0 where a file lacks the statistic. */
MUST_CHECK status_t compare_measured(const measured_t *a, int i, const measured_t *b, int j,
                                     double percent, int32_t *layers, int32_t **layer,
                                     comparison_t **comparison);

#endif
