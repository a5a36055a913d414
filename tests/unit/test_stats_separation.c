/* Strata of pairs by hand; similar and separated pairs, their signs and controls against a plain
 * search over all pairs. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "stats/separation.h"

static void assert_ok(status_t status)
{
    if (status) fail_msg("%s", status_message(status));
}

static int32_t stratum(int64_t f, int64_t g, int64_t p, int64_t q, const char *a, const char *b)
{
    pair_traits_t traits = {.frequency = {f, g},
                            .position = {p, q},
                            .window = 64,
                            .id = {1, a == b ? 1 : 2},
                            .text = {a, b},
                            .length = {a ? strlen(a) : 0, b ? strlen(b) : 0}};
    return pair_stratum(&traits);
}

static void test_strata(void **state)
{
    (void)state;
    static const char word[] = "walk";
    int32_t base = stratum(3, 100, 0, 63, word, "talk");
    assert_int_equal(stratum(1, 255, 15, 48, word, "talk"), base); /* bands 0 and 3 */
    assert_int_equal(stratum(100, 3, 63, 0, "talk", word), base);
    assert_int_not_equal(stratum(4, 100, 0, 63, word, "talk"), base);
    assert_int_not_equal(stratum(3, 256, 0, 63, word, "talk"), base);
    assert_int_not_equal(stratum(3, 100, 16, 63, word, "talk"), base);
    int32_t shared = stratum(3, 100, 0, 63, word, " walks");
    assert_int_not_equal(shared, base);
    assert_int_equal(stratum(3, 100, 0, 63, "\xe2\x96\x81walked", word), shared);
    assert_int_equal(stratum(3, 100, 0, 63, " wal", "wale"), shared);
    assert_int_equal(stratum(3, 100, 0, 63, "wa", " wa"), base); /* less than three bytes */
    assert_int_equal(stratum(3, 100, 0, 63, NULL, word), base);
    int32_t same = stratum(3, 100, 0, 63, word, word);
    assert_true(same != shared && same != base);
    /* Every combination has its own number. */
    static char seen[1 << 16];
    for (int f = 0; f < 16; f++)
        for (int g = f; g < 16; g++)
            for (int p = 0; p < 4; p++)
                for (int q = p; q < 4; q++)
                    for (int k = 0; k < 3; k++) {
                        int32_t s =
                            stratum((int64_t)1 << 2 * f, (int64_t)1 << 2 * g, 16 * p, 16 * q, word,
                                    k == 2 ? word
                                    : k    ? "walrus"
                                           : "talk");
                        assert_true(s >= 0 && s < 1 << 16 && !seen[s]++);
                    }
}

enum { PAIRS = 400, MOST = 12 };
static double distance[PAIRS];
static float first[PAIRS], second[PAIRS];
static int32_t strata[PAIRS];

/* Distances with ties, some 0; outputs with ties; strata of very different sizes. */
static void fill(void)
{
    random_t random = random_stream(4, "test", 0);
    for (int p = 0; p < PAIRS; p++) {
        distance[p] = (double)random_below(&random, 40) / 8;
        first[p] = (float)random_below(&random, 64) / 16 - 2;
        second[p] = (float)random_below(&random, 64) / 16 - 2;
        strata[p] = (int32_t)(random_below(&random, 10) * random_below(&random, 10) / 12);
    }
}

/* The wanted-th pair by (smallest distance, number) among those of different inputs, or by
 * (largest ratio, number) among the similar ones. */
static int before(int p, int q, const char *similar)
{
    if (!similar) return distance[p] < distance[q] || (distance[p] == distance[q] && p < q);
    double a = fabs((double)first[p] - (double)second[p]) / distance[p];
    double b = fabs((double)first[q] - (double)second[q]) / distance[q];
    return a > b || (a == b && p < q);
}

static int place_of(int p, const char *among, const char *similar)
{
    int place = 0;
    for (int q = 0; q < PAIRS; q++) place += among[q] && before(q, p, similar);
    return place;
}

static void test_against_plain_search(void **state)
{
    (void)state;
    char kept[PAIRS], similar[PAIRS] = {0};
    int count = 0, in_stratum[10] = {0}, separated_in[10] = {0};
    int32_t pair[MOST];
    similar_t s;
    separation_t separation = {.pair = pair}, again = {.pair = pair};
    fill();
    for (int p = 0; p < PAIRS; p++) count += kept[p] = distance[p] > 0;
    int wanted = (count * 15 + 99) / 100;
    for (int p = 0; p < PAIRS; p++) similar[p] = kept[p] && place_of(p, kept, NULL) < wanted;
    assert_ok(similar_create(&s, distance, strata, PAIRS, 15, MOST));
    assert_int_equal(s.count, wanted);
    assert_int_equal(s.most, MOST);
    for (int64_t i = 0; i < s.count; i++) {
        assert_true(similar[s.pair[i]] == 1);
        in_stratum[strata[s.pair[i]]]++;
    }
    random_t random = random_stream(1, "test", 0), same = random;
    similar_measure(&s, first, second, &random, &separation);
    int signs[SIGNS] = {0}, controls = 0;
    for (int k = 0; k < MOST; k++) {
        assert_int_equal(place_of(pair[k], similar, similar), k);
        separated_in[strata[pair[k]]]++;
        signs[first[pair[k]] < 0 && second[pair[k]] < 0   ? SIGNS_NEGATIVE
              : first[pair[k]] < 0 || second[pair[k]] < 0 ? SIGNS_MIXED
                                                          : SIGNS_POSITIVE]++;
    }
    for (int i = 0; i < SIGNS; i++) {
        assert_int_equal(separation.sign[i], signs[i]);
        controls += separation.control[i];
    }
    /* As many controls in each stratum as it has pairs left for. */
    int expected = 0;
    for (int i = 0; i < 10; i++) {
        int left = in_stratum[i] - separated_in[i];
        expected += left < separated_in[i] ? left : separated_in[i];
    }
    assert_int_equal(controls, expected);
    similar_measure(&s, first, second, &same, &again);
    assert_memory_equal(again.control, separation.control, sizeof again.control);
    similar_destroy(&s);
}

/* Of four pairs of a stratum one is separated; each of the others is its control as often. */
static void test_controls_are_uniform(void **state)
{
    (void)state;
    static const double apart[] = {1, 1, 1, 1, 1, 1, 1, 1};
    static const int32_t of[] = {5, 5, 5, 5, 6, 6, 6, 6};
    static const float a[] = {-1, -1, 1, 9, 0, 0, 0, 0}, b[] = {-1, 1, 1, -9, 0, 0, 0, 0};
    int64_t drawn[SIGNS] = {0};
    int32_t pair[1];
    similar_t s;
    separation_t separation = {.pair = pair};
    assert_ok(similar_create(&s, apart, of, 8, 100, 1));
    for (uint64_t i = 0; i < 3000; i++) {
        random_t random = random_stream(9, "test", i);
        similar_measure(&s, a, b, &random, &separation);
        assert_int_equal(pair[0], 3);
        assert_int_equal(separation.sign[SIGNS_MIXED], 1);
        for (int k = 0; k < SIGNS; k++) drawn[k] += separation.control[k];
    }
    for (int k = 0; k < SIGNS; k++) assert_true(drawn[k] > 850 && drawn[k] < 1150);
    similar_destroy(&s);
}

static void test_too_few(void **state)
{
    (void)state;
    static const double none[] = {0, 0, 0};
    static const int32_t of[] = {1, 1, 1};
    static const float y[] = {1, 2, 3};
    similar_t s;
    separation_t separation = {0};
    random_t random = random_stream(1, "test", 0);
    assert_ok(similar_create(&s, none, of, 3, 10, 5));
    assert_true(s.count == 0 && s.most == 0);
    similar_measure(&s, y, y, &random, &separation);
    assert_int_equal(separation.sign[SIGNS_POSITIVE], 0);
    similar_destroy(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_strata),
        cmocka_unit_test(test_against_plain_search),
        cmocka_unit_test(test_controls_are_uniform),
        cmocka_unit_test(test_too_few),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
