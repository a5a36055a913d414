/* The matrix product against the plain chain of fused multiply-adds that its header promises:
 * equal to the last bit, for every shape, layout and type. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/memory.h"
#include "core/random.h"
#include "model/gemm.h"

typedef struct {
    size_t rows, outputs, inputs, x_stride, y_stride;
    int transposed;
    dtype_t type;
    float *x, *w, *y; /* w: what the stored weights are, expanded */
    void *stored;
} case_t;

static void must(status_t status)
{
    if (status) fail_msg("%s", status_message(status));
}

static void make(case_t *it, random_t *random)
{
    size_t weights = it->outputs * it->inputs;
    must(mem_aligned(&it->x, it->rows * it->x_stride, "x"));
    must(mem_aligned(&it->w, weights, "w"));
    must(mem_aligned(&it->y, it->rows * it->y_stride, "y"));
    must(mem_aligned_(&it->stored, weights, dtype_size(it->type), "weights"));
    for (size_t i = 0; i < it->rows * it->x_stride; i++) it->x[i] = (float)random_normal(random);
    for (size_t i = 0; i < weights; i++) it->w[i] = (float)random_normal(random);
    for (size_t i = 0; i < it->rows * it->y_stride; i++) it->y[i] = -7;
    dtype_round(it->stored, it->w, weights, it->type);
    dtype_expand(it->w, it->stored, weights, it->type);
}

static void release(case_t *it)
{
    mem_free(&it->x);
    mem_free(&it->w);
    mem_free(&it->y);
    mem_free_(&it->stored);
}

static float weight(const case_t *it, size_t output, size_t input)
{
    return it->transposed ? it->w[input * it->outputs + output]
                          : it->w[output * it->inputs + input];
}

static void check(const case_t *it, gemm_t *gemm, size_t first, size_t count)
{
    gemm_weights_t weights = {it->stored, it->type, it->transposed ? it->outputs : it->inputs,
                              it->transposed};
    const gemm_rows_t rows = {.data = it->x, .stride = it->x_stride};
    gemm_apply(gemm, &weights, first, count, it->inputs, &rows, it->rows, NULL, it->y,
               it->y_stride);
    for (size_t r = 0; r < it->rows; r++) {
        for (size_t c = 0; c < count; c++) {
            float chain = 0;
            for (size_t k = 0; k < it->inputs; k++)
                chain = fmaf(it->x[r * it->x_stride + k], weight(it, first + c, k), chain);
            if (memcmp(&chain, &it->y[r * it->y_stride + c], sizeof chain) != 0)
                fail_msg("%zu x %zu x %zu, type %d, transposed %d: row %zu, output %zu: %.9g, "
                         "the chain gives %.9g",
                         it->rows, it->outputs, it->inputs, (int)it->type, it->transposed, r, c,
                         (double)it->y[r * it->y_stride + c], (double)chain);
        }
        for (size_t c = count; c < it->y_stride; c++)
            if (it->y[r * it->y_stride + c] != -7) fail_msg("wrote beyond the product's columns");
    }
}

static void equals_the_chain(void **state)
{
    (void)state;
    static const size_t shapes[][3] = {{1, 1, 1},     {1, 33, 5},     {5, 16, 7},
                                       {6, 16, 256},  {7, 17, 257},   {13, 31, 64},
                                       {145, 50, 19}, {300, 70, 513}, {3, 3100, 9}};
    random_t random = random_stream(1, "test", 0);
    gemm_t *gemm = NULL;
    must(gemm_create(ARITHMETIC_FLOAT32, &gemm));
    if (strcmp(gemm_kernel(ARITHMETIC_FLOAT32), "generic") == 0) skip();
    for (size_t s = 0; s < sizeof shapes / sizeof shapes[0]; s++)
        for (int variant = 0; variant < 8; variant++) {
            case_t it = {.rows = shapes[s][0],
                         .outputs = shapes[s][1],
                         .inputs = shapes[s][2],
                         .transposed = variant / 4,
                         .type = (dtype_t)(variant % 4)};
            it.x_stride = it.inputs + (size_t)variant % 3;
            it.y_stride = it.outputs + (size_t)variant % 2 * 3;
            make(&it, &random);
            check(&it, gemm, 0, it.outputs);
            release(&it);
        }
    gemm_destroy(&gemm);
}

typedef struct {
    const case_t *it;
    int asked; /* elements */
} maker_t;

static void make_rows(void *context, float *to, size_t to_stride, size_t row, size_t rows,
                      size_t first, size_t count)
{
    maker_t *maker = context;
    for (size_t r = 0; r < rows; r++)
        memcpy(to + r * to_stride, maker->it->x + (row + r) * maker->it->x_stride + first,
               count * sizeof *to);
    maker->asked += (int)(rows * count);
}

/* Rows made on demand, each element once; and a bias after the whole chain. */
static void makes_rows_and_adds_bias(void **state)
{
    (void)state;
    static const size_t shapes[][3] = {{1, 1, 1}, {13, 600, 300}, {2400, 40, 700}, {25, 33, 256}};
    random_t random = random_stream(3, "test", 0);
    gemm_t *gemm = NULL;
    must(gemm_create(ARITHMETIC_FLOAT32, &gemm));
    for (size_t s = 0; s < 4; s++) {
        case_t it = {.rows = shapes[s][0],
                     .outputs = shapes[s][1],
                     .inputs = shapes[s][2],
                     .x_stride = shapes[s][2],
                     .y_stride = shapes[s][1]};
        float *bias = NULL, *made = NULL;
        make(&it, &random);
        must(mem_aligned(&bias, it.outputs, "bias"));
        must(mem_aligned(&made, it.rows * it.outputs, "y"));
        for (size_t c = 0; c < it.outputs; c++) bias[c] = (float)random_normal(&random);
        maker_t maker = {&it, 0};
        gemm_weights_t weights = {it.stored, it.type, it.inputs, 0};
        gemm_rows_t lie = {.data = it.x, .stride = it.x_stride};
        gemm_rows_t rows = {.make = make_rows, .context = &maker};
        gemm_apply(gemm, &weights, 0, it.outputs, it.inputs, &lie, it.rows, NULL, it.y, it.outputs);
        gemm_apply(gemm, &weights, 0, it.outputs, it.inputs, &rows, it.rows, bias, made,
                   it.outputs);
        for (size_t i = 0; i < it.rows * it.outputs; i++)
            assert_true(made[i] == it.y[i] + bias[i % it.outputs]);
        assert_int_equal(maker.asked, it.rows * it.inputs);
        mem_free(&bias);
        mem_free(&made);
        release(&it);
    }
    gemm_destroy(&gemm);
}

static void a_part_is_the_part_of_the_whole(void **state)
{
    (void)state;
    random_t random = random_stream(2, "test", 0);
    gemm_t *gemm = NULL;
    must(gemm_create(ARITHMETIC_FLOAT32, &gemm));
    if (strcmp(gemm_kernel(ARITHMETIC_FLOAT32), "generic") == 0) skip();
    case_t it = {.rows = 19,
                 .outputs = 100,
                 .inputs = 300,
                 .x_stride = 300,
                 .y_stride = 41,
                 .type = DTYPE_F16};
    make(&it, &random);
    check(&it, gemm, 37, 41);
    release(&it);
    gemm_destroy(&gemm);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(equals_the_chain),
        cmocka_unit_test(makes_rows_and_adds_bias),
        cmocka_unit_test(a_part_is_the_part_of_the_whole),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
