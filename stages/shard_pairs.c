#include <string.h>

#include "core/file.h"
#include "core/log.h"
#include "core/memory.h"
#include "par/agree.h"
#include "stages/shard.h"
#include "text/input.h"
#include "text/request.h"
#include "text/tse_pairs.h"
#include "text/utf8.h"

/* Goes through the files' pairs sentence by sentence and keeps what the file needs besides
 * tokens. Read by rank 0; the others get it from there. */
typedef struct {
    const strings_t *paths;
    minimal_pair_keys_t keys;
    bool pickles;           /* the files are pickles, whose terms are cases */
    bool harness;           /* sentences are requests (text/request.h) */
    int64_t limit;          /* pairs of a file; 0: all */
    minimal_pairs_t *pairs; /* the open file, of either kind */
    tse_pairs_t *tse;
    size_t path;     /* index of the open file, or of the next one */
    int64_t taken;   /* pairs of the open file */
    uint64_t passed; /* bytes of files that are done with */
    minimal_pair_t pair;
    str_t term; /* of a pickle's pair: "file:case" */
    bool bad;   /* the pair's second sentence comes next */

    int32_t *file, *term_of, *case_of; /* [items] */
    size_t items, file_capacity, term_capacity, case_capacity;
    strings_t files, terms, cases; /* names */
} reader_t;

/* ---- reading, on rank 0 ---- */

static status_t open_file(reader_t *reader)
{
    const char *path = reader->paths->item[reader->path];
    char *stem = NULL;
    reader->taken = 0;
    status_t status = reader->pickles ? tse_pairs_open(path, &reader->tse)
                                      : minimal_pairs_open(path, &reader->keys, &reader->pairs);
    if (!status) status = input_stem(path, &stem);
    if (!status) status = strings_append(&reader->files, stem);
    mem_free(&stem);
    return status;
}

static status_t close_file(reader_t *reader)
{
    const char *path = reader->paths->item[reader->path];
    file_t file;
    if (reader->taken == 0) return status_new(EXIT_INPUT, "%s: no pair in it", path);
    status_t status = file_open(&file, path);
    if (status) return status;
    reader->passed += file.size;
    file_close(&file);
    minimal_pairs_close(&reader->pairs);
    tse_pairs_close(&reader->tse);
    reader->path++;
    return NULL;
}

/* Appends the index of a name, which mostly repeats the last one. */
static status_t keep_name(strings_t *names, const char *name, size_t items, int32_t **index,
                          size_t *capacity)
{
    status_t status = mem_grow(index, capacity, items + 1, "pairs");
    if (status) return status;
    ptrdiff_t at = items ? (*index)[items - 1] : -1;
    if (at < 0 || strcmp(names->item[at], name) != 0) at = strings_find(names, name);
    if (at < 0) {
        at = (ptrdiff_t)names->count;
        status = strings_append(names, name);
    }
    (*index)[items] = (int32_t)at;
    return status;
}

static status_t keep(reader_t *reader)
{
    size_t items = reader->items;
    const char *term = reader->pair.term;
    status_t status = mem_grow(&reader->file, &reader->file_capacity, items + 1, "pairs");
    if (!status) reader->file[items] = (int32_t)reader->path;
    if (!status && reader->pickles) {
        status = keep_name(&reader->cases, term, items, &reader->case_of, &reader->case_capacity);
        str_clear(&reader->term);
        if (!status)
            status = str_printf(&reader->term, "%s:%s", reader->files.item[reader->path], term);
        term = reader->term.data;
    }
    if (!status)
        status = keep_name(&reader->terms, term, items, &reader->term_of, &reader->term_capacity);
    if (status) return status;
    reader->items++;
    reader->taken++;
    return NULL;
}

static status_t next_pair(reader_t *reader, bool *found)
{
    status_t status = NULL;
    *found = false;
    while (!status && !*found && reader->path < reader->paths->count) {
        if (!reader->pairs && !reader->tse) status = open_file(reader);
        if (!status && (reader->limit == 0 || reader->taken < reader->limit))
            status = reader->pickles ? tse_pairs_next(reader->tse, &reader->pair, found)
                                     : minimal_pairs_next(reader->pairs, &reader->pair, found);
        if (!status) status = *found ? keep(reader) : close_file(reader);
    }
    return status;
}

static status_t next(void *state, size_t most, text_t *text, bool *found)
{
    reader_t *reader = state;
    const minimal_pair_t *pair = &reader->pair;
    status_t status = NULL;
    (void)most;
    *found = true;
    if (!reader->bad) status = next_pair(reader, found);
    if (status || !*found) return status;
    bool bad = reader->bad;
    const char *sentence = bad ? pair->bad : pair->good;
    size_t length = bad ? pair->bad_length : pair->good_length;
    reader->bad = !bad;
    text->origin = (origin_t){(int64_t)reader->path, pair->line};
    if (!reader->harness) return str_append(text->bytes, sentence, length);
    return request_put(text, "", 0, " ", sentence, length, (size_t)utf8_count(sentence, length));
}

static uint64_t position(const void *state)
{
    const reader_t *reader = state;
    return reader->passed + (reader->pairs ? minimal_pairs_position(reader->pairs) : 0);
}

static void reader_free(reader_t *reader)
{
    minimal_pairs_close(&reader->pairs);
    tse_pairs_close(&reader->tse);
    mem_free(&reader->file);
    mem_free(&reader->term_of);
    mem_free(&reader->case_of);
    str_free(&reader->term);
    strings_free(&reader->files);
    strings_free(&reader->terms);
    strings_free(&reader->cases);
}

/* ---- writing ---- */

static status_t write_groups(const stage_t *stage, store_t *store, uint64_t items, reader_t *reader)
{
    status_t status = shard_write_index(stage, store, "/file", items, reader->file,
                                        "Index into /files of each pair");
    if (!status)
        status = shard_write_index(stage, store, "/term", items, reader->term_of,
                                   "Index into /terms of each pair");
    if (!status)
        status = shard_write_names(stage, store, "/files", &reader->files,
                                   "Names of the files, without endings");
    if (!status)
        status = shard_write_names(stage, store, "/terms", &reader->terms,
                                   reader->pickles
                                       ? "Phenomena: file:case"
                                       : "Phenomena; a file's name for pairs that name none");
    if (!status && reader->pickles)
        status = shard_write_index(stage, store, "/case", items, reader->case_of,
                                   "Index into /cases of each pair");
    if (!status && reader->pickles)
        status = shard_write_names(stage, store, "/cases", &reader->cases,
                                   "Cases, as the files name them");
    return status;
}

static status_t write_file(const stage_t *stage, const shard_unit_t *unit,
                           const tokenizer_t *tokenizer, corpus_tokens_t *tokens, reader_t *reader)
{
    store_t *store = NULL;
    uint64_t items = corpus_tokens_texts(tokens) / 2;
    status_t status = shard_create(stage, unit, tokenizer, tokens, "/sequences", &store);
    if (!status)
        status = agree(stage->comm,
                       store_describe(store, "/sequences", "sequences+1", "token",
                                      "First token of each sentence, then the number of tokens; "
                                      "sentence 2i is pair i's good one, 2i + 1 its bad one"));
    if (!status)
        status = agree(stage->comm, store_set_text(store, "/sequences", "convention",
                                                   reader->harness ? "harness" : "original"));
    if (!status) status = write_groups(stage, store, items, reader);
    if (!status) status = store_publish(&store);
    store_close(&store);
    return status;
}

status_t shard_pairs(const stage_t *stage, tokenizer_t *tokenizer, const shard_unit_t *unit)
{
    const config_t *config = stage->config;
    const char *name = unit->name;
    const char *convention = config_text(config, config_path("benchmarks.%s.convention", name));
    const char *format = config_text(config, config_path("benchmarks.%s.format", name));
    corpus_tokens_t *tokens = NULL;
    reader_t reader = {
        .paths = &unit->files,
        .keys = {.good = config_text(config, config_path("benchmarks.%s.good", name)),
                 .bad = config_text(config, config_path("benchmarks.%s.bad", name)),
                 .term = config_text(config, config_path("benchmarks.%s.term", name))},
        .pickles = strcmp(format, "tse") == 0,
        .harness = convention && strcmp(convention, "harness") == 0,
        .limit = config_integer(config, config_path("benchmarks.%s.limit", name)),
    };
    text_source_t source = {next, position, &reader, unit->size, unit->label};
    request_state_t request;
    status_t status = request_configure(config, name, tokenizer, &request);
    /* The first token of a sentence is not scored: a shorter one has no score. */
    token_options_t how = {
        .special = request.special, .least = 2, .files = &unit->files, .scratch = unit->scratch};
    if (reader.harness) {
        how.encode = request_encode;
        how.state = &request;
        how.text_columns = REQUEST_COLUMNS;
        memcpy(how.of_texts, request_columns, sizeof request_columns);
    }
    status = agree(stage->comm, status);
    if (!status) status = corpus_tokens_make(stage->comm, tokenizer, &source, &how, &tokens);
    if (!status) status = write_file(stage, unit, tokenizer, tokens, &reader);
    if (!status)
        log_info("%s: %llu pairs, %llu tokens", unit->path,
                 (unsigned long long)corpus_tokens_texts(tokens) / 2,
                 (unsigned long long)corpus_tokens_count(tokens));
    corpus_tokens_free(&tokens);
    reader_free(&reader);
    return status;
}
