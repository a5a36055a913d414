/* Training steps in names, and where checkpoints stand. */
#include <math.h>

#include "report/axis.h"
#include "report/curves.h"
#include "tests/scratch.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))

static void test_steps(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        int64_t step; /* -1: none */
    } row[] = {
        {"step0", 0},
        {"step143000", 143000},
        {"stage1-step1000-tokens5B", 1000},
        {"global_step_8", 8},
        {"steps-20", 20},
        {"checkpoint-500", 500},
        {"iter_0000100", 100},
        {"pythia-1.4b", 4}, /* the last digits; one such name alone never makes an axis */
        {"main", -1},
        {"", -1},
        {"step", -1},
        {"footstep-final", -1},
        {"step99999999999999999999", -1},
    };
    for (size_t i = 0; i < COUNT(row); i++) {
        int64_t step = -1;
        bool found = checkpoint_step(row[i].name, &step);
        if (found != (row[i].step >= 0) || (found && step != row[i].step))
            fail_msg("%s: %lld", row[i].name, (long long)step);
    }
}

static void make(const char *const *name, size_t count, axis_t *axis)
{
    strings_t names = {0};
    for (size_t i = 0; i < count; i++) expect_ok(strings_append(&names, name[i]));
    expect_ok(axis_create(&names, axis));
    strings_free(&names);
}

static void test_logarithmic_with_zero(void **state)
{
    (void)state;
    static const char *const name[] = {"step0", "step16", "step128", "step1024", "step4000"};
    static const char *const label[] = {"0", "16", "128", "1024", "4k"};
    axis_t axis;
    make(name, COUNT(name), &axis);
    assert_true(axis.steps && axis.broken);
    assert_true(axis.place[1] == 4 && axis.place[2] == 7 && axis.place[3] == 10);
    assert_true(axis.place[0] < axis.cut && axis.cut < axis.place[1]);
    assert_true(axis.least < axis.place[0] && axis.most > axis.place[4]);
    assert_int_equal(axis.label.count, COUNT(label));
    for (size_t i = 0; i < COUNT(label); i++) {
        assert_string_equal(axis.label.item[i], label[i]);
        assert_true(axis.tic[i] == axis.place[i]);
    }
    axis_destroy(&axis);
}

/* Names without steps, and steps out of order, stand one by one. */
static void test_categories(void **state)
{
    (void)state;
    static const char *const plain[] = {"base", "instruct", "final"};
    static const char *const mixed[] = {"step10", "step5"};
    axis_t axis;
    make(plain, COUNT(plain), &axis);
    assert_true(!axis.steps && !axis.broken);
    for (size_t i = 0; i < 3; i++) {
        assert_true(axis.place[i] == (double)i);
        assert_string_equal(axis.label.item[i], plain[i]);
    }
    axis_destroy(&axis);
    make(mixed, COUNT(mixed), &axis);
    assert_false(axis.steps);
    axis_destroy(&axis);
}

static void test_linear(void **state)
{
    (void)state;
    static const char *const name[] = {"step1000", "step2000", "step3000"};
    axis_t axis;
    make(name, COUNT(name), &axis);
    assert_true(axis.steps && !axis.broken && axis.place[1] == 2000);
    axis_destroy(&axis);
}

/* A trajectory with 154 checkpoints has a few tics, each at its own place. */
static void test_many(void **state)
{
    (void)state;
    char storage[154][16];
    const char *name[154];
    size_t count = 0;
    for (int step = 0; step <= 512; step = step ? 2 * step : 1)
        snprintf(storage[count++], sizeof storage[0], "step%d", step);
    for (int step = 1000; step <= 143000; step += 1000)
        snprintf(storage[count++], sizeof storage[0], "step%d", step);
    assert_int_equal(count, 154);
    for (size_t i = 0; i < count; i++) name[i] = storage[i];
    axis_t axis;
    make(name, count, &axis);
    static const char *const label[] = {"0", "1", "10", "100", "1k", "10k", "100k"};
    assert_int_equal(axis.label.count, COUNT(label));
    for (size_t i = 0; i < COUNT(label); i++) assert_string_equal(axis.label.item[i], label[i]);
    assert_true(fabs(axis.tic[3] - log2(100)) < 1e-12);
    for (size_t i = 1; i < count; i++) assert_true(axis.place[i] > axis.place[i - 1]);
    axis_destroy(&axis);
}

static void test_single(void **state)
{
    (void)state;
    static const char *const name[] = {"step0"};
    axis_t axis;
    make(name, 1, &axis);
    assert_true(axis.least < axis.place[0] && axis.place[0] < axis.most);
    assert_false(axis.broken);
    axis_destroy(&axis);
}

/* A short list keeps both ends and spreads over the axis; gaps in the candidates do no harm. */
static void test_choice(void **state)
{
    (void)state;
    static const char *const name[] = {"step0",  "step1",  "step2",  "step4",  "step8",
                                       "step16", "step32", "step64", "step128"};
    bool candidate[9], chosen[9];
    size_t count;
    strings_t names = {0};
    for (size_t i = 0; i < 9; i++) {
        expect_ok(strings_append(&names, name[i]));
        candidate[i] = i != 0 && i != 4;
    }
    expect_ok(axis_choose(&names, candidate, 3, chosen, &count));
    assert_int_equal(count, 3);
    /* from step1 (place 0) to step128 (place 7): the middle, 3.5, is nearest to step16 (4) */
    for (size_t i = 0; i < 9; i++) assert_int_equal(chosen[i], i == 1 || i == 5 || i == 8);
    expect_ok(axis_choose(&names, candidate, 0, chosen, &count));
    assert_int_equal(count, 7);
    for (size_t i = 0; i < 9; i++) assert_int_equal(chosen[i], candidate[i]);
    expect_ok(axis_choose(&names, candidate, 6, chosen, &count));
    assert_int_equal(count, 6);
    assert_true(chosen[1] && chosen[8] && !chosen[0] && !chosen[4]);
    strings_free(&names);
}

static void test_logarithmic_tics(void **state)
{
    (void)state;
    static const double decades[] = {1, 10, 100, 1000, 10000}, narrow[] = {300, 500, 700, 1000};
    double tic[24];
    assert_int_equal(curves_log_tics(0.9, 11000, tic, 24), 5);
    for (size_t i = 0; i < 5; i++) assert_true(fabs(tic[i] / decades[i] - 1) < 1e-12);
    assert_int_equal(curves_log_tics(290, 1100, tic, 24), 4);
    for (size_t i = 0; i < 4; i++) assert_true(fabs(tic[i] / narrow[i] - 1) < 1e-12);
    assert_true(curves_log_tics(101, 109, tic, 24) < 4);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_steps),      cmocka_unit_test(test_logarithmic_with_zero),
        cmocka_unit_test(test_categories), cmocka_unit_test(test_linear),
        cmocka_unit_test(test_many),       cmocka_unit_test(test_single),
        cmocka_unit_test(test_choice),     cmocka_unit_test(test_logarithmic_tics),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
