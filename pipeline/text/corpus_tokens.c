#include "text/corpus_tokens.h"

#include <string.h>

#include "core/interrupt.h"
#include "core/log.h"
#include "core/memory.h"
#include "par/agree.h"
#include "text/spill.h"

enum { WRITE_RECORDS = 1 << 20 }; /* that one call writes */

/* What this rank made of one batch: a run of tokens and texts, and their place among all. rounds:
 * of writing them, the same on every rank. */
typedef struct {
    uint64_t tokens, texts;
    uint64_t first_token, first_text;
    uint64_t token_rounds, text_rounds;
} run_t;

struct corpus_tokens {
    MPI_Comm comm;
    int rank, ranks;
    token_options_t options;
    size_t marks;  /* int32 of a token beside its id */
    spill_t token; /* this rank's, run after run: int32 [1 + marks] */
    spill_t text;  /* int64 [1 + text_columns]: place in the run of the first token, values */
    run_t *run;    /* one per batch */
    size_t runs, run_capacity;
    uint64_t tokens, texts; /* of all ranks */
};

status_t token_marks(token_row_t *row, size_t count, size_t width)
{
    size_t marks;
    status_t status = mem_product(count, width, "tokens", &marks);
    return status ? status : mem_grow(&row->mark, &row->mark_capacity, marks, "tokens");
}

/* ---- tokenising a share ---- */

static status_t make_row(corpus_tokens_t *tokens, tokenizer_t *tokenizer, const batch_t *batch,
                         const entry_t *entry, token_row_t *row)
{
    const token_options_t *options = &tokens->options;
    const char *path = options->files->item[entry->origin.file];
    long long line = entry->origin.line;
    const char *notes = batch->notes.data ? batch->notes.data : "";
    noted_text_t text = {batch->text.data + entry->start, notes + entry->note, entry->length,
                         entry->note_length};
    int flags = options->special ? ENCODE_SPECIAL : 0;
    status_t status = options->encode ? options->encode(options->state, tokenizer, &text, row)
                                      : cutter_encode(tokenizer, text.bytes, text.length, flags,
                                                      entry->begins, entry->ends, &row->encoding);
    if (status) return status_wrap(status, "%s:%lld", path, line);
    if (row->encoding.count < options->least)
        return status_new(EXIT_INPUT, "%s:%lld: \"%.*s\" has %zu tokens, at least %zu are expected",
                          path, line, (int)(text.length < 80 ? text.length : 80), text.bytes,
                          row->encoding.count, options->least);
    return NULL;
}

static status_t keep_tokens(corpus_tokens_t *tokens, const token_row_t *row)
{
    size_t count = row->encoding.count, marks = tokens->marks;
    int32_t *record = NULL;
    if (marks == 0) return spill_append(&tokens->token, row->encoding.id, count);
    status_t status = spill_extend(&tokens->token, count, &record);
    for (size_t i = 0; !status && i < count; i++, record += 1 + marks) {
        record[0] = row->encoding.id[i];
        memcpy(record + 1, row->mark + i * marks, marks * sizeof *record);
    }
    return status;
}

static status_t keep_text(corpus_tokens_t *tokens, const token_row_t *row, uint64_t place)
{
    int64_t record[1 + TOKEN_COLUMNS] = {(int64_t)place};
    for (size_t i = 0; i < tokens->options.text_columns; i++) record[1 + i] = row->value[i];
    return spill_append(&tokens->text, record, 1);
}

static uint64_t rounds_of(uint64_t records)
{
    return (records + WRITE_RECORDS - 1) / WRITE_RECORDS;
}

/* The place of this rank's run: behind all earlier batches and the lower ranks' runs. */
static void place(corpus_tokens_t *tokens, run_t *run)
{
    uint64_t mine[2] = {run->tokens, run->texts}, before[2] = {0, 0}, all[2];
    uint64_t rounds[2] = {rounds_of(run->tokens), rounds_of(run->texts)}, most[2];
    MPI_Exscan(mine, before, 2, MPI_UINT64_T, MPI_SUM, tokens->comm);
    MPI_Allreduce(mine, all, 2, MPI_UINT64_T, MPI_SUM, tokens->comm);
    MPI_Allreduce(rounds, most, 2, MPI_UINT64_T, MPI_MAX, tokens->comm);
    if (tokens->rank == 0) before[0] = before[1] = 0; /* MPI_Exscan leaves it undefined */
    run->first_token = tokens->tokens + before[0];
    run->first_text = tokens->texts + before[1];
    run->token_rounds = most[0];
    run->text_rounds = most[1];
    tokens->tokens += all[0];
    tokens->texts += all[1];
}

static status_t encode_share(corpus_tokens_t *tokens, tokenizer_t *tokenizer, const batch_t *batch,
                             token_row_t *row)
{
    run_t run = {0};
    status_t status = mem_grow(&tokens->run, &tokens->run_capacity, tokens->runs + 1, "runs");
    for (size_t i = 0; !status && i < batch->count; i++) {
        status = make_row(tokens, tokenizer, batch, &batch->entry[i], row);
        if (!status && batch->entry[i].begins) {
            status = keep_text(tokens, row, run.tokens);
            run.texts++;
        }
        if (!status) status = keep_tokens(tokens, row);
        run.tokens += row->encoding.count;
    }
    status = agree(tokens->comm, status);
    if (status) return status;
    place(tokens, &run);
    tokens->run[tokens->runs++] = run;
    return NULL;
}

/* ---- the whole ---- */

static status_t create(MPI_Comm comm, const token_options_t *options, corpus_tokens_t **tokens)
{
    status_t status = mem_new(tokens, 1, "tokens");
    if (status) return status;
    corpus_tokens_t *it = *tokens;
    it->comm = comm;
    it->options = *options;
    for (size_t i = 0; i < options->token_columns; i++)
        it->marks += (size_t)options->of_tokens[i].width;
    it->token = spill_create((1 + it->marks) * sizeof(int32_t), options->scratch);
    it->text = spill_create((1 + options->text_columns) * sizeof(int64_t), options->scratch);
    it->token.most = it->text.most = options->held;
    MPI_Comm_rank(comm, &it->rank);
    MPI_Comm_size(comm, &it->ranks);
    return NULL;
}

static status_t run_batches(corpus_tokens_t *tokens, tokenizer_t *tokenizer,
                            const text_source_t *source, cutter_t *cutter)
{
    const token_options_t *options = &tokens->options;
    batch_t batch = {0};
    token_row_t row = {0};
    size_t bytes = options->batch ? options->batch : TOKEN_BATCH_BYTES;
    status_t status = NULL;
    while (!status && !batch.ended) {
        status = interrupt_check();
        if (!status && tokens->rank == 0)
            status = batch_fill(source, cutter, bytes, options->files, &batch);
        status = agree(tokens->comm, status);
        if (!status) status = batch_scatter(tokens->comm, cutter, &batch);
        if (!status) status = encode_share(tokens, tokenizer, &batch, &row);
        if (!status && tokens->rank == 0)
            log_progress(source->label, "B",
                         batch.ended ? source->size : source->position(source->state),
                         source->size);
    }
    encoding_free(&row.encoding);
    mem_free(&row.mark);
    batch_free(&batch);
    return status;
}

status_t corpus_tokens_make(MPI_Comm comm, tokenizer_t *tokenizer, const text_source_t *source,
                            const token_options_t *options, corpus_tokens_t **tokens)
{
    cutter_t *cutter = NULL;
    status_t status = create(comm, options, tokens);
    if (!status && !options->encode && !options->least) status = cutter_create(tokenizer, &cutter);
    status = agree(comm, status);
    if (!status) status = run_batches(*tokens, tokenizer, source, cutter);
    cutter_destroy(&cutter);
    if (status) corpus_tokens_free(tokens);
    return status;
}

void corpus_tokens_free(corpus_tokens_t **tokens)
{
    if (!*tokens) return;
    spill_free(&(*tokens)->token);
    spill_free(&(*tokens)->text);
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

/* ---- writing ----
 * Each step is agreed: a rank whose write fails must not leave the others in the next call. */

static status_t define(const corpus_tokens_t *tokens, store_t *store, const token_column_t *column,
                       uint64_t count)
{
    uint64_t shape[2] = {count, (uint64_t)column->width};
    status_t status = agree(tokens->comm, store_define(store, column->dataset, STORE_I32,
                                                       column->width > 1 ? 2 : 1, shape, NULL));
    if (!status)
        status = agree(tokens->comm, store_describe(store, column->dataset, column->axes,
                                                    column->unit, column->description));
    return status;
}

/* Writes columns [at, at + width) of records, each of `size` int32, as one block of a dataset. */
static status_t put_column(const corpus_tokens_t *tokens, store_t *store,
                           const token_column_t *column, uint64_t first, uint64_t count,
                           const int32_t *records, size_t size, size_t at, int32_t *block)
{
    size_t width = (size_t)column->width;
    uint64_t start[2] = {first, 0}, shape[2] = {count, width};
    for (uint64_t i = 0; i < count; i++)
        memcpy(block + i * width, records + i * size + at, width * sizeof *block);
    return agree(tokens->comm, store_put(store, column->dataset, start, shape, block));
}

static status_t put_tokens(corpus_tokens_t *tokens, store_t *store, const run_t *run,
                           int32_t *records, int32_t *block)
{
    static const token_column_t ids = {.dataset = "/ids", .width = 1};
    const token_options_t *options = &tokens->options;
    size_t size = 1 + tokens->marks;
    uint64_t done = 0;
    status_t status = NULL;
    for (uint64_t round = 0; !status && round < run->token_rounds; round++) {
        uint64_t left = run->tokens - done, count = left < WRITE_RECORDS ? left : WRITE_RECORDS;
        uint64_t first = run->first_token + done;
        size_t at = 1;
        done += count;
        status = agree(tokens->comm, spill_next(&tokens->token, records, count));
        if (!status)
            status = put_column(tokens, store, &ids, first, count, records, size, 0, block);
        for (size_t i = 0; !status && i < options->token_columns; i++) {
            status = put_column(tokens, store, &options->of_tokens[i], first, count, records, size,
                                at, block);
            at += (size_t)options->of_tokens[i].width;
        }
    }
    return status;
}

static status_t put_texts(corpus_tokens_t *tokens, store_t *store, const char *offsets,
                          const run_t *run, int64_t *records, int64_t *block)
{
    const token_options_t *options = &tokens->options;
    size_t size = 1 + options->text_columns;
    uint64_t done = 0;
    status_t status = NULL;
    for (uint64_t round = 0; !status && round < run->text_rounds; round++) {
        uint64_t left = run->texts - done, count = left < WRITE_RECORDS ? left : WRITE_RECORDS;
        uint64_t first = run->first_text + done;
        done += count;
        status = agree(tokens->comm, spill_next(&tokens->text, records, count));
        for (uint64_t i = 0; !status && i < count; i++)
            block[i] = records[i * size] + (int64_t)run->first_token;
        if (!status) status = agree(tokens->comm, store_put(store, offsets, &first, &count, block));
        for (size_t c = 0; !status && c < options->text_columns; c++) {
            int32_t *value = (int32_t *)block;
            for (uint64_t i = 0; i < count; i++) value[i] = (int32_t)records[i * size + 1 + c];
            status = agree(tokens->comm,
                           store_put(store, options->of_texts[c].dataset, &first, &count, value));
        }
    }
    return status;
}

static status_t define_all(const corpus_tokens_t *tokens, store_t *store, const char *offsets)
{
    static const token_column_t ids = {"/ids", "tokens", "token id",
                                       "Tokens of all texts, one after another", 1};
    const token_options_t *options = &tokens->options;
    uint64_t entries = tokens->texts + 1, last = tokens->rank == 0;
    int64_t total = (int64_t)tokens->tokens;
    status_t status = define(tokens, store, &ids, tokens->tokens);
    for (size_t i = 0; !status && i < options->token_columns; i++)
        status = define(tokens, store, &options->of_tokens[i], tokens->tokens);
    for (size_t i = 0; !status && i < options->text_columns; i++)
        status = define(tokens, store, &options->of_texts[i], tokens->texts);
    if (!status)
        status = agree(tokens->comm, store_define(store, offsets, STORE_I64, 1, &entries, NULL));
    if (!status)
        status = agree(tokens->comm, store_put(store, offsets, &tokens->texts, &last, &total));
    return status;
}

status_t corpus_tokens_write(corpus_tokens_t *tokens, store_t *store, const char *offsets)
{
    /* Records of tokens or of texts, and a block of them on its way. */
    size_t token = (1 + tokens->marks) * sizeof(int32_t);
    size_t text = (1 + tokens->options.text_columns) * sizeof(int64_t);
    size_t record = token > text ? token : text;
    int64_t *records = NULL, *block = NULL;
    status_t status = mem_aligned(&records, WRITE_RECORDS * record / sizeof *records + 1, "tokens");
    if (!status) status = mem_aligned(&block, WRITE_RECORDS * record / sizeof *block + 1, "tokens");
    status = agree(tokens->comm, status);
    if (!status) status = define_all(tokens, store, offsets);
    spill_rewind(&tokens->token);
    spill_rewind(&tokens->text);
    for (size_t i = 0; !status && i < tokens->runs; i++) {
        status = put_tokens(tokens, store, &tokens->run[i], (int32_t *)records, (int32_t *)block);
        if (!status) status = put_texts(tokens, store, offsets, &tokens->run[i], records, block);
    }
    mem_free(&records);
    mem_free(&block);
    return status;
}
