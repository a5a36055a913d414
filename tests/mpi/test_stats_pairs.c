/* Inputs of pairs that come from several ranks and in any order; then the pairs of every neuron by
 * both ways to its outputs: the same as difficulty.h and separation.h say of whole arrays. */
#include <math.h>

#include "core/random.h"
#include "stats/pair_inputs.h"
#include "stats/pairs.h"
#include "tests/scratch.h"

enum { LAYERS = 3, TOKENS = 230, ROWS = 23, WIDTH = 37, PAIRS = 90, NEURONS = 5, MOST = 4 };

static int rank, ranks;
static char directory[1024];
static float x[LAYERS][TOKENS][WIDTH], y[LAYERS][TOKENS][NEURONS];

static void fill(void)
{
    random_t random = random_stream(1, "test", 0);
    for (float *at = x[0][0]; at < x[0][0] + LAYERS * TOKENS * WIDTH; at++)
        *at = (float)random_normal(&random);
    for (float *at = y[0][0]; at < y[0][0] + LAYERS * TOKENS * NEURONS; at++)
        *at = (float)random_normal(&random);
    for (int t = 0; t < TOKENS; t += 3) memcpy(x[0][t], x[0][0], sizeof x[0][t]);
    for (int t = 0; t < TOKENS; t++) y[1][t][2] = 0.5f;
}

static void make_path(const char *name, char path[1100])
{
    snprintf(path, 1100, "%s/%s.h5", directory, name);
}

/* Each rank takes its chunks of ROWS tokens, the last ones first. */
static void collect(const char *name)
{
    char path[1100], scratch[1100];
    pair_inputs_plan_t plan = {.seed = 5,
                               .tokens = TOKENS,
                               .pairs = PAIRS,
                               .layers = LAYERS,
                               .width = WIDTH,
                               .count = TOKENS};
    pair_inputs_t *inputs = NULL;
    store_t *store = NULL;
    make_path(name, path);
    expect_ok(store_create(path, MPI_COMM_WORLD, &store));
    expect_ok(pair_inputs_create(MPI_COMM_WORLD, store, &plan, &inputs));
    expect_ok(pair_outputs_define(inputs, NEURONS));
    for (int c = TOKENS / ROWS - 1; c >= 0; c--) {
        if (c % ranks != rank) continue;
        for (int l = 0; l < LAYERS; l++) {
            expect_ok(pair_inputs_take(inputs, l, c * ROWS, ROWS, x[l][c * ROWS]));
            expect_ok(pair_outputs_take(inputs, l, c * ROWS, ROWS, NEURONS, y[l][c * ROWS]));
        }
    }
    expect_ok(pair_inputs_write(inputs));
    pair_inputs_destroy(&inputs);
    expect_ok(store_publish(&store));
    store_close(&store);
    snprintf(scratch, sizeof scratch, "%.1080s.inputs", path);
    assert_false(file_exists(scratch));
}

/* The same in parts of some chunks each, which are then merged. */
static void collect_parts(const char *name)
{
    enum { PARTS = 3 };
    char path[1100], whole[64];
    store_t *store = NULL, *part = NULL;
    pair_inputs_t *inputs = NULL;
    pair_inputs_plan_t plan = {
        .seed = 5, .tokens = TOKENS, .pairs = PAIRS, .layers = LAYERS, .width = WIDTH};
    int64_t first[PARTS + 1] = {0, ROWS, 3 * ROWS, TOKENS};
    for (int p = 0; p < PARTS; p++) {
        snprintf(whole, sizeof whole, "%.40s%d", name, p);
        make_path(whole, path);
        plan.first = first[p];
        plan.count = first[p + 1] - first[p];
        expect_ok(store_create(path, MPI_COMM_WORLD, &part));
        expect_ok(pair_inputs_create(MPI_COMM_WORLD, part, &plan, &inputs));
        expect_ok(pair_outputs_define(inputs, NEURONS));
        for (int64_t t = first[p]; t < first[p + 1]; t += ROWS)
            for (int l = 0; t / ROWS % ranks == rank && l < LAYERS; l++) {
                expect_ok(pair_inputs_take(inputs, l, t - first[p], ROWS, x[l][t]));
                expect_ok(pair_outputs_take(inputs, l, t - first[p], ROWS, NEURONS, y[l][t]));
            }
        expect_ok(pair_inputs_write(inputs));
        pair_inputs_destroy(&inputs);
        expect_ok(store_publish(&part));
    }
    make_path(name, path);
    plan.first = 0;
    plan.count = TOKENS;
    expect_ok(store_create(path, MPI_COMM_WORLD, &store));
    expect_ok(pair_inputs_create(MPI_COMM_WORLD, store, &plan, &inputs));
    expect_ok(pair_outputs_define(inputs, NEURONS));
    for (int p = PARTS - 1; p >= 0; p--) {
        snprintf(whole, sizeof whole, "%.40s%d", name, p);
        make_path(whole, path);
        expect_ok(store_open(path, &part));
        expect_error(pair_inputs_merge(inputs, part, first[p], first[p + 1] - first[p], 1),
                     EXIT_INPUT, "/pair_outputs: float32 [");
        expect_ok(pair_inputs_merge(inputs, part, first[p], first[p + 1] - first[p], NEURONS));
        store_close(&part);
    }
    expect_ok(pair_inputs_write(inputs));
    pair_inputs_destroy(&inputs);
    expect_ok(store_publish(&store));
}

static void same_dataset(const store_t *a, const store_t *b, const char *name, store_type_t type,
                         size_t width)
{
    void *one = NULL, *other = NULL;
    store_info_t info = {0}, found = {0};
    expect_ok(store_read(a, name, type, &one, &info));
    expect_ok(store_read(b, name, type, &other, &found));
    assert_int_equal(info.count, found.count);
    assert_memory_equal(one, other, info.count * width);
    mem_free_(&one);
    mem_free_(&other);
}

static void test_parts(void **state)
{
    (void)state;
    char path[1100];
    store_t *one = NULL, *other = NULL;
    collect("at_once");
    collect_parts("merged");
    make_path("at_once", path);
    expect_ok(store_open(path, &one));
    make_path("merged", path);
    expect_ok(store_open(path, &other));
    same_dataset(one, other, "/pairs", STORE_I64, sizeof(int64_t));
    same_dataset(one, other, "/input_distances", STORE_F64, sizeof(double));
    same_dataset(one, other, "/pair_outputs", STORE_F32, sizeof(float));
    store_close(&one);
    store_close(&other);
    MPI_Barrier(MPI_COMM_WORLD);
}

static void test_distances(void **state)
{
    (void)state;
    char path[1100];
    store_t *store = NULL;
    pairs_t pairs;
    static int64_t first[PAIRS], second[PAIRS];
    static double distance[PAIRS];
    collect("activations");
    make_path("activations", path);
    expect_ok(store_open(path, &store));
    expect_ok(pairs_read(store, LAYERS, TOKENS, &pairs));
    assert_int_equal(pairs.pairs, PAIRS);
    expect_ok(pairs_draw(5, TOKENS, PAIRS, first, second));
    assert_memory_equal(pairs.first, first, sizeof first);
    assert_memory_equal(pairs.second, second, sizeof second);
    for (int l = 0; l < LAYERS; l++) {
        expect_ok(input_distances(x[l][0], TOKENS, WIDTH, first, second, PAIRS, distance));
        assert_memory_equal(pairs.distance + l * PAIRS, distance, sizeof distance);
        int64_t dropped = 0;
        for (int p = 0; p < PAIRS; p++) dropped += first[p] % 3 == 0 && second[p] % 3 == 0;
        assert_int_equal(pairs_dropped(&pairs, l), l == 0 ? dropped : 0);
    }
    pairs_destroy(&pairs);
    store_close(&store);
    MPI_Barrier(MPI_COMM_WORLD);
}

/* One neuron by whole arrays. */
static double difficulty_of(const pairs_t *pairs, int l, int n, double *median)
{
    difficulty_t difficulty;
    double output[PAIRS];
    for (int p = 0; p < PAIRS; p++)
        output[p] = fabs((double)y[l][pairs->first[p]][n] - (double)y[l][pairs->second[p]][n]);
    expect_ok(difficulty_create(&difficulty, pairs->distance + l * PAIRS, PAIRS));
    double value = difficulty_measure(&difficulty, output);
    *median = difficulty.median;
    difficulty_destroy(&difficulty);
    return value;
}

static void check_file(const char *path, const pairs_t *pairs)
{
    store_t *store = NULL;
    int32_t *separated = NULL, *signs = NULL;
    float *outputs = NULL;
    double *medians = NULL;
    expect_ok(store_open(path, &store));
    expect_ok(store_read(store, "/separated", STORE_I32, &separated, NULL));
    expect_ok(store_read(store, "/outputs", STORE_F32, &outputs, NULL));
    expect_ok(store_read(store, "/output_medians", STORE_F64, &medians, NULL));
    expect_ok(store_read(store, "/signs", STORE_I32, &signs, NULL));
    for (int i = 0; i < LAYERS * NEURONS; i++) {
        int l = i / NEURONS, n = i % NEURONS;
        double median, last = INFINITY;
        double value = difficulty_of(pairs, l, n, &median);
        assert_true(medians[i] == median);
        int32_t sum = signs[i * SIGNS] + signs[i * SIGNS + 1] + signs[i * SIGNS + 2];
        assert_int_equal(sum, isnan(value) ? 0 : MOST);
        for (int k = 0; k < MOST; k++) {
            int32_t p = separated[i * MOST + k];
            const float *both = outputs + (i * MOST + k) * 2;
            if (isnan(value)) {
                assert_true(p == -1 && isnan(both[0]) && isnan(both[1]));
                continue;
            }
            double a = (double)y[l][pairs->first[p]][n], b = (double)y[l][pairs->second[p]][n];
            double ratio = fabs(a - b) / pairs->distance[l * PAIRS + p];
            assert_true(both[0] == (float)a && both[1] == (float)b && ratio <= last);
            last = ratio;
        }
    }
    mem_free(&separated);
    mem_free(&outputs);
    mem_free(&medians);
    mem_free(&signs);
    store_close(&store);
}

/* Every rank its neurons, in blocks of two at most; stored: outputs from the file. */
static void measure(const store_t *from, const pairs_t *pairs, bool stored, const char *name)
{
    char path[1100];
    pairs_options_t options = {.percent = 50, .most = MOST, .seed = 3};
    pairs_work_t work;
    store_t *store = NULL;
    make_path(name, path);
    expect_ok(store_create(path, MPI_COMM_WORLD, &store));
    expect_ok(pairs_define(store, pairs, NEURONS, &options));
    expect_ok(pairs_work_create(&work, pairs, store, NEURONS, 2, &options));
    for (int l = 0; l < LAYERS; l++)
        for (int from_neuron = 0, block = 0; from_neuron < NEURONS; from_neuron += 2, block++) {
            int count = NEURONS - from_neuron < 2 ? 1 : 2;
            if ((l * 3 + block) % ranks != rank) continue;
            expect_ok(pairs_work_begin(&work, l));
            for (int i = 0; i < count; i++) {
                float column[TOKENS];
                double median, want = difficulty_of(pairs, l, from_neuron + i, &median);
                for (int t = 0; t < TOKENS; t++) column[t] = y[l][t][from_neuron + i];
                if (stored) expect_ok(pairs_work_load(&work, from, from_neuron + i));
                else pairs_work_pick(&work, column, DTYPE_F32);
                double got = pairs_work_measure(&work, from_neuron, i);
                assert_true(got == want || (isnan(got) && isnan(want)));
            }
            expect_ok(pairs_work_write(&work, from_neuron, count));
        }
    pairs_work_destroy(&work);
    expect_ok(store_publish(&store));
    store_close(&store);
    if (rank == 0) check_file(path, pairs);
}

static void test_every_neuron(void **state)
{
    (void)state;
    char path[1100];
    store_t *store = NULL;
    pairs_t pairs;
    collect("again");
    make_path("again", path);
    expect_ok(store_open(path, &store));
    expect_ok(pairs_read(store, LAYERS, TOKENS, &pairs));
    for (int p = 0; p < PAIRS; p++) pairs.stratum[p] = p % 7;
    measure(store, &pairs, true, "stored");
    measure(store, &pairs, false, "picked");
    pairs_destroy(&pairs);
    store_close(&store);
    MPI_Barrier(MPI_COMM_WORLD);
}

/* The two-byte types: as expanding all of the column first. */
static void test_narrow_columns(void **state)
{
    (void)state;
    int64_t first[] = {0, 5, 3}, second[] = {2, 1, 4};
    double distance[] = {1, 1, 1};
    int32_t stratum[] = {0, 0, 0};
    pairs_t pairs = {.pairs = 3,
                     .layers = 1,
                     .first = first,
                     .second = second,
                     .distance = distance,
                     .stratum = stratum};
    pairs_options_t options = {.percent = 100, .most = 1, .seed = 1};
    pairs_work_t work;
    static const float value[] = {1.5f, -2, 0.25f, 3, -0.f, 8};
    for (int type = DTYPE_F32; type <= DTYPE_BF16; type++) {
        char column[24];
        dtype_round(column, value, 6, (dtype_t)type);
        expect_ok(pairs_work_create(&work, &pairs, NULL, 1, 1, &options));
        pairs_work_pick(&work, column, (dtype_t)type);
        for (int p = 0; p < 3; p++)
            assert_true(work.first[p] == value[first[p]] && work.second[p] == value[second[p]]);
        pairs_work_destroy(&work);
    }
}

static void test_errors(void **state)
{
    (void)state;
    char path[1100];
    store_t *store = NULL;
    pairs_t pairs;
    uint64_t two[] = {2, 1}, one[] = {1, 1};
    int64_t token[] = {0, 9};
    double far[] = {INFINITY};
    make_path("bad", path);
    if (rank == 0) {
        expect_ok(store_create(path, MPI_COMM_SELF, &store));
        expect_ok(store_write(store, "/pairs", STORE_I64, 2, two, token));
        expect_ok(store_write(store, "/input_distances", STORE_F64, 2, one, far));
        expect_ok(store_publish(&store));
        expect_ok(store_open(path, &store));
        expect_error(pairs_read(store, 1, 9, &pairs), EXIT_INPUT, "/pairs: token 9; 0 to 8");
        expect_error(pairs_read(store, 1, 10, &pairs), EXIT_INPUT, "/input_distances: inf");
        expect_error(pairs_read(store, 2, 10, &pairs), EXIT_INPUT, "/input_distances [2][pairs]");
        store_close(&store);
    }
    x[1][7][3] = INFINITY;
    pair_inputs_plan_t plan = {.seed = 5,
                               .tokens = TOKENS,
                               .pairs = TOKENS / 2,
                               .layers = LAYERS,
                               .width = WIDTH,
                               .count = TOKENS};
    pair_inputs_t *inputs = NULL;
    make_path("infinite", path);
    expect_ok(store_create(path, MPI_COMM_WORLD, &store));
    expect_ok(pair_inputs_create(MPI_COMM_WORLD, store, &plan, &inputs));
    for (int l = 0; rank == 0 && l < LAYERS; l++)
        expect_ok(pair_inputs_take(inputs, l, 0, TOKENS, x[l][0]));
    expect_error(pair_inputs_write(inputs), EXIT_NUMERIC, "layer 1 of the chosen ones");
    pair_inputs_destroy(&inputs);
    store_close(&store);
    MPI_Barrier(MPI_COMM_WORLD);
}

int main(int argc, char **argv)
{
    MPI_Init(&argc, &argv);
    MPI_Comm_rank(MPI_COMM_WORLD, &rank);
    MPI_Comm_size(MPI_COMM_WORLD, &ranks);
    void *path = NULL;
    if (rank == 0 && scratch_create(&path) != 0) return 1;
    if (rank == 0) snprintf(directory, sizeof directory, "%s", (char *)path);
    MPI_Bcast(directory, sizeof directory, MPI_CHAR, 0, MPI_COMM_WORLD);
    fill();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_distances),    cmocka_unit_test(test_parts),
        cmocka_unit_test(test_every_neuron), cmocka_unit_test(test_narrow_columns),
        cmocka_unit_test(test_errors),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    if (rank == 0) scratch_destroy(&path);
    MPI_Finalize();
    return failed;
}
