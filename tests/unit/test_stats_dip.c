/* Hartigan's dip against diptest 0.12.0 (a port of R's package of that name; allow_zero=False) on
 * data made by integers, and against closed forms. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/memory.h"
#include "core/random.h"
#include "stats/dip.h"

enum { MOST = 5000 };

static double dip_of(const float *value, int64_t count, dtype_t type)
{
    static float typed[MOST];
    sorter_t *sorter = NULL;
    sample_t sample;
    distribution_t distribution;
    dtype_round(typed, value, (size_t)count, type);
    status_t status = sorter_create(&sorter, type, count);
    if (!status) status = sorter_sort(sorter, typed, count, &sample);
    if (status) fail_msg("%s", status_message(status));
    distribution_measure(&sample, &distribution);
    double dip = dip_measure(&sample, &distribution);
    sorter_destroy(&sorter);
    return dip;
}

static void assert_dip(const float *value, int64_t count, dtype_t type, double want)
{
    double got = dip_of(value, count, type);
    if (!(fabs(got - want) <= 1e-14)) fail_msg("type %d: %.17g, expected %.17g", type, got, want);
}

/* With u = (1999 i + 7) mod 5000: one skewed mode with ties; two modes; three modes; ten values. */
static float form(int shape, int64_t i)
{
    int64_t v = i * 7919 % 1009, u = (i * 1999 + 7) % 5000;
    double x = (double)u;
    switch (shape) {
    case 0: return (float)(v * v - 200000) / 1024;
    case 1: return (float)(u < 2000 ? x * x / 65536 - 300 : 200 + (x - 2000) * (x - 2000) / 131072);
    case 2:
        return u % 3 == 0   ? (float)(u % 977) / 64
               : u % 3 == 1 ? 100 + (float)(u % 491) / 64
                            : 60 + (float)(u % 37) / 64;
    default: return (float)(u * u % 4999 / 500);
    }
}

static void test_golden(void **state)
{
    (void)state;
    static float x[MOST];
    static const int64_t count[] = {1500, 5000, 5000, 5000};
    static const double want[][3] = {
        {0.0009809750297265153, 0.002, 0.007666666666666666},
        {0.17561034545898438, 0.1756, 0.1756},
        {0.13959880557398804, 0.13969150066401062, 0.14009893617021277},
        {0.0528, 0.0528, 0.0528},
    };
    for (int shape = 0; shape < 4; shape++) {
        for (int64_t i = 0; i < count[shape]; i++) x[i] = form(shape, i);
        for (int type = DTYPE_F32; type <= DTYPE_BF16; type++)
            assert_dip(x, count[shape], (dtype_t)type, want[shape][type]);
    }
}

static void test_few_values(void **state)
{
    (void)state;
    static const float two[] = {0, 1}, halves[] = {0, 1, 0, 1}, quarter[] = {0, 1, 0, 0},
                       even[] = {3, 1, 5, 2, 4}, same[] = {2, 2, 2};
    for (int type = DTYPE_F32; type <= DTYPE_BF16; type++) {
        assert_dip(two, 2, (dtype_t)type, 0.25);
        assert_dip(halves, 4, (dtype_t)type, 0.25);
        assert_dip(quarter, 4, (dtype_t)type, 0.125);
        assert_dip(even, 5, (dtype_t)type, 0.1); /* the least possible, 1 / (2 count) */
        assert_true(isnan(dip_of(same, 3, (dtype_t)type)));
        assert_true(isnan(dip_of(same, 0, (dtype_t)type)));
    }
}

/* The order of values, a shift and a scale by powers of two, and a mirror do not matter. */
static void test_invariance(void **state)
{
    (void)state;
    static float x[MOST], y[MOST], mirrored[MOST];
    random_t random = random_stream(3, "test", 0);
    for (int i = 0; i < MOST; i++) {
        double z = random_normal(&random), u = random_uniform(&random);
        x[i] = rintf((float)(u < 0.4 ? -3 + 0.5 * z : 1 + 0.3 * z) * 4096) / 4096;
    }
    for (int i = 0; i < MOST; i++) {
        y[i] = x[(i * 1999 + 7) % MOST] * 8 + 64;
        mirrored[i] = -x[i];
    }
    double dip = dip_of(x, MOST, DTYPE_F32);
    assert_true(dip > 0.1);
    assert_dip(y, MOST, DTYPE_F32, dip);
    assert_dip(mirrored, MOST, DTYPE_F32, dip);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_golden),
        cmocka_unit_test(test_few_values),
        cmocka_unit_test(test_invariance),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
