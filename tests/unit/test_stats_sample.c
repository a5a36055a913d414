/* Sorting and ranks against the C library's sort, quantiles against numpy. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/memory.h"
#include "core/random.h"
#include "stats/sample.h"

static void assert_ok(status_t status)
{
    if (status) fail_msg("%s", status_message(status));
}

static int compare_floats(const void *a, const void *b)
{
    float x = *(const float *)a, y = *(const float *)b;
    return (x > y) - (x < y);
}

/* Finite values of every size and sign, many of them equal. */
static void fill(float *value, int64_t count, uint64_t seed)
{
    random_t random = random_stream(seed, "test", 0);
    for (int64_t i = 0; i < count; i++) {
        uint32_t bits = (uint32_t)random_bits(&random);
        if (i % 5 == 0) bits = (uint32_t)random_below(&random, 7) << 28;
        if ((bits & 0x7f800000u) == 0x7f800000u) bits &= 0xbfffffffu;
        memcpy(value + i, &bits, sizeof bits);
    }
}

static void check_sorted(dtype_t type, int64_t count, uint64_t seed)
{
    float *value = NULL, *wide = NULL;
    char *column = NULL;
    sorter_t *sorter = NULL;
    sample_t sample;
    assert_ok(mem_new(&value, (size_t)count + 1, "test"));
    assert_ok(mem_new(&wide, (size_t)count + 1, "test"));
    assert_ok(mem_new(&column, (size_t)count * 4 + 1, "test"));
    fill(value, count, seed);
    /* Within the type's range, denormals among them. */
    for (int64_t i = 0; i < count && type != DTYPE_F32; i++)
        value[i] = remainderf(value[i], type == DTYPE_F16 ? 6e4f : 1e38f);
    dtype_round(column, value, (size_t)count, type);
    dtype_expand(wide, column, (size_t)count, type);
    assert_ok(sorter_create(&sorter, type, count));
    for (int again = 0; again < 2; again++) {
        assert_ok(sorter_sort(sorter, column, count, &sample));
        assert_int_equal(sample.count, count);
        qsort(wide, (size_t)count, sizeof *wide, compare_floats);
        double sum = 0, size = 0;
        for (int64_t i = 0; i < count; i++) {
            assert_true(sample_at(&sample, i) == wide[i]);
            sum += (double)wide[i] - 0.5;
            size += fabs((double)wide[i]);
        }
        int64_t negative = 0;
        while (negative < count && wide[negative] < 0) negative++;
        assert_int_equal(sample_negative(&sample).count, negative);
        assert_true(fabs(sample_sum(&sample, 0, sample.groups, 0.25, 0.25) - sum) <= 1e-13 * size);
        for (int64_t g = 0; g < sample.groups && sample.start; g++)
            assert_true(sample.start[g] < sample.start[g + 1]);
        if (sample.start && count) assert_int_equal(sample.start[sample.groups], count);
    }
    sorter_destroy(&sorter);
    mem_free(&column);
    mem_free(&wide);
    mem_free(&value);
}

static void test_sorts(void **state)
{
    (void)state;
    static const int64_t count[] = {0, 1, 2, 3, 17, 2048, 5001};
    for (size_t i = 0; i < sizeof count / sizeof *count; i++) {
        check_sorted(DTYPE_F32, count[i], 1 + i);
        check_sorted(DTYPE_F16, count[i], 11 + i);
        check_sorted(DTYPE_BF16, count[i], 21 + i);
    }
    check_sorted(DTYPE_BF16, 200000, 31);
}

/* Every finite pattern of a two-byte type, once. */
static void test_all_patterns(void **state)
{
    (void)state;
    static uint16_t column[65536];
    for (int type = DTYPE_F16; type <= DTYPE_BF16; type++) {
        int64_t count = 0;
        for (int bits = 0; bits < 65536; bits++) {
            int full = type == DTYPE_F16 ? 0x7c00 : 0x7f80;
            if ((bits & full) != full) column[count++] = (uint16_t)bits;
        }
        sorter_t *sorter = NULL;
        sample_t sample;
        assert_ok(sorter_create(&sorter, (dtype_t)type, count));
        assert_ok(sorter_sort(sorter, column, count, &sample));
        assert_int_equal(sample.groups, count);
        for (int64_t i = 1; i < count; i++)
            assert_true(sample.value[i - 1] < sample.value[i] ||
                        (sample.value[i] == 0 && sample.value[i - 1] == 0));
        sorter_destroy(&sorter);
    }
}

static void test_not_finite(void **state)
{
    (void)state;
    static const float bad[] = {NAN, -NAN, INFINITY, -INFINITY};
    for (int type = DTYPE_F32; type <= DTYPE_BF16; type++)
        for (size_t i = 0; i < 4; i++) {
            float value[9] = {1, -2, 3, 0, -5, 6, 7, -8, 9};
            char column[sizeof value];
            sorter_t *sorter = NULL;
            sample_t sample;
            value[6] = bad[i];
            dtype_round(column, value, 9, (dtype_t)type);
            assert_ok(sorter_create(&sorter, (dtype_t)type, 9));
            status_t status = sorter_sort(sorter, column, 9, &sample);
            assert_int_equal(status_code(status), EXIT_NUMERIC);
            assert_non_null(strstr(status_message(status), "value 6 of 9 is not finite"));
            assert_int_equal(sample.count, 0);
            status_free(&status);
            sorter_destroy(&sorter);
        }
}

static void test_refuses(void **state)
{
    (void)state;
    sorter_t *sorter = NULL;
    status_t status = sorter_create(&sorter, DTYPE_F64, 1);
    assert_int_equal(status_code(status), EXIT_BUG);
    status_free(&status);
    status = sorter_create(&sorter, DTYPE_F32, SAMPLE_MOST + 1);
    assert_int_equal(status_code(status), EXIT_INPUT);
    status_free(&status);
    assert_null(sorter);
}

static void test_quantiles(void **state)
{
    (void)state;
    /* numpy.quantile([-3, -1, 0.5, 0.5, 2, 10], level) */
    static const double want[][2] = {{0, -3},
                                     {0.1, -2},
                                     {0.2, -1},
                                     {0.25, -0.625},
                                     {0.5, 0.5},
                                     {0.77, 1.7750000000000001},
                                     {0.99, 9.6000000000000014},
                                     {1, 10}};
    static const double doubles[] = {-3, -1, 0.5, 0.5, 2, 10};
    static const float floats[] = {-3, -1, 0.5, 2, 10};
    static const int64_t start[] = {0, 1, 2, 4, 5, 6};
    sample_t grouped = {.value = floats, .start = start, .groups = 5, .count = 6};
    for (size_t i = 0; i < sizeof want / sizeof *want; i++) {
        assert_true(fabs(quantile_of_sorted(doubles, 6, want[i][0]) - want[i][1]) < 1e-15);
        assert_true(sample_quantile(&grouped, want[i][0]) ==
                    quantile_of_sorted(doubles, 6, want[i][0]));
    }
    assert_true(isnan(quantile_of_sorted(doubles, 0, 0.5)));
    assert_true(quantile_of_sorted(doubles, 1, 0.7) == -3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sorts),      cmocka_unit_test(test_all_patterns),
        cmocka_unit_test(test_not_finite), cmocka_unit_test(test_refuses),
        cmocka_unit_test(test_quantiles),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
