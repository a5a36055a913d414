/* Scores of token sequences under several conditions. */
#ifndef WN_EVAL_SCORE_H
#define WN_EVAL_SCORE_H

#include <mpi.h>

#include "core/hash.h"
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

/* What is run and by whom: the forest of the sequences, and the rank of each of its chunks. */
typedef struct {
    forest_t *forest;
    int *owner; /* [chunks] */
} score_plan_t;

/* Depends on its arguments alone. Not collective. */
MUST_CHECK status_t score_plan_create(const sequences_t *sequences, int ranks, int32_t chunk_rows,
                                      score_plan_t *plan);
/* The same of windows of equal length, every token a row, none scored. */
MUST_CHECK status_t score_plan_windows(const sequences_t *windows, int ranks, int32_t chunk_rows,
                                       score_plan_t *plan);
void score_plan_free(score_plan_t *plan);
/* mine (to be freed): the numbers of a rank's chunks, *count of them. */
MUST_CHECK status_t score_plan_share(const score_plan_t *plan, int rank, size_t **mine,
                                     size_t *count);

/* Where the scores of chunks are kept (core/journal.h) until all are there, for a run that was
 * stopped to go on from: files prefix.0, prefix.1 and so on, one for each node, in a directory of
 * run's. key[c] says all that the scores of a chunk under condition c depend on. */
typedef struct {
    const char *prefix;
    const char (*key)[SHA256_HEX]; /* [conditions] */
} score_journal_t;

/* Removes the files. One rank. */
MUST_CHECK status_t score_journal_remove(const char *prefix);

/* score_sequences by a plan for the ranks of comm, with the scores of single tokens: token[c][t]
 * ([conditions][tokens of all sequences]), NaN for a token that is not scored; NULL on rank 0:
 * not wanted. What the journal (NULL: none) has is taken from there, and what is new is added to it;
 * the result is the same. */
MUST_CHECK status_t score_tokens(MPI_Comm comm, model_t *model, const sequences_t *sequences,
                                 const score_plan_t *plan, const run_options_t *options,
                                 const score_journal_t *journal, const char *label, double *sum,
                                 double *token);

/* loss[s] = mean negative log-probability of sequence s's scored tokens, of which sum[s] is the sum of
 * the log-probabilities. */
void score_losses(const sequences_t *sequences, const double *sum, double *loss);

/* Collective. How many of options' conditions, from the first on, go over the forest together: what
 * the rank with least memory can take (executor_conditions). */
MUST_CHECK status_t score_in_flight(MPI_Comm comm, const model_shape_t *shape,
                                    const forest_t *forest, const run_options_t *options,
                                    int *count);

/* Bytes that score_tokens holds on a rank beside model, plan and executor. */
size_t score_bytes(const sequences_t *sequences, int conditions, bool tokens);

#endif
