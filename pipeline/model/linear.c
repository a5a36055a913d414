#include "model/linear.h"

#include <cblas.h>
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/dtype.h"
#include "model/kernels.h"

size_t linear_panel(const linear_t *matrix)
{
    size_t outputs = (size_t)LINEAR_SCRATCH / (size_t)matrix->inputs;
    if (outputs >= 32) outputs -= outputs % 16;
    return outputs ? outputs : 1;
}

/* The panel's weights as float32, and their leading dimension. Rows of a transposed matrix are
 * inputs. */
static const float *expand(const linear_t *matrix, size_t first, size_t count, float *scratch,
                           int *stride)
{
    size_t width = dtype_size(matrix->type), inputs = (size_t)matrix->inputs;
    const char *data = matrix->data;
    if (!matrix->transposed) {
        *stride = matrix->inputs;
        const char *from = data + first * inputs * width;
        if (matrix->type == DTYPE_F32) return (const float *)from;
        dtype_expand(scratch, from, count * inputs, matrix->type);
        return scratch;
    }
    size_t outputs = (size_t)matrix->outputs;
    *stride = matrix->outputs;
    if (matrix->type == DTYPE_F32) return (const float *)data + first;
    for (size_t k = 0; k < inputs; k++)
        dtype_expand(scratch + k * count, data + (k * outputs + first) * width, count,
                     matrix->type);
    *stride = (int)count;
    return scratch;
}

static void product(const linear_t *matrix, size_t first, size_t count, const float *x,
                    size_t rows, float *y, size_t y_stride, float *scratch)
{
    int stride;
    const float *weights = expand(matrix, first, count, scratch, &stride);
    cblas_sgemm(CblasRowMajor, CblasNoTrans, matrix->transposed ? CblasNoTrans : CblasTrans,
                (int)rows, (int)count, matrix->inputs, 1.0f, x, matrix->inputs, weights, stride,
                0.0f, y, (int)y_stride);
}

void linear_apply_rows(const linear_t *matrix, size_t first, size_t count, const float *x,
                       size_t rows, float *y, size_t y_stride, float *scratch)
{
    product(matrix, first, count, x, rows, y, y_stride, scratch);
}

void linear_apply(const linear_t *matrix, const float *x, size_t rows, float *y, size_t y_stride,
                  float *scratch)
{
    size_t outputs = (size_t)matrix->outputs, panel = linear_panel(matrix);
    if (rows == 0) return;
    for (size_t first = 0; first < outputs; first += panel) {
        size_t count = outputs - first < panel ? outputs - first : panel;
        product(matrix, first, count, x, rows, y + first, y_stride, scratch);
    }
    if (matrix->bias) kernel_add_bias(y, matrix->bias, rows, outputs, y_stride);
}

void linear_row(const linear_t *matrix, size_t row, float *out)
{
    size_t width = dtype_size(matrix->type), inputs = (size_t)matrix->inputs;
    dtype_expand(out, (const char *)matrix->data + row * inputs * width, inputs, matrix->type);
}

/* OpenBLAS's own controls, if the library behind cblas.h is OpenBLAS. */
typedef void (*set_threads_t)(int);
typedef int (*get_threads_t)(void);
typedef char *(*describe_t)(void);

int linear_threads(void)
{
    set_threads_t set = (set_threads_t)dlsym(RTLD_DEFAULT, "openblas_set_num_threads");
    get_threads_t get = (get_threads_t)dlsym(RTLD_DEFAULT, "openblas_get_num_threads");
    if (set && !getenv("OPENBLAS_NUM_THREADS")) set(1);
    return get ? get() : 1;
}

const char *linear_library(void)
{
    static char text[256];
    describe_t config = (describe_t)dlsym(RTLD_DEFAULT, "openblas_get_config");
    describe_t core = (describe_t)dlsym(RTLD_DEFAULT, "openblas_get_corename");
    snprintf(text, sizeof text, "%s, core %s", config ? config() : "CBLAS",
             core ? core() : "unknown");
    return text;
}
