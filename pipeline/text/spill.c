#define _GNU_SOURCE /* O_TMPFILE */
#include "text/spill.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/memory.h"
#include "core/strings.h"

spill_t spill_create(size_t size, const char *directory)
{
    return (spill_t){.size = size, .directory = directory};
}

void spill_free(spill_t *spill)
{
    if (spill->file) close(spill->file - 1);
    mem_free(&spill->held);
    *spill = (spill_t){0};
}

static status_t failed(const spill_t *spill, const char *what)
{
    return status_new(EXIT_OUTPUT, "%s: cannot %s a temporary file: %s", spill->directory, what,
                      strerror(errno));
}

/* A file without a name, where the file system has such; else one that loses its name at once. */
static status_t create_file(spill_t *spill)
{
    char *path = NULL;
    spill->file = open(spill->directory, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600) + 1;
    if (spill->file) return NULL;
    status_t status = str_format(&path, "%s/.tmp.tokens.XXXXXX", spill->directory);
    if (status) return status;
    spill->file = mkstemp(path) + 1;
    if (!spill->file) status = failed(spill, "create");
    else unlink(path);
    mem_free(&path);
    return status;
}

static status_t write_held(spill_t *spill)
{
    status_t status = !spill->file ? create_file(spill) : NULL;
    for (size_t at = 0; !status && at < spill->length;) {
        ssize_t written = pwrite(spill->file - 1, spill->held + at, spill->length - at,
                                 (off_t)(spill->filed + at));
        if (written > 0) at += (size_t)written;
        else if (written == 0 || errno != EINTR) status = failed(spill, "write");
    }
    if (status) return status;
    spill->filed += spill->length;
    spill->length = 0;
    return NULL;
}

status_t spill_extend(spill_t *spill, size_t count, void *place)
{
    size_t bytes, most = spill->most ? spill->most : SPILL_BYTES;
    status_t status = mem_product(count, spill->size, "tokens", &bytes);
    if (!status && spill->directory && spill->length > 0 &&
        (spill->length >= most || bytes > most - spill->length))
        status = write_held(spill);
    if (!status) status = mem_grow(&spill->held, &spill->capacity, spill->length + bytes, "tokens");
    if (status) return status;
    *(char **)place = spill->held + spill->length;
    spill->length += bytes;
    return NULL;
}

status_t spill_append(spill_t *spill, const void *records, size_t count)
{
    char *place = NULL;
    status_t status = spill_extend(spill, count, &place);
    if (!status && count) memcpy(place, records, count * spill->size);
    return status;
}

uint64_t spill_count(const spill_t *spill)
{
    return (spill->filed + spill->length) / spill->size;
}

static status_t read_filed(spill_t *spill, char *to, size_t bytes)
{
    for (size_t at = 0; at < bytes;) {
        ssize_t got = pread(spill->file - 1, to + at, bytes - at, (off_t)(spill->read + at));
        if (got > 0) at += (size_t)got;
        else if (got == 0 || errno != EINTR) return failed(spill, "read");
    }
    return NULL;
}

status_t spill_next(spill_t *spill, void *records, size_t count)
{
    size_t bytes = count * spill->size, from_file = 0;
    if (count > spill_count(spill) - spill->read / spill->size)
        return status_new(EXIT_BUG, "more records are read than were kept");
    if (spill->read < spill->filed) {
        uint64_t left = spill->filed - spill->read;
        from_file = left < bytes ? (size_t)left : bytes;
        status_t status = read_filed(spill, records, from_file);
        if (status) return status;
    }
    if (bytes > from_file)
        memcpy((char *)records + from_file, spill->held + (spill->read + from_file - spill->filed),
               bytes - from_file);
    spill->read += bytes;
    return NULL;
}

void spill_rewind(spill_t *spill)
{
    spill->read = 0;
}
