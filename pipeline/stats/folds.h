/* How certain the WD of a sketch is, from the coarse counts of its folds: equal runs of windows, which
 * depend on each other hardly more than draws do.
 *
 * Of the values of a coarse bin that are left without a fold, or in a replicate, those in its fine bins
 * are taken to be the same shares as of all values. The jackknife leaves out one fold at a time; a
 * replicate of the bootstrap draws as many folds as there are, with replacement.
 */
#ifndef WN_STATS_FOLDS_H
#define WN_STATS_FOLDS_H

#include "stats/sketch.h"

typedef struct folds folds_t;

/* folds >= 2, replicates >= 0; purpose "bootstrap" of the seed, one stream a replicate: the draws are
 * the same for all neurons. Memory: 4 bytes for each replicate and fold. */
MUST_CHECK status_t folds_create(folds_t **it, int64_t folds, int64_t replicates, uint64_t seed);
void folds_destroy(folds_t **it);

/* A neuron: its sketch, and fold int64 [folds][FOLD_BINS], borrowed until the last call about it. An
 * EXIT_INPUT error where the folds do not add up to the sketch. */
MUST_CHECK status_t folds_take(folds_t *it, const sketch_t *sketch, const int64_t *fold);

/* Standard error of wd_exact, by the jackknife; NaN where the neuron's values, or those without a fold,
 * are all equal. */
double folds_error(folds_t *it);

/* distance [replicates] of the bootstrap over folds; NaN where all values are equal. */
void folds_resample(folds_t *it, double *distance);

/* How often a replicate draws each fold: [folds], borrowed. */
const uint32_t *folds_drawn(const folds_t *it, int64_t replicate);

#endif
