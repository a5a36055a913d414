#include <string.h>

#include "core/file.h"
#include "core/log.h"
#include "core/memory.h"
#include "par/agree.h"
#include "stages/shard.h"
#include "text/conllu.h"

/* The documents of tagged files, one after another. Read by rank 0. */
typedef struct {
    const strings_t *paths;
    int64_t limit; /* documents; 0: all */
    conllu_t *conllu;
    size_t path; /* index of the open file, or of the next one */
    int64_t taken;
    uint64_t passed; /* bytes of files that are done with */
    strings_t upos, deprel;
} reader_t;

static status_t close_file(reader_t *reader)
{
    file_t file;
    status_t status = file_open(&file, reader->paths->item[reader->path]);
    if (status) return status;
    reader->passed += file.size;
    file_close(&file);
    conllu_close(&reader->conllu);
    reader->path++;
    return NULL;
}

static status_t next(void *state, size_t most, text_t *text, bool *found)
{
    reader_t *reader = state;
    status_t status = NULL;
    (void)most;
    *found = false;
    while (!status && !*found && reader->path < reader->paths->count) {
        if (reader->limit && reader->taken == reader->limit) break;
        if (!reader->conllu)
            status = conllu_open(reader->paths->item[reader->path], &reader->upos, &reader->deprel,
                                 &reader->conllu);
        text->origin.file = (int64_t)reader->path;
        if (!status)
            status =
                conllu_next(reader->conllu, text->bytes, text->note, &text->origin.line, found);
        if (!status && !*found) status = close_file(reader);
    }
    reader->taken += *found;
    return status;
}

static uint64_t position(const void *state)
{
    const reader_t *reader = state;
    return reader->passed + (reader->conllu ? conllu_position(reader->conllu) : 0);
}

static status_t write_file(const stage_t *stage, const shard_unit_t *unit,
                           const tokenizer_t *tokenizer, corpus_tokens_t *tokens, reader_t *reader)
{
    store_t *store = NULL;
    status_t status = shard_create(stage, unit, tokenizer, tokens, "/documents", &store);
    if (!status) status = shard_describe_documents(stage, tokenizer, store);
    if (!status)
        status = shard_write_names(stage, store, "/upos_names", &reader->upos,
                                   "Universal part-of-speech tags; X: of no word, SPECIAL: a token "
                                   "that covers no text");
    if (!status)
        status = shard_write_names(stage, store, "/deprel_names", &reader->deprel,
                                   "Dependency relations; X: of no word, SPECIAL: a token that "
                                   "covers no text");
    if (!status) status = store_publish(&store);
    store_close(&store);
    return status;
}

status_t shard_tagged(const stage_t *stage, tokenizer_t *tokenizer, const shard_unit_t *unit)
{
    const config_t *config = stage->config;
    corpus_tokens_t *tokens = NULL;
    reader_t reader = {
        .paths = &unit->files,
        .limit = config_integer(config, config_path("benchmarks.%s.limit", unit->name)),
    };
    text_source_t source = {next, position, &reader, unit->size, unit->label};
    const conllu_state_t how = {
        config_boolean(config, config_path("benchmarks.%s.special", unit->name))};
    token_options_t options = {.files = &unit->files,
                               .scratch = unit->scratch,
                               .encode = conllu_encode,
                               .state = &how,
                               .token_columns = CONLLU_COLUMNS};
    memcpy(options.of_tokens, conllu_columns, sizeof conllu_columns);
    status_t status = corpus_tokens_make(stage->comm, tokenizer, &source, &options, &tokens);
    if (!status && corpus_tokens_count(tokens) == 0)
        status =
            status_new(EXIT_INPUT, "benchmarks.%s: no tagged text in %s%s", unit->name,
                       unit->files.item[0], unit->files.count > 1 ? " and the other files" : "");
    if (!status) status = write_file(stage, unit, tokenizer, tokens, &reader);
    if (!status)
        log_info("%s: %llu tokens in %llu documents", unit->path,
                 (unsigned long long)corpus_tokens_count(tokens),
                 (unsigned long long)corpus_tokens_texts(tokens));
    corpus_tokens_free(&tokens);
    conllu_close(&reader.conllu);
    strings_free(&reader.upos);
    strings_free(&reader.deprel);
    return status;
}
