#include <stdlib.h>
#include <string.h>

#include "core/log.h"
#include "core/memory.h"
#include "text/json_fields.h"
#include "text/tokenizer_parts.h"

enum { WORD_SETS = 1 << 16 }; /* 4 MiB */

static status_t read_vocabulary(json_t *object, bool byte_level, vocabulary_t *vocabulary)
{
    const char *token;
    json_t *id;
    size_t count = json_object_size(object);
    status_t status = NULL;
    json_object_foreach(object, token, id)
    {
        if (!json_is_integer(id))
            status = status_new(EXIT_INPUT, "vocabulary: the id of %.80s is not an integer", token);
        else
            status =
                vocabulary_add(vocabulary, token, strlen(token), json_integer_value(id), count);
        if (status) break;
    }
    return status ? status : vocabulary_finish(vocabulary, byte_level);
}

/* "a b" or ["a", "b"]. A line that starts with "#version" is a heading of merges.txt. */
static status_t read_merge(bpe_t *bpe, const json_t *item, size_t index)
{
    if (json_is_string(item)) {
        const char *text = json_string_value(item), *space = strchr(text, ' ');
        if (!space || strchr(space + 1, ' ') || strlen(text) != json_string_length(item))
            return status_new(EXIT_INPUT, "merge %zu is \"%.80s\", expected two tokens", index,
                              text);
        return bpe_add_merge(bpe, text, (size_t)(space - text), space + 1, strlen(space + 1));
    }
    const json_t *left = json_array_get(item, 0), *right = json_array_get(item, 1);
    if (json_array_size(item) != 2 || !json_is_string(left) || !json_is_string(right))
        return status_new(EXIT_INPUT, "merge %zu is not a pair of tokens", index);
    return bpe_add_merge(bpe, json_string_value(left), json_string_length(left),
                         json_string_value(right), json_string_length(right));
}

static bool is_heading(const json_t *item)
{
    return json_is_string(item) && strncmp(json_string_value(item), "#version", 8) == 0;
}

status_t make_model(tokenizer_t *tokenizer, json_t *vocabulary, const json_t *merges,
                    const bpe_options_t *options, const char *unknown)
{
    vocabulary_t tokens = {0};
    bpe_options_t chosen = *options;
    size_t i, count = 0;
    json_t *item;
    json_array_foreach(merges, i, item) count += !is_heading(item);
    status_t status = read_vocabulary(vocabulary, options->byte_level, &tokens);
    chosen.unknown = -1;
    if (!status && unknown) chosen.unknown = vocabulary_find(&tokens, unknown, strlen(unknown));
    if (!status) {
        tokenizer->next_id = (int64_t)tokens.count;
        status = bpe_create(&tokens, &chosen, count, &tokenizer->bpe);
    }
    vocabulary_free(&tokens);
    if (status) return status;
    json_array_foreach(merges, i, item)
    {
        if (!is_heading(item)) status = read_merge(tokenizer->bpe, item, i);
        if (status) break;
    }
    if (!status) status = bpe_finish(tokenizer->bpe);
    return status ? status : words_create(&tokenizer->words, WORD_SETS);
}

/* An option that must be absent, null, or empty. */
static status_t must_be_empty(const json_t *object, const char *key)
{
    const json_t *value = json_object_get(object, key);
    if (!value || json_is_null(value) || (json_is_string(value) && !json_string_length(value)) ||
        (json_is_real(value) && json_real_value(value) == 0))
        return NULL;
    return status_new(EXIT_INPUT, "model BPE: %s is not supported (expected null)", key);
}

/* A fallback for bytes that GPT-2's alphabet lacks would split its characters in two. */
static status_t check_fallback(const tokenizer_t *tokenizer)
{
    const vocabulary_t *vocabulary = bpe_vocabulary(tokenizer->bpe);
    for (int byte = 0; byte < 0xf5; byte++) {
        char text = (char)byte;
        bool possible = byte != 0xc0 && byte != 0xc1;
        if (possible && vocabulary_find_bytes(vocabulary, &text, 1) < 0)
            return status_new(EXIT_INPUT,
                              "model BPE: byte_fallback with ByteLevel and a vocabulary "
                              "that lacks byte 0x%02X is not supported",
                              (unsigned)byte);
    }
    return NULL;
}

status_t read_model(tokenizer_t *tokenizer, const json_t *object, bool byte_level)
{
    static const char *const empty[] = {"dropout", "continuing_subword_prefix",
                                        "end_of_word_suffix"};
    const char *where = "model BPE", *type = "BPE", *unknown = NULL;
    json_t *vocabulary, *merges;
    bpe_options_t options = {.byte_level = byte_level};
    status_t status = NULL;
    if (json_object_get(object, "type")) status = json_text(object, "model", "type", &type);
    if (!status && strcmp(type, "BPE") != 0)
        status = status_new(EXIT_INPUT, "model %.80s is not supported (known: BPE)", type);
    if (!status)
        status =
            json_only(object, where,
                      (const char *[]){"type", "dropout", "unk_token", "continuing_subword_prefix",
                                       "end_of_word_suffix", "fuse_unk", "byte_fallback",
                                       "ignore_merges", "vocab", "merges", NULL});
    for (size_t i = 0; !status && i < sizeof empty / sizeof *empty; i++)
        status = must_be_empty(object, empty[i]);
    const json_t *unk = json_object_get(object, "unk_token");
    if (!status && unk && !json_is_null(unk))
        status = json_text(object, where, "unk_token", &unknown);
    if (!status) status = json_flag(object, where, "fuse_unk", false, &options.fuse_unknown);
    if (!status) status = json_flag(object, where, "byte_fallback", false, &options.byte_fallback);
    if (!status) status = json_flag(object, where, "ignore_merges", false, &options.ignore_merges);
    if (!status) status = json_part(object, where, "vocab", JSON_OBJECT, &vocabulary);
    if (!status) status = json_part(object, where, "merges", JSON_ARRAY, &merges);
    if (!status) status = make_model(tokenizer, vocabulary, merges, &options, unknown);
    if (!status && byte_level && options.byte_fallback) status = check_fallback(tokenizer);
    return status;
}

status_t add_token(tokenizer_t *tokenizer, const added_entry_t *entry)
{
    const vocabulary_t *vocabulary = bpe_vocabulary(tokenizer->bpe);
    size_t length = strlen(entry->content);
    if (length == 0) return NULL; /* as in the reference */
    int64_t id = vocabulary_find(vocabulary, entry->content, length);
    if (id < 0) id = tokenizer->next_id++;
    if (entry->declared >= 0 && entry->declared != id)
        log_warning("added token %.80s has id %lld in its file, but its place gives it %lld",
                    entry->content, (long long)entry->declared, (long long)id);
    status_t status = vocabulary_add(&tokenizer->added, entry->content, length, id,
                                     vocabulary->size + tokenizer->added.count + 1);
    if (status) return status_wrap(status, "added tokens");
    if (!entry->normalized)
        return added_append(&tokenizer->raw, entry->content, length, (int32_t)id, entry->special,
                            entry->options);
    piece_t piece = {.bytes = entry->content, .length = length};
    status = normalizer_apply(&tokenizer->normalizer, false, &piece);
    return status ? status
                  : added_append(&tokenizer->normalized, piece.bytes, piece.length, (int32_t)id,
                                 entry->special, entry->options);
}

status_t finish_added(tokenizer_t *tokenizer)
{
    added_finish(&tokenizer->raw);
    added_finish(&tokenizer->normalized);
    status_t status = vocabulary_finish(&tokenizer->added, false);
    size_t size = bpe_vocabulary(tokenizer->bpe)->size;
    tokenizer->size = (int32_t)(size > tokenizer->added.size ? size : tokenizer->added.size);
    return status;
}

status_t read_added(tokenizer_t *tokenizer, const json_t *list)
{
    const char *where = "added_tokens";
    json_t *item;
    size_t i;
    status_t status = NULL;
    if (list && !json_is_null(list) && !json_is_array(list))
        return status_new(EXIT_INPUT, "added_tokens is not a list");
    json_array_foreach(list, i, item)
    {
        added_entry_t entry = {.declared = -1};
        status = json_text(item, where, "content", &entry.content);
        if (!status) status = json_flag(item, where, "single_word", -1, &entry.options.single_word);
        if (!status) status = json_flag(item, where, "lstrip", -1, &entry.options.lstrip);
        if (!status) status = json_flag(item, where, "rstrip", -1, &entry.options.rstrip);
        if (!status) status = json_flag(item, where, "normalized", -1, &entry.normalized);
        if (!status) status = json_flag(item, where, "special", -1, &entry.special);
        const json_t *id = json_object_get(item, "id");
        if (!status && !json_is_integer(id))
            status = status_new(EXIT_INPUT, "added token %.80s has no id", entry.content);
        if (status) break;
        entry.declared = json_integer_value(id);
        status = add_token(tokenizer, &entry);
        if (status) break;
    }
    return status ? status : finish_added(tokenizer);
}
