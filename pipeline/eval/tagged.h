/* Surprisal by tag. */
#ifndef WN_EVAL_TAGGED_H
#define WN_EVAL_TAGGED_H

#include "core/status.h"
#include "eval/sequences.h"

/* nll [sequences->tokens] = -log_probability of each token of the shard, NaN where it is not
 * scored; log_probability: [tokens of all windows], of one condition. */
void tagged_place(const sequences_t *sequences, const double *log_probability, double *nll);

/* mean, count [tags] over the scored tokens of each tag; a tag without any has the mean NaN. */
void tagged_means(const sequences_t *sequences, const double *nll, double *mean, int64_t *count);

#endif
