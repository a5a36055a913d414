/* Compiled with -ffp-contract=fast: a product that is added is rounded once. */
#include "model/gemm.h"

#include <string.h>

#include "core/memory.h"
#include "model/gemm_bfloat.h"
#include "model/kernels.h"
#include "model/onednn.h"
#include "model/tile.h"

/* Blocks: DEPTH of the inner dimension, ROWS of x, which are packed once for all columns, COLUMNS
 * of W (a block of W stays in the second cache while the tiles of x pass through the first). A tile
 * is what the registers hold. */
enum { DEPTH = 384, ROWS = 2304, COLUMNS = 512 };

/* Rows of W whose pieces are asked for before they are expanded: each is too short for the hardware
 * to foresee the next. */
enum { AHEAD = 8, LINE = 64 };

struct gemm {
    gemm_bfloat_t *bfloat; /* in bfloat16; then nothing below is used */
    tile_t tile;
    float *x;    /* [ROWS / tile rows][DEPTH][tile rows] */
    float *w;    /* [COLUMNS / tile columns][DEPTH][tile columns] */
    float *wide; /* [a tile's rows or columns][DEPTH]: weights expanded, rows of x made */
};

const char *gemm_kernel(arithmetic_t arithmetic)
{
    return arithmetic == ARITHMETIC_BFLOAT16 ? onednn_kernel() : tile_choose().name;
}

static const char *const arithmetics[ARITHMETIC_COUNT] = {"float32", "bfloat16"};

const char *arithmetic_name(arithmetic_t arithmetic)
{
    return arithmetics[arithmetic];
}

arithmetic_t arithmetic_of_name(const char *name)
{
    int it = 0;
    while (it < ARITHMETIC_COUNT && strcmp(name, arithmetics[it]) != 0) it++;
    return (arithmetic_t)it;
}

status_t arithmetic_check(arithmetic_t arithmetic)
{
    return arithmetic == ARITHMETIC_BFLOAT16 ? onednn_check() : NULL;
}

status_t gemm_create(arithmetic_t arithmetic, gemm_t **gemm)
{
    status_t status = mem_new(gemm, 1, "matrix product");
    if (status) return status;
    if (arithmetic == ARITHMETIC_BFLOAT16) {
        status = gemm_bfloat_create(&(*gemm)->bfloat);
        if (status) gemm_destroy(gemm);
        return status;
    }
    (*gemm)->tile = tile_choose();
    status = mem_aligned(&(*gemm)->x, (ROWS + TILE_ROWS_MAX) * DEPTH, "packed rows");
    if (!status)
        status = mem_aligned(&(*gemm)->w, (COLUMNS + TILE_COLUMNS_MAX) * DEPTH, "packed weights");
    if (!status) status = mem_aligned(&(*gemm)->wide, TILE_COLUMNS_MAX * DEPTH, "expanded weights");
    if (status) gemm_destroy(gemm);
    return status;
}

size_t gemm_bytes(arithmetic_t arithmetic)
{
    if (arithmetic == ARITHMETIC_BFLOAT16) return gemm_bfloat_bytes();
    size_t rows = ROWS + TILE_ROWS_MAX, columns = COLUMNS + 2 * TILE_COLUMNS_MAX;
    return sizeof(float) * DEPTH * (rows + columns);
}

void gemm_destroy(gemm_t **gemm)
{
    if (!*gemm) return;
    gemm_bfloat_destroy(&(*gemm)->bfloat);
    mem_free(&(*gemm)->x);
    mem_free(&(*gemm)->w);
    mem_free(&(*gemm)->wide);
    mem_free(gemm);
}

/* ---- packing ---- */

/* Rows [first, first + rows) of x, from column k on. */
static void pack_rows(gemm_t *it, const gemm_rows_t *x, size_t first, size_t rows, size_t k,
                      size_t depth)
{
    size_t tile = it->tile.tall_rows;
    for (size_t r = 0; r < rows; r += tile) {
        size_t count = rows - r < tile ? rows - r : tile, row = first + r;
        if (x->make) x->make(x->context, it->wide, DEPTH, row, count, k, depth);
        const float *from = x->make ? it->wide : x->data + row * x->stride + k;
        tile_interleave(it->x + r * depth, from, x->make ? DEPTH : x->stride, count, tile, depth);
    }
}

/* A tile's columns of W, from input k on. */
static void pack_tile(gemm_t *it, const gemm_weights_t *weights, size_t column, size_t count,
                      size_t k, size_t depth, float *to)
{
    size_t tile = it->tile.columns, width = dtype_size(weights->type);
    const char *data = weights->data;
    if (weights->transposed) {
        for (size_t d = 0; d < depth; d++) {
            const char *from = data + ((k + d) * weights->stride + column) * width;
            dtype_expand(to + d * tile, from, count, weights->type);
            for (size_t c = count; c < tile; c++) to[d * tile + c] = 0;
        }
        return;
    }
    for (size_t c = 0; c < count; c++) {
        const char *from = data + ((column + c) * weights->stride + k) * width;
        for (size_t at = 0; at < depth * width; at += LINE)
            __builtin_prefetch(from + AHEAD * weights->stride * width + at, 0, 2);
        dtype_expand(it->wide + c * DEPTH, from, depth, weights->type);
    }
    tile_interleave(to, it->wide, DEPTH, count, tile, depth);
}

static void pack_weights(gemm_t *it, const gemm_weights_t *weights, size_t first, size_t columns,
                         size_t k, size_t depth)
{
    size_t tile = it->tile.columns;
    for (size_t c = 0; c < columns; c += tile) {
        size_t count = columns - c < tile ? columns - c : tile;
        pack_tile(it, weights, first + c, count, k, depth, it->w + c * depth);
    }
}

/* ---- blocks ---- */

/* A tile that sticks out of y is computed aside; its chains are the same. */
static void partial_tile(const tile_t *tile, size_t depth, const float *a, const float *b, float *y,
                         size_t stride, size_t rows, size_t columns, int add)
{
    float aside[TILE_ROWS_MAX * TILE_COLUMNS_MAX] = {0};
    for (size_t r = 0; add && r < rows; r++)
        memcpy(aside + r * tile->columns, y + r * stride, columns * sizeof *y);
    tile->tall(depth, a, b, aside, tile->columns, add);
    for (size_t r = 0; r < rows; r++)
        memcpy(y + r * stride, aside + r * tile->columns, columns * sizeof *y);
}

/* The lines of the tile of y that comes next, asked for while this one is computed: a row of y is a
 * page of memory or more, so that no hardware foresees them. */
static void fetch_tile(const tile_t *tile, const float *y, size_t stride, size_t rows)
{
    for (size_t r = 0; r < rows && r < tile->tall_rows; r++) {
        __builtin_prefetch(y + r * stride, 1);
        __builtin_prefetch(y + r * stride + tile->columns - 1, 1);
    }
}

/* bias: NULL until the chains are complete. */
static void multiply_block(const gemm_t *it, size_t rows, size_t columns, size_t depth, float *y,
                           size_t stride, int add, const float *bias)
{
    const tile_t *tile = &it->tile;
    for (size_t r = 0; r < rows; r += tile->tall_rows) {
        size_t height = rows - r < tile->tall_rows ? rows - r : tile->tall_rows;
        for (size_t c = 0; c < columns; c += tile->columns) {
            size_t width = columns - c < tile->columns ? columns - c : tile->columns;
            const float *a = it->x + r * depth, *b = it->w + c * depth;
            float *to = y + r * stride + c;
            if (c + tile->columns < columns) fetch_tile(tile, to + tile->columns, stride, height);
            else fetch_tile(tile, y + (r + height) * stride, stride, rows - r - height);
            if (height == tile->tall_rows && width == tile->columns)
                tile->tall(depth, a, b, to, stride, add);
            else partial_tile(tile, depth, a, b, to, stride, height, width, add);
        }
        if (bias) kernel_add_bias(y + r * stride, bias, height, columns, stride);
    }
}

void gemm_apply(gemm_t *gemm, const gemm_weights_t *weights, size_t first, size_t count,
                size_t inputs, const gemm_rows_t *x, size_t rows, const float *bias, float *y,
                size_t y_stride)
{
    if (gemm->bfloat) {
        gemm_bfloat_apply(gemm->bfloat, weights, first, count, inputs, x, rows, bias, y, y_stride);
        return;
    }
    for (size_t r = 0; r < rows; r += ROWS) {
        size_t height = rows - r < ROWS ? rows - r : ROWS;
        for (size_t k = 0; k < inputs; k += DEPTH) {
            size_t depth = inputs - k < DEPTH ? inputs - k : DEPTH;
            const float *last = k + depth == inputs ? bias : NULL;
            pack_rows(gemm, x, r, height, k, depth);
            for (size_t c = 0; c < count; c += COLUMNS) {
                size_t columns = count - c < COLUMNS ? count - c : COLUMNS;
                pack_weights(gemm, weights, first + c, columns, k, depth);
                multiply_block(gemm, height, columns, depth, y + r * y_stride + c, y_stride, k > 0,
                               last ? last + c : NULL);
            }
        }
    }
}
