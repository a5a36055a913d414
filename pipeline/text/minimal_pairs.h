/* Minimal pairs: two sentences that differ in one respect, of which the first is acceptable.
 * Format: JSON lines with configurable keys, as BLiMP's sentence_good, sentence_bad and
 * linguistics_term (github.com/alexwarstadt/blimp). */
#ifndef WN_TEXT_MINIMAL_PAIRS_H
#define WN_TEXT_MINIMAL_PAIRS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/status.h"

/* The keys of a JSON object that hold a pair. */
typedef struct {
    const char *good, *bad;
    const char *term; /* optional in the object: the phenomenon, by which results are grouped */
} minimal_pair_keys_t;

typedef struct {
    const char *good, *bad; /* UTF-8, may hold NULs */
    size_t good_length, bad_length;
    const char *term; /* where the object has none: the file's name without its ending */
    int64_t line;
} minimal_pair_t;

enum { MINIMAL_PAIR_TERM_BYTES = 1000 };

typedef struct minimal_pairs minimal_pairs_t;

/* One file; keys are borrowed until minimal_pairs_close. */
MUST_CHECK status_t minimal_pairs_open(const char *path, const minimal_pair_keys_t *keys,
                                       minimal_pairs_t **pairs);
void minimal_pairs_close(minimal_pairs_t **pairs);

/* The next pair, whose texts are borrowed until the next call; *found is false at the end.
 * EXIT_INPUT with file and line: not JSON, a key that is missing or holds no text, a term longer
 * than MINIMAL_PAIR_TERM_BYTES. */
MUST_CHECK status_t minimal_pairs_next(minimal_pairs_t *pairs, minimal_pair_t *pair, bool *found);

/* Bytes of the file taken so far: for progress. */
uint64_t minimal_pairs_position(const minimal_pairs_t *pairs);

#endif
