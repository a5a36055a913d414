/* For benchmarks: models of published shapes with random weights, as Hugging Face directories. */
#ifndef WN_BENCH_RANDOM_MODEL_H
#define WN_BENCH_RANDOM_MODEL_H

#include "core/dtype.h"
#include "core/status.h"

typedef enum { RANDOM_GPT_NEOX, RANDOM_LLAMA } random_family_t;

typedef struct {
    const char *name; /* "pythia-160m" and so on */
    random_family_t family;
    dtype_t type; /* F16 or BF16 */
    int layers, width, heads, mlp, vocabulary;
} random_shape_t;

/* The shape of that name, or NULL; random_shape_names lists them for messages. */
const random_shape_t *random_shape_find(const char *name);
extern const char random_shape_names[];

/* Writes directory/config.json and model.safetensors; the same bytes every time. The format is
 * that of huggingface/safetensors. */
MUST_CHECK status_t random_model_write(const char *directory, const random_shape_t *shape);

#endif
