/* The tokens of a model: their spelling in the file, the bytes they stand for, and their ids. */
#ifndef WN_TEXT_VOCABULARY_H
#define WN_TEXT_VOCABULARY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/status.h"
#include "core/strings.h"

/* Offsets into the arena. Where the file spells bytes as other characters (byte-level models),
 * bytes holds what is meant; else it is the spelling itself. An id without a token: text -1. */
typedef struct {
    int64_t text, bytes;
    uint32_t text_length, bytes_length;
} token_t;

typedef struct {
    str_t arena;
    token_t *token; /* [size], by id */
    size_t size, capacity, count;
    int32_t *by_text, *by_bytes; /* open-addressing tables of ids, -1 empty */
    size_t mask;
} vocabulary_t;

/* Adds a token; an id given twice, or beyond what a file of count tokens can mean, is an error. */
MUST_CHECK status_t vocabulary_add(vocabulary_t *vocabulary, const char *text, size_t length,
                                   int64_t id, size_t count);

/* Once all are added. byte_level: spellings use GPT-2's alphabet (byte_of_character). */
MUST_CHECK status_t vocabulary_finish(vocabulary_t *vocabulary, bool byte_level);
void vocabulary_free(vocabulary_t *vocabulary);

/* The id of a token by its spelling, or by the bytes it stands for; -1 where there is none. */
int32_t vocabulary_find(const vocabulary_t *vocabulary, const char *text, size_t length);
int32_t vocabulary_find_bytes(const vocabulary_t *vocabulary, const char *bytes, size_t length);

static inline bool vocabulary_has(const vocabulary_t *vocabulary, int64_t id)
{
    return id >= 0 && (size_t)id < vocabulary->size && vocabulary->token[id].text >= 0;
}

/* The byte that a character of GPT-2's byte-level alphabet stands for, or -1; and back.
 * Printable Latin-1 is itself, the other 68 bytes are U+0100 on, in order. */
int byte_of_character(uint32_t code_point);
uint32_t character_of_byte(unsigned char byte);

#endif
