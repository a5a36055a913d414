/* Checked allocation: zeroed, aligned, growing, and refusing sizes that do not multiply. */
#include "tests/scratch.h"

static void zeroes(void **state)
{
    int64_t *number = NULL;
    (void)state;
    expect_ok(mem_new(&number, 1000, "numbers"));
    for (int i = 0; i < 1000; i++) assert_int_equal(number[i], 0);
    mem_free(&number);
    assert_null(number);
    expect_ok(mem_new(&number, 0, "nothing"));
    assert_non_null(number);
    mem_free(&number);
    mem_free(&number);
}

static void aligns(void **state)
{
    (void)state;
    for (size_t count = 0; count < 200; count += 7) {
        float *number = NULL;
        expect_ok(mem_aligned(&number, count, "numbers"));
        assert_int_equal((uintptr_t)number % 64, 0);
        for (size_t i = 0; i < count; i++) number[i] = 1;
        mem_free(&number);
    }
}

static void grows(void **state)
{
    size_t capacity = 0, moves = 0;
    int *number = NULL;
    (void)state;
    for (size_t i = 0; i < 100000; i++) {
        size_t before = capacity;
        expect_ok(mem_grow(&number, &capacity, i + 1, "numbers"));
        assert_true(capacity > i);
        if (capacity != before) {
            assert_true(capacity >= 2 * before);
            moves++;
        }
        number[i] = (int)i;
    }
    assert_true(moves < 20);
    for (int i = 0; i < 100000; i++) assert_int_equal(number[i], i);
    expect_ok(mem_grow(&number, &capacity, 1000000, "numbers"));
    assert_true(capacity >= 1000000);
    assert_int_equal(number[99999], 99999);
    mem_free(&number);
}

static void refuses(void **state)
{
    const size_t most = (size_t)-1;
    int64_t *number = NULL;
    (void)state;
    expect_error(mem_new(&number, most / 4, "the table"), EXIT_RESOURCE,
                 "out of memory: the table (4611686018427387903 x 8 bytes)");
    assert_null(number);
    expect_error(mem_aligned(&number, most / 4, "the table"), EXIT_RESOURCE, "the table");
    assert_null(number);
    expect_error(mem_aligned(&number, most / 8, "the table"), EXIT_RESOURCE, "the table");
    assert_null(number);

    size_t capacity = 0;
    expect_ok(mem_grow(&number, &capacity, 3, "numbers"));
    size_t before = capacity;
    number[2] = 17;
    expect_error(mem_grow(&number, &capacity, most, "numbers"), EXIT_RESOURCE, "numbers");
    expect_error(mem_grow(&number, &capacity, most / 8, "numbers"), EXIT_RESOURCE, "numbers");
    assert_int_equal(capacity, before);
    assert_int_equal(number[2], 17);
    mem_free(&number);
}

static void multiplies(void **state)
{
    size_t product = 0;
    (void)state;
    expect_ok(mem_product(1u << 16, 1u << 16, "x", &product));
    assert_int_equal(product, (size_t)1 << 32);
    expect_ok(mem_product((size_t)-1, 1, "x", &product));
    assert_true(product == (size_t)-1);
    expect_ok(mem_product(0, (size_t)-1, "x", &product));
    assert_int_equal(product, 0);
    expect_error(mem_product((size_t)1 << 32, (size_t)1 << 32, "ids.npy", &product), EXIT_INPUT,
                 "ids.npy: 4294967296 x 4294967296 does not fit in memory");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(zeroes),  cmocka_unit_test(aligns),     cmocka_unit_test(grows),
        cmocka_unit_test(refuses), cmocka_unit_test(multiplies),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
