/* Each kernel against the formula in long double, over all sizes of input, within the bound that
 * kernels.h states; a row's result against the same row elsewhere, bit for bit. */
#include "tests/scratch.h"

#include <math.h>

#include "core/random.h"
#include "core/simd.h"
#include "model/executor.h"
#include "model/intervention.h"
#include "model/kernels.h"
#include "model/linear.h"

enum { BATCH = 4099 }; /* odd, so that vectors have remainders */

static float *new_floats(size_t count)
{
    float *x = NULL;
    expect_ok(mem_new(&x, count, "numbers"));
    return x;
}

static void fill_normal(float *x, size_t count, double size, uint64_t seed)
{
    random_t random = random_stream(seed, "test of kernels", 0);
    for (size_t i = 0; i < count; i++) x[i] = (float)(size * random_normal(&random));
}

/* ---- functions of one number ---- */

typedef struct {
    const char *name;
    void (*apply)(float *out, const float *in, size_t count);
    long double (*formula)(long double x);
    long double (*bound)(long double x, long double y);
} function_t;

static void apply_gelu(float *out, const float *in, size_t count)
{
    kernel_activate(ACTIVATION_GELU, out, in, count);
}

static void apply_gelu_tanh(float *out, const float *in, size_t count)
{
    kernel_activate(ACTIVATION_GELU_TANH, out, in, count);
}

static void apply_silu(float *out, const float *in, size_t count)
{
    kernel_activate(ACTIVATION_SILU, out, in, count);
}

static void apply_relu(float *out, const float *in, size_t count)
{
    kernel_activate(ACTIVATION_RELU, out, in, count);
}

static long double clamped_exp(long double x)
{
    return x < -87 ? 0 : expl(x > 88 ? 88 : x);
}

static long double gelu(long double x)
{
    return x * erfcl(-x / sqrtl(2)) / 2;
}

static long double gelu_tanh(long double x)
{
    long double w = sqrtl(2 / acosl(-1)) * (x + 0.044715L * x * x * x);
    return x / (1 + expl(-2 * w));
}

static long double silu(long double x)
{
    return x / (1 + expl(-x));
}

static long double relu(long double x)
{
    return x > 0 ? x : 0;
}

/* 2e-7 of the result, or of the input; or the smallest number. */
static long double relative(long double x, long double y)
{
    (void)x;
    return fmaxl(2e-7L * fabsl(y), 0x1p-149L);
}

static long double of_input(long double x, long double y)
{
    (void)y;
    return fmaxl(2e-7L * fabsl(x), 0x1p-149L);
}

static long double exact(long double x, long double y)
{
    (void)x, (void)y;
    return 0;
}

static void apply_exp(float *out, const float *in, size_t count)
{
    (void)kernel_exp_sum(out, in, 0, count);
}

static const function_t functions[] = {
    {"exp", apply_exp, clamped_exp, relative},
    {"gelu", apply_gelu, gelu, of_input},
    {"gelu_tanh", apply_gelu_tanh, gelu_tanh, of_input},
    {"silu", apply_silu, silu, of_input},
    {"relu", apply_relu, relu, exact},
};
enum { FUNCTIONS = sizeof functions / sizeof *functions };

static void check_batch(const function_t *function, const float *in, size_t count)
{
    static float out[BATCH];
    function->apply(out, in, count);
    for (size_t i = 0; i < count; i++) {
        long double x = (long double)in[i], y = function->formula(x);
        if (!(fabsl((long double)out[i] - y) <= function->bound(x, y)))
            fail_msg("%s(%.9g) = %.9g, expected %.12Lg", function->name, (double)in[i],
                     (double)out[i], y);
    }
}

/* About two million floats of every sign and size. */
static void functions_of_all_sizes(void **state)
{
    static float in[BATCH];
    (void)state;
    for (int f = 0; f < FUNCTIONS; f++) {
        size_t count = 0;
        for (uint64_t bits = 0; bits < 0x100000000u; bits += 10007) {
            uint32_t pattern = (uint32_t)bits;
            float x;
            memcpy(&x, &pattern, sizeof x);
            if (!isfinite(x)) continue;
            in[count++] = x;
            if (count == BATCH) check_batch(&functions[f], in, count), count = 0;
        }
        check_batch(&functions[f], in, count);
    }
}

/* Densely where the functions bend. */
static void functions_near_zero(void **state)
{
    static float in[BATCH];
    (void)state;
    for (int f = 0; f < FUNCTIONS; f++)
        for (int block = 0; block < 100; block++) {
            for (int i = 0; i < BATCH; i++)
                in[i] = (float)(-90 + 180 * ((double)block * BATCH + i) / (100.0 * BATCH));
            check_batch(&functions[f], in, BATCH);
            for (int i = 0; i < BATCH; i++) in[i] /= 9;
            check_batch(&functions[f], in, BATCH);
        }
}

/* Places in a vector do not matter, and out may be in. */
static void functions_bit_for_bit(void **state)
{
    float in[100], all[100], one;
    (void)state;
    fill_normal(in, 100, 3, 1);
    for (int f = 0; f < FUNCTIONS; f++) {
        functions[f].apply(all, in, 100);
        for (int i = 0; i < 100; i++) {
            functions[f].apply(&one, in + i, 1);
            assert_memory_equal(&one, all + i, sizeof one);
        }
        for (size_t first = 0; first < 20; first++) {
            float copy[100];
            memcpy(copy, in, sizeof in);
            functions[f].apply(copy + first, copy + first, 70);
            assert_memory_equal(copy + first, all + first, 70 * sizeof one);
            assert_memory_equal(copy + first + 70, in + first + 70, (30 - first) * sizeof one);
        }
    }
}

static void functions_at_the_edges(void **state)
{
    float in[] = {NAN, -INFINITY, INFINITY, -0.0f, 88.5f, -87.5f}, out[6];
    (void)state;
    assert_true(isnan(kernel_exp_sum(out, in, 0, 6)));
    assert_true(isnan(out[0]));
    assert_true(out[1] == 0 && out[3] == 1 && out[5] == 0);
    assert_true(out[2] == out[4] && fabs((double)out[2] / exp(88) - 1) < 2e-7);
    for (int a = ACTIVATION_GELU; a <= ACTIVATION_RELU; a++) {
        kernel_activate((activation_t)a, out, in, 6);
        assert_true(isnan(out[0]) && out[2] > 3e38f && out[3] == 0);
    }
}

/* ---- rows ---- */

static void check_norm(norm_kind_t kind, const float *out, const float *x, const float *weight,
                       const float *bias, float eps, size_t columns)
{
    long double mean = 0, variance = 0, n = (long double)columns;
    for (size_t i = 0; i < columns; i++) mean += (long double)x[i] / n;
    if (kind == NORM_RMS) mean = 0;
    for (size_t i = 0; i < columns; i++)
        variance += ((long double)x[i] - mean) * ((long double)x[i] - mean) / n;
    long double scale = 1 / sqrtl(variance + (long double)eps);
    for (size_t i = 0; i < columns; i++) {
        long double w = weight ? (long double)weight[i] : 1, b = bias ? (long double)bias[i] : 0;
        long double y = ((long double)x[i] - mean) * scale * w + b;
        /* a few roundings of each of its parts */
        long double bound =
            2.5e-7L * ((fabsl((long double)x[i]) + fabsl(mean)) * scale * fabsl(w) + fabsl(b));
        if (!(fabsl((long double)out[i] - y) <= bound))
            fail_msg("norm %d of %zu columns: %.9g, expected %.9Lg within %.2Lg", (int)kind,
                     columns, (double)out[i], y, bound);
    }
}

static void norms(void **state)
{
    static const size_t columns[] = {1, 2, 7, 15, 16, 17, 31, 33, 64, 100, 768, 2049};
    static const double size[] = {1, 1e-6, 1e18};
    (void)state;
    float *x = new_floats(3 * 2060), *out = new_floats(3 * 2060), *weight = new_floats(2049);
    float *bias = new_floats(2049), *again = new_floats(2049);
    fill_normal(weight, 2049, 1, 2);
    fill_normal(bias, 2049, 1, 3);
    for (size_t k = 0; k < sizeof columns / sizeof *columns; k++)
        for (int s = 0; s < 3; s++)
            for (int kind = NORM_LAYER; kind <= NORM_RMS; kind++)
                for (int given = 0; given < 3; given++) {
                    size_t n = columns[k], stride = n + 11;
                    const float *w = given > 0 ? weight : NULL, *b = given > 1 ? bias : NULL;
                    fill_normal(x, 3 * 2060, size[s], 10 + k);
                    for (size_t i = 0; i < stride; i++) x[stride + i] += (float)(3 * size[s]);
                    kernel_norm((norm_kind_t)kind, out, x, w, b, 1e-5f, 3, n, stride);
                    for (size_t t = 0; t < 3; t++) {
                        check_norm((norm_kind_t)kind, out + t * stride, x + t * stride, w, b, 1e-5f,
                                   n);
                        /* the row alone, in place */
                        memcpy(again, x + t * stride, n * sizeof *x);
                        kernel_norm((norm_kind_t)kind, again, again, w, b, 1e-5f, 1, n, n);
                        assert_memory_equal(again, out + t * stride, n * sizeof *x);
                    }
                }
    mem_free(&x);
    mem_free(&out);
    mem_free(&weight);
    mem_free(&bias);
    mem_free(&again);
}

static void simple_arithmetic(void **state)
{
    float x[103], y[103], z[103];
    (void)state;
    fill_normal(x, 103, 3, 4);
    fill_normal(y, 103, 3, 5);
    memcpy(z, x, sizeof x);
    kernel_add(z, y, 101);
    for (int i = 0; i < 103; i++) assert_true(z[i] == (i < 101 ? x[i] + y[i] : x[i]));
    memcpy(z, x, sizeof x);
    kernel_multiply(z, y, 101);
    for (int i = 0; i < 103; i++) assert_true(z[i] == (i < 101 ? x[i] * y[i] : x[i]));
    memcpy(z, x, sizeof x);
    kernel_clip(z, 1.5f, 101);
    for (int i = 0; i < 103; i++)
        assert_true(z[i] == (i < 101 ? fminf(fmaxf(x[i], -1.5f), 1.5f) : x[i]));
    memcpy(z, x, sizeof x);
    kernel_add_bias(z, y, 5, 17, 20);
    for (int i = 0; i < 103; i++)
        assert_true(z[i] == (i < 100 && i % 20 < 17 ? x[i] + y[i % 20] : x[i]));
}

static void finds_the_first_that_is_not_finite(void **state)
{
    static const uint32_t bad[] = {0x7f800000, 0xff800000, 0x7fc00000, 0x7f800001, 0xffffffff};
    float x[90];
    (void)state;
    for (size_t count = 0; count <= 80; count++) {
        for (int i = 0; i < 90; i++) x[i] = i % 2 ? 3.4028235e38f : -1e-45f;
        memcpy(x + count, &bad[0], sizeof *x); /* beyond the end */
        assert_int_equal(kernel_first_nonfinite(x, count), count);
        for (size_t at = 0; at < count; at++)
            for (size_t b = 0; b < 5; b++) {
                float held = x[at], last = x[count - 1];
                memcpy(x + at, &bad[b], sizeof *x);
                if (b % 2) memcpy(x + count - 1, &bad[b], sizeof *x);
                assert_int_equal(kernel_first_nonfinite(x, count), at);
                x[count - 1] = last;
                x[at] = held;
            }
    }
}

/* ---- rotary positions ---- */

static void rotates_pairs(void **state)
{
    enum { HEADS = 3, WIDTH = 24, STRIDE = 100, ROWS = 5, POSITIONS = 9 };
    static const int32_t position[ROWS] = {0, 8, 3, 3, 1};
    float x[ROWS * STRIDE], y[ROWS * STRIDE], cosine[POSITIONS * 12], sine[POSITIONS * 12];
    (void)state;
    for (int rotary = 0; rotary <= WIDTH; rotary += 2) {
        int half = rotary / 2;
        fill_normal(x, ROWS * STRIDE, 1, 6);
        memcpy(y, x, sizeof x);
        for (int p = 0; p < POSITIONS; p++)
            for (int i = 0; i < half; i++) {
                cosine[p * half + i] = (float)cos(p * 0.3 * (i + 1));
                sine[p * half + i] = (float)sin(p * 0.3 * (i + 1));
            }
        kernel_rotate(y, position, cosine, sine, rotary, HEADS, 32, ROWS, STRIDE);
        for (int t = 0; t < ROWS; t++)
            for (int k = 0; k < STRIDE; k++) {
                int head = k / 32, i = k % 32;
                double expected = (double)x[t * STRIDE + k];
                if (head < HEADS && i < rotary) {
                    /* (a, b) at angle theta: (a cos - b sin, b cos + a sin) */
                    double theta = position[t] * 0.3 * (i % half + 1);
                    double a = (double)x[t * STRIDE + head * 32 + i % half];
                    double b = (double)x[t * STRIDE + head * 32 + i % half + half];
                    expected = i < half ? a * cos(theta) - b * sin(theta)
                                        : b * cos(theta) + a * sin(theta);
                }
                assert_true(fabs((double)y[t * STRIDE + k] - expected) <= 1e-6);
                if (head >= HEADS || i >= rotary)
                    assert_memory_equal(&y[t * STRIDE + k], &x[t * STRIDE + k], sizeof *x);
            }
    }
}

/* ---- log-sum-exp ---- */

static double log_sum_of(const float *x, size_t count, size_t block)
{
    log_sum_t sum = {-INFINITY, 0};
    for (size_t i = 0; i < count; i += block)
        kernel_log_sum_add(&sum, x + i, count - i < block ? count - i : block);
    return kernel_log_sum(&sum);
}

static void log_sums(void **state)
{
    static const double size[] = {0, 1e-3, 1, 10, 100, 1e4, 1e30}, shift[] = {0, -500, 500, 1e30};
    static const size_t blocks[] = {1, 15, 256, 257, 5000};
    enum { COUNT = 1303 };
    float x[COUNT];
    (void)state;
    for (size_t s = 0; s < sizeof size / sizeof *size; s++)
        for (size_t h = 0; h < sizeof shift / sizeof *shift; h++) {
            long double most = -INFINITY, sum = 0;
            fill_normal(x, COUNT, size[s], s);
            for (int i = 0; i < COUNT; i++) {
                x[i] += (float)shift[h];
                most = fmaxl(most, (long double)x[i]);
            }
            for (int i = 0; i < COUNT; i++) sum += expl((long double)x[i] - most);
            long double expected = most + logl(sum);
            for (size_t b = 0; b < sizeof blocks / sizeof *blocks; b++) {
                double got = log_sum_of(x, COUNT, blocks[b]);
                /* exp is within 2e-7, its argument, a difference in float32, within an ulp */
                long double bound = 3e-7L + 1e-15L * fabsl(expected);
                if (!(fabsl((long double)got - expected) <= bound))
                    fail_msg("size %g, shift %g, blocks of %zu: %.17g, expected %.17Lg", size[s],
                             shift[h], blocks[b], got, expected);
            }
        }
}

static void log_sums_at_the_edges(void **state)
{
    float x[300];
    (void)state;
    for (int i = 0; i < 300; i++) x[i] = -INFINITY;
    assert_false(isfinite(log_sum_of(x, 300, 300)));
    x[0] = 2;
    assert_true(log_sum_of(x, 300, 300) == 2 && log_sum_of(x, 300, 1) == 2);
    for (int i = 0; i < 300; i++) x[i] = 3e38f;
    assert_true(fabs(log_sum_of(x, 300, 7) - ((double)3e38f + log(300))) <= 1e23);
    for (int at = 0; at < 300; at += 23) {
        static const float bad[] = {NAN, INFINITY};
        for (int b = 0; b < 2; b++) {
            fill_normal(x, 300, 1, 7);
            x[at] = bad[b];
            assert_false(isfinite(log_sum_of(x, 300, 300)));
            assert_false(isfinite(log_sum_of(x, 300, 1)));
        }
    }
}

/* ---- interventions ---- */

static long double ablated(ablate_t op, long double a, long double mean)
{
    switch (op) {
    case ABLATE_NEGATIVE: return gelu(a > 0 ? a : 0);
    case ABLATE_POSITIVE: return gelu(a < 0 ? a : 0);
    case ABLATE_BOTH: return 0;
    case ABLATE_POSRELU: return a > 0 ? a : gelu(a);
    case ABLATE_SIGNFLIP: return fabsl(gelu(a));
    case ABLATE_MEAN: return gelu(a < 0 ? mean : a);
    case ABLATE_SCALE: return gelu(a < 0 ? -1.5L * a : a);
    default: return gelu(a);
    }
}

static void interventions(void **state)
{
    enum { ROWS = 7, NEURONS = 40 };
    static const int32_t neuron[] = {3, 5, 39, 0, 7}, start[] = {0, 3, 3, 5};
    static const float value[] = {0.5f, -0.25f, 1.5f, -2, 0};
    float in[ROWS * NEURONS], out[ROWS * NEURONS];
    (void)state;
    fill_normal(in, ROWS * NEURONS, 2, 8);
    in[3] = 0, in[NEURONS + 3] = -0.0f;
    for (int op = ABLATE_NONE; op < ABLATE_COUNT; op++)
        for (int layer = 0; layer < 3; layer++) {
            intervention_t it = {.ablate = (ablate_t)op,
                                 .neuron = neuron,
                                 .start = start,
                                 .value = value,
                                 .factor = -1.5f};
            /* in parts of the neurons, as the executor asks for them */
            for (size_t first = 0; first < NEURONS; first += 6)
                intervention_activate(&it, layer, ACTIVATION_GELU, out + first, NEURONS, in,
                                      NEURONS, ROWS, first,
                                      NEURONS - first < 6 ? NEURONS - first : 6);
            for (int i = 0; i < ROWS * NEURONS; i++) {
                int32_t named = -1;
                for (int32_t n = start[layer]; n < start[layer + 1]; n++)
                    if (neuron[n] == i % NEURONS) named = n;
                long double x = (long double)in[i],
                            mean = named < 0 ? 0 : (long double)value[named];
                long double y = ablated(named < 0 ? ABLATE_NONE : (ablate_t)op, x, mean);
                long double size = fmaxl(1.5L * fabsl(x), fabsl(mean));
                assert_true(fabsl((long double)out[i] - y) <= 2e-7L * size);
            }
        }
    for (int op = 0; op < ABLATE_COUNT; op++)
        assert_int_equal(ablate_of_name(ablate_name((ablate_t)op)), op);
    assert_int_equal(ablate_of_name("none of them"), ABLATE_COUNT);
}

/* ---- matrix products ---- */

/* data in the given type and layout, and its exact values [outputs][inputs]. */
static linear_t make_linear(dtype_t type, bool transposed, int outputs, int inputs, float **values,
                            float *bias)
{
    size_t count = (size_t)outputs * (size_t)inputs;
    float *stored = new_floats(count);
    char *data = NULL;
    fill_normal(stored, count, 1, 9);
    expect_ok(mem_aligned(&data, count * dtype_size(type), "weights"));
    dtype_round(data, stored, count, type);
    dtype_expand(stored, data, count, type);
    *values = new_floats(count);
    for (int o = 0; o < outputs; o++)
        for (int i = 0; i < inputs; i++)
            (*values)[(size_t)o * inputs + i] =
                stored[transposed ? (size_t)i * outputs + o : (size_t)o * inputs + i];
    mem_free(&stored);
    return (linear_t){outputs, inputs, transposed, type, data, bias};
}

static void check_product(dtype_t type, bool transposed, int outputs, int inputs, size_t rows)
{
    size_t stride = (size_t)outputs + 3;
    float *x = new_floats(rows * (size_t)inputs), *y = new_floats(rows * stride), *values;
    float *bias = new_floats((size_t)outputs), *row;
    gemm_t *gemm = NULL;
    expect_ok(gemm_create(ARITHMETIC_FLOAT32, &gemm));
    fill_normal(x, rows * (size_t)inputs, 1, 11);
    fill_normal(bias, (size_t)outputs, 1, 12);
    linear_t matrix = make_linear(type, transposed, outputs, inputs, &values, bias);
    linear_apply(gemm, &matrix, x, rows, y, stride);
    for (size_t t = 0; t < rows; t++)
        for (int o = 0; o < outputs; o++) {
            double sum = (double)bias[o], size = fabs(sum);
            for (int i = 0; i < inputs; i++) {
                double term =
                    (double)x[t * (size_t)inputs + i] * (double)values[(size_t)o * inputs + i];
                sum += term;
                size += fabs(term);
            }
            assert_true(fabs((double)y[t * stride + (size_t)o] - sum) <= 1e-6 * size);
        }
    /* a part of the outputs alone, without bias */
    size_t first = (size_t)outputs / 2;
    size_t count = (size_t)outputs - first < 5 ? (size_t)outputs - first : 5;
    linear_apply_part(gemm, &matrix, first, count, x, rows, y, count);
    double sum = 0, size = 0;
    for (int i = 0; i < inputs; i++) {
        double term = (double)x[i] * (double)values[first * (size_t)inputs + (size_t)i];
        sum += term;
        size += fabs(term);
    }
    assert_true(fabs((double)y[0] - sum) <= 1e-6 * size);
    if (!transposed) {
        row = new_floats((size_t)inputs);
        linear_row(&matrix, (size_t)outputs - 1, row);
        assert_memory_equal(row, values + ((size_t)outputs - 1) * (size_t)inputs,
                            (size_t)inputs * sizeof *row);
        mem_free(&row);
    }
    void *data = (void *)(uintptr_t)matrix.data;
    mem_free(&data);
    mem_free(&values);
    gemm_destroy(&gemm);
    mem_free(&bias);
    mem_free(&x);
    mem_free(&y);
}

static void products(void **state)
{
    (void)state;
    for (int type = DTYPE_F32; type < DTYPE_COUNT; type++)
        for (int transposed = 0; transposed <= 1; transposed++) {
            check_product((dtype_t)type, transposed, 5, 3, 1);
            check_product((dtype_t)type, transposed, 37, 50, 6);
            check_product((dtype_t)type, transposed, 70, 30011, 2);
            check_product((dtype_t)type, transposed, 2, 700001, 1);
        }
}

/* The sum of exponentials against float64, for any count; -INFINITY around the values, by whole
 * lanes, changes no bit of it. */
static void sums_of_exponentials(void **state)
{
    enum { MOST_EXP = 700, PAD = 3 * LANES };
    static float in[MOST_EXP + 2 * PAD], out[MOST_EXP + 2 * PAD];
    (void)state;
    for (size_t count = 1; count <= MOST_EXP; count += count < 40 ? 1 : 33) {
        fill_normal(in + PAD, count, 3, count);
        double expected = 0, sum = kernel_exp_sum(out, in + PAD, 2.5f, count);
        for (size_t i = 0; i < count; i++) {
            double e = exp((double)in[PAD + i] - 2.5);
            expected += e;
            assert_true(fabs((double)out[i] / e - 1) < 1e-6);
        }
        assert_true(fabs(sum / expected - 1) < 1e-6);
        for (size_t i = 0; i < PAD; i++) in[i] = in[PAD + count + i] = -INFINITY;
        double padded = kernel_exp_sum(out, in, 2.5f, PAD + count + PAD);
        assert_true(padded == sum);
        assert_true(out[0] == 0 && out[PAD + count] == 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(functions_of_all_sizes),
        cmocka_unit_test(functions_near_zero),
        cmocka_unit_test(functions_bit_for_bit),
        cmocka_unit_test(functions_at_the_edges),
        cmocka_unit_test(sums_of_exponentials),
        cmocka_unit_test(norms),
        cmocka_unit_test(simple_arithmetic),
        cmocka_unit_test(finds_the_first_that_is_not_finite),
        cmocka_unit_test(rotates_pairs),
        cmocka_unit_test(log_sums),
        cmocka_unit_test(log_sums_at_the_edges),
        cmocka_unit_test(interventions),
        cmocka_unit_test(products),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
