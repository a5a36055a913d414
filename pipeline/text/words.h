/* A cache from words to their tokens, of bounded size: in natural text nearly every word was seen
 * before. */
#ifndef WN_TEXT_WORDS_H
#define WN_TEXT_WORDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "core/status.h"

enum { WORD_BYTES = 15, WORD_TOKENS = 4, WORD_WAYS = 2 };

/* A word of at most WORD_BYTES bytes with its length and the number of its tokens in the last
 * byte (length low, count high). All zero: empty. */
typedef struct {
    uint64_t low, high;
    int32_t id[WORD_TOKENS];
} word_t;

typedef struct {
    word_t *entry; /* [sets][WORD_WAYS] */
    size_t mask;   /* sets - 1 */
} words_t;

/* Room for sets * WORD_WAYS words; sets is a power of two. */
MUST_CHECK status_t words_create(words_t *words, size_t sets);
void words_free(words_t *words);

/* [length]: which bytes of a key belong to the word. */
extern const uint64_t word_mask[WORD_BYTES + 1][2];

/* The word's bytes and length in the form of an entry; readable: bytes that can be read from
 * text on. */
static inline word_t word_key(const char *text, size_t length, size_t readable)
{
    word_t key = {0};
    if (readable >= 16) {
        memcpy(&key.low, text, 8);
        memcpy(&key.high, text + 8, 8);
        key.low &= word_mask[length][0];
        key.high &= word_mask[length][1];
    } else {
        unsigned char bytes[16] = {0};
        memcpy(bytes, text, length);
        memcpy(&key.low, bytes, 8);
        memcpy(&key.high, bytes + 8, 8);
    }
    key.high |= (uint64_t)length << 56;
    return key;
}

static inline word_t *words_set(const words_t *words, const word_t *key)
{
    /* Both halves of a wide product, so that every bit of the key reaches every bit. */
    __extension__ typedef unsigned __int128 wide_t;
    wide_t wide = (wide_t)(key->low ^ 0x9E3779B97F4A7C15u) * (key->high ^ 0xD6E8FEB86659FD93u);
    uint64_t hash = (uint64_t)(wide >> 64) ^ (uint64_t)wide;
    return words->entry + (size_t)(hash & words->mask) * WORD_WAYS;
}

static inline bool word_matches(const word_t *entry, const word_t *key)
{
    return entry->low == key->low && ((entry->high ^ key->high) << 4) == 0;
}

static inline size_t word_tokens(const word_t *entry)
{
    return entry->high >> 60;
}

/* The entry of a word, or NULL. */
static inline const word_t *words_find(const words_t *words, const word_t *key)
{
    const word_t *set = words_set(words, key);
    for (int way = 0; way < WORD_WAYS; way++)
        if (word_matches(&set[way], key)) return &set[way];
    return NULL;
}

/* Remembers a word with count tokens, 1 to WORD_TOKENS; forgets the set's older one. */
void words_put(words_t *words, const word_t *key, const int32_t *id, size_t count);

#endif
