#include <stdlib.h>
#include <string.h>

#include "core/file.h"
#include "core/json_size.h"
#include "core/memory.h"
#include "text/json_fields.h"
#include "text/named_tokens.h"
#include "text/tokenizer_parts.h"

enum { LARGEST = 1 << 28 }; /* bytes of one of the files: 256 MiB */

/* The files of one tokenizer, and the digest of what was read. */
typedef struct {
    const char *directory;
    hash_t *hash;
} source_t;

static status_t read_source(source_t *source, const char *path, str_t *text)
{
    status_t status = file_read(path, LARGEST, text);
    if (!status) status = str_append(text, "", 0); /* never NULL */
    if (!status) status = hash_add_field(source->hash, "file", path_base(path));
    if (!status) status = hash_add(source->hash, &text->length, sizeof text->length);
    if (!status) status = hash_add(source->hash, text->data, text->length);
    return status;
}

/* The JSON object in directory/name; *root NULL where the file is absent and may be. */
static status_t read_object(source_t *source, const char *name, bool required, json_t **root)
{
    char *path = NULL;
    str_t text = {0};
    *root = NULL;
    status_t status = path_join(source->directory, name, &path);
    if (!status && (required || file_exists(path))) {
        status = read_source(source, path, &text);
        if (!status) status = parse_json(text.data, text.length, name, root);
        status = status_wrap(status, "%s", path);
    }
    mem_free(&path);
    str_free(&text);
    return status;
}

/* tokenizer_config.json; where it does not say what tokens were added, it is of the kind whose
 * special tokens special_tokens_map.json overrides. NULL where there is neither. */
static status_t read_config(source_t *source, json_t **config)
{
    json_t *map = NULL;
    status_t status = read_object(source, "tokenizer_config.json", false, config);
    if (!status && !json_object_get(*config, "added_tokens_decoder"))
        status = read_object(source, "special_tokens_map.json", false, &map);
    if (map && !*config) *config = json_object();
    if (map && json_object_update(*config, map))
        status = status_new(EXIT_RESOURCE, "out of memory: configuration");
    json_decref(map);
    return status;
}

static size_t count_lines(const str_t *text)
{
    size_t count = 0;
    for (size_t i = 0; i < text->length; i++) count += text->data[i] == '\n';
    return count;
}

/* The lines of merges.txt as a list of texts. */
static status_t read_merges(source_t *source, json_t **merges)
{
    char *path = NULL;
    str_t text = {0};
    *merges = json_array();
    status_t status = path_join(source->directory, "merges.txt", &path);
    if (!status) status = read_source(source, path, &text);
    if (!status && !*merges) status = status_new(EXIT_RESOURCE, "out of memory: merges");
    if (!status && count_lines(&text) > JSON_VALUES)
        status = status_new(EXIT_INPUT, "%s: more than %d lines", path, JSON_VALUES);
    for (size_t at = 0, end; !status && at < text.length; at = end + 1) {
        const char *newline = memchr(text.data + at, '\n', text.length - at);
        end = newline ? (size_t)(newline - text.data) : text.length;
        size_t length = end - at - (end > at && text.data[end - 1] == '\r');
        if (length == 0 && end == text.length) break;
        json_t *line = json_stringn(text.data + at, length);
        if (!line || json_array_append_new(*merges, line))
            status = status_new(EXIT_INPUT, "%s: a line that is not UTF-8", path);
    }
    mem_free(&path);
    str_free(&text);
    return status;
}

/* A directory with vocab.json and merges.txt: the tokenizer of GPT-2, which OPT has too. */
static status_t open_gpt2(tokenizer_t *tokenizer, source_t *source, json_t **config)
{
    const char *what = "tokenizer_config.json";
    json_t *vocabulary = NULL, *merges = NULL, *added = NULL;
    bpe_options_t options = {.byte_level = true};
    bool prefix = false, begin = false, end = false;
    status_t status = read_object(source, "vocab.json", true, &vocabulary);
    if (!status) status = read_merges(source, &merges);
    if (!status) status = read_config(source, config);
    if (!status) status = read_object(source, "added_tokens.json", false, &added);
    if (!status && !*config) *config = json_object();
    if (!status && !json_object_get(*config, "tokenizer_class") &&
        json_object_set_new(*config, "tokenizer_class", json_string("GPT2Tokenizer")))
        status = status_new(EXIT_RESOURCE, "out of memory: configuration");
    const char *class = json_string_value(json_object_get(*config, "tokenizer_class"));
    if (!status && (!class || strncmp(class, "GPT2Tokenizer", 13) != 0))
        status = status_new(EXIT_INPUT,
                            "%s: tokenizer_class %.80s with vocab.json is not supported "
                            "(known: GPT2Tokenizer)",
                            what, class ? class : "");
    if (!status) status = json_flag(*config, what, "add_prefix_space", false, &prefix);
    if (!status) status = json_flag(*config, what, "add_bos_token", false, &begin);
    /* transformers 4 passes over this one, 5 appends EOS. */
    if (!status) status = json_flag(*config, what, "add_eos_token", false, &end);
    if (!status && end)
        status =
            status_new(EXIT_INPUT, "%s: add_eos_token is not supported (expected false)", what);
    if (!status) status = add_byte_level(&tokenizer->splitter, prefix, true);
    if (!status) status = make_model(tokenizer, vocabulary, merges, &options, NULL);
    if (!status) status = add_named_tokens(tokenizer, *config, added);
    if (!status && begin) {
        int32_t bos = named_token_id(tokenizer, *config, "bos_token");
        status = bos < 0 ? status_new(EXIT_INPUT, "%s: add_bos_token without a bos_token", what)
                         : ids_append(&tokenizer->finisher.before, bos);
    }
    json_decref(vocabulary);
    json_decref(merges);
    json_decref(added);
    return status;
}

static status_t open_json(tokenizer_t *tokenizer, source_t *source, const char *path,
                          json_t **config)
{
    str_t text = {0};
    status_t status = read_source(source, path, &text);
    if (!status) status = tokenizer_parse(tokenizer, text.data, text.length);
    status = status_wrap(status, "%s", path);
    str_free(&text);
    return status ? status : read_config(source, config);
}

/* The directory that holds path. */
static status_t directory_of(const char *path, char **directory)
{
    size_t length = (size_t)(path_base(path) - path);
    if (length == 0) return str_copy(directory, ".");
    return str_copy_n(directory, path, length > 1 ? length - 1 : 1);
}

static status_t open_files(tokenizer_t *tokenizer, source_t *source, const char *path,
                           json_t **config)
{
    char *json = NULL, *directory = NULL;
    bool given = !file_is_directory(path);
    status_t status = given ? directory_of(path, &directory) : str_copy(&directory, path);
    if (!status) status = given ? str_copy(&json, path) : path_join(path, "tokenizer.json", &json);
    source->directory = directory;
    if (!status)
        status = given || file_exists(json) ? open_json(tokenizer, source, json, config)
                                            : open_gpt2(tokenizer, source, config);
    if (!status) {
        tokenizer->bos = named_token_id(tokenizer, *config, "bos_token");
        tokenizer->eos = named_token_id(tokenizer, *config, "eos_token");
    }
    mem_free(&json);
    mem_free(&directory);
    return status;
}

status_t tokenizer_open(const char *path, tokenizer_t **tokenizer)
{
    source_t source = {0};
    json_t *config = NULL;
    status_t status = mem_new(tokenizer, 1, "tokenizer");
    if (!status) status = hash_create(&source.hash);
    if (!status) status = open_files(*tokenizer, &source, path, &config);
    if (!status) status = hash_finish(&source.hash, (*tokenizer)->hash);
    hash_destroy(&source.hash);
    json_decref(config);
    if (status) tokenizer_close(tokenizer);
    return status;
}
