#include "core/hash.h"

#include <openssl/evp.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#define XXH_INLINE_ALL
#include <xxhash.h>

#include "core/file.h"
#include "core/hash_cache.h"
#include "core/interrupt.h"
#include "core/memory.h"

struct hash {
    EVP_MD_CTX *context;
};

static status_t failed(void)
{
    return status_new(EXIT_BUG, "SHA-256 is not available from OpenSSL");
}

status_t hash_create(hash_t **hash)
{
    status_t status = mem_new(hash, 1, "hash");
    if (status) return status;
    (*hash)->context = EVP_MD_CTX_new();
    if ((*hash)->context && EVP_DigestInit_ex((*hash)->context, EVP_sha256(), NULL) == 1)
        return NULL;
    hash_destroy(hash);
    return failed();
}

status_t hash_add(hash_t *hash, const void *bytes, size_t length)
{
    return EVP_DigestUpdate(hash->context, bytes, length) == 1 ? NULL : failed();
}

status_t hash_add_field(hash_t *hash, const char *label, const char *text)
{
    char head[64];
    int n = snprintf(head, sizeof head, "%zu:%zu:", strlen(label), strlen(text));
    status_t status = hash_add(hash, head, (size_t)n);
    if (!status) status = hash_add(hash, label, strlen(label));
    if (!status) status = hash_add(hash, text, strlen(text));
    return status;
}

status_t hash_finish(hash_t **hash, char hex[SHA256_HEX])
{
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned length = 0;
    int ok = EVP_DigestFinal_ex((*hash)->context, digest, &length);
    hash_destroy(hash);
    if (ok != 1 || length != 32) return failed();
    for (unsigned i = 0; i < 32; i++) snprintf(hex + 2 * i, 3, "%02x", digest[i]);
    return NULL;
}

void hash_destroy(hash_t **hash)
{
    if (!*hash) return;
    EVP_MD_CTX_free((*hash)->context);
    mem_free(hash);
}

status_t hash_bytes(const void *bytes, size_t length, char hex[SHA256_HEX])
{
    hash_t *hash = NULL;
    status_t status = hash_create(&hash);
    if (!status) status = hash_add(hash, bytes, length);
    if (!status) status = hash_finish(&hash, hex);
    hash_destroy(&hash);
    return status;
}

static status_t hash_open_file(const file_t *file, char hex[SHA256_HEX])
{
    enum { BLOCK = 1 << 20 };
    hash_t *hash = NULL;
    char *block = NULL;
    status_t status = mem_new(&block, BLOCK, "read buffer");
    if (!status) status = hash_create(&hash);
    for (uint64_t at = 0; !status && at < file->size; at += BLOCK) {
        size_t length = file->size - at < BLOCK ? (size_t)(file->size - at) : BLOCK;
        status = interrupt_check();
        if (!status) status = file_read_at(file, at, block, length);
        if (!status) status = hash_add(hash, block, length);
    }
    if (!status) status = hash_finish(&hash, hex);
    hash_destroy(&hash);
    mem_free(&block);
    return status;
}

static bool same_state(const struct stat *a, const struct stat *b)
{
    return a->st_size == b->st_size && a->st_mtim.tv_sec == b->st_mtim.tv_sec &&
           a->st_mtim.tv_nsec == b->st_mtim.tv_nsec && a->st_ctim.tv_sec == b->st_ctim.tv_sec &&
           a->st_ctim.tv_nsec == b->st_ctim.tv_nsec;
}

status_t hash_file(const char *path, char hex[SHA256_HEX])
{
    file_t file;
    struct stat before, after;
    struct timespec begun;
    status_t status = file_open(&file, path);
    if (status) return status;
    clock_gettime(CLOCK_REALTIME, &begun);
    bool known = fstat(file.descriptor, &before) == 0;
    if (!known || !hash_cache_find(&before, hex)) {
        status = hash_open_file(&file, hex);
        if (!status && known && fstat(file.descriptor, &after) == 0 && same_state(&before, &after))
            status = hash_cache_add(&before, &begun, hex);
    }
    file_close(&file);
    return status;
}

uint64_t checksum(const void *bytes, size_t length)
{
    return XXH3_64bits(bytes, length);
}
