/* Randomness: the generator against its authors' sequence, everything drawn from it against the
 * distribution it should have. Seeds are fixed, so each chi-square is one number; the bounds are
 * its 0.1 % and 99.9 % quantiles (SciPy). */
#include "tests/scratch.h"

#include <math.h>

#include "core/random.h"

static double chi_square(const int *seen, int bins, double expected)
{
    double sum = 0;
    for (int i = 0; i < bins; i++) sum += (seen[i] - expected) * (seen[i] - expected) / expected;
    return sum;
}

static void expect_within(double value, double low, double high)
{
    if (!(value >= low && value <= high)) fail_msg("%g is not in [%g, %g]", value, low, high);
}

/* The authors' xoshiro256starstar.c from the state 1, 2, 3, 4. */
static void reference_sequence(void **state)
{
    static const uint64_t expected[] = {11520u,
                                        0u,
                                        1509978240u,
                                        1215971899390074240u,
                                        1216172134540287360u,
                                        607988272756665600u,
                                        16172922978634559625u,
                                        8476171486693032832u,
                                        10595114339597558777u,
                                        2904607092377533576u};
    random_t random = {{1, 2, 3, 4}};
    (void)state;
    for (int i = 0; i < 10; i++) assert_true(random_bits(&random) == expected[i]);
}

static void streams_differ(void **state)
{
    static const char *const purpose[] = {"cohort", "cohorts", "", "sample"};
    enum { STREAMS = 4 * 8 * 8, DRAWS = 64 };
    uint64_t first[STREAMS];
    int count = 0, ones[64] = {0};
    (void)state;
    for (int p = 0; p < 4; p++)
        for (uint64_t seed = 0; seed < 8; seed++)
            for (uint64_t index = 0; index < 8; index++) {
                random_t a = random_stream(seed, purpose[p], index);
                random_t b = random_stream(seed, purpose[p], index);
                first[count] = random_bits(&a);
                assert_true(first[count] == random_bits(&b));
                for (int i = 0; i < count; i++) assert_true(first[i] != first[count]);
                count++;
            }
    /* neighbours have about half of their bits in common, each bit alike */
    double same = 0;
    for (int i = 0; i + 1 < count; i++) {
        uint64_t common = ~(first[i] ^ first[i + 1]);
        same += __builtin_popcountll(common);
        for (int b = 0; b < 64; b++) ones[b] += (int)(common >> b & 1);
    }
    expect_within(same / (count - 1), 31, 33);
    for (int b = 0; b < 64; b++) expect_within(ones[b], 85, 170);
}

static void below_is_uniform(void **state)
{
    static const uint64_t bounds[] = {10, 100, 120};
    static const double low[] = {1.152, 61.14, 76.95}, high[] = {27.88, 148.23, 172.42};
    (void)state;
    for (int k = 0; k < 3; k++) {
        random_t random = random_stream(7, "test", (uint64_t)k);
        int seen[120] = {0};
        for (int i = 0; i < 200000; i++) {
            uint64_t number = random_below(&random, bounds[k]);
            assert_true(number < bounds[k]);
            seen[number]++;
        }
        expect_within(chi_square(seen, (int)bounds[k], 200000.0 / (double)bounds[k]), low[k],
                      high[k]);
    }
    /* a bound where a remainder or a product without rejection would prefer some thirds */
    random_t random = random_stream(8, "test", 0);
    int seen[3] = {0};
    uint64_t third = (uint64_t)1 << 62;
    for (int i = 0; i < 30000; i++) seen[random_below(&random, 3 * third) / third]++;
    for (int i = 0; i < 3; i++) expect_within(seen[i], 9740, 10260); /* 3.2 standard deviations */
    for (int i = 0; i < 100; i++) assert_int_equal(random_below(&random, 1), 0);
}

static void uniform_is_uniform(void **state)
{
    random_t random = random_stream(3, "test", 0);
    int seen[100] = {0};
    (void)state;
    for (int i = 0; i < 200000; i++) {
        double x = random_uniform(&random);
        assert_true(x >= 0 && x < 1);
        seen[(int)(100 * x)]++;
    }
    expect_within(chi_square(seen, 100, 2000), 61.14, 148.23);
    random_t last = {{0, 0xffffffffffffffffu, 0, 0}};
    assert_true(random_uniform(&last) < 1);
}

/* Phi of normal draws is uniform; neighbouring draws are not correlated. */
static void normal_is_normal(void **state)
{
    random_t random = random_stream(4, "test", 0);
    int seen[100] = {0};
    double product = 0, last = 0;
    (void)state;
    for (int i = 0; i < 200000; i++) {
        double x = random_normal(&random);
        assert_true(isfinite(x));
        seen[(int)(100 * 0.5 * erfc(-x / sqrt(2)))]++;
        product += x * last;
        last = x;
    }
    expect_within(chi_square(seen, 100, 2000), 61.14, 148.23);
    expect_within(product / 200000, -0.0074, 0.0074); /* 3.3 / sqrt(200000) */
}

/* All 252 ways to take 5 of 10 are equally likely. */
static void sample_is_uniform(void **state)
{
    enum { DRAWS = 252 * 200 };
    random_t random = random_stream(5, "test", 0);
    static int seen[1024];
    int ways[252], count = 0;
    (void)state;
    for (int i = 0; i < DRAWS; i++) {
        int32_t sample[5];
        int set = 0;
        expect_ok(random_sample(&random, 10, 5, sample));
        for (int k = 0; k < 5; k++) {
            assert_true(sample[k] >= 0 && sample[k] < 10);
            if (k) assert_true(sample[k] > sample[k - 1]);
            set |= 1 << sample[k];
        }
        seen[set]++;
    }
    for (int set = 0; set < 1024; set++)
        if (__builtin_popcount((unsigned)set) == 5) ways[count++] = seen[set];
    assert_int_equal(count, 252);
    expect_within(chi_square(ways, 252, 200), 187.4, 326.0);
}

static void sample_at_the_ends(void **state)
{
    random_t random = random_stream(6, "test", 0);
    int32_t sample[20];
    (void)state;
    expect_ok(random_sample(&random, 20, 20, sample));
    for (int i = 0; i < 20; i++) assert_int_equal(sample[i], i);
    expect_ok(random_sample(&random, 20, 0, sample));
    expect_ok(random_sample(&random, 0, 0, sample));
    expect_error(random_sample(&random, 4, 5, sample), EXIT_BUG, "a sample of 5 from 4");
}

static void permutation_is_uniform(void **state)
{
    random_t random = random_stream(9, "test", 0);
    static int seen[3125];
    int ways[120], count = 0;
    (void)state;
    for (int i = 0; i < 120 * 400; i++) {
        int64_t order[5];
        int code = 0, set = 0;
        random_permutation(&random, 5, order);
        for (int k = 0; k < 5; k++) code = 5 * code + (int)order[k], set |= 1 << order[k];
        assert_int_equal(set, 31);
        seen[code]++;
    }
    for (int code = 0; code < 3125; code++)
        if (seen[code]) ways[count++] = seen[code];
    assert_int_equal(count, 120);
    expect_within(chi_square(ways, 120, 400), 76.95, 172.4);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reference_sequence), cmocka_unit_test(streams_differ),
        cmocka_unit_test(below_is_uniform),   cmocka_unit_test(uniform_is_uniform),
        cmocka_unit_test(normal_is_normal),   cmocka_unit_test(sample_is_uniform),
        cmocka_unit_test(sample_at_the_ends), cmocka_unit_test(permutation_is_uniform),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
