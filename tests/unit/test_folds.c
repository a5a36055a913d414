/* Standard errors from the coarse counts of folds, against those from all values. */
#include <math.h>
#include <string.h>

#include "core/random.h"
#include "stats/distance.h"
#include "stats/folds.h"
#include "stats/resample.h"
#include "stats/sketch_table.h"
#include "tests/scratch.h"

/* 43 windows do not divide evenly: folds are of 2 or 3. */
enum { WINDOWS = 43, WINDOW = 512, COUNT = WINDOWS * WINDOW, FOLDS = 20, REPLICATES = 50 };

/* Values of a window share something, as those of a text do. */
static float draw(int shape, random_t *random, double shared)
{
    double z = random_normal(random) + shared / 4, u = random_uniform(random);
    switch (shape) {
    case 0: return (float)z;
    case 1: return (float)(3e3 + 1e-2 * z);      /* |mean| >> sigma */
    case 2: return (float)(z > 0.4 ? z + 4 : z); /* two modes */
    case 3: return (float)(z * z * z);           /* heavy tails */
    case 4: return (float)exp(z);                /* skewed */
    case 5: return z > 0.5 ? 0.777f : -0.123f;   /* two atoms */
    case 6: return (float)(u < 0.7 ? 0.1 : z);   /* an atom in the middle */
    default: return (float)floor(3 * z) * 0.01f; /* atoms, a third of sigma apart */
    }
}
enum { SHAPES = 8 };

static float *make_values(int shape)
{
    float *value = NULL;
    random_t random = random_stream(11, "test", (uint64_t)shape);
    expect_ok(mem_aligned(&value, COUNT, "test"));
    for (int64_t w = 0; w < WINDOWS; w++) {
        double shared = random_normal(&random);
        for (int64_t i = 0; i < WINDOW; i++) value[w * WINDOW + i] = draw(shape, &random, shared);
    }
    return value;
}

static size_t fold_of(int64_t window)
{
    return (size_t)(window * FOLDS / WINDOWS);
}

/* The WD of the windows, each as often as its fold is to be there. */
static double exact(const float *value, const uint32_t *often)
{
    float *some = NULL;
    int64_t count = 0, most = 0;
    sorter_t *sorter = NULL;
    sample_t sample;
    distribution_t d;
    for (int64_t w = 0; w < WINDOWS; w++) most += (int64_t)often[fold_of(w)] * WINDOW;
    expect_ok(mem_aligned(&some, (size_t)most, "test"));
    for (int64_t w = 0; w < WINDOWS; w++)
        for (uint32_t k = 0; k < often[fold_of(w)]; k++, count += WINDOW)
            memcpy(some + count, value + w * WINDOW, WINDOW * sizeof *some);
    expect_ok(sorter_create(&sorter, DTYPE_F32, count));
    expect_ok(sorter_sort(sorter, some, count, &sample));
    distribution_measure(&sample, &d);
    double distance = distance_to_normal(&sample, &d);
    sorter_destroy(&sorter);
    mem_free(&some);
    return distance;
}

static double exact_error(const float *value, double *whole)
{
    uint32_t often[FOLDS];
    double without[FOLDS], weight[FOLDS] = {0};
    for (int f = 0; f < FOLDS; f++) often[f] = 1;
    for (int64_t w = 0; w < WINDOWS; w++) weight[fold_of(w)] += WINDOW;
    *whole = exact(value, often);
    for (int f = 0; f < FOLDS; f++) {
        often[f] = 0;
        without[f] = exact(value, often);
        often[f] = 1;
    }
    return jackknife_error(without, weight, FOLDS, *whole);
}

/* The values' sketch and folds. */
static void count_values(float *value, sketch_t *sketch, int64_t *count, int64_t *fold)
{
    void *memory = NULL;
    size_t bytes = 0;
    sketch_table_t table;
    sketcher_t *sketcher = NULL;
    sorter_t *sorter = NULL;
    sample_t sample;
    distribution_t d;
    expect_ok(sketch_table_bytes(1, FOLDS, &bytes));
    expect_ok(mem_aligned_(&memory, bytes, 1, "test"));
    sketch_table_place(&table, memory, 1, FOLDS);
    sketch_table_clear(&table, 0, 1);
    expect_ok(sorter_create(&sorter, DTYPE_F32, 4 * WINDOW));
    expect_ok(sorter_sort(sorter, value, 4 * WINDOW, &sample));
    distribution_measure(&sample, &d);
    table.grid[0] = grid_of((float)d.shift, d.deviation > 0 ? d.deviation : 1);
    expect_ok(sketcher_create(NULL, &sketcher));
    for (int64_t w = 0; w < WINDOWS; w++) {
        const sketch_batch_t batch = {.count = 1,
                                      .value = value + w * WINDOW,
                                      .rows = WINDOW,
                                      .window = WINDOW,
                                      .fold = fold_of(w)};
        sketch_table_add(&table, sketcher, &batch);
    }
    sketch_table_read(&table, 0, count);
    sketch_table_read_folds(&table, 0, fold);
    *sketch = (sketch_t){table.grid[0], table.tally[0], count, COUNT};
    sorter_destroy(&sorter);
    sketcher_destroy(&sketcher);
    mem_free_(&memory);
}

static void test_errors(void **state)
{
    (void)state;
    static int64_t count[SKETCH_BINS], fold[FOLDS * FOLD_BINS];
    folds_t *folds = NULL;
    expect_ok(folds_create(&folds, FOLDS, REPLICATES, 3));
    for (int s = 0; s < SHAPES; s++) {
        double whole, replicate[REPLICATES], squares = 0, differences = 0;
        float *value = make_values(s);
        sketch_t sketch;
        double want = exact_error(value, &whole);
        count_values(value, &sketch, count, fold);
        expect_ok(folds_take(folds, &sketch, fold));
        double got = folds_error(folds);
        folds_resample(folds, replicate);
        for (int r = 0; r < REPLICATES; r++) {
            double truth = exact(value, folds_drawn(folds, r));
            squares += (truth - whole) * (truth - whole);
            differences += (truth - replicate[r]) * (truth - replicate[r]);
        }
        print_message(
            "shape %d: error %.6f, from all values %.6f (%+.2f %%); replicates are off by "
            "%.2f %% of what they differ\n",
            s, got, want, 100 * (got / want - 1), 100 * sqrt(differences / squares));
        assert_true(fabs(got / want - 1) < 0.03);
        assert_true(sqrt(differences / squares) < 0.1);
        mem_free(&value);
    }
    folds_destroy(&folds);
}

static void test_constants(void **state)
{
    (void)state;
    static int64_t count[SKETCH_BINS], fold[FOLDS * FOLD_BINS];
    static float value[COUNT];
    double replicate[2];
    sketch_t sketch;
    folds_t *folds = NULL;
    for (int i = 0; i < COUNT; i++) value[i] = 3;
    expect_ok(folds_create(&folds, FOLDS, 2, 3));
    count_values(value, &sketch, count, fold);
    expect_ok(folds_take(folds, &sketch, fold));
    assert_true(isnan(folds_error(folds)));
    folds_resample(folds, replicate);
    assert_true(isnan(replicate[0]) && isnan(replicate[1]));
    fold[17]++;
    expect_error(folds_take(folds, &sketch, fold), EXIT_INPUT, "do not add up");
    folds_destroy(&folds);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_errors),
        cmocka_unit_test(test_constants),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
