/* McNemar's exact test against fractions worked out by hand and SciPy 1.17's binomtest(b, b + c, 0.5),
 * Holm's correction against an example worked out by hand. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "stats/significance.h"

static void test_mcnemar(void **state)
{
    (void)state;
    static const struct {
        int64_t gained, lost;
        double p;
    } table[] = {
        {0, 0, 1},
        {1, 0, 1},
        {4, 4, 1},
        {0, 5, 2. / 32},
        {2, 8, 2. * (1 + 10 + 45) / 1024},
        {1, 9, 2. * (1 + 10) / 1024},
        {6, 16, 0.052478790283203125}, /* Fagerland, Lydersen and Laake (2013): 0.053 */
        {10, 20, 0.09873714670538905},
        {59, 6, 4.964650327128616e-12},
        {37, 48, 0.2779992890805517},
        {150, 86, 3.7159361395713866e-05},
        {101, 121, 0.20213432065995843},
        {1200, 900, 6.337277315775641e-11},
        {33000, 34000, 0.00011360046774628418},
    };
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        double p = mcnemar_test(table[i].gained, table[i].lost);
        if (!(fabs(p - table[i].p) <= 1e-9 * table[i].p))
            fail_msg("%d %d: %.17g, expected %.17g", (int)table[i].gained, (int)table[i].lost, p,
                     table[i].p);
        assert_true(p == mcnemar_test(table[i].lost, table[i].gained));
    }
    assert_true(mcnemar_test(0, 5000) == 0);
}

/* Sorted 0.005 0.01 0.03 0.04 times 4 3 2 1 is 0.02 0.03 0.06 0.04, of which the last may not fall. */
static void test_holm(void **state)
{
    (void)state;
    static const double p[] = {0.01, 0.04, NAN, 0.03, 0.005};
    static const double want[] = {0.03, 0.06, NAN, 0.06, 0.02};
    static const double large[] = {0.9, 0.6};
    double adjusted[5];
    assert_null(holm_adjust(p, 5, adjusted));
    for (int i = 0; i < 5; i++) {
        if (isnan(want[i])) assert_true(isnan(adjusted[i]));
        else assert_true(fabs(adjusted[i] - want[i]) < 1e-15);
    }
    assert_null(holm_adjust(large, 2, adjusted));
    assert_true(adjusted[0] == 1 && adjusted[1] == 1);
    assert_null(holm_adjust(p, 0, adjusted));
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_mcnemar), cmocka_unit_test(test_holm)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
