#include "model/linear.h"

#include "core/dtype.h"
#include "model/kernels.h"

void linear_apply_part(gemm_t *gemm, const linear_t *linear, size_t first, size_t count,
                       const float *x, size_t rows, float *y, size_t y_stride)
{
    size_t inputs = (size_t)linear->inputs;
    gemm_weights_t weights = {.data = linear->data,
                              .type = linear->type,
                              .stride = linear->transposed ? (size_t)linear->outputs : inputs,
                              .transposed = linear->transposed};
    gemm_apply(gemm, &weights, first, count, inputs, x, inputs, rows, y, y_stride);
}

void linear_apply(gemm_t *gemm, const linear_t *linear, const float *x, size_t rows, float *y,
                  size_t y_stride)
{
    size_t outputs = (size_t)linear->outputs;
    linear_apply_part(gemm, linear, 0, outputs, x, rows, y, y_stride);
    if (linear->bias) kernel_add_bias(y, linear->bias, rows, outputs, y_stride);
}

void linear_row(const linear_t *linear, size_t row, float *out)
{
    size_t width = dtype_size(linear->type), inputs = (size_t)linear->inputs;
    dtype_expand(out, (const char *)linear->data + row * inputs * width, inputs, linear->type);
}
