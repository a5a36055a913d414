/* The statistics of known shapes against SciPy and NumPy (oracle/make_stats.py): exact and
 * sampled WD within 1e-9, everything else within 1e-9 relative, or 1e-6 where a column is nearly
 * constant (its deviation below a millionth of its size). */
#include <math.h>

#include "core/strings.h"
#include "stats/arrays.h"
#include "store/store.h"
#include "tests/scratch.h"

enum { NEURONS = 20 };

static const char *oracle(char path[1024])
{
    const char *shared = getenv("WN_SHARED");
    snprintf(path, 1024, "%s/oracle/stats/stats.h5", shared ? shared : "../shared");
    return path;
}

static double *read_numbers(const store_t *store, const char *name, size_t count)
{
    double *number = NULL;
    store_info_t info;
    expect_ok(store_read(store, name, STORE_F64, &number, &info));
    assert_int_equal(info.count, count);
    return number;
}

static void compare(const char *name, size_t i, double got, double want, double tolerance)
{
    if (isnan(want) ? !isnan(got) : !(fabs(got - want) <= tolerance))
        fail_msg("%s, neuron %zu: %.17g, expected %.17g within %.2g", name, i % NEURONS, got, want,
                 tolerance);
}

static void test_every_number(void **state)
{
    static const char *const name[] = {
        "mean",    "variance",          "skewness",  "kurtosis",   "minimum",
        "maximum", "negative_fraction", "quantiles", "wd_sampled", "wd_exact",
        "md"};
    char path[1024], *output = NULL;
    store_t *want = NULL, *got = NULL;
    if (!file_exists(oracle(path))) {
        print_message("skipped: %s is missing\n", path);
        skip();
    }
    expect_ok(path_join(*state, "out.h5", &output));
    expect_ok(statistics_of_arrays(path, output));
    expect_ok(store_open(path, &want));
    expect_ok(store_open(output, &got));
    double *mean = read_numbers(want, "mean", NEURONS);
    double *variance = read_numbers(want, "variance", NEURONS);
    for (size_t k = 0; k < sizeof name / sizeof *name; k++) {
        size_t count = strcmp(name[k], "quantiles") == 0 ? 11 * NEURONS : NEURONS;
        int distance = strncmp(name[k], "wd_", 3) == 0;
        double *a = read_numbers(got, name[k], count), *b = read_numbers(want, name[k], count);
        for (size_t i = 0; i < count; i++) {
            int narrow = sqrt(variance[i % NEURONS]) < 1e-6 * fabs(mean[i % NEURONS]);
            double relative = narrow ? 1e-6 : 1e-9;
            compare(name[k], i, a[i], b[i], distance ? 1e-9 : relative * fabs(b[i]));
        }
        mem_free(&a);
        mem_free(&b);
    }
    double *a = read_numbers(got, "pairs_dropped", 1), *b = read_numbers(want, "pairs_dropped", 1);
    assert_true(a[0] == b[0] && a[0] > 0);
    mem_free(&a);
    mem_free(&b);
    size_t levels = 0, expected = 0;
    expect_ok(store_get_numbers(got, "quantiles", "levels", &a, &levels));
    expect_ok(store_get_numbers(want, "quantiles", "levels", &b, &expected));
    assert_int_equal(levels, expected);
    assert_memory_equal(a, b, levels * sizeof *a);
    mem_free(&a);
    mem_free(&b);
    mem_free(&mean);
    mem_free(&variance);
    store_close(&got);
    store_close(&want);
    mem_free(&output);
}

int main(int argc, char **argv)
{
    MPI_Init(&argc, &argv);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_every_number, scratch_create, scratch_destroy),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    MPI_Finalize();
    return failed;
}
