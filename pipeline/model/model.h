/* A model in memory: its shape and its tensors, in the file's own type, once for all ranks of a
 * node. Matrices stay as they are on disk and are expanded to float32 panel by panel when they
 * are used (linear.h); vectors (norms, biases) are float32. */
#ifndef WN_MODEL_MODEL_H
#define WN_MODEL_MODEL_H

#include <mpi.h>

#include "core/dtype.h"
#include "core/hash.h"
#include "core/status.h"
#include "model/architecture.h"
#include "par/share.h"

/* A linear layer: outputs x inputs, y = x W^T + b. */
typedef struct {
    int outputs, inputs;
    bool transposed;   /* stored [inputs][outputs] */
    dtype_t type;
    const void *data;  /* NULL: the model has no such layer */
    const float *bias; /* [outputs] or NULL */
} linear_t;

typedef struct {
    const float *weight, *bias; /* [width]; NULL: 1 and 0 */
    bool present;
} norm_t;

typedef struct {
    norm_t attention_norm, mlp_norm, query_norm, key_norm;
    linear_t fused, query, key, value, output; /* fused: query, key and value in one */
    linear_t gate, up, down;
} layer_t;

typedef struct {
    model_shape_t shape;
    linear_t embedding; /* [V][embedding width] */
    linear_t positions; /* [rows][D], learned positions */
    linear_t project_in, project_out, head;
    norm_t final_norm;
    layer_t *layer; /* [L] */
    share_t memory;
} model_t;

/* Collective. The digest of a model directory's weight files and of its config.json: what
 * results depend on. Rank 0 reads everything once. */
MUST_CHECK status_t model_hash(MPI_Comm comm, const char *directory, char hex[SHA256_HEX]);

/* Collective over comm: reads the model directory, checks every tensor's name and shape against
 * the architecture, and loads it, each rank of a node a part. Non-finite weights are an error
 * that names tensor and place. */
MUST_CHECK status_t model_open(MPI_Comm comm, const char *directory, model_t **model);
/* Collective. */
void model_close(model_t **model);

#endif
