/* What the post-processor takes off the spans of tokens: the white space at their ends. */
#ifndef WN_TEXT_TRIM_H
#define WN_TEXT_TRIM_H

#include <stdbool.h>
#include <stddef.h>

#include "text/tokenizer.h"

/* prefixed: the single space of a text's first token is one that was added, and covers nothing. */
typedef struct {
    bool prefixed;
} trim_t;

/* The span of a token after count trims; text is the token's as the file spells it, first says
 * that it is the text's first. */
span_t trim_span(const trim_t *trim, size_t count, span_t span, const char *text, size_t length,
                 bool first);

#endif
