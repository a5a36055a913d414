/* The forward pass over chunks, for several conditions at once.
 *
 * Conditions form a tree over layers: those that have ablated the same neurons in every layer so
 * far share one state, and part at the first layer in which they differ. Each state has matrix
 * products of its own, of a shape that the chunk alone fixes: adding a condition changes no bit
 * of another, and neither does the number of ranks. */
#ifndef WN_MODEL_EXECUTOR_H
#define WN_MODEL_EXECUTOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/status.h"
#include "model/forest.h"
#include "model/gemm.h"
#include "model/model.h"
#include "par/team.h"

/* What happens to the pre-activation a of a neuron, or to the activation function itself. */
typedef enum {
    ABLATE_NONE,
    ABLATE_NEGATIVE, /* max(a, 0): negative pre-activations become 0 */
    ABLATE_POSITIVE, /* min(a, 0) */
    ABLATE_BOTH,     /* 0 */
    ABLATE_POSRELU,  /* a where a > 0, else act(a) */
    ABLATE_SIGNFLIP, /* |act(a)| */
    ABLATE_MEAN,     /* a negative one becomes the neuron's value: its mean */
    ABLATE_SCALE,    /* a negative one becomes factor times itself */
    ABLATE_COUNT
} ablate_t;

/* "negative" and so on; ABLATE_COUNT for a name that is none of them. */
ablate_t ablate_of_name(const char *name);
const char *ablate_name(ablate_t ablate);

/* A condition: the same ablation of some neurons in each layer. */
typedef struct {
    ablate_t ablate;
    const int32_t *neuron; /* layer l: neuron[start[l] .. start[l + 1]), ascending; borrowed */
    const int32_t *start;  /* [layers + 1] */
    const float *value;    /* ABLATE_MEAN: of each of these neurons, in their order; borrowed */
    float factor;          /* ABLATE_SCALE */
} intervention_t;

/* Receives a layer's pre-activations (rows, F) of the first condition, before its own ablation,
 * and their inputs (rows, D); take_up, where it is not NULL, those of gated MLPs with what the up
 * projection gives (rows, F). */
typedef struct {
    status_t (*take)(void *context, int layer, const chunk_t *chunk, const float *preactivation,
                     const float *input);
    void *context;
    status_t (*take_up)(void *context, int layer, const chunk_t *chunk, const float *preactivation,
                        const float *up);
} probe_t;

/* Receives a chunk's residual streams (rows, D). Conditions that share a state share its stream: the
 * one of condition c is that of state_of[c]. */
typedef struct {
    /* Entering a layer, stream[states]; layer = L: leaving the last. */
    status_t (*enter)(void *context, int layer, const chunk_t *chunk, const int *state_of,
                      float *const *stream);
    /* Between a layer's attention and its MLP, one state at a time. */
    status_t (*middle)(void *context, int layer, const chunk_t *chunk, const int *state_of,
                       int state, const float *stream);
    void *context;
} stream_t;

typedef struct {
    const intervention_t *condition; /* [conditions]; borrowed */
    int conditions;
    int layers;              /* layers to run, from 0; all: L. Fewer: no scores */
    const probe_t *probe;    /* or NULL */
    const char *what;        /* names the model in errors (the checkpoint) */
    size_t memory;           /* bytes for this rank's buffers, 0: no bound. It decides how many
                             conditions are in flight (executor_conditions) and, where the model
                             is streamed, how many chunks share one reading */
    team_t *team;            /* the rank's threads; borrowed; NULL: the caller alone */
    arithmetic_t arithmetic; /* of the linear layers; all else is float32 */
    const stream_t *stream;  /* or NULL */
} run_options_t;

/* Bytes of one rank's executor: of its buffers, and of each state of a chunk in flight. */
typedef struct {
    size_t buffers, state;
} executor_bytes_t;
executor_bytes_t executor_bytes(const model_shape_t *shape, const forest_t *forest, int threads,
                                arithmetic_t arithmetic);

/* How many chunks of so many states each an executor takes at a time: one where the model stays in
 * memory, which keeps their states in cache; else, as it is read once for all of them, as many as
 * have room within memory, one at least and no more than there are. */
size_t executor_together(executor_bytes_t bytes, size_t states, size_t chunks, bool streamed,
                         size_t memory);

/* How many of options' conditions, from the first on, one executor can take within options->memory;
 * one at least. */
MUST_CHECK status_t executor_conditions(const model_shape_t *shape, const forest_t *forest,
                                        const run_options_t *options, int *count);

typedef struct executor executor_t;

/* Buffers for chunks of the forest's sizes; options and model are borrowed until
 * executor_destroy. An intervention that names a neuron beyond F, or whose neurons do not ascend,
 * is an EXIT_BUG. */
MUST_CHECK status_t executor_create(model_t *model, const forest_t *forest,
                                    const run_options_t *options, executor_t **executor);
void executor_destroy(executor_t **executor);

/* Runs one chunk. log_probability: [conditions][edges], natural logarithms, or NULL. logits:
 * [conditions][rows][V], or NULL. A value that is not finite is an EXIT_NUMERIC error that names
 * model, layer and neuron; a position beyond the model's is EXIT_INPUT. Collective over the node
 * where the model is streamed. */
MUST_CHECK status_t executor_run(executor_t *executor, const chunk_t *chunk,
                                 double *log_probability, float *logits);

/* Receives the scores of a chunk: log_probability [conditions][edges]. */
typedef struct {
    status_t (*take)(void *context, size_t chunk, const double *log_probability);
    void *context;
} scores_t;

/* Collective over comm. Runs this rank's chunks of the forest (numbers mine[0 .. count)), as many
 * at a time as memory allows, layer by layer over all of them; scores may be NULL where a probe
 * is all that matters. Errors are this rank's own: agree afterwards. */
MUST_CHECK status_t executor_run_share(executor_t *executor, MPI_Comm comm, const forest_t *forest,
                                       const size_t *mine, size_t count, const scores_t *scores,
                                       const char *label);

#endif
