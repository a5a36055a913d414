#include "model/gemm_bfloat.h"

#include <math.h>
#include <string.h>

#include "core/memory.h"
#include "model/kernels.h"
#include "model/onednn.h"

/* Blocks: as much of the inner dimension as oneDNN's blocks are apart, ROWS of x, which are packed
 * once for all columns, and one block of columns of W. GROUP rows are made or expanded at once. */
enum { ROWS = 17 * ONEDNN_ROWS, DEPTH = ONEDNN_STRIDE, COLUMNS = ONEDNN_COLUMNS, GROUP = 8 };

struct gemm_bfloat {
    onednn_t *onednn;
    uint16_t *x; /* [ROWS][DEPTH] */
    uint16_t *w; /* [COLUMNS][DEPTH] */
    float *wide; /* [GROUP][DEPTH]: rows of x made, weights expanded */
    float *y;    /* [ONEDNN_ROWS][COLUMNS] */
};

status_t gemm_bfloat_create(gemm_bfloat_t **gemm)
{
    status_t status = mem_new(gemm, 1, "matrix product");
    if (status) return status;
    status = onednn_create(&(*gemm)->onednn);
    if (!status) status = mem_aligned(&(*gemm)->x, (size_t)ROWS * DEPTH, "packed rows");
    if (!status) status = mem_aligned(&(*gemm)->w, COLUMNS * DEPTH, "packed weights");
    if (!status) status = mem_aligned(&(*gemm)->wide, GROUP * DEPTH, "expanded weights");
    if (!status) status = mem_aligned(&(*gemm)->y, ONEDNN_ROWS * COLUMNS, "block of a product");
    if (status) gemm_bfloat_destroy(gemm);
    return status;
}

void gemm_bfloat_destroy(gemm_bfloat_t **gemm)
{
    if (!*gemm) return;
    onednn_destroy(&(*gemm)->onednn);
    mem_free(&(*gemm)->x);
    mem_free(&(*gemm)->w);
    mem_free(&(*gemm)->wide);
    mem_free(&(*gemm)->y);
    mem_free(gemm);
}

size_t gemm_bfloat_bytes(void)
{
    size_t narrow = (size_t)(ROWS + COLUMNS) * DEPTH, wide = GROUP * DEPTH + ONEDNN_ROWS * COLUMNS;
    return narrow * sizeof(uint16_t) + wide * sizeof(float);
}

/* ---- packing ---- */

static size_t up(size_t value, size_t to)
{
    return (value + to - 1) / to * to;
}

/* Zeros from depth to whole blocks. */
static void fill(uint16_t *to, size_t depth)
{
    memset(to + depth, 0, (up(depth, ONEDNN_DEPTH) - depth) * sizeof *to);
}

/* Rows [first, first + rows) of x, from column k on; rows of zeros fill the last block. */
static void pack_rows(gemm_bfloat_t *it, const gemm_rows_t *x, size_t first, size_t rows, size_t k,
                      size_t depth)
{
    for (size_t r = 0; r < rows; r += GROUP) {
        size_t count = rows - r < GROUP ? rows - r : GROUP, row = first + r;
        if (x->make) x->make(x->context, it->wide, DEPTH, row, count, k, depth);
        for (size_t i = 0; i < count; i++) {
            const float *from =
                x->make ? it->wide + i * DEPTH : x->data + (row + i) * x->stride + k;
            uint16_t *to = it->x + (r + i) * DEPTH;
            dtype_round(to, from, depth, DTYPE_BF16);
            fill(to, depth);
        }
    }
    for (size_t r = rows; r < up(rows, ONEDNN_ROWS); r++)
        memset(it->x + r * DEPTH, 0, up(depth, ONEDNN_DEPTH) * sizeof *it->x);
}

/* to = count weights of one stored row, rounded. */
static void narrow(gemm_bfloat_t *it, uint16_t *to, const char *from, size_t count, dtype_t type)
{
    if (type == DTYPE_BF16) {
        memcpy(to, from, count * sizeof *to);
        return;
    }
    dtype_expand(it->wide, from, count, type);
    dtype_round(to, it->wide, count, DTYPE_BF16);
}

/* Rows [column, column + count) of W, from input k on; rows of zeros fill the block. */
static void pack_weights(gemm_bfloat_t *it, const gemm_weights_t *weights, size_t column,
                         size_t count, size_t k, size_t depth)
{
    size_t width = dtype_size(weights->type);
    const char *data = weights->data;
    uint16_t across[COLUMNS];
    for (size_t c = 0; c < COLUMNS; c++) {
        uint16_t *to = it->w + c * DEPTH;
        if (c >= count) memset(to, 0, depth * sizeof *to);
        else if (!weights->transposed)
            narrow(it, to, data + ((column + c) * weights->stride + k) * width, depth,
                   weights->type);
        fill(to, depth);
    }
    for (size_t d = 0; weights->transposed && d < depth; d++) {
        const char *from = data + ((k + d) * weights->stride + column) * width;
        narrow(it, across, from, count, weights->type);
        for (size_t c = 0; c < count; c++) it->w[c * DEPTH + d] = across[c];
    }
}

/* ---- blocks ---- */

/* The block of y from row r of the packed rows on, over a packed depth: in steps that the depth
 * alone fixes. */
static void multiply(gemm_bfloat_t *it, size_t r, size_t depth)
{
    size_t deepest = (size_t)ONEDNN_DEPTHS * ONEDNN_DEPTH, end = up(depth, ONEDNN_DEPTH);
    for (size_t k = 0; k < end; k += deepest) {
        size_t step = end - k < deepest ? end - k : deepest;
        if (onednn_multiply(it->onednn, (int)(step / ONEDNN_DEPTH), k > 0, it->x + r * DEPTH + k,
                            it->w + k, it->y))
            continue;
        for (size_t i = 0; i < (size_t)ONEDNN_ROWS * COLUMNS; i++) it->y[i] = NAN;
        return;
    }
}

/* y = or += the block; then bias, which is NULL until the sums are complete. */
static void take(const gemm_bfloat_t *it, float *y, size_t y_stride, size_t rows, size_t columns,
                 bool add, const float *bias)
{
    for (size_t r = 0; r < rows; r++) {
        if (add) kernel_add(y + r * y_stride, it->y + r * COLUMNS, columns);
        else memcpy(y + r * y_stride, it->y + r * COLUMNS, columns * sizeof *y);
    }
    if (bias) kernel_add_bias(y, bias, rows, columns, y_stride);
}

void gemm_bfloat_apply(gemm_bfloat_t *gemm, const gemm_weights_t *weights, size_t first,
                       size_t count, size_t inputs, const gemm_rows_t *x, size_t rows,
                       const float *bias, float *y, size_t y_stride)
{
    for (size_t r = 0; r < rows; r += ROWS) {
        size_t height = rows - r < ROWS ? rows - r : ROWS;
        for (size_t k = 0; k < inputs; k += DEPTH) {
            size_t depth = inputs - k < DEPTH ? inputs - k : DEPTH;
            const float *last = k + depth == inputs ? bias : NULL;
            pack_rows(gemm, x, r, height, k, depth);
            for (size_t c = 0; c < count; c += COLUMNS) {
                size_t columns = count - c < COLUMNS ? count - c : COLUMNS;
                pack_weights(gemm, weights, first + c, columns, k, depth);
                for (size_t b = 0; b < height; b += ONEDNN_ROWS) {
                    size_t block = height - b < ONEDNN_ROWS ? height - b : ONEDNN_ROWS;
                    multiply(gemm, b, depth);
                    take(gemm, y + (r + b) * y_stride + c, y_stride, block, columns, k > 0,
                         last ? last + c : NULL);
                }
            }
        }
    }
}
