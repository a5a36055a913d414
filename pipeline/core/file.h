/* Files and directories. A published file appears whole or not at all: it is
 * written beside its place, synced, and renamed. */
#ifndef WN_CORE_FILE_H
#define WN_CORE_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/status.h"
#include "core/strings.h"

/* Appends the whole file to text; an error where it is missing, not a plain file, or longer
 * than limit bytes. */
MUST_CHECK status_t file_read(const char *path, size_t limit, str_t *text);

/* A file open for reading at any offset, by plain reads (never mmap). */
typedef struct {
    char *path;
    int descriptor;
    uint64_t size;
} file_t;

MUST_CHECK status_t file_open(file_t *file, const char *path);
/* Exactly length bytes at offset; a short file is an EXIT_INPUT error that names it. */
MUST_CHECK status_t file_read_at(const file_t *file, uint64_t offset, void *bytes, size_t length);
void file_close(file_t *file);

/* Writes path atomically: temporary file in the same directory, fsync, rename. */
MUST_CHECK status_t file_write(const char *path, const char *bytes, size_t length);

/* The steps of that for a file written by other means. file_temporary makes the temporary file, empty and
 * nobody else's (a link there is not followed), "<path>.tmp.wn.<host>.<pid>", of mode 0666 less the
 * umask, open for writing as *descriptor (NULL: closed again), and removes what processes of this
 * host that were killed left in the directory. file_publish syncs it, renames it to path and syncs the
 * directory. */
MUST_CHECK status_t file_temporary(const char *path, char **temporary, int *descriptor);
MUST_CHECK status_t file_publish(const char *temporary, const char *path);

/* Makes to, which is there, the same bytes as from. EXIT_INTERRUPTED between blocks. */
MUST_CHECK status_t file_copy(const char *from, const char *to);

bool file_exists(const char *path);
bool file_is_directory(const char *path);
/* Its size in bytes; 0 where there is none. */
double file_bytes(const char *path);

/* mkdir -p. */
MUST_CHECK status_t directory_create(const char *path);
/* mkdir -p of the directory that holds path. */
MUST_CHECK status_t directory_create_for(const char *path);
/* The names in a directory, sorted by bytes, without "." and "..". */
MUST_CHECK status_t directory_list(const char *path, strings_t *names);

/* Appends what a glob pattern matches in byte order; a pattern without wildcards
 * is appended as it is. Matching nothing is an error that names the pattern. */
MUST_CHECK status_t file_glob(const char *pattern, strings_t *paths);
/* Whether a pattern holds *, ? or [. */
bool is_glob(const char *pattern);

/* "directory/name"; an absolute name stands alone. */
MUST_CHECK status_t path_join(const char *directory, const char *name, char **path);
/* The part after the last slash. */
const char *path_base(const char *path);
bool has_suffix(const char *text, const char *suffix);

#endif
