#include "model/linear.h"

#include "core/dtype.h"

static void apply(gemm_t *gemm, const linear_t *linear, size_t first, size_t count,
                  const gemm_rows_t *x, size_t rows, const float *bias, float *y, size_t y_stride)
{
    size_t inputs = (size_t)linear->inputs;
    gemm_weights_t weights = {.data = linear->data,
                              .type = linear->type,
                              .stride = linear->transposed ? (size_t)linear->outputs : inputs,
                              .transposed = linear->transposed};
    gemm_apply(gemm, &weights, first, count, inputs, x, rows, bias, y, y_stride);
}

void linear_apply_made(gemm_t *gemm, const linear_t *linear, const gemm_rows_t *x, size_t rows,
                       float *y, size_t y_stride)
{
    apply(gemm, linear, 0, (size_t)linear->outputs, x, rows, linear->bias, y, y_stride);
}

void linear_apply(gemm_t *gemm, const linear_t *linear, const float *x, size_t rows, float *y,
                  size_t y_stride)
{
    gemm_rows_t as_they_lie = {.data = x, .stride = (size_t)linear->inputs};
    linear_apply_made(gemm, linear, &as_they_lie, rows, y, y_stride);
}

void linear_apply_part(gemm_t *gemm, const linear_t *linear, size_t first, size_t count,
                       const float *x, size_t rows, float *y, size_t y_stride)
{
    gemm_rows_t as_they_lie = {.data = x, .stride = (size_t)linear->inputs};
    apply(gemm, linear, first, count, &as_they_lie, rows, NULL, y, y_stride);
}

void linear_row(const linear_t *linear, size_t row, float *out)
{
    size_t width = dtype_size(linear->type), inputs = (size_t)linear->inputs;
    dtype_expand(out, (const char *)linear->data + row * inputs * width, inputs, linear->type);
}
