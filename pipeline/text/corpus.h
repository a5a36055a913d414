/* A corpus: text files as a sequence of documents, each to be tokenised as a whole.
 *
 * Files are read in order, as bytes (nothing is translated). They are cut into rows:
 *   file         the whole file
 *   line         a line without its newline ("\n" or "\r\n")
 *   paragraph    lines up to a blank one, without the last newline
 *   huggingface  a line as in the WikiText data set on the Hugging Face hub: a blank line is the
 *                row "", any other keeps its newline (a last line without one is kept as it is)
 *   JSON lines   the text of one key of each object; rows is then without meaning
 * Blank: only white space by Python's str.strip. Without join each row that is not empty is a
 * document, and limit counts documents; with join all rows, empty ones too, joined by that text,
 * are the one document, and limit counts rows. */
#ifndef WN_TEXT_CORPUS_H
#define WN_TEXT_CORPUS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/config.h"
#include "core/status.h"
#include "core/strings.h"

typedef enum { ROWS_FILE, ROWS_LINE, ROWS_PARAGRAPH, ROWS_HUGGINGFACE } rows_t;

typedef struct {
    const strings_t *files; /* paths, at least one; .gz and .zst are decompressed */
    bool json;
    const char *field; /* json: the key that holds the text */
    rows_t rows;
    const char *join; /* NULL: none */
    int64_t limit;    /* 0: all */
    bool replace;     /* bytes that are not UTF-8 become U+FFFD instead of an error */
} corpus_options_t;

/* Where a text began, for messages. */
typedef struct {
    int64_t file; /* index into the files */
    int64_t line; /* from 1 */
} origin_t;

/* A longer document is refused: EXIT_INPUT. */
#define DOCUMENT_BYTES ((size_t)1 << 32)

typedef struct corpus corpus_t;

/* The format of "corpora.<name>" where it has files: as given, else what the first one's name says. */
const char *corpus_format(const config_t *config, const char *name);

/* The options of "corpora.<name>" but for files; texts are borrowed from config. */
void corpus_configure(const config_t *config, const char *name, corpus_options_t *options);

/* options are copied, what they point to is borrowed until corpus_close. */
MUST_CHECK status_t corpus_open(const corpus_options_t *options, corpus_t **corpus);
void corpus_close(corpus_t **corpus);

/* Appends the next document (valid UTF-8) to text; *found is false at the end. EXIT_INPUT with
 * file and line: invalid UTF-8, bad JSON, a missing key, a damaged compressed file. */
MUST_CHECK status_t corpus_next(corpus_t *corpus, str_t *text, origin_t *origin, bool *found);

/* The same in parts of at least `most` bytes where documents are longer: *ends is false unless the
 * document is complete, and the next call appends its next part (the last may be empty), with the
 * same origin. A document's length has no limit then. */
MUST_CHECK status_t corpus_next_part(corpus_t *corpus, size_t most, str_t *text, origin_t *origin,
                                     bool *ends, bool *found);

/* Bytes of all files taken so far: for progress. */
uint64_t corpus_position(const corpus_t *corpus);

#endif
