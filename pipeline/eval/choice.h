/* What a model answers to multiple-choice questions, as lm-evaluation-harness counts it. */
#ifndef WN_EVAL_CHOICE_H
#define WN_EVAL_CHOICE_H

#include <stddef.h>
#include <stdint.h>

#include "eval/sequences.h"

/* The choice of the largest score, or of the largest score per character (characters NULL: the
 * score itself); the first of equals. count > 0. */
size_t choice_pick(const double *score, const int32_t *characters, size_t count);

typedef struct {
    int64_t questions;
    int64_t correct;      /* acc: by sums of log-probabilities */
    int64_t correct_norm; /* acc_norm: by sums per character of the choice */
} choice_counts_t;

/* score: [sequences->count] of one condition. */
choice_counts_t choice_count(const sequences_t *sequences, const double *score);

#endif
