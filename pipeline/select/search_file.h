/* Searches in the file of their cohort: in each checkpoint's group trial_percent float64 [trials],
 * trial_neurons float64 [trials] and trial_perplexity float64 [trials], in the order in which they were
 * measured, and the attributes answer, answer_in_words, percent and perplexity (of the trial that
 * comes closest), target, baseline, tolerance (a share of target - baseline), least, most, step,
 * trials_most, windows. */
#ifndef WN_SELECT_SEARCH_FILE_H
#define WN_SELECT_SEARCH_FILE_H

#include "select/search.h"
#include "store/store.h"

MUST_CHECK status_t search_write(store_t *store, const char *checkpoint, const search_t *search);

/* All that search_write wrote; the answer is then search_answer's. *found: the group has a search. */
MUST_CHECK status_t search_read(const store_t *store, const char *checkpoint, search_t *search,
                                bool *found);

#endif
