/* Records that wait in memory or in a file come back in order, whatever the sizes. */
#include "tests/scratch.h"

#include "core/random.h"
#include "text/spill.h"

/* Records of three int32 that know their number. */
static void fill(random_t *random, spill_t *spill, uint64_t *next, uint64_t total)
{
    while (*next < total) {
        uint64_t count = random_below(random, 200);
        int32_t *record;
        if (count > total - *next) count = total - *next;
        expect_ok(spill_extend(spill, (size_t)count, &record));
        for (uint64_t i = 0; i < count; i++) {
            uint64_t n = (*next)++;
            record[3 * i] = (int32_t)n;
            record[3 * i + 1] = (int32_t)(n * n);
            record[3 * i + 2] = -(int32_t)n;
        }
    }
}

static void check(random_t *random, spill_t *spill, uint64_t total)
{
    int32_t record[3 * 1000];
    spill_rewind(spill);
    for (uint64_t next = 0; next < total;) {
        uint64_t count = random_below(random, 1000);
        if (count > total - next) count = total - next;
        expect_ok(spill_next(spill, record, (size_t)count));
        for (uint64_t i = 0; i < count; i++, next++) {
            assert_int_equal(record[3 * i], (int32_t)next);
            assert_int_equal(record[3 * i + 1], (int32_t)(next * next));
            assert_int_equal(record[3 * i + 2], -(int32_t)next);
        }
    }
    expect_error(spill_next(spill, record, 1), EXIT_BUG, "more records");
}

static void test_comes_back(void **state)
{
    static const size_t most[] = {0, 1, 100, 5000, 50000, 1 << 20};
    for (size_t i = 0; i < sizeof most / sizeof *most; i++) {
        random_t random = random_stream(i, "test", 0);
        spill_t spill = spill_create(3 * sizeof(int32_t), *state);
        uint64_t next = 0;
        spill.most = most[i];
        check(&random, &spill, 0);
        for (uint64_t total = 5; total < 20000; total *= 3) { /* more may come after reading */
            fill(&random, &spill, &next, total);
            assert_int_equal(spill_count(&spill), total);
            check(&random, &spill, total);
        }
        if (most[i] && most[i] < 50000) assert_true(spill.filed > 0);
        spill_free(&spill);
    }
}

/* What memory holds stays near the bound, and no name is left in the directory. */
static void test_bounded(void **state)
{
    spill_t spill = spill_create(1, *state);
    char block[1000] = {0};
    strings_t names = {0};
    spill.most = 5000;
    for (int i = 0; i < 1000; i++) {
        expect_ok(spill_append(&spill, block, sizeof block));
        assert_true(spill.length <= spill.most);
    }
    assert_true(spill.capacity <= 4 * spill.most);
    expect_ok(directory_list(*state, &names));
    assert_int_equal(names.count, 0);
    strings_free(&names);
    spill_free(&spill);
}

static void test_without_directory(void **state)
{
    spill_t spill = spill_create(4, NULL), lost = spill_create(4, "/nonexistent/directory");
    int32_t value = 5;
    (void)state;
    spill.most = lost.most = 4;
    for (int i = 0; i < 100; i++) expect_ok(spill_append(&spill, &value, 1));
    assert_int_equal(spill.filed, 0);
    expect_ok(spill_append(&lost, &value, 1));
    expect_error(spill_append(&lost, &value, 1), EXIT_OUTPUT,
                 "/nonexistent/directory: cannot create a temporary file");
    spill_free(&spill);
    spill_free(&lost);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_comes_back, scratch_create, scratch_destroy),
        cmocka_unit_test_setup_teardown(test_bounded, scratch_create, scratch_destroy),
        cmocka_unit_test(test_without_directory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
