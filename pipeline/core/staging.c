#define _GNU_SOURCE /* O_PATH */
#include "core/staging.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/file.h"
#include "core/lock.h"
#include "core/memory.h"
#include "core/process.h"

struct staging {
    char *directory;
    lock_t *lock;
};

/* ---- the name ---- */

/* The name of a variable at text, "NAME" or "{NAME}": its length, and where what follows begins. */
static size_t variable(const char **text, const char **rest)
{
    static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_";
    bool braces = **text == '{';
    *text += braces;
    size_t length = strspn(*text, letters);
    *rest = *text + length;
    if (braces && **rest != '}') return 0;
    *rest += braces;
    return length;
}

status_t staging_expand(const char *text, char **path)
{
    str_t out = {0};
    status_t status = str_add(&out, "");
    while (!status && *text) {
        size_t plain = strcspn(text, "$");
        status = str_append(&out, text, plain);
        text += plain;
        if (status || !*text) break;
        const char *name = text + 1, *rest;
        char key[128];
        size_t length = variable(&name, &rest);
        if (length == 0 || length >= sizeof key) {
            status = status_new(EXIT_USAGE, "'%s': a variable's name is expected after $", text);
            break;
        }
        memcpy(key, name, length);
        key[length] = '\0';
        const char *value = getenv(key);
        if (value && *value) status = str_add(&out, value);
        else status = status_new(EXIT_USAGE, "$%s is not set in the environment", key);
        text = rest;
    }
    if (!status) status = str_copy(path, out.data);
    str_free(&out);
    return status;
}

/* ---- the directory ---- */

/* One that holds files only. */
static void remove_directory(const char *directory)
{
    strings_t names = {0};
    int place = open(directory, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    status_t status = place < 0 ? NULL : directory_list(directory, &names);
    for (size_t i = 0; i < names.count; i++) unlinkat(place, names.item[i], 0);
    if (place >= 0) close(place);
    if (!status) rmdir(directory);
    status_free(&status);
    strings_free(&names);
}

/* The directory goes first: what is left of it, where that fails, is still known as a dead run's. */
static status_t remove_if_dead(const char *base, const char *name, const lock_t *own)
{
    enum { SILENCE = 3600 };
    char *directory = NULL, *lock = NULL;
    bool dead = false;
    status_t status = path_join(base, name, &lock);
    if (!status) status = str_copy_n(&directory, lock, strlen(lock) - strlen(".lock"));
    if (!status) status = lock_is_dead(lock, own, SILENCE, &dead);
    if (status_code(status) != EXIT_RESOURCE)
        status_free(&status); /* another's: not for us to judge */
    if (dead) {
        remove_directory(directory);
        if (!file_exists(directory)) unlink(lock);
    }
    mem_free(&directory);
    mem_free(&lock);
    return status;
}

static status_t remove_dead(const char *base, const lock_t *own)
{
    strings_t names = {0};
    status_t status = directory_list(base, &names);
    for (size_t i = 0; !status && i < names.count; i++)
        if (strncmp(names.item[i], "wn.", 3) == 0 && has_suffix(names.item[i], ".lock"))
            status = remove_if_dead(base, names.item[i], own);
    strings_free(&names);
    return status;
}

status_t staging_create(const char *base, staging_t **staging)
{
    char host[64] = "host", *lock = NULL, *directory = NULL;
    gethostname(host, sizeof host - 1);
    status_t status = mem_new(staging, 1, "scratch directory");
    if (!status) status = directory_create(base);
    if (!status)
        status = str_format(&directory, "%s/wn.%s.%ld.%lld", base, host, (long)getpid(),
                            process_start(getpid()));
    if (!status) status = str_format(&lock, "%s.lock", directory);
    if (!status)
        status = lock_take(lock, "a directory for temporary files", &lock_pace, &(*staging)->lock);
    if (!status) status = remove_dead(base, (*staging)->lock);
    if (!status && mkdir(directory, 0700) != 0)
        status =
            status_new(EXIT_OUTPUT, "%s: cannot create directory: %s", directory, strerror(errno));
    if (!status) {
        (*staging)->directory = directory;
        directory = NULL;
    }
    mem_free(&directory);
    mem_free(&lock);
    if (status) staging_destroy(staging);
    return status;
}

const char *staging_directory(const staging_t *staging)
{
    return staging->directory;
}

void staging_destroy(staging_t **staging)
{
    if (!*staging) return;
    if ((*staging)->directory) remove_directory((*staging)->directory);
    mem_free(&(*staging)->directory);
    lock_release(&(*staging)->lock);
    mem_free(staging);
}
