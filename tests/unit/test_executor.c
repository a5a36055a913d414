/* The executor on tiny random models: forests against whole sequences, conditions against each
 * other, and what is said of values that are not finite. */
#include "tests/tiny_model.h"

#include <math.h>

#include "model/executor.h"
#include "model/intervention.h"
#include "model/kernels.h"

enum { SEQUENCES = 40, LONGEST = 24 };

typedef struct {
    int32_t id[SEQUENCES * LONGEST];
    int64_t offset[SEQUENCES + 1];
} texts_t;

/* Texts that share beginnings: few letters first, then any of the vocabulary. */
static void make_texts(texts_t *texts, uint64_t seed)
{
    random_t random = random_stream(seed, "texts", 0);
    texts->offset[0] = 0;
    for (int s = 0; s < SEQUENCES; s++) {
        int64_t at = texts->offset[s], length = 2 + (int64_t)random_below(&random, LONGEST - 1);
        for (int64_t i = 0; i < length; i++)
            texts->id[at + i] = (int32_t)random_below(&random, i < 5 ? 2 : TINY_VOCABULARY);
        texts->offset[s + 1] = at + length;
    }
}

static model_t *open_model(tiny_t *tiny, const char *directory, dtype_t type)
{
    model_t *model = NULL;
    tiny_save(tiny, directory, type);
    expect_ok(model_open(MPI_COMM_SELF, directory, 0, &model));
    return model;
}

static model_t *open_neox(const char *directory)
{
    tiny_t tiny;
    tiny_neox(&tiny, 1);
    model_t *model = open_model(&tiny, directory, DTYPE_F32);
    tiny_free(&tiny);
    return model;
}

/* Every chunk of the forest, in this order or backwards. Results of chunk c begin at start[c] *
 * conditions. */
static double *run_forest(model_t *model, const forest_t *forest, const intervention_t *condition,
                          int conditions, bool backwards)
{
    run_options_t options = {.condition = condition,
                             .conditions = conditions,
                             .layers = model->shape.layers,
                             .what = "tiny"};
    executor_t *executor = NULL;
    double *all = NULL;
    size_t edges = 0, at = 0;
    for (size_t c = 0; c < forest->chunks; c++) edges += (size_t)forest->chunk[c].edges;
    expect_ok(mem_new(&all, edges * (size_t)conditions, "scores"));
    expect_ok(executor_create(model, forest, &options, &executor));
    if (backwards) at = edges;
    for (size_t i = 0; i < forest->chunks; i++) {
        const chunk_t *chunk = &forest->chunk[backwards ? forest->chunks - 1 - i : i];
        if (backwards) at -= (size_t)chunk->edges;
        expect_ok(executor_run(executor, chunk, all + at * (size_t)conditions, NULL));
        if (!backwards) at += (size_t)chunk->edges;
    }
    executor_destroy(&executor);
    return all;
}

/* log p of every token given those before it, from the logits of its sequence alone. */
static void score_plainly(model_t *model, const texts_t *texts, int s,
                          const intervention_t *condition, double *score)
{
    const int32_t *id = texts->id + texts->offset[s];
    int64_t length = texts->offset[s + 1] - texts->offset[s], whole[] = {0, length};
    run_options_t options = {
        .condition = condition, .conditions = 1, .layers = model->shape.layers, .what = "tiny"};
    forest_t *forest = NULL;
    executor_t *executor = NULL;
    float *logits = NULL;
    expect_ok(forest_create_whole(id, whole, 1, &forest));
    expect_ok(mem_new(&logits, (size_t)length * TINY_VOCABULARY, "logits"));
    expect_ok(executor_create(model, forest, &options, &executor));
    expect_ok(executor_run(executor, forest->chunk, NULL, logits));
    for (int64_t t = 1; t < length; t++) {
        const float *row = logits + (t - 1) * TINY_VOCABULARY;
        double sum = 0;
        for (int v = 0; v < TINY_VOCABULARY; v++) sum += exp((double)row[v]);
        score[t] = (double)row[id[t]] - log(sum);
    }
    mem_free(&logits);
    executor_destroy(&executor);
    forest_destroy(&forest);
}

static void make_model(tiny_t *tiny, int which)
{
    if (which == 0) tiny_neox(tiny, 1);
    if (which == 1) tiny_mistral(tiny, 2);
    if (which == 2) tiny_gpt2(tiny, 3);
    if (which == 3) tiny_opt(tiny, 4);
}

/* Some neurons of each layer, none of the middle one. */
static const int32_t neuron[] = {0, 7, 55, 1, 2, 3, 30};
static const int32_t start[] = {0, 3, 3, 7};

static void forest_equals_whole_sequences(void **state)
{
    static const intervention_t conditions[] = {
        {.ablate = ABLATE_NONE}, {.ablate = ABLATE_NEGATIVE, .neuron = neuron, .start = start}};
    texts_t texts;
    make_texts(&texts, 1);
    for (int which = 0; which < 4; which++)
        for (int c = 0; c < 2; c++) {
            tiny_t tiny;
            forest_t *forest = NULL;
            double worst = 0;
            size_t at = 0;
            make_model(&tiny, which);
            model_t *model = open_model(&tiny, *state, DTYPE_F32);
            expect_ok(forest_create(texts.id, texts.offset, SEQUENCES, 60, &forest));
            assert_true(forest->chunks > 3);
            double *all = run_forest(model, forest, &conditions[c], 1, false);
            for (size_t k = 0; k < forest->chunks; k++) {
                for (size_t i = forest->first[k]; i < forest->first[k + 1]; i++) {
                    int s = (int)forest->sequence[i];
                    double expected[LONGEST];
                    score_plainly(model, &texts, s, &conditions[c], expected);
                    for (int64_t t = texts.offset[s] + 1; t < texts.offset[s + 1]; t++) {
                        double got = all[at + (size_t)forest->edge_of[t]];
                        worst = fmax(worst, fabs(got - expected[t - texts.offset[s]]));
                    }
                }
                at += (size_t)forest->chunk[k].edges;
            }
            if (worst > 2e-5) fail_msg("model %d, condition %d: %g nats", which, c, worst);
            mem_free(&all);
            forest_destroy(&forest);
            model_close(&model);
            tiny_free(&tiny);
        }
}

/* Conditions that part at different layers, two that are equal, one without neurons. */
static const int32_t late[] = {4, 9}, late_start[] = {0, 0, 0, 2};
static const int32_t nothing_start[] = {0, 0, 0, 0};
static const float means[] = {0.1f, -0.2f, 0.1f};
static const intervention_t many[] = {
    {.ablate = ABLATE_NONE},
    {.ablate = ABLATE_NEGATIVE, .neuron = neuron, .start = start},
    {.ablate = ABLATE_BOTH, .neuron = late, .start = late_start},
    {.ablate = ABLATE_BOTH, .neuron = neuron, .start = start},
    {.ablate = ABLATE_NEGATIVE, .neuron = neuron, .start = start},
    {.ablate = ABLATE_NEGATIVE, .neuron = late, .start = late_start},
    {.ablate = ABLATE_BOTH, .neuron = neuron, .start = nothing_start},
    {.ablate = ABLATE_SIGNFLIP, .neuron = late, .start = late_start},
    {.ablate = ABLATE_SCALE, .neuron = late, .start = late_start, .factor = 0.5f},
    {.ablate = ABLATE_SCALE, .neuron = late, .start = late_start, .factor = 2},
    {.ablate = ABLATE_MEAN, .neuron = late, .start = late_start, .value = means},
    {.ablate = ABLATE_MEAN, .neuron = late, .start = late_start, .value = means + 1},
    {.ablate = ABLATE_SCALE, .neuron = late, .start = late_start, .factor = 2},
};
enum { MANY = sizeof many / sizeof *many };

static void expect_same_bits(const double *a, const double *b, size_t count, const char *what)
{
    if (memcmp(a, b, count * sizeof *a) != 0) fail_msg("%s: other bits", what);
}

/* Together, alone, in another order, the chunks backwards: the same bits. */
static void conditions_do_not_touch_each_other(void **state)
{
    texts_t texts;
    forest_t *forest = NULL;
    model_t *model = open_neox(*state);
    intervention_t reversed[MANY];
    make_texts(&texts, 2);
    for (int c = 0; c < MANY; c++) reversed[c] = many[MANY - 1 - c];
    expect_ok(forest_create(texts.id, texts.offset, SEQUENCES, 50, &forest));
    double *all = run_forest(model, forest, many, MANY, false);
    double *back = run_forest(model, forest, reversed, MANY, true);
    double *alone[MANY];
    for (int c = 0; c < MANY; c++) alone[c] = run_forest(model, forest, &many[c], 1, false);
    size_t at = 0;
    for (size_t k = 0; k < forest->chunks; k++) {
        size_t edges = (size_t)forest->chunk[k].edges;
        for (int c = 0; c < MANY; c++) {
            const double *got = all + at * MANY + (size_t)c * edges;
            expect_same_bits(got, alone[c] + at, edges, "alone");
            expect_same_bits(got, back + at * MANY + (size_t)(MANY - 1 - c) * edges, edges,
                             "in another order");
        }
        expect_same_bits(all + at * MANY + edges, all + at * MANY + 4 * edges, edges, "twins");
        expect_same_bits(all + at * MANY, all + at * MANY + 6 * edges, edges, "no neurons");
        at += edges;
    }
    /* and they do differ */
    for (int c = 1; c < MANY; c++)
        if (c != 6) assert_memory_not_equal(alone[0], alone[c], at * sizeof *all);
    assert_memory_not_equal(alone[2], alone[5], at * sizeof *all);
    for (int c = 0; c < MANY; c++) mem_free(&alone[c]);
    mem_free(&all);
    mem_free(&back);
    forest_destroy(&forest);
    model_close(&model);
}

/* Any number of threads, more than rows or heads among them: the same bits. */
static void threads(void **state)
{
    enum { FEW = 6, LONG = 30 };
    int32_t id[FEW * LONG];
    int64_t offset[FEW + 1] = {0};
    random_t random = random_stream(1, "threads", 0);
    for (int s = 0; s < FEW; s++) {
        int64_t length = 2 + (int64_t)random_below(&random, LONG - 2);
        for (int64_t i = 0; i < length; i++)
            id[offset[s] + i] = (int32_t)random_below(&random, i < 3 ? 2 : TINY_VOCABULARY);
        offset[s + 1] = offset[s] + length;
    }
    void (*const make[])(tiny_t * tiny, uint64_t seed) = {tiny_neox, tiny_mistral, tiny_gpt2,
                                                          tiny_opt};
    for (int which = 0; which < 4; which++) {
        tiny_t tiny;
        forest_t *forest = NULL;
        make[which](&tiny, 5);
        model_t *model = open_model(&tiny, *state, DTYPE_F16);
        expect_ok(forest_create(id, offset, FEW, 1000, &forest));
        assert_int_equal(forest->chunks, 1);
        size_t count = MANY * (size_t)forest->chunk->edges;
        double *alone = run_forest(model, forest, many, MANY, false), *shared = NULL;
        expect_ok(mem_new(&shared, count, "scores"));
        for (int n = 1; n <= 9; n++) {
            team_t *team = NULL;
            executor_t *executor = NULL;
            expect_ok(team_create(n, &team));
            run_options_t options = {.condition = many,
                                     .conditions = MANY,
                                     .layers = TINY_LAYERS,
                                     .what = "tiny",
                                     .team = team};
            expect_ok(executor_create(model, forest, &options, &executor));
            expect_ok(executor_run(executor, forest->chunk, shared, NULL));
            assert_memory_equal(shared, alone, count * sizeof *alone);
            executor_destroy(&executor);
            team_destroy(&team);
        }
        mem_free(&alone);
        mem_free(&shared);
        forest_destroy(&forest);
        model_close(&model);
        tiny_free(&tiny);
    }
}

/* Conditions in flight: as many states as fit beside the buffers, by the tree of those taken. */
static void conditions_in_flight(void **state)
{
    static const int32_t id[] = {1, 2, 3, 4, 5, 6};
    static const int64_t offset[] = {0, 6};
    model_t *model = open_neox(*state);
    forest_t *forest = NULL;
    expect_ok(forest_create(id, offset, 1, 100, &forest));
    executor_bytes_t bytes = executor_bytes(&model->shape, forest, 1, ARITHMETIC_FLOAT32);
    assert_int_equal(bytes.state, 5 * TINY_WIDTH * sizeof(float));
    for (int fit = 0; fit <= MANY + 1; fit++) {
        int count, most = 1;
        size_t memory = bytes.buffers + (size_t)fit * bytes.state;
        run_options_t options = {.condition = many,
                                 .conditions = MANY,
                                 .layers = TINY_LAYERS,
                                 .what = "tiny",
                                 .memory = memory};
        for (int n = 1; n <= MANY; n++) {
            condition_tree_t tree;
            int states = 0;
            expect_ok(condition_tree_create(many, n, TINY_LAYERS, &tree));
            for (int l = 0; l <= TINY_LAYERS; l++)
                if (tree.states[l] > states) states = tree.states[l];
            if (states <= fit) most = n;
            condition_tree_free(&tree);
        }
        expect_ok(executor_conditions(&model->shape, forest, &options, &count));
        assert_int_equal(count, most);
        options.memory = 0;
        expect_ok(executor_conditions(&model->shape, forest, &options, &count));
        assert_int_equal(count, MANY);
        options.memory = 1;
        expect_ok(executor_conditions(&model->shape, forest, &options, &count));
        assert_int_equal(count, 1);
    }
    forest_destroy(&forest);
    model_close(&model);
}

static void logits_of_every_condition(void **state)
{
    static const int32_t id[] = {1, 2, 3, 4, 5};
    static const int64_t offset[] = {0, 3, 5};
    enum { BLOCK = 5 * TINY_VOCABULARY };
    static float all[MANY * BLOCK], one[BLOCK];
    model_t *model = open_neox(*state);
    forest_t *forest = NULL;
    executor_t *executor = NULL;
    expect_ok(forest_create_whole(id, offset, 2, &forest));
    run_options_t options = {
        .condition = many, .conditions = MANY, .layers = TINY_LAYERS, .what = "tiny"};
    expect_ok(executor_create(model, forest, &options, &executor));
    expect_ok(executor_run(executor, forest->chunk, NULL, all));
    executor_destroy(&executor);
    for (int c = 0; c < MANY; c++) {
        run_options_t single = {
            .condition = &many[c], .conditions = 1, .layers = TINY_LAYERS, .what = "tiny"};
        expect_ok(executor_create(model, forest, &single, &executor));
        expect_ok(executor_run(executor, forest->chunk, NULL, one));
        assert_memory_equal(one, all + c * BLOCK, sizeof one);
        executor_destroy(&executor);
    }
    forest_destroy(&forest);
    model_close(&model);
}

/* ---- the probe ---- */

typedef struct {
    float preact[TINY_LAYERS][5 * TINY_MLP];
    int calls;
} taken_t;

static status_t take(void *context, int layer, const chunk_t *chunk, const float *preactivation,
                     const float *input)
{
    taken_t *it = context;
    (void)input;
    assert_int_equal(chunk->rows, 5);
    assert_int_equal(layer, it->calls++);
    memcpy(it->preact[layer], preactivation, sizeof it->preact[layer]);
    return NULL;
}

static status_t refuse(void *context, int layer, const chunk_t *chunk, const float *preactivation,
                       const float *input)
{
    (void)context, (void)chunk, (void)preactivation, (void)input;
    return layer == 1 ? status_new(EXIT_OUTPUT, "the disk is full") : NULL;
}

/* A run that stops early sees what a whole one sees; the first condition alone is seen. */
static void probes(void **state)
{
    static const int32_t id[] = {1, 2, 3, 4, 5};
    static const int64_t offset[] = {0, 3, 5};
    static taken_t whole, part;
    model_t *model = open_neox(*state);
    forest_t *forest = NULL;
    executor_t *executor = NULL;
    expect_ok(forest_create_whole(id, offset, 2, &forest));
    probe_t probe = {.take = take, .context = &whole};
    run_options_t options = {.condition = many,
                             .conditions = MANY,
                             .layers = TINY_LAYERS,
                             .probe = &probe,
                             .what = "tiny"};
    expect_ok(executor_create(model, forest, &options, &executor));
    expect_ok(executor_run(executor, forest->chunk, NULL, NULL));
    executor_destroy(&executor);
    assert_int_equal(whole.calls, TINY_LAYERS);
    for (int layers = 1; layers <= TINY_LAYERS; layers++) {
        memset(&part, 0, sizeof part);
        probe.context = &part;
        options = (run_options_t){
            .condition = many, .conditions = 1, .layers = layers, .probe = &probe, .what = "tiny"};
        expect_ok(executor_create(model, forest, &options, &executor));
        expect_ok(executor_run(executor, forest->chunk, NULL, NULL));
        executor_destroy(&executor);
        assert_int_equal(part.calls, layers);
        for (int l = 0; l < layers; l++)
            assert_memory_equal(part.preact[l], whole.preact[l], sizeof part.preact[l]);
    }
    probe.take = refuse;
    options.layers = TINY_LAYERS;
    expect_ok(executor_create(model, forest, &options, &executor));
    expect_error(executor_run(executor, forest->chunk, NULL, NULL), EXIT_OUTPUT,
                 "the disk is full");
    executor_destroy(&executor);
    forest_destroy(&forest);
    model_close(&model);
}

/* ---- types on disk ---- */

/* Weights of 16 bits give what the same numbers give in 32 or 64. */
static void types_on_disk(void **state)
{
    static const dtype_t narrow[] = {DTYPE_F16, DTYPE_BF16};
    texts_t texts;
    forest_t *forest = NULL;
    make_texts(&texts, 3);
    expect_ok(forest_create(texts.id, texts.offset, SEQUENCES, 1000, &forest));
    assert_int_equal(forest->chunks, 1);
    for (int which = 0; which < 4; which++)
        for (int n = 0; n < 2; n++) {
            tiny_t tiny;
            make_model(&tiny, which);
            for (int i = 0; i < tiny.count; i++) {
                tiny_tensor_t *it = &tiny.tensor[i];
                size_t count = (size_t)(it->rows ? it->rows : 1) * (size_t)it->columns;
                uint16_t *half = NULL;
                expect_ok(mem_new(&half, count, "halves"));
                dtype_round(half, it->value, count, narrow[n]);
                dtype_expand(it->value, half, count, narrow[n]);
                mem_free(&half);
            }
            double *result[3];
            dtype_t types[] = {narrow[n], DTYPE_F32, DTYPE_F64};
            for (int t = 0; t < 3; t++) {
                model_t *model = open_model(&tiny, *state, types[t]);
                result[t] = run_forest(model, forest, many, 1, false);
                model_close(&model);
            }
            size_t edges = (size_t)forest->chunk->edges;
            expect_same_bits(result[0], result[1], edges, "32 bits");
            expect_same_bits(result[0], result[2], edges, "64 bits");
            for (int t = 0; t < 3; t++) mem_free(&result[t]);
            tiny_free(&tiny);
        }
    forest_destroy(&forest);
}

/* ---- refusals ---- */

static void expect_run_error(model_t *model, const int32_t *id, int64_t length, exit_code_t code,
                             const char *message)
{
    int64_t offset[] = {0, length};
    forest_t *forest = NULL;
    executor_t *executor = NULL;
    double *score = NULL;
    run_options_t options = {
        .condition = many, .conditions = 2, .layers = model->shape.layers, .what = "step512"};
    expect_ok(forest_create(id, offset, 1, 100, &forest));
    expect_ok(mem_new(&score, 2 * (size_t)forest->chunk->edges, "scores"));
    status_t status = executor_create(model, forest, &options, &executor);
    if (!status) status = executor_run(executor, forest->chunk, score, NULL);
    expect_error(status, code, message);
    executor_destroy(&executor);
    forest_destroy(&forest);
    mem_free(&score);
}

static void names_what_overflows(void **state)
{
    static const int32_t id[] = {3, 1, 2, 2};
    tiny_t tiny;
    tiny_neox(&tiny, 1);
    tiny_tensor_t *bias = tiny_find(&tiny, "gpt_neox.layers.1.mlp.dense_h_to_4h.bias");
    tiny_tensor_t *gate = tiny_find(&tiny, "gpt_neox.layers.1.mlp.dense_h_to_4h.weight");
    for (int i = 0; i < TINY_WIDTH; i++) gate->value[7 * TINY_WIDTH + i] = 0;
    bias->value[7] = 3e38f;
    tiny_find(&tiny, "gpt_neox.layers.1.mlp.dense_4h_to_h.weight")->value[7] = 2;
    model_t *model = open_model(&tiny, *state, DTYPE_F32);
    /* 3e38 is a number, twice that is not: the next layer's norm spreads it to all neurons */
    expect_run_error(model, id, 4, EXIT_NUMERIC, "step512: layer 2, neuron 0: the value ");
    model_close(&model);
    for (int i = 0; i < TINY_WIDTH; i++) gate->value[7 * TINY_WIDTH + i] = 3e38f;
    model = open_model(&tiny, *state, DTYPE_F32);
    expect_run_error(model, id, 4, EXIT_NUMERIC, "step512: layer 1, neuron 7: the value ");
    expect_run_error(model, id, 4, EXIT_NUMERIC, " at token 3, position 0 of its sequence");
    model_close(&model);
    tiny_free(&tiny);
}

/* The part of a gated MLP that has no pre-activation. */
static void names_an_up_projection_that_overflows(void **state)
{
    static const int32_t id[] = {3, 1, 2, 2};
    tiny_t tiny;
    tiny_mistral(&tiny, 2);
    tiny_tensor_t *up = tiny_find(&tiny, "model.layers.1.mlp.up_proj.weight");
    for (int i = 0; i < TINY_WIDTH; i++) up->value[9 * TINY_WIDTH + i] = 3e38f;
    model_t *model = open_model(&tiny, *state, DTYPE_F32);
    expect_run_error(model, id, 4, EXIT_NUMERIC,
                     "step512: layer 1, up-projection of neuron 9: the value ");
    model_close(&model);
    tiny_free(&tiny);
}

/* GPT-2's switches of attention's scores equal other queries: without the division by the root of
 * the head's 8 dimensions they are as large as queries times that root give, and divided by the
 * layer's number as queries divided by it. */
static void scales_scores_as_gpt2_says(void **state)
{
    static const char *const keys[] = {"\"gpt2\", \"scale_attn_weights\": false",
                                       "\"gpt2\", \"scale_attn_by_inverse_layer_idx\": true"};
    texts_t texts;
    make_texts(&texts, 3);
    for (int k = 0; k < 2; k++) {
        tiny_t plain, keyed;
        double expected[LONGEST], got[LONGEST], worst = 0, apart = 0;
        tiny_gpt2(&plain, 3);
        tiny_gpt2(&keyed, 3);
        tiny_replace(&keyed, "\"gpt2\"", keys[k]);
        model_t *keyed_model = open_model(&keyed, *state, DTYPE_F32);
        model_t *before = open_model(&plain, *state, DTYPE_F32);
        for (int l = 0; l < TINY_LAYERS; l++) {
            char name[32];
            float factor = k == 0 ? sqrtf(TINY_WIDTH / TINY_HEADS) : 1.0f / (float)(l + 1);
            snprintf(name, sizeof name, "h.%d.attn.c_attn.weight", l);
            float *weight = tiny_find(&plain, name)->value;
            snprintf(name, sizeof name, "h.%d.attn.c_attn.bias", l);
            float *bias = tiny_find(&plain, name)->value;
            for (int i = 0; i <= TINY_WIDTH; i++)
                for (int j = 0; j < TINY_WIDTH; j++)
                    (i < TINY_WIDTH ? weight + (ptrdiff_t)3 * TINY_WIDTH * i : bias)[j] *= factor;
        }
        model_t *model = open_model(&plain, *state, DTYPE_F32);
        for (int s = 0; s < SEQUENCES; s++) {
            int64_t length = texts.offset[s + 1] - texts.offset[s];
            score_plainly(model, &texts, s, many, expected);
            score_plainly(keyed_model, &texts, s, many, got);
            for (int64_t t = 1; t < length; t++) worst = fmax(worst, fabs(got[t] - expected[t]));
            score_plainly(before, &texts, s, many, expected);
            for (int64_t t = 1; t < length; t++) apart = fmax(apart, fabs(got[t] - expected[t]));
        }
        if (worst > 2e-5 || apart < 1e-3) fail_msg("case %d: %g, %g nats", k, worst, apart);
        model_close(&model);
        model_close(&before);
        model_close(&keyed_model);
        tiny_free(&plain);
        tiny_free(&keyed);
    }
}

/* A logit beyond float32's range, up or down: of the token that is asked for, or of another. */
static void names_logits_that_overflow(void **state)
{
    static const int32_t id[] = {3, 5};
    for (int sign = -1; sign <= 1; sign += 2) {
        tiny_t tiny;
        tiny_neox(&tiny, 1);
        tiny_tensor_t *head = tiny_find(&tiny, "embed_out.weight");
        tiny_tensor_t *weight = tiny_find(&tiny, "gpt_neox.final_layer_norm.weight");
        tiny_tensor_t *shift = tiny_find(&tiny, "gpt_neox.final_layer_norm.bias");
        weight->value[0] = 0, shift->value[0] = 2; /* the first column is 2 in every row */
        head->value[5 * TINY_WIDTH] = (float)sign * 3e38f;
        model_t *model = open_model(&tiny, *state, DTYPE_F32);
        expect_run_error(model, id, 2, EXIT_NUMERIC,
                         sign > 0 ? "step512: the logits after token 3, position 0, are not finite"
                                  : "step512: the logit of token 5 is -inf after token 3, "
                                    "position 0");
        model_close(&model);
        tiny_free(&tiny);
    }
}

static void refuses_tokens_and_positions(void **state)
{
    static const int32_t row[] = {1, TINY_VOCABULARY, 2}, edge[] = {1, 2, TINY_VOCABULARY};
    static const int32_t negative[] = {1, -1, 2}, last[] = {1, -5};
    int32_t longer[TINY_POSITIONS + 2] = {0};
    model_t *model = open_neox(*state);
    expect_run_error(model, row, 3, EXIT_INPUT,
                     "step512: token 97, the model's vocabulary has 97 rows");
    expect_run_error(model, edge, 3, EXIT_INPUT, "step512: token 97, the model's");
    expect_run_error(model, negative, 3, EXIT_INPUT, "step512: token -1, the model's");
    expect_run_error(model, last, 2, EXIT_INPUT, "step512: token -5, the model's");
    model_close(&model);

    tiny_t tiny;
    tiny_gpt2(&tiny, 3);
    model = open_model(&tiny, *state, DTYPE_F32);
    expect_run_error(model, longer, TINY_POSITIONS + 2, EXIT_INPUT,
                     "step512: a sequence of 65 tokens, the model has 64 positions");
    forest_t *forest = NULL;
    int64_t offset[] = {0, TINY_POSITIONS + 1}; /* its last token is no row */
    expect_ok(forest_create(longer, offset, 1, 100, &forest));
    double *all = run_forest(model, forest, many, 1, false);
    mem_free(&all);
    forest_destroy(&forest);
    model_close(&model);
    tiny_free(&tiny);
}

static void refuses_impossible_interventions(void **state)
{
    static const int32_t beyond[] = {TINY_MLP}, below[] = {-1}, one[] = {0, 0, 0, 1};
    static const int32_t id[] = {1, 2, 3};
    static const int64_t offset[] = {0, 3};
    static const int32_t unordered[] = {5, 3}, two[] = {0, 0, 2, 2};
    int32_t repeated[TINY_MLP + 1] = {0}, all[] = {0, 0, TINY_MLP + 1, TINY_MLP + 1};
    intervention_t cases[] = {{.ablate = ABLATE_BOTH, .neuron = beyond, .start = one},
                              {.ablate = ABLATE_BOTH, .neuron = below, .start = one},
                              {.ablate = ABLATE_BOTH, .neuron = repeated, .start = all},
                              {.ablate = ABLATE_BOTH, .neuron = unordered, .start = two}};
    static const char *const messages[] = {"tiny: neuron 56 of 56", "tiny: neuron -1 of 56",
                                           "tiny: layer 1: 57 of 56 neurons",
                                           "tiny: layer 1: neuron 3 after 5"};
    model_t *model = open_neox(*state);
    forest_t *forest = NULL;
    expect_ok(forest_create(id, offset, 1, 10, &forest));
    for (int i = 0; i < 4; i++) {
        executor_t *executor = NULL;
        run_options_t options = {
            .condition = &cases[i], .conditions = 1, .layers = TINY_LAYERS, .what = "tiny"};
        expect_error(executor_create(model, forest, &options, &executor), EXIT_BUG, messages[i]);
        assert_null(executor);
    }
    forest_destroy(&forest);
    model_close(&model);
}

#define WITH_SCRATCH(test) cmocka_unit_test_setup_teardown(test, scratch_create, scratch_destroy)

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        WITH_SCRATCH(forest_equals_whole_sequences),
        WITH_SCRATCH(conditions_do_not_touch_each_other),
        WITH_SCRATCH(threads),
        WITH_SCRATCH(conditions_in_flight),
        WITH_SCRATCH(logits_of_every_condition),
        WITH_SCRATCH(probes),
        WITH_SCRATCH(types_on_disk),
        WITH_SCRATCH(names_what_overflows),
        WITH_SCRATCH(names_an_up_projection_that_overflows),
        WITH_SCRATCH(scales_scores_as_gpt2_says),
        WITH_SCRATCH(names_logits_that_overflow),
        WITH_SCRATCH(refuses_tokens_and_positions),
        WITH_SCRATCH(refuses_impossible_interventions),
    };
    MPI_Init(&argc, &argv);
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    MPI_Finalize();
    return failed;
}
