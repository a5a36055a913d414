/* The matrix product of gemm.h in bfloat16, for gemm_fma.c alone: x and W are rounded to nearest
 * even as they are packed, oneDNN adds their products up in float32. An element's bits depend on
 * its row of x, its row of W and the kernel alone, as long as oneDNN treats all elements of a block
 * alike (tests/unit/test_gemm_bfloat.c looks). */
#ifndef WN_MODEL_GEMM_BFLOAT_H
#define WN_MODEL_GEMM_BFLOAT_H

#include "model/gemm.h"

typedef struct gemm_bfloat gemm_bfloat_t;

/* Buffers of one thread. Errors as of onednn_create. */
MUST_CHECK status_t gemm_bfloat_create(gemm_bfloat_t **gemm);
void gemm_bfloat_destroy(gemm_bfloat_t **gemm);

/* As gemm_apply. Where oneDNN fails, the elements are NaN, which the executor reports. */
void gemm_bfloat_apply(gemm_bfloat_t *gemm, const gemm_weights_t *weights, size_t first,
                       size_t count, size_t inputs, const gemm_rows_t *x, size_t rows,
                       const float *bias, float *y, size_t y_stride);

size_t gemm_bfloat_bytes(void);

#endif
