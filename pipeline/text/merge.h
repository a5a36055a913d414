/* Merging the symbols of one stretch of text: the heart of byte-pair encoding. */
#ifndef WN_TEXT_MERGE_H
#define WN_TEXT_MERGE_H

#include <stddef.h>
#include <stdint.h>

#include "core/status.h"
#include "text/pairs.h"

enum { MERGE_FAN = 16, MERGE_LEVELS = 9 };

/* Symbols in text order, and what merging needs. {0} is empty; merge_free frees. */
typedef struct {
    int32_t *id;     /* [count] */
    uint32_t *start; /* [count + 1] first byte of each symbol, then the stretch's length */
    uint32_t *next, *previous;
    uint32_t *rank; /* [levels] of pair (i, next of i); above it, minima of MERGE_FAN each */
    size_t count;
    size_t id_capacity, start_capacity, next_capacity, previous_capacity, rank_capacity;
} merge_t;

void merge_free(merge_t *merge);

/* Makes room for one more symbol; keeps what is there. */
MUST_CHECK status_t merge_reserve(merge_t *merge, size_t count);

/* Which pairs merge, and into what. */
typedef struct {
    pairs_t ranks;    /* of ids: rank of the merge */
    int32_t *product; /* [merges] by rank: the id it makes */
    uint32_t *bytes;  /* [256][256] ranks of the tokens of two bytes; NULL at character level */
} merges_t;

/* Merges id[0..count) until no pair is in ranks. The remaining symbols are compacted to
 * id[0..count), start[0..count]. bytes: what the symbols are the tokens of, or NULL. */
MUST_CHECK status_t merge_run(merge_t *merge, const merges_t *merges, const unsigned char *bytes);

#endif
