#include "text/token_batch.h"

#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "par/agree.h"

void batch_free(batch_t *batch)
{
    str_free(&batch->text);
    str_free(&batch->notes);
    str_free(&batch->carry);
    mem_free(&batch->entry);
}

/* ---- filling, on rank 0 ---- */

static status_t add_entry(batch_t *batch, const entry_t *entry)
{
    status_t status =
        mem_grow(&batch->entry, &batch->capacity, batch->count + 1, "texts of a batch");
    if (!status) batch->entry[batch->count++] = *entry;
    return status;
}

/* Puts what was carried over at the front. */
static status_t take_carried(batch_t *batch)
{
    batch->count = 0;
    str_clear(&batch->text);
    str_clear(&batch->notes);
    status_t status = str_append(&batch->text, "", 0); /* so that there is memory behind it */
    if (status || !batch->open) return status;
    status = str_append(&batch->text, batch->carry.data, batch->carry.length);
    batch->carried.start = 0;
    batch->carried.length = batch->carry.length;
    return status ? status : add_entry(batch, &batch->carried);
}

static status_t take_text(const text_source_t *source, size_t most, batch_t *batch)
{
    bool found = false;
    size_t start = batch->text.length, note = batch->notes.length;
    text_t text = {&batch->text, &batch->notes, {0, 0}, true};
    status_t status = source->next(source->state, most, &text, &found);
    if (status) return status;
    if (!found) {
        batch->ended = true;
        if (batch->open) batch->entry[batch->count - 1].ends = true;
        batch->open = false;
        return NULL;
    }
    size_t length = batch->text.length - start;
    if (batch->open) {
        batch->entry[batch->count - 1].length += length;
        batch->entry[batch->count - 1].ends = text.ends;
    } else {
        status = add_entry(batch, &(entry_t){.start = start,
                                             .length = length,
                                             .note = note,
                                             .note_length = batch->notes.length - note,
                                             .origin = text.origin,
                                             .begins = true,
                                             .ends = text.ends});
    }
    batch->open = !text.ends;
    return status;
}

/* A cut near the end of the entry, which is where the next batch begins. */
static status_t find_last_cut(cutter_t *cutter, const batch_t *batch, const entry_t *entry,
                              cut_t *cut, bool *found)
{
    const char *text = batch->text.data + entry->start;
    size_t length = entry->length, window = 1 << 16;
    status_t status = NULL;
    *found = false;
    for (size_t from = length; !status && !*found && from > 0; window *= 8) {
        from = window < length ? length - window : 0;
        status = cutter_next(cutter, text, length, from, cut, found);
    }
    return status;
}

/* Leaves the part of the open text behind its last cut to the next batch. */
static status_t close_batch(cutter_t *cutter, batch_t *batch, bool *closed)
{
    entry_t *entry = &batch->entry[batch->count - 1];
    cut_t cut;
    status_t status = find_last_cut(cutter, batch, entry, &cut, closed);
    if (status || !*closed) return status;
    str_clear(&batch->carry);
    status = str_append(&batch->carry, batch->text.data + entry->start + cut.start,
                        entry->length - cut.start);
    batch->carried = (entry_t){.origin = entry->origin, .ends = false};
    entry->length = cut.end;
    batch->text.length = entry->start + cut.end;
    return status;
}

status_t batch_fill(const text_source_t *source, cutter_t *cutter, size_t bytes,
                    const strings_t *files, batch_t *batch)
{
    bool closed = false, cuts = cutter && cutter_can(cutter);
    status_t status = take_carried(batch);
    while (!status && !closed) {
        while (!status && !batch->ended && batch->text.length < bytes)
            status = take_text(source, cuts ? bytes - batch->text.length : SIZE_MAX, batch);
        if (status || !batch->open) break;
        const entry_t *last = &batch->entry[batch->count - 1];
        status = close_batch(cutter, batch, &closed);
        if (!status && !closed && last->length > DOCUMENT_BYTES)
            status = status_new(EXIT_INPUT,
                                "%s: a document of more than %zu GiB without a place to cut it",
                                files->item[last->origin.file], DOCUMENT_BYTES >> 30);
        bytes = 2 * batch->text.length;
    }
    return status;
}

/* ---- giving each rank its share ---- */

/* Sizes of a rank's share; every rank also learns whether the source has ended. */
typedef struct {
    uint64_t texts, bytes, notes, ended;
} share_t;

static uint64_t end_of(const entry_t *entry)
{
    return entry->start + entry->length;
}

/* Cuts entries that reach across the border between two shares, where they can be cut. Short
 * ones are as well left whole. */
static status_t cut_at_borders(cutter_t *cutter, batch_t *batch, uint64_t part)
{
    enum { SHORT = 1 << 14 };
    status_t status = NULL;
    for (size_t i = 0; !status && i < batch->count; i++) {
        entry_t *entry = &batch->entry[i];
        uint64_t border = (entry->start / part + 1) * part;
        cut_t cut;
        bool found = false;
        if (entry->length < SHORT || border >= end_of(entry)) continue;
        status = cutter_next(cutter, batch->text.data + entry->start, entry->length,
                             border - entry->start, &cut, &found);
        if (status || !found) continue;
        entry_t rest = *entry;
        rest.start += cut.start;
        rest.length -= cut.start;
        rest.begins = false;
        status = mem_grow(&batch->entry, &batch->capacity, batch->count + 1, "texts of a batch");
        if (status) break;
        entry = &batch->entry[i];
        entry->length = cut.end;
        entry->ends = false;
        memmove(entry + 2, entry + 1, (batch->count - i - 1) * sizeof *entry);
        entry[1] = rest;
        batch->count++;
    }
    return status;
}

/* An entry goes to the rank in whose part of the batch's bytes it starts. */
static void share_out(const batch_t *batch, int ranks, uint64_t part, share_t *share)
{
    for (int i = 0; i < ranks; i++) share[i] = (share_t){.ended = batch->ended};
    for (size_t i = 0; i < batch->count; i++) {
        const entry_t *entry = &batch->entry[i];
        share_t *to = &share[entry->start / part];
        if (to->texts++ == 0) to->bytes = entry->start; /* the first one's start, for now */
        to->notes += entry->note_length;
    }
    size_t last = 0;
    for (int i = 0; i < ranks; i++) {
        if (share[i].texts == 0) continue;
        last += share[i].texts;
        share[i].bytes = end_of(&batch->entry[last - 1]) - share[i].bytes;
    }
}

enum { PIECE = 1 << 30 }; /* MPI counts in ints */

static void send(MPI_Comm comm, int rank, const void *bytes, size_t length)
{
    for (size_t at = 0; at < length; at += PIECE) {
        size_t n = length - at < PIECE ? length - at : PIECE;
        MPI_Send((const char *)bytes + at, (int)n, MPI_BYTE, rank, 0, comm);
    }
}

static void receive(MPI_Comm comm, void *bytes, size_t length)
{
    for (size_t at = 0; at < length; at += PIECE) {
        size_t n = length - at < PIECE ? length - at : PIECE;
        MPI_Recv((char *)bytes + at, (int)n, MPI_BYTE, 0, 0, comm, MPI_STATUS_IGNORE);
    }
}

static void send_shares(MPI_Comm comm, int ranks, const batch_t *batch, const share_t *share)
{
    size_t next = share[0].texts;
    for (int r = 1; r < ranks; r++) {
        if (share[r].texts == 0) continue;
        const entry_t *first = &batch->entry[next];
        send(comm, r, first, share[r].texts * sizeof *first);
        send(comm, r, batch->text.data + first->start, share[r].bytes);
        if (share[r].notes) send(comm, r, batch->notes.data + first->note, share[r].notes);
        next += share[r].texts;
    }
}

static void receive_share(MPI_Comm comm, const share_t *share, batch_t *batch)
{
    receive(comm, batch->entry, share->texts * sizeof *batch->entry);
    receive(comm, batch->text.data, share->bytes);
    receive(comm, batch->notes.data, share->notes);
    for (size_t i = share->texts; i-- > 0;) {
        batch->entry[i].start -= batch->entry[0].start;
        batch->entry[i].note -= batch->entry[0].note;
    }
}

static status_t make_room(const share_t *share, batch_t *batch)
{
    status_t status = mem_grow(&batch->entry, &batch->capacity, share->texts, "texts of a batch");
    if (!status)
        status = mem_grow(&batch->text.data, &batch->text.capacity, share->bytes + 1, "text");
    if (!status)
        status = mem_grow(&batch->notes.data, &batch->notes.capacity, share->notes + 1, "text");
    return status;
}

status_t batch_scatter(MPI_Comm comm, cutter_t *cutter, batch_t *batch)
{
    share_t *all = NULL, mine = {0};
    int rank, ranks, words = (int)(sizeof mine / sizeof(uint64_t));
    MPI_Comm_rank(comm, &rank);
    MPI_Comm_size(comm, &ranks);
    uint64_t part = batch->text.length / (uint64_t)ranks + 1;
    status_t status = rank == 0 ? mem_new(&all, (size_t)ranks, "shares") : NULL;
    if (!status && rank == 0 && cutter && cutter_can(cutter))
        status = cut_at_borders(cutter, batch, part);
    status = agree(comm, status);
    if (status) goto done;
    if (rank == 0) share_out(batch, ranks, part, all);
    MPI_Scatter(all, words, MPI_UINT64_T, &mine, words, MPI_UINT64_T, 0, comm);
    status = agree(comm, rank == 0 ? NULL : make_room(&mine, batch));
    if (status) goto done;
    if (rank == 0) send_shares(comm, ranks, batch, all);
    else receive_share(comm, &mine, batch);
    batch->count = mine.texts;
    batch->ended = mine.ended;
done:
    mem_free(&all);
    return status;
}
