/* The residual stream by layer and channel, with and without ablations: what a clamp shifts. */
#ifndef WN_EVAL_RESIDUAL_H
#define WN_EVAL_RESIDUAL_H

#include <mpi.h>

#include "eval/score.h"

/* Over all tokens, each [conditions][places][width]; on rank 0 (NULL elsewhere). */
typedef struct {
    double *mean, *variance; /* of the population */
    float *minimum, *maximum;
    double *shift; /* root of the mean square of (value - baseline's value of the same token); NULL:
                      not measured */
} channels_t;

/* stream: place l < layers is what enters layer l (the input of its attention's norm, where norms come
 * first), place layers what leaves the last one (the final norm's input).
 * middle: place l is the stream between layer l's attention and its MLP: the input of the MLP's norm
 * where norms come first. Models whose attention and MLP are parallel have none: there both norms
 * read what enters the layer. */
typedef struct {
    int conditions, layers, width;
    int64_t tokens;
    bool has_middle;
    channels_t stream, middle;
} residual_streams_t;

/* Collective: the tokens of a plan of windows under options' conditions; shifts are taken against the model
 * without ablation. Ranks share out the chunks; sums within a chunk are float64 in the order of its
 * tokens, and those of chunks are added exactly, so that results depend on the windows, the chunk size
 * and the condition alone. Relative error of a variance: 1e-15 (1 + mean^2 / variance), or 5e-20 tokens /
 * chunk rows absolute. Memory besides the executor's: 64 bytes a rank for each channel of each place of
 * the conditions in flight. */
MUST_CHECK status_t residual_measure(MPI_Comm comm, model_t *model, const score_plan_t *plan,
                                     const run_options_t *options, const char *label,
                                     residual_streams_t *streams);
void residual_destroy(residual_streams_t *streams);

#endif
