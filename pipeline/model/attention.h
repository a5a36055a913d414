/* Causal attention over a chunk's trees and sequences. */
#ifndef WN_MODEL_ATTENTION_H
#define WN_MODEL_ATTENTION_H

#include <stddef.h>

#include "core/status.h"
#include "model/forest.h"

/* Where query, key and value of a head stand in a row of the projected states: head h of the
 * queries begins at query + h * query_stride, and so on. */
typedef struct {
    int heads, kv_heads, head_width;
    size_t row_stride;
    size_t query, key, value;
    size_t query_stride, key_stride, value_stride;
    float scale; /* of scores */
    int window;  /* keys seen at most, 0: all */
} attention_shape_t;

/* Buffers for paths of up to a given depth; one per thread. */
typedef struct attention attention_t;
MUST_CHECK status_t attention_create(int head_width, int deepest, attention_t **attention);
void attention_destroy(attention_t **attention);

/* Columns of the heads [first_head, first_head + heads) of out (rows, all heads * head_width) =
 * softmax(scale q k^T) v of every row over its own path. Each score and each output is one chain
 * of multiply-adds, so that a row's result does not depend on its neighbours. Cost: a row's path,
 * and no more. */
void attention_apply(attention_t *attention, const attention_shape_t *shape, const chunk_t *chunk,
                     int first_head, int heads, const float *projected, float *out);

/* Bytes of an attention_t's buffers. */
size_t attention_bytes(int head_width, int deepest);

#endif
