/* Content hashes. SHA-256 identifies inputs (it is what model hubs publish for a weight file);
 * XXH3 checks our own records against damage. */
#ifndef WN_CORE_HASH_H
#define WN_CORE_HASH_H

#include <stddef.h>
#include <stdint.h>

#include "core/status.h"

enum { SHA256_HEX = 65 };

/* Hex digest with its NUL of a file's bytes, which are not read where core/hash_cache.h knows it / of
 * bytes in memory. */
MUST_CHECK status_t hash_file(const char *path, char hex[SHA256_HEX]);
MUST_CHECK status_t hash_bytes(const void *bytes, size_t length, char hex[SHA256_HEX]);

/* A running SHA-256 for digests over several parts. hash_finish frees it. */
typedef struct hash hash_t;
MUST_CHECK status_t hash_create(hash_t **hash);
MUST_CHECK status_t hash_add(hash_t *hash, const void *bytes, size_t length);
/* Adds a label and a text with their lengths, so that neighbours cannot run together. */
MUST_CHECK status_t hash_add_field(hash_t *hash, const char *label, const char *text);
MUST_CHECK status_t hash_finish(hash_t **hash, char hex[SHA256_HEX]);
void hash_destroy(hash_t **hash);

/* XXH3, 64 bits. */
uint64_t checksum(const void *bytes, size_t length);

#endif
