/* The token ids of many texts, made and held by all ranks together.
 *
 * One rank reads, in batches of TOKEN_BATCH_BYTES of text; each batch is cut between texts into
 * one share a rank, and every rank tokenises its share. A text's ids do not depend on the rank
 * that makes them, so neither does the file that is written in the end. Memory: a batch (or the
 * longest text) on rank 0 and its share on the others, and four bytes a token, spread over the
 * ranks. Needs MPI. */
#ifndef WN_TEXT_CORPUS_TOKENS_H
#define WN_TEXT_CORPUS_TOKENS_H

#include <mpi.h>
#include <stdbool.h>
#include <stdint.h>

#include "core/status.h"
#include "core/strings.h"
#include "store/store.h"
#include "text/corpus.h"
#include "text/tokenizer.h"

enum { TOKEN_BATCH_BYTES = 64 << 20 };

/* Where texts come from; only rank 0 calls these. */
typedef struct {
    /* Appends the next text to text; *found is false at the end. */
    status_t (*next)(void *state, str_t *text, origin_t *origin, bool *found);
    /* Bytes of the files taken so far. */
    uint64_t (*position)(const void *state);
    void *state;
    uint64_t size;     /* of the files */
    const char *label; /* of the progress */
} text_source_t;

typedef struct {
    bool special;           /* adds the tokenizer's special tokens to each text */
    size_t least;           /* a text of fewer tokens is an EXIT_INPUT error */
    const strings_t *files; /* that origins refer to, the same on every rank */
    size_t batch;           /* bytes of text read at a time; 0: TOKEN_BATCH_BYTES */
} token_options_t;

typedef struct corpus_tokens corpus_tokens_t;

/* Collective. source matters on rank 0 only. Errors name the text's file and line; they are the
 * same on every rank and for every number of ranks. */
MUST_CHECK status_t corpus_tokens_make(MPI_Comm comm, tokenizer_t *tokenizer,
                                       const text_source_t *source, const token_options_t *options,
                                       corpus_tokens_t **tokens);
void corpus_tokens_free(corpus_tokens_t **tokens);

/* Of all ranks together. */
uint64_t corpus_tokens_count(const corpus_tokens_t *tokens);
uint64_t corpus_tokens_texts(const corpus_tokens_t *tokens);

/* Collective: writes /ids int32 [tokens], and int64 [texts + 1] of this name: the place of each
 * text's first token, and the number of tokens. */
MUST_CHECK status_t corpus_tokens_write(const corpus_tokens_t *tokens, store_t *store,
                                        const char *offsets);

#endif
