#include "core/file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/interrupt.h"
#include "core/memory.h"
#include "core/missing.h"
#include "core/process.h"

static status_t cannot(exit_code_t code, const char *verb, const char *path)
{
    return status_new(code, "%s: cannot %s: %s", path, verb, strerror(errno));
}

status_t file_open(file_t *file, const char *path)
{
    *file = (file_t){.descriptor = -1};
    struct stat info;
    /* O_NONBLOCK: a named pipe is refused below instead of waited for. */
    int descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (descriptor < 0 && errno == ENOENT)
        return file_missing(path, "cannot open: No such file or directory");
    if (descriptor < 0) return cannot(EXIT_INPUT, "open", path);
    status_t status = NULL;
    if (fstat(descriptor, &info) != 0) status = cannot(EXIT_INPUT, "examine", path);
    else if (!S_ISREG(info.st_mode)) status = status_new(EXIT_INPUT, "%s: not a plain file", path);
    else status = str_copy(&file->path, path);
    if (status) {
        close(descriptor);
        return status;
    }
    file->descriptor = descriptor;
    file->size = (uint64_t)info.st_size;
    return NULL;
}

status_t file_read_at(const file_t *file, uint64_t offset, void *bytes, size_t length)
{
    char *to = bytes;
    for (size_t done = 0; done < length;) {
        size_t want = length - done < (1u << 30) ? length - done : 1u << 30;
        ssize_t got = pread(file->descriptor, to + done, want, (off_t)(offset + done));
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) return cannot(EXIT_INPUT, "read", file->path);
        if (got == 0)
            return status_new(EXIT_INPUT,
                              "%s: truncated: %zu bytes wanted at offset %llu, %zu are there",
                              file->path, length, (unsigned long long)offset, done);
        done += (size_t)got;
    }
    return NULL;
}

void file_close(file_t *file)
{
    if (file->path) close(file->descriptor);
    mem_free(&file->path);
    file->descriptor = -1;
}

status_t file_read(const char *path, size_t limit, str_t *text)
{
    file_t file;
    status_t status = file_open(&file, path);
    if (status) return status;
    if (file.size > limit)
        status = status_new(EXIT_INPUT, "%s: %llu bytes, at most %zu are expected", path,
                            (unsigned long long)file.size, limit);
    if (!status)
        status = mem_grow(&text->data, &text->capacity, text->length + file.size + 1, path);
    if (!status) status = file_read_at(&file, 0, text->data + text->length, file.size);
    if (!status) {
        text->length += file.size;
        text->data[text->length] = '\0';
    }
    file_close(&file);
    return status;
}

static status_t write_all(int descriptor, const char *bytes, size_t length, const char *path)
{
    while (length) {
        ssize_t put = write(descriptor, bytes, length < (1u << 30) ? length : 1u << 30);
        if (put < 0 && errno == EINTR) continue;
        if (put < 0) return cannot(EXIT_OUTPUT, "write", path);
        bytes += put;
        length -= (size_t)put;
    }
    return NULL;
}

/* Between a file's name and "<host>.<pid>" in the name of its temporary. */
static const char mark[] = ".tmp.wn.";

static void name_host(char host[64])
{
    strcpy(host, "host");
    gethostname(host, 63);
    host[63] = '\0';
}

/* Whether a name is that of a temporary of a process of this host that is no more. */
static bool is_abandoned(const char *name, const char *host)
{
    const char *at = strstr(name, mark), *more;
    while (at && (more = strstr(at + 1, mark))) at = more;
    size_t length = strlen(host);
    if (!at || strncmp(at + sizeof mark - 1, host, length) != 0) return false;
    const char *number = at + sizeof mark - 1 + length;
    if (*number++ != '.' || *number < '1' || *number > '9') return false;
    char *end = NULL;
    errno = 0;
    long pid = strtol(number, &end, 10);
    return *end == '\0' && errno == 0 && !process_lives((pid_t)pid);
}

/* What killed processes of this host left in the directory of path; those of other hosts cannot be told
 * from living ones. A directory is listed once, unless another one came between. */
static void remove_abandoned(const char *path, const char *host)
{
    static char last[1024];
    size_t length = (size_t)(path_base(path) - path);
    if (length < sizeof last && strncmp(last, path, length) == 0 && last[length] == '\0' && *last)
        return;
    char *directory = NULL;
    status_t status = length ? str_copy_n(&directory, path, length) : str_copy(&directory, ".");
    DIR *list = status ? NULL : opendir(directory);
    for (struct dirent *entry; list && (entry = readdir(list));)
        if (is_abandoned(entry->d_name, host)) unlinkat(dirfd(list), entry->d_name, 0);
    if (list) closedir(list);
    if (list && length < sizeof last) {
        memcpy(last, path, length);
        last[length] = '\0';
    }
    status_free(&status);
    mem_free(&directory);
}

status_t file_temporary(const char *path, char **temporary, int *descriptor)
{
    const int flags = O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC;
    char host[64];
    name_host(host);
    remove_abandoned(path, host);
    status_t status = str_format(temporary, "%s%s%s.%ld", path, mark, host, (long)getpid());
    if (status) return status;
    int file = open(*temporary, flags, 0666);
    /* one of our own name: of a process before us that had our number */
    if (file < 0 && errno == EEXIST && unlink(*temporary) == 0)
        file = open(*temporary, flags, 0666);
    if (file < 0) {
        status = cannot(EXIT_OUTPUT, "create", *temporary);
        mem_free(temporary);
    } else if (descriptor) {
        *descriptor = file;
    } else {
        close(file);
    }
    return status;
}

static void sync_directory_of(const char *path)
{
    char *directory = NULL;
    const char *slash = strrchr(path, '/');
    status_t status = slash ? str_copy_n(&directory, path, (size_t)(slash - path) + 1)
                            : str_copy(&directory, ".");
    int descriptor = status ? -1 : open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (descriptor >= 0) {
        fsync(descriptor); /* some file systems refuse it; the rename itself stands */
        close(descriptor);
    }
    status_free(&status);
    mem_free(&directory);
}

status_t file_publish(const char *temporary, const char *path)
{
    int descriptor = open(temporary, O_RDONLY | O_CLOEXEC);
    if (descriptor < 0) return cannot(EXIT_OUTPUT, "open", temporary);
    status_t status = NULL;
    if (fsync(descriptor) != 0) status = cannot(EXIT_OUTPUT, "sync", temporary);
    close(descriptor);
    if (!status && rename(temporary, path) != 0) status = cannot(EXIT_OUTPUT, "rename to", path);
    if (!status) sync_directory_of(path);
    return status;
}

status_t file_write(const char *path, const char *bytes, size_t length)
{
    char *temporary = NULL;
    int descriptor;
    status_t status = file_temporary(path, &temporary, &descriptor);
    if (status) return status;
    status = write_all(descriptor, bytes, length, temporary);
    if (close(descriptor) != 0 && !status) status = cannot(EXIT_OUTPUT, "close", temporary);
    if (!status) status = file_publish(temporary, path);
    if (status) unlink(temporary);
    mem_free(&temporary);
    return status;
}

status_t file_copy(const char *from, const char *to)
{
    enum { BLOCK = 8 << 20 };
    file_t source;
    char *block = NULL;
    status_t status = file_open(&source, from);
    if (status) return status;
    int target = open(to, O_WRONLY | O_NOFOLLOW | O_CLOEXEC);
    if (target < 0) status = cannot(EXIT_OUTPUT, "open", to);
    if (!status) status = mem_new(&block, BLOCK, "block of a file");
    for (uint64_t at = 0; !status && at < source.size; at += BLOCK) {
        size_t length = source.size - at < BLOCK ? (size_t)(source.size - at) : BLOCK;
        status = interrupt_check();
        if (!status) status = file_read_at(&source, at, block, length);
        if (!status) status = write_all(target, block, length, to);
    }
    if (!status && ftruncate(target, (off_t)source.size) != 0)
        status = cannot(EXIT_OUTPUT, "write", to);
    if (target >= 0 && close(target) != 0 && !status) status = cannot(EXIT_OUTPUT, "close", to);
    mem_free(&block);
    file_close(&source);
    return status;
}

bool file_exists(const char *path)
{
    struct stat info;
    return stat(path, &info) == 0;
}

double file_bytes(const char *path)
{
    struct stat info;
    return stat(path, &info) == 0 ? (double)info.st_size : 0;
}

bool file_is_directory(const char *path)
{
    struct stat info;
    return stat(path, &info) == 0 && S_ISDIR(info.st_mode);
}

status_t directory_create(const char *path)
{
    char *part = NULL;
    if (file_is_directory(path)) return NULL;
    status_t status = str_copy(&part, path);
    for (char *at = part ? part + 1 : NULL; !status && *part; at++) {
        if (*at != '/' && *at != '\0') continue;
        char held = *at;
        *at = '\0';
        int reason = mkdir(part, 0777) == 0 ? 0 : errno;
        if (reason && !file_is_directory(part)) {
            errno = reason;
            status = cannot(EXIT_OUTPUT, "create directory", part);
        }
        *at = held;
        if (held == '\0') break;
    }
    mem_free(&part);
    return status;
}

status_t directory_create_for(const char *path)
{
    const char *slash = strrchr(path, '/');
    if (!slash || slash == path) return NULL;
    char *directory = NULL;
    status_t status = str_copy_n(&directory, path, (size_t)(slash - path));
    if (!status) status = directory_create(directory);
    mem_free(&directory);
    return status;
}

status_t directory_list(const char *path, strings_t *names)
{
    DIR *directory = opendir(path);
    if (!directory) return cannot(EXIT_INPUT, "list", path);
    status_t status = NULL;
    for (struct dirent *entry; !status && (entry = readdir(directory));)
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
            status = strings_append(names, entry->d_name);
    closedir(directory);
    strings_sort(names);
    return status;
}

bool is_glob(const char *pattern)
{
    return strpbrk(pattern, "*?[") != NULL;
}

status_t file_glob(const char *pattern, strings_t *paths)
{
    if (!is_glob(pattern)) return strings_append(paths, pattern);
    glob_t found;
    int code = glob(pattern, GLOB_NOSORT, NULL, &found);
    status_t status = NULL;
    if (code == GLOB_NOMATCH)
        status = status_new(EXIT_INPUT, "%s: no file matches this pattern", pattern);
    else if (code != 0)
        status = status_new(EXIT_INPUT, "%s: cannot be matched against files", pattern);
    strings_t part = {0};
    for (size_t i = 0; code == 0 && !status && i < found.gl_pathc; i++)
        status = strings_append(&part, found.gl_pathv[i]);
    strings_sort(&part);
    for (size_t i = 0; !status && i < part.count; i++) status = strings_append(paths, part.item[i]);
    strings_free(&part);
    if (code == 0) globfree(&found);
    return status;
}

status_t path_join(const char *directory, const char *name, char **path)
{
    if (name[0] == '/' || directory[0] == '\0') return str_copy(path, name);
    return str_format(path, "%s%s%s", directory, has_suffix(directory, "/") ? "" : "/", name);
}

const char *path_base(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

bool has_suffix(const char *text, const char *suffix)
{
    size_t n = strlen(text), m = strlen(suffix);
    return n >= m && strcmp(text + n - m, suffix) == 0;
}
