/* Matrix products. In float32, the default, every element is one chain of fused multiply-adds
 * over the inner dimension, in order, wherever the element stands: its bits depend on its row of
 * x and its row of W alone, not on the shape of the product, the number of ranks, or the width
 * of the CPU's vectors (AVX2 and AVX-512 agree; a CPU without fused multiply-add rounds
 * otherwise). Blocking after Goto and van de Geijn (2008) and BLIS (Van Zee 2015). */
#ifndef WN_MODEL_GEMM_H
#define WN_MODEL_GEMM_H

#include <stddef.h>

#include "core/dtype.h"
#include "core/status.h"

/* W: [outputs][inputs] row-major in its own type, or [inputs][outputs] where transposed; stride
 * is the distance between its rows in elements. */
typedef struct {
    const void *data;
    dtype_t type;
    size_t stride;
    int transposed;
} gemm_weights_t;

/* The rows of x: as they lie, stride apart; or, where make is set, made when they are packed, each
 * element once for a product: columns [first, first + count) of rows [row, row + rows), to
 * to_stride apart. */
typedef struct {
    const float *data;
    size_t stride;
    void (*make)(void *context, float *to, size_t to_stride, size_t row, size_t rows, size_t first,
                 size_t count);
    void *context;
} gemm_rows_t;

/* How products are computed. In bfloat16, x and W are rounded to nearest even as they are packed
 * and their products are added up in float32, by oneDNN (gemm_bfloat.h): faster, less exact, and in
 * an order that oneDNN chooses, which another version of it or another processor may change. */
typedef enum { ARITHMETIC_FLOAT32, ARITHMETIC_BFLOAT16, ARITHMETIC_COUNT } arithmetic_t;

/* "float32", "bfloat16"; ARITHMETIC_COUNT for a name that is neither. */
const char *arithmetic_name(arithmetic_t arithmetic);
arithmetic_t arithmetic_of_name(const char *name);

/* An EXIT_RESOURCE error where this build or this processor cannot do it. */
MUST_CHECK status_t arithmetic_check(arithmetic_t arithmetic);

typedef struct gemm gemm_t;

/* Packing buffers, for one thread. The errors of arithmetic_check. */
MUST_CHECK status_t gemm_create(arithmetic_t arithmetic, gemm_t **gemm);
void gemm_destroy(gemm_t **gemm);

/* y (rows, count), rows y_stride apart, = x (rows, inputs) times the transpose of the rows
 * [first, first + count) of W, plus bias (count), which may be NULL. */
void gemm_apply(gemm_t *gemm, const gemm_weights_t *weights, size_t first, size_t count,
                size_t inputs, const gemm_rows_t *x, size_t rows, const float *bias, float *y,
                size_t y_stride);

/* Bytes of the buffers of one gemm_t. */
size_t gemm_bytes(arithmetic_t arithmetic);

/* What computes. In float32 the instruction set, "avx512", "avx2" or "generic", of which the first
 * two give equal bits; in bfloat16 oneDNN, its version and the instruction set, "" without. */
const char *gemm_kernel(arithmetic_t arithmetic);

#endif
