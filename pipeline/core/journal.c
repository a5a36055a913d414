#define _GNU_SOURCE /* memmem */
#include "core/journal.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "core/file.h"
#include "core/memory.h"

typedef struct {
    char magic[8];
    uint64_t bytes, number;
    char key[SHA256_HEX - 1];
    uint64_t check;
} header_t;

static const char magic[8] = {'w', 'n', 'r', 'e', 'c', 'o', 'r', 'd'};

static uint64_t header_check(const header_t *header)
{
    return checksum(header, offsetof(header_t, check));
}

/* ---- writing ---- */

struct journal {
    char *path;
    int descriptor;
    char *record; /* the one being written */
    size_t capacity;
};

static status_t cannot(const journal_t *journal, const char *verb)
{
    return status_new(EXIT_OUTPUT, "%s: cannot %s: %s", journal->path, verb, strerror(errno));
}

status_t journal_open(const char *path, journal_t **journal)
{
    status_t status = mem_new(journal, 1, "journal");
    if (status) return status;
    (*journal)->descriptor = -1;
    status = str_copy(&(*journal)->path, path);
    if (!status) status = directory_create_for(path);
    if (!status) {
        (*journal)->descriptor = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0666);
        if ((*journal)->descriptor < 0) status = cannot(*journal, "open");
    }
    if (status) journal_close(journal);
    return status;
}

static status_t write_all(const journal_t *journal, const char *bytes, size_t length)
{
    while (length > 0) {
        ssize_t written = write(journal->descriptor, bytes, length);
        if (written < 0 && errno == EINTR) continue;
        if (written < 0) return cannot(journal, "write");
        bytes += written;
        length -= (size_t)written;
    }
    return NULL;
}

status_t journal_append(journal_t *journal, const journal_record_t *record)
{
    header_t header = {.bytes = record->bytes, .number = record->number};
    uint64_t check = checksum(record->data, record->bytes);
    size_t length = sizeof header + record->bytes + sizeof check;
    status_t status = mem_grow(&journal->record, &journal->capacity, length, journal->path);
    if (status) return status;
    memcpy(header.magic, magic, sizeof magic);
    memcpy(header.key, record->key, sizeof header.key);
    header.check = header_check(&header);
    memcpy(journal->record, &header, sizeof header);
    if (record->bytes) memcpy(journal->record + sizeof header, record->data, record->bytes);
    memcpy(journal->record + sizeof header + record->bytes, &check, sizeof check);
    return write_all(journal, journal->record, length);
}

status_t journal_sync(journal_t *journal)
{
    return fdatasync(journal->descriptor) == 0 ? NULL : cannot(journal, "sync");
}

void journal_close(journal_t **journal)
{
    if (!*journal) return;
    if ((*journal)->descriptor >= 0) close((*journal)->descriptor);
    mem_free(&(*journal)->record);
    mem_free(&(*journal)->path);
    mem_free(journal);
}

/* ---- reading ---- */

/* The offset of the first magic at or beyond from, or the file's end. */
static status_t find_magic(const file_t *file, uint64_t from, uint64_t *found)
{
    enum { BLOCK = 1 << 16 };
    static const size_t overlap = sizeof magic - 1;
    char *block = NULL;
    *found = file->size;
    status_t status = mem_new(&block, BLOCK, "journal");
    for (uint64_t at = from; !status && at + sizeof magic <= file->size; at += BLOCK - overlap) {
        size_t length = file->size - at < BLOCK ? (size_t)(file->size - at) : BLOCK;
        status = file_read_at(file, at, block, length);
        const char *hit = status ? NULL : memmem(block, length, magic, sizeof magic);
        if (!hit) continue;
        *found = at + (uint64_t)(hit - block);
        break;
    }
    mem_free(&block);
    return status;
}

/* The record at offset; *whole = whether there is one. payload: room that grows. */
static status_t read_record(const file_t *file, uint64_t offset, journal_record_t *record,
                            char **payload, size_t *capacity, bool *whole)
{
    header_t header;
    uint64_t check;
    *whole = false;
    if (file->size - offset < sizeof header + sizeof check) return NULL;
    status_t status = file_read_at(file, offset, &header, sizeof header);
    if (status) return status;
    if (memcmp(header.magic, magic, sizeof magic) != 0 || header.check != header_check(&header) ||
        header.bytes > file->size - offset - sizeof header - sizeof check)
        return NULL;
    size_t bytes = (size_t)header.bytes;
    status = mem_grow(payload, capacity, bytes + sizeof check, file->path);
    if (!status)
        status = file_read_at(file, offset + sizeof header, *payload, bytes + sizeof check);
    if (status) return status;
    memcpy(&check, *payload + bytes, sizeof check);
    if (check != checksum(*payload, bytes)) return NULL;
    *record = (journal_record_t){.number = header.number, .data = *payload, .bytes = bytes};
    memcpy(record->key, header.key, sizeof header.key);
    *whole = true;
    return NULL;
}

status_t journal_read(const char *path,
                      status_t (*take)(void *context, const journal_record_t *record),
                      void *context, uint64_t *lost)
{
    file_t file;
    char *payload = NULL;
    size_t capacity = 0;
    journal_record_t record;
    *lost = 0;
    status_t status = file_open(&file, path);
    if (status) return status;
    for (uint64_t at = 0, next; !status && at < file.size; at = next) {
        bool whole;
        next = file.size;
        status = read_record(&file, at, &record, &payload, &capacity, &whole);
        if (status) break;
        if (whole) {
            next = at + sizeof(header_t) + record.bytes + sizeof(uint64_t);
            status = take(context, &record);
        } else {
            status = find_magic(&file, at + 1, &next);
            *lost += next - at;
        }
    }
    mem_free(&payload);
    file_close(&file);
    return status;
}
