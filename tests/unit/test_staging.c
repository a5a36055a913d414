/* Directories for files that are not finished: whose they are, and what becomes of dead runs'. */
#include "tests/scratch.h"

#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <utime.h>

#include "core/staging.h"

static size_t count_of(const char *directory)
{
    strings_t names = {0};
    expect_ok(directory_list(directory, &names));
    size_t count = names.count;
    strings_free(&names);
    return count;
}

static void takes_variables_from_the_environment(void **state)
{
    static const struct {
        const char *text, *path, *problem;
    } cases[] = {
        {"/plain", "/plain", NULL},
        {"$WN_TEST_A/x", "/one two/x", NULL},
        {"/a/${WN_TEST_A}b$WN_TEST_B", "/a//one twobthree", NULL},
        {"$WN_TEST_B$WN_TEST_B", "threethree", NULL},
        {"/x/$WN_TEST_NONE", NULL, "$WN_TEST_NONE is not set in the environment"},
        {"/x/${WN_TEST_EMPTY}", NULL, "$WN_TEST_EMPTY is not set"},
        {"/x/${WN_TEST_A", NULL, "'${WN_TEST_A': a variable's name is expected after $"},
        {"/x/$", NULL, "'$': a variable's name"},
        {"/x/$(id)", NULL, "'$(id)': a variable's name"},
        {"/x/${}", NULL, "a variable's name"},
    };
    (void)state;
    setenv("WN_TEST_A", "/one two", 1);
    setenv("WN_TEST_B", "three", 1);
    setenv("WN_TEST_EMPTY", "", 1);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char *path = NULL;
        status_t status = staging_expand(cases[i].text, &path);
        if (cases[i].problem) {
            expect_error(status, EXIT_USAGE, cases[i].problem);
        } else {
            expect_ok(status);
            assert_string_equal(path, cases[i].path);
        }
        mem_free(&path);
    }
}

static void is_private_and_goes(void **state)
{
    char *base = NULL;
    staging_t *staging = NULL, *second = NULL;
    struct stat info;
    expect_ok(path_join(*state, "some/where", &base));
    expect_ok(staging_create(base, &staging));
    assert_int_equal(stat(staging_directory(staging), &info), 0);
    assert_int_equal(info.st_mode & 0777, 0700);
    scratch_write(staging_directory(staging), "file", "x", 1);
    expect_error(staging_create(base, &second), EXIT_RESOURCE, "is being run by process");
    assert_null(second);
    staging_destroy(&staging);
    staging_destroy(&staging);
    assert_int_equal(count_of(base), 0);
    mem_free(&base);
}

/* Another process makes one, with a file in it, and is killed or waits. */
static pid_t start(const char *base)
{
    int ready[2];
    char byte = 0;
    assert_int_equal(pipe(ready), 0);
    fflush(NULL);
    pid_t child = fork();
    if (child == 0) {
        staging_t *staging = NULL;
        expect_ok(staging_create(base, &staging));
        scratch_write(staging_directory(staging), "left", "x", 1);
        if (write(ready[1], "x", 1) != 1) _exit(1);
        for (;;) pause();
    }
    close(ready[1]);
    assert_int_equal(read(ready[0], &byte, 1), 1);
    close(ready[0]);
    return child;
}

static void stop(pid_t child)
{
    assert_int_equal(kill(child, SIGKILL), 0);
    assert_int_equal(waitpid(child, NULL, 0), child);
}

static void what_the_dead_left_goes(void **state)
{
    staging_t *staging = NULL;
    pid_t killed = start(*state);
    stop(killed);
    pid_t living = start(*state);
    assert_int_equal(count_of(*state), 2); /* it has taken the other's away */
    expect_ok(staging_create(*state, &staging));
    assert_int_equal(count_of(*state), 4);
    staging_destroy(&staging);
    assert_int_equal(count_of(*state), 2);
    stop(living);
    expect_ok(staging_create(*state, &staging));
    staging_destroy(&staging);
    assert_int_equal(count_of(*state), 0);
}

/* Locks of another machine, one silent since an hour, one not; and things that are not ours. */
static void other_machines_are_given_an_hour(void **state)
{
    static const char holder[] = "host elsewhere\npid 1\nstarted 5\nplace another-machine 1\n";
    staging_t *staging = NULL;
    for (int i = 0; i < 2; i++) {
        char *name = NULL, *path = NULL;
        expect_ok(str_format(&name, "wn.elsewhere.%d.5", i));
        expect_ok(path_join(*state, name, &path));
        assert_int_equal(mkdir(path, 0700), 0);
        scratch_write(path, "left", "x", 1);
        mem_free(&path);
        mem_free(&name);
        expect_ok(str_format(&name, "wn.elsewhere.%d.5.lock", i));
        scratch_write(*state, name, holder, sizeof holder - 1);
        expect_ok(path_join(*state, name, &path));
        struct utimbuf when = {time(NULL) - 3660, time(NULL) - 3660};
        if (i == 0) assert_int_equal(utime(path, &when), 0);
        mem_free(&path);
        mem_free(&name);
    }
    char *other = NULL, *link = NULL;
    expect_ok(path_join(*state, "wn.not-ours", &other));
    expect_ok(path_join(*state, "wn.a.1.1", &link));
    assert_int_equal(mkdir(other, 0700), 0);
    scratch_write(other, "precious", "x", 1);
    assert_int_equal(symlink(other, link), 0); /* a lock of the dead, and a link as its directory */
    scratch_write(*state, "wn.a.1.1.lock", holder, sizeof holder - 1);
    struct utimbuf when = {1, 1};
    char *lock = NULL, *fifo = NULL;
    expect_ok(path_join(*state, "wn.a.1.1.lock", &lock));
    assert_int_equal(utime(lock, &when), 0);
    expect_ok(path_join(*state, "wn.pipe.lock", &fifo));
    assert_int_equal(mkfifo(fifo, 0666), 0); /* nobody ever answers */
    expect_ok(staging_create(*state, &staging));
    staging_destroy(&staging);
    strings_t names = {0};
    expect_ok(directory_list(*state, &names));
    assert_true(strings_find(&names, "wn.elsewhere.0.5") < 0);
    assert_true(strings_find(&names, "wn.elsewhere.0.5.lock") < 0);
    assert_true(strings_find(&names, "wn.elsewhere.1.5") >= 0);
    assert_true(strings_find(&names, "wn.elsewhere.1.5.lock") >= 0);
    assert_int_equal(count_of(other), 1);
    assert_int_equal(unlink(link), 0);
    strings_free(&names);
    mem_free(&lock);
    mem_free(&fifo);
    mem_free(&link);
    mem_free(&other);
}

#define WITH_SCRATCH(test) cmocka_unit_test_setup_teardown(test, scratch_create, scratch_destroy)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(takes_variables_from_the_environment),
        WITH_SCRATCH(is_private_and_goes),
        WITH_SCRATCH(what_the_dead_left_goes),
        WITH_SCRATCH(other_machines_are_given_an_hour),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
