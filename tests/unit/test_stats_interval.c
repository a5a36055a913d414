/* Wilson's interval against Newcombe (1998, Statistics in Medicine 17, table I, method 3) and
 * SciPy 1.17.1 (binomtest.proportion_ci), Student's quantiles against mpmath (30 digits). */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "stats/compare.h"
#include "stats/interval.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))

static void assert_close(double got, double want, double error)
{
    if (!(fabs(got - want) <= error)) fail_msg("%.17g, expected %.17g", got, want);
}

static void test_newcombe(void **state)
{
    (void)state;
    static const double row[][4] = {{81, 263, 0.2553, 0.3662},
                                    {15, 148, 0.0624, 0.1605},
                                    {0, 20, 0, 0.1611},
                                    {1, 29, 0.0061, 0.1718}};
    for (size_t i = 0; i < COUNT(row); i++) {
        interval_t interval = interval_share((int64_t)row[i][0], (int64_t)row[i][1], 0.95);
        assert_close(interval.low, row[i][2], 5e-5);
        assert_close(interval.high, row[i][3], 5e-5);
    }
}

static void test_share(void **state)
{
    (void)state;
    static const double row[][4] = {
        {0, 10, 0, 0.27753279986288926},
        {10, 10, 0.7224672001371109, 1},
        {1, 29, 0.006113214292762667, 0.17175521879320282},
        {700, 1000, 0.6708761390827828, 0.7275931575229951},
        {33500, 67000, 0.49621410779532726, 0.5037858922046727},
    };
    for (size_t i = 0; i < COUNT(row); i++) {
        interval_t interval = interval_share((int64_t)row[i][0], (int64_t)row[i][1], 0.95);
        assert_close(interval.low, row[i][2], 1e-14);
        assert_close(interval.high, row[i][3], 1e-14);
    }
    assert_true(isnan(interval_share(0, 0, 0.95).low) && isnan(interval_share(0, 0, 0.95).high));
}

static void test_student(void **state)
{
    (void)state;
    static const double row[][3] = {
        {0.975, 1, 12.7062047361747046},   {0.975, 2, 4.30265272974946385},
        {0.975, 5, 2.57058183563631551},   {0.975, 30, 2.04227245630123831},
        {0.975, 511, 1.96461722233040404}, {0.995, 3, 5.84090930973335726},
        {0.6, 7, 0.263166861352022812},    {0.9995, 1.5, 82.8474467036576119},
        {0.975, 1e5, 1.95998770753460964},
    };
    for (size_t i = 0; i < COUNT(row); i++) {
        double t = student_quantile(row[i][0], row[i][1]);
        assert_close(t, row[i][2], 1e-10 * row[i][2]);
        assert_close(student_quantile(1 - row[i][0], row[i][1]), -row[i][2], 1e-10 * row[i][2]);
    }
    assert_true(student_quantile(0.5, 3) == 0);
    assert_true(isnan(student_quantile(0, 3)) && isnan(student_quantile(0.9, 0)));
}

/* scipy.stats.t.interval(0.95, 4, mean, sem) of 2.1 2.5 1.9 3.2 2.8 */
static void test_mean(void **state)
{
    (void)state;
    interval_t interval = interval_mean(2.5, 0.275, 5, 0.95);
    assert_close(interval.low, 1.8488659061147825, 1e-13);
    assert_close(interval.high, 3.1511340938852177, 1e-13);
    assert_true(isnan(interval_mean(2.5, 0, 1, 0.95).low));
}

/* scipy.stats.pearsonr's and, for Spearman's, its formula by NumPy, of nine pairs of values */
static void test_correlation(void **state)
{
    (void)state;
    static const double x[] = {0.08, 0.11, 0.14, NAN, 0.13, 0.21, 0.3, 0.35, 0.33, 0.41};
    static const double y[] = {0.5, 0.52, 0.61, 3, 0.58, 0.7, 0.83, 0.8, 0.86, 0.86};
    int64_t used;
    double correlation = linear_correlation(x, y, 10, &used);
    assert_int_equal(used, 9);
    assert_close(correlation, 0.9669866987699238, 1e-14);
    interval_t interval = interval_correlation(correlation, used, false, 0.95);
    assert_close(interval.low, 0.8464570464378892, 1e-13);
    assert_close(interval.high, 0.9932477941488477, 1e-13);
    assert_null(rank_correlation(x, y, 10, &correlation, &used));
    assert_close(correlation, 0.9372466978064098, 1e-14);
    interval = interval_correlation(correlation, used, true, 0.95);
    assert_close(interval.low, 0.6381135781250239, 1e-13);
    assert_close(interval.high, 0.9905453142194713, 1e-13);
    assert_true(isnan(interval_correlation(0.5, 3, false, 0.95).low));
    assert_true(isnan(interval_correlation(1, 9, false, 0.95).low));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_newcombe), cmocka_unit_test(test_share),
        cmocka_unit_test(test_student),  cmocka_unit_test(test_correlation),
        cmocka_unit_test(test_mean),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
