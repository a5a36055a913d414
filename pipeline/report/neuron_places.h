/* Where a neuron stands, beside what its card tells: its place in its layer by each statistic, its
 * quantiles, the contexts of its extremes, and the cohorts it belongs to at each checkpoint; and the card
 * with all that as text. One rank calls these. */
#ifndef WN_REPORT_NEURON_PLACES_H
#define WN_REPORT_NEURON_PLACES_H

#include "report/neuron.h"

/* A token in a corpus at which the pre-activation is extreme. */
typedef struct {
    const char *list; /* "negative", "positive" (eval/extremes.h) */
    double value;
    char *before, *text, *after; /* as the tokenizer spells them */
} neuron_context_t;

/* A cohort that the neuron belongs to at some checkpoint. */
typedef struct {
    char *name;
    strings_t checkpoints; /* those at which it does, in the order of people */
    size_t of;             /* checkpoints that the cohort was chosen at */
} neuron_cohort_t;

enum { NEURON_CONTEXTS = 3 }; /* of each list */

typedef struct {
    int64_t rank[STATISTICS],
        of[STATISTICS]; /* 1: highest, among those of the layer that have one; 0: none */
    double level[LEVELS], quantile[LEVELS]; /* NaN: not there */
    neuron_context_t context[2 * NEURON_CONTEXTS];
    size_t contexts;
    char *task; /* whose results these are; NULL: no task of extremes has the neuron */
    neuron_cohort_t *cohort;
    size_t cohorts, cohort_room;
} neuron_places_t;

/* Names of the checkpoints that have statistics below a run's directory, in the order of people. */
MUST_CHECK status_t neuron_checkpoints(const char *directory, strings_t *names);

/* An EXIT_USAGE error that says which there are, where a layer or neuron is not among those of the
 * checkpoint's statistics. */
MUST_CHECK status_t neuron_check(const neuron_files_t *files, int64_t layer, int64_t neuron);

MUST_CHECK status_t neuron_places_read(const neuron_files_t *files, const neuron_card_t *card,
                                       neuron_places_t *places);
void neuron_places_free(neuron_places_t *places);

/* Appends the card for a terminal of so many columns: statistics with their places, the histogram with the
 * fitted Gaussian, modes, quantiles, pairs, contexts, cohorts. colour: ANSI attributes. */
MUST_CHECK status_t neuron_text(const neuron_card_t *card, const neuron_places_t *places,
                                size_t width, bool colour, str_t *text);

/* Appends a histogram that lies on its side: lines of so many bins together, bars of the share of the values
 * and a mark, '|', where the bar of a Gaussian of the same mean and deviation would end. */
MUST_CHECK status_t neuron_histogram(const neuron_card_t *card, int lines, int columns,
                                     str_t *text);

#endif
