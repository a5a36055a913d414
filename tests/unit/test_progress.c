/* What is said of work that goes on. The clock is the test's. */
#include <math.h>

#include "core/amount.h"
#include "core/progress.h"
#include "tests/scratch.h"

static void counts_and_guesses(void **state)
{
    (void)state;
    progress_t it = {0};
    progress_note(&it, "step1", "tokens", 0, 1000, 50);
    assert_true(isnan(progress_rate(&it)) && isnan(progress_left(&it)));
    progress_note(&it, "step1", "tokens", 250, 1000, 60);
    assert_true(progress_rate(&it) == 25 && progress_left(&it) == 30);
    assert_true(progress_share(&it) == 0.25);
    /* what was done before, when the run goes on after a stop, says nothing of the rate */
    progress_note(&it, "step2", "tokens", 900, 1000, 70);
    progress_note(&it, "step2", "tokens", 920, 1000, 80);
    assert_true(progress_rate(&it) == 2 && progress_left(&it) == 40);
    /* less than before is other work of the same name */
    progress_note(&it, "step2", "tokens", 0, 1000, 90);
    assert_true(isnan(progress_rate(&it)));
    progress_note(&it, "step2", "tokens", 1000, 1000, 100);
    assert_true(progress_share(&it) == 1 && progress_left(&it) == 0);
}

/* Lines that a log gets of work of so many seconds, noted each second. */
static int lines_of(int seconds)
{
    progress_t it = {0};
    int lines = 0;
    for (int t = 0; t <= seconds; t++) {
        progress_note(&it, "work", "items", (uint64_t)t, (uint64_t)seconds, 1000 + t);
        lines += progress_is_due(&it, false);
    }
    return lines;
}

static void logs_stay_small(void **state)
{
    (void)state;
    assert_int_equal(lines_of(9), 0);
    assert_int_equal(lines_of(15), 1);
    assert_in_range(lines_of(60), 3, 6);
    assert_in_range(lines_of(600), 8, 11);
    assert_in_range(lines_of(24 * 3600), 24 * 12 - 10, 24 * 12 + 10); /* every five minutes */
}

static void terminals_are_updated(void **state)
{
    (void)state;
    progress_t it = {0};
    int lines = 0;
    for (int t = 0; t <= 1000; t++) {
        progress_note(&it, "work", "items", (uint64_t)t, 1000, 0.01 * t);
        lines += progress_is_due(&it, true);
    }
    assert_in_range(lines, 90, 100);
}

static void says(void **state)
{
    (void)state;
    char text[200];
    progress_t it = {0};
    progress_note(&it, "step512 pairs-blimp", "tokens", 0, 1000000, 0);
    progress_log(&it, 0, text, sizeof text);
    assert_string_equal(text, "step512 pairs-blimp: 0 %");
    progress_note(&it, "step512 pairs-blimp", "tokens", 429999, 1000000, 35);
    progress_log(&it, 1.23e9, text, sizeof text);
    assert_string_equal(text, "step512 pairs-blimp: 42 %, 12.3 k tokens/s, 46 s left, 1.23 GB");
    progress_log(&it, 1.23e9, text, 30);
    assert_string_equal(text, "step512 pairs-blimp: 42 %, 12");
}

static void draws_in_any_width(void **state)
{
    (void)state;
    char text[200];
    progress_t it = {0};
    progress_note(&it, "step512 pairs", "B", 0, 1000000, 0);
    progress_note(&it, "step512 pairs", "B", 500000, 1000000, 100);
    for (int width = 0; width < 150; width++) {
        progress_bar(&it, 2e9, width, text, sizeof text);
        if (width >= 7) assert_true((int)strlen(text) <= width);
        if (width >= 20) assert_non_null(strstr(text, "50 %"));
    }
    assert_string_equal(text, "step512 pairs [====================                    ]  50 %  "
                              "5.00 kB/s  100 s left  2.00 GB");
    progress_bar(&it, 2e9, 62, text, sizeof text);
    assert_string_equal(text, "step512 pairs [====    ]  50 %  5.00 kB/s  100 s left  2.00 GB");
    progress_bar(&it, 2e9, 40, text, sizeof text);
    assert_string_equal(text, "step512 pairs  50 %  100 s left");
    progress_bar(&it, 2e9, 12, text, sizeof text);
    assert_string_equal(text, "step51  50 %");
}

static void amounts(void **state)
{
    (void)state;
    static const struct {
        double rate;
        const char *unit, *text;
    } rates[] = {{12345, "tokens", "12.3 k tokens/s"},
                 {0.52, "tokens", "0.5 tokens/s"},
                 {123, "neurons", "123 neurons/s"},
                 {4.5e6, "B", "4.50 MB/s"},
                 {17, "B", "17 B/s"},
                 {NAN, "B", "-"}};
    char text[AMOUNT];
    for (size_t i = 0; i < sizeof rates / sizeof *rates; i++) {
        amount_rate(text, rates[i].rate, rates[i].unit);
        assert_string_equal(text, rates[i].text);
    }
    amount_time_rough(text, 3.4);
    assert_string_equal(text, "3 s");
    amount_time_rough(text, 7384);
    assert_string_equal(text, "2 h 03 min");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(counts_and_guesses),    cmocka_unit_test(logs_stay_small),
        cmocka_unit_test(terminals_are_updated), cmocka_unit_test(says),
        cmocka_unit_test(draws_in_any_width),    cmocka_unit_test(amounts)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
