/* The few entries of a stream that rank highest, in an order that no order of arrival changes: lists of
 * parts of the stream merge to that of the whole. */
#ifndef WN_STATS_TOP_H
#define WN_STATS_TOP_H

#include <mpi.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/status.h"

/* key: what ranks it, the highest first; of equal ones that of the lower place. No NaN. */
typedef struct {
    double key;
    int64_t place; /* of the token, in the whole corpus */
    float value, up;
} entry_t;

/* Many lists of at most count entries each: entry [lists][count], filled [lists] of them in use, in
 * order of rank. */
typedef struct {
    size_t lists, count;
    entry_t *entry;
    int64_t *filled;
} tops_t;

MUST_CHECK status_t tops_create(tops_t *tops, size_t lists, size_t count);
void tops_destroy(tops_t *tops);

/* Whether an entry with this key could enter a list. */
static inline bool tops_admits(const tops_t *tops, size_t list, double key)
{
    int64_t filled = tops->filled[list];
    return (size_t)filled < tops->count ||
           key >= tops->entry[list * tops->count + (size_t)filled - 1].key;
}

/* Enters an entry where it ranks high enough. */
void tops_add(tops_t *tops, size_t list, entry_t entry);

/* Collective: on rank 0 the lists become those of all ranks' streams. */
MUST_CHECK status_t tops_gather(MPI_Comm comm, tops_t *tops);

#endif
