/* Numbers of windows against a walk over every start, as Python's range() has them. */
#include "tests/scratch.h"

#include "text/windows.h"

/* len(range(0, tokens - window + last, stride)), by counting. */
static size_t walk(int64_t tokens, int64_t window, int64_t stride, bool last, int64_t limit)
{
    size_t count = 0;
    for (int64_t start = 0; start < tokens - window + (last ? 1 : 0); start += stride)
        if (!limit || (int64_t)count < limit) count++;
    return count;
}

static void equals_walk(void **state)
{
    (void)state;
    for (int64_t tokens = 0; tokens <= 40; tokens++)
        for (int64_t window = 1; window <= 20; window++)
            for (int64_t stride = 1; stride <= 25; stride++)
                for (int64_t limit = 0; limit <= 4; limit++)
                    for (int last = 0; last <= 1; last++) {
                        size_t got = windows_count((uint64_t)tokens, (uint64_t)window,
                                                   (uint64_t)stride, last, (uint64_t)limit);
                        size_t expected = walk(tokens, window, stride, last, limit);
                        if (got != expected)
                            fail_msg("%d tokens, window %d, stride %d, limit %d, last %d: %zu, "
                                     "expected %zu",
                                     (int)tokens, (int)window, (int)stride, (int)limit, last, got,
                                     expected);
                    }
}

/* The published analysis: range(0, 2,000,000 - 2048, 1024) has 1952 starts (Python). */
static void known_sizes(void **state)
{
    (void)state;
    assert_int_equal(windows_count(2000000, 2048, 1024, false, 0), 1952);
    assert_int_equal(windows_count(4096, 2048, 2048, true, 0), 2);
    assert_int_equal(windows_count(4096, 2048, 2048, false, 0), 1);
    assert_int_equal(windows_count((uint64_t)1 << 40, 2048, 1024, true, 0), 1073741823);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(equals_walk),
        cmocka_unit_test(known_sizes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
