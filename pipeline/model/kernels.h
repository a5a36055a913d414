/* The executor's arithmetic besides the matrix products: element-wise and row-wise kernels in
 * float32 on packed rows. Letters: T rows, D columns. Reductions have a fixed number of lanes
 * and accumulate in float64, so that a row's result depends on nothing but the row. Each has a
 * plain reference in the tests. Not collective; no errors but where a status is returned. */
#ifndef WN_MODEL_KERNELS_H
#define WN_MODEL_KERNELS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "model/architecture.h"

/* out (T, D) = norm of each row of x; weight and bias (D) may be NULL; out may be x. */
void kernel_norm(norm_kind_t kind, float *out, const float *x, const float *weight,
                 const float *bias, float eps, size_t rows, size_t columns, size_t stride);

/* x (T, D) += y. */
void kernel_add(float *x, const float *y, size_t count);
/* x (T, D), rows stride apart, += bias (D). */
void kernel_add_bias(float *x, const float *bias, size_t rows, size_t columns, size_t stride);
/* x = clamp(x, -limit, limit). */
void kernel_clip(float *x, float limit, size_t count);
/* x *= y. */
void kernel_multiply(float *x, const float *y, size_t count);

/* out = activation(in), element by element; out may be in. Within 2e-7 |x| of the formula (or of
 * 2^-149, the smallest number); NaN stays NaN. */
void kernel_activate(activation_t activation, float *out, const float *in, size_t count);

/* Index of the first element that is not finite, or count. */
size_t kernel_first_nonfinite(const float *x, size_t count);

/* Rotates pairs (i, i + rotary/2) of the first rotary columns of each head of each row, as
 * GPT-NeoX and Llama do: cosine and sine are tables [position][rotary / 2]. heads heads start
 * head_stride apart in a row; rows are stride apart. */
void kernel_rotate(float *x, const int32_t *position, const float *cosine, const float *sine,
                   int rotary, int heads, size_t head_stride, size_t rows, size_t stride);

/* out[i] = exp(in[i] - shift); within 2e-7 relative where the argument is in [-87, 88], 0 below,
 * exp(88) above. Returns the sum of out, of value i in lane i % LANES: zeros at either end, where
 * LANES divides their number, change no bit of it. in may be out. */
double kernel_exp_sum(float *out, const float *in, float shift, size_t count);

/* A running log-sum-exp over blocks of logits. */
typedef struct {
    float maximum;
    double sum; /* of exp(logit - maximum) */
} log_sum_t;

/* Adds a row's block of logits; start from {-INFINITY, 0}. */
void kernel_log_sum_add(log_sum_t *log_sum, const float *logits, size_t count);
double kernel_log_sum(const log_sum_t *log_sum);

#endif
