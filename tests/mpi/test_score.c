/* Scores of many sequences on one to four ranks: the same bits as on one rank alone, whether the
 * model is in memory or streamed; and one rank's failure is everybody's. */
#include "tests/parallel.h"
#include "tests/tiny_model.h"

#include "eval/score.h"

enum { SEQUENCES = 60, LONGEST = 20 };

static int32_t id[SEQUENCES * LONGEST];
static int64_t offset[SEQUENCES + 1];

static sequences_t make_sequences(void)
{
    random_t random = random_stream(1, "texts", 0);
    for (int s = 0; s < SEQUENCES; s++) {
        int64_t at = offset[s], length = 2 + (int64_t)random_below(&random, LONGEST - 1);
        for (int64_t i = 0; i < length; i++)
            id[at + i] = (int32_t)random_below(&random, i < 3 ? 2 : TINY_VOCABULARY);
        offset[s + 1] = at + length;
    }
    return (sequences_t){.id = id, .offset = offset, .count = SEQUENCES, .items = SEQUENCES};
}

static const int32_t neuron[] = {0, 7, 55, 1, 2, 3, 30}, start[] = {0, 3, 3, 7};
static const intervention_t conditions[] = {
    {.ablate = ABLATE_NONE},
    {.ablate = ABLATE_NEGATIVE, .neuron = neuron, .start = start},
    {.ablate = ABLATE_BOTH, .neuron = neuron, .start = start}};
enum { CONDITIONS = 3, SCORES = CONDITIONS * SEQUENCES };

/* Rank 0 makes the model's directory; the others wait. */
static void save(void **state, tiny_t *tiny)
{
    MPI_Barrier(MPI_COMM_WORLD);
    if (world_rank() == 0) tiny_save(tiny, *state, DTYPE_F16);
    MPI_Barrier(MPI_COMM_WORLD);
}

/* Bytes that hold the tensors of no layer and little else: the layers are streamed. */
enum { STREAMED = 40000 };

static share_scope_t scope = SHARE_NODE;

static status_t score(MPI_Comm comm, const char *directory, size_t memory, size_t states,
                      int32_t chunk, double *sum)
{
    sequences_t sequences = make_sequences();
    run_options_t options = {.condition = conditions,
                             .conditions = CONDITIONS,
                             .layers = TINY_LAYERS,
                             .what = "tiny",
                             .memory = states};
    model_t *model = NULL;
    status_t status = model_open_shared(comm, directory, memory, scope, &model);
    if (!status) {
        assert_int_equal(model->streamed, memory == STREAMED);
        status = score_sequences(comm, model, &sequences, chunk, &options, "scores", sum);
    }
    model_close(&model);
    return status;
}

/* All ranks together, and each alone: equal, for chunks from one sequence each to all in one. */
static void do_not_depend_on_ranks(void **state)
{
    static const int32_t chunks[] = {1, 30, 100, 100000};
    static double together[SCORES], alone[SCORES], first[SCORES];
    tiny_t tiny;
    tiny_neox(&tiny, 1);
    save(state, &tiny);
    for (int k = 0; k < 4; k++) {
        memset(together, 0, sizeof together);
        expect_ok(score(MPI_COMM_WORLD, *state, 0, 0, chunks[k], together));
        expect_ok(score(MPI_COMM_SELF, *state, 0, 0, chunks[k], alone));
        if (world_rank() == 0) assert_memory_equal(together, alone, sizeof alone);
        if (k == 0) memcpy(first, alone, sizeof first);
        for (int i = 0; i < SCORES; i++) {
            assert_true(alone[i] < 0);
            assert_true(fabs(alone[i] - first[i]) <= 2e-5 * LONGEST);
        }
    }
    tiny_free(&tiny);
}

/* A model that does not fit: two layers in memory; one condition of one chunk at a time, several
 * conditions, one to three chunks of all, or everything. */
static void do_not_depend_on_memory(void **state)
{
    static const size_t states[] = {0, 1, 3200000, 3300000, 100000000};
    static double streamed[SCORES], resident[SCORES];
    void (*const make[])(tiny_t * tiny, uint64_t seed) = {tiny_neox, tiny_mistral};
    for (int which = 0; which < 2; which++)
        for (int k = 0; k < 5; k++) {
            tiny_t tiny;
            make[which](&tiny, 2);
            save(state, &tiny);
            expect_ok(score(MPI_COMM_SELF, *state, 0, 0, 40, resident));
            expect_ok(score(MPI_COMM_WORLD, *state, STREAMED, states[k], 40, streamed));
            if (world_rank() == 0) assert_memory_equal(streamed, resident, sizeof resident);
            tiny_free(&tiny);
        }
}

/* One copy for all ranks, one for each NUMA domain, one for each rank; resident and streamed. The
 * memory that each is given times copies streams as before. */
static void do_not_depend_on_sharing(void **state)
{
    static double other[SCORES], shared[SCORES];
    tiny_t tiny;
    tiny_neox(&tiny, 4);
    save(state, &tiny);
    expect_ok(score(MPI_COMM_WORLD, *state, 0, 0, 40, shared));
    for (scope = SHARE_NUMA; scope <= SHARE_NONE; scope++)
        for (int streamed = 0; streamed < 2; streamed++) {
            expect_ok(score(MPI_COMM_WORLD, *state, streamed ? STREAMED : 0, 50000, 40, other));
            if (world_rank() == 0) assert_memory_equal(other, shared, sizeof shared);
        }
    scope = SHARE_NODE;
    tiny_free(&tiny);
}

/* The same memory holds one copy, but not one for each of two ranks or more: those stream. */
static void copies_count(void **state)
{
    tiny_t tiny;
    model_t *model = NULL;
    model_size_t size = {0};
    tiny_neox(&tiny, 1);
    save(state, &tiny);
    expect_ok(model_size(*state, 0, &size));
    for (share_scope_t each = SHARE_NODE; each <= SHARE_NONE; each++) {
        expect_ok(model_open_shared(MPI_COMM_WORLD, *state, size.whole * 3 / 2, each, &model));
        assert_int_equal(model->streamed, model->memory.copies > 1);
        model_close(&model);
    }
    tiny_free(&tiny);
}

/* Nodes with more memory and with less: what one cannot hold, all stream. */
static void agree_on_streaming(void **state)
{
    tiny_t tiny;
    model_t *model = NULL;
    tiny_neox(&tiny, 1);
    save(state, &tiny);
    bool last = world_rank() == world_ranks() - 1;
    expect_ok(model_open(MPI_COMM_WORLD, *state, last ? STREAMED : 0, &model));
    assert_true(model->streamed);
    model_close(&model);
    tiny_free(&tiny);
}

/* Every score sums log-probabilities of the sequence's tokens but the first: to be found from
 * the logits of the sequence alone. */
static void are_sums_of_log_probabilities(void **state)
{
    static double sum[SCORES];
    tiny_t tiny;
    model_t *model = NULL;
    tiny_neox(&tiny, 3);
    save(state, &tiny);
    expect_ok(score(MPI_COMM_WORLD, *state, 0, 0, 50, sum));
    if (world_rank() == 0) {
        expect_ok(model_open(MPI_COMM_SELF, *state, 0, &model));
        for (int s = 0; s < SEQUENCES; s++) {
            int64_t length = offset[s + 1] - offset[s], whole[] = {0, length};
            run_options_t options = {
                .condition = conditions, .conditions = 1, .layers = TINY_LAYERS, .what = "tiny"};
            forest_t *forest = NULL;
            executor_t *executor = NULL;
            static float logits[LONGEST * TINY_VOCABULARY];
            double expected = 0;
            expect_ok(forest_create_whole(id + offset[s], whole, 1, &forest));
            expect_ok(executor_create(model, forest, &options, &executor));
            expect_ok(executor_run(executor, forest->chunk, NULL, logits));
            for (int64_t t = 1; t < length; t++) {
                double all = 0;
                const float *row = logits + (t - 1) * TINY_VOCABULARY;
                for (int v = 0; v < TINY_VOCABULARY; v++) all += exp((double)row[v]);
                expected += (double)row[id[offset[s] + t]] - log(all);
            }
            assert_true(fabs(sum[s] - expected) <= 2e-5 * (double)length);
            executor_destroy(&executor);
            forest_destroy(&forest);
        }
        model_close(&model);
    }
    tiny_free(&tiny);
}

/* Tokens by themselves: their sums are the sequences' scores, bit for bit, also where only the last
 * ones count; the others are NaN. */
static void are_told_by_token(void **state)
{
    static double sum[SCORES], token[2][CONDITIONS * SEQUENCES * LONGEST];
    static int32_t from[SEQUENCES];
    tiny_t tiny;
    model_t *model = NULL;
    tiny_neox(&tiny, 4);
    save(state, &tiny);
    expect_ok(model_open(MPI_COMM_WORLD, *state, 0, &model));
    for (int k = 0; k < 2; k++) {
        sequences_t sequences = make_sequences();
        random_t random = random_stream(2, "texts", 0);
        run_options_t options = {.condition = conditions,
                                 .conditions = CONDITIONS,
                                 .layers = TINY_LAYERS,
                                 .what = "tiny"};
        size_t tokens = (size_t)offset[SEQUENCES];
        for (int s = 0; s < SEQUENCES; s++)
            from[s] = 1 + (int32_t)random_below(&random, (uint64_t)(offset[s + 1] - offset[s] - 1));
        sequences.from = k ? from : NULL;
        score_plan_t plan;
        expect_ok(score_plan_create(&sequences, world_ranks(), 50, &plan));
        expect_ok(score_tokens(MPI_COMM_WORLD, model, &sequences, &plan, &options, NULL, "scores",
                               sum, world_rank() == 0 ? token[k] : NULL));
        score_plan_free(&plan);
        for (int i = 0; world_rank() == 0 && i < SCORES; i++) {
            int s = i % SEQUENCES, first = k ? from[s] : 1;
            const double *own = token[k] + (size_t)(i / SEQUENCES) * tokens;
            double expected = 0;
            for (int64_t t = offset[s]; t < offset[s + 1]; t++) {
                bool scored = t >= offset[s] + first;
                if (scored) expected += own[t];
                assert_int_equal(isnan(own[t]), !scored);
                if (k && scored) assert_true(own[t] == token[0][own + t - token[1]]);
            }
            assert_true(sum[i] == expected);
        }
    }
    model_close(&model);
    tiny_free(&tiny);
}

/* ---- failures ---- */

/* One sequence of sixty has a token too many: only the rank that has it notices. */
static void one_rank_fails(void **state)
{
    static double sum[SCORES];
    tiny_t tiny;
    tiny_neox(&tiny, 1);
    save(state, &tiny);
    for (int k = 0; k < 2; k++)
        for (int s = 0; s < SEQUENCES; s += 13) {
            sequences_t sequences = make_sequences();
            run_options_t options = {.condition = conditions,
                                     .conditions = CONDITIONS,
                                     .layers = TINY_LAYERS,
                                     .what = "step7",
                                     .memory = 50000};
            model_t *model = NULL;
            id[offset[s + 1] - 1] = TINY_VOCABULARY + 3;
            expect_ok(model_open(MPI_COMM_WORLD, *state, k ? STREAMED : 0, &model));
            expect_common_error(score_sequences(MPI_COMM_WORLD, model, &sequences, 20, &options,
                                                "scores", sum),
                                EXIT_INPUT, "step7: token 100, the model's vocabulary has 97 rows");
            model_close(&model);
        }
    tiny_free(&tiny);
}

/* Weights that are no numbers: found when the model is loaded or, streamed, on the way. */
static void damaged_weights(void **state)
{
    static const char *const names[] = {"gpt_neox.layers.0.attention.dense.bias",
                                        "gpt_neox.layers.2.mlp.dense_4h_to_h.weight",
                                        "embed_out.weight"};
    static double sum[SCORES];
    for (int i = 0; i < 3; i++)
        for (int k = 0; k < 2; k++) {
            tiny_t tiny;
            tiny_neox(&tiny, 1);
            tiny_find(&tiny, names[i])->value[5] = NAN;
            save(state, &tiny);
            expect_common_error(score(MPI_COMM_WORLD, *state, k ? STREAMED : 0, 50000, 20, sum),
                                EXIT_NUMERIC, names[i]);
            tiny_free(&tiny);
        }
}

/* Every rank overflows in its first chunk. */
static void overflow(void **state)
{
    static double sum[SCORES];
    tiny_t tiny;
    tiny_neox(&tiny, 1);
    float *norm = tiny_find(&tiny, "gpt_neox.layers.1.post_attention_layernorm.weight")->value;
    for (int i = 0; i < TINY_WIDTH; i++) norm[i] = 3e38f;
    MPI_Barrier(MPI_COMM_WORLD);
    if (world_rank() == 0) tiny_save(&tiny, *state, DTYPE_F32);
    MPI_Barrier(MPI_COMM_WORLD);
    for (int k = 0; k < 2; k++)
        expect_common_error(score(MPI_COMM_WORLD, *state, k ? STREAMED : 0, 50000, 20, sum),
                            EXIT_NUMERIC, "tiny: layer 1, neuron ");
    tiny_free(&tiny);
}

static void directories_that_are_no_models(void **state)
{
    model_t *model = NULL;
    char hex[SHA256_HEX];
    expect_common_error(model_open(MPI_COMM_WORLD, "/none", 0, &model), EXIT_INPUT,
                        "/none/config.json: cannot open");
    assert_null(model);
    expect_common_error(model_hash(MPI_COMM_WORLD, "/none", hex), EXIT_INPUT, "/none");
    tiny_t tiny;
    tiny_neox(&tiny, 1);
    tiny_find(&tiny, "gpt_neox.layers.2.attention.dense.weight")->columns = 0;
    save(state, &tiny);
    expect_common_error(model_open(MPI_COMM_WORLD, *state, 0, &model), EXIT_INPUT,
                        "the tensor 'gpt_neox.layers.2.attention.dense.weight' is missing");
    assert_null(model);
    tiny_free(&tiny);
}

/* Every rank learns rank 0's digest. */
static void digests(void **state)
{
    char shared[SHA256_HEX], own[SHA256_HEX];
    tiny_t tiny;
    tiny_neox(&tiny, 1);
    save(state, &tiny);
    expect_ok(model_hash(MPI_COMM_WORLD, *state, shared));
    expect_ok(model_hash(MPI_COMM_SELF, *state, own));
    assert_string_equal(shared, own);
    tiny_free(&tiny);
}

#define WITH_COMMON(test) cmocka_unit_test_setup_teardown(test, common_create, common_destroy)

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        WITH_COMMON(do_not_depend_on_ranks),
        WITH_COMMON(do_not_depend_on_memory),
        WITH_COMMON(do_not_depend_on_sharing),
        WITH_COMMON(copies_count),
        WITH_COMMON(agree_on_streaming),
        WITH_COMMON(are_sums_of_log_probabilities),
        WITH_COMMON(are_told_by_token),
        WITH_COMMON(one_rank_fails),
        WITH_COMMON(damaged_weights),
        WITH_COMMON(overflow),
        WITH_COMMON(directories_that_are_no_models),
        WITH_COMMON(digests),
    };
    return RUN_PARALLEL(argc, argv, tests);
}
