/* Linear layers: matrix products of packed rows with weights in the file's own type. */
#ifndef WN_MODEL_LINEAR_H
#define WN_MODEL_LINEAR_H

#include <stddef.h>

#include "model/gemm.h"
#include "model/model.h"

/* y (T, outputs) = x (T, inputs) W^T + b, rows of y y_stride apart. Each element is one chain of
 * multiply-adds (gemm.h), then the bias. */
void linear_apply(gemm_t *gemm, const linear_t *linear, const float *x, size_t rows, float *y,
                  size_t y_stride);

/* The same of rows that are made as they are needed. */
void linear_apply_made(gemm_t *gemm, const linear_t *linear, const gemm_rows_t *x, size_t rows,
                       float *y, size_t y_stride);

/* The outputs [first, first + count) alone, without bias: y (T, count). For the vocabulary. */
void linear_apply_part(gemm_t *gemm, const linear_t *linear, size_t first, size_t count,
                       const float *x, size_t rows, float *y, size_t y_stride);

/* out (inputs) = row of an embedding table (outputs = rows) in float32. */
void linear_row(const linear_t *linear, size_t row, float *out);

#endif
