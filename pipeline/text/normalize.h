/* The normalizer of a tokenizer file: steps that rewrite a text before it is split. */
#ifndef WN_TEXT_NORMALIZE_H
#define WN_TEXT_NORMALIZE_H

#include <stdbool.h>
#include <stddef.h>

#include "core/status.h"
#include "text/mapped.h"
#include "text/nfc.h"
#include "text/pattern.h"

typedef enum { NORMALIZE_NFC, NORMALIZE_PREPEND, NORMALIZE_REPLACE } normalize_kind_t;

typedef struct {
    normalize_kind_t kind;
    char *content;      /* what to prepend, or to put in place */
    char *literal;      /* what to replace: a text, */
    pattern_t *pattern; /* or a pattern */
} normalize_step_t;

/* {0} changes nothing. */
typedef struct {
    normalize_step_t *step;
    size_t count, capacity;
    nfc_t *nfc; /* where a step needs it */
    mapped_t text[2];
} normalizer_t;

/* Adds a step; literal or regex (the other NULL) belongs to NORMALIZE_REPLACE. Copies its texts. */
MUST_CHECK status_t normalizer_add(normalizer_t *normalizer, normalize_kind_t kind,
                                   const char *content, const char *literal, const char *regex);
void normalizer_free(normalizer_t *normalizer);

/* Rewrites *piece (borrowed from the normalizer until the next call, or unchanged).
 * tracked: keep origins. */
MUST_CHECK status_t normalizer_apply(normalizer_t *normalizer, bool tracked, piece_t *piece);

/* Appends piece with each occurrence of a literal text replaced. */
MUST_CHECK status_t replace_literal(const piece_t *piece, const char *literal, size_t length,
                                    const char *content, size_t content_length, mapped_t *out);

/* Appends content, which came from the piece's first character, and the piece. */
MUST_CHECK status_t prepend_text(const piece_t *piece, const char *content, size_t length,
                                 mapped_t *out);

#endif
