#include <string.h>

#include "core/file.h"
#include "core/log.h"
#include "core/memory.h"
#include "par/agree.h"
#include "stages/shard.h"
#include "text/choice_items.h"
#include "text/input.h"
#include "text/request.h"
#include "text/utf8.h"

/* Goes through the files' questions choice by choice and keeps what the file needs besides
 * tokens. Read by rank 0; the others get it from there. */
typedef struct {
    const strings_t *paths, *answers; /* answers: as many as paths, or none */
    choice_format_t format;
    const char *delimiter;
    int64_t limit; /* questions of a file; 0: all */
    choice_items_t *items;
    size_t path;     /* index of the open file, or of the next one */
    int64_t taken;   /* questions of the open file */
    uint64_t passed; /* bytes of files that are done with */
    choice_item_t item;
    size_t next; /* its next choice */

    int32_t *gold, *file, *term; /* [count] */
    int64_t *first;              /* [count + 1] first sequence of each question */
    size_t count, gold_capacity, file_capacity, term_capacity, first_capacity;
    strings_t files, terms; /* names */
} reader_t;

/* ---- reading, on rank 0 ---- */

static status_t open_file(reader_t *reader)
{
    const char *path = reader->paths->item[reader->path];
    const char *answers = reader->answers->count ? reader->answers->item[reader->path] : NULL;
    char *stem = NULL;
    reader->taken = 0;
    status_t status = choice_items_open(path, answers, &reader->format, &reader->items);
    if (!status) status = input_stem(path, &stem);
    if (!status) status = strings_append(&reader->files, stem);
    mem_free(&stem);
    return status;
}

static status_t close_file(reader_t *reader)
{
    const char *path = reader->paths->item[reader->path];
    file_t file;
    if (reader->taken == 0) return status_new(EXIT_INPUT, "%s: no question in it", path);
    status_t status = file_open(&file, path);
    if (status) return status;
    reader->passed += file.size;
    file_close(&file);
    choice_items_close(&reader->items);
    reader->path++;
    return NULL;
}

static status_t keep(reader_t *reader)
{
    size_t n = reader->count;
    status_t status = mem_grow(&reader->gold, &reader->gold_capacity, n + 1, "questions");
    if (!status) status = mem_grow(&reader->file, &reader->file_capacity, n + 1, "questions");
    if (!status) status = mem_grow(&reader->term, &reader->term_capacity, n + 1, "questions");
    if (!status) status = mem_grow(&reader->first, &reader->first_capacity, n + 2, "questions");
    if (status) return status;
    ptrdiff_t term = strings_find(&reader->terms, reader->item.term.data);
    if (term < 0) {
        term = (ptrdiff_t)reader->terms.count;
        status = strings_append(&reader->terms, reader->item.term.data);
    }
    reader->gold[n] = reader->item.gold;
    reader->file[n] = (int32_t)reader->path;
    reader->term[n] = (int32_t)term;
    if (n == 0) reader->first[0] = 0;
    reader->first[n + 1] = reader->first[n] + (int64_t)reader->item.choice.count;
    reader->count++;
    reader->taken++;
    return status;
}

static status_t next_item(reader_t *reader, bool *found)
{
    status_t status = NULL;
    *found = false;
    while (!status && !*found && reader->path < reader->paths->count) {
        if (!reader->items) status = open_file(reader);
        if (!status && (reader->limit == 0 || reader->taken < reader->limit))
            status = choice_items_next(reader->items, &reader->item, found);
        if (!status) status = *found ? keep(reader) : close_file(reader);
    }
    reader->next = 0;
    return status;
}

static status_t next(void *state, size_t most, text_t *text, bool *found)
{
    reader_t *reader = state;
    status_t status = NULL;
    (void)most;
    *found = reader->next < reader->item.choice.count;
    if (!*found) status = next_item(reader, found);
    if (status || !*found) return status;
    const char *context = reader->item.context.item[reader->next];
    const char *continuation = reader->item.continuation.item[reader->next];
    const char *choice = reader->item.choice.item[reader->next++];
    text->origin = (origin_t){(int64_t)reader->path, reader->item.line};
    return request_put(text, context, strlen(context), reader->delimiter, continuation,
                       strlen(continuation), (size_t)utf8_count(choice, strlen(choice)));
}

static uint64_t position(const void *state)
{
    const reader_t *reader = state;
    return reader->passed + (reader->items ? choice_items_position(reader->items) : 0);
}

static void reader_free(reader_t *reader)
{
    choice_items_close(&reader->items);
    choice_format_free(&reader->format);
    choice_item_free(&reader->item);
    mem_free(&reader->gold);
    mem_free(&reader->file);
    mem_free(&reader->term);
    mem_free(&reader->first);
    strings_free(&reader->files);
    strings_free(&reader->terms);
}

/* ---- writing ---- */

/* Every rank takes part in creating datasets, and so must know how many questions there are. */
static uint64_t count_of(const stage_t *stage, const reader_t *reader)
{
    uint64_t count = reader->count;
    MPI_Bcast(&count, 1, MPI_UINT64_T, 0, stage->comm);
    return count;
}

static status_t write_questions(const stage_t *stage, store_t *store, reader_t *reader)
{
    uint64_t count = count_of(stage, reader), bounds = count + 1;
    status_t status =
        agree(stage->comm, store_write(store, "/choices", STORE_I64, 1, &bounds, reader->first));
    if (!status)
        status = agree(stage->comm,
                       store_describe(store, "/choices", "items+1", "sequence",
                                      "First sequence of each question, then their number"));
    if (!status)
        status = shard_write_index(stage, store, "/gold", count, reader->gold,
                                   "The right one among each question's choices, from 0");
    if (!status)
        status = shard_write_index(stage, store, "/file", count, reader->file,
                                   "Index into /files of each question");
    if (!status)
        status = shard_write_index(stage, store, "/term", count, reader->term,
                                   "Index into /terms of each question");
    if (!status)
        status = shard_write_names(stage, store, "/files", &reader->files,
                                   "Names of the files, without endings");
    if (!status)
        status = shard_write_names(stage, store, "/terms", &reader->terms,
                                   "Groups; a file's name where there are none");
    return status;
}

static status_t write_file(const stage_t *stage, const shard_unit_t *unit,
                           const tokenizer_t *tokenizer, corpus_tokens_t *tokens, reader_t *reader)
{
    store_t *store = NULL;
    status_t status = shard_create(stage, unit, tokenizer, tokens, "/sequences", &store);
    if (!status)
        status = agree(stage->comm,
                       store_describe(store, "/sequences", "sequences+1", "token",
                                      "First token of each question with one of its choices, then "
                                      "the number of tokens"));
    if (!status)
        status = agree(stage->comm, store_set_text(store, "/sequences", "convention", "harness"));
    if (!status) status = write_questions(stage, store, reader);
    if (!status) status = store_publish(&store);
    store_close(&store);
    return status;
}

status_t shard_choice(const stage_t *stage, tokenizer_t *tokenizer, const shard_unit_t *unit)
{
    const config_t *config = stage->config;
    const char *name = unit->name;
    corpus_tokens_t *tokens = NULL;
    reader_t reader = {
        .paths = &unit->files,
        .answers = &unit->partners,
        .delimiter = config_text(config, config_path("benchmarks.%s.delimiter", name)),
        .limit = config_integer(config, config_path("benchmarks.%s.limit", name)),
    };
    text_source_t source = {next, position, &reader, unit->size, unit->label};
    request_state_t request;
    token_options_t options = {.files = &unit->files,
                               .scratch = unit->scratch,
                               .encode = request_encode,
                               .state = &request,
                               .text_columns = REQUEST_COLUMNS};
    memcpy(options.of_texts, request_columns, sizeof request_columns);
    status_t status = request_configure(config, name, tokenizer, &request);
    if (!status) status = choice_configure(config, name, &reader.format);
    status = agree(stage->comm, status);
    if (!status) status = corpus_tokens_make(stage->comm, tokenizer, &source, &options, &tokens);
    if (!status) status = write_file(stage, unit, tokenizer, tokens, &reader);
    if (!status)
        log_info("%s: %llu questions, %llu tokens", unit->path, (unsigned long long)reader.count,
                 (unsigned long long)corpus_tokens_count(tokens));
    corpus_tokens_free(&tokens);
    reader_free(&reader);
    return status;
}
