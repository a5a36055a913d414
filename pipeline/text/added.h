/* Added tokens: texts that are cut out of the input before the model sees it. */
#ifndef WN_TEXT_ADDED_H
#define WN_TEXT_ADDED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/status.h"
#include "core/strings.h"
#include "text/pattern.h"

typedef struct {
    bool single_word;    /* only between characters that are not of words */
    bool lstrip, rstrip; /* takes the white space before, after it along */
} added_options_t;

enum { ADDED_PROBES = 4 };

/* A set of texts to look for; {0} is empty. added_free frees. */
typedef struct {
    struct added_text {
        size_t text, length; /* in arena */
        int32_t id, order;   /* the lowest order stays where texts are the same */
        added_options_t options;
    } * entry; /* [count], by bytes once finished */
    size_t count, capacity;
    str_t arena;
    uint64_t starts[1024]; /* bit b0 * 256 + b1: some text starts so (one byte: any b1) */
    /* Up to ADDED_PROBES beginnings, of one or two bytes, that all texts have; else probes is 0
     * (and every place is looked at). */
    int probes;
    bool two_bytes;
    unsigned char probe[ADDED_PROBES][2];
    pattern_t *word; /* a character of words, where some entry is a single_word */
} added_t;

/* Of those with the same text, a special one stays, else the first. */
MUST_CHECK status_t added_append(added_t *added, const char *text, size_t length, int32_t id,
                                 bool special, added_options_t options);
/* Once all are appended. */
void added_finish(added_t *added);
void added_free(added_t *added);

/* Goes through a text, match by match. */
typedef struct {
    const char *text;
    size_t length;
    size_t searched; /* where the search goes on */
    size_t taken;    /* end of the last part given out */
} added_cursor_t;

/* The next match: the id, its part of the text [start, end) with what it strips, and the
 * unmatched text [*gap, start) before it (empty if *gap >= start). False at the end, where
 * [*gap, length) is what remains. Leftmost first, of those the longest. */
bool added_next(const added_t *added, added_cursor_t *cursor, size_t *gap, size_t *start,
                size_t *end, int32_t *id);

#endif
