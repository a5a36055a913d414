/* Growing strings, lists of strings, UTF-8, and the nearest known name. */
#ifndef WN_CORE_STRINGS_H
#define WN_CORE_STRINGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/status.h"

/* A growing byte string. {0} is a valid empty one; data is NUL-terminated once
 * anything was appended, and may hold NULs of its own. Free with str_free. */
typedef struct {
    char *data;
    size_t length, capacity;
} str_t;

MUST_CHECK status_t str_append(str_t *str, const char *bytes, size_t length);
MUST_CHECK status_t str_add(str_t *str, const char *text);
MUST_CHECK status_t str_printf(str_t *str, const char *format, ...) PRINTF_LIKE(2, 3);
void str_clear(str_t *str);
void str_free(str_t *str);

/* A fresh copy of text (owned by the caller), formatted or of a given length. */
MUST_CHECK status_t str_copy(char **copy, const char *text);
MUST_CHECK status_t str_copy_n(char **copy, const char *bytes, size_t length);
MUST_CHECK status_t str_format(char **text, const char *format, ...) PRINTF_LIKE(2, 3);

/* A list of owned strings; {0} is empty. */
typedef struct {
    char **item;
    size_t count, capacity;
} strings_t;

MUST_CHECK status_t strings_append(strings_t *list, const char *text);
MUST_CHECK status_t strings_append_n(strings_t *list, const char *bytes, size_t length);
/* Index of text in the list, or -1. */
ptrdiff_t strings_find(const strings_t *list, const char *text);
/* Byte order. */
void strings_sort(strings_t *list);
/* The order of people and checkpoints: runs of digits compare as numbers (step9 < step10). */
void strings_sort_natural(strings_t *list);
int natural_compare(const char *a, const char *b);
void strings_free(strings_t *list);

/* The candidate nearest to word in edit distance, or NULL where none is near
 * enough to be worth suggesting. */
const char *nearest_name(const char *word, const char *const *candidates, size_t count);

/* That as the end of a message, "; did you mean NAME?", or "" (in a buffer that the thread's next call
 * reuses). */
const char *did_you_mean(const char *word, const char *const *candidates, size_t count);

/* Whether text is one of choices, "raw|sketch"; and that end of a message for one that is none. */
bool is_choice(const char *choices, const char *text);
const char *did_you_mean_choice(const char *word, const char *choices);

/* Decodes one code point of bytes[0..length): returns its length in bytes (1-4), or 0
 * where the bytes are not valid UTF-8 (overlong, surrogate, too large, truncated). */
size_t utf8_decode(const char *bytes, size_t length, uint32_t *code_point);

/* Writes a code point's bytes (1-4), returns their number. */
size_t utf8_encode(uint32_t code_point, char bytes[4]);

/* Offset of the first invalid byte, or length where all are valid. */
size_t utf8_valid_prefix(const char *bytes, size_t length);

/* str = bytes with each maximal invalid part replaced by U+FFFD (as Python's errors="replace"). */
MUST_CHECK status_t utf8_replace_invalid(const char *bytes, size_t length, str_t *str);

#endif
