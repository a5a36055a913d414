/* Texts on their way from rank 0, which reads them, to the ranks that tokenise them.
 *
 * A batch holds whole texts, and parts of long ones that were cut where no token spans the place
 * (text/cut.h): memory is bounded by the batch, however long a text is, wherever there are such
 * places. Needs MPI. */
#ifndef WN_TEXT_TOKEN_BATCH_H
#define WN_TEXT_TOKEN_BATCH_H

#include <mpi.h>
#include <stdbool.h>
#include <stdint.h>

#include "core/status.h"
#include "core/strings.h"
#include "text/corpus.h"
#include "text/cut.h"

/* What a source gives. */
typedef struct {
    str_t *bytes, *note;
    origin_t origin; /* of a text, not of its further parts */
    bool ends;
} text_t;

/* Where texts come from; only rank 0 calls these. */
typedef struct {
    /* Appends the next text to text->bytes, or at least `most` bytes of it: then *ends is set to
     * false, and the next call goes on with it. What is appended to text->note (binary) goes with
     * the text to the rank that tokenises it. *found is false at the end. */
    status_t (*next)(void *state, size_t most, text_t *text, bool *found);
    /* Bytes of the files taken so far. */
    uint64_t (*position)(const void *state);
    void *state;
    uint64_t size;     /* of the files */
    const char *label; /* of the progress */
} text_source_t;

/* One text of a batch, or a part of one. */
typedef struct {
    uint64_t start, length; /* in text */
    uint64_t note, note_length;
    origin_t origin; /* of the whole */
    bool begins, ends;
} entry_t;

/* {0} is empty. */
typedef struct {
    str_t text, notes;
    entry_t *entry; /* [count] */
    size_t count, capacity;
    bool ended; /* nothing follows */
    /* Of a text that goes on: what of it was read and belongs to the next batch. */
    bool open;
    str_t carry;
    entry_t carried;
} batch_t;

/* Replaces the contents by the next texts: about `bytes` of them, or one if it is longer and
 * cannot be cut. cutter: NULL leaves every text whole. Rank 0 only. */
MUST_CHECK status_t batch_fill(const text_source_t *source, cutter_t *cutter, size_t bytes,
                               const strings_t *files, batch_t *batch);

/* Collective: rank 0's batch is cut down to its own share, the others receive theirs. Shares are
 * contiguous and in order. */
MUST_CHECK status_t batch_scatter(MPI_Comm comm, cutter_t *cutter, batch_t *batch);

void batch_free(batch_t *batch);

#endif
