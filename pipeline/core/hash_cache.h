/* Digests of large files, kept from run to run so that a file that has not changed is not read again.
 *
 * A file is known by device, inode, size, and the times (in nanoseconds) of its last changes of contents
 * and of state, the second of which nobody can set back. One that changed a moment before it was hashed is
 * not kept: it may change once more within its clock's tick.
 *
 * Kept as lines of text, each with a checksum of its own: what is damaged or strange is not there, and
 * the file is hashed again. hash_file (core/hash.h) asks and tells; nobody else needs to. */
#ifndef WN_CORE_HASH_CACHE_H
#define WN_CORE_HASH_CACHE_H

#include <stdbool.h>
#include <sys/stat.h>

#include "core/hash.h"
#include "core/strings.h"

/* Files below this many bytes are not worth a line. */
enum { HASH_CACHE_LEAST = 1 << 20 };

/* From now on this process asks lines (those of path, as hash_cache_read appends them; a missing file has
 * none) and keeps what it hashes. path: where it writes that now and then, after each gigabyte; NULL:
 * never. One at a time. */
MUST_CHECK status_t hash_cache_read(const char *path, str_t *lines);
MUST_CHECK status_t hash_cache_open(const char *path, const char *lines);
/* Appends the lines of what was hashed since it was opened. */
MUST_CHECK status_t hash_cache_added(str_t *lines);
/* Adds such lines, of this process or others, to those that path has by now, atomically. */
MUST_CHECK status_t hash_cache_write(const char *path, const char *lines);
void hash_cache_close(void);

/* Whether a digest of the file is known. */
bool hash_cache_find(const struct stat *file, char hex[SHA256_HEX]);
/* Keeps the digest of a file that was like this before it was read, at time begun, and is afterwards. */
MUST_CHECK status_t hash_cache_add(const struct stat *file, const struct timespec *begun,
                                   const char *hex);

#endif
