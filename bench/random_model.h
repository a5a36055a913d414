/* For benchmarks: a GPT-NeoX of a given shape with random float16 weights, as a Hugging Face
 * directory. */
#ifndef WN_BENCH_RANDOM_MODEL_H
#define WN_BENCH_RANDOM_MODEL_H

#include "core/status.h"

typedef struct {
    int layers, width, heads, vocabulary;
} random_shape_t;

/* Writes directory/config.json and model.safetensors (MLP four times the width). */
MUST_CHECK status_t random_model_write(const char *directory, random_shape_t shape);

#endif
