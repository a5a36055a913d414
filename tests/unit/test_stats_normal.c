/* The normal distribution against 20 digits of mpmath 1.3 (erfc, erfinv, 40 digits working). */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "stats/normal.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))

static void assert_close(double got, double want, double relative)
{
    if (!(fabs(got - want) <= relative * fabs(want)))
        fail_msg("%.17g, expected %.17g (off by %.2g)", got, want, fabs(got / want - 1));
}

static void test_distribution(void **state)
{
    (void)state;
    static const double row[][3] = {
        {-37.0, 5.7255712225245768227e-300, 2.1200065515246056269e-298},
        {-20.0, 2.7536241186062336951e-89, 5.5209483621597631896e-88},
        {-8.0, 6.2209605742717841235e-16, 5.052271083536892288e-15},
        {-5.5, 1.8989562465887719384e-8, 1.0769760042543276359e-7},
        {-3.0, 0.0013498980316300945267, 0.0044318484119380071756},
        {-1.25, 0.10564977366685525769, 0.18264908538902190499},
        {-0.1, 0.46017216272297101633, 0.39695254747701176529},
        {0.3, 0.61791142218895263307, 0.38138781546052408688},
        {2.0, 0.9772498680518207928, 0.053990966513188051951},
        {6.0, 0.99999999901341235496, 6.075882849823285487e-9},
    };
    for (size_t i = 0; i < COUNT(row); i++) {
        double x = row[i][0];
        assert_close(normal_cdf(x), row[i][1], 1e-16 * (5 + x * x));
        assert_close(normal_pdf(x), row[i][2], 5e-16);
    }
    assert_true(normal_pdf(INFINITY) == 0 && normal_pdf(-INFINITY) == 0);
    assert_true(normal_cdf(INFINITY) == 1 && normal_cdf(-INFINITY) == 0);
}

static void test_quantile(void **state)
{
    (void)state;
    static const double row[][2] = {
        {1e-300, -37.047096299361199237},  {1e-20, -9.2623400897984075796},
        {1e-10, -6.3613409024040561991},   {1e-05, -4.2648907939228246102},
        {0.001, -3.0902323061678135354},   {0.02425, -1.9729610513118848376},
        {0.07499, -1.4396021182393162092}, {0.0750001, -1.4395307645017296865},
        {0.2, -0.84162123357291416552},    {0.3, -0.52440051270804081597},
        {0.45, -0.12566134685507400616},   {0.4999, -0.00025066283008800749239},
    };
    for (size_t i = 0; i < COUNT(row); i++) {
        /* 0.4999 - 0.5 loses digits of 0.4999 itself, not of the algorithm. */
        double lost = row[i][0] == 0.4999 ? 1e-12 : 1e-15;
        assert_close(normal_quantile(row[i][0]), row[i][1], lost);
    }
    assert_true(normal_quantile(0.5) == 0);
    assert_true(normal_quantile(0) == -INFINITY && normal_quantile(1) == INFINITY);
    assert_true(isnan(normal_quantile(-1e-9)) && isnan(normal_quantile(1.1)));
    assert_true(isnan(normal_quantile(NAN)));
}

static void test_inverse_of_each_other(void **state)
{
    (void)state;
    for (int64_t i = 1; i < 20000; i++) {
        double x = normal_quantile_of_rank(i, 20000), p = (double)i / 20000;
        assert_close(normal_cdf(x), p, 1e-15 * (1 + x * x));
        assert_true(normal_quantile_of_rank(20000 - i, 20000) == -x);
        assert_true(x > normal_quantile_of_rank(i - 1, 20000));
    }
    assert_true(normal_quantile_of_rank(20000, 20000) == INFINITY);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_distribution),
        cmocka_unit_test(test_quantile),
        cmocka_unit_test(test_inverse_of_each_other),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
