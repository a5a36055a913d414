/* Journals: finished pieces of work that is not finished, so that a run that is killed goes on where
 * it was. A journal is a file that records are appended to, by one process or several of a node,
 * each record in one write. A record counts when its checksums are right; what a killed process,
 * a full disk or a bad sector left is passed over, and that piece is done again.
 *
 * Record: "wnrecord", payload bytes, number (uint64), key (64 hexadecimal digits), XXH3 of these;
 * the payload; XXH3 of the payload. In the machine's byte order: another's checksums are wrong. */
#ifndef WN_CORE_JOURNAL_H
#define WN_CORE_JOURNAL_H

#include <stddef.h>
#include <stdint.h>

#include "core/hash.h"
#include "core/status.h"

/* A piece: key says all that it depends on, number which piece it is. */
typedef struct {
    char key[SHA256_HEX];
    uint64_t number;
    const void *data; /* aligned for any number */
    size_t bytes;
} journal_record_t;

typedef struct journal journal_t;

/* Opens path for appending; makes the file, and its directory, where there is none. EXIT_OUTPUT. */
MUST_CHECK status_t journal_open(const char *path, journal_t **journal);
/* The record is in the file when this returns, and survives this process; journal_sync makes it
 * survive the machine. EXIT_OUTPUT. */
MUST_CHECK status_t journal_append(journal_t *journal, const journal_record_t *record);
MUST_CHECK status_t journal_sync(journal_t *journal);
void journal_close(journal_t **journal);

/* Hands every whole record of path to take, in the order of the file; its data is valid until take
 * returns. *lost = bytes that belong to none. */
MUST_CHECK status_t journal_read(const char *path,
                                 status_t (*take)(void *context, const journal_record_t *record),
                                 void *context, uint64_t *lost);

#endif
