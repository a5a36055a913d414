#include <string.h>

#include "core/file.h"
#include "core/log.h"
#include "core/memory.h"
#include "par/agree.h"
#include "stages/shard.h"
#include "text/input.h"
#include "text/minimal_pairs.h"

/* Goes through the files' pairs sentence by sentence and keeps what the file needs besides
 * tokens. Read by rank 0; the others get it from there. */
typedef struct {
    const strings_t *paths;
    minimal_pair_keys_t keys;
    int64_t limit; /* pairs of a file; 0: all */
    minimal_pairs_t *pairs;
    size_t path;     /* index of the open file, or of the next one */
    int64_t taken;   /* pairs of the open file */
    uint64_t passed; /* bytes of files that are done with */
    minimal_pair_t pair;
    bool bad; /* the pair's second sentence comes next */

    int32_t *file, *term; /* [items] */
    size_t items, file_capacity, term_capacity;
    strings_t files, terms; /* names */
} reader_t;

/* ---- reading, on rank 0 ---- */

static status_t open_file(reader_t *reader)
{
    const char *path = reader->paths->item[reader->path];
    char *stem = NULL;
    reader->taken = 0;
    status_t status = minimal_pairs_open(path, &reader->keys, &reader->pairs);
    if (!status) status = input_stem(path, &stem);
    if (!status) status = strings_append(&reader->files, stem);
    mem_free(&stem);
    return status;
}

static status_t close_file(reader_t *reader)
{
    status_t status = NULL;
    if (reader->taken == 0)
        status = status_new(EXIT_INPUT, "%s: no pair in it", reader->paths->item[reader->path]);
    reader->passed += minimal_pairs_position(reader->pairs);
    minimal_pairs_close(&reader->pairs);
    reader->path++;
    return status;
}

static status_t keep(reader_t *reader)
{
    /* Terms mostly repeat the last one. */
    size_t last = reader->items ? (size_t)reader->term[reader->items - 1] : 0;
    ptrdiff_t term = -1;
    status_t status = NULL;
    if (reader->items && strcmp(reader->terms.item[last], reader->pair.term) == 0)
        term = (ptrdiff_t)last;
    if (term < 0) term = strings_find(&reader->terms, reader->pair.term);
    if (term < 0) {
        term = (ptrdiff_t)reader->terms.count;
        status = strings_append(&reader->terms, reader->pair.term);
    }
    if (!status)
        status = mem_grow(&reader->file, &reader->file_capacity, reader->items + 1, "pairs");
    if (!status)
        status = mem_grow(&reader->term, &reader->term_capacity, reader->items + 1, "pairs");
    if (status) return status;
    reader->file[reader->items] = (int32_t)reader->path;
    reader->term[reader->items++] = (int32_t)term;
    reader->taken++;
    return NULL;
}

static status_t next_pair(reader_t *reader, bool *found)
{
    status_t status = NULL;
    *found = false;
    while (!status && !*found && reader->path < reader->paths->count) {
        if (!reader->pairs) status = open_file(reader);
        if (!status && (reader->limit == 0 || reader->taken < reader->limit))
            status = minimal_pairs_next(reader->pairs, &reader->pair, found);
        if (!status) status = *found ? keep(reader) : close_file(reader);
    }
    return status;
}

static status_t next(void *state, str_t *text, origin_t *origin, bool *found)
{
    reader_t *reader = state;
    const minimal_pair_t *pair = &reader->pair;
    status_t status = NULL;
    *found = true;
    if (!reader->bad) status = next_pair(reader, found);
    if (status || !*found) return status;
    bool bad = reader->bad;
    reader->bad = !bad;
    *origin = (origin_t){(int64_t)reader->path, pair->line};
    return str_append(text, bad ? pair->bad : pair->good,
                      bad ? pair->bad_length : pair->good_length);
}

static uint64_t position(const void *state)
{
    const reader_t *reader = state;
    return reader->passed + (reader->pairs ? minimal_pairs_position(reader->pairs) : 0);
}

static void reader_free(reader_t *reader)
{
    minimal_pairs_close(&reader->pairs);
    mem_free(&reader->file);
    mem_free(&reader->term);
    strings_free(&reader->files);
    strings_free(&reader->terms);
}

/* ---- writing ---- */

/* Names of rank 0 to everybody: all ranks take part in creating their dataset. */
static status_t share_names(const stage_t *stage, strings_t *names)
{
    str_t text = {0};
    status_t status = NULL;
    for (size_t i = 0; !status && i < names->count; i++)
        status = str_append(&text, names->item[i], strlen(names->item[i]) + 1);
    status = share_text(stage->comm, status, &text);
    for (size_t at = 0; !status && stage->rank != 0 && at < text.length;
         at += strlen(text.data + at) + 1)
        status = strings_append(names, text.data + at);
    str_free(&text);
    return agree(stage->comm, status);
}

static status_t write_names(const stage_t *stage, store_t *store, const char *dataset,
                            strings_t *names, const char *description)
{
    status_t status = share_names(stage, names);
    if (!status)
        status = store_write_texts(store, dataset, names->count, (const char *const *)names->item);
    if (!status) status = store_describe(store, dataset, "text", description);
    return agree(stage->comm, status);
}

static status_t write_index(const stage_t *stage, store_t *store, const char *dataset,
                            uint64_t items, const int32_t *index, const char *description)
{
    status_t status = store_write(store, dataset, STORE_I32, 1, &items, index);
    if (!status) status = store_describe(store, dataset, "index", description);
    return agree(stage->comm, status);
}

static status_t write_file(const stage_t *stage, const shard_unit_t *unit,
                           const tokenizer_t *tokenizer, const corpus_tokens_t *tokens,
                           reader_t *reader)
{
    store_t *store = NULL;
    uint64_t items = corpus_tokens_texts(tokens) / 2;
    status_t status = shard_create(stage, unit, tokenizer, tokens, "/sequences", &store);
    if (!status)
        status = agree(stage->comm,
                       store_describe(store, "/sequences", "token",
                                      "First token of each sentence, then the number of tokens; "
                                      "sentence 2i is pair i's good one, 2i + 1 its bad one"));
    if (!status)
        status = write_index(stage, store, "/file", items, reader->file,
                             "Index into /files of each pair");
    if (!status)
        status = write_index(stage, store, "/term", items, reader->term,
                             "Index into /terms of each pair");
    if (!status)
        status = write_names(stage, store, "/files", &reader->files,
                             "Names of the files, without endings");
    if (!status)
        status = write_names(stage, store, "/terms", &reader->terms,
                             "Phenomena; a file's name for pairs that name none");
    if (!status) status = store_publish(&store);
    store_close(&store);
    return status;
}

status_t shard_pairs(const stage_t *stage, tokenizer_t *tokenizer, const shard_unit_t *unit)
{
    const config_t *config = stage->config;
    const char *name = unit->name;
    corpus_tokens_t *tokens = NULL;
    reader_t reader = {
        .paths = &unit->files,
        .keys = {.good = config_text(config, config_path("benchmarks.%s.good", name)),
                 .bad = config_text(config, config_path("benchmarks.%s.bad", name)),
                 .term = config_text(config, config_path("benchmarks.%s.term", name))},
        .limit = config_integer(config, config_path("benchmarks.%s.limit", name)),
    };
    text_source_t source = {next, position, &reader, unit->size, unit->label};
    /* The first token of a sentence is not scored: a shorter one has no score. */
    token_options_t how = {
        .special = config_boolean(config, config_path("benchmarks.%s.special", name)),
        .least = 2,
        .files = &unit->files,
    };
    status_t status = corpus_tokens_make(stage->comm, tokenizer, &source, &how, &tokens);
    if (!status) status = write_file(stage, unit, tokenizer, tokens, &reader);
    if (!status)
        log_info("%s: %llu pairs, %llu tokens", unit->path,
                 (unsigned long long)corpus_tokens_texts(tokens) / 2,
                 (unsigned long long)corpus_tokens_count(tokens));
    corpus_tokens_free(&tokens);
    reader_free(&reader);
    return status;
}
