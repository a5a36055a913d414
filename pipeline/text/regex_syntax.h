/* Oniguruma's regular expressions (Ruby syntax, Unicode 16), as the tokenizers library reads
 * them, written for PCRE2. */
#ifndef WN_TEXT_REGEX_SYNTAX_H
#define WN_TEXT_REGEX_SYNTAX_H

#include "core/status.h"
#include "core/strings.h"

/* Appends the translation of a pattern. What the two do not read alike is an EXIT_INPUT error
 * that names it. */
MUST_CHECK status_t regex_translate(const char *text, str_t *out);

/* Appends a pattern that matches the text itself. */
MUST_CHECK status_t regex_escape(const char *text, str_t *out);

#endif
