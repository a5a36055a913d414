#include <string.h>

#include "core/interrupt.h"
#include "core/log.h"
#include "core/memory.h"
#include "model/architecture.h"
#include "model/checkpoints.h"
#include "par/agree.h"
#include "par/work.h"
#include "stages/shard.h"
#include "text/corpus.h"
#include "text/id_file.h"

enum { BLOCK = 1 << 20 }; /* tokens or documents that are written at a time */

/* The files of a corpus of token ids, one after another. Every rank reads its part of them. */
typedef struct {
    const stage_t *stage;
    const shard_unit_t *unit;
    id_file_t **file;           /* [files] */
    uint64_t *first;            /* [files + 1] tokens before each file */
    uint64_t *document;         /* [files + 1] documents before each file */
    uint64_t tokens, documents; /* of the corpus: within its limit */
    int32_t vocabulary;
    int32_t *id;    /* [BLOCK] */
    int64_t *start; /* [BLOCK] */
} reader_t;

/* ---- reading ---- */

/* Rows of the embedding: what an id must stay below. */
static status_t find_vocabulary(reader_t *reader)
{
    char *directory = NULL;
    model_shape_t shape = {0};
    status_t status =
        checkpoint_directory(reader->stage->config, reader->stage->chosen.item[0], &directory);
    if (!status) status = model_shape_read(directory, &shape);
    reader->vocabulary = shape.vocabulary;
    model_shape_free(&shape);
    mem_free(&directory);
    return status;
}

static status_t open_files(reader_t *reader)
{
    const strings_t *files = &reader->unit->files;
    const config_t *config = reader->stage->config;
    bool npy = strcmp(corpus_format(config, reader->unit->name), "npy") == 0;
    status_t status = mem_new(&reader->file, files->count, "token files");
    if (!status) status = mem_new(&reader->first, files->count + 1, "token files");
    if (!status) status = mem_new(&reader->document, files->count + 1, "token files");
    if (!status) status = mem_aligned(&reader->id, BLOCK, "token ids");
    if (!status) status = mem_aligned(&reader->start, BLOCK, "documents");
    for (size_t i = 0; !status && i < files->count; i++) {
        status = npy ? id_file_open_npy(files->item[i], &reader->file[i])
                     : id_file_open_megatron(files->item[i], &reader->file[i]);
        if (status) break;
        reader->first[i + 1] = reader->first[i] + id_file_tokens(reader->file[i]);
        reader->document[i + 1] = reader->document[i] + id_file_documents(reader->file[i]);
    }
    return status;
}

/* The file that holds a token, or a document: the last one with before[file] <= place. */
static size_t file_of(const uint64_t *before, size_t files, uint64_t place)
{
    size_t file = 0;
    while (file + 1 < files && before[file + 1] <= place) file++;
    return file;
}

/* The first tokens of documents [document, document + count). */
static status_t read_starts(reader_t *reader, uint64_t document, uint64_t count, int64_t *start)
{
    size_t files = reader->unit->files.count;
    status_t status = interrupt_check();
    for (uint64_t done = 0; !status && done < count;) {
        size_t file = file_of(reader->document, files, document + done);
        uint64_t left = reader->document[file + 1] - (document + done);
        uint64_t n = left < count - done ? left : count - done;
        status = id_file_starts(reader->file[file], document + done - reader->document[file], n,
                                start + done);
        for (uint64_t i = 0; i < n; i++) start[done + i] += (int64_t)reader->first[file];
        done += n;
    }
    return status;
}

static status_t read_ids(reader_t *reader, uint64_t token, uint64_t count, int32_t *id)
{
    size_t files = reader->unit->files.count;
    status_t status = interrupt_check();
    for (uint64_t done = 0; !status && done < count;) {
        size_t file = file_of(reader->first, files, token + done);
        uint64_t left = reader->first[file + 1] - (token + done);
        uint64_t n = left < count - done ? left : count - done;
        status = id_file_read(reader->file[file], token + done - reader->first[file], n,
                              reader->vocabulary, id + done);
        done += n;
    }
    return status;
}

static status_t apply_limit(reader_t *reader)
{
    size_t files = reader->unit->files.count;
    uint64_t limit = (uint64_t)reader->unit->limit;
    int64_t end;
    reader->tokens = reader->first[files];
    reader->documents = reader->document[files];
    if (limit == 0 || limit >= reader->documents) return NULL;
    status_t status = read_starts(reader, limit, 1, &end);
    reader->tokens = (uint64_t)end;
    reader->documents = limit;
    return status;
}

static void close_files(reader_t *reader)
{
    for (size_t i = 0; reader->file && i < reader->unit->files.count; i++)
        id_file_close(&reader->file[i]);
    mem_free(&reader->file);
    mem_free(&reader->first);
    mem_free(&reader->document);
    mem_free(&reader->id);
    mem_free(&reader->start);
}

/* ---- writing: every rank a part, all in as many rounds ---- */

typedef status_t (*read_block_t)(reader_t *reader, uint64_t first, uint64_t count);

static status_t read_id_block(reader_t *reader, uint64_t first, uint64_t count)
{
    return read_ids(reader, first, count, reader->id);
}

static status_t read_start_block(reader_t *reader, uint64_t first, uint64_t count)
{
    return read_starts(reader, first, count, reader->start);
}

static status_t write_blocks(reader_t *reader, store_t *store, const char *dataset, uint64_t total,
                             read_block_t read_block, const void *block)
{
    const stage_t *stage = reader->stage;
    uint64_t each = total / (uint64_t)stage->ranks + 1, rounds = (each + BLOCK - 1) / BLOCK;
    uint64_t at = each * (uint64_t)stage->rank, end = at + each < total ? at + each : total;
    status_t status = NULL;
    for (uint64_t round = 0; !status && round < rounds; round++) {
        uint64_t left = at < end ? end - at : 0, count = left < BLOCK ? left : BLOCK;
        uint64_t place = at < total ? at : total;
        if (stage->rank == 0 && read_block == read_id_block)
            log_progress(reader->unit->label, "tokens", total / rounds * (round + 1), total);
        status = agree(stage->comm, read_block(reader, place, count));
        if (!status) status = agree(stage->comm, store_put(store, dataset, &place, &count, block));
        at += count;
    }
    return status;
}

static status_t write_file(reader_t *reader, const tokenizer_t *tokenizer)
{
    const stage_t *stage = reader->stage;
    uint64_t entries = reader->documents + 1, one = stage->rank == 0;
    int64_t total = (int64_t)reader->tokens;
    store_t *store = NULL;
    status_t status = shard_create_file(stage, reader->unit, tokenizer, reader->tokens, &store);
    if (!status)
        status =
            agree(stage->comm, store_define(store, "/ids", STORE_I32, 1, &reader->tokens, NULL));
    if (!status)
        status = agree(stage->comm, store_describe(store, "/ids", "tokens", "token id",
                                                   "Tokens of all documents, one after another"));
    if (!status)
        status =
            agree(stage->comm, store_define(store, "/documents", STORE_I64, 1, &entries, NULL));
    if (!status)
        status = write_blocks(reader, store, "/ids", reader->tokens, read_id_block, reader->id);
    if (!status)
        status = write_blocks(reader, store, "/documents", reader->documents, read_start_block,
                              reader->start);
    if (!status)
        status =
            agree(stage->comm, store_put(store, "/documents", &reader->documents, &one, &total));
    if (!status) status = shard_describe_documents(stage, tokenizer, store);
    if (!status) status = store_publish(&store);
    store_close(&store);
    return status;
}

status_t shard_ids(const stage_t *stage, tokenizer_t *tokenizer, const shard_unit_t *unit)
{
    reader_t reader = {.stage = stage, .unit = unit};
    status_t status = find_vocabulary(&reader);
    if (!status) status = open_files(&reader);
    if (!status) status = apply_limit(&reader);
    if (!status && reader.tokens == 0)
        status =
            status_new(EXIT_INPUT, "corpora.%s: an empty corpus: no token in %s%s", unit->name,
                       unit->files.item[0], unit->files.count > 1 ? " and the other files" : "");
    status = agree(stage->comm, status);
    if (!status) status = write_file(&reader, tokenizer);
    if (!status)
        log_info("%s: %llu tokens in %llu documents", unit->path, (unsigned long long)reader.tokens,
                 (unsigned long long)reader.documents);
    close_files(&reader);
    return status;
}
