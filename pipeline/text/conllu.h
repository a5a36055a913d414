/* Tagged text in CoNLL-U (universaldependencies.org/format.html): documents, their words with UPOS
 * and relation, and the tags of tokens.
 *
 * A document begins at "# newdoc" and at a file's start; it is its sentences' "# text", joined by
 * a space. A sentence's words are looked for in its text from left to right; one that is not found
 * is left out. A multiword range (3-4) is one word, with the UPOS and relation of the first word
 * in it; empty nodes (8.1) are none. */
#ifndef WN_TEXT_CONLLU_H
#define WN_TEXT_CONLLU_H

#include "core/strings.h"
#include "text/corpus_tokens.h"

/* A word in its document: [start, end) in code points, indices of its tags' names. */
typedef struct {
    int32_t start, end;
    int32_t upos, deprel;
} tagged_word_t;

/* Names start with these: 17 UPOS in alphabetical order, X the last of them, and SPECIAL; of
 * relations X and SPECIAL. Others follow as the files bring them. */
enum { UPOS_X = 16, UPOS_SPECIAL = 17, DEPREL_X = 0, DEPREL_SPECIAL = 1 };

/* A document must stay below 2^31 bytes, a sentence is no longer than that (each of its words may
 * have to be looked for in all of it), of tags' names there may be so many. */
enum { CONLLU_SENTENCE_BYTES = 1 << 18, CONLLU_NAMES = 1000, CONLLU_NAME_BYTES = 100 };

typedef struct conllu conllu_t;

/* upos, deprel: names known so far ({0} before the first file); grown, borrowed until
 * conllu_close. */
MUST_CHECK status_t conllu_open(const char *path, strings_t *upos, strings_t *deprel,
                                conllu_t **conllu);
void conllu_close(conllu_t **conllu);

/* Appends the next document to text and its words to words, each a tagged_word_t; *line is that of
 * its first sentence. *found is false at the end. EXIT_INPUT with file and line: a row without ten
 * columns or with a bad number, words before "# text", invalid UTF-8. */
MUST_CHECK status_t conllu_next(conllu_t *conllu, str_t *text, str_t *words, int64_t *line,
                                bool *found);

/* Bytes of the file taken so far: for progress. */
uint64_t conllu_position(const conllu_t *conllu);

/* token_options_t.encode, state a conllu_state_t; the note is the text's words. Marks of a token:
 * UPOS and relation of the word of largest overlap, the first of equals, else X, or SPECIAL for a
 * token that covers no text; and its span. */
typedef struct {
    bool special; /* adds the tokenizer's special tokens to each document */
} conllu_state_t;
MUST_CHECK status_t conllu_encode(const void *state, tokenizer_t *tokenizer,
                                  const noted_text_t *text, token_row_t *row);

/* The columns that it fills, for of_tokens. */
enum { CONLLU_COLUMNS = 3 };
extern const token_column_t conllu_columns[CONLLU_COLUMNS];

#endif
