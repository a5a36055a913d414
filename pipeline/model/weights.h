/* Tensors on disk, as a Hugging Face model directory holds them: safetensors or torch .bin, one
 * file or sharded. Opening reads only headers; nothing is mapped into memory and nothing in a
 * file is executed or trusted (sizes, offsets and overlaps are checked first).
 *
 * Formats: safetensors' README (github.com/huggingface/safetensors, "Format"); torch's zip
 * archive with a pickle of torch._utils._rebuild_tensor_v2 (torch/serialization.py). */
#ifndef WN_MODEL_WEIGHTS_H
#define WN_MODEL_WEIGHTS_H

#include <stddef.h>
#include <stdint.h>

#include "core/dtype.h"
#include "core/hash.h"
#include "core/status.h"

enum { TENSOR_DIMENSIONS = 4 };

typedef struct {
    char *name;
    dtype_t type;
    int dimensions;
    int64_t shape[TENSOR_DIMENSIONS];
    uint64_t count;  /* elements */
    int file;        /* index of the file that holds it */
    uint64_t offset; /* of its first byte in that file */
} tensor_t;

typedef struct weights weights_t;

/* directory: a model directory. Precedence where several sets lie side by side:
 * model.safetensors.index.json, model.safetensors, pytorch_model.bin.index.json,
 * pytorch_model.bin. */
MUST_CHECK status_t weights_open(const char *directory, weights_t **weights);
void weights_close(weights_t **weights);

size_t weights_count(const weights_t *weights);
const tensor_t *weights_at(const weights_t *weights, size_t index); /* in name order */
/* NULL where there is none of that name. */
const tensor_t *weights_find(const weights_t *weights, const char *name);
/* Where weights_find gives NULL: why a tensor of that name, which the files do hold, cannot be
 * read ("its type is I64; ..."), or NULL where they hold none (borrowed). */
const char *weights_unreadable(const weights_t *weights, const char *name);
/* The file that holds a tensor, for messages (borrowed). */
const char *weights_file(const weights_t *weights, const tensor_t *tensor);

/* out = elements [first, first + count) in row-major order, in the tensor's own type. */
MUST_CHECK status_t weights_read(const weights_t *weights, const tensor_t *tensor, uint64_t first,
                                 uint64_t count, void *out);

/* SHA-256 over the files' own SHA-256 (as hex text) in the order of their names; a single file's
 * digest as it is. Reads everything once. */
MUST_CHECK status_t weights_hash(const weights_t *weights, char hex[SHA256_HEX]);

#endif
