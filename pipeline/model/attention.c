/* Depth-first order makes tree attention cheap: the keys and values of the current path lie in
 * one buffer by position, and entering a segment overwrites the buffer from its depth on.
 *
 * A row of a tile is one query of one head: heads that share keys and values share tiles, so that a
 * short segment fills them too. */
#include "model/attention.h"

#include <math.h>
#include <string.h>

#include "core/memory.h"
#include "core/simd.h"
#include "model/kernels.h"
#include "model/tile.h"

struct attention {
    tile_t tile;
    size_t capacity; /* positions, a multiple of the tile's columns */
    size_t padded;   /* head width, likewise */
    float *key;      /* [panel of positions][head width][tile columns] */
    float *value;    /* [panel of the head's width][capacity][tile columns] */
    float *score;    /* [tile rows][capacity] */
    float *weight;   /* [capacity][tile rows], of the scores */
    float *scaled;   /* [tile rows][head width]: queries */
    float *query;    /* [head width][tile rows] */
    float *mixed;    /* [tile rows][padded] */
};

/* Queries of a segment, of the heads [head, head + heads), which share keys and values. */
typedef struct {
    const attention_shape_t *shape;
    const segment_t *segment;
    int head, heads;
    const float *projected; /* the chunk's */
    float *out;             /* likewise */
} queries_t;

static size_t round_up(size_t n, size_t unit)
{
    return (n + unit - 1) / unit * unit;
}

status_t attention_create(int head_width, int deepest, attention_t **attention)
{
    status_t status = mem_new(attention, 1, "attention");
    if (status) return status;
    attention_t *it = *attention;
    it->tile = tile_choose();
    size_t rows = it->tile.tall_rows, width = (size_t)head_width;
    it->padded = round_up(width, it->tile.columns);
    it->capacity = round_up(deepest > 0 ? (size_t)deepest : 1, it->tile.columns);
    status = mem_aligned(&it->key, width * it->capacity + TILE_SLACK, "attention keys");
    if (!status) status = mem_aligned(&it->value, it->capacity * it->padded, "attention values");
    if (!status) status = mem_aligned(&it->score, rows * it->capacity, "attention scores");
    if (!status)
        status = mem_aligned(&it->weight, rows * it->capacity + TILE_SLACK, "attention weights");
    if (!status) status = mem_aligned(&it->scaled, rows * width, "attention");
    if (!status) status = mem_aligned(&it->query, rows * width + TILE_SLACK, "attention");
    if (!status) status = mem_aligned(&it->mixed, rows * it->padded, "attention");
    if (status) {
        attention_destroy(attention);
        return status;
    }
    /* Lanes beyond the path or the head are computed and never used: they must be numbers. */
    memset(it->key, 0, width * it->capacity * sizeof(float));
    memset(it->value, 0, it->capacity * it->padded * sizeof(float));
    return NULL;
}

size_t attention_bytes(int head_width, int deepest)
{
    size_t width = (size_t)head_width, padded = round_up(width, TILE_COLUMNS_MAX);
    size_t capacity = round_up((size_t)deepest, TILE_COLUMNS_MAX), rows = TILE_ROWS_MAX;
    return sizeof(float) *
           ((width + padded + 2 * rows) * capacity + rows * (2 * width + padded) + 2 * TILE_SLACK);
}

void attention_destroy(attention_t **attention)
{
    attention_t *it = *attention;
    if (!it) return;
    mem_free(&it->key);
    mem_free(&it->value);
    mem_free(&it->score);
    mem_free(&it->weight);
    mem_free(&it->scaled);
    mem_free(&it->query);
    mem_free(&it->mixed);
    mem_free(attention);
}

/* ---- keys and values of the path ---- */

static void enter_keys(attention_t *it, const float *key, size_t row_stride, size_t width,
                       size_t depth, size_t count)
{
    size_t panel = it->tile.columns;
    for (size_t i = 0; i < count;) {
        size_t position = depth + i, column = position % panel;
        float *to = it->key + (position - column) * width;
        const float *from = key + i * row_stride;
        if (column == 0 && count - i >= panel) {
            tile_interleave(to, from, row_stride, panel, panel, width);
            i += panel;
        } else {
            for (size_t d = 0; d < width; d++) to[d * panel + column] = from[d];
            i++;
        }
    }
}

static void enter_values(attention_t *it, const float *value, size_t row_stride, size_t width,
                         size_t depth, size_t count)
{
    size_t panel = it->tile.columns;
    for (size_t d = 0; d < width; d += panel) {
        size_t bytes = sizeof(float) * (width - d < panel ? width - d : panel);
        float *to = it->value + d * it->capacity + depth * panel;
        for (size_t i = 0; i < count; i++)
            memcpy(to + i * panel, value + i * row_stride + d, bytes);
    }
}

static void enter(attention_t *it, const attention_shape_t *shape, const segment_t *segment,
                  const float *projected, int kv_head)
{
    const float *row = projected + (size_t)segment->first * shape->row_stride;
    size_t width = (size_t)shape->head_width, kv = (size_t)kv_head;
    enter_keys(it, row + shape->key + kv * shape->key_stride, shape->row_stride, width,
               (size_t)segment->depth, (size_t)segment->count);
    enter_values(it, row + shape->value + kv * shape->value_stride, shape->row_stride, width,
                 (size_t)segment->depth, (size_t)segment->count);
}

/* ---- a tile of queries ---- */

/* Softmax weights of one query over positions [first, last], zero elsewhere in [from, to), not
 * yet divided by their sum: that factor is returned. from and to are multiples of LANES. */
MULTIVERSION
static float weigh(float *score, size_t from, size_t first, size_t last, size_t to)
{
    size_t end = round_up(last + 1, LANES);
    float most = score[first];
    for (size_t j = from; j < first; j++) score[j] = -INFINITY;
    for (size_t j = last + 1; j < end; j++) score[j] = -INFINITY;
#pragma omp simd reduction(max : most)
    for (size_t j = from; j < end; j++) most = score[j] > most ? score[j] : most;
    double sum = kernel_exp_sum(score + from, score + from, most, end - from);
    if (to > end) memset(score + end, 0, (to - end) * sizeof *score);
    return (float)(1 / sum);
}

/* The first position that a query at position sees. */
static size_t first_seen(const attention_shape_t *shape, size_t position)
{
    size_t window = (size_t)shape->window;
    return window && position + 1 > window ? position + 1 - window : 0;
}

/* Query i of those of a segment: its row and its head. */
static size_t row_of(const queries_t *q, size_t i)
{
    return (size_t)q->segment->first + i / (size_t)q->heads;
}

static size_t head_of(const queries_t *q, size_t i)
{
    return (size_t)q->head + i % (size_t)q->heads;
}

static size_t position_of(const queries_t *q, size_t i)
{
    return (size_t)q->segment->depth + i / (size_t)q->heads;
}

/* The queries [first, first + count), at most a tile's rows. */
static void attend(attention_t *it, const queries_t *q, size_t first, size_t count)
{
    const attention_shape_t *shape = q->shape;
    bool tall = count > it->tile.flat_rows;
    const tile_product_t multiply = tall ? it->tile.tall : it->tile.flat;
    size_t rows = tall ? it->tile.tall_rows : it->tile.flat_rows, panel = it->tile.columns;
    size_t width = (size_t)shape->head_width, capacity = it->capacity;
    size_t path = position_of(q, first + count - 1) + 1, to = round_up(path, panel);
    size_t from = first_seen(shape, position_of(q, first)) / panel * panel;
    float factor[TILE_ROWS_MAX];

    for (size_t r = 0; r < count; r++) {
        const float *query = q->projected + row_of(q, first + r) * shape->row_stride +
                             shape->query + head_of(q, first + r) * shape->query_stride;
        for (size_t d = 0; d < width; d++) it->scaled[r * width + d] = shape->scale * query[d];
    }
    tile_interleave(it->query, it->scaled, width, count, rows, width);
    for (size_t j = from; j < to; j += panel)
        multiply(width, it->query, it->key + j * width, it->score + j, capacity, 0);
    for (size_t r = 0; r < count; r++) {
        size_t position = position_of(q, first + r);
        factor[r] =
            weigh(it->score + r * capacity, from, first_seen(shape, position), position, to);
    }
    tile_interleave(it->weight, it->score + from, capacity, count, rows, path - from);
    for (size_t d = 0; d < it->padded; d += panel)
        multiply(path - from, it->weight, it->value + d * capacity + from * panel, it->mixed + d,
                 it->padded, 0);
    for (size_t r = 0; r < count; r++) {
        float *out =
            q->out + (row_of(q, first + r) * (size_t)shape->heads + head_of(q, first + r)) * width;
        for (size_t d = 0; d < width; d++) out[d] = it->mixed[r * it->padded + d] * factor[r];
    }
}

void attention_apply(attention_t *it, const attention_shape_t *shape, const chunk_t *chunk,
                     int first_head, int heads, const float *projected, float *out)
{
    int group = shape->heads / shape->kv_heads, end = first_head + heads;
    for (int from = first_head; from < end; from = (from / group + 1) * group) {
        int kv = from / group, to = end < (kv + 1) * group ? end : (kv + 1) * group;
        for (int32_t s = 0; s < chunk->segments; s++) {
            const segment_t *segment = &chunk->segment[s];
            const queries_t q = {shape, segment, from, to - from, projected, out};
            size_t count = (size_t)segment->count * (size_t)q.heads;
            enter(it, shape, segment, projected, kv);
            for (size_t i = 0; i < count; i += it->tile.tall_rows)
                attend(it, &q, i, count - i < it->tile.tall_rows ? count - i : it->tile.tall_rows);
        }
    }
}
