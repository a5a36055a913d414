/* Results bit for bit. When one of these changes, every result that was stored before is another
 * program's: NUMERICS_VERSION must rise, so that units are computed anew. What passes through
 * functions of the C library is compared in float32, which its last bits do not reach.
 *
 * Attention and matrix products have two values: with fused multiply-add and without, as on a CPU
 * that lacks it; sanitised builds have it in products alone. The rest has one. */
#include "tests/tiny_model.h"

#include "core/hash.h"
#include "core/version.h"
#include "model/attention.h"
#include "model/executor.h"
#include "model/intervention.h"
#include "model/kernels.h"
#include "model/linear.h"
#include "stats/distance.h"

static void expect_bits(const char *what, uint64_t got, uint64_t expected)
{
    if (got != expected)
        fail_msg("%s: %016llx, expected %016llx with NUMERICS_VERSION %d: results changed: raise "
                 "NUMERICS_VERSION in core/version.h and update this value",
                 what, (unsigned long long)got, (unsigned long long)expected, NUMERICS_VERSION);
}

/* The version that the values below belong to. */
static void version(void **state)
{
    (void)state;
    assert_int_equal(NUMERICS_VERSION, 1);
}

/* Numbers from integers alone: no library function has a part in them. */
static void fill(float *x, size_t count, float size, uint64_t seed)
{
    random_t random = random_stream(seed, "golden", 0);
    for (size_t i = 0; i < count; i++)
        x[i] = size * (float)(int32_t)(random_bits(&random) >> 32) * 0x1p-31f;
}

static void random_streams(void **state)
{
    random_t random = random_stream(17, "golden", 3);
    uint64_t bits[64];
    int32_t sample[40];
    int64_t order[40];
    float normal[64];
    (void)state;
    for (int i = 0; i < 64; i++) bits[i] = random_bits(&random);
    expect_bits("random bits", checksum(bits, sizeof bits), 0x870ce049f38762e1u);
    for (int i = 0; i < 64; i++) bits[i] = random_below(&random, 1000 + (uint64_t)i);
    expect_bits("random numbers below a bound", checksum(bits, sizeof bits), 0x0675b5733ba98571u);
    for (int i = 0; i < 64; i++) normal[i] = (float)random_normal(&random);
    expect_bits("random normal numbers", checksum(normal, sizeof normal), 0x20457fd0ae5cc189u);
    expect_ok(random_sample(&random, 1000, 40, sample));
    expect_bits("a random sample", checksum(sample, sizeof sample), 0x92b32ad1554f0a50u);
    random_permutation(&random, 40, order);
    expect_bits("a random permutation", checksum(order, sizeof order), 0x809a5b3be9459b74u);
}

enum { COUNT = 4099 };

static void kernels(void **state)
{
    static const uint64_t activation[] = {0x44cdd4c6399cf4e8u, 0x2f032b3d1c51bb4eu,
                                          0x36a4ff49665f0c27u, 0xadaf047c7558b7e4u};
    static float x[COUNT], y[COUNT], z[COUNT];
    (void)state;
    fill(x, COUNT, 90, 1);
    (void)kernel_exp_sum(y, x, 0, COUNT);
    expect_bits("exp", checksum(y, sizeof y), 0xd125de2ee8f34af3u);
    fill(x, COUNT, 12, 2);
    for (int a = ACTIVATION_GELU; a <= ACTIVATION_RELU; a++) {
        kernel_activate((activation_t)a, y, x, COUNT);
        expect_bits("an activation", checksum(y, sizeof y), activation[a]);
    }
    fill(z, COUNT, 1, 3);
    kernel_norm(NORM_LAYER, y, x, z, z + 1000, 1e-5f, 4, 1000, 1024);
    expect_bits("layer norm", checksum(y, 4000 * sizeof *y), 0x657bd89c0f012e63u);
    kernel_norm(NORM_RMS, y, x, z, NULL, 1e-6f, 4, 1000, 1024);
    expect_bits("RMS norm", checksum(y, 4000 * sizeof *y), 0x9f711e52e8bc2de4u);
    log_sum_t sum = {-INFINITY, 0};
    kernel_log_sum_add(&sum, x, 256); /* one block: no library function yet */
    expect_bits("a block's sum of exponentials", checksum(&sum.sum, sizeof sum.sum),
                0x51d210904157997eu);
    for (size_t at = 256; at < COUNT; at += 1000)
        kernel_log_sum_add(&sum, x + at, COUNT - at < 1000 ? COUNT - at : 1000);
    float whole = (float)kernel_log_sum(&sum);
    expect_bits("log-sum-exp", checksum(&whole, sizeof whole), 0xbaae803c550cd2bfu);
    static const int32_t neuron[] = {3, 50, 99}, start[] = {0, 3};
    static const float value[] = {-0.5f, 0.25f, 2};
    static const uint64_t ablated[ABLATE_COUNT] = {0,
                                                   0xfd66e85d18abf86du,
                                                   0xe6f41d5fb16d2ce6u,
                                                   0x43b11cd5281460e6u,
                                                   0x2621b5efc03dc73fu,
                                                   0x82da3ba93e89eb91u,
                                                   0x04dd87db7f37175bu,
                                                   0x3bb91abf746e1e36u};
    for (int op = ABLATE_NEGATIVE; op < ABLATE_COUNT; op++) {
        const intervention_t it = {.ablate = (ablate_t)op,
                                   .neuron = neuron,
                                   .start = start,
                                   .value = value,
                                   .factor = -0.75f};
        intervention_activate(&it, 0, ACTIVATION_GELU, y, 100, x, 100, 40, 0, 100);
        expect_bits(ablate_name(it.ablate), checksum(y, 4000 * sizeof *y), ablated[op]);
    }
}

/* ---- what depends on fused multiply-add ---- */

/* The checksum is one of two: 1 where it is that of fused operations. */
static int which(const char *what, uint64_t got, uint64_t plain, uint64_t fused)
{
    if (got == plain) return 0;
    expect_bits(what, got, fused);
    return 1;
}

static int attention_is_fused(void)
{
    enum { ROWS = 75, WIDTH = 24 };
    static float x[ROWS * 4 * WIDTH], y[ROWS * 2 * WIDTH];
    attention_shape_t shape = {.heads = 2,
                               .kv_heads = 1,
                               .head_width = WIDTH,
                               .row_stride = 4 * WIDTH,
                               .key = 2 * WIDTH,
                               .value = 3 * WIDTH,
                               .query_stride = WIDTH,
                               .key_stride = WIDTH,
                               .value_stride = WIDTH,
                               .scale = (float)(1 / sqrt((double)WIDTH)),
                               .window = 33};
    int32_t id[ROWS] = {0};
    int64_t offset[] = {0, 70, ROWS};
    forest_t *forest = NULL;
    attention_t *attention = NULL;
    fill(x, ROWS * 4 * WIDTH, 3, 4);
    expect_ok(forest_create_whole(id, offset, 2, &forest));
    expect_ok(attention_create(WIDTH, 70, &attention));
    attention_apply(attention, &shape, forest->chunk, 0, 2, x, y);
    attention_destroy(&attention);
    forest_destroy(&forest);
    return which("attention", checksum(y, sizeof y), 0x40aff968d50a878fu, 0x419d00d4631a823eu);
}

static int products_are_fused(void)
{
    enum { ROWS = 23, OUTPUTS = 61, INPUTS = 801 };
    static float x[ROWS * INPUTS], w[OUTPUTS * INPUTS], y[ROWS * OUTPUTS], bias[OUTPUTS];
    gemm_t *gemm = NULL;
    linear_t linear = {
        .outputs = OUTPUTS, .inputs = INPUTS, .type = DTYPE_F32, .data = w, .bias = bias};
    fill(x, ROWS * INPUTS, 1, 5);
    fill(w, OUTPUTS * INPUTS, 1, 6);
    fill(bias, OUTPUTS, 1, 7);
    expect_ok(gemm_create(ARITHMETIC_FLOAT32, &gemm));
    linear_apply(gemm, &linear, x, ROWS, y, OUTPUTS);
    gemm_destroy(&gemm);
    return which("a linear layer", checksum(y, sizeof y), 0x5816261fbf1bdd56u, 0x3f194041dd72b446u);
}

static void attention_and_products(void **state)
{
    (void)state;
    (void)attention_is_fused();
    (void)products_are_fused();
}

/* ---- whole models ---- */

static const int32_t neuron[] = {0, 7, 55, 1, 2, 3, 30}, start[] = {0, 3, 3, 7};

/* Logits of two sequences, and log-probabilities over their forest, under two conditions. */
static uint64_t run(const char *directory)
{
    static const int32_t id[] = {1, 2, 3, 4, 5, 6, 7, 1, 2, 3, 9, 90};
    static const int64_t offset[] = {0, 7, 12};
    static const intervention_t condition[] = {
        {.ablate = ABLATE_NONE}, {.ablate = ABLATE_NEGATIVE, .neuron = neuron, .start = start}};
    static struct {
        float logits[2 * 12 * TINY_VOCABULARY], log_probability[2 * 8];
    } result;
    double log_probability[2 * 8];
    model_t *model = NULL;
    forest_t *forest = NULL;
    executor_t *executor = NULL;
    expect_ok(model_open(MPI_COMM_SELF, directory, 0, &model));
    run_options_t options = {
        .condition = condition, .conditions = 2, .layers = TINY_LAYERS, .what = "tiny"};
    expect_ok(forest_create_whole(id, offset, 2, &forest));
    expect_ok(executor_create(model, forest, &options, &executor));
    expect_ok(executor_run(executor, forest->chunk, NULL, result.logits));
    executor_destroy(&executor);
    forest_destroy(&forest);
    expect_ok(forest_create(id, offset, 2, 100, &forest));
    assert_int_equal(forest->chunk->edges, 8);
    expect_ok(executor_create(model, forest, &options, &executor));
    expect_ok(executor_run(executor, forest->chunk, log_probability, NULL));
    for (int i = 0; i < 16; i++) result.log_probability[i] = (float)log_probability[i];
    executor_destroy(&executor);
    forest_destroy(&forest);
    model_close(&model);
    return checksum(&result, sizeof result);
}

static void models(void **state)
{
    void (*const make[])(tiny_t * tiny, uint64_t seed) = {tiny_neox, tiny_mistral, tiny_gpt2};
    /* without fused multiply-add, with it in products alone, and with it */
    static const uint64_t expected[3][3] = {
        {0xb47180aa389a2f57u, 0x0c697d9c9064d43eu, 0x8a19f63fa96d0228u},
        {0x9310287657f07e4bu, 0x9bdf629e7de67f5bu, 0x6ea5482109ca84f3u},
        {0x9ace8a0e4c302251u, 0x4c861f9c2657911eu, 0xc67d1d00e29cbb93u}};
    int fused = products_are_fused() + attention_is_fused();
    for (int m = 0; m < 3; m++) {
        tiny_t tiny;
        make[m](&tiny, 5);
        for (int i = 0; i < tiny.count; i++) {
            tiny_tensor_t *it = &tiny.tensor[i];
            size_t count = (size_t)(it->rows ? it->rows : 1) * (size_t)it->columns;
            fill(it->value, count, it->rows ? 0.5f : 1, 100 + (uint64_t)i);
        }
        tiny_save(&tiny, *state, DTYPE_BF16);
        expect_bits("a model", run(*state), expected[m][fused]);
        tiny_free(&tiny);
    }
}

/* ---- plans and statistics ---- */

static void plans(void **state)
{
    random_t random = random_stream(1, "golden", 0);
    int32_t id[1000];
    int64_t offset[201];
    forest_t *forest = NULL;
    hash_t *hash = NULL;
    char hex[SHA256_HEX];
    (void)state;
    for (int i = 0; i < 1000; i++) id[i] = (int32_t)random_below(&random, 3);
    for (int s = 0; s <= 200; s++) offset[s] = 5 * s;
    expect_ok(forest_create(id, offset, 200, 64, &forest));
    expect_ok(hash_create(&hash));
    for (size_t c = 0; c < forest->chunks; c++) {
        const chunk_t *chunk = &forest->chunk[c];
        expect_ok(hash_add(hash, chunk->token, (size_t)chunk->rows * sizeof(int32_t)));
        expect_ok(hash_add(hash, chunk->position, (size_t)chunk->rows * sizeof(int32_t)));
        expect_ok(hash_add(hash, chunk->edge_row, (size_t)chunk->edges * sizeof(int32_t)));
    }
    expect_ok(hash_finish(&hash, hex));
    expect_bits("a plan", checksum(hex, 64), 0x99b82bdb126d34eau);
    forest_destroy(&forest);
}

static void statistics(void **state)
{
    enum { VALUES = 20011 };
    static float x[VALUES];
    sorter_t *sorter = NULL;
    sample_t sample;
    distribution_t d;
    (void)state;
    fill(x, VALUES, 2, 8);
    for (int i = 0; i < VALUES; i++) x[i] = x[i] * x[i] * x[i] + 0.25f;
    expect_ok(sorter_create(&sorter, DTYPE_F32, VALUES));
    expect_ok(sorter_sort(sorter, x, VALUES, &sample));
    distribution_measure(&sample, &d);
    float got[] = {(float)d.mean,
                   (float)d.variance,
                   (float)d.skewness,
                   (float)d.kurtosis,
                   (float)d.negative_fraction,
                   (float)distance_to_normal(&sample, &d),
                   (float)sample_quantile(&sample, 0.99)};
    expect_bits("statistics", checksum(got, sizeof got), 0xc41c59b60e837a65u);
    sorter_destroy(&sorter);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(version),
        cmocka_unit_test(random_streams),
        cmocka_unit_test(kernels),
        cmocka_unit_test(attention_and_products),
        cmocka_unit_test_setup_teardown(models, scratch_create, scratch_destroy),
        cmocka_unit_test(plans),
        cmocka_unit_test(statistics),
    };
    MPI_Init(&argc, &argv);
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    MPI_Finalize();
    return failed;
}
