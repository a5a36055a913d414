/* For tests: running a program with its streams in files. */
#ifndef WN_TESTS_PROGRAM_H
#define WN_TESTS_PROGRAM_H

#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>

#include "tests/scratch.h"

extern char **environ;

/* An environment variable of the tests (WN_BUILD, WN_SHARED, WN_MPIRUN), or its default. */
static inline const char *variable(const char *name, const char *otherwise)
{
    const char *value = getenv(name);
    return value ? value : otherwise;
}

/* Runs words (NULL ends them; found in PATH) and waits. Output and errors are appended to files;
 * those may be one, or NULL: where the test's own go. Returns the exit status, -1 where a signal
 * ended it. */
static inline int run_program(const char *const *words, const char *input, const char *output,
                              const char *errors)
{
    posix_spawn_file_actions_t actions;
    const int flags = O_WRONLY | O_CREAT | O_APPEND;
    pid_t child;
    int how = 0;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, 0, input, O_RDONLY, 0);
    if (output) posix_spawn_file_actions_addopen(&actions, 1, output, flags, 0666);
    if (errors) posix_spawn_file_actions_addopen(&actions, 2, errors, flags, 0666);
    int code = posix_spawnp(&child, words[0], &actions, NULL, (char *const *)words, environ);
    posix_spawn_file_actions_destroy(&actions);
    if (code != 0) fail_msg("%s: %s", words[0], strerror(code));
    while (waitpid(child, &how, 0) < 0 && errno == EINTR) {
    }
    return WIFEXITED(how) ? WEXITSTATUS(how) : -1;
}

#endif
