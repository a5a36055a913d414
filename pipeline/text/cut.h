/* Where a text can be cut so that its parts, tokenised by themselves, give the ids of the whole.
 *
 * Such a place is one that no token can span, whatever stands around it: the pre-tokeniser always
 * breaks there (or, where it takes a whole text for one word, no merge of the model joins what is
 * left of it with what is right), normalisation does not reach across, and no added token is near.
 * For a tokenizer whose rules are not known to have such places none is found, and the text stays
 * whole. */
#ifndef WN_TEXT_CUT_H
#define WN_TEXT_CUT_H

#include <stdbool.h>
#include <stddef.h>

#include "core/status.h"
#include "text/tokenizer.h"

typedef struct cutter cutter_t;

/* The tokenizer is borrowed until cutter_destroy. */
MUST_CHECK status_t cutter_create(tokenizer_t *tokenizer, cutter_t **cutter);
void cutter_destroy(cutter_t **cutter);

/* Whether this tokenizer has such places at all. */
bool cutter_can(const cutter_t *cutter);

/* The first part of a text is [0, end), the second starts at start: a space between them may
 * belong to neither, because the tokenizer puts one before every text. */
typedef struct {
    size_t end, start;
} cut_t;

/* The first cut with from <= end, and both parts not empty. text (valid UTF-8) starts where the
 * document or a part of it does, and may go on behind length: *found is false where no place is
 * sure by what can be seen. */
MUST_CHECK status_t cutter_next(cutter_t *cutter, const char *text, size_t length, size_t from,
                                cut_t *cut, bool *found);

/* tokenizer_encode for a part of a document: special tokens (flags has ENCODE_SPECIAL) go only
 * where the document begins and ends. */
MUST_CHECK status_t cutter_encode(tokenizer_t *tokenizer, const char *text, size_t length,
                                  int flags, bool begins, bool ends, encoding_t *encoding);

#endif
