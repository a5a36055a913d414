/* Scores of token sequences under several conditions. */
#ifndef WN_EVAL_SCORE_H
#define WN_EVAL_SCORE_H

#include <mpi.h>

#include "core/status.h"
#include "eval/sequences.h"
#include "model/executor.h"

/* Collective. sum[c][s] (row-major, [conditions][sequences]) = sum of the log-probabilities of
 * sequence s's scored tokens (eval/sequences.h) under condition c: in token order, in float64,
 * natural logarithms; on rank 0 only. Ranks share out the chunks of the forest; the result depends
 * on the sequences, the chunk size and the condition alone. */
MUST_CHECK status_t score_sequences(MPI_Comm comm, model_t *model, const sequences_t *sequences,
                                    int32_t chunk_rows, const run_options_t *options,
                                    const char *label, double *sum);

/* The same with those of single tokens: token[c][t] ([conditions][tokens of all sequences]), NaN
 * for a token that is not scored. */
MUST_CHECK status_t score_tokens(MPI_Comm comm, model_t *model, const sequences_t *sequences,
                                 int32_t chunk_rows, const run_options_t *options,
                                 const char *label, double *sum, double *token);

#endif
