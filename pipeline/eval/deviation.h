/* How far a model's results in another arithmetic are from those in float32, on a sample. */
#ifndef WN_EVAL_DEVIATION_H
#define WN_EVAL_DEVIATION_H

#include <mpi.h>
#include <stdint.h>

#include "core/status.h"
#include "eval/sequences.h"
#include "model/executor.h"

/* Differences of numbers from those in float32. */
typedef struct {
    int64_t count;
    double largest; /* of their absolute values */
    double rms;     /* root of the mean square */
} deviation_t;

/* All differences of both. */
deviation_t deviation_merge(deviation_t a, deviation_t b);

/* Collective. deviation [conditions], on rank 0: of the log-probabilities, in nats, of the scored
 * tokens of the first sequences, those that make up a chunk; options->arithmetic against
 * float32. The sample is the same on any number of ranks. */
MUST_CHECK status_t deviation_of_scores(MPI_Comm comm, model_t *model, const sequences_t *sequences,
                                        int32_t chunk_rows, const run_options_t *options,
                                        const char *label, deviation_t *deviation);

/* Collective. On rank 0: of the pre-activations of all layers that options run, at the first
 * tokens (128 at most) of a window; *values is the root mean square of those in float32.
 * options->probe is not used. */
MUST_CHECK status_t deviation_of_preactivations(MPI_Comm comm, model_t *model, const int32_t *id,
                                                int32_t window, const run_options_t *options,
                                                const char *label, deviation_t *deviation,
                                                double *values);

#endif
