/* Peaks of densities whose peaks are known: samples are the quantiles of distributions. */
#include <math.h>

#include "stats/modes.h"
#include "stats/normal.h"
#include "tests/scratch.h"

enum { VALUES = 20000 };

/* The sample of a mixture: so many values around the first centre, the others around the second. */
static void find(int first, double centre, double other, modes_t *modes)
{
    float *value = NULL;
    sorter_t *sorter = NULL;
    sample_t sample;
    distribution_t distribution;
    expect_ok(mem_new(&value, VALUES, "values"));
    for (int i = 0; i < VALUES; i++) {
        bool one = i < first;
        double level = one ? (i + 0.5) / first : (i - first + 0.5) / (VALUES - first);
        value[i] = (float)((one ? centre : other) + normal_quantile(level));
    }
    expect_ok(sorter_create(&sorter, DTYPE_F32, VALUES));
    expect_ok(sorter_sort(sorter, value, VALUES, &sample));
    distribution_measure(&sample, &distribution);
    expect_ok(modes_find(&sample, &distribution, modes));
    sorter_destroy(&sorter);
    mem_free(&value);
}

/* The highest density of N(0,1) smoothed by a kernel of deviation h. */
static double peak(double share, double h)
{
    return share / sqrt(2 * M_PI * (1 + h * h));
}

static void test_one(void **state)
{
    (void)state;
    modes_t modes;
    find(VALUES, 7, 0, &modes);
    assert_int_equal(modes.count, 1);
    assert_true(fabs(modes.place[0] - 7) < 0.02);
    assert_true(fabs(modes.bandwidth / (0.9 * pow(VALUES, -0.2)) - 1) < 0.02);
    assert_true(fabs(modes.density[0] / peak(1, modes.bandwidth) - 1) < 0.005);
}

static void test_two(void **state)
{
    (void)state;
    modes_t modes;
    find(VALUES * 7 / 10, -3, 4, &modes);
    assert_int_equal(modes.count, 2);
    assert_true(fabs(modes.place[0] + 3) < 0.03 && fabs(modes.place[1] - 4) < 0.03);
    assert_true(fabs(modes.density[0] / peak(0.7, modes.bandwidth) - 1) < 0.005);
    assert_true(fabs(modes.density[1] / peak(0.3, modes.bandwidth) - 1) < 0.005);
    /* two normals of one deviation have one peak where they are nearer than two deviations */
    find(VALUES / 2, 0, 1.8, &modes);
    assert_int_equal(modes.count, 1);
    assert_true(fabs(modes.place[0] - 0.9) < 0.05);
    /* 2 % far off are a peak too low to count */
    find(VALUES * 98 / 100, 0, 8, &modes);
    assert_int_equal(modes.count, 1);
}

static void test_none(void **state)
{
    (void)state;
    const float value[] = {2, 2, 2};
    const sample_t sample = {.value = value, .groups = 3, .count = 3};
    distribution_t distribution;
    modes_t modes;
    distribution_measure(&sample, &distribution);
    expect_ok(modes_find(&sample, &distribution, &modes));
    assert_int_equal(modes.count, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_one), cmocka_unit_test(test_two),
                                       cmocka_unit_test(test_none)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
