/* Counts for tests: preloaded into a program of ours (LD_PRELOAD), counts what it asks of a file system.
 *
 *     WN_CALLS        file to which each process adds a line at its end: "RANK KIND COUNT" for each kind
 *     WN_CALLS_BELOW  counts only what is below this directory, by its real name
 *
 * Kinds: open (files and directories), stat (also access, readlink), change (rename, link, mkdir, unlink,
 * rmdir, truncate, reserve), sync, and bytes (read). With WN_CALLS_SHOW=yes a line "RANK NAME PATH" for
 * each call as well. Acts in programs whose names begin with wn-. */
#define _GNU_SOURCE
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#undef _FORTIFY_SOURCE
#define OURS __attribute__((visibility("default")))

typedef enum { OPEN, STAT, CHANGE, SYNC, BYTES, KINDS } kind_t;
static const char *const kinds[KINDS] = {"open", "stat", "change", "sync", "bytes"};
static atomic_long counts[KINDS];
static const char *report, *below, *rank;
static bool show;

__attribute__((constructor)) static void start(void)
{
    if (strncmp(program_invocation_short_name, "wn-", 3) != 0) return;
    report = getenv("WN_CALLS");
    below = getenv("WN_CALLS_BELOW");
    show = getenv("WN_CALLS_SHOW") != NULL;
    rank = getenv("OMPI_COMM_WORLD_RANK");
    if (!rank) rank = "0";
}

static void add_line(const char *format, ...) __attribute__((format(printf, 1, 2)));
static void add_line(const char *format, ...)
{
    char line[PATH_MAX + 100];
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(line, sizeof line, format, arguments);
    va_end(arguments);
    int file =
        (int)syscall(SYS_openat, AT_FDCWD, report, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0666);
    if (file < 0) return;
    syscall(SYS_write, file, line, (size_t)length);
    syscall(SYS_close, file);
}

__attribute__((destructor)) static void end(void)
{
    for (int k = 0; report && k < KINDS; k++)
        add_line("%s %s %ld\n", rank, kinds[k], atomic_load(&counts[k]));
}

static void count(kind_t kind, const char *name, const char *path, long many)
{
    size_t length = below ? strlen(below) : 0;
    if (!report || !path || (length && strncmp(path, below, length) != 0)) return;
    if (length && path[length] != '/' && path[length] != '\0') return;
    atomic_fetch_add(&counts[kind], many);
    if (show) add_line("%s %s %s\n", rank, name, path);
}

static void count_file(kind_t kind, const char *name, int file, long many)
{
    char link[64], path[PATH_MAX] = "";
    if (!report || many <= 0) return;
    snprintf(link, sizeof link, "/proc/self/fd/%d", file);
    if (syscall(SYS_readlinkat, AT_FDCWD, link, path, sizeof path - 1) > 0)
        count(kind, name, path, many);
}

/* The function of that name that this one hides. */
#define HIDDEN(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

/* result name(parameters), of a path. */
#define COUNTED(kind, result, name, path, parameters, ...) \
    OURS result name parameters                            \
    {                                                      \
        count(kind, #name, path, 1);                       \
        return HIDDEN(name)(__VA_ARGS__);                  \
    }

COUNTED(STAT, int, stat, path, (const char *path, struct stat *info), path, info)
COUNTED(STAT, int, stat64, path, (const char *path, struct stat64 *info), path, info)
COUNTED(STAT, int, lstat, path, (const char *path, struct stat *info), path, info)
COUNTED(STAT, int, lstat64, path, (const char *path, struct stat64 *info), path, info)
COUNTED(STAT, int, access, path, (const char *path, int mode), path, mode)
COUNTED(STAT, ssize_t, readlink, path, (const char *path, char *to, size_t room), path, to, room)
COUNTED(CHANGE, int, rename, to, (const char *from, const char *to), from, to)
COUNTED(CHANGE, int, link, to, (const char *from, const char *to), from, to)
COUNTED(CHANGE, int, mkdir, path, (const char *path, mode_t mode), path, mode)
COUNTED(CHANGE, int, rmdir, path, (const char *path), path)
COUNTED(CHANGE, int, unlink, path, (const char *path), path)
COUNTED(CHANGE, int, truncate, path, (const char *path, off_t length), path, length)
COUNTED(CHANGE, int, truncate64, path, (const char *path, off64_t length), path, length)
COUNTED(OPEN, FILE *, fopen, path, (const char *path, const char *mode), path, mode)
COUNTED(OPEN, FILE *, fopen64, path, (const char *path, const char *mode), path, mode)
COUNTED(OPEN, DIR *, opendir, path, (const char *path), path)

/* The same of an open file. */
#define COUNTED_FILE(kind, result, name, parameters, ...) \
    OURS result name parameters                           \
    {                                                     \
        count_file(kind, #name, file, 1);                 \
        return HIDDEN(name)(__VA_ARGS__);                 \
    }

COUNTED_FILE(STAT, int, fstat, (int file, struct stat *info), file, info)
COUNTED_FILE(STAT, int, fstat64, (int file, struct stat64 *info), file, info)
COUNTED_FILE(CHANGE, int, ftruncate, (int file, off_t length), file, length)
COUNTED_FILE(CHANGE, int, ftruncate64, (int file, off64_t length), file, length)
COUNTED_FILE(CHANGE, int, fallocate, (int file, int mode, off_t at, off_t length), file, mode, at,
             length)
COUNTED_FILE(SYNC, int, fsync, (int file), file)
COUNTED_FILE(SYNC, int, fdatasync, (int file), file)

/* A transfer: what came. */
#define COUNTED_READ(name, type)                                                       \
    OURS ssize_t name(int file, void *bytes, size_t length, type at)                   \
    {                                                                                  \
        ssize_t got = HIDDEN(name)(file, bytes, length, at);                           \
        count_file(BYTES, #name, file, got);                                           \
        return got;                                                                    \
    }                                                                                  \
    OURS ssize_t __##name##_chk(int, void *, size_t, type, size_t);                    \
    ssize_t __##name##_chk(int file, void *bytes, size_t length, type at, size_t room) \
    {                                                                                  \
        if (length > room) abort();                                                    \
        return name(file, bytes, length, at);                                          \
    }
COUNTED_READ(pread, off_t)
COUNTED_READ(pread64, off64_t)

OURS ssize_t read(int file, void *bytes, size_t length)
{
    ssize_t got = HIDDEN(read)(file, bytes, length);
    count_file(BYTES, "read", file, got);
    return got;
}

#define COUNTED_OPEN(name)                                \
    OURS int name(const char *path, int flags, ...)       \
    {                                                     \
        mode_t mode = 0;                                  \
        va_list rest;                                     \
        va_start(rest, flags);                            \
        if (flags & O_CREAT) mode = va_arg(rest, mode_t); \
        va_end(rest);                                     \
        count(OPEN, #name, path, 1);                      \
        return HIDDEN(name)(path, flags, mode);           \
    }
COUNTED_OPEN(open)
COUNTED_OPEN(open64)
