/* Element types against exact arithmetic: every half and every bfloat, and rounding at and around
 * every boundary between two of them. */
#include "tests/scratch.h"

#include <math.h>

#include "core/dtype.h"
#include "core/random.h"

/* The value that IEEE 754 gives a binary16: sign 1, exponent 5 (bias 15), fraction 10. */
static double value_of_half(unsigned bits)
{
    int exponent = (int)(bits >> 10 & 31), fraction = (int)(bits & 1023);
    double size = exponent == 31 ? (fraction ? (double)NAN : (double)INFINITY)
                  : exponent     ? ldexp(1024 + fraction, exponent - 25)
                                 : ldexp(fraction, -24);
    return bits >> 15 ? -size : size;
}

/* bfloat16: sign 1, exponent 8 (bias 127), fraction 7. */
static double value_of_bfloat(unsigned bits)
{
    int exponent = (int)(bits >> 7 & 255), fraction = (int)(bits & 127);
    double size = exponent == 255 ? (fraction ? (double)NAN : (double)INFINITY)
                  : exponent      ? ldexp(128 + fraction, exponent - 134)
                                  : ldexp(fraction, -133);
    return bits >> 15 ? -size : size;
}

static void expect_exactly(double expected, float got, unsigned bits)
{
    bool same = isnan(expected) ? isnan(got)
                                : (double)got == expected && !signbit(got) == !signbit(expected);
    if (!same) fail_msg("%04x: %.9g, expected %.17g", bits, (double)got, expected);
}

static void expands_every_half(void **state)
{
    static uint16_t half[65536];
    static float out[65536];
    (void)state;
    for (unsigned i = 0; i < 65536; i++) half[i] = (uint16_t)i;
    dtype_expand(out, half, 65536, DTYPE_F16);
    for (unsigned i = 0; i < 65536; i++) {
        expect_exactly(value_of_half(i), out[i], i);
        expect_exactly(value_of_half(i), half_to_float((uint16_t)i), i);
        if (!isnan(out[i])) assert_int_equal(float_to_half(out[i]), i);
    }
    /* any start and length */
    for (size_t first = 0; first < 20; first++)
        for (size_t count = 0; count < 40; count++) {
            float few[41] = {[0] = -1};
            few[count] = -1;
            dtype_expand(few, half + 15000 + first, count, DTYPE_F16);
            for (size_t i = 0; i < count; i++) assert_true(few[i] == out[15000 + first + i]);
            assert_true(few[count] == -1);
        }
}

static void expands_every_bfloat(void **state)
{
    static uint16_t bfloat[65536];
    static float out[65536];
    (void)state;
    for (unsigned i = 0; i < 65536; i++) bfloat[i] = (uint16_t)i;
    dtype_expand(out, bfloat, 65536, DTYPE_BF16);
    for (unsigned i = 0; i < 65536; i++) expect_exactly(value_of_bfloat(i), out[i], i);
}

/* ---- rounding ---- */

typedef struct {
    dtype_t type;
    double (*value_of)(unsigned bits);
    unsigned infinity; /* bits */
} narrow_t;

static const narrow_t narrow[] = {{DTYPE_F16, value_of_half, 0x7c00},
                                  {DTYPE_BF16, value_of_bfloat, 0x7f80}};

static unsigned rounded(const narrow_t *type, float value)
{
    uint16_t bits = 0;
    dtype_round(&bits, &value, 1, type->type);
    if (type->type == DTYPE_F16) assert_int_equal(bits, float_to_half(value));
    return bits;
}

static void expect_rounded(const narrow_t *type, float value, unsigned expected)
{
    unsigned got = rounded(type, value);
    if (got != expected)
        fail_msg("%s: %.9g (%a) gives %04x, expected %04x", dtype_name(type->type), (double)value,
                 (double)value, got, expected);
    assert_int_equal(rounded(type, -value), expected | 0x8000);
}

/* Between each value and the next: below the middle down, above up, the middle to the even one;
 * beyond the largest as if the next power of two were a value. */
static void rounds_to_nearest_even(void **state)
{
    (void)state;
    for (size_t t = 0; t < 2; t++) {
        const narrow_t *type = &narrow[t];
        for (unsigned i = 0; i < type->infinity; i++) {
            double low = type->value_of(i), high = type->value_of(i + 1);
            if (isinf(high)) high = low + (low - type->value_of(i - 1));
            /* exact in float32, except in bfloat's last step: there it is 2^128 - 2^119 */
            float middle = (float)((low + high) / 2);
            assert_true((double)middle == (low + high) / 2);
            expect_rounded(type, (float)low, i);
            expect_rounded(type, middle, i % 2 ? i + 1 : i);
            expect_rounded(type, nextafterf(middle, 0), i);
            expect_rounded(type, nextafterf(middle, INFINITY), i + 1);
        }
        expect_rounded(type, INFINITY, type->infinity);
        expect_rounded(type, 3.4028234663852886e38f, type->infinity);
    }
    expect_rounded(&narrow[0], 65504, 0x7bff);
    expect_rounded(&narrow[0], 65519.996f, 0x7bff);
    expect_rounded(&narrow[0], 65520, 0x7c00);
    expect_rounded(&narrow[0], 1e-45f, 0);
    expect_rounded(&narrow[0], 0x1p-25f, 0);
    expect_rounded(&narrow[0], 0x1.8p-24f, 2);
}

/* Random floats of all sizes: the nearest of all values, found by search. */
static void rounds_random_numbers(void **state)
{
    random_t random = random_stream(1, "test of rounding", 0);
    (void)state;
    for (int i = 0; i < 300000; i++) {
        const narrow_t *type = &narrow[i % 2];
        uint32_t bits = (uint32_t)random_bits(&random) & 0x7fffffffu;
        /* halves cover few exponents: half of the draws lie there */
        if (i % 4 == 0) bits = (uint32_t)(0x32000000u + bits % (0x48000000u - 0x32000000u));
        float value;
        memcpy(&value, &bits, sizeof value);
        if (isnan(value)) continue;
        unsigned low = 0, high = type->infinity; /* value_of(low) <= value */
        while (high - low > 1) {
            unsigned middle = (low + high) / 2;
            if (type->value_of(middle) <= (double)value) low = middle;
            else high = middle;
        }
        double a = type->value_of(low), b = type->value_of(low + 1);
        if (isinf(value)) {
            expect_rounded(type, value, type->infinity);
            continue;
        }
        if (isinf(b)) b = a + (a - type->value_of(low - 1));
        double down = (double)value - a, up = b - (double)value;
        expect_rounded(type, value, down < up || (down == up && low % 2 == 0) ? low : low + 1);
    }
}

static void keeps_nan(void **state)
{
    static const uint32_t nans[] = {0x7f800001, 0x7fc00000, 0x7fffffff, 0xff800001,
                                    0xffc12345, 0x7f80ffff, 0x7f810000, 0x7f802000};
    (void)state;
    for (size_t i = 0; i < sizeof nans / sizeof *nans; i++)
        for (size_t t = 0; t < 2; t++) {
            float value;
            memcpy(&value, &nans[i], sizeof value);
            unsigned bits = rounded(&narrow[t], value);
            assert_true(isnan(narrow[t].value_of(bits)));
            assert_int_equal(bits >> 15, nans[i] >> 31);
        }
}

static void wide_types(void **state)
{
    static const double wide[] = {0, -0.0, 1, 0.1, 1e300, -1e-300, 16777217, 3.4028235677973366e38};
    static const float expected[] = {0, -0.0f, 1, 0.1f, INFINITY, -0.0f, 16777216, INFINITY};
    float out[8], again[8];
    double back[8];
    (void)state;
    dtype_expand(out, wide, 8, DTYPE_F64);
    assert_memory_equal(out, expected, sizeof out);
    dtype_expand(again, out, 8, DTYPE_F32);
    assert_memory_equal(again, out, sizeof out);
    dtype_round(again, out, 8, DTYPE_F32);
    assert_memory_equal(again, out, sizeof out);
    dtype_round(back, out, 8, DTYPE_F64);
    for (int i = 0; i < 8; i++) assert_true(back[i] == (double)out[i]);
    static const size_t size[] = {4, 2, 2, 8};
    static const char *const name[] = {"F32", "F16", "BF16", "F64"};
    for (int type = 0; type < DTYPE_COUNT; type++) {
        assert_int_equal(dtype_size((dtype_t)type), size[type]);
        assert_string_equal(dtype_name((dtype_t)type), name[type]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(expands_every_half),
        cmocka_unit_test(expands_every_bfloat),
        cmocka_unit_test(rounds_to_nearest_even),
        cmocka_unit_test(rounds_random_numbers),
        cmocka_unit_test(keeps_nan),
        cmocka_unit_test(wide_types),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
