/* Locks: one holder at a time; the dead are recognised, the living respected, wherever they are. */
#include "tests/scratch.h"

#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>

#include "core/lock.h"

static const lock_pace_t quick = {.beat = 0.05, .patience = 0.4};

static char *lock_path(void **state)
{
    char *path = NULL;
    expect_ok(path_join(*state, "locks/stage", &path));
    return path;
}

static void test_one_holder(void **state)
{
    char *path = lock_path(state);
    lock_t *lock = NULL, *other = NULL;
    for (int turn = 0; turn < 3; turn++) {
        expect_ok(lock_take(path, "collect", &quick, &lock));
        expect_error(lock_take(path, "collect", &quick, &other), EXIT_RESOURCE,
                     "stage: collect is being run by process ");
        assert_null(other);
        assert_true(file_exists(path));
        lock_release(&lock);
        assert_false(file_exists(path));
    }
    mem_free(&path);
}

/* A holder that is killed leaves its lock: the next one takes it, at once. */
static void test_killed_holder(void **state)
{
    char *path = lock_path(state);
    lock_t *lock = NULL;
    int ready[2];
    assert_int_equal(pipe(ready), 0);
    pid_t child = fork();
    if (child == 0) {
        if (lock_take(path, "collect", &quick, &lock)) _exit(1);
        if (write(ready[1], "x", 1) != 1) _exit(1);
        pause();
    }
    char byte;
    assert_int_equal(read(ready[0], &byte, 1), 1);
    expect_error(lock_take(path, "collect", &lock_pace, &lock), EXIT_RESOURCE, "is being run by");
    kill(child, SIGKILL);
    waitpid(child, NULL, 0);
    assert_true(file_exists(path));
    time_t start = time(NULL);
    expect_ok(lock_take(path, "collect", &lock_pace, &lock));
    assert_true(time(NULL) - start < 10);
    lock_release(&lock);
    close(ready[0]);
    close(ready[1]);
    mem_free(&path);
}

/* The lock of a machine that this one cannot look into. */
static void write_foreign(const char *path, const char *job)
{
    char *text = NULL;
    expect_ok(str_format(&text,
                         "host far\npid 17\nstarted 5\nplace other-boot pid:[1]\njob %s\n"
                         "restarts 1\n",
                         job));
    expect_ok(directory_create_for(path));
    expect_ok(file_write(path, text, strlen(text)));
    mem_free(&text);
}

static void test_silent_elsewhere(void **state)
{
    char *path = lock_path(state);
    lock_t *lock = NULL;
    write_foreign(path, "");
    /* A clock that was wrong when it was written tells nothing. */
    const struct timespec future[2] = {{4000000000, 0}, {4000000000, 0}};
    assert_int_equal(utimensat(AT_FDCWD, path, future, 0), 0);
    expect_ok(lock_take(path, "collect", &quick, &lock));
    lock_release(&lock);
    mem_free(&path);
}

static void *touch(void *path)
{
    for (int i = 0; i < 20; i++) {
        const struct timespec pause = {0, 50000000};
        nanosleep(&pause, NULL);
        utimensat(AT_FDCWD, path, NULL, 0);
    }
    return NULL;
}

static void test_alive_elsewhere(void **state)
{
    char *path = lock_path(state);
    lock_t *lock = NULL;
    pthread_t thread;
    write_foreign(path, "99");
    assert_int_equal(pthread_create(&thread, NULL, touch, path), 0);
    expect_error(lock_take(path, "collect", &quick, &lock), EXIT_RESOURCE,
                 "collect is being run by process 17 on far (job 99)");
    pthread_join(thread, NULL);
    mem_free(&path);
}

/* A job that was put back into the queue does not wait for itself. */
static void test_own_former_self(void **state)
{
    static const lock_pace_t patient = {.beat = 100, .patience = 1000};
    char *path = lock_path(state);
    lock_t *lock = NULL;
    write_foreign(path, "99");
    setenv("SLURM_JOB_ID", "99", 1);
    setenv("SLURM_RESTART_COUNT", "2", 1);
    expect_ok(lock_take(path, "collect", &patient, &lock));
    lock_release(&lock);
    unsetenv("SLURM_JOB_ID");
    unsetenv("SLURM_RESTART_COUNT");
    mem_free(&path);
}

/* The holder touches its lock while it is alive. */
static void test_beats(void **state)
{
    char *path = lock_path(state);
    lock_t *lock = NULL;
    struct stat before, after;
    const struct timespec pause = {0, 300000000};
    expect_ok(lock_take(path, "collect", &quick, &lock));
    assert_int_equal(stat(path, &before), 0);
    nanosleep(&pause, NULL);
    assert_int_equal(stat(path, &after), 0);
    assert_true(after.st_mtim.tv_sec > before.st_mtim.tv_sec ||
                after.st_mtim.tv_nsec > before.st_mtim.tv_nsec);
    lock_release(&lock);
    mem_free(&path);
}

/* Of many that want it at once, over a dead holder's, never two have it. */
static void test_race(void **state)
{
    enum { RUNNERS = 6, TURNS = 25 };
    char *path = lock_path(state), *inside = NULL;
    int taken = 0;
    expect_ok(path_join(*state, "inside", &inside));
    for (int turn = 0; turn < TURNS; turn++) {
        expect_ok(directory_create_for(path));
        unlink(path);
        write_foreign(path, "99");
        for (int r = 0; r < RUNNERS; r++)
            if (fork() == 0) {
                lock_t *lock = NULL;
                setenv("SLURM_JOB_ID", "99", 1);
                setenv("SLURM_RESTART_COUNT", "2", 1);
                status_t status = lock_take(path, "collect", &quick, &lock);
                if (status) _exit(status_code(status) == EXIT_RESOURCE ? 2 : 1);
                int one = open(inside, O_CREAT | O_EXCL | O_WRONLY, 0600);
                const struct timespec pause = {0, 2000000};
                nanosleep(&pause, NULL);
                unlink(inside);
                lock_release(&lock);
                _exit(one < 0 ? 3 : 0);
            }
        for (int r = 0, code; r < RUNNERS; r++) {
            wait(&code);
            assert_true(WIFEXITED(code));
            assert_true(WEXITSTATUS(code) == 0 || WEXITSTATUS(code) == 2);
            taken += WEXITSTATUS(code) == 0;
        }
    }
    assert_true(taken >= TURNS);
    mem_free(&inside);
    mem_free(&path);
}

static void test_errors(void **state)
{
    lock_t *lock = NULL;
    char *path = NULL;
    scratch_write(*state, "plain", "x", 1);
    expect_ok(path_join(*state, "plain/stage", &path));
    expect_error(lock_take(path, "collect", &quick, &lock), EXIT_OUTPUT, "plain");
    assert_null(lock);
    mem_free(&path);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, scratch_create, scratch_destroy)
    const struct CMUnitTest tests[] = {
        TEST(test_one_holder),
        TEST(test_killed_holder),
        TEST(test_silent_elsewhere),
        TEST(test_alive_elsewhere),
        TEST(test_own_former_self),
        TEST(test_beats),
        TEST(test_race),
        TEST(test_errors),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
