/* Perplexity against numbers worked out by hand. */
#include <math.h>

#include "eval/summary.h"
#include "tests/scratch.h"

static void assert_close(double got, double want, double error)
{
    if (!(fabs(got - want) <= error)) fail_msg("%.17g, expected %.17g", got, want);
}

static void test_accuracy(void **state)
{
    (void)state;
    const accuracy_t none = {0}, half = {.correct = 2, .ties = 1, .count = 4};
    assert_true(isnan(accuracy_value(&none)));
    assert_true(accuracy_value(&half) == 0.5);
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
    assert_true(isnan(loss_perplexity_interval(&summary).low));
    summary.interval = (interval_t){2, 3};
    assert_close(loss_perplexity_interval(&summary).low, exp(2), 1e-14);
    assert_close(loss_perplexity_interval(&summary).high, exp(3), 1e-14);
}

static void test_few_windows(void **state)
{
    (void)state;
    static const double loss[] = {0.5};
    loss_t summary;
    expect_ok(loss_summarise(loss, 1, &summary));
    assert_true(summary.loss == 0.5 && isnan(summary.deviation));
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
        cmocka_unit_test(test_accuracy),
        cmocka_unit_test(test_perplexity),
        cmocka_unit_test(test_few_windows),
        cmocka_unit_test(test_not_finite),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
