#include "model/zip.h"

#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "core/memory.h"

typedef unsigned long long ull;

enum {
    LOCAL_SIZE = 30,   /* local file header, without name and extra field */
    CENTRAL_SIZE = 46, /* one entry of the central directory, likewise */
    END_SIZE = 22,     /* end of central directory record, without its comment */
    COMMENT_LIMIT = 65535,
    LOCATOR_SIZE = 20, /* zip64 end of central directory locator */
    END64_SIZE = 56,   /* zip64 end of central directory record */
    DIRECTORY_LIMIT = 64 << 20,
};

static const uint32_t LOCAL_MARK = 0x04034b50, CENTRAL_MARK = 0x02014b50, END_MARK = 0x06054b50,
                      LOCATOR_MARK = 0x07064b50, END64_MARK = 0x06064b50;
/* In a field of 32 bits: the value stands in the zip64 record or extra field. */
static const uint64_t ELSEWHERE = 0xffffffff;

static status_t damaged(const zip_t *zip, const char *what)
{
    return status_new(EXIT_INPUT, "%s: zip archive: %s", zip->file->path, what);
}

static uint64_t little(const unsigned char *bytes, int width)
{
    uint64_t value = 0;
    for (int i = width; i-- > 0;) value = value << 8 | bytes[i];
    return value;
}

/* --- where the central directory lies ------------------------------------------------------- */

typedef struct {
    uint64_t entries, size, offset;
} directory_t;

/* The zip64 record, which a locator directly before the end record points to. */
static status_t read_end64(const zip_t *zip, uint64_t end, directory_t *directory)
{
    unsigned char locator[LOCATOR_SIZE], record[END64_SIZE];
    if (end < LOCATOR_SIZE) return damaged(zip, "the zip64 locator is missing");
    status_t status = file_read_at(zip->file, end - LOCATOR_SIZE, locator, sizeof locator);
    if (status) return status;
    uint64_t at = little(locator + 8, 8);
    if (little(locator, 4) != LOCATOR_MARK) return damaged(zip, "the zip64 locator is missing");
    if (end - LOCATOR_SIZE < END64_SIZE || at > end - LOCATOR_SIZE - END64_SIZE)
        return damaged(zip, "the zip64 record lies outside the file");
    status = file_read_at(zip->file, at, record, sizeof record);
    if (status) return status;
    if (little(record, 4) != END64_MARK) return damaged(zip, "the zip64 record is missing");
    *directory =
        (directory_t){little(record + 32, 8), little(record + 40, 8), little(record + 48, 8)};
    return NULL;
}

/* The end record: the last place that has its mark and a comment reaching exactly to the
 * file's end. */
static status_t find_end(const zip_t *zip, unsigned char record[END_SIZE], uint64_t *end)
{
    const file_t *file = zip->file;
    size_t length =
        file->size < END_SIZE + COMMENT_LIMIT ? (size_t)file->size : END_SIZE + COMMENT_LIMIT;
    unsigned char *tail = NULL;
    status_t status = mem_new(&tail, length, "end of a zip archive");
    if (!status) status = file_read_at(file, file->size - length, tail, length);
    bool found = false;
    for (size_t at = length; !status && !found && at >= END_SIZE; at--) {
        const unsigned char *here = tail + at - END_SIZE;
        if (little(here, 4) != END_MARK || little(here + 20, 2) != length - at) continue;
        memcpy(record, here, END_SIZE);
        *end = file->size - length + at - END_SIZE;
        found = true;
    }
    mem_free(&tail);
    if (!status && !found)
        status = damaged(zip, "truncated: no central directory at the file's end");
    return status;
}

static status_t find_directory(zip_t *zip, directory_t *directory)
{
    unsigned char record[END_SIZE];
    uint64_t end = 0;
    status_t status = find_end(zip, record, &end);
    if (status) return status;
    *directory =
        (directory_t){little(record + 10, 2), little(record + 12, 4), little(record + 16, 4)};
    if (directory->entries == 0xffff || directory->size == ELSEWHERE ||
        directory->offset == ELSEWHERE)
        status = read_end64(zip, end, directory);
    if (status) return status;
    zip->directory = directory->offset;
    if (directory->offset > end || directory->size > end - directory->offset)
        return damaged(zip, "the central directory lies outside the file");
    if (directory->size > DIRECTORY_LIMIT)
        return status_new(EXIT_INPUT,
                          "%s: zip archive: a central directory of %llu bytes, at most "
                          "%d are expected",
                          zip->file->path, (ull)directory->size, DIRECTORY_LIMIT);
    return NULL;
}

/* --- its entries ------------------------------------------------------------------------------- */

static status_t entry_damaged(const zip_t *zip, const zip_entry_t *entry, const char *what)
{
    return status_new(EXIT_INPUT, "%s: zip archive: entry \"%s\": %s", zip->file->path, entry->name,
                      what);
}

/* Replaces those of the three fields that say ELSEWHERE by the zip64 extra field's values,
 * which stand there in this order. */
static status_t read_extra(const zip_t *zip, const zip_entry_t *entry, const unsigned char *extra,
                           size_t length, uint64_t *field[3])
{
    for (size_t at = 0, size; length - at >= 4; at += 4 + size) {
        size = little(extra + at + 2, 2);
        if (size > length - at - 4) break; /* torch pads with a field of any content */
        if (little(extra + at, 2) != 1) continue;
        size_t used = 0;
        for (int i = 0; i < 3; i++) {
            if (*field[i] != ELSEWHERE) continue;
            if (size - used < 8) return entry_damaged(zip, entry, "the zip64 field is too short");
            *field[i] = little(extra + at + 4 + used, 8);
            used += 8;
        }
        return NULL;
    }
    return NULL;
}

static status_t check_entry(const zip_t *zip, const zip_entry_t *entry, unsigned flags,
                            unsigned method, uint64_t packed)
{
    if (flags & 1) return entry_damaged(zip, entry, "encrypted");
    if (method != 0)
        return entry_damaged(zip, entry, "compressed; a torch archive stores its entries");
    if (packed != entry->size) return entry_damaged(zip, entry, "its two sizes differ");
    if (entry->header > zip->directory || zip->directory - entry->header < LOCAL_SIZE ||
        entry->size > zip->directory - entry->header - LOCAL_SIZE)
        return entry_damaged(zip, entry, "it lies outside the file");
    return NULL;
}

/* Reads one entry at *at of the directory's bytes and moves *at behind it. */
static status_t read_entry(zip_t *zip, const unsigned char *bytes, size_t length, size_t *at)
{
    const unsigned char *fixed = bytes + *at;
    size_t left = length - *at;
    if (left < CENTRAL_SIZE || little(fixed, 4) != CENTRAL_MARK)
        return damaged(zip, "the central directory is damaged");
    size_t name = little(fixed + 28, 2), extra = little(fixed + 30, 2);
    size_t comment = little(fixed + 32, 2);
    if (left - CENTRAL_SIZE < name + extra + comment)
        return damaged(zip, "the central directory is damaged");
    *at += CENTRAL_SIZE + name + extra + comment;

    status_t status = mem_grow(&zip->entry, &zip->capacity, zip->count + 1, "zip entries");
    if (status) return status;
    zip_entry_t *entry = &zip->entry[zip->count];
    *entry = (zip_entry_t){.size = little(fixed + 24, 4),
                           .header = little(fixed + 42, 4),
                           .crc = (uint32_t)little(fixed + 16, 4)};
    uint64_t packed = little(fixed + 20, 4);
    status = str_copy_n(&entry->name, (const char *)fixed + CENTRAL_SIZE, name);
    if (status) return status;
    zip->count++;
    if (strlen(entry->name) != name) return entry_damaged(zip, entry, "a NUL in its name");
    status = read_extra(zip, entry, fixed + CENTRAL_SIZE + name, extra,
                        (uint64_t *[3]){&entry->size, &packed, &entry->header});
    if (!status)
        status = check_entry(zip, entry, (unsigned)little(fixed + 8, 2),
                             (unsigned)little(fixed + 10, 2), packed);
    return status;
}

static int by_name(const void *a, const void *b)
{
    const zip_entry_t *x = a, *y = b;
    return strcmp(x->name, y->name);
}

static status_t sort_entries(zip_t *zip)
{
    if (zip->count) qsort(zip->entry, zip->count, sizeof *zip->entry, by_name);
    for (size_t i = 1; i < zip->count; i++)
        if (by_name(&zip->entry[i - 1], &zip->entry[i]) == 0)
            return entry_damaged(zip, &zip->entry[i], "listed twice");
    return NULL;
}

status_t zip_open(const file_t *file, zip_t *zip)
{
    *zip = (zip_t){.file = file};
    directory_t directory = {0};
    unsigned char *bytes = NULL;
    status_t status = find_directory(zip, &directory);
    if (!status) status = mem_new(&bytes, directory.size, "zip directory");
    if (!status) status = file_read_at(file, directory.offset, bytes, directory.size);
    for (size_t at = 0; !status && at < directory.size;)
        status = read_entry(zip, bytes, directory.size, &at);
    if (!status && zip->count != directory.entries)
        status = status_new(EXIT_INPUT, "%s: zip archive: %zu entries, %llu are declared",
                            file->path, zip->count, (ull)directory.entries);
    if (!status) status = sort_entries(zip);
    mem_free(&bytes);
    if (status) zip_close(zip);
    return status;
}

void zip_close(zip_t *zip)
{
    for (size_t i = 0; i < zip->count; i++) mem_free(&zip->entry[i].name);
    mem_free(&zip->entry);
    zip->count = zip->capacity = 0;
}

static int name_against(const void *key, const void *element)
{
    const zip_entry_t *entry = element;
    return strcmp(key, entry->name);
}

const zip_entry_t *zip_find(const zip_t *zip, const char *name)
{
    if (!zip->count) return NULL;
    return bsearch(name, zip->entry, zip->count, sizeof *zip->entry, name_against);
}

/* --- their bytes --------------------------------------------------------------------------------- */

status_t zip_locate(const zip_t *zip, const zip_entry_t *entry, uint64_t *offset)
{
    unsigned char local[LOCAL_SIZE];
    status_t status = file_read_at(zip->file, entry->header, local, sizeof local);
    if (status) return status;
    if (little(local, 4) != LOCAL_MARK || little(local + 8, 2) != 0)
        return entry_damaged(zip, entry, "its local header is damaged");
    /* the local header's sizes may be left to a descriptor behind the data, and its extra field
     * differs from the directory's: only its length matters here */
    uint64_t skip = LOCAL_SIZE + little(local + 26, 2) + little(local + 28, 2);
    uint64_t room = zip->directory - entry->header;
    if (skip > room || entry->size > room - skip)
        return entry_damaged(zip, entry, "it lies outside the file");
    *offset = entry->header + skip;
    return NULL;
}

status_t zip_read(const zip_t *zip, const zip_entry_t *entry, size_t limit, str_t *text)
{
    uint64_t offset = 0;
    if (entry->size > limit)
        return status_new(EXIT_INPUT,
                          "%s: zip archive: entry \"%s\" has %llu bytes, at most %zu are expected",
                          zip->file->path, entry->name, (ull)entry->size, limit);
    status_t status = zip_locate(zip, entry, &offset);
    if (!status)
        status =
            mem_grow(&text->data, &text->capacity, text->length + entry->size + 1, "zip entry");
    if (status) return status;
    unsigned char *bytes = (unsigned char *)text->data + text->length;
    status = file_read_at(zip->file, offset, bytes, entry->size);
    if (!status && crc32_z(0, bytes, entry->size) != entry->crc)
        status = entry_damaged(zip, entry, "damaged: its CRC-32 does not agree");
    if (!status) text->length += entry->size;
    text->data[text->length] = '\0';
    return status;
}
