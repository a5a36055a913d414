/* Hand-written matchers of the split patterns that most byte-level models use. PCRE2 finds the
 * same words (tests compare them on every character), some thirty times slower. */
#ifndef WN_TEXT_SCAN_H
#define WN_TEXT_SCAN_H

#include <stddef.h>
#include <stdint.h>

#include "core/status.h"

/* The regular expression of GPT-2, that "use_regex" of ByteLevel means. */
extern const char *const gpt2_pattern;
/* Those of Llama 3 and Qwen. */
extern const char *const llama3_pattern;
extern const char *const qwen_pattern;

/* What the patterns tell apart. */
typedef enum { CLASS_OTHER, CLASS_LETTER, CLASS_NUMBER, CLASS_SPACE, CLASS_NEWLINE } class_t;

typedef struct scanner scanner_t;

/* A scanner for a pattern, or *scanner NULL where it is none of these. */
MUST_CHECK status_t scanner_create(const char *pattern, scanner_t **scanner);
void scanner_destroy(scanner_t **scanner);

/* The end of the word that starts at text[at], at < length (valid UTF-8). The patterns leave
 * nothing unmatched, so words follow one another. */
size_t scanner_next(const scanner_t *scanner, const char *text, size_t length, size_t at);

#endif
