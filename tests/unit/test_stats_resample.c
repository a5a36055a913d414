/* The bootstrap against itself by brute force, every replicate put together and sorted anew; its
 * standard error against theory; the jackknife against a closed form. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "core/random.h"
#include "stats/distance.h"
#include "stats/resample.h"

enum { WINDOWS = 20, WINDOW = 37, TOKENS = WINDOWS * WINDOW, REPLICATES = 9 };

static void assert_ok(status_t status)
{
    if (status) fail_msg("%s", status_message(status));
}

static double distance_of(sorter_t *sorter, const void *column)
{
    sample_t sample;
    distribution_t distribution;
    assert_ok(sorter_sort(sorter, column, TOKENS, &sample));
    distribution_measure(&sample, &distribution);
    return distance_to_normal(&sample, &distribution);
}

/* Windows differ in their means, so that they are what varies. */
static void fill(float *x, int shape)
{
    random_t random = random_stream(2, "test", (uint64_t)shape);
    for (int w = 0; w < WINDOWS; w++) {
        double shift = random_normal(&random);
        for (int i = 0; i < WINDOW; i++) {
            double z = random_normal(&random) + shift;
            double forms[] = {z, rint(2 * z) / 2, z * z * z, -1.5};
            x[w * WINDOW + i] = (float)forms[shape];
        }
    }
}

static void check_column(bootstrap_t *bootstrap, dtype_t type, const void *column, bool constant)
{
    static char drawn[4 * TOKENS];
    size_t bytes = WINDOW * dtype_size(type);
    double distance[REPLICATES];
    sorter_t *sorter = NULL;
    sample_t sample;
    assert_ok(sorter_create(&sorter, type, TOKENS));
    assert_ok(sorter_sort(sorter, column, TOKENS, &sample));
    bootstrap_measure(bootstrap, column, &sample, distance);
    for (int r = 0; r < REPLICATES; r++) {
        const uint32_t *weight = bootstrap_weights(bootstrap, r);
        char *end = drawn;
        for (int w = 0; w < WINDOWS; w++)
            for (uint32_t k = 0; k < weight[w]; k++, end += bytes)
                memcpy(end, (const char *)column + (size_t)w * bytes, bytes);
        assert_int_equal(end - drawn, TOKENS * dtype_size(type));
        double want = distance_of(sorter, drawn);
        if (constant) assert_true(isnan(want) && isnan(distance[r]));
        else assert_true(fabs(distance[r] - want) < 1e-13);
    }
    sorter_destroy(&sorter);
}

static void test_by_brute_force(void **state)
{
    (void)state;
    static float x[TOKENS], typed[TOKENS];
    for (int type = DTYPE_F32; type <= DTYPE_BF16; type++) {
        bootstrap_t *bootstrap = NULL;
        assert_ok(bootstrap_create(&bootstrap, (dtype_t)type, WINDOWS, WINDOW, REPLICATES, 7));
        for (int shape = 0; shape < 4; shape++) {
            fill(x, shape);
            dtype_round(typed, x, TOKENS, (dtype_t)type);
            check_column(bootstrap, (dtype_t)type, typed, shape == 3);
        }
        bootstrap_destroy(&bootstrap);
    }
}

static void test_draws(void **state)
{
    (void)state;
    bootstrap_t *one = NULL, *more = NULL, *other = NULL;
    int64_t often[6] = {0};
    assert_ok(bootstrap_create(&one, DTYPE_F32, 50, 1, 1, 7));
    assert_ok(bootstrap_create(&more, DTYPE_F16, 50, 3, 2000, 7));
    assert_ok(bootstrap_create(&other, DTYPE_F32, 50, 1, 1, 8));
    /* A replicate depends on seed and number alone. */
    size_t bytes = 50 * sizeof(uint32_t);
    assert_memory_equal(bootstrap_weights(one, 0), bootstrap_weights(more, 0), bytes);
    assert_memory_not_equal(bootstrap_weights(one, 0), bootstrap_weights(other, 0), bytes);
    for (int r = 0; r < 2000; r++) {
        const uint32_t *weight = bootstrap_weights(more, r);
        int64_t sum = 0;
        for (int w = 0; w < 50; w++) {
            sum += weight[w];
            if (weight[w] < 6) often[weight[w]]++;
        }
        assert_int_equal(sum, 50);
    }
    for (int k = 0; k < 4; k++) { /* binomial(50, 1/50) */
        double want = exp(lgamma(51) - lgamma(k + 1) - lgamma(51 - k) + k * log(1. / 50) +
                          (50 - k) * log(49. / 50));
        assert_true(fabs((double)often[k] / 1e5 - want) < 0.01);
    }
    bootstrap_destroy(&one);
    bootstrap_destroy(&more);
    bootstrap_destroy(&other);
}

static void test_errors(void **state)
{
    (void)state;
    /* numpy.std([1, 2, 4, 8], ddof=1) */
    static const double value[] = {1, NAN, 2, 4, NAN, 8}, none[] = {NAN, 3};
    assert_true(fabs(bootstrap_error(value, 6) - 3.0956959368344519) < 1e-15);
    assert_true(isnan(bootstrap_error(none, 2)));
    /* Of a mean, the jackknife's error is the standard deviation over sqrt(n). */
    static const double x[] = {3, -1, 4, 1, -5, 9, 2, 6}, equal[] = {2, 2, 2, 2, 2, 2, 2, 2};
    double mean = 19. / 8, left_out[8], square = 0;
    for (int i = 0; i < 8; i++) {
        left_out[i] = (19 - x[i]) / 7;
        square += (x[i] - mean) * (x[i] - mean);
    }
    assert_true(fabs(jackknife_error(left_out, equal, 8, mean) - sqrt(square / 7 / 8)) < 1e-14);
    assert_true(isnan(jackknife_error(value, equal, 6, 1)) &&
                isnan(jackknife_error(x, equal, 1, 1)));
    /* Unequal groups of a mean: pseudo-values are their own means. */
    static const double weight[] = {1, 3, 2}, of_group[] = {4, -2, 5};
    double whole = (4 - 6 + 10) / 6., variance = 0;
    for (int i = 0; i < 3; i++) {
        left_out[i] = (whole * 6 - weight[i] * of_group[i]) / (6 - weight[i]);
        variance += (of_group[i] - whole) * (of_group[i] - whole) / (6 / weight[i] - 1) / 3;
    }
    assert_true(fabs(jackknife_error(left_out, weight, 3, whole) - sqrt(variance)) < 1e-14);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_by_brute_force),
        cmocka_unit_test(test_draws),
        cmocka_unit_test(test_errors),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
