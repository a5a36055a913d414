/* A growing array of equal records that keeps at most SPILL_BYTES of them in memory; the others
 * wait in a nameless file, which is gone with the process however that ends. Records are read
 * back in the order in which they were appended. */
#ifndef WN_TEXT_SPILL_H
#define WN_TEXT_SPILL_H

#include <stddef.h>
#include <stdint.h>

#include "core/status.h"

enum { SPILL_BYTES = 64 << 20 };

typedef struct {
    size_t size;             /* bytes of a record */
    size_t most;             /* bytes that memory may hold; 0: SPILL_BYTES */
    const char *directory;   /* where the file is made, borrowed; NULL: no file, all in memory */
    char *held;              /* the last records */
    size_t length, capacity; /* bytes held */
    int file;                /* descriptor + 1; 0: none */
    uint64_t filed;          /* bytes in the file: the first records */
    uint64_t read;           /* bytes that spill_next has passed */
} spill_t;

/* Nothing to fail: the file is made when it is needed. */
spill_t spill_create(size_t size, const char *directory);
void spill_free(spill_t *spill);

/* EXIT_OUTPUT where the file cannot be made or written, naming the directory. */
MUST_CHECK status_t spill_append(spill_t *spill, const void *records, size_t count);
/* Room for count more records at *place, which count as appended. */
MUST_CHECK status_t spill_extend(spill_t *spill, size_t count, void *place);

uint64_t spill_count(const spill_t *spill);

/* The next count records (as many must be left) into records; spill_rewind starts over. */
MUST_CHECK status_t spill_next(spill_t *spill, void *records, size_t count);
void spill_rewind(spill_t *spill);

#endif
