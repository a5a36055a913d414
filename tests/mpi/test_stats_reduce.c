/* Statistics divided over ranks: the same bits as on one rank, and one error for all. */
#include <math.h>

#include "core/dtype.h"
#include "core/random.h"
#include "stats/reduce.h"
#include "tests/scratch.h"

enum { LAYERS = 3, NEURONS = 11, TOKENS = 257 };

static int rank;
static char path[1024];

/* Rank 0 writes activations of a type; bad: one of them is infinite. */
static void write_activations(dtype_t type, bool bad)
{
    static const store_type_t stored[] = {STORE_F32, STORE_F16, STORE_BF16};
    static const int32_t layer[] = {0, 3, 4};
    static float value[LAYERS][NEURONS][TOKENS], typed[LAYERS][NEURONS][TOKENS];
    uint64_t shape[] = {LAYERS, NEURONS, TOKENS};
    store_t *store = NULL;
    random_t random = random_stream(1, "test", 0);
    if (rank == 0) {
        for (float *at = value[0][0]; at < value[0][0] + LAYERS * NEURONS * TOKENS; at++)
            *at = (float)random_normal(&random);
        for (int t = 0; t < TOKENS; t++) value[1][4][t] = -2;
        if (bad) value[2][7][19] = INFINITY;
        dtype_round(typed, value[0][0], LAYERS * NEURONS * TOKENS, type);
        expect_ok(store_create(path, MPI_COMM_SELF, &store));
        expect_ok(store_write(store, "/preactivations", stored[type], 3, shape, typed));
        expect_ok(store_write(store, "/layers", STORE_I32, 1, shape, layer));
        expect_ok(store_publish(&store));
        store_close(&store);
    }
    MPI_Barrier(MPI_COMM_WORLD);
}

static void test_any_number_of_ranks(void **state)
{
    (void)state;
    for (int type = DTYPE_F32; type <= DTYPE_BF16; type++) {
        activations_t activations;
        reduced_t all, own;
        write_activations((dtype_t)type, false);
        expect_ok(activations_open(path, &activations));
        assert_true(activations.layers == LAYERS && activations.layer[1] == 3);
        expect_ok(reduce_activations(&activations, MPI_COMM_WORLD, &all));
        expect_ok(reduce_activations(&activations, MPI_COMM_SELF, &own));
        assert_int_equal(all.undefined, 1);
        size_t bytes = LAYERS * NEURONS * sizeof(double);
        for (int s = 0; rank == 0 && s < STATISTICS; s++)
            assert_memory_equal(all.value[s], own.value[s], bytes);
        if (rank == 0) {
            assert_memory_equal(all.quantile, own.quantile, LEVELS * bytes);
            assert_true(isnan(all.value[statistics_find("wd")][NEURONS + 4]));
            assert_true(all.value[statistics_find("mean")][NEURONS + 4] == -2);
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
    expect_error(reduce_activations(&activations, MPI_COMM_WORLD, &reduced), EXIT_NUMERIC,
                 "layer 4, neuron 7: value 19 of 257 is not finite (inf)");
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
