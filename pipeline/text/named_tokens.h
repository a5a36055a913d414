/* The special tokens that tokenizer_config.json and the files beside it name. Their defaults and
 * their order are those of transformers' tokenizer classes. */
#ifndef WN_TEXT_NAMED_TOKENS_H
#define WN_TEXT_NAMED_TOKENS_H

#include <jansson.h>

#include "text/tokenizer_parts.h"

/* The id of config's "bos_token" or "eos_token" (its class's default where config has no such
 * key), or -1. */
int32_t named_token_id(const tokenizer_t *tokenizer, const json_t *config, const char *key);

/* Adds what transformers' GPT2Tokenizer cuts out of texts, and finishes the added tokens: those
 * of config's "added_tokens_decoder" ({id: token}), or else those of legacy (added_tokens.json:
 * {token: id}, or NULL), by id; then the tokens that config names. An id in the files other than
 * the one that a token's place gives it is an error. */
MUST_CHECK status_t add_named_tokens(tokenizer_t *tokenizer, const json_t *config, json_t *legacy);

#endif
