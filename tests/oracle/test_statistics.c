/* The statistics of known shapes against SciPy and NumPy (oracle/make_stats.py): exact and
 * sampled WD within 1e-9, everything else within 1e-9 relative, or 1e-6 where a column is nearly
 * constant (its deviation below a millionth of its size). */
#include <math.h>

#include "core/strings.h"
#include "stats/arrays.h"
#include "stats/reduce.h"
#include "stats/sketch_table.h"
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

/* The mapping difficulty as a run computes it: by reduce, of a file such as collect writes. */
static void test_through_reduce(void **state)
{
    enum { TOKENS = 6000 };
    static float column[NEURONS][TOKENS];
    char path[1024], *name = NULL;
    store_t *want = NULL, *store = NULL;
    store_info_t info;
    float *row = NULL, *input = NULL;
    int64_t *pair = NULL;
    double *distance = NULL;
    const int32_t layer = 0;
    activations_t activations;
    reduced_t reduced;
    if (!file_exists(oracle(path))) skip();
    expect_ok(store_open(path, &want));
    expect_ok(store_read(want, "/activations", STORE_F32, &row, &info));
    assert_true(info.shape[0] == TOKENS && info.shape[1] == NEURONS);
    for (int i = 0; i < TOKENS * NEURONS; i++) column[i % NEURONS][i / NEURONS] = row[i];
    expect_ok(store_read(want, "/inputs", STORE_F32, &input, &info));
    int64_t width = (int64_t)info.shape[1];
    expect_ok(store_read(want, "/pairs", STORE_I64, &pair, &info));
    uint64_t all[] = {1, NEURONS, TOKENS}, distances[] = {1, info.shape[1]};
    int64_t pairs = (int64_t)info.shape[1];
    expect_ok(mem_new(&distance, (size_t)pairs, "test"));
    expect_ok(input_distances(input, TOKENS, width, pair, pair + pairs, pairs, distance));
    expect_ok(path_join(*state, "activations.h5", &name));
    expect_ok(store_create(name, MPI_COMM_SELF, &store));
    expect_ok(store_write(store, "/preactivations", STORE_F32, 3, all, column));
    expect_ok(store_write(store, "/layers", STORE_I32, 1, all, &layer));
    expect_ok(store_write(store, "/pairs", STORE_I64, 2, info.shape, pair));
    expect_ok(store_write(store, "/input_distances", STORE_F64, 2, distances, distance));
    expect_ok(store_publish(&store));
    expect_ok(activations_open(name, &activations));
    mem_free(&name);
    expect_ok(path_join(*state, "pairs.h5", &name));
    reduce_options_t options = {.seed = 1, .pairs = {.percent = 10, .most = 20, .seed = 1}};
    expect_ok(store_create(name, MPI_COMM_SELF, &options.pairs_store));
    expect_ok(pairs_define(options.pairs_store, &activations.pairs, NEURONS, &options.pairs));
    expect_ok(reduce_activations(&activations, &options, MPI_COMM_SELF, &reduced));
    double *md = read_numbers(want, "md", NEURONS), *wd = read_numbers(want, "wd_exact", NEURONS);
    double *sampled = read_numbers(want, "wd_sampled", NEURONS);
    double *dropped = read_numbers(want, "pairs_dropped", 1);
    for (size_t n = 0; n < NEURONS; n++) {
        compare("md", n, reduced.value[DIFFICULTY][n], md[n], 1e-9 * fabs(md[n]));
        compare("wd_exact", n, reduced.value[0][n], wd[n], 1e-9);
        /* Another draw from N(0,1) of 6000 values: two of them are about 0.02 apart. */
        if (!isnan(sampled[n])) assert_true(fabs(reduced.value[WD_SAMPLED][n] - sampled[n]) < 0.05);
    }
    assert_int_equal(pairs_dropped(&activations.pairs, 0), (int64_t)dropped[0]);
    reduced_destroy(&reduced);
    store_close(&options.pairs_store);
    activations_close(&activations);
    store_close(&want);
    mem_free(&dropped);
    mem_free(&sampled);
    mem_free(&wd);
    mem_free(&md);
    mem_free(&distance);
    mem_free(&pair);
    mem_free(&input);
    mem_free(&row);
    mem_free(&name);
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

/* The same columns as sketches, each within the sketch's bounds. */
static void test_sketched(void **state)
{
    enum { FIRST = 4096, WINDOW = 600 };
    static float column[FIRST];
    static int64_t count[SKETCH_BINS];
    static sketched_t to;
    char path[1024];
    store_t *want = NULL;
    store_info_t info;
    float *row = NULL;
    void *memory = NULL;
    size_t bytes = 0;
    sketch_table_t table;
    sketcher_t *sketcher;
    sorter_t *sorter;
    (void)state;
    if (!file_exists(oracle(path))) skip();
    expect_ok(store_open(path, &want));
    expect_ok(store_read(want, "/activations", STORE_F32, &row, &info));
    int64_t tokens = (int64_t)info.shape[0];
    expect_ok(sketch_table_bytes(NEURONS, 0, &bytes));
    expect_ok(mem_aligned_(&memory, bytes, 1, "test"));
    sketch_table_place(&table, memory, NEURONS, 0);
    sketch_table_clear(&table, 0, NEURONS);
    expect_ok(sorter_create(&sorter, DTYPE_F32, FIRST));
    for (size_t n = 0; n < NEURONS; n++) {
        sample_t sample;
        distribution_t d;
        double scale;
        for (size_t t = 0; t < FIRST; t++) column[t] = row[t * NEURONS + n];
        expect_ok(sorter_sort(sorter, column, FIRST, &sample));
        distribution_measure(&sample, &d);
        scale = d.deviation;
        expect_ok(grid_fill(&scale, 1));
        table.grid[n] = grid_of((float)d.shift, scale);
    }
    expect_ok(sketcher_create(NULL, &sketcher));
    const sketch_batch_t batch = {
        .count = NEURONS, .value = row, .rows = (size_t)tokens, .window = WINDOW};
    sketch_table_add(&table, sketcher, &batch);
    static const char *const name[] = {"mean",    "variance", "skewness",          "kurtosis",
                                       "minimum", "maximum",  "negative_fraction", "wd_exact"};
    double *expected[8];
    for (int k = 0; k < 8; k++) expected[k] = read_numbers(want, name[k], NEURONS);
    for (size_t n = 0; n < NEURONS; n++) {
        sketch_table_read(&table, n, count);
        const sketch_t sketch = {table.grid[n], table.tally[n], count, tokens};
        sketch_sample(&sketch, &to);
        const distribution_t *d = &to.distribution;
        double value[STATISTICS], variance = expected[1][n];
        statistics_measure(&to.sample, d, value);
        const double got[8] = {d->mean,    d->variance, d->skewness,          d->kurtosis,
                               d->minimum, d->maximum,  d->negative_fraction, value[0]};
        const double bound[8] = {1e-6 * sqrt(variance),
                                 1e-6 * variance,
                                 1e-4 * fmax(1, fabs(expected[2][n])),
                                 1e-4 * fmax(1, fabs(expected[3][n])),
                                 0,
                                 0,
                                 1e-15,
                                 1e-3};
        for (int k = 0; k < 8; k++) compare(name[k], n, got[k], expected[k][n], bound[k]);
    }
    for (int k = 0; k < 8; k++) mem_free(&expected[k]);
    sorter_destroy(&sorter);
    sketcher_destroy(&sketcher);
    mem_free_(&memory);
    mem_free(&row);
    store_close(&want);
}

int main(int argc, char **argv)
{
    MPI_Init(&argc, &argv);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_every_number, scratch_create, scratch_destroy),
        cmocka_unit_test_setup_teardown(test_through_reduce, scratch_create, scratch_destroy),
        cmocka_unit_test(test_sketched),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    MPI_Finalize();
    return failed;
}
