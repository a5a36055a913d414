/* Errors as values. */
#include "tests/scratch.h"

static void carries_code_and_message(void **state)
{
    (void)state;
    status_t status = status_new(EXIT_INPUT, "%s: %d of %s", "a.h5", 3, "b");
    assert_int_equal(status_code(status), EXIT_INPUT);
    assert_string_equal(status_message(status), "a.h5: 3 of b");
    status_free(&status);
    assert_null(status);
    status_free(&status);
}

static void no_error_is_null(void **state)
{
    (void)state;
    assert_int_equal(status_code(NULL), EXIT_OK);
    assert_string_equal(status_message(NULL), "");
    assert_null(status_wrap(NULL, "context"));
    assert_null(status_first(NULL, NULL));
}

static void wraps(void **state)
{
    (void)state;
    status_t status = status_new(EXIT_NUMERIC, "inner");
    status = status_wrap(status, "layer %d", 7);
    status = status_wrap(status, "%s", "step0");
    assert_string_equal(status_message(status), "step0: layer 7: inner");
    assert_int_equal(status_code(status), EXIT_NUMERIC);
    status_free(&status);
}

static void first_of_two(void **state)
{
    (void)state;
    status_t a = status_new(EXIT_INPUT, "a"), b = status_new(EXIT_OUTPUT, "b");
    assert_ptr_equal(status_first(a, b), a);
    assert_ptr_equal(status_first(a, NULL), a);
    assert_ptr_equal(status_first(NULL, a), a);
    assert_string_equal(status_message(a), "a");
    status_free(&a);
}

static void long_messages(void **state)
{
    char text[10001];
    (void)state;
    memset(text, 'x', 10000);
    text[10000] = '\0';
    status_t status = status_wrap(status_new(EXIT_BUG, "%s", text), "%s", text);
    assert_int_equal(strlen(status_message(status)), 20002);
    status_free(&status);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(carries_code_and_message),
        cmocka_unit_test(no_error_is_null),
        cmocka_unit_test(wraps),
        cmocka_unit_test(first_of_two),
        cmocka_unit_test(long_messages),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
