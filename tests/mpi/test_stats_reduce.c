/* Statistics divided over ranks: the same bits as on one rank, and one error for all. */
#include <math.h>

#include "core/dtype.h"
#include "core/random.h"
#include "stats/reduce.h"
#include "tests/scratch.h"

enum {
    LAYERS = 3,
    NEURONS = 11,
    WINDOWS = 15,
    WINDOW = 17,
    TOKENS = WINDOWS * WINDOW,
    PAIRS = 100
};

static const reduce_options_t options = {.seed = 2, .replicates = 6};

static int rank;
static char path[1024];

/* Rank 0 writes activations of a type; bad: one of them is infinite. */
static void write_activations(dtype_t type, bool bad)
{
    static const store_type_t stored[] = {STORE_F32, STORE_F16, STORE_BF16};
    static const int32_t layer[] = {0, 3, 4};
    static float value[LAYERS][NEURONS][TOKENS], typed[LAYERS][NEURONS][TOKENS];
    static int32_t zeros[TOKENS];
    static int64_t first[2 * PAIRS];
    static double distance[LAYERS][PAIRS];
    uint64_t shape[] = {LAYERS, NEURONS, TOKENS}, ids[] = {WINDOWS, WINDOW};
    uint64_t pairs[] = {2, PAIRS}, distances[] = {LAYERS, PAIRS};
    store_t *store = NULL;
    random_t random = random_stream(1, "test", 0);
    if (rank == 0) {
        for (float *at = value[0][0]; at < value[0][0] + LAYERS * NEURONS * TOKENS; at++)
            *at = (float)random_normal(&random);
        for (int t = 0; t < TOKENS; t++) value[1][4][t] = -2;
        expect_ok(pairs_draw(1, TOKENS, PAIRS, first, first + PAIRS));
        for (double *at = distance[0]; at < distance[0] + LAYERS * PAIRS; at++)
            *at = 1 + random_uniform(&random);
        distance[1][5] = 0;
        if (bad) value[2][7][19] = INFINITY;
        dtype_round(typed, value[0][0], LAYERS * NEURONS * TOKENS, type);
        expect_ok(store_create(path, MPI_COMM_SELF, &store));
        expect_ok(store_write(store, "/preactivations", stored[type], 3, shape, typed));
        expect_ok(store_write(store, "/layers", STORE_I32, 1, shape, layer));
        expect_ok(store_write(store, "/ids", STORE_I32, 2, ids, zeros));
        expect_ok(store_write(store, "/pairs", STORE_I64, 2, pairs, first));
        expect_ok(store_write(store, "/input_distances", STORE_F64, 2, distances, distance));
        expect_ok(store_publish(&store));
        store_close(&store);
    }
    MPI_Barrier(MPI_COMM_WORLD);
}

/* Reduces on all ranks of comm, with pairs into a file of this name. */
static void reduce(const activations_t *activations, MPI_Comm comm, const char *name,
                   reduced_t *reduced)
{
    char pairs[1100];
    reduce_options_t with = options;
    with.pairs = (pairs_options_t){.percent = 30, .most = 5, .seed = 2};
    snprintf(pairs, sizeof pairs, "%.1000s-%s", path, name);
    expect_ok(store_create(pairs, comm, &with.pairs_store));
    expect_ok(pairs_define(with.pairs_store, &activations->pairs, NEURONS, &with.pairs));
    expect_ok(reduce_activations(activations, &with, comm, reduced));
    expect_ok(store_publish(&with.pairs_store));
}

static void compare_pairs(void)
{
    static const char *const name[] = {"/separated", "/signs", "/control_signs"};
    char all[1100], own[1100];
    store_t *a = NULL, *b = NULL;
    snprintf(all, sizeof all, "%.1000s-all", path);
    snprintf(own, sizeof own, "%.1000s-own0", path);
    expect_ok(store_open(all, &a));
    expect_ok(store_open(own, &b));
    for (int i = 0; i < 3; i++) {
        int32_t *x = NULL, *y = NULL;
        store_info_t info;
        expect_ok(store_read(a, name[i], STORE_I32, &x, &info));
        expect_ok(store_read(b, name[i], STORE_I32, &y, NULL));
        assert_memory_equal(x, y, info.count * sizeof *x);
        mem_free(&x);
        mem_free(&y);
    }
    store_close(&a);
    store_close(&b);
}

/* What is written, read back: counts of what is undefined, dropped pairs, standard errors. */
static void check_written(const activations_t *activations, const reduced_t *reduced)
{
    char written[1100];
    store_t *store = NULL;
    double *error = NULL, number = 0;
    int64_t *dropped = NULL;
    store_info_t info;
    snprintf(written, sizeof written, "%.1000s-written", path);
    expect_ok(store_create(written, MPI_COMM_SELF, &store));
    expect_ok(reduce_write(store, activations, reduced));
    expect_ok(store_publish(&store));
    expect_ok(store_open(written, &store));
    expect_ok(store_get_number(store, "/md", "undefined", &number));
    assert_true(number == 1);
    expect_ok(store_read(store, "/pairs_dropped", STORE_I64, &dropped, &info));
    assert_true(info.count == LAYERS && dropped[0] == 0 && dropped[1] == 1);
    expect_ok(store_read(store, "/wd_error", STORE_F64, &error, &info));
    assert_true(info.count == LAYERS * NEURONS && isnan(error[NEURONS + 4]) && error[0] > 0);
    expect_ok(store_find(store, "/wd_replicates", &info));
    assert_true(info.shape[0] == 6 && info.count == 6 * LAYERS * NEURONS);
    mem_free(&error);
    mem_free(&dropped);
    store_close(&store);
}

static void test_any_number_of_ranks(void **state)
{
    (void)state;
    for (int type = DTYPE_F32; type <= DTYPE_BF16; type++) {
        activations_t activations;
        reduced_t all, own;
        char name[16];
        write_activations((dtype_t)type, false);
        snprintf(name, sizeof name, "own%d", rank);
        expect_ok(activations_open(path, &activations));
        assert_true(activations.layers == LAYERS && activations.layer[1] == 3);
        assert_true(activations.windows == WINDOWS && activations.pairs.pairs == PAIRS);
        reduce(&activations, MPI_COMM_WORLD, "all", &all);
        reduce(&activations, MPI_COMM_SELF, name, &own);
        assert_int_equal(all.undefined, 1);
        size_t bytes = LAYERS * NEURONS * sizeof(double);
        for (int s = 0; rank == 0 && s < STATISTICS; s++)
            assert_memory_equal(all.value[s], own.value[s], bytes);
        if (rank == 0) {
            assert_memory_equal(all.quantile, own.quantile, LEVELS * bytes);
            assert_memory_equal(all.replicate, own.replicate, 6 * bytes);
            assert_memory_equal(all.error, own.error, bytes);
            assert_true(isnan(all.value[statistics_find("wd")][NEURONS + 4]));
            assert_true(all.value[statistics_find("mean")][NEURONS + 4] == -2);
            assert_true(isnan(all.value[DIFFICULTY][NEURONS + 4]));
            assert_true(all.value[DIFFICULTY][0] > 0 && all.value[WD_SAMPLED][0] > 0);
            compare_pairs();
            check_written(&activations, &all);
        }
        reduced_destroy(&own);
        reduced_destroy(&all);
        activations_close(&activations);
        MPI_Barrier(MPI_COMM_WORLD);
    }
}

static void test_one_error_for_all(void **state)
{
    (void)state;
    activations_t activations;
    reduced_t reduced;
    write_activations(DTYPE_F32, true);
    expect_ok(activations_open(path, &activations));
    pairs_destroy(&activations.pairs);
    expect_error(reduce_activations(&activations, &options, MPI_COMM_WORLD, &reduced), EXIT_NUMERIC,
                 "layer 4, neuron 7: value 19 of 255 is not finite (inf)");
    activations_close(&activations);
    MPI_Barrier(MPI_COMM_WORLD);
}

int main(int argc, char **argv)
{
    MPI_Init(&argc, &argv);
    MPI_Comm_rank(MPI_COMM_WORLD, &rank);
    void *directory = NULL;
    if (rank == 0 && scratch_create(&directory) != 0) return 1;
    if (rank == 0) snprintf(path, sizeof path, "%s/activations.h5", (char *)directory);
    MPI_Bcast(path, sizeof path, MPI_CHAR, 0, MPI_COMM_WORLD);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_any_number_of_ranks),
        cmocka_unit_test(test_one_error_for_all),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    if (rank == 0) scratch_destroy(&directory);
    MPI_Finalize();
    return failed;
}
