/* Residual streams under conditions: against transformers 5 with PyTorch 2.15 (float32, CPU; hooks on the
 * demo's model), against closed forms of models whose weights are partly zero, and the same bits on
 * any number of ranks, in memory or streamed, with one condition in flight or all. */
#include <math.h>

#include "eval/residual.h"
#include "stats/fixed.h"
#include "tests/parallel.h"
#include "tests/tiny_model.h"

enum { WINDOWS = 5, WINDOW = 24, TOKENS = WINDOWS * WINDOW };

static int32_t id[TOKENS];
static int64_t offset[WINDOWS + 1];

static sequences_t make_windows(int vocabulary)
{
    for (int w = 0; w < WINDOWS; w++) {
        for (int i = 0; i < WINDOW; i++)
            id[w * WINDOW + i] = (i * 37 + 11 * w * w + 5) % vocabulary;
        offset[w + 1] = (w + 1) * WINDOW;
    }
    return (sequences_t){.id = id, .offset = offset, .count = WINDOWS, .items = WINDOWS};
}

static status_t measure(MPI_Comm comm, const char *directory, size_t memory, size_t states,
                        const intervention_t *condition, int conditions,
                        residual_streams_t *streams)
{
    model_t *model = NULL;
    status_t status = model_open(comm, directory, memory, &model);
    if (!status) {
        sequences_t windows = make_windows(model->shape.vocabulary);
        run_options_t options = {.condition = condition,
                                 .conditions = conditions,
                                 .layers = model->shape.layers,
                                 .what = "test",
                                 .memory = states};
        score_plan_t plan;
        int ranks;
        MPI_Comm_size(comm, &ranks);
        expect_ok(score_plan_windows(&windows, ranks, 2 * WINDOW, &plan));
        status = residual_measure(comm, model, &plan, &options, "streams", streams);
        score_plan_free(&plan);
    }
    model_close(&model);
    return status;
}

/* ---- against PyTorch ---- */

typedef struct {
    int place, channel;
    double mean, variance, minimum, maximum, shift;
} expected_t;

static void assert_near(double got, double want, double tolerance)
{
    if (!(fabs(got - want) <= tolerance)) fail_msg("%.9g, expected %.9g", got, want);
}

static void assert_channels(const residual_streams_t *streams, int condition,
                            const expected_t *expected, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const expected_t *want = &expected[i];
        const channels_t *got = &streams->stream;
        size_t at = (size_t)((condition * (streams->layers + 1) + want->place) * streams->width +
                             want->channel);
        assert_near(got->mean[at], want->mean, 2e-6);
        assert_near(got->variance[at], want->variance, 1e-5);
        assert_near((double)got->minimum[at], want->minimum, 1e-5);
        assert_near((double)got->maximum[at], want->maximum, 1e-5);
        assert_near(got->shift[at], want->shift, 2e-6);
    }
}

static void test_transformers(void **state)
{
    (void)state;
    static const expected_t baseline[] = {
        {0, 0, -0.00348603924, 0.00237797532, -0.177368164, 0.197753906, 0},
        {0, 63, 0.00281520436, 0.0030566993, -0.191894531, 0.295654297, 0},
        {1, 0, -0.248676041, 1.14727396, -4.01554251, 3.01109433, 0},
        {2, 17, -0.758135907, 1.42509095, -3.16708207, 3.07962942, 0},
        {3, 63, 0.415726175, 1.93167812, -3.26426148, 4.42182732, 0},
        {4, 0, -1.34392509, 5.34624781, -12.5640564, 5.24420261, 0},
    };
    static const expected_t clamped[] = {
        {1, 0, -0.248676041, 1.14727396, -4.01554251, 3.01109433, 0},
        {2, 17, -0.75357665, 1.42597238, -3.16539884, 3.08644891, 0.00504752681},
        {3, 63, 0.406218479, 1.92787166, -3.27294564, 4.40297985, 0.0111721005},
        {4, 0, -1.3501854, 5.34545142, -12.5470924, 5.24719477, 0.0166462692},
    };
    static const int32_t neuron[] = {3, 100, 255, 3, 100, 255}, start[] = {0, 0, 3, 6, 6};
    static const intervention_t conditions[] = {
        {.ablate = ABLATE_NEGATIVE, .neuron = neuron, .start = start}, {.ablate = ABLATE_NONE}};
    residual_streams_t streams;
    expect_ok(
        measure(MPI_COMM_WORLD, "tests/data/demo/model/step1000", 0, 0, conditions, 2, &streams));
    assert_true(streams.layers == 4 && streams.width == 64 && streams.tokens == TOKENS);
    assert_false(streams.has_middle); /* attention and MLP are parallel */
    if (world_rank() == 0) {
        assert_channels(&streams, 0, clamped, sizeof clamped / sizeof *clamped);
        assert_channels(&streams, 1, baseline, sizeof baseline / sizeof *baseline);
    }
    residual_destroy(&streams);
}

/* ---- closed forms ---- */

static const int32_t cohort[] = {0, 7, 55, 1, 2, 3, 30}, first[] = {0, 0, 3, 7};
static const intervention_t several[] = {
    {.ablate = ABLATE_NONE},
    {.ablate = ABLATE_NEGATIVE, .neuron = cohort, .start = first},
    {.ablate = ABLATE_BOTH, .neuron = cohort, .start = first},
    {.ablate = ABLATE_POSITIVE, .neuron = cohort, .start = first}};
enum { SEVERAL = 4 };

static void save(const char *directory, const tiny_t *tiny)
{
    MPI_Barrier(MPI_COMM_WORLD);
    if (world_rank() == 0) tiny_save(tiny, directory, DTYPE_F32);
    MPI_Barrier(MPI_COMM_WORLD);
}

/* What enters the first layer is the embeddings. Where attention adds nothing, the MLP's norm reads what
 * enters the layer; where the MLP adds nothing, the next layer reads what the norm read. */
static void test_places(void **state)
{
    tiny_t tiny;
    residual_streams_t got;
    enum { D = TINY_WIDTH };
    tiny_mistral(&tiny, 5);
    float *embedding = tiny_find(&tiny, "model.embed_tokens.weight")->value;
    tiny_tensor_t *attention = tiny_find(&tiny, "model.layers.0.self_attn.o_proj.weight");
    tiny_tensor_t *mlp = tiny_find(&tiny, "model.layers.1.mlp.down_proj.weight");
    memset(attention->value, 0, (size_t)attention->rows * (size_t)attention->columns * 4);
    memset(mlp->value, 0, (size_t)mlp->rows * (size_t)mlp->columns * 4);
    save(*state, &tiny);
    expect_ok(measure(MPI_COMM_WORLD, *state, 0, 0, several, SEVERAL, &got));
    assert_true(got.has_middle && got.layers == TINY_LAYERS);
    for (int d = 0; d < D && world_rank() == 0; d++) {
        double mean = 0, variance = 0;
        for (int t = 0; t < TOKENS; t++) mean += (double)embedding[id[t] * D + d] / TOKENS;
        for (int t = 0; t < TOKENS; t++)
            variance += pow((double)embedding[id[t] * D + d] - mean, 2) / TOKENS;
        assert_near(got.stream.mean[d], mean, 1e-14);
        assert_near(got.stream.variance[d], variance, 1e-14);
    }
    for (int c = 0; c < SEVERAL && world_rank() == 0; c++) {
        const double *stream = got.stream.mean + c * (TINY_LAYERS + 1) * D;
        const double *middle = got.middle.mean + c * TINY_LAYERS * D;
        assert_memory_equal(middle, stream, D * sizeof *stream);
        assert_memory_equal(middle + D, stream + 2 * D, D * sizeof *stream);
        assert_memory_not_equal(middle + D, stream + D, D * sizeof *stream);
        const double *shift = got.stream.shift + c * (TINY_LAYERS + 1) * D;
        for (int d = 0; d < 3 * D; d++) assert_true(shift[d] == 0); /* up to layer 2 */
        for (int d = 3 * D; d < 4 * D; d++) assert_true(c ? shift[d] > 0 : shift[d] == 0);
    }
    residual_destroy(&got);
    MPI_Barrier(MPI_COMM_WORLD);
    tiny_free(&tiny);
}

/* ---- any number of ranks ---- */

static void assert_same(const residual_streams_t *a, const residual_streams_t *b)
{
    const channels_t *x[] = {&a->stream, &a->middle}, *y[] = {&b->stream, &b->middle};
    if (world_rank() != 0) return;
    for (int m = 0; m < 2; m++) {
        size_t count = (size_t)(SEVERAL * (TINY_LAYERS + 1 - m) * TINY_WIDTH);
        assert_memory_equal(x[m]->mean, y[m]->mean, count * sizeof(double));
        assert_memory_equal(x[m]->variance, y[m]->variance, count * sizeof(double));
        assert_memory_equal(x[m]->minimum, y[m]->minimum, count * sizeof(float));
        assert_memory_equal(x[m]->maximum, y[m]->maximum, count * sizeof(float));
        if (m == 0) assert_memory_equal(x[m]->shift, y[m]->shift, count * sizeof(double));
    }
}

static void test_same_bits(void **state)
{
    enum { STREAMED = 40000, FEW = 1 };
    tiny_t tiny;
    residual_streams_t own, got;
    tiny_mistral(&tiny, 6);
    save(*state, &tiny);
    expect_ok(measure(MPI_COMM_SELF, *state, 0, 0, several, SEVERAL, &own));
    if (world_rank() != 0) residual_destroy(&own);
    for (int streamed = 0; streamed < 2; streamed++)
        for (int few = 0; few < 2; few++) {
            expect_ok(measure(MPI_COMM_WORLD, *state, streamed ? STREAMED : 0, few ? FEW : 0,
                              several, SEVERAL, &got));
            assert_same(&got, &own);
            residual_destroy(&got);
        }
    residual_destroy(&own);
    MPI_Barrier(MPI_COMM_WORLD);
    tiny_free(&tiny);
}

/* ---- sums ---- */

/* (2^53 + 1) 2^-20 and its like: a sum that float64 could not hold, in any order, over the ranks. */
static void test_fixed(void **state)
{
    (void)state;
    int ranks = world_ranks();
    fixed_t sum[3] = {0};
    for (int i = 0; i < 1000; i++) {
        assert_true(fixed_add(&sum[0], 0x1p40));
        assert_true(fixed_add(&sum[0], 0x1p-30));
        assert_true(fixed_add(&sum[1], i % 2 ? -0x1p61 : 0x1p61));
        assert_true(fixed_add(&sum[2], 0x1p-65)); /* a tie goes to even: 0 */
    }
    expect_ok(fixed_reduce(MPI_COMM_WORLD, sum, 3));
    if (world_rank() == 0) {
        fixed_t want = (((fixed_t)1 << 104) + ((fixed_t)1 << 34)) * 1000 * ranks;
        assert_true(sum[0] == want);
        assert_true(sum[1] == 0 && sum[2] == 0);
        assert_true(fixed_value((fixed_t)3 << 63) == 1.5L);
    }
    assert_false(fixed_add(&sum[0], 0x1p62));
    assert_false(fixed_add(&sum[0], NAN));
    sum[0] = 0;
    assert_true(fixed_add(&sum[0], 0x1p61) && !fixed_add(&sum[0], 0x1p61));
    sum[0] = (fixed_t)1 << 125;
    if (ranks > 1)
        expect_common_error(fixed_reduce(MPI_COMM_WORLD, sum, 1), EXIT_NUMERIC, "ranks add up");
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_transformers),
        cmocka_unit_test_setup_teardown(test_places, common_create, common_destroy),
        cmocka_unit_test_setup_teardown(test_same_bits, common_create, common_destroy),
        cmocka_unit_test(test_fixed),
    };
    return RUN_PARALLEL(argc, argv, tests);
}
