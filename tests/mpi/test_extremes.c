/* Extremes and signs of single neurons against all pre-activations of the same windows, sorted plainly,
 * and the up projection worked out in float64 from the MLP's inputs; equal on any number of ranks, in
 * memory or streamed; lists in any order of arrival. */
#include <math.h>

#include "eval/extremes.h"
#include "tests/parallel.h"
#include "tests/tiny_model.h"

enum { WINDOWS = 7, WINDOW = 16, TOKENS = WINDOWS * WINDOW, COUNT = 5, NEURONS = 5 };

static int32_t id[TOKENS];
static int64_t offset[WINDOWS + 1];
/* The last layer is not among them: its up projection is computed for the probe alone. */
static const int32_t layer[NEURONS] = {0, 0, 1, 1, 1}, neuron[NEURONS] = {0, 55, 3, 4, 30};

static sequences_t make_windows(void)
{
    for (int t = 0; t < TOKENS; t++) id[t] = (t * 37 + t / WINDOW * 5) % TINY_VOCABULARY;
    for (int w = 0; w <= WINDOWS; w++) offset[w] = w * WINDOW;
    /* the last window repeats the first: equal values, of which the first places count */
    for (int t = 0; t < WINDOW; t++) id[(WINDOWS - 1) * WINDOW + t] = id[t];
    return (sequences_t){.id = id, .offset = offset, .count = WINDOWS, .items = WINDOWS};
}

static status_t measure_part(MPI_Comm comm, const char *directory, size_t memory, size_t part,
                             size_t parts, extremes_t *extremes)
{
    const extremes_plan_t what = {.layer = layer,
                                  .neuron = neuron,
                                  .neurons = NEURONS,
                                  .count = COUNT,
                                  .part = part,
                                  .parts = parts};
    model_t *model = NULL;
    status_t status = model_open(comm, directory, memory, &model);
    sequences_t windows = make_windows();
    run_options_t options = {.what = "test"};
    if (!status) {
        score_plan_t plan;
        int ranks;
        MPI_Comm_size(comm, &ranks);
        expect_ok(score_plan_windows(&windows, ranks, 2 * WINDOW, &plan));
        status = extremes_measure(comm, model, &plan, &options, &what, "extremes", extremes);
        score_plan_free(&plan);
    }
    model_close(&model);
    return status;
}

static status_t measure(MPI_Comm comm, const char *directory, size_t memory, extremes_t *extremes)
{
    return measure_part(comm, directory, memory, 0, 1, extremes);
}

static void save(const char *directory, const tiny_t *tiny)
{
    MPI_Barrier(MPI_COMM_WORLD);
    if (world_rank() == 0) tiny_save(tiny, directory, DTYPE_F32);
    MPI_Barrier(MPI_COMM_WORLD);
}

/* ---- everything, by a probe of the whole ---- */

typedef struct {
    const forest_t *forest;
    const tiny_t *tiny;
    float value[NEURONS][TOKENS];
    double up[NEURONS][TOKENS];
} whole_t;

static status_t take(void *context, int index, const chunk_t *chunk, const float *preactivation,
                     const float *input)
{
    whole_t *it = context;
    int first = 0;
    for (const chunk_t *c = it->forest->chunk; c < chunk; c++) first += c->rows;
    for (int n = 0; n < NEURONS; n++) {
        char name[80];
        if (layer[n] != index) continue;
        snprintf(name, sizeof name, "model.layers.%d.mlp.up_proj.weight", index);
        for (int t = 0; t < chunk->rows; t++) {
            it->value[n][first + t] = preactivation[t * TINY_MLP + neuron[n]];
            it->up[n][first + t] = 0;
            for (int i = 0; i < it->tiny->count; i++)
                for (int d = 0; strcmp(it->tiny->tensor[i].name, name) == 0 && d < TINY_WIDTH; d++)
                    it->up[n][first + t] +=
                        (double)it->tiny->tensor[i].value[neuron[n] * TINY_WIDTH + d] *
                        (double)input[t * TINY_WIDTH + d];
        }
    }
    return NULL;
}

static void take_whole(const char *directory, whole_t *whole)
{
    const intervention_t none = {.ablate = ABLATE_NONE};
    const probe_t probe = {.take = take, .context = whole};
    run_options_t options = {.condition = &none,
                             .conditions = 1,
                             .layers = TINY_LAYERS,
                             .probe = &probe,
                             .what = "test"};
    model_t *model = NULL;
    forest_t *forest = NULL;
    executor_t *executor = NULL;
    sequences_t windows = make_windows();
    expect_ok(model_open(MPI_COMM_SELF, directory, 0, &model));
    expect_ok(forest_create_windows(windows.id, WINDOWS, WINDOW, 2 * WINDOW, &forest));
    whole->forest = forest;
    expect_ok(executor_create(model, forest, &options, &executor));
    for (size_t c = 0; c < forest->chunks; c++)
        expect_ok(executor_run(executor, &forest->chunk[c], NULL, NULL));
    executor_destroy(&executor);
    forest_destroy(&forest);
    model_close(&model);
}

static const entry_t *entry_of(const extremes_t *got, int n, int list, int rank)
{
    size_t of = (size_t)(n * EXTREME_LISTS + list);
    return &got->tops.entry[of * got->tops.count + (size_t)rank];
}

/* The rank-th place by plain search: lowest first by key, then by place; those with key >= 0 not
 * counted. */
static int plain_place(const double *key, int rank)
{
    bool taken[TOKENS] = {false};
    int best = -1;
    for (; rank >= 0; rank--) {
        best = -1;
        for (int t = 0; t < TOKENS; t++)
            if (!taken[t] && key[t] < 0 && (best < 0 || key[t] < key[best])) best = t;
        if (best < 0) return -1;
        taken[best] = true;
    }
    return best;
}

static void assert_ends(const extremes_t *got, const whole_t *whole, int n)
{
    int64_t below = 0;
    for (int list = EXTREME_NEGATIVE; list <= EXTREME_POSITIVE; list++) {
        double key[TOKENS];
        for (int t = 0; t < TOKENS; t++)
            key[t] = (double)(list == EXTREME_NEGATIVE ? whole->value[n][t] : -whole->value[n][t]);
        for (int r = 0; r < COUNT; r++) {
            int place = plain_place(key, r);
            bool there = r < got->tops.filled[n * EXTREME_LISTS + list];
            assert_int_equal(there, place >= 0);
            if (!there) continue;
            assert_int_equal(entry_of(got, n, list, r)->place, place);
            assert_true(entry_of(got, n, list, r)->value == whole->value[n][place]);
        }
    }
    for (int t = 0; t < TOKENS; t++) below += whole->value[n][t] < 0;
    assert_int_equal(got->below[n], below);
}

static void assert_quadrants(const extremes_t *got, const whole_t *whole, int n)
{
    int64_t tokens[4] = {0};
    double sum[4] = {0}, most[4] = {0};
    for (int t = 0; t < TOKENS; t++) {
        double a = (double)whole->value[n][t], up = whole->up[n][t];
        double product = a / (1 + exp(-a)) * up; /* SiLU */
        int q = 2 * (a >= 0) + (up >= 0);
        tokens[q]++;
        sum[q] += product;
        if (fabs(product) > most[q]) most[q] = fabs(product);
    }
    for (int q = 0; q < 4; q++) {
        const entry_t *first = entry_of(got, n, EXTREME_QUADRANTS + q, 0);
        assert_int_equal(got->tokens[4 * n + q], tokens[q]);
        if (tokens[q] == 0) {
            assert_true(isnan(got->product[4 * n + q]));
            continue;
        }
        assert_true(fabs(got->product[4 * n + q] - sum[q] / (double)tokens[q]) < 1e-6);
        if (!(fabs(first->key - most[q]) < 1e-6 * most[q]))
            fail_msg("|product| %.9g, expected %.9g", first->key, most[q]);
        assert_true(first->value == whole->value[n][first->place]);
        assert_true(fabs((double)first->up - whole->up[n][first->place]) < 1e-6);
    }
}

static void assert_same(const extremes_t *a, const extremes_t *b)
{
    for (size_t l = 0; l < NEURONS * EXTREME_LISTS; l++) {
        assert_int_equal(a->tops.filled[l], b->tops.filled[l]);
        assert_memory_equal(a->tops.entry + l * COUNT, b->tops.entry + l * COUNT,
                            (size_t)a->tops.filled[l] * sizeof(entry_t));
    }
    assert_memory_equal(a->below, b->below, NEURONS * sizeof *a->below);
    assert_memory_equal(a->tokens, b->tokens, 4 * NEURONS * sizeof *a->tokens);
    assert_memory_equal(a->product, b->product, 4 * NEURONS * sizeof *a->product);
}

/* Parts of the corpus, through files, in another order. */
static void assert_parts(const char *directory, const extremes_t *whole)
{
    enum { PARTS = 3 };
    extremes_t part, all;
    expect_ok(extremes_create(&all, NEURONS, COUNT, whole->gated));
    for (size_t p = PARTS; p-- > 0;) {
        char path[1100];
        store_t *store = NULL;
        snprintf(path, sizeof path, "%s/part.h5", directory);
        expect_ok(measure_part(MPI_COMM_WORLD, directory, 0, p, PARTS, &part));
        if (world_rank() == 0) {
            expect_ok(store_create(path, MPI_COMM_SELF, &store));
            expect_ok(extremes_write(store, &part));
            expect_ok(store_publish(&store));
            extremes_destroy(&part);
            expect_ok(store_open(path, &store));
            expect_ok(extremes_create(&part, NEURONS, COUNT + 1, whole->gated));
            expect_error(extremes_read(store, &part), EXIT_INPUT, "/entries/key: ");
            extremes_destroy(&part);
            expect_ok(extremes_create(&part, NEURONS, COUNT, whole->gated));
            expect_ok(extremes_read(store, &part));
            store_close(&store);
            expect_ok(extremes_add(&all, &part));
        }
        extremes_destroy(&part);
    }
    if (world_rank() == 0) {
        assert_int_equal(all.all, TOKENS);
        assert_same(&all, whole);
    }
    extremes_destroy(&all);
}

static void test_gated(void **state)
{
    enum { STREAMED = 40000 };
    static whole_t whole;
    tiny_t tiny;
    extremes_t own, got;
    tiny_mistral(&tiny, 8);
    save(*state, &tiny);
    whole.tiny = &tiny;
    take_whole(*state, &whole);
    expect_ok(measure(MPI_COMM_SELF, *state, 0, &own));
    assert_true(own.gated && own.all == TOKENS);
    for (int n = 0; n < NEURONS; n++) {
        assert_ends(&own, &whole, n);
        assert_quadrants(&own, &whole, n);
    }
    for (int streamed = 0; streamed < 2; streamed++) {
        expect_ok(measure(MPI_COMM_WORLD, *state, streamed ? STREAMED : 0, &got));
        if (world_rank() == 0) assert_same(&got, &own);
        extremes_destroy(&got);
    }
    assert_parts(*state, &own);
    extremes_destroy(&own);
    MPI_Barrier(MPI_COMM_WORLD);
    tiny_free(&tiny);
}

static void test_not_gated(void **state)
{
    static whole_t whole;
    tiny_t tiny;
    extremes_t got;
    tiny_neox(&tiny, 9);
    save(*state, &tiny);
    whole.tiny = &tiny;
    take_whole(*state, &whole);
    expect_ok(measure(MPI_COMM_WORLD, *state, 0, &got));
    assert_false(got.gated);
    for (int n = 0; n < NEURONS && world_rank() == 0; n++) {
        assert_ends(&got, &whole, n);
        assert_int_equal(got.tops.filled[n * EXTREME_LISTS + EXTREME_QUADRANTS], 0);
    }
    extremes_destroy(&got);
    MPI_Barrier(MPI_COMM_WORLD);
    tiny_free(&tiny);
}

/* ---- lists ---- */

/* Each rank has every so many-th of the keys 0, 1, 2, 0, 1, 2, ..., the last place first. */
static void test_any_order(void **state)
{
    (void)state;
    enum { ENTRIES = 40, FEW = 4 };
    tops_t tops;
    int ranks = world_ranks();
    expect_ok(tops_create(&tops, 2, FEW));
    for (int i = ENTRIES - 1; i >= 0; i--)
        if (i % ranks == world_rank()) {
            entry_t entry = {.key = i % 3, .place = i, .value = (float)i};
            if (tops_admits(&tops, 1, entry.key)) tops_add(&tops, 1, entry);
        }
    expect_ok(tops_gather(MPI_COMM_WORLD, &tops));
    if (world_rank() == 0) {
        assert_int_equal(tops.filled[0], 0);
        assert_int_equal(tops.filled[1], FEW);
        for (int i = 0; i < FEW; i++) assert_int_equal(tops.entry[FEW + i].place, 2 + 3 * i);
    }
    tops_destroy(&tops);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_gated, common_create, common_destroy),
        cmocka_unit_test_setup_teardown(test_not_gated, common_create, common_destroy),
        cmocka_unit_test(test_any_order),
    };
    return RUN_PARALLEL(argc, argv, tests);
}
