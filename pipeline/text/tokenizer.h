/* Text to token ids, as Hugging Face's tokenizers does it from the same files.
 *
 * A tokenizer is read-only after opening but for its word cache: use one per thread.
 * Format: tokenizer.json of huggingface/tokenizers, or vocab.json + merges.txt (GPT-2, OPT).
 * What the file asks for and this code does not know is an error that names it. */
#ifndef WN_TEXT_TOKENIZER_H
#define WN_TEXT_TOKENIZER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/hash.h"
#include "core/status.h"

typedef struct tokenizer tokenizer_t;

typedef struct {
    int64_t start, end; /* [start, end) in code points of the original text */
} span_t;

/* The tokens of one text; buffers are reused from call to call. {0} is empty. */
typedef struct {
    int32_t *id;  /* [count] */
    span_t *span; /* [count], valid only where offsets were asked for; special tokens: 0, 0 */
    size_t count;
    size_t id_capacity, span_capacity;
} encoding_t;

enum {
    ENCODE_SPECIAL = 1, /* add the special tokens of the post-processor */
    ENCODE_OFFSETS = 2, /* fill span */
};

/* path: tokenizer.json, or a directory that holds it (or vocab.json and merges.txt). */
MUST_CHECK status_t tokenizer_open(const char *path, tokenizer_t **tokenizer);
void tokenizer_close(tokenizer_t **tokenizer);

/* Replaces the contents of encoding by the tokens of text (valid UTF-8, else EXIT_INPUT with
 * the byte position). A character that the vocabulary cannot express is an error that names it. */
MUST_CHECK status_t tokenizer_encode(tokenizer_t *tokenizer, const char *text, size_t length,
                                     int flags, encoding_t *encoding);
void encoding_free(encoding_t *encoding);

/* Largest id + 1 over vocabulary and added tokens. */
int32_t tokenizer_size(const tokenizer_t *tokenizer);
/* Id of a token by its text as the file spells it ("<|endoftext|>"), or -1. */
int32_t tokenizer_find(const tokenizer_t *tokenizer, const char *token);
/* The bytes a token stands for, or NULL: its spelling, or where that is in GPT-2's byte-level
 * alphabet what it spells (borrowed; may be a part of a character). */
const char *tokenizer_token(const tokenizer_t *tokenizer, int32_t id, size_t *length);
/* Ids of BOS and EOS from tokenizer_config.json beside the file (its architecture class's
 * defaults where it names none), or -1. */
int32_t tokenizer_bos(const tokenizer_t *tokenizer);
int32_t tokenizer_eos(const tokenizer_t *tokenizer);
/* SHA-256 over the files it was read from. */
const char *tokenizer_hash(const tokenizer_t *tokenizer);

#endif
