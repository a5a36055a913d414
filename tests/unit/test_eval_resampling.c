/* Uncertainty of a task's summaries: strata, and how often simulated intervals of differences, of the
 * ratio of two perplexities and of a dissociation hold the truth. */
#include <math.h>

#include "eval/resampling.h"
#include "tests/scratch.h"

static void assert_close(double got, double want, double error)
{
    if (!(fabs(got - want) <= error)) fail_msg("%.17g, expected %.17g", got, want);
}

static void test_cells(void **state)
{
    (void)state;
    static const int32_t file[] = {0, 0, 2, 2, 2, 0}, term[] = {1, 1, 0, 1, 1, 0};
    static const int16_t outcome[] = {1, 0, -1, 1, 1, 0};
    const resampling_t options = {0.95, 1000, 1};
    cells_t cells;
    replicates_t *replicates = NULL;
    expect_ok(cells_create(file, term, 6, 3, 2, &cells));
    assert_int_equal(cells.cells, 4);
    assert_int_equal(cells_groups(&cells), 6);
    static const int64_t items[] = {6, 3, 0, 3, 2, 4};
    static const double mean[] = {2. / 6, 1. / 3, NAN, 1. / 3, -0.5, 0.75};
    expect_ok(resample_items(&cells, outcome, 1, 0.5, &options, "test", &replicates));
    for (size_t g = 0; g < 6; g++) {
        assert_int_equal(cells_items(&cells, g), items[g]);
        if (isnan(mean[g])) assert_true(isnan(replicates[g].estimate));
        else assert_close(replicates[g].estimate, mean[g] / 2, 1e-15);
    }
    /* The items of file 2 do not vary within their cells, those of file 0 do. */
    assert_true(replicates[3].square == 0 && replicates[1].square > 0);
    resampled_destroy(&replicates, 6);
    cells_destroy(&cells);
}

/* Where no draw differs: Wilson's of 0 in 40 (z^2 / (40 + z^2)), as SciPy's binomtest. */
static void test_no_spread(void **state)
{
    (void)state;
    static const double wilson = 0.08762160119728664;
    double value[3] = {0, 0, 0};
    replicates_t replicates = {.count = 3, .value = value};
    interval_t interval;
    expect_ok(resampled_interval(&replicates, 40, true, 0.95, &interval));
    assert_close(interval.low, 0, 0), assert_close(interval.high, wilson, 1e-14);
    expect_ok(resampled_interval(&replicates, 40, false, 0.95, &interval));
    assert_close(interval.low, -wilson, 1e-14), assert_close(interval.high, wilson, 1e-14);
    replicates.estimate = 1;
    expect_ok(resampled_interval(&replicates, 40, true, 0.95, &interval));
    assert_close(interval.low, 1 - wilson, 1e-14), assert_close(interval.high, 1, 0);
    replicates.estimate = NAN;
    expect_ok(resampled_interval(&replicates, 40, true, 0.95, &interval));
    assert_true(isnan(interval.low));
}

/* ---- coverage ---- */

enum { TRIALS = 1000, ITEMS = 600, FILES = 3, WINDOWS = 64 };

/* An item of a file is right under the left, under the right condition; they share the item's
 * difficulty, so that their difference varies less than independent ones would. */
static int16_t draw_change(random_t *random, double left, double right)
{
    double difficulty = random_uniform(random);
    return (int16_t)((difficulty < left) - (difficulty < right));
}

static void draw_task(random_t *random, const double left[FILES], const double right[FILES],
                      int32_t *file, int16_t *outcome)
{
    for (int i = 0; i < ITEMS; i++) {
        file[i] = i % FILES;
        outcome[i] = draw_change(random, left[file[i]], right[file[i]]);
    }
}

static void resample_task(const int32_t *file, const int16_t *outcome, uint64_t seed,
                          replicates_t *all)
{
    static const int32_t term[ITEMS];
    const resampling_t options = {0.95, 1000, seed};
    cells_t cells;
    replicates_t *replicates = NULL;
    expect_ok(cells_create(file, term, ITEMS, FILES, 1, &cells));
    expect_ok(resample_items(&cells, outcome, 1, 1, &options, "test", &replicates));
    *all = replicates[0];
    replicates[0] = (replicates_t){0};
    resampled_destroy(&replicates, cells_groups(&cells));
    cells_destroy(&cells);
}

static void test_dissociation(void **state)
{
    (void)state;
    static const double left[2][FILES] = {{0.6, 0.7, 0.9}, {0.5, 0.4, 0.45}};
    static const double right[2][FILES] = {{0.8, 0.85, 0.95}, {0.52, 0.41, 0.5}};
    double truth[2] = {0};
    int held[2] = {0};
    random_t random = random_stream(1, "test", 0);
    for (int task = 0; task < 2; task++)
        for (int f = 0; f < FILES; f++) truth[task] += (left[task][f] - right[task][f]) / FILES;
    for (int t = 0; t < TRIALS; t++) {
        int32_t file[ITEMS];
        int16_t outcome[ITEMS];
        replicates_t all[2];
        interval_t interval;
        for (int task = 0; task < 2; task++) {
            draw_task(&random, left[task], right[task], file, outcome);
            resample_task(file, outcome, (uint64_t)(2 * t + task), &all[task]);
        }
        expect_ok(replicates_interval(&all[0], 0.95, &interval));
        held[0] += interval.low <= truth[0] && truth[0] <= interval.high;
        replicates_add(&all[0], -1, &all[1]);
        expect_ok(replicates_interval(&all[0], 0.95, &interval));
        held[1] += interval.low <= truth[0] - truth[1] && truth[0] - truth[1] <= interval.high;
        for (int task = 0; task < 2; task++) replicates_destroy(&all[task]);
    }
    for (int i = 0; i < 2; i++) {
        print_message("# note: %s: %.1f %% of 95 %% intervals hold it\n",
                      i ? "difference of differences" : "change of accuracy",
                      100. * held[i] / TRIALS);
        assert_true(held[i] > 0.93 * TRIALS && held[i] < 0.975 * TRIALS);
    }
}

/* Losses under two conditions share the window's difficulty; the change is skewed. */
static void test_ratio(void **state)
{
    (void)state;
    double truth = 0.3 * exp(0.5 * 0.4 * 0.4);
    int held = 0;
    random_t random = random_stream(2, "test", 0);
    for (int t = 0; t < TRIALS; t++) {
        double value[WINDOWS];
        const resampling_t options = {0.95, 1000, (uint64_t)t};
        replicates_t *replicates = NULL;
        interval_t interval;
        for (int w = 0; w < WINDOWS; w++) value[w] = 0.3 * exp(0.4 * random_normal(&random));
        expect_ok(resample_means(value, NULL, WINDOWS, 1, &options, "test", &replicates));
        expect_ok(replicates_interval(&replicates[0], 0.95, &interval));
        held += interval.low <= truth && truth <= interval.high;
        resampled_destroy(&replicates, 1);
    }
    print_message("# note: log ratio of perplexities: %.1f %%\n", 100. * held / TRIALS);
    assert_true(held > 0.92 * TRIALS && held < 0.975 * TRIALS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_cells),
        cmocka_unit_test(test_no_spread),
        cmocka_unit_test(test_dissociation),
        cmocka_unit_test(test_ratio),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
