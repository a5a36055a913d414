#define _GNU_SOURCE /* pipe2, posix_spawn_file_actions_addchdir_np */
#include "report/gnuplot.h"

#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/memory.h"

extern char **environ;

enum { SAID_MOST = 4000 };

/* Reads until the other end closes, so that the child never waits for a reader. */
static status_t listen_to(int descriptor, str_t *said)
{
    char buffer[1024];
    status_t status = NULL;
    for (;;) {
        ssize_t got = read(descriptor, buffer, sizeof buffer);
        if (got < 0 && errno == EINTR) continue;
        if (got <= 0) break;
        if (!status && said->length < SAID_MOST) status = str_append(said, buffer, (size_t)got);
    }
    return status;
}

static int start(const char *directory, char *const argument[], int output, pid_t *child)
{
    posix_spawn_file_actions_t actions;
    int code = posix_spawn_file_actions_init(&actions);
    if (code) return code;
    code = posix_spawn_file_actions_addchdir_np(&actions, directory);
    if (!code) code = posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
    if (!code) code = posix_spawn_file_actions_adddup2(&actions, output, 1);
    if (!code) code = posix_spawn_file_actions_adddup2(&actions, output, 2);
    if (!code) code = posix_spawnp(child, argument[0], &actions, NULL, argument, environ);
    posix_spawn_file_actions_destroy(&actions);
    return code;
}

status_t gnuplot_run(const char *directory, const char *command, const char *script, bool *absent,
                     bool *worked, str_t *said)
{
    char program[] = "gnuplot", defaults[] = "-d", option[] = "-e";
    char *argument[] = {program, defaults, option, NULL, NULL, NULL};
    pid_t child;
    int pipe_ends[2], result = 0;
    *absent = *worked = false;
    status_t status = str_copy(&argument[3], command);
    if (!status) status = str_copy(&argument[4], script);
    if (!status && pipe2(pipe_ends, O_CLOEXEC) != 0)
        status = status_new(EXIT_RESOURCE, "gnuplot: no pipe: %s", strerror(errno));
    if (!status) {
        int code = start(directory, argument, pipe_ends[1], &child);
        close(pipe_ends[1]);
        if (code == ENOENT || code == EACCES) *absent = true;
        else if (code)
            status = status_new(EXIT_RESOURCE, "gnuplot: cannot start: %s", strerror(code));
        else {
            status = listen_to(pipe_ends[0], said);
            while (waitpid(child, &result, 0) < 0 && errno == EINTR) {
            }
            *worked = WIFEXITED(result) && WEXITSTATUS(result) == 0;
        }
        close(pipe_ends[0]);
    }
    mem_free(&argument[3]);
    mem_free(&argument[4]);
    return status;
}
