/* What a pass costs, against counts by hand on tiny models; the executor's memory against what the
 * allocator says; and that a rate can be measured for every kind of model. */
#include "tests/tiny_model.h"

#include <malloc.h>
#include <math.h>

#include "core/amount.h"
#include "model/rate.h"

/* Three texts that share beginnings. Their proper prefixes are 1, 12, 123 and 125: four rows at
 * positions 0, 1, 2 and 2, which see 1 + 2 + 3 + 3 = 9 keys. */
static const int32_t id[] = {1, 2, 3, 4, 1, 2, 5, 6, 1, 2, 3, 7};
static const int64_t offset[] = {0, 4, 8, 12};

/* Neurons in the last two of three layers: conditions part after the first. */
static const int32_t neuron[] = {1, 2}, start[] = {0, 0, 1, 2};
static const intervention_t conditions[] = {
    {.ablate = ABLATE_NONE}, {.ablate = ABLATE_NEGATIVE, .neuron = neuron, .start = start}};

typedef struct {
    model_shape_t shape;
    forest_t *forest;
} plan_t;

static plan_t make_plan(void (*make)(tiny_t *, uint64_t), const char *directory)
{
    tiny_t tiny;
    plan_t plan = {0};
    make(&tiny, 1);
    tiny_save(&tiny, directory, DTYPE_F32);
    tiny_free(&tiny);
    expect_ok(model_shape_read(directory, &plan.shape));
    expect_ok(forest_create(id, offset, 3, 100, &plan.forest));
    assert_int_equal(plan.forest->chunks, 1);
    assert_int_equal(plan.forest->chunk[0].rows, 4);
    return plan;
}

static void free_plan(plan_t *plan)
{
    model_shape_free(&plan->shape);
    forest_destroy(&plan->forest);
}

static void expect_flops(const plan_t *plan, int count, int layers, bool scored, double in_layers,
                         double at_ends)
{
    condition_tree_t tree;
    expect_ok(condition_tree_create(conditions, count, layers, &tree));
    flops_t flops = cost_of_forest(&plan->shape, plan->forest, &tree, scored);
    condition_tree_free(&tree);
    assert_true(flops.layers == in_layers);
    assert_true(flops.ends == at_ends);
}

/* GPT-NeoX of width 32, 4 heads of 8, MLP of 56, 97 words. Multiply-adds of a row in a layer: query,
 * key and value 32 x 96, output 32 x 32, first projection 32 x 56: 5,888; second projection 1,792.
 * Attention: 9 keys x 32 columns, twice. */
static void a_plain_model(void **state)
{
    plan_t plan = make_plan(tiny_neox, *state);
    const double first = 2 * (4 * 5888 + 2 * 9 * 32), second = 2 * 4 * 1792;
    const double vocabulary = 2 * 4 * 32 * 97;
    expect_flops(&plan, 1, 3, true, 3 * (first + second), vocabulary);
    expect_flops(&plan, 1, 3, false, 3 * (first + second), 0);
    /* Two states leave the second layer. */
    expect_flops(&plan, 2, 3, true, 4 * first + 5 * second, 2 * vocabulary);
    /* A run of two layers ends with the second's pre-activations. */
    expect_flops(&plan, 1, 2, false, 2 * first + second, 0);
    free_plan(&plan);
}

/* Mistral: 4 query heads and 2 key heads of 12, a gated MLP. Multiply-adds of a row: 32 x (48 + 24 +
 * 24) + 48 x 32 + 32 x 56 = 6,400; the second projection of the gate 1,792, the output 1,792. */
static void grouped_heads_and_a_gate(void **state)
{
    plan_t plan = make_plan(tiny_mistral, *state);
    const double first = 2 * (4 * (6400 + 1792) + 2 * 9 * 48), second = 2 * 4 * 1792;
    expect_flops(&plan, 1, 3, true, 3 * (first + second), 2 * 4 * 32 * 97);
    expect_flops(&plan, 2, 3, true, 4 * first + 5 * second, 2 * 2 * 4 * 32 * 97);
    /* Two layers: of the last no gate is needed. */
    expect_flops(&plan, 1, 2, false, first + second + first - 2 * 4 * 1792, 0);
    /* Embeddings of 8 columns: projected to 32 and back. */
    plan.shape.embedding_width = 8;
    expect_flops(&plan, 1, 3, true, 3 * (first + second), 2 * 4 * (2 * 8 * 32 + 8 * 97));
    free_plan(&plan);
}

/* A sequence of 8 tokens: 7 rows, which see 1 + 2 + 3 + 4 + 5 + 5 + 5 = 25 keys in a window of 5, not
 * 28. */
static void a_sliding_window(void **state)
{
    static const int32_t text[] = {1, 2, 3, 4, 5, 6, 7, 8};
    static const int64_t whole[] = {0, 8};
    plan_t plan = make_plan(tiny_mistral, *state);
    forest_destroy(&plan.forest);
    expect_ok(forest_create(text, whole, 1, 100, &plan.forest));
    expect_flops(&plan, 1, 3, false, 3 * 2 * (7.0 * (6400 + 2 * 1792) + 2 * 25 * 48), 0);
    free_plan(&plan);
}

/* Chunks add up to the same work, whatever their size, but for beginnings that two chunks share. */
static void small_chunks_need_more(void **state)
{
    plan_t plan = make_plan(tiny_neox, *state);
    condition_tree_t tree;
    expect_ok(condition_tree_create(conditions, 1, 3, &tree));
    double whole = cost_of_forest(&plan.shape, plan.forest, &tree, true).ends, apart = 0;
    forest_destroy(&plan.forest);
    expect_ok(forest_create(id, offset, 3, 3, &plan.forest));
    assert_true(plan.forest->chunks > 1);
    for (size_t c = 0; c < plan.forest->chunks; c++)
        apart += cost_of_chunk(&plan.shape, &plan.forest->chunk[c], &tree, true).ends;
    assert_true(apart > whole);
    condition_tree_free(&tree);
    free_plan(&plan);
}

/* What glibc has handed out. */
static size_t in_use(void)
{
    struct mallinfo2 info = mallinfo2();
    return info.uordblks + info.hblkhd;
}

static void memory_is_what_the_executor_takes(void **state)
{
    enum { TOKENS = 900 };
    static int32_t text[TOKENS];
    static const int64_t whole[] = {0, TOKENS};
    for (int t = 0; t < TOKENS; t++) text[t] = t % TINY_VOCABULARY;
    void (*const models[])(tiny_t *, uint64_t) = {tiny_neox, tiny_mistral};
    for (int which = 0; which < 2; which++) {
        plan_t plan = make_plan(models[which], *state);
        run_options_t options = {
            .condition = conditions, .conditions = 2, .layers = TINY_LAYERS, .what = "tiny"};
        condition_tree_t tree;
        model_t *model = NULL;
        executor_t *executor = NULL;
        forest_destroy(&plan.forest);
        expect_ok(forest_create(text, whole, 1, 100, &plan.forest));
        expect_ok(condition_tree_create(conditions, 2, TINY_LAYERS, &tree));
        expect_ok(model_open(MPI_COMM_SELF, *state, 0, &model));
        size_t before = in_use();
        expect_ok(executor_create(model, plan.forest, &options, &executor));
        double taken = (double)(in_use() - before);
        double said = (double)cost_footprint(&plan.shape, plan.forest, &tree, 1, 0, false, 0).bytes;
        print_message("# note: executor %.0f bytes, estimated %.0f\n", taken, said);
        if (before) assert_true(fabs(said / taken - 1) < 0.1);
        executor_destroy(&executor);
        model_close(&model);
        condition_tree_free(&tree);
        free_plan(&plan);
    }
}

static void chunks_in_flight(void **state)
{
    plan_t plan = make_plan(tiny_neox, *state);
    condition_tree_t tree;
    forest_destroy(&plan.forest);
    expect_ok(forest_create(id, offset, 3, 1, &plan.forest)); /* chunks of 3 rows at most */
    assert_int_equal(plan.forest->chunks, 3);
    expect_ok(condition_tree_create(conditions, 2, 3, &tree));
    const size_t states = 2 * 3 * 32 * sizeof(float); /* two states of three rows */
    const size_t buffers = executor_bytes(&plan.shape, plan.forest, 1, 0).buffers;
    const struct {
        bool streamed;
        size_t memory, chunks;
    } cases[] = {{false, buffers + 100 * states, 1},
                 {true, 0, 1},
                 {true, buffers + 2 * states + 1, 2},
                 {true, buffers + 100 * states, 3}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        footprint_t is = cost_footprint(&plan.shape, plan.forest, &tree, 1, 0, cases[i].streamed,
                                        cases[i].memory);
        assert_int_equal(is.together, cases[i].chunks);
        /* Scores of two conditions, three edges a chunk at most. */
        assert_int_equal(is.bytes, buffers + is.together * (states + 2 * 3 * sizeof(double)));
    }
    condition_tree_free(&tree);
    free_plan(&plan);
}

static void rates_can_be_measured(void **state)
{
    void (*const models[])(tiny_t *, uint64_t) = {tiny_neox, tiny_mistral, tiny_gpt2, tiny_opt};
    static const dtype_t types[] = {DTYPE_F32, DTYPE_F16, DTYPE_BF16};
    for (int which = 0; which < 4; which++)
        for (int t = 0; t < 3; t++) {
            plan_t plan = make_plan(models[which], *state);
            const chunk_t *chunk = plan.forest->chunk;
            rate_t rate;
            double begun = MPI_Wtime();
            expect_ok(rate_measure(MPI_COMM_SELF, NULL, &plan.shape, types[t], 0, chunk, true, 0.01,
                                   &rate));
            assert_true(MPI_Wtime() - begun < 2);
            assert_true(isfinite(rate.layers) && rate.layers > 0);
            assert_true(isfinite(rate.ends) && rate.ends > 0);
            assert_true(rate_seconds(&rate, (flops_t){2 * rate.layers, rate.ends}) == 3);
            expect_ok(rate_measure(MPI_COMM_SELF, NULL, &plan.shape, types[t], 0, chunk, false, 0,
                                   &rate));
            assert_true(rate_seconds(&rate, (flops_t){rate.layers, 0}) == 1);
            free_plan(&plan);
        }
}

static void sizes_of_a_model(void **state)
{
    plan_t plan = make_plan(tiny_neox, *state);
    model_size_t all, some;
    expect_ok(model_size(*state, 0, &all));
    /* 2 x 97 x 32 numbers of no layer; 3 layers of 7,680 in matrices: 4 bytes each, and vectors. */
    assert_true(all.whole > 4 * (2 * 97 * 32 + 3 * 7680) && all.whole < 40000 * 4);
    assert_true(!all.streamed && all.held == all.whole && all.type == DTYPE_F32);
    expect_ok(model_size(*state, all.whole - 1, &some));
    assert_true(some.streamed && some.whole == all.whole);
    assert_int_equal(some.held, all.whole - all.layers / 3);
    free_plan(&plan);
}

static void amounts_are_readable(void **state)
{
    (void)state;
    char text[AMOUNT];
    const struct {
        void (*write)(char *, double);
        double value;
        const char *expected;
    } cases[] = {{amount_bytes, 0, "0 B"},
                 {amount_bytes, 999, "999 B"},
                 {amount_bytes, 999.6, "1.00 kB"},
                 {amount_bytes, 1.9e9, "1.90 GB"},
                 {amount_bytes, 12.34e9, "12.3 GB"},
                 {amount_flops, 123.4e12, "123 TFLOP"},
                 {amount_bytes, NAN, "-"},
                 {amount_time, 0.5, "0.50 s"},
                 {amount_time, 41.23, "41.2 s"},
                 {amount_time, 600, "10 min"},
                 {amount_time, 3 * 3600 + 5 * 60, "3 h 05 min"},
                 {amount_time, 7199, "2 h 00 min"},
                 {amount_time, NAN, "-"},
                 {amount_count, 7, "7"},
                 {amount_count, 999, "999"},
                 {amount_count, 1234567, "1,234,567"},
                 {amount_count, NAN, "-"}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        cases[i].write(text, cases[i].value);
        assert_string_equal(text, cases[i].expected);
    }
}

#define WITH_SCRATCH(test) cmocka_unit_test_setup_teardown(test, scratch_create, scratch_destroy)

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        WITH_SCRATCH(a_plain_model),
        WITH_SCRATCH(grouped_heads_and_a_gate),
        WITH_SCRATCH(a_sliding_window),
        WITH_SCRATCH(small_chunks_need_more),
        WITH_SCRATCH(memory_is_what_the_executor_takes),
        WITH_SCRATCH(chunks_in_flight),
        WITH_SCRATCH(rates_can_be_measured),
        WITH_SCRATCH(sizes_of_a_model),
        cmocka_unit_test(amounts_are_readable),
    };
    MPI_Init(&argc, &argv);
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    MPI_Finalize();
    return failed;
}
