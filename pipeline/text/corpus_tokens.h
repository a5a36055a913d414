/* The token ids of many texts, made by all ranks together, and what else is known of each token
 * or text.
 *
 * One rank reads, in batches (text/token_batch.h) of TOKEN_BATCH_BYTES; every rank tokenises its
 * share of each. A text's ids do not depend on the rank that makes them, nor on where it was cut,
 * so neither does the file that is written in the end. Memory: a batch on rank 0 and its share on
 * the others, and what text/spill.h keeps of the tokens. Needs MPI. */
#ifndef WN_TEXT_CORPUS_TOKENS_H
#define WN_TEXT_CORPUS_TOKENS_H

#include <mpi.h>
#include <stdbool.h>
#include <stdint.h>

#include "core/status.h"
#include "core/strings.h"
#include "store/store.h"
#include "text/token_batch.h"
#include "text/tokenizer.h"

enum { TOKEN_BATCH_BYTES = 64 << 20, TOKEN_COLUMNS = 4 };

/* A dataset beside /ids or beside the texts' offsets: int32 [tokens or texts][width], one
 * dimension less where width is 1. */
typedef struct {
    const char *dataset, *axes, *unit, *description;
    int width;
} token_column_t;

/* What becomes of one text. */
typedef struct {
    encoding_t encoding;
    int32_t *mark; /* [tokens][sum of the token columns' widths]; token_marks makes room */
    size_t mark_capacity;
    int32_t value[TOKEN_COLUMNS]; /* of the text, one per text column of width 1 */
} token_row_t;

/* Makes room for count * width marks. */
MUST_CHECK status_t token_marks(token_row_t *row, size_t count, size_t width);

/* Text and note of one entry of a batch. */
typedef struct {
    const char *bytes, *note;
    size_t length, note_length;
} noted_text_t;

typedef struct {
    bool special;           /* adds the tokenizer's special tokens to each text */
    size_t least;           /* a text of fewer tokens is an EXIT_INPUT error */
    const strings_t *files; /* that origins refer to, the same on every rank */
    size_t batch;           /* bytes of text read at a time; 0: TOKEN_BATCH_BYTES */
    const char *scratch;    /* directory for tokens that do not fit memory; NULL: none */
    size_t held;            /* bytes of tokens a rank holds in memory; 0: SPILL_BYTES */
    /* In place of tokenizer_encode, NULL: fills row, whose buffers are reused. Texts are then
     * never cut. state must give the same on every rank. */
    status_t (*encode)(const void *state, tokenizer_t *tokenizer, const noted_text_t *text,
                       token_row_t *row);
    const void *state;
    token_column_t of_tokens[TOKEN_COLUMNS], of_texts[TOKEN_COLUMNS];
    size_t token_columns, text_columns;
} token_options_t;

typedef struct corpus_tokens corpus_tokens_t;

/* Collective. source matters on rank 0 only; options are copied, what they point to is borrowed.
 * Errors name the text's file and line; they are the same on every rank and for every number of
 * ranks. */
MUST_CHECK status_t corpus_tokens_make(MPI_Comm comm, tokenizer_t *tokenizer,
                                       const text_source_t *source, const token_options_t *options,
                                       corpus_tokens_t **tokens);
void corpus_tokens_free(corpus_tokens_t **tokens);

/* Of all ranks together. */
uint64_t corpus_tokens_count(const corpus_tokens_t *tokens);
uint64_t corpus_tokens_texts(const corpus_tokens_t *tokens);

/* Collective, once: writes /ids int32 [tokens], int64 [texts + 1] of the name `offsets` (the place
 * of each text's first token, and the number of tokens), and the columns. */
MUST_CHECK status_t corpus_tokens_write(corpus_tokens_t *tokens, store_t *store,
                                        const char *offsets);

#endif
