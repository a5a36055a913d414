/* Byte-pair encoding of one word: its characters (or bytes) become symbols, and the pair with
 * the lowest merge rank, leftmost first, is merged until none is left. */
#ifndef WN_TEXT_BPE_H
#define WN_TEXT_BPE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/status.h"
#include "text/vocabulary.h"

/* Takes tokens as they are made: ids and the bytes of the word that each covers. */
typedef struct {
    status_t (*take)(void *self, const int32_t *id, const uint32_t *length, size_t count);
    void *self;
} token_sink_t;

typedef struct {
    bool byte_level;    /* symbols are bytes, else characters */
    bool byte_fallback; /* a character without a token becomes tokens "<0xNN>" of its bytes */
    bool fuse_unknown;  /* neighbouring unknown characters become one token */
    bool ignore_merges; /* a word that is a token is that token, whatever the merges say */
    int32_t unknown;    /* id of the unknown token, or -1: such a character is an error */
} bpe_options_t;

typedef struct bpe bpe_t;

/* Takes over the finished vocabulary (and leaves an empty one behind). merges: the number that
 * will be added. */
MUST_CHECK status_t bpe_create(vocabulary_t *vocabulary, const bpe_options_t *options,
                               size_t merges, bpe_t **bpe);
void bpe_destroy(bpe_t **bpe);

/* The next merge by rank: left and right are spellings; they and their concatenation must be
 * tokens. */
MUST_CHECK status_t bpe_add_merge(bpe_t *bpe, const char *left, size_t left_length,
                                  const char *right, size_t right_length);

/* Once all merges are added. */
MUST_CHECK status_t bpe_finish(bpe_t *bpe);

/* Tokens of word (valid UTF-8; part of a character is possible with byte_level only). Time
 * n log n, memory about 20 bytes a symbol of the longest stretch that merges can span. */
MUST_CHECK status_t bpe_encode(bpe_t *bpe, const char *word, size_t length, token_sink_t sink);

const vocabulary_t *bpe_vocabulary(const bpe_t *bpe);
const bpe_options_t *bpe_options(const bpe_t *bpe);

/* [id] bytes of text that a token covers wherever it does not stand for unknown characters. */
const uint32_t *bpe_covers(const bpe_t *bpe);

/* Length of a first part of a word (length > 0) that is encoded the same by itself: where models
 * take whole texts for words, up to the next character that stands for a space. */
size_t bpe_part(const bpe_t *bpe, const char *word, size_t length);

#endif
