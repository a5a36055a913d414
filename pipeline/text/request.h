/* What lm-evaluation-harness gives a model to score: a continuation after a context, in tokens
 * (lm_eval 0.4.13, TemplateLM.loglikelihood and _encode_pair in lm_eval/api/model.py, tok_encode in
 * lm_eval/models/huggingface.py). */
#ifndef WN_TEXT_REQUEST_H
#define WN_TEXT_REQUEST_H

#include "core/config.h"
#include "text/corpus_tokens.h"

/* The note of a request's text, which is the context and, behind it, the continuation. */
typedef struct {
    uint64_t context;   /* bytes */
    int32_t characters; /* of what is scored, as acc_norm counts them */
} request_note_t;

/* Appends a request to a text on its way; delimiter stands before the continuation, uncounted. */
MUST_CHECK status_t request_put(text_t *text, const char *context, size_t context_length,
                                const char *delimiter, const char *continuation, size_t length,
                                size_t characters);

/* token_options_t.encode; state is a request_state_t.
 *
 * An empty context becomes the prefix token (by default BOS, else EOS), unless the continuation starts with
 * it, and the continuation has no special tokens. Otherwise the context's trailing white space
 * moves to the continuation, whose tokens are those of both texts together but for as many as the
 * context by itself has. The sequence is the context's tokens and those. value[0] is the first
 * scored token's place, value[1] the note's characters. EXIT_INPUT: nothing to score, or nothing
 * before it. */
typedef struct {
    bool special;   /* a context begins with the tokenizer's special tokens (and ends with them) */
    int32_t prefix; /* -1: there is none */
} request_state_t;
MUST_CHECK status_t request_encode(const void *state, tokenizer_t *tokenizer,
                                   const noted_text_t *text, token_row_t *row);

/* From "benchmarks.<name>"; an unknown prefix token is an error that names the line. */
MUST_CHECK status_t request_configure(const config_t *config, const char *name,
                                      const tokenizer_t *tokenizer, request_state_t *state);

/* The columns that it fills, for of_texts. */
enum { REQUEST_COLUMNS = 2 };
extern const token_column_t request_columns[REQUEST_COLUMNS];

#endif
