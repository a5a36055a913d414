/* Mapping difficulty against NumPy 2.4.6 (float64) on data made by integers, and by hand. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "core/random.h"
#include "stats/difficulty.h"
#include "stats/distance.h"

static void assert_ok(status_t status)
{
    if (status) fail_msg("%s", status_message(status));
}

static void assert_refused(status_t status, const char *part)
{
    assert_non_null(strstr(status_message(status), part));
    status_free(&status);
}

enum { TOKENS = 400, WIDTH = 5, PAIRS = 150 };

/* x[t][d] = ((37 t + 101 d) (t + 3) mod 997) / 32, tokens 3, 13, 23, ... alike;
 * y[t] = ((7919 t mod 1009) - 300) / 64; pair p: tokens 7p and 7(p + 150), mod 400. */
static void test_golden(void **state)
{
    (void)state;
    static float x[TOKENS][WIDTH], y[TOKENS];
    static int64_t first[PAIRS], second[PAIRS];
    static double distance[PAIRS], output[PAIRS];
    for (int t = 0; t < TOKENS; t++) {
        for (int d = 0; d < WIDTH; d++) x[t][d] = (float)((t * 37 + d * 101) * (t + 3) % 997) / 32;
        if (t % 10 == 3) memcpy(x[t], x[3], sizeof x[t]);
        y[t] = (float)(t * 7919 % 1009 - 300) / 64;
    }
    for (int p = 0; p < PAIRS; p++) {
        first[p] = 7 * p % TOKENS;
        second[p] = 7 * (p + PAIRS) % TOKENS;
        output[p] = fabs((double)y[first[p]] - (double)y[second[p]]);
    }
    difficulty_t difficulty;
    assert_ok(input_distances(x[0], TOKENS, WIDTH, first, second, PAIRS, distance));
    assert_ok(difficulty_create(&difficulty, distance, PAIRS));
    assert_int_equal(difficulty.dropped, 15);
    assert_int_equal(difficulty.pairs, PAIRS - 15);
    for (int again = 0; again < 2; again++)
        assert_true(fabs(difficulty_measure(&difficulty, output) - 2.0786052008171287) < 1e-12);
    difficulty_destroy(&difficulty);
}

/* Input distances 1, 2, 4 (N_x = 4), output distances 3, 1, 2 (N_y = 2): the mean of
 * (3/2)/(1/4), (1/2)/(2/4), (2/2)/(4/4) = (6 + 1 + 1) / 3; the equal pair does not count. */
static void test_by_hand(void **state)
{
    (void)state;
    static const double input[] = {1, 0, 2, 4}, output[] = {3, 1e9, 1, 2}, flat[] = {0, 5, 0, 7};
    difficulty_t d;
    assert_ok(difficulty_create(&d, input, 4));
    assert_int_equal(d.dropped, 1);
    assert_true(fabs(difficulty_measure(&d, output) - 8. / 3) < 1e-15);
    assert_true(isnan(difficulty_measure(&d, flat))); /* N_y = 0 */
    difficulty_destroy(&d);
    static const double equal[] = {0, 0};
    assert_ok(difficulty_create(&d, equal, 2));
    assert_int_equal(d.dropped, 2);
    assert_true(isnan(difficulty_measure(&d, output)));
    difficulty_destroy(&d);
}

static void test_median(void **state)
{
    (void)state;
    static double value[2000], sorted[2000];
    random_t random = random_stream(2, "test", 0);
    for (int64_t n = 1; n < 2000; n += n < 20 ? 1 : 97)
        for (int kinds = 1; kinds < 10000; kinds *= 21) {
            for (int64_t i = 0; i < n; i++)
                value[i] = sorted[i] = (double)random_below(&random, (uint64_t)kinds);
            sort_doubles(sorted, n);
            assert_true(median_of(value, n) == (sorted[(n - 1) / 2] + sorted[n / 2]) / 2);
        }
    assert_true(isnan(median_of(value, 0)));
}

static void test_pairs_are_disjoint(void **state)
{
    (void)state;
    int64_t first[50], second[50], other[50];
    char seen[101] = {0};
    assert_ok(pairs_draw(1, 101, 50, first, second));
    for (int p = 0; p < 50; p++) {
        assert_true(first[p] >= 0 && first[p] < 101 && second[p] >= 0 && second[p] < 101);
        assert_true(!seen[first[p]]++ && !seen[second[p]]++);
    }
    assert_ok(pairs_draw(1, 101, 50, other, second));
    assert_memory_equal(first, other, sizeof first);
    assert_ok(pairs_draw(2, 101, 50, other, second));
    assert_memory_not_equal(first, other, sizeof first);
    assert_refused(pairs_draw(1, 99, 50, first, second), "50 disjoint pairs wanted of 99 tokens");
}

static void test_order(void **state)
{
    (void)state;
    int64_t first[400], second[400], token[800], slot[2][400];
    assert_ok(pairs_draw(7, 1000, 400, first, second));
    assert_ok(pairs_order(first, second, 400, token, slot[0], slot[1]));
    for (int i = 1; i < 800; i++) assert_true(token[i] > token[i - 1]);
    for (int p = 0; p < 400; p++) {
        assert_int_equal(token[slot[0][p]], first[p]);
        assert_int_equal(token[slot[1][p]], second[p]);
    }
}

static void test_errors(void **state)
{
    (void)state;
    static const float x[] = {0, 1, INFINITY};
    int64_t a[] = {0, 1}, b[] = {1, 3};
    double distance[2];
    assert_refused(input_distances(x, 3, 1, a, b, 2, distance), "pair 1: tokens 1 and 3");
    b[1] = 2;
    assert_refused(input_distances(x, 3, 1, a, b, 2, distance), "pair 1: the inputs of tokens 1");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_golden), cmocka_unit_test(test_by_hand),
        cmocka_unit_test(test_median), cmocka_unit_test(test_pairs_are_disjoint),
        cmocka_unit_test(test_order),  cmocka_unit_test(test_errors),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
