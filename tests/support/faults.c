/* Faults for tests: preloaded into a program of ours (LD_PRELOAD), makes one of its calls fail.
 *
 *     WN_FAULT        what fails: write (whatever changes files: write, truncate, reserve, sync,
 *                     rename, link, create, mkdir), read, or memory (allocations by our own code)
 *     WN_FAULT_CALL   which of them, from 1; 0: none, but at its end it reports how many there were
 *     WN_FAULT_ERROR  ENOSPC, EDQUOT or EIO; or short: half of the bytes are read or written
 *     WN_FAULT_BELOW  counts only what is done to files below this directory
 *     WN_FAULT_RANK   only in this rank of Open MPI's; default: in each
 *     WN_FAULT_REPORT file to which a line goes for each fault: who never writes one had fewer calls
 *
 * Where the run is below a directory that has a link on its way, WN_FAULT_BELOW is the real one. It acts in programs whose names begin with wn-, not in what they start. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <link.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

/* Fortified headers make some of these functions inline. */
#undef _FORTIFY_SOURCE

#define OURS __attribute__((visibility("default")))

typedef enum { NOTHING, WRITES, READS, MEMORY } kind_t;

static struct {
    kind_t kind;
    long call;
    int error; /* 0: short */
    const char *below, *report;
    uintptr_t first, last; /* of the program's own code */
} fault;
static atomic_long calls;

/* ---- what is asked for ---- */

static int find_program(struct dl_phdr_info *info, size_t size, void *data)
{
    (void)size, (void)data;
    for (int i = 0; i < info->dlpi_phnum; i++) {
        const ElfW(Phdr) *part = &info->dlpi_phdr[i];
        if (part->p_type != PT_LOAD || !(part->p_flags & PF_X)) continue;
        fault.first = info->dlpi_addr + part->p_vaddr;
        fault.last = fault.first + part->p_memsz;
    }
    return 1; /* the first is the program */
}

__attribute__((constructor)) static void start(void)
{
    const char *kind = getenv("WN_FAULT"), *call = getenv("WN_FAULT_CALL");
    const char *error = getenv("WN_FAULT_ERROR"), *rank = getenv("WN_FAULT_RANK");
    const char *own = getenv("OMPI_COMM_WORLD_RANK");
    if (!kind || !call || strncmp(program_invocation_short_name, "wn-", 3) != 0) return;
    if (rank && own && strcmp(rank, own) != 0) return;
    fault.call = strtol(call, NULL, 10);
    fault.below = getenv("WN_FAULT_BELOW");
    fault.report = getenv("WN_FAULT_REPORT");
    fault.error = !error                         ? EIO
                  : strcmp(error, "ENOSPC") == 0 ? ENOSPC
                  : strcmp(error, "EDQUOT") == 0 ? EDQUOT
                  : strcmp(error, "short") == 0  ? 0
                                                 : EIO;
    dl_iterate_phdr(find_program, NULL);
    fault.kind = *kind == 'w' ? WRITES : *kind == 'r' ? READS : MEMORY;
}

static void report(const char *call, const char *object)
{
    char line[PATH_MAX + 100];
    if (!fault.report) return;
    int length = snprintf(line, sizeof line, "%s %s\n", call, object);
    int file = (int)syscall(SYS_openat, AT_FDCWD, fault.report,
                            O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0666);
    if (file < 0) return;
    syscall(SYS_write, file, line, (size_t)length);
    syscall(SYS_close, file);
}

__attribute__((destructor)) static void end(void)
{
    char text[32];
    snprintf(text, sizeof text, "%ld", atomic_load(&calls));
    if (fault.kind && fault.call == 0) report("calls", text);
}

static bool is_below(const char *path)
{
    size_t length = fault.below ? strlen(fault.below) : 0;
    return length == 0 || (strncmp(path, fault.below, length) == 0 && path[length] == '/');
}

/* Whether this call is the one. A short transfer is no fault of other calls. */
static bool meets(kind_t kind, const char *call, const char *path, bool transfer)
{
    if (fault.kind != kind || (fault.error == 0 && !transfer) || !is_below(path)) return false;
    if (atomic_fetch_add(&calls, 1) + 1 != fault.call) return false;
    report(call, path);
    return true;
}

static bool meets_file(kind_t kind, const char *call, int file, bool transfer)
{
    char link[64], path[PATH_MAX] = "";
    if (fault.kind != kind) return false;
    snprintf(link, sizeof link, "/proc/self/fd/%d", file);
    ssize_t length = readlink(link, path, sizeof path - 1);
    return length > 0 && meets(kind, call, path, transfer);
}

/* ---- memory ---- */

extern void *__libc_malloc(size_t size);
extern void *__libc_calloc(size_t count, size_t size);
extern void *__libc_realloc(void *block, size_t size);
extern void *__libc_memalign(size_t alignment, size_t size);

static bool lacks_memory(const void *caller)
{
    uintptr_t at = (uintptr_t)caller;
    if (fault.kind != MEMORY || at < fault.first || at >= fault.last) return false;
    if (atomic_fetch_add(&calls, 1) + 1 != fault.call) return false;
    report("memory", "-");
    errno = ENOMEM;
    return true;
}

#define LACKING lacks_memory(__builtin_return_address(0))

OURS void *malloc(size_t size)
{
    return LACKING ? NULL : __libc_malloc(size);
}

OURS void *calloc(size_t count, size_t size)
{
    return LACKING ? NULL : __libc_calloc(count, size);
}

OURS void *realloc(void *block, size_t size)
{
    return LACKING ? NULL : __libc_realloc(block, size);
}

OURS void *aligned_alloc(size_t alignment, size_t size)
{
    return LACKING ? NULL : __libc_memalign(alignment, size);
}

OURS int posix_memalign(void **block, size_t alignment, size_t size)
{
    void *made = LACKING ? NULL : __libc_memalign(alignment, size);
    if (!made) return ENOMEM;
    *block = made;
    return 0;
}

/* ---- files ---- */

/* The function of that name that this one hides. */
#define HIDDEN(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

/* A transfer of a number of bytes: fails, or is halved. */
#define TRANSFER(name, kind, file, length)                   \
    do {                                                     \
        if (meets_file(kind, #name, file, length > 1)) {     \
            if (fault.error) return errno = fault.error, -1; \
            length = length > 1 ? length / 2 : length;       \
        }                                                    \
    } while (0)

#define FAIL_FILE(name, file) \
    if (meets_file(WRITES, #name, file, false)) return errno = fault.error, -1
#define FAIL_PATH(name, path) \
    if (meets(WRITES, #name, path, false)) return errno = fault.error, -1

OURS ssize_t write(int file, const void *bytes, size_t length)
{
    TRANSFER(write, WRITES, file, length);
    return HIDDEN(write)(file, bytes, length);
}

OURS ssize_t pwrite(int file, const void *bytes, size_t length, off_t at)
{
    TRANSFER(pwrite, WRITES, file, length);
    return HIDDEN(pwrite)(file, bytes, length, at);
}

OURS ssize_t pwrite64(int file, const void *bytes, size_t length, off64_t at)
{
    TRANSFER(pwrite, WRITES, file, length);
    return HIDDEN(pwrite64)(file, bytes, length, at);
}

/* Of several pieces, a short one does the first. */
OURS ssize_t writev(int file, const struct iovec *piece, int count)
{
    TRANSFER(writev, WRITES, file, count);
    return HIDDEN(writev)(file, piece, count);
}

OURS ssize_t pwritev(int file, const struct iovec *piece, int count, off_t at)
{
    TRANSFER(pwritev, WRITES, file, count);
    return HIDDEN(pwritev)(file, piece, count, at);
}

OURS ssize_t read(int file, void *bytes, size_t length)
{
    TRANSFER(read, READS, file, length);
    return HIDDEN(read)(file, bytes, length);
}

OURS ssize_t pread(int file, void *bytes, size_t length, off_t at)
{
    TRANSFER(pread, READS, file, length);
    return HIDDEN(pread)(file, bytes, length, at);
}

OURS ssize_t pread64(int file, void *bytes, size_t length, off64_t at)
{
    TRANSFER(pread, READS, file, length);
    return HIDDEN(pread64)(file, bytes, length, at);
}

/* What fortified callers call. */
OURS ssize_t __read_chk(int file, void *bytes, size_t length, size_t room);
ssize_t __read_chk(int file, void *bytes, size_t length, size_t room)
{
    if (length > room) abort();
    return read(file, bytes, length);
}

OURS ssize_t __pread_chk(int file, void *bytes, size_t length, off_t at, size_t room);
ssize_t __pread_chk(int file, void *bytes, size_t length, off_t at, size_t room)
{
    if (length > room) abort();
    return pread(file, bytes, length, at);
}

OURS int ftruncate(int file, off_t length)
{
    FAIL_FILE(ftruncate, file);
    return HIDDEN(ftruncate)(file, length);
}

OURS int ftruncate64(int file, off64_t length)
{
    FAIL_FILE(ftruncate, file);
    return HIDDEN(ftruncate64)(file, length);
}

OURS int fallocate(int file, int mode, off_t at, off_t length)
{
    FAIL_FILE(fallocate, file);
    return HIDDEN(fallocate)(file, mode, at, length);
}

OURS int posix_fallocate(int file, off_t at, off_t length)
{
    if (meets_file(WRITES, "posix_fallocate", file, false)) return fault.error;
    return HIDDEN(posix_fallocate)(file, at, length);
}

OURS int fsync(int file)
{
    FAIL_FILE(fsync, file);
    return HIDDEN(fsync)(file);
}

OURS int fdatasync(int file)
{
    FAIL_FILE(fdatasync, file);
    return HIDDEN(fdatasync)(file);
}

OURS int rename(const char *from, const char *to)
{
    FAIL_PATH(rename, to);
    return HIDDEN(rename)(from, to);
}

OURS int link(const char *from, const char *to)
{
    FAIL_PATH(link, to);
    return HIDDEN(link)(from, to);
}

OURS int mkdir(const char *path, mode_t mode)
{
    FAIL_PATH(mkdir, path);
    return HIDDEN(mkdir)(path, mode);
}

#define OPEN(name)                                  \
    OURS int name(const char *path, int flags, ...) \
    {                                               \
        mode_t mode = 0;                            \
        if (flags & O_CREAT) {                      \
            va_list rest;                           \
            va_start(rest, flags);                  \
            mode = va_arg(rest, mode_t);            \
            va_end(rest);                           \
            FAIL_PATH(open, path);                  \
        }                                           \
        return HIDDEN(name)(path, flags, mode);     \
    }
OPEN(open)
OPEN(open64)
