/* Rank correlation and overlap against SciPy 1.17.1 (rankdata, spearmanr) and NumPy 2
 * (nanpercentile) on data made by integers, ties and undefined values among them. */
#include <math.h>
#include <mpi.h>

#include "stats/compare.h"
#include "store/store.h"
#include "tests/scratch.h"

enum { LAYERS = 2, NEURONS = 20, ALL = LAYERS * NEURONS };

static void make(double *a, double *b)
{
    for (int i = 0; i < ALL; i++) {
        a[i] = i * 7919 % 101 % 23;
        b[i] = (i * 31 + i * i) % 97 % 19;
    }
    a[5] = NAN;
    b[11] = NAN;
}

static void test_ranks(void **state)
{
    (void)state;
    static const double value[] = {3, 1, 3, 2, 3, 1}, want[] = {5, 1.5, 5, 3, 5, 1.5};
    double rank[6];
    expect_ok(ranks_of(value, 6, rank));
    for (int i = 0; i < 6; i++) assert_true(rank[i] == want[i]);
}

static void assert_comparison(const comparison_t *got, double correlation, int64_t count,
                              int64_t first, int64_t second, int64_t both)
{
    assert_true(fabs(got->correlation - correlation) < 1e-14);
    assert_int_equal(got->count, count);
    assert_int_equal(got->first, first);
    assert_int_equal(got->second, second);
    assert_int_equal(got->both, both);
}

static void test_values(void **state)
{
    (void)state;
    double a[ALL], b[ALL];
    comparison_t got[LAYERS + 1];
    make(a, b);
    expect_ok(compare_values(a, b, LAYERS, NEURONS, 20, got));
    assert_comparison(&got[0], 0.205395185474351, 18, 4, 3, 0);
    assert_comparison(&got[1], 0.07170121645496726, 20, 4, 3, 1);
    assert_comparison(&got[2], 0.11694271071187344, 38, 8, 6, 1);
    assert_true(comparison_overlap(&got[2]) == 1.0 / 13);
    expect_ok(compare_values(a, a, LAYERS, NEURONS, 20, got));
    assert_comparison(&got[2], 1, 39, 8, 8, 8);
    assert_true(comparison_overlap(&got[2]) == 1);
}

static void test_nothing_to_compare(void **state)
{
    (void)state;
    const double constant[] = {2, 2, 2}, undefined[] = {NAN, NAN, NAN}, value[] = {1, 3, 2};
    comparison_t got[2];
    expect_ok(compare_values(constant, value, 1, 3, 50, got));
    assert_true(isnan(got[0].correlation) && got[0].count == 3 && got[0].first == 0);
    assert_true(comparison_overlap(&got[0]) == 0);
    expect_ok(compare_values(undefined, undefined, 1, 3, 50, got));
    assert_true(isnan(got[1].correlation) && got[1].count == 0);
    assert_true(isnan(comparison_overlap(&got[1])));
}

static void write_file(const char *path, const int32_t *layer, const double *wd,
                       const double *skewness, uint64_t neurons)
{
    uint64_t shape[] = {LAYERS, neurons};
    store_t *store = NULL;
    expect_ok(store_create(path, MPI_COMM_SELF, &store));
    expect_ok(store_write(store, "/layers", STORE_I32, 1, shape, layer));
    expect_ok(store_write(store, "/wd_exact", STORE_F64, 2, shape, wd));
    if (skewness) expect_ok(store_write(store, "/skewness", STORE_F64, 2, shape, skewness));
    expect_ok(store_publish(&store));
}

/* Files of layers 1 and 3, and of 3 and 4: only layer 3 is in both. */
static void test_files(void **state)
{
    static const int32_t here[] = {1, 3}, there[] = {3, 4};
    double a[ALL], b[ALL], negative[ALL];
    char *first = NULL, *second = NULL, *third = NULL;
    measured_t x, y, z;
    int32_t layers, *layer;
    comparison_t *got;
    make(a, b);
    for (int i = 0; i < ALL; i++) negative[i] = -b[i];
    expect_ok(path_join(*state, "a.h5", &first));
    expect_ok(path_join(*state, "b.h5", &second));
    expect_ok(path_join(*state, "c.h5", &third));
    write_file(first, here, a, negative, NEURONS);
    write_file(second, there, b, NULL, NEURONS);
    write_file(third, there, b, NULL, NEURONS - 1);
    expect_ok(measured_read(first, &x));
    expect_ok(measured_read(second, &y));
    expect_ok(measured_read(third, &z));
    int wd = comparable_find("wd"), size = comparable_find("abs_skewness");
    assert_true(comparable_find("wd_exact") == wd && comparable_find("none") == -1);

    expect_ok(compare_measured(&x, wd, &y, wd, 20, &layers, &layer, &got));
    assert_true(layers == 1 && layer[0] == 3 && got[0].count == 19);
    mem_free(&layer);
    mem_free(&got);

    expect_ok(compare_measured(&x, wd, &x, size, 20, &layers, &layer, &got));
    assert_comparison(&got[0], 0.205395185474351, 18, 4, 3, 0);
    mem_free(&layer);
    mem_free(&got);

    expect_ok(compare_measured(&x, size, &y, size, 20, &layers, &layer, &got));
    assert_true(layers == 0 && !layer && !got);
    expect_error(compare_measured(&x, wd, &z, wd, 20, &layers, &layer, &got), EXIT_INPUT,
                 "layers of 20 and of 19 neurons");
    measured_destroy(&x);
    measured_destroy(&y);
    measured_destroy(&z);
    mem_free(&first);
    mem_free(&second);
    mem_free(&third);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_ranks),
        cmocka_unit_test(test_values),
        cmocka_unit_test(test_nothing_to_compare),
        cmocka_unit_test_setup_teardown(test_files, scratch_create, scratch_destroy),
    };
    MPI_Init(&argc, &argv);
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    MPI_Finalize();
    return failed;
}
