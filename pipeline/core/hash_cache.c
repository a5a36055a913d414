#include "core/hash_cache.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/file.h"
#include "core/log.h"
#include "core/memory.h"

/* Lines that are kept: the newest. Seconds that a change must lie back. Bytes hashed between writes. */
enum { LINES = 1 << 13, LINE_LENGTH = 256, SETTLED = 3 };
static const double WRITE_EVERY = 1e9;

static struct {
    bool open;
    const char *path;
    strings_t known; /* lines without their checksums */
    size_t given;    /* of these: those that were there; the rest was added */
    double unwritten;
} cache;

/* ---- lines ---- */

/* "DEVICE INODE SIZE CHANGED STATE ", up to the digest. */
static void describe(const struct stat *file, char text[LINE_LENGTH])
{
    snprintf(text, LINE_LENGTH, "%llx %llu %llu %lld.%09ld %lld.%09ld ",
             (unsigned long long)file->st_dev, (unsigned long long)file->st_ino,
             (unsigned long long)file->st_size, (long long)file->st_mtim.tv_sec,
             file->st_mtim.tv_nsec, (long long)file->st_ctim.tv_sec, file->st_ctim.tv_nsec);
}

/* Adds the whole lines of text to list, without their checksums, but for those that are there. */
static status_t add_lines(const char *text, strings_t *list)
{
    status_t status = NULL;
    for (const char *end; !status && (end = strchr(text, '\n')); text = end + 1) {
        char line[LINE_LENGTH + 32], *rest;
        size_t length = (size_t)(end - text);
        if (length >= sizeof line || length < 17 + SHA256_HEX - 1) continue;
        memcpy(line, text, length);
        line[length] = '\0';
        unsigned long long sum = strtoull(line, &rest, 16);
        if (rest != line + 16 || *rest++ != ' ' || sum != checksum(rest, strlen(rest))) continue;
        if (strspn(line + length - (SHA256_HEX - 1), "0123456789abcdef") != SHA256_HEX - 1)
            continue;
        if (strings_find(list, rest) < 0) status = strings_append(list, rest);
    }
    return status;
}

static status_t write_lines(const strings_t *list, size_t first, str_t *text)
{
    status_t status = NULL;
    for (size_t i = first; !status && i < list->count; i++)
        status = str_printf(text, "%016llx %s\n",
                            (unsigned long long)checksum(list->item[i], strlen(list->item[i])),
                            list->item[i]);
    return status;
}

/* ---- the file ---- */

status_t hash_cache_read(const char *path, str_t *lines)
{
    status_t status = str_add(lines, "");
    if (!status && file_exists(path)) status = file_read(path, LINES * LINE_LENGTH, lines);
    status_excuse(&status, EXIT_INPUT); /* as if it were not there */
    return status;
}

status_t hash_cache_write(const char *path, const char *lines)
{
    str_t there = {0}, text = {0};
    strings_t all = {0};
    if (!*lines) return NULL;
    status_t status = hash_cache_read(path, &there);
    if (!status) status = add_lines(there.data, &all);
    if (!status) status = add_lines(lines, &all);
    if (!status)
        status = write_lines(&all, all.count > LINES / 2 ? all.count - LINES / 2 : 0, &text);
    if (!status) status = file_write(path, text.data, text.length);
    strings_free(&all);
    str_free(&there);
    str_free(&text);
    return status;
}

/* ---- this process's ---- */

status_t hash_cache_open(const char *path, const char *lines)
{
    cache.open = true;
    cache.path = path;
    status_t status = add_lines(lines, &cache.known);
    cache.given = cache.known.count;
    return status;
}

status_t hash_cache_added(str_t *lines)
{
    status_t status = str_add(lines, "");
    return status ? status : write_lines(&cache.known, cache.given, lines);
}

void hash_cache_close(void)
{
    strings_free(&cache.known);
    memset(&cache, 0, sizeof cache);
}

bool hash_cache_find(const struct stat *file, char hex[SHA256_HEX])
{
    char start[LINE_LENGTH];
    if (!cache.open || file->st_size < HASH_CACHE_LEAST) return false;
    describe(file, start);
    size_t length = strlen(start);
    for (size_t i = cache.known.count; i-- > 0;) {
        const char *line = cache.known.item[i];
        if (strncmp(line, start, length) != 0 || strlen(line) != length + SHA256_HEX - 1) continue;
        memcpy(hex, line + length, SHA256_HEX);
        return true;
    }
    return false;
}

/* What was hashed so far is not lost should this process be killed. */
static status_t write_now(void)
{
    str_t lines = {0};
    status_t status = hash_cache_added(&lines);
    if (!status) status = hash_cache_write(cache.path, lines.data);
    if (status_code(status) == EXIT_OUTPUT) {
        log_warning("%s; files will be hashed again", status_message(status));
        status_free(&status);
    }
    str_free(&lines);
    cache.unwritten = 0;
    return status;
}

status_t hash_cache_add(const struct stat *file, const struct timespec *begun, const char *hex)
{
    char line[LINE_LENGTH];
    bool settled = file->st_mtim.tv_sec + SETTLED < begun->tv_sec &&
                   file->st_ctim.tv_sec + SETTLED < begun->tv_sec;
    if (!cache.open || file->st_size < HASH_CACHE_LEAST || !settled) return NULL;
    describe(file, line);
    strcat(line, hex);
    status_t status = strings_append(&cache.known, line);
    cache.unwritten += (double)file->st_size;
    return status || !cache.path || cache.unwritten < WRITE_EVERY ? status : write_now();
}
