/* What figures compare: conditions, and the mean over the draws of a random cohort in place of each draw;
 * how each looks, the same in every figure; and its results. */
#ifndef WN_REPORT_SERIES_H
#define WN_REPORT_SERIES_H

#include "findings/run.h"
#include "report/sweep.h"

/* A cohort has its colour, an ablation its dashes and points (gnuplot's numbers). */
typedef struct {
    const char *colour;
    int dash, point;
} look_t;

/* By the entry of select that a cohort comes from: its sizes and draws share a colour. */
look_t look_of_cohort(const run_t *run, size_t rule);
/* Of conditions that differ in size alone (sweeps; NULL: none) the dashes tell the size. */
look_t look_of_condition(const run_t *run, const sweeps_t *sweeps, size_t condition);

/* A condition, or the mean over draws. */
typedef struct {
    const char *name;   /* "negative-top", "negative-random (mean of 3)": the run's */
    size_t condition;   /* it, or the first draw's */
    ptrdiff_t draws;    /* of the run; -1: a single condition */
    ptrdiff_t baseline; /* the contrast with the baseline; -1: none */
    look_t look;
} series_t;

typedef struct {
    series_t *item;
    size_t count;
} series_list_t;

/* Those that figures show, most at most: the baseline, the chief condition (run_chief) with its controls,
 * then others in their order; of a sweep the smallest, the middle and the largest; groups of layers
 * only where the chief condition is one.
 * *left: how many there were no room for. */
MUST_CHECK status_t series_choose(const run_t *run, const sweeps_t *sweeps, size_t most,
                                  series_list_t *list, size_t *left);
void series_free(series_list_t *list);

/* A single condition, whatever it is, without a title of its own. */
series_t series_of(const run_t *run, size_t condition);

/* What of a task a figure shows. */
typedef enum {
    SHOW_ACCURACY, /* per cent of items */
    SHOW_PERPLEXITY,
    SHOW_RATIO, /* perplexity over the baseline's */
    SHOW_CHANGE /* points of accuracy more than the baseline has, on the same items */
} show_t;

typedef struct {
    double value; /* NaN: none */
    interval_t interval;
    int64_t n;
} shown_t;

/* A result; term -1: all items. A single window has no interval. */
shown_t series_value(const run_t *run, const series_t *series, show_t show, size_t checkpoint,
                     size_t task, ptrdiff_t term);

#endif
