/* For tests: a zip archive of stored entries, put together after PKWARE's APPNOTE.TXT in the form
 * of torch's: data descriptors, padded local headers, zip64 fields where they are asked for. */
#ifndef WN_TESTS_ZIP_BUILDER_H
#define WN_TESTS_ZIP_BUILDER_H

#include "tests/scratch.h"

#include <stdbool.h>
#include <zlib.h>

/* {0} is an empty one. */
typedef struct {
    str_t file, directory;
    int entries;
} zip_builder_t;

typedef struct {
    int width; /* bytes */
    uint64_t value;
} zip_field_t;

static inline void zip_put(str_t *str, const zip_field_t *field, size_t count)
{
    for (size_t f = 0; f < count; f++)
        for (int i = 0; i < field[f].width; i++) {
            char byte = (char)(field[f].value >> 8 * i);
            expect_ok(str_append(str, &byte, 1));
        }
}

/* Appends fields {width, value}, little-endian. */
#define ZIP_PUT(str, ...)                              \
    zip_put((str), (const zip_field_t[]){__VA_ARGS__}, \
            sizeof((const zip_field_t[]){__VA_ARGS__}) / sizeof(zip_field_t))

/* large: sizes and offset go into zip64 fields. */
static inline void zip_add(zip_builder_t *builder, const char *name, const void *bytes,
                           size_t length, bool large)
{
    const uint64_t elsewhere = 0xffffffff, offset = builder->file.length,
                   name_length = strlen(name);
    uint32_t crc = (uint32_t)crc32_z(0, bytes, length);
    str_t *file = &builder->file, *directory = &builder->directory;
    /* mark, version, flags (8: sizes follow the data), method, time, CRC, two sizes */
    ZIP_PUT(file, {4, 0x04034b50}, {2, 20}, {2, 8}, {2, 0}, {4, 0}, {4, 0}, {4, 0}, {4, 0});
    ZIP_PUT(file, {2, name_length}, {2, 7});
    expect_ok(str_add(file, name));
    expect_ok(str_append(file, "FB\3\0ZZZ", 7)); /* padding, as torch aligns its data */
    expect_ok(str_append(file, bytes, length));
    ZIP_PUT(file, {4, 0x08074b50}, {4, crc}, {4, length}, {4, length});

    /* mark, two versions, flags, method, time, CRC */
    ZIP_PUT(directory, {4, 0x02014b50}, {2, 20}, {2, 20}, {2, 8}, {2, 0}, {4, 0}, {4, crc});
    ZIP_PUT(directory, {4, large ? elsewhere : length}, {4, large ? elsewhere : length});
    /* lengths of name, extra fields and comment; disk; attributes; offset */
    ZIP_PUT(directory, {2, name_length}, {2, large ? 4 + 5 + 28 : 0}, {2, 0}, {2, 0}, {2, 0},
            {4, 0}, {4, large ? elsewhere : offset});
    expect_ok(str_add(directory, name));
    if (large) {
        ZIP_PUT(directory, {2, 0x4246}, {2, 5}, {5, 0}); /* a field of another kind goes first */
        ZIP_PUT(directory, {2, 1}, {2, 24}, {8, length}, {8, length}, {8, offset});
    }
    builder->entries++;
}

/* Ends the archive: file holds all of it. large: with zip64 records. */
static inline void zip_finish(zip_builder_t *builder, bool large)
{
    uint64_t offset = builder->file.length, length = builder->directory.length;
    uint64_t end = offset + length, entries = (uint64_t)builder->entries;
    str_t *file = &builder->file;
    expect_ok(str_append(file, builder->directory.data, length));
    if (large) {
        ZIP_PUT(file, {4, 0x06064b50}, {8, 44}, {2, 45}, {2, 45}, {4, 0}, {4, 0}, {8, entries},
                {8, entries}, {8, length}, {8, offset});
        ZIP_PUT(file, {4, 0x07064b50}, {4, 0}, {8, end}, {4, 1});
        entries = 0xffff;
        length = offset = 0xffffffff;
    }
    ZIP_PUT(file, {4, 0x06054b50}, {4, 0}, {2, entries}, {2, entries}, {4, length}, {4, offset},
            {2, 0});
}

static inline void zip_free(zip_builder_t *builder)
{
    str_free(&builder->file);
    str_free(&builder->directory);
    builder->entries = 0;
}

#endif
