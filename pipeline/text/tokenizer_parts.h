/* The parts of a tokenizer, between the code that reads them (tokenizer_json.c,
 * tokenizer_files.c) and the code that runs them (tokenizer.c). Private to these. */
#ifndef WN_TEXT_TOKENIZER_PARTS_H
#define WN_TEXT_TOKENIZER_PARTS_H

#include <jansson.h>

#include "core/hash.h"
#include "text/added.h"
#include "text/bpe.h"
#include "text/normalize.h"
#include "text/split.h"
#include "text/tokenizer.h"
#include "text/trim.h"
#include "text/vocabulary.h"
#include "text/words.h"

typedef struct {
    int32_t *id;
    size_t count, capacity;
} ids_t;

/* What is done with the tokens of a text, in order. */
typedef struct {
    trim_t *trim;
    size_t trims, capacity, templates;
    ids_t before, after; /* special tokens around the text */
} finisher_t;

struct tokenizer {
    added_t raw, normalized; /* added tokens, by the text they are looked for in */
    normalizer_t normalizer;
    splitter_t splitter;
    bpe_t *bpe;
    words_t words;      /* the only part that encoding changes */
    vocabulary_t added; /* added tokens by text and id */
    int64_t next_id;    /* of an added token that is not in the vocabulary */
    finisher_t finisher;
    int32_t size, bos, eos;
    char hash[SHA256_HEX];
};

/* Fills the parts from the JSON text of a tokenizer.json. */
MUST_CHECK status_t tokenizer_parse(tokenizer_t *tokenizer, const char *json, size_t length);

/* The parts of that which vocab.json + merges.txt need too. */
MUST_CHECK status_t parse_json(const char *text, size_t length, const char *what, json_t **root);
MUST_CHECK status_t add_byte_level(splitter_t *splitter, bool prefix, bool use_regex);
MUST_CHECK status_t ids_append(ids_t *ids, int32_t id);

/* Makes the model from {token: id} and a list of merges, each "a b" or ["a", "b"]. */
MUST_CHECK status_t make_model(tokenizer_t *tokenizer, json_t *vocabulary, const json_t *merges,
                               const bpe_options_t *options, const char *unknown);
/* The "model" and "added_tokens" of a tokenizer.json. */
MUST_CHECK status_t read_model(tokenizer_t *tokenizer, const json_t *object, bool byte_level);
MUST_CHECK status_t read_added(tokenizer_t *tokenizer, const json_t *list);

/* Added tokens one by one, then finish_added. Their ids are the vocabulary's, else follow it. */
typedef struct {
    const char *content;
    added_options_t options;
    bool normalized;  /* looked for in the normalised text */
    bool special;     /* of two that look the same, it goes before one that is not */
    int64_t declared; /* the id in the file, or -1 */
} added_entry_t;
MUST_CHECK status_t add_token(tokenizer_t *tokenizer, const added_entry_t *entry);
MUST_CHECK status_t finish_added(tokenizer_t *tokenizer);

#endif
