#include "stages/shard.h"

#include <string.h>

#include "core/file.h"
#include "core/memory.h"
#include "par/agree.h"
#include "text/corpus.h"
#include "text/input.h"

/* The texts of a key as files, one rank's view for all; paths travel with their NULs. */
static status_t find_files(const stage_t *stage, const char *key, strings_t *files, uint64_t *size)
{
    strings_t found = {0};
    str_t text = {0};
    const char *const *patterns;
    size_t count = config_texts(stage->config, key, &patterns);
    status_t status = NULL;
    if (stage->rank == 0) {
        status = input_files(patterns, count, &found);
        for (size_t i = 0; !status && i < found.count; i++) {
            file_t file;
            status = file_open(&file, found.item[i]);
            if (status) break;
            *size += file.size;
            file_close(&file);
            status = str_append(&text, found.item[i], strlen(found.item[i]) + 1);
        }
        if (!status && found.count == 0)
            status = config_error(stage->config, key, "a file is expected");
    }
    status = share_text(stage->comm, status, &text);
    for (size_t at = 0; !status && at < text.length; at += strlen(text.data + at) + 1)
        status = strings_append(files, text.data + at);
    strings_free(&found);
    str_free(&text);
    return agree(stage->comm, status);
}

/* Answers to questions, a file for each of theirs. */
static status_t find_answers(const stage_t *stage, shard_unit_t *unit)
{
    const char *key = config_path("%s.%s.answers", unit->section, unit->name);
    uint64_t size = 0;
    status_t status = find_files(stage, key, &unit->partners, &size);
    if (!status && unit->partners.count != unit->files.count)
        status = config_error(stage->config, key, "%zu files for %zu with questions",
                              unit->partners.count, unit->files.count);
    return status;
}

/* The index of each of Megatron's files. */
static status_t name_indices(shard_unit_t *unit)
{
    status_t status = NULL;
    for (size_t i = 0; !status && i < unit->files.count; i++) {
        const char *path = unit->files.item[i];
        char *index = NULL;
        size_t length = strlen(path) - (has_suffix(path, ".bin") ? 4 : 0);
        status = str_format(&index, "%.*s.idx", (int)length, path);
        if (!status) status = strings_append(&unit->partners, index);
        mem_free(&index);
    }
    return status;
}

static status_t find_inputs(const stage_t *stage, shard_unit_t *unit)
{
    const config_t *config = stage->config;
    bool corpus = strcmp(unit->section, "corpora") == 0;
    status_t status = find_files(stage, config_path("%s.%s.files", unit->section, unit->name),
                                 &unit->files, &unit->size);
    if (!status && corpus && strcmp(corpus_format(config, unit->name), "megatron") == 0)
        status = name_indices(unit);
    if (!status && !corpus && config_has(config, config_path("benchmarks.%s.answers", unit->name)))
        status = find_answers(stage, unit);
    return status;
}

/* Every rank hashes some of the files; digests [files] are everybody's in the end. */
static status_t hash_files(const stage_t *stage, const strings_t *files, char (*digest)[SHA256_HEX])
{
    status_t status = NULL;
    for (size_t i = 0; !status && i < files->count; i++)
        if ((int)(i % (size_t)stage->ranks) == stage->rank)
            status = hash_file(files->item[i], digest[i]);
    status = agree(stage->comm, status);
    for (size_t i = 0; !status && i < files->count; i++)
        MPI_Bcast(digest[i], SHA256_HEX, MPI_CHAR, (int)(i % (size_t)stage->ranks), stage->comm);
    return status;
}

/* Takes the line of a key out of a dump. */
static void drop_line(str_t *text, const char *key)
{
    size_t size = strlen(key);
    for (char *line = text->data, *end; *line; line = end) {
        end = strchr(line, '\n') + 1;
        if (strncmp(line, key, size) != 0 || line[size] != ':') continue;
        memmove(line, end, strlen(end) + 1);
        text->length -= (size_t)(end - line);
        return;
    }
}

/* The keys that the unit depends on: files as they are do not on what is made of them. */
static status_t dump_settings(const stage_t *stage, const shard_unit_t *unit, str_t *settings)
{
    static const char *const other[] = {"limit", "tokens", "seed"};
    status_t status =
        config_dump(stage->config, config_path("%s.%s.", unit->section, unit->name), settings);
    for (size_t i = 0; !status && unit->ordered && i < sizeof other / sizeof *other; i++)
        drop_line(settings, config_path("%s.%s.%s", unit->section, unit->name, other[i]));
    return status;
}

static status_t make_key(const stage_t *stage, const tokenizer_t *tokenizer, shard_unit_t *unit)
{
    str_t settings = {0};
    hash_t *hash = NULL;
    status_t status = dump_settings(stage, unit, &settings);
    if (!status) status = stage_key_create(&hash);
    if (!status) status = hash_add_field(hash, "tokenizer", tokenizer_hash(tokenizer));
    if (!status) status = hash_add_field(hash, "inputs", unit->inputs);
    if (!status) status = hash_add_field(hash, "settings", settings.data);
    if (!status) status = hash_finish(&hash, unit->key);
    hash_destroy(&hash);
    str_free(&settings);
    return status;
}

/* A line for each file: its digest and its path. */
static status_t list_files(const stage_t *stage, const strings_t *files, str_t *inputs)
{
    char(*digest)[SHA256_HEX] = NULL;
    status_t status = agree(stage->comm, mem_new(&digest, files->count, "digests"));
    if (!status) status = hash_files(stage, files, digest);
    for (size_t i = 0; !status && i < files->count; i++)
        status = str_printf(inputs, "%s  %s\n", digest[i], files->item[i]);
    mem_free(&digest);
    return agree(stage->comm, status);
}

status_t shard_part_path(const mixture_t *mixture, size_t part, const char *directory, char **path)
{
    return str_format(path, "%s/%s%s.h5", directory, mixture->component[part].name,
                      mixture->own ? ".ordered" : "");
}

/* A line for each part of a mixture: the key of its shard and its name. */
static status_t list_parts(const stage_t *stage, const shard_unit_t *unit, str_t *inputs)
{
    mixture_t mixture = {0};
    status_t status = mixture_read(stage->config, unit->name, &mixture);
    for (size_t i = 0; !status && i < mixture.components; i++) {
        char *path = NULL, *key = NULL;
        const char *name = mixture.component[i].name;
        status = shard_part_path(&mixture, i, unit->directory, &path);
        if (!status) status = stage_read_key(path, "shard", &key);
        if (!status) status = str_printf(inputs, "%s  %s\n", key, name);
        mem_free(&path);
        mem_free(&key);
    }
    mixture_free(&mixture);
    return agree(stage->comm, status);
}

/* What the unit is made of, with its hashes or keys. */
static status_t list_inputs(const stage_t *stage, const tokenizer_t *tokenizer, bool mixed,
                            shard_unit_t *unit)
{
    str_t inputs = {0};
    status_t status =
        mixed ? list_parts(stage, unit, &inputs) : list_files(stage, &unit->files, &inputs);
    if (!status && !mixed) status = list_files(stage, &unit->partners, &inputs);
    if (!status) status = str_copy(&unit->inputs, inputs.data);
    if (!status) status = make_key(stage, tokenizer, unit);
    str_free(&inputs);
    return agree(stage->comm, status);
}

status_t shard_unit_open(const stage_t *stage, const tokenizer_t *tokenizer, const char *section,
                         const char *name, bool ordered, shard_unit_t *unit)
{
    const config_t *config = stage->config;
    bool corpus = strcmp(section, "corpora") == 0;
    bool mixed = corpus && !ordered && (mixture_is(config, name) || mixture_is_own(config, name));
    *unit = (shard_unit_t){.section = section, .name = name, .ordered = ordered};
    if (!ordered) unit->limit = config_integer(config, config_path("%s.%s.limit", section, name));
    status_t status = str_format(&unit->label, "tokenising %s", name);
    if (!status) status = path_join(stage->directory, "shards", &unit->directory);
    unit->scratch = stage->scratch ? stage->scratch : unit->directory;
    status = agree(stage->comm, status);
    if (!status)
        status =
            stage_path(stage, true, &unit->path, "shards/%s%s.h5", name, ordered ? ".ordered" : "");
    if (!status && !mixed) status = find_inputs(stage, unit);
    if (!status && stage_needs_key(stage, unit->path))
        status = list_inputs(stage, tokenizer, mixed, unit);
    if (status) shard_unit_close(unit);
    return status;
}

void shard_unit_close(shard_unit_t *unit)
{
    strings_free(&unit->files);
    strings_free(&unit->partners);
    mem_free(&unit->inputs);
    mem_free(&unit->path);
    mem_free(&unit->directory);
    mem_free(&unit->label);
}

static status_t record_inputs(const shard_unit_t *unit, const tokenizer_t *tokenizer,
                              uint64_t tokens, store_t *store)
{
    status_t status = store_set_text(store, "/", "tokenizer", tokenizer_hash(tokenizer));
    if (!status) status = store_set_text(store, "/", "inputs", unit->inputs);
    if (!status) status = store_set_integer(store, "/", "tokens", (int64_t)tokens);
    return status;
}

status_t shard_create_file(const stage_t *stage, const shard_unit_t *unit,
                           const tokenizer_t *tokenizer, uint64_t tokens, store_t **store)
{
    *store = NULL;
    status_t status = stage_create(stage, unit->path, unit->key, stage->comm, store);
    status = agree(stage->comm, status);
    if (!status) status = agree(stage->comm, record_inputs(unit, tokenizer, tokens, *store));
    if (status) store_close(store);
    return status;
}

status_t shard_create(const stage_t *stage, const shard_unit_t *unit, const tokenizer_t *tokenizer,
                      corpus_tokens_t *tokens, const char *offsets, store_t **store)
{
    status_t status = shard_create_file(stage, unit, tokenizer, corpus_tokens_count(tokens), store);
    if (!status) status = corpus_tokens_write(tokens, *store, offsets);
    if (status) store_close(store);
    return status;
}

status_t shard_describe_documents(const stage_t *stage, const tokenizer_t *tokenizer,
                                  store_t *store)
{
    status_t status = store_describe(store, "/documents", "documents+1", "token",
                                     "First token of each document, then the number of tokens");
    if (!status) status = store_set_integer(store, "/ids", "bos", tokenizer_bos(tokenizer));
    return agree(stage->comm, status);
}

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

status_t shard_write_names(const stage_t *stage, store_t *store, const char *dataset,
                           strings_t *names, const char *description)
{
    status_t status = share_names(stage, names);
    if (!status)
        status = store_write_texts(store, dataset, names->count, (const char *const *)names->item);
    if (!status) status = store_describe(store, dataset, dataset + 1, "text", description);
    return agree(stage->comm, status);
}

status_t shard_write_index(const stage_t *stage, store_t *store, const char *dataset,
                           uint64_t items, const int32_t *index, const char *description)
{
    status_t status = store_write(store, dataset, STORE_I32, 1, &items, index);
    if (!status) status = store_describe(store, dataset, "items", "index", description);
    return agree(stage->comm, status);
}
