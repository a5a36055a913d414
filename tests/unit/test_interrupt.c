/* Signals that ask to stop are noted, named and handed on. */
#include <signal.h>
#include <time.h>

#include "tests/scratch.h"

#include "core/interrupt.h"

static void expect_interrupted(const char *name)
{
    status_t status = interrupt_check();
    assert_int_equal(status_code(status), EXIT_INTERRUPTED);
    assert_non_null(strstr(status_message(status), name));
    status_free(&status);
}

/* Each test begins with nothing noted. */
static int forget(void **state)
{
    static atomic_int scratch;
    (void)state;
    interrupt_use(&scratch);
    interrupt_use(NULL);
    atomic_store(&scratch, 0);
    interrupt_use(&scratch);
    atomic_store(&scratch, 0);
    return 0;
}

static void names_the_signal(void **state)
{
    static const struct {
        int number;
        const char *name;
    } cases[] = {{SIGTERM, "SIGTERM"}, {SIGINT, "SIGINT"}, {SIGUSR1, "SIGUSR1"}};
    (void)state;
    interrupt_catch();
    expect_ok(interrupt_check());
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        raise(cases[i].number);
        expect_interrupted(cases[i].name);
        expect_interrupted(cases[i].name); /* it is not forgotten */
    }
}

static void is_seen_through_another_word(void **state)
{
    atomic_int word = 0;
    (void)state;
    interrupt_catch();
    interrupt_use(&word);
    expect_ok(interrupt_check());
    raise(SIGUSR1);
    assert_int_equal(atomic_load(&word), SIGUSR1);
    expect_interrupted("SIGUSR1");
    atomic_store(&word, SIGTERM); /* as another process would */
    expect_interrupted("SIGTERM");
    interrupt_use(NULL);
    expect_interrupted("SIGTERM"); /* what was noted comes along */
}

static void early_signals_come_along(void **state)
{
    atomic_int word = 0;
    (void)state;
    interrupt_catch();
    raise(SIGTERM);
    interrupt_use(&word);
    assert_int_equal(atomic_load(&word), SIGTERM);
    interrupt_use(NULL);
}

static double seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

static void pauses_until_a_signal(void **state)
{
    (void)state;
    setenv("WN_TEST_PAUSE", "60", 1);
    interrupt_catch();
    unsetenv("WN_TEST_PAUSE");
    double start = seconds();
    expect_ok(interrupt_check());
    assert_true(seconds() - start > 0.05);
    raise(SIGTERM);
    start = seconds();
    expect_interrupted("SIGTERM");
    assert_true(seconds() - start < 0.05);
    interrupt_catch();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_the_signal),
        cmocka_unit_test_setup(is_seen_through_another_word, forget),
        cmocka_unit_test_setup(early_signals_come_along, forget),
        cmocka_unit_test_setup(pauses_until_a_signal, forget),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
