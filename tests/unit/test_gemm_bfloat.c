/* The matrix product in bfloat16 against the plain sum in double of the rounded factors: within
 * the bound of float32 summation in any order, n u / (1 - n u) times the sum of the absolute
 * products (Higham, Accuracy and Stability of Numerical Algorithms, 2002, 3.1), the products
 * themselves being exact in float32. Skipped where the build has no oneDNN or the processor no
 * bfloat16; there the refusal is what is tested. */
#include <float.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "core/memory.h"
#include "core/random.h"
#include "model/gemm.h"

typedef struct {
    size_t rows, outputs, inputs;
    int transposed;
    dtype_t type;
    float *x, *w, *y, *bias; /* w: what the stored weights are in bfloat16, expanded */
    void *stored;
} case_t;

static void must(status_t status)
{
    if (status) fail_msg("%s", status_message(status));
}

/* False, with the reason printed, where there is no such product. */
static int available(gemm_t **gemm)
{
    status_t status = gemm_create(ARITHMETIC_BFLOAT16, gemm);
    if (!status) return 1;
    print_message("%s\n", status_message(status));
    assert_int_equal(status_code(status), EXIT_RESOURCE);
    status_free(&status);
    return 0;
}

/* Nearest bfloat16, ties to even: by arithmetic, not by bits. */
static float rounded(float value)
{
    int exponent;
    if (value == 0) return value;
    frexpf(value, &exponent);
    double unit = ldexp(1, exponent - 8);
    return (float)(nearbyint((double)value / unit) * unit);
}

static void make(case_t *it, random_t *random)
{
    size_t weights = it->outputs * it->inputs;
    must(mem_aligned(&it->x, it->rows * it->inputs, "x"));
    must(mem_aligned(&it->w, weights, "w"));
    must(mem_aligned(&it->y, it->rows * it->outputs, "y"));
    must(mem_aligned(&it->bias, it->outputs, "bias"));
    must(mem_aligned_(&it->stored, weights, dtype_size(it->type), "weights"));
    for (size_t i = 0; i < it->rows * it->inputs; i++) it->x[i] = (float)random_normal(random);
    for (size_t i = 0; i < weights; i++) it->w[i] = (float)random_normal(random);
    for (size_t i = 0; i < it->outputs; i++) it->bias[i] = (float)random_normal(random);
    dtype_round(it->stored, it->w, weights, it->type);
    dtype_expand(it->w, it->stored, weights, it->type);
    for (size_t i = 0; i < weights; i++) it->w[i] = rounded(it->w[i]);
}

static void release(case_t *it)
{
    mem_free(&it->x);
    mem_free(&it->w);
    mem_free(&it->y);
    mem_free(&it->bias);
    mem_free_(&it->stored);
}

static void apply(const case_t *it, gemm_t *gemm, const gemm_rows_t *x, size_t rows, float *y)
{
    gemm_weights_t weights = {it->stored, it->type, it->transposed ? it->outputs : it->inputs,
                              it->transposed};
    gemm_apply(gemm, &weights, 0, it->outputs, it->inputs, x, rows, it->bias, y, it->outputs);
}

static void check(const case_t *it)
{
    const double u = FLT_EPSILON / 2;
    double n = (double)it->inputs + 1, bound = n * u / (1 - n * u); /* + 1: the bias */
    /* x is not needed any more */
    for (size_t i = 0; i < it->rows * it->inputs; i++) it->x[i] = rounded(it->x[i]);
    for (size_t r = 0; r < it->rows; r++)
        for (size_t c = 0; c < it->outputs; c++) {
            double sum = (double)it->bias[c], size = fabs(sum), got = it->y[r * it->outputs + c];
            for (size_t k = 0; k < it->inputs; k++) {
                size_t at = it->transposed ? k * it->outputs + c : c * it->inputs + k;
                double product = (double)it->x[r * it->inputs + k] * (double)it->w[at];
                sum += product;
                size += fabs(product);
            }
            if (!(fabs(got - sum) <= bound * size))
                fail_msg("%zu x %zu x %zu, type %d, transposed %d: row %zu, output %zu: %.9g, "
                         "%.9g is expected within %.2g",
                         it->rows, it->outputs, it->inputs, (int)it->type, it->transposed, r, c,
                         got, sum, bound * size);
        }
}

/* Shapes on both sides of every block: 128 rows, 256 columns, 256, 1024 and 3072 inputs. */
static void equals_the_sum_of_rounded_products(void **state)
{
    (void)state;
    static const size_t shapes[][3] = {{1, 1, 1},      {5, 300, 7},     {128, 256, 256},
                                       {129, 257, 65}, {131, 40, 1281}, {7, 260, 3400},
                                       {2200, 3, 33}};
    random_t random = random_stream(1, "test", 0);
    gemm_t *gemm = NULL;
    if (!available(&gemm)) skip();
    for (size_t s = 0; s < sizeof shapes / sizeof shapes[0]; s++)
        for (int variant = 0; variant < 6; variant++) {
            case_t it = {.rows = shapes[s][0],
                         .outputs = shapes[s][1],
                         .inputs = shapes[s][2],
                         .transposed = variant % 2,
                         .type = (dtype_t)(variant / 2)};
            make(&it, &random);
            const gemm_rows_t lie = {.data = it.x, .stride = it.inputs};
            apply(&it, gemm, &lie, it.rows, it.y);
            check(&it);
            release(&it);
        }
    gemm_destroy(&gemm);
}

static void copy_rows(void *context, float *to, size_t to_stride, size_t row, size_t rows,
                      size_t first, size_t count)
{
    const case_t *it = context;
    for (size_t r = 0; r < rows; r++)
        memcpy(to + r * to_stride, it->x + (row + r) * it->inputs + first, count * sizeof *to);
}

/* Threads share out the rows of a chunk: a row must not depend on how many stand beside it. */
static void a_row_is_the_same_wherever_it_stands(void **state)
{
    (void)state;
    random_t random = random_stream(2, "test", 0);
    gemm_t *gemm = NULL;
    if (!available(&gemm)) skip();
    case_t it = {.rows = 300, .outputs = 270, .inputs = 3500, .type = DTYPE_F16};
    float *other = NULL;
    make(&it, &random);
    must(mem_aligned(&other, it.rows * it.outputs, "y"));
    gemm_rows_t made = {.make = copy_rows, .context = &it};
    apply(&it, gemm, &made, it.rows, it.y);
    for (size_t first = 0, rows = 1; first < it.rows; first += rows, rows = rows * 3 + 1) {
        if (rows > it.rows - first) rows = it.rows - first;
        gemm_rows_t lie = {.data = it.x + first * it.inputs, .stride = it.inputs};
        apply(&it, gemm, &lie, rows, other + first * it.outputs);
    }
    assert_memory_equal(it.y, other, it.rows * it.outputs * sizeof *other);
    mem_free(&other);
    release(&it);
    gemm_destroy(&gemm);
}

/* Whoever asks for what is not there is told so, and gets nothing half made. */
static void refuses_or_computes(void **state)
{
    (void)state;
    gemm_t *gemm = NULL;
    status_t status = arithmetic_check(ARITHMETIC_BFLOAT16);
    must(arithmetic_check(ARITHMETIC_FLOAT32));
    assert_int_equal(available(&gemm), status == NULL);
    assert_true((gemm != NULL) == (status == NULL));
    assert_int_equal(strlen(gemm_kernel(ARITHMETIC_BFLOAT16)) > 0, status == NULL);
#ifdef WN_ONEDNN
    if (status) assert_non_null(strstr(status_message(status), "AVX512-BF16"));
#else
    assert_non_null(status);
    assert_non_null(strstr(status_message(status), "oneDNN"));
#endif
    status_free(&status);
    gemm_destroy(&gemm);
}

static void names_are_names(void **state)
{
    (void)state;
    for (int a = 0; a < ARITHMETIC_COUNT; a++)
        assert_int_equal(arithmetic_of_name(arithmetic_name((arithmetic_t)a)), a);
    assert_int_equal(arithmetic_of_name("bfloat"), ARITHMETIC_COUNT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(equals_the_sum_of_rounded_products),
        cmocka_unit_test(a_row_is_the_same_wherever_it_stands),
        cmocka_unit_test(refuses_or_computes),
        cmocka_unit_test(names_are_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
