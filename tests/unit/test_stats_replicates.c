/* Bootstrap intervals: distributions that are known in closed form, SciPy 1.17's BCa, and how often
 * simulated intervals hold the truth. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/memory.h"
#include "stats/lattice.h"
#include "stats/replicates.h"

static void expect_ok(status_t status)
{
    if (status) fail_msg("%s", status_message(status));
}

static void assert_close(double got, double want, double error)
{
    if (!(fabs(got - want) <= error)) fail_msg("%.17g, expected %.17g", got, want);
}

static double binomial(int64_t n, int64_t k, double p)
{
    double choose = lgamma((double)n + 1) - lgamma((double)k + 1) - lgamma((double)(n - k) + 1);
    return exp(choose + (double)k * log(p) + (double)(n - k) * log1p(-p));
}

/* Of right and wrong items the sum is binomial. */
static void test_binomial(void **state)
{
    (void)state;
    static const int64_t count[][2] = {{1, 3}, {300, 700}, {990, 10}, {33000, 34000}};
    for (size_t i = 0; i < sizeof count / sizeof *count; i++) {
        int64_t n = count[i][0] + count[i][1];
        double p = (double)count[i][1] / (double)n;
        lattice_t *lattice = NULL;
        expect_ok(lattice_create(count[i], 2, &lattice));
        for (int64_t k = 0; k <= n; k += 1 + n / 500)
            assert_close(lattice_mass(lattice, k), binomial(n, k, p), 1e-11);
        lattice_destroy(&lattice);
    }
}

/* Of two items that are better and one that is worse, by all 27 draws. */
static void test_trinomial(void **state)
{
    (void)state;
    static const int64_t count[] = {1, 0, 2};
    static const double want[] = {1, 0, 6, 0, 12, 0, 8};
    lattice_t *lattice = NULL;
    expect_ok(lattice_create(count, 3, &lattice));
    for (int64_t sum = -1; sum < 8; sum++)
        assert_close(lattice_mass(lattice, sum), sum >= 0 && sum < 7 ? want[sum] / 27 : 0, 1e-15);
    lattice_destroy(&lattice);
}

/* Draws follow the distribution: chi-squared over its values, 6 degrees of freedom, 99.99 %. */
static void test_draws(void **state)
{
    (void)state;
    static const int64_t count[] = {2, 1, 3};
    enum { DRAWS = 200000, SUMS = 13 };
    int64_t seen[SUMS] = {0};
    double square = 0;
    lattice_t *lattice = NULL;
    random_t random = random_stream(5, "test", 0);
    expect_ok(lattice_create(count, 3, &lattice));
    for (int i = 0; i < DRAWS; i++) {
        int64_t sum = lattice_draw(lattice, &random);
        assert_true(sum >= 0 && sum < SUMS);
        seen[sum]++;
    }
    for (int64_t sum = 0; sum < SUMS; sum++) {
        double want = DRAWS * lattice_mass(lattice, sum), apart = (double)seen[sum] - want;
        square += apart * apart / want;
    }
    assert_true(square < 39.13); /* chi2.ppf(0.9999, 12) */
    lattice_destroy(&lattice);
}

static interval_t interval_of_rows(const double *value, int64_t units, int64_t count, uint64_t seed)
{
    replicates_t replicates;
    interval_t interval;
    random_t random = random_stream(seed, "rows", 0);
    expect_ok(replicates_create(count, &replicates));
    expect_ok(replicates_of_rows(value, NULL, units, 1, &random, &replicates));
    expect_ok(replicates_interval(&replicates, 0.95, &interval));
    replicates_destroy(&replicates);
    return interval;
}

static interval_t interval_of_share(const int64_t count[2], int64_t replicates_wanted,
                                    uint64_t seed)
{
    replicates_t replicates;
    interval_t interval;
    random_t random = random_stream(seed, "items", 0);
    expect_ok(replicates_create(replicates_wanted, &replicates));
    expect_ok(replicates_of_items(count, 2, 0, 1, &random, &replicates));
    expect_ok(replicates_interval(&replicates, 0.95, &interval));
    replicates_destroy(&replicates);
    return interval;
}

/* scipy.stats.bootstrap(method="BCa", n_resamples=400000), which differs from seed to seed by 0.002. */
static void test_scipy(void **state)
{
    (void)state;
    static const double value[] = {2.31, 2.05, 3.92, 2.77, 1.84, 2.51, 2.23, 5.1,  2.95, 2.02,
                                   2.66, 3.31, 1.97, 2.4,  2.58, 4.45, 2.12, 2.86, 2.2,  3.02};
    static const int64_t count[] = {8, 92};
    interval_t interval = interval_of_rows(value, 20, 400000, 1);
    assert_close(interval.low, 2.467, 0.004);
    assert_close(interval.high, 3.2335, 0.006);
    interval = interval_of_share(count, 400000, 1);
    assert_close(interval.low, 0.85, 1e-12);
    assert_close(interval.high, 0.96, 1e-12);
}

/* Strata: means of a hundred and of two hundred items, weighted by their numbers, have the standard
 * error of the stratified mean. */
static void test_strata(void **state)
{
    (void)state;
    static const int64_t count[2][2] = {{10, 90}, {100, 100}};
    replicates_t all, one;
    random_t random = random_stream(3, "strata", 0);
    double mean = 0, square = 0;
    enum { COUNT = 100000 };
    expect_ok(replicates_create(COUNT, &all));
    expect_ok(replicates_create(COUNT, &one));
    for (int s = 0; s < 2; s++) {
        expect_ok(replicates_of_items(count[s], 2, 0, 1, &random, &one));
        replicates_add(&all, s ? 2. / 3 : 1. / 3, &one);
    }
    assert_close(all.estimate, 190. / 300, 1e-15);
    double want = (0.9 * 0.1 / 100) / 9 + 4 * (0.25 / 200) / 9;
    assert_close(all.square, want, 1e-15);
    for (int r = 0; r < COUNT; r++) mean += all.value[r] / COUNT;
    for (int r = 0; r < COUNT; r++) square += (all.value[r] - mean) * (all.value[r] - mean) / COUNT;
    assert_close(mean, 190. / 300, 5 * sqrt(want / COUNT));
    assert_close(square / want, 1, 5 * sqrt(2. / COUNT));
    replicates_destroy(&one);
    replicates_destroy(&all);
}

/* Ratios of sums, such as a mean over the tokens of documents: those that a column's documents lack
 * have no value, and do not stop the others. */
static void test_ratios(void **state)
{
    (void)state;
    static const double above[] = {2, 0, 6, 0, 4, 0, 3, 5}, below[] = {1, 0, 2, 0, 2, 0, 1, 1};
    replicates_t replicates[2];
    interval_t interval;
    random_t random = random_stream(3, "ratios", 0);
    for (int c = 0; c < 2; c++) expect_ok(replicates_create(1000, &replicates[c]));
    expect_ok(replicates_of_rows(above, below, 4, 2, &random, replicates));
    assert_close(replicates[0].estimate, 2.5, 1e-15);
    assert_close(replicates[1].estimate, 5, 1e-15);
    int64_t none = 0;
    for (int r = 0; r < 1000; r++) {
        double value = replicates[0].value[r];
        assert_true(value >= 2 && value <= 3);
        none += isnan(replicates[1].value[r]);
        assert_true(isnan(replicates[1].value[r]) || replicates[1].value[r] == 5);
    }
    assert_true(none > 250 && none < 390); /* (3/4)^4 */
    expect_ok(replicates_interval(&replicates[1], 0.95, &interval));
    assert_true(isnan(interval.low)); /* nothing varies */
    for (int c = 0; c < 2; c++) replicates_destroy(&replicates[c]);
}

static void test_nothing(void **state)
{
    (void)state;
    static const int64_t none[2] = {0, 0}, same[2] = {0, 40};
    static const double one[] = {2.5};
    assert_true(isnan(interval_of_share(none, 100, 1).low));
    assert_true(isnan(interval_of_share(same, 100, 1).high));
    assert_true(isnan(interval_of_rows(one, 1, 100, 1).low));
}

/* ---- coverage ---- */

enum { TRIALS = 2000, REPLICATES = 1000 };

static double coverage_of_share(int64_t items, double share, uint64_t seed)
{
    int64_t held = 0;
    random_t random = random_stream(seed, "coverage", 0);
    for (int t = 0; t < TRIALS; t++) {
        int64_t count[2] = {0, 0};
        for (int64_t i = 0; i < items; i++) count[random_uniform(&random) < share]++;
        interval_t interval = interval_of_share(count, REPLICATES, (uint64_t)t);
        held += interval.low <= share && share <= interval.high;
    }
    return (double)held / TRIALS;
}

/* Losses of windows: their logarithms are normal, so that they are skewed as losses are. */
static double coverage_of_mean(int64_t windows, double deviation, uint64_t seed)
{
    double value[256];
    double truth = exp(deviation * deviation / 2);
    int64_t held = 0;
    random_t random = random_stream(seed, "coverage", 1);
    for (int t = 0; t < TRIALS; t++) {
        for (int64_t i = 0; i < windows; i++) value[i] = exp(deviation * random_normal(&random));
        interval_t interval = interval_of_rows(value, windows, REPLICATES, (uint64_t)t);
        held += interval.low <= truth && truth <= interval.high;
    }
    return (double)held / TRIALS;
}

/* 2,000 trials tell 95 % within 1.5 points (three standard errors); the bootstrap itself is a little
 * narrow where there are few windows, and a share's steps are coarse. */
static void test_coverage(void **state)
{
    (void)state;
    static const struct {
        int64_t items;
        double share;
    } shares[] = {{1000, 0.5}, {1000, 0.9}, {200, 0.7}, {200, 0.95}};
    static const struct {
        int64_t windows;
        double deviation, least;
    } means[] = {{128, 0.2, 0.93}, {128, 0.5, 0.925}, {32, 0.2, 0.915}};
    for (size_t i = 0; i < sizeof shares / sizeof *shares; i++) {
        double covered = coverage_of_share(shares[i].items, shares[i].share, i);
        print_message("# note: share %.2f of %d items: %.1f %% of intervals hold it\n",
                      shares[i].share, (int)shares[i].items, 100 * covered);
        assert_true(covered > 0.93 && covered < 0.97);
    }
    for (size_t i = 0; i < sizeof means / sizeof *means; i++) {
        double covered = coverage_of_mean(means[i].windows, means[i].deviation, i);
        print_message("# note: mean of %d windows, log deviation %.1f: %.1f %%\n",
                      (int)means[i].windows, means[i].deviation, 100 * covered);
        assert_true(covered > means[i].least && covered < 0.97);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_binomial), cmocka_unit_test(test_trinomial),
        cmocka_unit_test(test_draws),    cmocka_unit_test(test_scipy),
        cmocka_unit_test(test_strata),   cmocka_unit_test(test_ratios),
        cmocka_unit_test(test_nothing),  cmocka_unit_test(test_coverage),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
