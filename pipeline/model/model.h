/* A model in memory: its shape and its tensors, in the file's own type, once for all ranks of a
 * node. Matrices stay as they are on disk and are expanded to float32 tile by tile when they are
 * used (gemm.h); vectors (norms, biases) are float32.
 *
 * Layers lie in buffers of equal size. Where all of them fit into the memory that the model is
 * given, each has its own and is read once. Otherwise there are two: while one layer computes, a
 * thread reads the next into the other, and the ranks that share them take layers in step. */
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
    bool transposed; /* stored [inputs][outputs] */
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
    layer_t *layer; /* [L]; contents are valid once model_layer gave them */
    bool streamed;  /* layers are read again and again */
    share_t memory;
    struct loader *loader;
} model_t;

/* Collective. The digest of a model directory's weight files and of its config.json: what
 * results depend on. Rank 0 reads everything once. */
MUST_CHECK status_t model_hash(MPI_Comm comm, const char *directory, char hex[SHA256_HEX]);

/* Collective over comm: reads the model directory, checks every tensor's name and shape against
 * the architecture, and loads it, each rank of a node a part; within memory bytes for the node's
 * weights (0: no bound), which decides whether layers are streamed. Non-finite weights are an
 * error that names tensor and place. */
MUST_CHECK status_t model_open(MPI_Comm comm, const char *directory, size_t memory,
                               model_t **model);
/* The same with as many copies on a node as scope says, which the memory holds together. */
MUST_CHECK status_t model_open_shared(MPI_Comm comm, const char *directory, size_t memory,
                                      share_scope_t scope, model_t **model);
/* Collective. */
void model_close(model_t **model);

/* Layer index, ready to compute with until the next call. Collective over the ranks that share the
 * weights (memory.group) where the model is streamed: all ask for the same layers in the same order, 0 to layers - 1,
 * again and again. layers: how many of the model's are used, which tells what to read ahead. */
MUST_CHECK status_t model_layer(model_t *model, int index, int layers, const layer_t **layer);

/* Ends a pass over the layers. Where the model is streamed, collective over the same ranks: an error of
 * one rank becomes all's, so that they leave together. Takes status over. */
MUST_CHECK status_t model_end_pass(model_t *model, status_t status);

/* Reads and checks what headers tell: shape, and which tensors there are; no weights. Close with
 * model_close. Not collective. */
MUST_CHECK status_t model_open_headers(const char *directory, model_t **model);

/* out (float32) = elements [first, first + count) of a matrix of a layer (&model->layer[l].gate),
 * as stored, row-major, from the file; room: scratch of as many bytes as they have there, 8 an
 * element at most. A value that is not finite is an EXIT_NUMERIC error that names tensor and place.
 * Not collective. */
MUST_CHECK status_t model_read_matrix(const model_t *model, const linear_t *matrix, uint64_t first,
                                      size_t count, void *room, float *out);

/* What model_open would hold of a model within memory bytes (0: no bound). */
typedef struct {
    size_t whole;  /* bytes of all weights */
    size_t layers; /* of them, those of the layers: read in every pass where streamed */
    size_t held;   /* bytes in memory at a time */
    bool streamed;
    dtype_t type; /* of the matrices */
} model_size_t;

/* From the headers alone. Not collective. */
MUST_CHECK status_t model_size(const char *directory, size_t memory, model_size_t *size);

#endif
