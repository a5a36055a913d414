#include "text/named_tokens.h"

#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "text/json_fields.h"

static const char where[] = "tokenizer_config.json";

/* The text of a special token: "x" or {"content": "x"}; NULL where there is none. */
static const char *special_text(const json_t *value)
{
    return json_is_object(value) ? json_string_value(json_object_get(value, "content"))
                                 : json_string_value(value);
}

/* Special tokens that the configuration does not name, by class. */
static const char *default_special(const json_t *config, const char *key)
{
    static const struct {
        const char *class, *bos, *eos, *unk;
    } known[] = {
        {"GPT2Tokenizer", "<|endoftext|>", "<|endoftext|>", "<|endoftext|>"},
        {"GPTNeoXTokenizer", "<|endoftext|>", "<|endoftext|>", "<|endoftext|>"},
        {"Qwen2Tokenizer", NULL, "<|endoftext|>", NULL},
        {"LlamaTokenizer", "<s>", "</s>", "<unk>"},
    };
    const char *class = json_string_value(json_object_get(config, "tokenizer_class"));
    for (size_t i = 0; class && i < sizeof known / sizeof *known; i++) {
        size_t length = strlen(known[i].class);
        if (strncmp(class, known[i].class, length) != 0 ||
            (class[length] != '\0' && strcmp(class + length, "Fast") != 0))
            continue;
        if (strcmp(key, "bos_token") == 0) return known[i].bos;
        if (strcmp(key, "eos_token") == 0) return known[i].eos;
        return strcmp(key, "unk_token") == 0 ? known[i].unk : NULL;
    }
    return NULL;
}

int32_t named_token_id(const tokenizer_t *tokenizer, const json_t *config, const char *key)
{
    const json_t *value = json_object_get(config, key);
    const char *text = value ? special_text(value) : default_special(config, key);
    return text ? tokenizer_find(tokenizer, text) : -1;
}

/* A token that config names, unless one of that text (a key of seen) was added before. */
static status_t add_once(tokenizer_t *tokenizer, const char *what, const char *text,
                         const json_t *value, int64_t declared, json_t *seen)
{
    added_entry_t entry = {.content = text, .declared = declared, .special = declared < 0};
    if (json_object_get(seen, text)) return NULL;
    if (json_object_set_new(seen, text, json_true()))
        return status_new(EXIT_RESOURCE, "out of memory: special tokens");
    status_t status = NULL;
    if (json_is_object(value)) {
        status = json_flag(value, what, "single_word", false, &entry.options.single_word);
        if (!status) status = json_flag(value, what, "lstrip", false, &entry.options.lstrip);
        if (!status) status = json_flag(value, what, "rstrip", false, &entry.options.rstrip);
        if (!status) status = json_flag(value, what, "normalized", true, &entry.normalized);
        if (!status) status = json_flag(value, what, "special", entry.special, &entry.special);
    }
    if (!status) status = add_token(tokenizer, &entry);
    if (status || declared < 0) return status;
    int32_t id = vocabulary_find(bpe_vocabulary(tokenizer->bpe), text, strlen(text));
    if (id < 0) id = (int32_t)tokenizer->next_id - 1;
    return id == declared
               ? NULL
               : status_new(EXIT_INPUT, "%s: token %.80s has id %lld, but its place gives it %d",
                            what, text, (long long)declared, id);
}

typedef struct {
    int64_t id;
    const char *text;
    const json_t *value;
} numbered_t;

static int compare_numbered(const void *a, const void *b)
{
    const numbered_t *left = a, *right = b;
    return (left->id > right->id) - (left->id < right->id);
}

/* Of decoder ({"7": {"content": "x"}}), or of legacy ({"x": 7}). */
static status_t add_numbered(tokenizer_t *tokenizer, json_t *decoder, json_t *legacy, json_t *seen)
{
    const char *what = decoder ? "added_tokens_decoder" : "added_tokens.json", *key;
    json_t *list = decoder ? decoder : legacy, *value;
    numbered_t *entry = NULL;
    size_t count = 0;
    status_t status = mem_new(&entry, json_object_size(list), "added tokens");
    if (status) return status;
    json_object_foreach(list, key, value)
    {
        char *end = NULL;
        bool valid = decoder ? *key >= '0' && *key <= '9' : json_is_integer(value);
        numbered_t *next = &entry[count++];
        *next = (numbered_t){json_integer_value(value), key, NULL};
        if (decoder) *next = (numbered_t){strtoll(key, &end, 10), special_text(value), value};
        if (valid && next->id >= 0 && next->text && (!end || !*end)) continue;
        status = status_new(EXIT_INPUT, "%s: \"%.80s\" is not a token with its id", what, key);
        break;
    }
    qsort(entry, count, sizeof *entry, compare_numbered);
    for (size_t i = 0; !status && i < count; i++)
        status = add_once(tokenizer, what, entry[i].text, entry[i].value, entry[i].id, seen);
    mem_free(&entry);
    return status;
}

/* The tokens under these keys, each one token or a list of them. */
static status_t add_keys(tokenizer_t *tokenizer, const json_t *config, json_t *seen)
{
    static const char *const keys[] = {"bos_token",  "eos_token",
                                       "unk_token",  "sep_token",
                                       "pad_token",  "cls_token",
                                       "mask_token", "additional_special_tokens"};
    status_t status = NULL;
    for (size_t i = 0; !status && i < sizeof keys / sizeof *keys; i++) {
        json_t *value = json_object_get(config, keys[i]), *item;
        const char *text = value ? special_text(value) : default_special(config, keys[i]);
        size_t j;
        if (text) status = add_once(tokenizer, keys[i], text, value, -1, seen);
        else if (value && !json_is_null(value) && !json_is_array(value))
            status = status_new(EXIT_INPUT, "%s: %s is not a token", where, keys[i]);
        json_array_foreach(value, j, item)
        {
            text = special_text(item);
            status = text
                         ? add_once(tokenizer, keys[i], text, item, -1, seen)
                         : status_new(EXIT_INPUT, "%s: %s is not a list of tokens", where, keys[i]);
            if (status) break;
        }
    }
    return status;
}

status_t add_named_tokens(tokenizer_t *tokenizer, const json_t *config, json_t *legacy)
{
    json_t *decoder = json_object_get(config, "added_tokens_decoder"), *seen = json_object();
    status_t status = seen ? NULL : status_new(EXIT_RESOURCE, "out of memory: special tokens");
    if (!status && decoder && !json_is_object(decoder))
        status = status_new(EXIT_INPUT, "%s: added_tokens_decoder is not an object", where);
    if (!status && (decoder || legacy)) status = add_numbered(tokenizer, decoder, legacy, seen);
    if (!status) status = add_keys(tokenizer, config, seen);
    json_decref(seen);
    return status ? status : finish_added(tokenizer);
}
