/* Compiled with -ffp-contract=fast: a product that is added is rounded once, wherever the CPU
 * has fused multiply-add.
 *
 * Depth-first order makes tree attention cheap: the keys and values of the current path lie in
 * one buffer by position, and entering a segment overwrites the buffer from its depth on. */
#include "model/attention.h"

#include <math.h>
#include <string.h>

#include "core/memory.h"
#include "core/simd.h"
#include "model/kernels.h"

enum { ROWS = 4, WIDE = 16 }; /* queries and keys (or columns) of one register block */

struct attention {
    int padded;    /* head width, rounded up to WIDE */
    int capacity;  /* positions, rounded up to WIDE */
    float *key;    /* [head width][capacity]: transposed, so that scores run along positions */
    float *value;  /* [capacity][padded] */
    float *score;  /* [ROWS][capacity] */
    float *query;  /* [head width][ROWS], scaled */
    float *weight; /* [capacity][ROWS], of the scores */
    float *mixed;  /* [ROWS][padded] */
};

static int round_up(int n)
{
    return (n + WIDE - 1) / WIDE * WIDE;
}

status_t attention_create(int head_width, int deepest, attention_t **attention)
{
    status_t status = mem_new(attention, 1, "attention");
    if (status) return status;
    attention_t *it = *attention;
    it->padded = round_up(head_width);
    it->capacity = round_up(deepest > 0 ? deepest : 1);
    size_t capacity = (size_t)it->capacity, padded = (size_t)it->padded;
    status = mem_aligned(&it->key, (size_t)head_width * capacity, "attention keys");
    if (!status) status = mem_aligned(&it->value, capacity * padded, "attention values");
    if (!status) status = mem_aligned(&it->score, ROWS * capacity, "attention scores");
    if (!status) status = mem_aligned(&it->weight, ROWS * capacity, "attention weights");
    if (!status) status = mem_aligned(&it->query, ROWS * (size_t)head_width, "attention");
    if (!status) status = mem_aligned(&it->mixed, ROWS * padded, "attention");
    if (status) {
        attention_destroy(attention);
        return status;
    }
    /* Lanes beyond the path or the head are computed and never used: they must be numbers. */
    memset(it->key, 0, (size_t)head_width * capacity * sizeof(float));
    memset(it->value, 0, capacity * padded * sizeof(float));
    return NULL;
}

size_t attention_bytes(int head_width, int deepest)
{
    size_t padded = (size_t)round_up(head_width), capacity = (size_t)round_up(deepest);
    size_t by_position = (size_t)head_width + padded + 2 * ROWS;
    return sizeof(float) * (by_position * capacity + ROWS * ((size_t)head_width + padded));
}

void attention_destroy(attention_t **attention)
{
    attention_t *it = *attention;
    if (!it) return;
    mem_free(&it->key);
    mem_free(&it->value);
    mem_free(&it->score);
    mem_free(&it->weight);
    mem_free(&it->query);
    mem_free(&it->mixed);
    mem_free(attention);
}

/* The accumulators of ROWS rows of WIDE columns, each column block two vectors of eight: named, so
 * that the compiler keeps every one in a register. */
#define EACH(do) \
    do (0);      \
    do (1);      \
    do (2);      \
    do (3)
#define ZERO(r) f32x8_t low##r = {0}, high##r = {0}
#define ADD(r) low##r += factor[r] * low, high##r += factor[r] * high
#define STORE(r) *(f32x8_t *)(to + r * stride) = low##r, *(f32x8_t *)(to + r * stride + 8) = high##r

/* score[r][j] = sum over d of query[d][r] key[d][j], for ROWS queries and positions [from, to),
 * from and to multiples of WIDE. */
MULTIVERSION
static void scores(float *score, const float *query, const float *key, int first, int end,
                   int width, size_t stride)
{
    for (int j = first; j < end; j += WIDE) {
        const float *column = key + j, *factor = query;
        float *to = score + j;
        EACH(ZERO);
        for (int d = 0; d < width; d++, column += stride, factor += ROWS) {
            f32x8_t low = *(const f32x8_t *)column, high = *(const f32x8_t *)(column + 8);
            EACH(ADD);
        }
        EACH(STORE);
    }
}

/* mixed[r][d] = sum over positions [first, end) of weight[j][r] value[j][d]. */
MULTIVERSION
static void mix(float *mixed, const float *weight, const float *value, int first, int end,
                size_t stride)
{
    for (size_t d = 0; d < stride; d += WIDE) {
        const float *row = value + (size_t)first * stride + d, *factor = weight;
        float *to = mixed + d;
        EACH(ZERO);
        for (int j = first; j < end; j++, row += stride, factor += ROWS) {
            f32x8_t low = *(const f32x8_t *)row, high = *(const f32x8_t *)(row + 8);
            EACH(ADD);
        }
        EACH(STORE);
    }
}

/* Softmax weights of one query over positions [first, last], zero elsewhere in [from, to), not
 * yet divided by their sum: that factor is returned. The sum runs in lanes by position. */
MULTIVERSION
static float weigh(float *score, int from, int first, int last, int to)
{
    float most = score[first];
    for (int j = from; j < first; j++) score[j] = -INFINITY;
    for (int j = last + 1; j < to; j++) score[j] = -INFINITY;
#pragma omp simd reduction(max : most)
    for (int j = from; j < to; j++) most = score[j] > most ? score[j] : most;
    for (int j = from; j < to; j++) score[j] -= most;
    kernel_exp(score + from, score + from, (size_t)(to - from));
    lanes_t sum = {0};
    for (int j = from; j < to; j += WIDE)
        for (int part = 0; part < 4; part++) sum.part[part] += widen4(score + j + 4 * part);
    return (float)(1 / lanes_total(sum));
}

/* Up to ROWS consecutive queries of one head, at positions at, at + 1, ... */
static void attend(attention_t *it, const attention_shape_t *shape, const float *query, int rows,
                   int at, float *out, size_t out_stride)
{
    int width = shape->head_width, last = at + rows - 1, start = 0;
    if (shape->window && at - shape->window + 1 > 0) start = at - shape->window + 1;
    int from = start / WIDE * WIDE, to = round_up(last + 1);
    size_t capacity = (size_t)it->capacity, padded = (size_t)it->padded;
    float factor[ROWS];
    for (int r = 0; r < ROWS; r++)
        for (int d = 0; d < width; d++)
            it->query[d * ROWS + r] =
                r < rows ? shape->scale * query[(size_t)r * shape->row_stride + (size_t)d] : 0;
    scores(it->score, it->query, it->key, from, to, width, capacity);
    for (int r = 0; r < ROWS; r++) {
        int position = r < rows ? at + r : last;
        int first =
            shape->window && position - shape->window + 1 > 0 ? position - shape->window + 1 : 0;
        factor[r] = weigh(it->score + (size_t)r * capacity, from, first, position, to);
    }
    for (int j = from; j < to; j++)
        for (int r = 0; r < ROWS; r++)
            it->weight[(j - from) * ROWS + r] = it->score[(size_t)r * capacity + (size_t)j];
    mix(it->mixed, it->weight, it->value, from, last + 1, padded);
    for (int r = 0; r < rows; r++)
        for (int d = 0; d < width; d++)
            out[(size_t)r * out_stride + (size_t)d] =
                it->mixed[(size_t)r * padded + (size_t)d] * factor[r];
}

static void enter(attention_t *it, const attention_shape_t *shape, const segment_t *segment,
                  const float *projected, int kv_head)
{
    const float *key = projected + shape->key + (size_t)kv_head * shape->key_stride;
    const float *value = projected + shape->value + (size_t)kv_head * shape->value_stride;
    size_t capacity = (size_t)it->capacity, width = (size_t)shape->head_width;
    for (int32_t i = 0; i < segment->count; i++) {
        size_t row = (size_t)(segment->first + i) * shape->row_stride;
        size_t position = (size_t)(segment->depth + i);
        for (size_t d = 0; d < width; d++) it->key[d * capacity + position] = key[row + d];
        memcpy(it->value + position * (size_t)it->padded, value + row, width * sizeof(float));
    }
}

void attention_apply(attention_t *it, const attention_shape_t *shape, const chunk_t *chunk,
                     int first_head, int heads, const float *projected, float *out)
{
    int group = shape->heads / shape->kv_heads, end = first_head + heads;
    size_t out_stride = (size_t)(shape->heads * shape->head_width);
    for (int from = first_head; from < end; from = (from / group + 1) * group) {
        int kv = from / group, to = end < (kv + 1) * group ? end : (kv + 1) * group;
        for (int32_t s = 0; s < chunk->segments; s++) {
            const segment_t *segment = &chunk->segment[s];
            enter(it, shape, segment, projected, kv);
            for (int h = from; h < to; h++) {
                const float *query = projected + shape->query + (size_t)h * shape->query_stride;
                for (int32_t i = 0; i < segment->count; i += ROWS) {
                    int rows = segment->count - i < ROWS ? segment->count - i : ROWS;
                    size_t row = (size_t)(segment->first + i);
                    attend(it, shape, query + row * shape->row_stride, rows, segment->depth + i,
                           out + row * out_stride + (size_t)(h * shape->head_width), out_stride);
                }
            }
        }
    }
}
