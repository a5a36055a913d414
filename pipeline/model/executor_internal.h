/* Shared by the executor's files: executor.c (buffers and passes), executor_layer.c (one layer),
 * executor_ends.c (embedding, vocabulary). */
#ifndef WN_MODEL_EXECUTOR_INTERNAL_H
#define WN_MODEL_EXECUTOR_INTERNAL_H

#include "model/attention.h"
#include "model/executor.h"
#include "model/gemm.h"
#include "model/intervention.h"
#include "model/kernels.h"

enum { VOCABULARY_BLOCK = 1024 };

/* What a thread has for itself. */
typedef struct {
    gemm_t *gemm;
    attention_t *attention;
    size_t bad; /* what it found first that is not finite: a place in the buffer at hand */
} worker_t;

/* Letters: T rows of the chunk, D width, F MLP width, A columns of the projected query, key and
 * value. One set of work buffers serves all states in turn; a state is its residual stream. The
 * threads share out rows, but heads in attention. */

struct executor {
    model_t *model;
    const layer_t *layer; /* the one at hand */
    run_options_t options;
    condition_tree_t tree;
    attention_shape_t attention_shape;
    team_t *team, *alone; /* alone: its own, where the caller has no team */
    worker_t *worker;     /* [threads] */
    size_t rows_max, edges_max, chunks;
    size_t states;        /* of one chunk, at most */
    size_t together;      /* chunks in flight */
    float **state;        /* [together][states] (T, D) */
    float *normed;        /* (T, D) */
    float *branch;        /* (T, D) */
    float *projected;     /* (T, A) */
    float *mixed;         /* (T, heads * head width) */
    float *preact;        /* (T, F) */
    float *gated;         /* (T, F), the second projection; NULL without */
    float *narrow;        /* (T, embedding width); NULL unless projected */
    float *logits;        /* (T, VOCABULARY_BLOCK) */
    log_sum_t *log_sum;   /* [T] */
    float *picked;        /* [edges] */
    float *cosine, *sine; /* [positions][rotary / 2] */
};

/* The rows of a thread. */
typedef struct {
    size_t first, count;
} part_t;
part_t executor_part(const executor_t *executor, size_t rows, int thread);

/* out = norm of a part's rows of x, D wide; both begin with row 0. */
void executor_normalise(const executor_t *executor, const norm_t *norm, float *out, const float *x,
                        part_t part);

/* x (T, D) = embeddings of a chunk's tokens; a token beyond the vocabulary is an error. */
MUST_CHECK status_t executor_embed(executor_t *executor, const chunk_t *chunk, float *x);

/* Takes one state of a chunk through the layer at hand (number index), leaving its children where
 * the tree of conditions numbers them among states. */
MUST_CHECK status_t executor_advance(executor_t *executor, int index, int state,
                                     const chunk_t *chunk, float *const *states);

/* Scores (or logits) of all conditions from a chunk's final states. */
MUST_CHECK status_t executor_score(executor_t *executor, const chunk_t *chunk, float *const *states,
                                   double *log_probability, float *logits);

#endif
