/* Minimal pairs of Marvin and Linzen's targeted syntactic evaluation
 * (github.com/BeckyMarvin/LM_syneval): pickles {case: [(good, ..., bad), ...], ...}, read as data
 * (core/pickle.h). */
#ifndef WN_TEXT_TSE_PAIRS_H
#define WN_TEXT_TSE_PAIRS_H

#include "text/minimal_pairs.h"

enum {
    TSE_FILE_BYTES = 64 << 20,
    TSE_SENTENCE_BYTES = 64 << 10,
    /* A pickle may give one sentence many times; all pairs together hold at most so many times
     * the bytes of the file. */
    TSE_EXPANSION = 100,
};

typedef struct tse_pairs tse_pairs_t;

/* Reads the whole file: EXIT_INPUT where it is no pickle of that form. */
MUST_CHECK status_t tse_pairs_open(const char *path, tse_pairs_t **pairs);
void tse_pairs_close(tse_pairs_t **pairs);

/* The next pair in the file's order, borrowed until the next call; *found is false at the end.
 * Its sentences are the first and last item of a tuple of 2 or 3, with runs of white space made
 * one space and none at either end; pairs of which one is empty, None or the text "None" are
 * passed over. term is the case; line is the number of the pair in its case, from 1, those passed
 * over included. EXIT_INPUT names file, case and number. */
MUST_CHECK status_t tse_pairs_next(tse_pairs_t *pairs, minimal_pair_t *pair, bool *found);

#endif
