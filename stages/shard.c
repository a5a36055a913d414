#include "stages/shard.h"

#include <string.h>

#include "core/file.h"
#include "core/memory.h"
#include "par/agree.h"
#include "text/input.h"

/* One rank looks at the file system; paths travel with their NULs. */
static status_t find_files(const stage_t *stage, shard_unit_t *unit)
{
    strings_t found = {0};
    str_t text = {0};
    const char *const *patterns;
    size_t count = config_texts(stage->config,
                                config_path("%s.%s.files", unit->section, unit->name), &patterns);
    status_t status = NULL;
    if (stage->rank == 0) {
        status = input_files(patterns, count, &found);
        for (size_t i = 0; !status && i < found.count; i++) {
            file_t file;
            status = file_open(&file, found.item[i]);
            if (status) break;
            unit->size += file.size;
            file_close(&file);
            status = str_append(&text, found.item[i], strlen(found.item[i]) + 1);
        }
        if (!status && found.count == 0)
            status =
                config_error(stage->config, config_path("%s.%s.files", unit->section, unit->name),
                             "a file is expected");
    }
    status = share_text(stage->comm, status, &text);
    for (size_t at = 0; !status && at < text.length; at += strlen(text.data + at) + 1)
        status = strings_append(&unit->files, text.data + at);
    strings_free(&found);
    str_free(&text);
    return agree(stage->comm, status);
}

/* Every rank hashes some of the files; digests [files] are everybody's in the end. */
static status_t hash_files(const stage_t *stage, const strings_t *files, char (*digest)[SHA256_HEX])
{
    status_t status = NULL;
    for (size_t i = 0; !status && i < files->count; i++)
        if ((int)(i % (size_t)stage->ranks) == stage->rank)
            status = hash_file(files->item[i], digest[i]);
    status = agree(stage->comm, status);
    /* The others' places are zero. */
    for (size_t i = 0; !status && i < files->count; i++)
        MPI_Bcast(digest[i], SHA256_HEX, MPI_CHAR, (int)(i % (size_t)stage->ranks), stage->comm);
    return status;
}

static status_t make_key(const stage_t *stage, const tokenizer_t *tokenizer, shard_unit_t *unit)
{
    str_t settings = {0};
    hash_t *hash = NULL;
    status_t status =
        config_dump(stage->config, config_path("%s.%s.", unit->section, unit->name), &settings);
    if (!status) status = stage_key_create(&hash);
    if (!status) status = hash_add_field(hash, "tokenizer", tokenizer_hash(tokenizer));
    if (!status) status = hash_add_field(hash, "inputs", unit->inputs);
    if (!status) status = hash_add_field(hash, "settings", settings.data);
    if (!status) status = hash_finish(&hash, unit->key);
    hash_destroy(&hash);
    str_free(&settings);
    return status;
}

status_t shard_unit_open(const stage_t *stage, const tokenizer_t *tokenizer, const char *section,
                         const char *name, shard_unit_t *unit)
{
    char(*digest)[SHA256_HEX] = NULL;
    str_t inputs = {0};
    *unit = (shard_unit_t){.section = section, .name = name};
    status_t status = find_files(stage, unit);
    if (!status) status = agree(stage->comm, mem_new(&digest, unit->files.count, "digests"));
    if (!status) status = hash_files(stage, &unit->files, digest);
    for (size_t i = 0; !status && i < unit->files.count; i++)
        status = str_printf(&inputs, "%s  %s\n", digest[i], unit->files.item[i]);
    if (!status) status = str_copy(&unit->inputs, inputs.data);
    if (!status) status = make_key(stage, tokenizer, unit);
    if (!status) status = str_format(&unit->label, "tokenising %s", name);
    status = agree(stage->comm, status);
    if (!status) status = stage_path(stage, true, &unit->path, "shards/%s.h5", name);
    if (!status) status = agree(stage->comm, path_join(stage->directory, "shards", &unit->directory));
    mem_free(&digest);
    str_free(&inputs);
    if (status) shard_unit_close(unit);
    return status;
}

void shard_unit_close(shard_unit_t *unit)
{
    strings_free(&unit->files);
    mem_free(&unit->inputs);
    mem_free(&unit->path);
    mem_free(&unit->directory);
    mem_free(&unit->label);
}

static status_t record_inputs(const shard_unit_t *unit, const tokenizer_t *tokenizer,
                              const corpus_tokens_t *tokens, store_t *store)
{
    uint64_t count = corpus_tokens_count(tokens);
    status_t status = store_set_text(store, "/", "tokenizer", tokenizer_hash(tokenizer));
    if (!status) status = store_set_text(store, "/", "inputs", unit->inputs);
    if (!status) status = store_set_integer(store, "/", "tokens", (int64_t)count);
    return status;
}

status_t shard_create(const stage_t *stage, const shard_unit_t *unit, const tokenizer_t *tokenizer,
                      corpus_tokens_t *tokens, const char *offsets, store_t **store)
{
    *store = NULL;
    status_t status = stage_create(stage, unit->path, unit->key, stage->comm, store);
    status = agree(stage->comm, status);
    if (!status) status = agree(stage->comm, record_inputs(unit, tokenizer, tokens, *store));
    if (!status) status = corpus_tokens_write(tokens, *store, offsets);
    if (status) store_close(store);
    return status;
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
    if (!status) status = store_describe(store, dataset, "text", description);
    return agree(stage->comm, status);
}

status_t shard_write_index(const stage_t *stage, store_t *store, const char *dataset,
                           uint64_t items, const int32_t *index, const char *description)
{
    status_t status = store_write(store, dataset, STORE_I32, 1, &items, index);
    if (!status) status = store_describe(store, dataset, "index", description);
    return agree(stage->comm, status);
}
