/* Moments, quantiles and distances against SciPy 1.17.1 / NumPy 2.4.6 (float64) on data made by
 * integers, against closed forms, and against the plain sum over all ranks. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "core/memory.h"
#include "core/random.h"
#include "stats/distance.h"
#include "stats/normal.h"
#include "stats/statistics.h"

typedef struct {
    sorter_t *sorter;
    sample_t sample;
    distribution_t d;
} column_t;

static void assert_close(double got, double want, double tolerance)
{
    if (!(fabs(got - want) <= tolerance)) fail_msg("%.17g, expected %.17g", got, want);
}

static column_t measure(const float *value, int64_t count, dtype_t type)
{
    column_t column = {0};
    void *typed = NULL;
    status_t status = mem_new_(&typed, (size_t)count, 4, "test");
    if (!status) status = sorter_create(&column.sorter, type, count);
    if (!status) dtype_round(typed, value, (size_t)count, type);
    if (!status) status = sorter_sort(column.sorter, typed, count, &column.sample);
    if (status) fail_msg("%s", status_message(status));
    distribution_measure(&column.sample, &column.d);
    mem_free(&typed);
    return column;
}

static double normal_distance(const float *value, int64_t count)
{
    column_t column = measure(value, count, DTYPE_F32);
    double distance = distance_to_normal(&column.sample, &column.d);
    sorter_destroy(&column.sorter);
    return distance;
}

/* v = 7919 i mod 1009; x = (v^2 - 200000) / 1024: skewed, with ties, exact in float32. */
static void golden_data(float *x, int64_t count)
{
    for (int64_t i = 0; i < count; i++) {
        int64_t v = i * 7919 % 1009;
        x[i] = (float)(v * v - 200000) / 1024;
    }
}

static void test_golden(void **state)
{
    (void)state;
    static const struct {
        dtype_t type;
        double value[9];
        double quantile[4];
    } want[] = {
        {DTYPE_F32,
         {135.558779296875, 87652.121691537759, 0.63738487409683198, -0.85953497718506577,
          -195.3125, 796.9375, 0.44400000000000001, 0.25137374651814159, 0.56313966484307654},
         {-195.31201269531249, -133.419677734375, 53.24267578125, 793.98878222656242}},
        {DTYPE_F16,
         {135.56390625, 87648.726958738713, 0.63737640563559872, -0.8595772631572367, -195.25, 797,
          0.44400000000000001, 0.25138350718835034, 0.56313988239560464},
         {-195.25, -133.375, 53.25, 794.00199999999995}},
        {DTYPE_BF16,
         {135.55900651041668, 87643.744942264573, 0.63738517921759397, -0.85961869696871851, -195,
          796, 0.44400000000000001, 0.25141582901727916, 0.56314158296677219},
         {-195, -133.25, 53.25, 794.00399999999991}},
    };
    static const double level[] = {0.001, 0.25, 0.5, 0.999};
    static float x[1500];
    static double reference[701]; /* scipy's second sample: (-350 .. 350) / 128 */
    golden_data(x, 1500);
    for (int i = 0; i < 701; i++) reference[i] = (i - 350) / 128.;
    for (size_t c = 0; c < 3; c++) {
        column_t column = measure(x, 1500, want[c].type);
        const distribution_t *d = &column.d;
        double got[9] = {d->mean,
                         d->variance,
                         d->skewness,
                         d->kurtosis,
                         d->minimum,
                         d->maximum,
                         d->negative_fraction,
                         distance_to_normal(&column.sample, d),
                         distance_to_sample(&column.sample, d, reference, 701)};
        for (int i = 0; i < 9; i++)
            assert_close(got[i], want[c].value[i], 1e-12 * fmax(1, fabs(want[c].value[i])));
        for (int i = 0; i < 4; i++)
            assert_close(sample_quantile(&column.sample, level[i]), want[c].quantile[i], 1e-12);
        sorter_destroy(&column.sorter);
    }
}

/* Half the values at z = -1, half at 1: twice the integral of |1 - q| phi(q) over q > 0, by the
 * primitives of phi and q phi, split at q = 1. */
static void test_two_values(void **state)
{
    (void)state;
    static const float pair[] = {5, 9, 5, 5, 9, 9};
    double phi0 = 0.39894228040143267794, phi1 = 0.24197072451914334980;
    double inside = 0.34134474606854294859; /* Phi(1) - 1/2 */
    double want = 2 * ((inside - (phi0 - phi1)) + (phi1 - (0.5 - inside)));
    assert_close(normal_distance(pair, 2), want, 1e-15);
    assert_close(normal_distance(pair, 6), want, 1e-15);
}

/* The sum over every rank of the oracle's formula, without stretches or groups. */
static double plain_distance(const column_t *column)
{
    int64_t n = column->sample.count;
    double sum = 0;
    for (int64_t i = 0; i < n; i++) {
        double x = distribution_standardise(&column->d, (double)sample_at(&column->sample, i));
        double low = normal_quantile_of_rank(i, n), high = normal_quantile_of_rank(i + 1, n);
        double at = fmin(fmax(x, low), high), below = (double)i / (double)n,
               above = (double)(i + 1) / (double)n;
        double level = fmin(fmax(normal_cdf(x), below), above);
        sum += x * (level - below) - (normal_pdf(low) - normal_pdf(at)) +
               (normal_pdf(at) - normal_pdf(high)) - x * (above - level);
    }
    return sum;
}

static void test_against_plain_sum(void **state)
{
    (void)state;
    static const int64_t size[] = {2, 3, 10, 1000, 4097, 30000};
    static float x[30000];
    for (int shape = 0; shape < 6; shape++)
        for (size_t s = 0; s < 6; s++)
            for (int type = DTYPE_F32; type <= DTYPE_BF16; type++) {
                random_t random = random_stream(5, "test", (uint64_t)shape);
                for (int64_t i = 0; i < size[s]; i++) {
                    double z = random_normal(&random), u = random_uniform(&random);
                    double forms[] = {z,
                                      3 + 0.01 * z,
                                      u < 0.3 ? -3.5 + 0.4 * z : 0.1 * z,
                                      z * z * z,
                                      rint(2 * z) / 2,
                                      normal_quantile(((double)i + 0.5) / (double)size[s])};
                    x[i] = (float)forms[shape];
                }
                column_t column = measure(x, size[s], (dtype_t)type);
                double plain = plain_distance(&column);
                double got = distance_to_normal(&column.sample, &column.d);
                if (isnan(plain)) assert_true(isnan(got));
                else assert_close(got, plain, 1e-12);
                sorter_destroy(&column.sorter);
            }
}

/* Values at the normal's own quantiles are as near as that many values can be: their distance
 * falls with their number. */
static void test_falls_with_count(void **state)
{
    (void)state;
    static float x[16000];
    double before = 1;
    for (int64_t n = 1000; n <= 16000; n *= 2) {
        for (int64_t i = 0; i < n; i++) x[i] = (float)normal_quantile_of_rank(2 * i + 1, 2 * n);
        double distance = normal_distance(x, n);
        assert_true(distance > 0 && distance < 0.7 * before);
        before = distance;
    }
    assert_true(before < 2e-3);
}

static void test_order_and_scale(void **state)
{
    (void)state;
    static float x[5000], y[5000];
    random_t random = random_stream(9, "test", 0);
    for (int i = 0; i < 5000; i++) x[i] = (float)(random_normal(&random) * random_uniform(&random));
    for (int i = 0; i < 5000; i++) y[i] = x[(i * 1999 + 7) % 5000] * 0x1p-80f;
    column_t a = measure(x, 5000, DTYPE_F32), b = measure(y, 5000, DTYPE_F32);
    assert_true(distance_to_normal(&a.sample, &a.d) == distance_to_normal(&b.sample, &b.d));
    assert_true(a.d.skewness == b.d.skewness && a.d.kurtosis == b.d.kurtosis);
    assert_true(a.d.mean * 0x1p-80 == b.d.mean && a.d.variance * 0x1p-160 == b.d.variance);
    sorter_destroy(&a.sorter);
    sorter_destroy(&b.sorter);
}

/* Far from zero, in denormals, and at float32's largest values the shape is the same. */
static void test_extreme_places(void **state)
{
    (void)state;
    static float near[999], far[999], small[999], large[999];
    for (int i = 0; i < 999; i++) {
        int v = i * i % 999;
        near[i] = (float)v;
        far[i] = (float)(v + 8388608); /* ulp 1 */
        small[i] = (float)v * 0x1p-149f;
        large[i] = (float)v * 0x1p118f;
    }
    column_t a = measure(near, 999, DTYPE_F32);
    const float *others[] = {far, small, large};
    double distance = distance_to_normal(&a.sample, &a.d);
    for (int i = 0; i < 3; i++) {
        column_t b = measure(others[i], 999, DTYPE_F32);
        assert_close(b.d.skewness, a.d.skewness, 1e-14);
        assert_close(b.d.kurtosis, a.d.kurtosis, 1e-14);
        assert_close(distance_to_normal(&b.sample, &b.d), distance, 1e-14);
        sorter_destroy(&b.sorter);
    }
    sorter_destroy(&a.sorter);
}

static void test_undefined(void **state)
{
    (void)state;
    static const float same[] = {-1.25f, -1.25f, -1.25f}, zeros[] = {0.f, -0.f, 0.f, -0.f};
    static const double reference[] = {-1, 0, 1};
    for (int type = DTYPE_F32; type <= DTYPE_BF16; type++) {
        column_t c = measure(same, 3, (dtype_t)type);
        assert_true(c.d.mean == -1.25 && c.d.variance == 0 && c.d.negative_fraction == 1);
        assert_true(isnan(c.d.skewness) && isnan(c.d.kurtosis));
        assert_true(isnan(distance_to_normal(&c.sample, &c.d)));
        assert_true(isnan(distance_to_sample(&c.sample, &c.d, reference, 3)));
        sorter_destroy(&c.sorter);
        c = measure(zeros, 4, (dtype_t)type);
        assert_true(c.d.negative_fraction == 0 && c.d.variance == 0);
        assert_true(isnan(distance_to_normal(&c.sample, &c.d)));
        sorter_destroy(&c.sorter);
        c = measure(same, 0, (dtype_t)type);
        assert_true(isnan(c.d.mean) && isnan(c.d.variance) && isnan(c.d.minimum));
        assert_true(isnan(distance_to_normal(&c.sample, &c.d)));
        sorter_destroy(&c.sorter);
    }
}

static void test_reference(void **state)
{
    (void)state;
    /* Equal sizes: the mean of the differences in rank. */
    static const float x[] = {4, -2, 1, 1};
    static double reference[4096];
    column_t c = measure(x, 4, DTYPE_F32);
    double four[] = {-0.5, 0, 0.25, 2}, want = 0;
    double sorted[] = {-2, 1, 1, 4};
    for (int i = 0; i < 4; i++) want += fabs((sorted[i] - 1) / sqrt(4.5) - four[i]) / 4;
    assert_close(distance_to_sample(&c.sample, &c.d, four, 4), want, 1e-15);
    /* A reference with every value doubled is the same distribution. */
    double eight[] = {-0.5, -0.5, 0, 0, 0.25, 0.25, 2, 2};
    assert_close(distance_to_sample(&c.sample, &c.d, eight, 8), want, 1e-15);
    sorter_destroy(&c.sorter);
    /* The same with more values, ties and groups among them, where the equal size has its own way. */
    static float many[2048];
    static double once[2048], twice[4096];
    for (int i = 0; i < 2048; i++) many[i] = (float)(i * 37 % 101) / 4;
    reference_draw(11, 2048, once);
    for (int i = 0; i < 4096; i++) twice[i] = once[i / 2];
    for (int type = DTYPE_F32; type <= DTYPE_BF16; type++) {
        c = measure(many, 2048, (dtype_t)type);
        assert_close(distance_to_sample(&c.sample, &c.d, once, 2048),
                     distance_to_sample(&c.sample, &c.d, twice, 4096), 1e-14);
        sorter_destroy(&c.sorter);
    }
    reference_draw(3, 4096, reference);
    double mean = 0;
    for (int i = 0; i < 4096; i++) {
        mean += reference[i] / 4096;
        assert_true(i == 0 || reference[i - 1] <= reference[i]);
    }
    assert_true(fabs(mean) < 0.06 && fabs(reference[2048]) < 0.08);
    double again[3], other[3];
    reference_draw(3, 3, again);
    reference_draw(4, 3, other);
    assert_true(memcmp(again, other, sizeof again) != 0);
}

/* By hand: quartiles 1 and 3 of 0 1 2 3 4, whose variance is 2; one value far out changes the deviation
 * alone (numpy.std). */
static void test_quartiles(void **state)
{
    static const float even[] = {0, 1, 2, 3, 4}, out[] = {0, 1, 2, 3, 1000}, same[] = {7, 7};
    static const double want[] = {1.4142135623730951, 2 / 399.40125187585477};
    int at = statistics_find("iqr");
    (void)state;
    assert_true(at >= 0);
    for (int i = 0; i < 3; i++) {
        column_t c = measure(i == 0 ? even : i == 1 ? out : same, i < 2 ? 5 : 2, DTYPE_F32);
        double value[STATISTICS];
        statistics_measure(&c.sample, &c.d, value);
        if (i < 2) assert_close(value[at], want[i], 1e-14);
        else assert_true(isnan(value[at]));
        sorter_destroy(&c.sorter);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_golden),
        cmocka_unit_test(test_two_values),
        cmocka_unit_test(test_against_plain_sum),
        cmocka_unit_test(test_falls_with_count),
        cmocka_unit_test(test_order_and_scale),
        cmocka_unit_test(test_extreme_places),
        cmocka_unit_test(test_undefined),
        cmocka_unit_test(test_reference),
        cmocka_unit_test(test_quartiles),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
