/* Conditions that differ in nothing but how many neurons they ablate: a sweep. */
#ifndef WN_REPORT_SWEEP_H
#define WN_REPORT_SWEEP_H

#include "findings/run.h"

/* Fewer members than this are single conditions. */
enum { SWEEP_LEAST = 3 };

/* Conditions of one ablation whose cohorts are chosen by one rule with differing sizes; a cohort
 * of all neurons belongs to every sweep of its ablation. In the order of size. */
typedef struct {
    char *title;    /* "negative: highest WD" */
    size_t *member; /* [members] conditions of the run */
    double *share;  /* [members] of all neurons, at the last checkpoint with cohorts */
    size_t members;
    bool random;
} sweep_t;

typedef struct {
    sweep_t *item;
    size_t count;
} sweeps_t;

/* The share of all neurons in a condition's cohort, at the last checkpoint that has it; NaN for
 * the baseline and an unknown size. */
double sweep_share(const run_t *run, size_t condition);

/* Finds them in the order of the conditions; sizes are those that select found. */
MUST_CHECK status_t sweeps_find(const run_t *run, sweeps_t *sweeps);
void sweeps_free(sweeps_t *sweeps);

/* Whether a figure with many curves shows the condition: of a sweep the smallest, the middle and the
 * largest. */
bool sweeps_show(const sweeps_t *sweeps, size_t condition);

/* The first sweep that has the condition (*rank is its place there), or -1. */
ptrdiff_t sweeps_of(const sweeps_t *sweeps, size_t condition, size_t *rank);

#endif
