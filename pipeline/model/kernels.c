#include "model/kernels.h"

#include <math.h>
#include <string.h>

#include "core/simd.h"

#define INLINE static inline __attribute__((always_inline))

enum { BLOCK = 256 }; /* values that stay in the first cache between two loops */

/* ---- sums in 16 lanes ---- */

INLINE void add_lanes(lanes_t *sum, const float *x)
{
    for (int part = 0; part < 4; part++) sum->part[part] += widen4(x + 4 * part);
}

/* Sum of (x - shift)^power, power 1 or 2. */
INLINE double power_sum(const float *x, double shift, int power, size_t count)
{
    lanes_t sum = {0};
    size_t i = 0;
    for (; i + LANES <= count; i += LANES) {
        f64x4_t p = widen4(x + i) - shift, q = widen4(x + i + 4) - shift;
        f64x4_t r = widen4(x + i + 8) - shift, s = widen4(x + i + 12) - shift;
        if (power == 2) p *= p;
        sum.part[0] += p;
        if (power == 2) q *= q;
        sum.part[1] += q;
        if (power == 2) r *= r;
        sum.part[2] += r;
        if (power == 2) s *= s;
        sum.part[3] += s;
    }
    double total = lanes_total(sum);
    for (; i < count; i++) {
        double p = x[i] - shift;
        total += power == 2 ? p * p : p;
    }
    return total;
}

INLINE void norm_row(norm_kind_t kind, float *out, const float *x, const float *weight,
                     const float *bias, float eps, size_t columns)
{
    double n = (double)columns;
    double mean = kind == NORM_LAYER ? power_sum(x, 0, 1, columns) / n : 0;
    double variance = power_sum(x, mean, 2, columns) / n;
    float center = (float)mean, scale = (float)(1 / sqrt(variance + (double)eps));
    if (weight && bias) {
#pragma omp simd
        for (size_t i = 0; i < columns; i++) out[i] = (x[i] - center) * scale * weight[i] + bias[i];
    } else if (weight) {
#pragma omp simd
        for (size_t i = 0; i < columns; i++) out[i] = (x[i] - center) * scale * weight[i];
    } else {
#pragma omp simd
        for (size_t i = 0; i < columns; i++) out[i] = (x[i] - center) * scale;
    }
}

MULTIVERSION
void kernel_norm(norm_kind_t kind, float *out, const float *x, const float *weight,
                 const float *bias, float eps, size_t rows, size_t columns, size_t stride)
{
    for (size_t t = 0; t < rows; t++)
        norm_row(kind, out + t * stride, x + t * stride, weight, bias, eps, columns);
}

/* ---- element by element ---- */

MULTIVERSION
void kernel_add(float *x, const float *y, size_t count)
{
#pragma omp simd
    for (size_t i = 0; i < count; i++) x[i] += y[i];
}

MULTIVERSION
void kernel_add_bias(float *x, const float *bias, size_t rows, size_t columns, size_t stride)
{
    for (size_t t = 0; t < rows; t++) {
        float *row = x + t * stride;
#pragma omp simd
        for (size_t i = 0; i < columns; i++) row[i] += bias[i];
    }
}

MULTIVERSION
void kernel_clip(float *x, float limit, size_t count)
{
#pragma omp simd
    for (size_t i = 0; i < count; i++) {
        float low = x[i] < -limit ? -limit : x[i];
        x[i] = low > limit ? limit : low;
    }
}

MULTIVERSION
void kernel_multiply(float *x, const float *y, size_t count)
{
#pragma omp simd
    for (size_t i = 0; i < count; i++) x[i] *= y[i];
}

/* ---- exponentials ---- */

/* exp(x) = 2^n exp(r), |r| <= ln(2)/2, n ln(2) subtracted in two parts (Cody and Waite 1980);
 * the Taylor series to degree 7 leaves 5e-9. NaN stays NaN. */
INLINE float fast_exp(float x)
{
    const float log2e = 1.44269504f, high = 0.693359375f, low = -2.12194440e-4f;
    const float magic = 12582912.0f; /* 1.5 * 2^23: adding it rounds to an integer */
    float y = x > 88.0f ? 88.0f : x;
    float shifted = fmaf(y, log2e, magic), n = shifted - magic;
    float r = fmaf(n, -high, y);
    r = fmaf(n, -low, r);
    float p = 1.0f / 5040;
    p = fmaf(p, r, 1.0f / 720);
    p = fmaf(p, r, 1.0f / 120);
    p = fmaf(p, r, 1.0f / 24);
    p = fmaf(p, r, 1.0f / 6);
    p = fmaf(p, r, 0.5f);
    p = fmaf(p, r, 1.0f);
    p = fmaf(p, r, 1.0f);
    uint32_t bits;
    memcpy(&bits, &shifted, sizeof bits);
    bits = (bits + 127u) << 23; /* the low bits of shifted hold n */
    float power;
    memcpy(&power, &bits, sizeof power);
    float result = p * power;
    return y < -87.0f ? 0.0f : result;
}

/* erfc(u) for u >= 0 is exp(-u^2) P(t), t = 1/(1 + 0.55 u): P fitted to degree 8 by weighted
 * least squares with equalised errors (2.2e-10 in exact arithmetic). */
INLINE float fast_erfc(float u)
{
    float t = 1.0f / fmaf(0.55f, u, 1.0f);
    float p = -0.045081948f;
    p = fmaf(p, t, 0.235775518f);
    p = fmaf(p, t, -0.409686221f);
    p = fmaf(p, t, 0.0916873634f);
    p = fmaf(p, t, 0.35197217f);
    p = fmaf(p, t, 0.102367937f);
    p = fmaf(p, t, 0.374645845f);
    p = fmaf(p, t, 0.29722088f);
    p = fmaf(p, t, 0.00109845015f);
    return p * fast_exp(-u * u);
}

INLINE float gelu(float x)
{
    float tail = fast_erfc(fabsf(x) * 0.70710678f);
    return 0.5f * x * (x < 0 ? tail : 2.0f - tail);
}

/* 0.5 x (1 + tanh(w)) = x / (1 + exp(-2 w)), w = sqrt(2 / pi) (x + 0.044715 x^3). */
INLINE float gelu_tanh(float x)
{
    float w = 0.797884561f * fmaf(0.044715f * x * x, x, x);
    return x / (1.0f + fast_exp(-2.0f * w));
}

INLINE float silu(float x)
{
    return x / (1.0f + fast_exp(-x));
}

MULTIVERSION
static void activate_gelu(float *out, const float *in, size_t count)
{
#pragma omp simd
    for (size_t i = 0; i < count; i++) out[i] = gelu(in[i]);
}

MULTIVERSION
static void activate_gelu_tanh(float *out, const float *in, size_t count)
{
#pragma omp simd
    for (size_t i = 0; i < count; i++) out[i] = gelu_tanh(in[i]);
}

MULTIVERSION
static void activate_silu(float *out, const float *in, size_t count)
{
#pragma omp simd
    for (size_t i = 0; i < count; i++) out[i] = silu(in[i]);
}

MULTIVERSION
static void activate_relu(float *out, const float *in, size_t count)
{
#pragma omp simd
    for (size_t i = 0; i < count; i++) out[i] = in[i] < 0 ? 0.0f : in[i];
}

void kernel_activate(activation_t activation, float *out, const float *in, size_t count)
{
    switch (activation) {
    case ACTIVATION_GELU: activate_gelu(out, in, count); break;
    case ACTIVATION_GELU_TANH: activate_gelu_tanh(out, in, count); break;
    case ACTIVATION_SILU: activate_silu(out, in, count); break;
    case ACTIVATION_RELU: activate_relu(out, in, count); break;
    }
}

MULTIVERSION
double kernel_exp_sum(float *out, const float *in, float shift, size_t count)
{
    lanes_t sum = {0};
    float tail[LANES] = {0};
    size_t whole = count / LANES * LANES;
    for (size_t at = 0; at < whole; at += BLOCK) {
        size_t n = whole - at < BLOCK ? whole - at : BLOCK;
#pragma omp simd
        for (size_t i = at; i < at + n; i++) out[i] = fast_exp(in[i] - shift);
        for (size_t i = at; i < at + n; i += LANES) add_lanes(&sum, out + i);
    }
    for (size_t i = whole; i < count; i++) tail[i - whole] = out[i] = fast_exp(in[i] - shift);
    add_lanes(&sum, tail);
    return lanes_total(sum);
}

/* ---- non-finite values ---- */

MULTIVERSION
static uint32_t full_exponents(const float *x, size_t count)
{
    uint32_t any = 0;
#pragma omp simd reduction(| : any)
    for (size_t i = 0; i < count; i++) {
        uint32_t bits;
        memcpy(&bits, x + i, sizeof bits);
        any |= (bits & 0x7f800000u) == 0x7f800000u;
    }
    return any;
}

size_t kernel_first_nonfinite(const float *x, size_t count)
{
    if (!full_exponents(x, count)) return count;
    for (size_t i = 0; i < count; i++)
        if (!isfinite(x[i])) return i;
    return count;
}

/* ---- rotary positions ---- */

MULTIVERSION
void kernel_rotate(float *x, const int32_t *position, const float *cosine, const float *sine,
                   int rotary, int heads, size_t head_stride, size_t rows, size_t stride)
{
    size_t half = (size_t)rotary / 2;
    for (size_t t = 0; t < rows; t++) {
        const float *c = cosine + (size_t)position[t] * half,
                    *s = sine + (size_t)position[t] * half;
        for (int h = 0; h < heads; h++) {
            float *a = x + t * stride + (size_t)h * head_stride, *b = a + half;
#pragma omp simd
            for (size_t i = 0; i < half; i++) {
                float u = a[i], v = b[i];
                a[i] = u * c[i] - v * s[i];
                b[i] = v * c[i] + u * s[i];
            }
        }
    }
}

/* ---- log-sum-exp ---- */

INLINE float largest(const float *x, size_t count)
{
    float most = -INFINITY;
#pragma omp simd reduction(max : most)
    for (size_t i = 0; i < count; i++) most = x[i] > most ? x[i] : most;
    return most;
}

MULTIVERSION
void kernel_log_sum_add(log_sum_t *log_sum, const float *logits, size_t count)
{
    float power[BLOCK];
    for (size_t at = 0; at < count; at += BLOCK) {
        const float *x = logits + at;
        size_t n = count - at < BLOCK ? count - at : BLOCK;
        float most = largest(x, n);
        if (most > log_sum->maximum) {
            log_sum->sum *= exp((double)log_sum->maximum - (double)most);
            log_sum->maximum = most;
        }
        float maximum = log_sum->maximum;
#pragma omp simd
        for (size_t i = 0; i < n; i++) power[i] = fast_exp(x[i] - maximum);
        log_sum->sum += power_sum(power, 0, 1, n);
    }
}

double kernel_log_sum(const log_sum_t *log_sum)
{
    return (double)log_sum->maximum + log(log_sum->sum);
}
