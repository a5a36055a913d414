#include "text/corpus_tokens.h"

#include <string.h>

#include "core/log.h"
#include "core/memory.h"
#include "par/agree.h"

/* One text of a batch. */
typedef struct {
    uint64_t length; /* bytes */
    origin_t origin;
} entry_t;

/* A batch, or a rank's share of it: the texts side by side. */
typedef struct {
    str_t text;
    entry_t *entry; /* [count] */
    size_t count, capacity;
} batch_t;

/* What this rank made of one batch: a run of tokens and texts, and their place among all. */
typedef struct {
    uint64_t tokens, texts;
    uint64_t first_token, first_text;
} run_t;

struct corpus_tokens {
    MPI_Comm comm;
    int rank, ranks;
    int32_t *id;     /* this rank's tokens, run after run */
    int64_t *offset; /* place among all tokens of each text's first one, run after run */
    run_t *run;      /* one per batch */
    size_t ids, id_capacity, offsets, offset_capacity, runs, run_capacity;
    uint64_t tokens, texts; /* of all ranks */
};

/* ---- filling a batch, on rank 0 ---- */

static status_t fill(const text_source_t *source, size_t bytes, batch_t *batch, bool *ended)
{
    status_t status = NULL;
    batch->count = 0;
    str_clear(&batch->text);
    while (!status && !*ended && batch->text.length < bytes) {
        size_t before = batch->text.length;
        bool found = false;
        entry_t entry = {0};
        status = source->next(source->state, &batch->text, &entry.origin, &found);
        *ended = !found;
        if (status || !found) break;
        entry.length = batch->text.length - before;
        status = mem_grow(&batch->entry, &batch->capacity, batch->count + 1, "texts of a batch");
        if (!status) batch->entry[batch->count++] = entry;
    }
    return status;
}

/* ---- giving each rank its share ---- */

/* Sizes of a rank's share; every rank also learns whether the source has ended. */
typedef struct {
    uint64_t texts, bytes, ended;
} share_t;

/* A text goes to the rank in whose part of the batch's bytes it starts: shares are contiguous and
 * in order, and what a rank gets of a text is all of it. */
static void cut(const batch_t *batch, int ranks, bool ended, share_t *share)
{
    uint64_t start = 0, part = batch->text.length / (uint64_t)ranks + 1;
    for (int i = 0; i < ranks; i++) share[i] = (share_t){.ended = ended};
    for (size_t i = 0; i < batch->count; i++) {
        share_t *to = &share[start / part];
        to->texts++;
        to->bytes += batch->entry[i].length;
        start += batch->entry[i].length;
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
    size_t text = share[0].texts, byte = share[0].bytes;
    for (int r = 1; r < ranks; r++) {
        send(comm, r, batch->entry + text, share[r].texts * sizeof *batch->entry);
        send(comm, r, batch->text.data + byte, share[r].bytes);
        text += share[r].texts;
        byte += share[r].bytes;
    }
}

/* Rank 0's batch is cut down to its own share; the others receive theirs. */
static status_t scatter(const corpus_tokens_t *tokens, batch_t *batch, bool *ended)
{
    share_t *all = NULL, mine = {0};
    MPI_Comm comm = tokens->comm;
    int words = (int)(sizeof mine / sizeof(uint64_t));
    status_t status = tokens->rank == 0 ? mem_new(&all, (size_t)tokens->ranks, "shares") : NULL;
    status = agree(comm, status);
    if (status) return status;
    if (tokens->rank == 0) cut(batch, tokens->ranks, *ended, all);
    MPI_Scatter(all, words, MPI_UINT64_T, &mine, words, MPI_UINT64_T, 0, comm);
    if (tokens->rank != 0) {
        status = mem_grow(&batch->entry, &batch->capacity, mine.texts, "texts of a batch");
        if (!status)
            status = mem_grow(&batch->text.data, &batch->text.capacity, mine.bytes + 1, "text");
    }
    status = agree(comm, status);
    if (!status && tokens->rank == 0) send_shares(comm, tokens->ranks, batch, all);
    if (!status && tokens->rank != 0) {
        receive(comm, batch->entry, mine.texts * sizeof *batch->entry);
        receive(comm, batch->text.data, mine.bytes);
    }
    batch->count = mine.texts;
    batch->text.length = mine.bytes;
    *ended = mine.ended;
    mem_free(&all);
    return status;
}

/* ---- tokenising a share ---- */

/* Appends one text's tokens. offset holds the place among this run's tokens for now. */
static status_t encode(corpus_tokens_t *tokens, tokenizer_t *tokenizer,
                       const token_options_t *options, const char *text, const entry_t *entry,
                       encoding_t *encoding, run_t *run)
{
    const char *path = options->files->item[entry->origin.file];
    long long line = entry->origin.line;
    status_t status = tokenizer_encode(tokenizer, text, entry->length,
                                       options->special ? ENCODE_SPECIAL : 0, encoding);
    if (status) return status_wrap(status, "%s:%lld", path, line);
    if (encoding->count < options->least)
        return status_new(EXIT_INPUT, "%s:%lld: \"%.*s\" has %zu tokens, at least %zu are expected",
                          path, line, (int)(entry->length < 80 ? entry->length : 80), text,
                          encoding->count, options->least);
    status =
        mem_grow(&tokens->id, &tokens->id_capacity, tokens->ids + encoding->count, "token ids");
    if (!status)
        status = mem_grow(&tokens->offset, &tokens->offset_capacity, tokens->offsets + 1,
                          "offsets of texts");
    if (status) return status;
    if (encoding->count)
        memcpy(tokens->id + tokens->ids, encoding->id, encoding->count * sizeof *tokens->id);
    tokens->ids += encoding->count;
    tokens->offset[tokens->offsets++] = (int64_t)run->tokens;
    run->tokens += encoding->count;
    run->texts++;
    return NULL;
}

/* The place of this rank's run: behind all earlier batches and the lower ranks' runs. */
static void place(corpus_tokens_t *tokens, run_t *run)
{
    uint64_t mine[2] = {run->tokens, run->texts}, before[2] = {0, 0}, all[2];
    MPI_Exscan(mine, before, 2, MPI_UINT64_T, MPI_SUM, tokens->comm);
    MPI_Allreduce(mine, all, 2, MPI_UINT64_T, MPI_SUM, tokens->comm);
    if (tokens->rank == 0) before[0] = before[1] = 0; /* MPI_Exscan leaves it undefined */
    run->first_token = tokens->tokens + before[0];
    run->first_text = tokens->texts + before[1];
    for (size_t i = tokens->offsets - run->texts; i < tokens->offsets; i++)
        tokens->offset[i] += (int64_t)run->first_token;
    tokens->tokens += all[0];
    tokens->texts += all[1];
}

static status_t encode_share(corpus_tokens_t *tokens, tokenizer_t *tokenizer,
                             const token_options_t *options, const batch_t *batch,
                             encoding_t *encoding)
{
    run_t run = {0};
    const char *text = batch->text.data ? batch->text.data : "";
    status_t status = mem_grow(&tokens->run, &tokens->run_capacity, tokens->runs + 1, "runs");
    for (size_t i = 0; !status && i < batch->count; i++) {
        status = encode(tokens, tokenizer, options, text, &batch->entry[i], encoding, &run);
        text += batch->entry[i].length;
    }
    status = agree(tokens->comm, status);
    if (status) return status;
    place(tokens, &run);
    tokens->run[tokens->runs++] = run;
    return NULL;
}

/* ---- the whole ---- */

status_t corpus_tokens_make(MPI_Comm comm, tokenizer_t *tokenizer, const text_source_t *source,
                            const token_options_t *options, corpus_tokens_t **tokens)
{
    batch_t batch = {0};
    encoding_t encoding = {0};
    bool ended = false;
    status_t status = agree(comm, mem_new(tokens, 1, "tokens"));
    if (status) return status;
    (*tokens)->comm = comm;
    MPI_Comm_rank(comm, &(*tokens)->rank);
    MPI_Comm_size(comm, &(*tokens)->ranks);
    bool root = (*tokens)->rank == 0;
    size_t bytes = options->batch ? options->batch : TOKEN_BATCH_BYTES;
    while (!status && !ended) {
        status = agree(comm, root ? fill(source, bytes, &batch, &ended) : NULL);
        if (!status) status = scatter(*tokens, &batch, &ended);
        if (!status) status = encode_share(*tokens, tokenizer, options, &batch, &encoding);
        if (!status && root)
            log_progress(source->label, ended ? source->size : source->position(source->state),
                         source->size);
    }
    encoding_free(&encoding);
    str_free(&batch.text);
    mem_free(&batch.entry);
    if (status) corpus_tokens_free(tokens);
    return status;
}

void corpus_tokens_free(corpus_tokens_t **tokens)
{
    if (!*tokens) return;
    mem_free(&(*tokens)->id);
    mem_free(&(*tokens)->offset);
    mem_free(&(*tokens)->run);
    mem_free(tokens);
}

uint64_t corpus_tokens_count(const corpus_tokens_t *tokens)
{
    return tokens->tokens;
}

uint64_t corpus_tokens_texts(const corpus_tokens_t *tokens)
{
    return tokens->texts;
}

/* Each step agreed: a rank whose write fails must not leave the others in the next call. */
status_t corpus_tokens_write(const corpus_tokens_t *tokens, store_t *store, const char *offsets)
{
    MPI_Comm comm = tokens->comm;
    uint64_t entries = tokens->texts + 1, last = tokens->rank == 0;
    int64_t total = (int64_t)tokens->tokens;
    const int32_t *id = tokens->id;
    const int64_t *offset = tokens->offset;
    status_t status = store_define(store, "/ids", STORE_I32, 1, &tokens->tokens, NULL);
    status = agree(comm, status);
    if (!status) status = agree(comm, store_define(store, offsets, STORE_I64, 1, &entries, NULL));
    for (size_t i = 0; !status && i < tokens->runs; i++) {
        const run_t *run = &tokens->run[i];
        status = agree(comm, store_put(store, "/ids", &run->first_token, &run->tokens, id));
        if (!status)
            status = agree(comm, store_put(store, offsets, &run->first_text, &run->texts, offset));
        id += run->tokens;
        offset += run->texts;
    }
    if (!status) status = agree(comm, store_put(store, offsets, &tokens->texts, &last, &total));
    if (!status)
        status = agree(comm, store_describe(store, "/ids", "token id",
                                            "Tokens of all texts, one after another"));
    return status;
}
