/* The directory of a zip archive whose entries are stored, not compressed: what a torch archive
 * is (PKWARE's APPNOTE.TXT 6.3, zip64 included; torch writes it with miniz). Nothing is extracted
 * and no name reaches the file system. */
#ifndef WN_MODEL_ZIP_H
#define WN_MODEL_ZIP_H

#include "core/file.h"

typedef struct {
    char *name;
    uint64_t size;   /* bytes */
    uint64_t header; /* offset of its local header */
    uint32_t crc;    /* CRC-32 of its bytes */
} zip_entry_t;

typedef struct {
    const file_t *file; /* borrowed */
    zip_entry_t *entry; /* [count], sorted by name, no name twice */
    size_t count, capacity;
    uint64_t directory; /* its offset: every entry ends before it */
} zip_t;

/* EXIT_INPUT where the file is no zip archive, or an entry is compressed, encrypted or does not
 * lie within it. */
MUST_CHECK status_t zip_open(const file_t *file, zip_t *zip);
void zip_close(zip_t *zip);

/* NULL where there is none of that name. */
const zip_entry_t *zip_find(const zip_t *zip, const char *name);

/* Offset in the file of the entry's first byte, from its local header; all of its bytes lie
 * within the file. */
MUST_CHECK status_t zip_locate(const zip_t *zip, const zip_entry_t *entry, uint64_t *offset);

/* Appends the entry's bytes, at most limit, to text and checks their CRC-32. */
MUST_CHECK status_t zip_read(const zip_t *zip, const zip_entry_t *entry, size_t limit, str_t *text);

#endif
