/* Matrix products: the one place that calls BLAS. */
#ifndef WN_MODEL_LINEAR_H
#define WN_MODEL_LINEAR_H

#include <stddef.h>

#include "model/model.h"

/* Floats of scratch that a product needs: one panel of expanded weights. */
enum { LINEAR_SCRATCH = 1 << 20 };

/* y (T, outputs) = x (T, inputs) W^T + b, rows of y y_stride apart. Weights are expanded to
 * float32 panel by panel; the panels depend on the matrix alone, so that the products' shapes,
 * and with them their bits, are fixed by T and the matrix. scratch: LINEAR_SCRATCH floats. */
void linear_apply(const linear_t *matrix, const float *x, size_t rows, float *y, size_t y_stride,
                  float *scratch);

/* The rows [first, first + count) of W alone: y (T, count), no bias. For the vocabulary. */
void linear_apply_rows(const linear_t *matrix, size_t first, size_t count, const float *x,
                       size_t rows, float *y, size_t y_stride, float *scratch);

/* Outputs of one panel of a matrix. */
size_t linear_panel(const linear_t *matrix);

/* out (inputs) = row of an embedding table (outputs = rows) in float32. */
void linear_row(const linear_t *matrix, size_t row, float *out);

/* One thread for a rank's products, unless the environment says otherwise
 * (OPENBLAS_NUM_THREADS); returns the number of threads in use. Bits depend on it. */
int linear_threads(void);
/* The BLAS library's name, version and core type, for records of provenance. */
const char *linear_library(void);

#endif
