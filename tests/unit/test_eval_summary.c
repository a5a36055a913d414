/* Accuracy and perplexity against numbers worked out by hand and SciPy 1.17.1's intervals. */
#include <math.h>

#include "eval/summary.h"
#include "tests/scratch.h"

static void assert_close(double got, double want, double error)
{
    if (!(fabs(got - want) <= error)) fail_msg("%.17g, expected %.17g", got, want);
}

static void test_tie_is_wrong(void **state)
{
    (void)state;
    accuracy_t accuracy = {0};
    assert_true(isnan(accuracy_value(&accuracy)));
    accuracy_add(&accuracy, -10, -11);
    accuracy_add(&accuracy, -11, -10);
    accuracy_add(&accuracy, -10, -10);
    accuracy_add(&accuracy, -10, nextafter(-10, -11));
    assert_int_equal(accuracy.count, 4);
    assert_int_equal(accuracy.correct, 2);
    assert_int_equal(accuracy.ties, 1);
    assert_true(accuracy_value(&accuracy) == 0.5);
    /* binomtest(2, 4).proportion_ci(0.95, "wilson") */
    interval_t interval = accuracy_interval(&accuracy);
    assert_close(interval.low, 0.15003898915214947, 1e-14);
    assert_close(interval.high, 0.8499610108478506, 1e-14);
}

static void test_perplexity(void **state)
{
    (void)state;
    static const double loss[] = {2.1, 2.5, 1.9, 3.2, 2.8};
    loss_t summary;
    expect_ok(loss_summarise(loss, 5, &summary));
    assert_int_equal(summary.windows, 5);
    assert_close(summary.loss, 2.5, 1e-15);
    assert_close(summary.deviation, 0.5244044240850758, 1e-15);
    assert_close(loss_perplexity(&summary), 12.182493960703473, 1e-14);
    /* exp of t.interval(0.95, 4, mean, sem) */
    interval_t interval = loss_perplexity_interval(&summary);
    assert_close(interval.low, exp(1.8488659061147825), 1e-12);
    assert_close(interval.high, exp(3.1511340938852177), 1e-11);
}

/* scipy.stats.t.interval(0.95, 4, d.mean(), sem(d)) of d = loss - baseline */
static void test_paired_change(void **state)
{
    (void)state;
    static const double baseline[] = {2.0, 2.5, 1.7, 3.0, 2.8};
    static const double loss[] = {2.1, 2.5, 1.9, 3.2, 2.8};
    loss_t change;
    expect_ok(loss_compare(loss, baseline, 5, &change));
    assert_int_equal(change.windows, 5);
    assert_close(change.loss, 0.1, 1e-15);
    assert_close(change.loss_interval.low, -0.02416639982037641, 1e-13);
    assert_close(change.loss_interval.high, 0.2241663998203765, 1e-13);
    assert_close(loss_perplexity(&change), 1.1051709180756477, 1e-14); /* e^0.1 */
}

static void test_few_windows(void **state)
{
    (void)state;
    static const double loss[] = {0.5};
    loss_t summary;
    expect_ok(loss_summarise(loss, 1, &summary));
    assert_true(summary.loss == 0.5 && isnan(summary.deviation));
    assert_true(isnan(loss_perplexity_interval(&summary).low));
    expect_ok(loss_summarise(loss, 0, &summary));
    assert_true(isnan(loss_perplexity(&summary)) && summary.windows == 0);
}

static void test_not_finite(void **state)
{
    (void)state;
    static const double loss[] = {0.5, INFINITY, 1};
    loss_t summary;
    expect_error(loss_summarise(loss, 3, &summary), EXIT_NUMERIC, "window 1");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_tie_is_wrong),  cmocka_unit_test(test_perplexity),
        cmocka_unit_test(test_paired_change), cmocka_unit_test(test_few_windows),
        cmocka_unit_test(test_not_finite),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
