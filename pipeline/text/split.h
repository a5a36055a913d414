/* The pre-tokenizer of a tokenizer file: steps that cut a normalised text into words. */
#ifndef WN_TEXT_SPLIT_H
#define WN_TEXT_SPLIT_H

#include <stdbool.h>
#include <stddef.h>

#include "core/status.h"
#include "text/mapped.h"
#include "text/pattern.h"
#include "text/scan.h"

typedef enum {
    SPLIT_PATTERN,   /* each match of a pattern is a word, and what lies between */
    SPLIT_METASPACE, /* spaces become a visible character that begins words */
    SPLIT_PREFIX,    /* a space goes before what does not begin with one */
} split_kind_t;

typedef enum { PREPEND_ALWAYS, PREPEND_FIRST, PREPEND_NEVER } prepend_t;

typedef struct {
    split_kind_t kind;
    scanner_t *scanner;  /* of the pattern, where there is one: */
    pattern_t *pattern;  /* then this is NULL */
    char replacement[5]; /* of spaces; UTF-8 */
    prepend_t prepend;
    bool cut; /* metaspace: before each replacement */
    mapped_t text[2];
} split_step_t;

/* {0} makes one word of the whole. */
typedef struct {
    split_step_t *step;
    size_t count, capacity;
    bool needs_origins; /* apply tracked, whether offsets are wanted or not */
} splitter_t;

/* Appends a step with nothing but its kind, for the caller to fill in. */
MUST_CHECK status_t splitter_add(splitter_t *splitter, split_kind_t kind, split_step_t **step);

/* Appends SPLIT_PATTERN. literal: the pattern is a text that stands for itself. */
MUST_CHECK status_t splitter_add_pattern(splitter_t *splitter, const char *pattern, bool literal);
void splitter_free(splitter_t *splitter);

/* Takes words as they are found, in order: one piece that is a word, or a piece that begins and then
 * all words of it in batches: word i is text[end[i - 1]..end[i]), the first from 0, and the text
 * goes on for readable bytes. */
typedef struct {
    status_t (*take)(void *self, const piece_t *word);
    void (*begin)(void *self, const piece_t *piece);
    status_t (*take_many)(void *self, const char *text, const size_t *end, size_t count,
                          size_t readable);
    void *self;
} word_sink_t;

/* tracked: words know their first character and its origin. */
MUST_CHECK status_t splitter_apply(splitter_t *splitter, bool tracked, const piece_t *piece,
                                   word_sink_t sink);

#endif
