/* Single-precision matrix products in which every element is one chain of fused multiply-adds
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

typedef struct gemm gemm_t;

/* Packing buffers, for one thread. */
MUST_CHECK status_t gemm_create(gemm_t **gemm);
void gemm_destroy(gemm_t **gemm);

/* y (rows, count), rows y_stride apart, = x (rows, inputs), rows x_stride apart, times the
 * transpose of the rows [first, first + count) of W. */
void gemm_apply(gemm_t *gemm, const gemm_weights_t *weights, size_t first, size_t count,
                size_t inputs, const float *x, size_t x_stride, size_t rows, float *y,
                size_t y_stride);

/* The instruction set in use: "avx512", "avx2" or "generic". The first two give equal bits. */
const char *gemm_kernel(void);

#endif
