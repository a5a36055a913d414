/* Regular expressions as tokenizer files write them (Oniguruma's Ruby syntax), run by PCRE2.
 * What the two read differently is translated, or refused by name. */
#ifndef WN_TEXT_PATTERN_H
#define WN_TEXT_PATTERN_H

#include <stdbool.h>
#include <stddef.h>

#include "core/status.h"

typedef struct pattern pattern_t;

/* literal: the text stands for itself. */
MUST_CHECK status_t pattern_create(const char *text, bool literal, pattern_t **pattern);
void pattern_destroy(pattern_t **pattern);

/* The first match at or after `from` (a character's start) in text (valid UTF-8); *start =
 * length + 1 where there is none. A match may be empty. */
MUST_CHECK status_t pattern_match(pattern_t *pattern, const char *text, size_t length, size_t from,
                                  size_t *start, size_t *end);

#endif
