#include <string.h>

#include "core/json_size.h"
#include "core/log.h"
#include "core/memory.h"
#include "text/json_fields.h"
#include "text/tokenizer_parts.h"
#include "text/utf8.h"

enum { DEEPEST = 16 }; /* sequences within sequences */

status_t parse_json(const char *text, size_t length, const char *what, json_t **root)
{
    json_error_t error;
    *root = NULL;
    if (json_exceeds(text, length, JSON_VALUES))
        return status_new(EXIT_INPUT, "%s: more than %d values", what, JSON_VALUES);
    *root = json_loadb(text, length, JSON_ALLOW_NUL, &error);
    if (!*root)
        return status_new(EXIT_INPUT, "%s, line %d column %d: %s", what, error.line, error.column,
                          error.text);
    if (json_is_object(*root)) return NULL;
    json_decref(*root);
    *root = NULL;
    return status_new(EXIT_INPUT, "%s holds no JSON object", what);
}

status_t ids_append(ids_t *ids, int32_t id)
{
    status_t status = mem_grow(&ids->id, &ids->capacity, ids->count + 1, "special tokens");
    if (!status) ids->id[ids->count++] = id;
    return status;
}

/* "pattern": {"String": text} or {"Regex": text}. */
static status_t read_pattern(const json_t *object, const char *where, const char **literal,
                             const char **regex)
{
    json_t *pattern;
    *literal = *regex = NULL;
    status_t status = json_part(object, where, "pattern", JSON_OBJECT, &pattern);
    if (status) return status;
    if (json_object_get(pattern, "Regex")) return json_text(pattern, where, "Regex", regex);
    status = json_text(pattern, where, "String", literal);
    if (!status && !**literal) status = status_new(EXIT_INPUT, "%s: an empty pattern", where);
    return status;
}

static status_t read_normalizer(tokenizer_t *tokenizer, const json_t *object, int depth)
{
    const char *type, *text, *literal, *regex;
    status_t status = json_text(object, "normalizer", "type", &type);
    if (status) return status;
    if (depth > DEEPEST) return status_new(EXIT_INPUT, "normalizer: sequences nested too deep");
    if (strcmp(type, "NFC") == 0) {
        status = json_only(object, "normalizer NFC", (const char *[]){"type", NULL});
        return status ? status
                      : normalizer_add(&tokenizer->normalizer, NORMALIZE_NFC, NULL, NULL, NULL);
    }
    if (strcmp(type, "Prepend") == 0) {
        status = json_only(object, "normalizer Prepend", (const char *[]){"type", "prepend", NULL});
        if (!status) status = json_text(object, "normalizer Prepend", "prepend", &text);
        return status ? status
                      : normalizer_add(&tokenizer->normalizer, NORMALIZE_PREPEND, text, NULL, NULL);
    }
    if (strcmp(type, "Replace") == 0) {
        status = json_only(object, "normalizer Replace",
                           (const char *[]){"type", "pattern", "content", NULL});
        if (!status) status = read_pattern(object, "normalizer Replace", &literal, &regex);
        if (!status) status = json_text(object, "normalizer Replace", "content", &text);
        return status ? status
                      : normalizer_add(&tokenizer->normalizer, NORMALIZE_REPLACE, text, literal,
                                       regex);
    }
    if (strcmp(type, "Sequence") != 0)
        return status_new(EXIT_INPUT,
                          "normalizer %.80s is not supported "
                          "(known: NFC, Prepend, Replace, Sequence)",
                          type);
    json_t *steps, *step;
    size_t i;
    status =
        json_only(object, "normalizer Sequence", (const char *[]){"type", "normalizers", NULL});
    if (!status)
        status = json_part(object, "normalizer Sequence", "normalizers", JSON_ARRAY, &steps);
    if (status) return status;
    json_array_foreach(steps, i, step)
    {
        status = read_normalizer(tokenizer, step, depth + 1);
        if (status) break;
    }
    return status;
}

status_t add_byte_level(splitter_t *splitter, bool prefix, bool use_regex)
{
    split_step_t *step;
    status_t status = NULL;
    if (prefix) status = splitter_add(splitter, SPLIT_PREFIX, &step);
    if (!status && use_regex) status = splitter_add_pattern(splitter, gpt2_pattern, false);
    return status;
}

static status_t read_byte_level(splitter_t *splitter, const json_t *object)
{
    bool prefix, trim, use_regex;
    const char *where = "pre_tokenizer ByteLevel";
    status_t status =
        json_only(object, where,
                  (const char *[]){"type", "add_prefix_space", "trim_offsets", "use_regex", NULL});
    if (!status) status = json_flag(object, where, "add_prefix_space", -1, &prefix);
    if (!status) status = json_flag(object, where, "trim_offsets", -1, &trim);
    if (!status) status = json_flag(object, where, "use_regex", true, &use_regex);
    return status ? status : add_byte_level(splitter, prefix, use_regex);
}

static status_t read_split(splitter_t *splitter, const json_t *object)
{
    const char *behavior, *literal, *regex, *where = "pre_tokenizer Split";
    bool invert;
    status_t status =
        json_only(object, where, (const char *[]){"type", "pattern", "behavior", "invert", NULL});
    if (!status) status = json_text(object, where, "behavior", &behavior);
    if (!status && strcmp(behavior, "Isolated") != 0)
        status = status_new(EXIT_INPUT, "%s: behavior \"%.80s\" is not supported (known: Isolated)",
                            where, behavior);
    /* What is a match and what lies between are words alike, so inverting changes nothing. */
    if (!status) status = json_flag(object, where, "invert", -1, &invert);
    if (!status) status = read_pattern(object, where, &literal, &regex);
    if (!status) status = splitter_add_pattern(splitter, regex ? regex : literal, !regex);
    return status;
}

static status_t read_scheme(const json_t *object, const char *where, prepend_t *prepend)
{
    static const char *const names[] = {"always", "first", "never"};
    *prepend = PREPEND_ALWAYS;
    const char *scheme = "always";
    status_t status = NULL;
    if (json_object_get(object, "prepend_scheme"))
        status = json_text(object, where, "prepend_scheme", &scheme);
    if (status) return status;
    size_t i = 0;
    while (i < 3 && strcmp(scheme, names[i]) != 0) i++;
    if (i == 3)
        return status_new(EXIT_INPUT,
                          "%s: prepend_scheme \"%.80s\" is not supported "
                          "(known: always, first, never)",
                          where, scheme);
    *prepend = (prepend_t)i;
    bool prefix;
    status = json_flag(object, where, "add_prefix_space", true, &prefix);
    if (!status && !prefix && *prepend != PREPEND_NEVER)
        status = status_new(EXIT_INPUT,
                            "%s: add_prefix_space is false, but prepend_scheme is "
                            "\"%.80s\"",
                            where, scheme);
    return status;
}

static status_t read_metaspace(splitter_t *splitter, const json_t *object)
{
    const char *mark, *where = "pre_tokenizer Metaspace";
    prepend_t prepend;
    bool cut;
    split_step_t *step;
    status_t status = json_only(object, where,
                                (const char *[]){"type", "replacement", "prepend_scheme", "split",
                                                 "add_prefix_space", "str_rep", NULL});
    if (!status) status = json_text(object, where, "replacement", &mark);
    if (!status && (!*mark || strlen(mark) != utf8_size(*mark)))
        status = status_new(EXIT_INPUT, "%s: \"replacement\" is not one character", where);
    if (!status) status = read_scheme(object, where, &prepend);
    if (!status) status = json_flag(object, where, "split", true, &cut);
    if (!status) status = splitter_add(splitter, SPLIT_METASPACE, &step);
    if (status) return status;
    memcpy(step->replacement, mark, strlen(mark) + 1);
    step->prepend = prepend;
    step->cut = cut;
    if (prepend == PREPEND_FIRST) splitter->needs_origins = true;
    return NULL;
}

static status_t read_pre_tokenizer(splitter_t *splitter, const json_t *object, int depth,
                                   bool *byte_level)
{
    const char *type, *where = "pre_tokenizer Sequence";
    status_t status = json_text(object, "pre_tokenizer", "type", &type);
    if (status) return status;
    if (depth > DEEPEST) return status_new(EXIT_INPUT, "pre_tokenizer: sequences nested too deep");
    if (strcmp(type, "Sequence") == 0) {
        json_t *steps, *step;
        size_t i;
        status = json_only(object, where, (const char *[]){"type", "pretokenizers", NULL});
        if (!status) status = json_part(object, where, "pretokenizers", JSON_ARRAY, &steps);
        if (status) return status;
        json_array_foreach(steps, i, step)
        {
            status = read_pre_tokenizer(splitter, step, depth + 1, byte_level);
            if (status) break;
        }
        return status;
    }
    if (*byte_level)
        return status_new(EXIT_INPUT, "%s: %.80s after ByteLevel is not supported", where, type);
    *byte_level = strcmp(type, "ByteLevel") == 0;
    if (*byte_level) return read_byte_level(splitter, object);
    if (strcmp(type, "Split") == 0) return read_split(splitter, object);
    if (strcmp(type, "Metaspace") == 0) return read_metaspace(splitter, object);
    return status_new(EXIT_INPUT,
                      "pre_tokenizer %.80s is not supported "
                      "(known: ByteLevel, Metaspace, Split, Sequence)",
                      type);
}

/* The ids of a template's special token. */
static status_t read_special(const json_t *tokens, const char *id, int64_t limit, ids_t *ids)
{
    const char *where = "post_processor TemplateProcessing";
    json_t *list, *item, *token = json_object_get(tokens, id);
    size_t i;
    if (!json_is_object(token))
        return status_new(EXIT_INPUT, "%s: special token %.80s is not described", where, id);
    status_t status = json_part(token, where, "ids", JSON_ARRAY, &list);
    if (status) return status;
    json_array_foreach(list, i, item)
    {
        if (!json_is_integer(item) || json_integer_value(item) < 0 ||
            json_integer_value(item) > limit)
            return status_new(EXIT_INPUT, "%s: id of %.80s is not a token's", where, id);
        status = ids_append(ids, (int32_t)json_integer_value(item));
        if (status) break;
    }
    return status;
}

/* "single": special tokens around one $A. */
static status_t read_template(finisher_t *finisher, const json_t *object)
{
    const char *where = "post_processor TemplateProcessing", *id;
    json_t *single, *tokens, *piece;
    bool seen = false;
    size_t i;
    status_t status = json_only(object, where,
                                (const char *[]){"type", "single", "pair", "special_tokens", NULL});
    if (!status && finisher->templates++)
        status = status_new(EXIT_INPUT, "%s: a second one is not supported", where);
    if (!status) status = json_part(object, where, "single", JSON_ARRAY, &single);
    if (!status) status = json_part(object, where, "special_tokens", JSON_OBJECT, &tokens);
    if (status) return status;
    json_array_foreach(single, i, piece)
    {
        json_t *special = json_object_get(piece, "SpecialToken");
        json_t *sequence = json_object_get(piece, "Sequence");
        status = json_text(special ? special : sequence, where, "id", &id);
        if (!status && special)
            status = read_special(tokens, id, INT32_MAX - 1,
                                  seen ? &finisher->after : &finisher->before);
        else if (!status && (seen || strcmp(id, "A") != 0))
            status =
                status_new(EXIT_INPUT, "%s: \"single\" is not special tokens around one A", where);
        else seen = true;
        if (status) break;
    }
    if (!status && !seen) status = status_new(EXIT_INPUT, "%s: \"single\" has no A", where);
    return status;
}

static status_t read_trim(finisher_t *finisher, const json_t *object)
{
    const char *where = "post_processor ByteLevel";
    bool prefix, trim, ignored;
    status_t status =
        json_only(object, where,
                  (const char *[]){"type", "add_prefix_space", "trim_offsets", "use_regex", NULL});
    if (!status) status = json_flag(object, where, "add_prefix_space", -1, &prefix);
    if (!status) status = json_flag(object, where, "trim_offsets", -1, &trim);
    if (!status) status = json_flag(object, where, "use_regex", true, &ignored);
    if (status || !trim) return status;
    status = mem_grow(&finisher->trim, &finisher->capacity, finisher->trims + 1, "post_processor");
    if (!status) finisher->trim[finisher->trims++] = (trim_t){prefix};
    return status;
}

static status_t read_post_processor(finisher_t *finisher, const json_t *object, int depth)
{
    const char *type, *where = "post_processor Sequence";
    status_t status = json_text(object, "post_processor", "type", &type);
    if (status) return status;
    if (depth > DEEPEST) return status_new(EXIT_INPUT, "post_processor: sequences nested too deep");
    if (strcmp(type, "ByteLevel") == 0) return read_trim(finisher, object);
    if (strcmp(type, "TemplateProcessing") == 0) return read_template(finisher, object);
    if (strcmp(type, "Sequence") != 0)
        return status_new(EXIT_INPUT,
                          "post_processor %.80s is not supported "
                          "(known: ByteLevel, TemplateProcessing, Sequence)",
                          type);
    json_t *steps, *step;
    size_t i;
    status = json_only(object, where, (const char *[]){"type", "processors", NULL});
    if (!status) status = json_part(object, where, "processors", JSON_ARRAY, &steps);
    if (status) return status;
    json_array_foreach(steps, i, step)
    {
        status = read_post_processor(finisher, step, depth + 1);
        if (status) break;
    }
    return status;
}

status_t tokenizer_parse(tokenizer_t *tokenizer, const char *json, size_t length)
{
    json_t *root, *part;
    bool byte_level = false;
    status_t status = parse_json(json, length, "tokenizer.json", &root);
    if (status) return status;
    part = json_object_get(root, "version");
    if (json_is_string(part) && strcmp(json_string_value(part), "1.0") != 0)
        status = status_new(EXIT_INPUT, "version %.80s is not supported (known: 1.0)",
                            json_string_value(part));
    for (int i = 0; !status && i < 2; i++) {
        const char *option = i ? "padding" : "truncation";
        part = json_object_get(root, option);
        if (part && !json_is_null(part))
            status = status_new(EXIT_INPUT, "%s is not supported (expected null)", option);
    }
    part = json_object_get(root, "normalizer");
    if (!status && part && !json_is_null(part)) status = read_normalizer(tokenizer, part, 0);
    part = json_object_get(root, "pre_tokenizer");
    if (!status && part && !json_is_null(part))
        status = read_pre_tokenizer(&tokenizer->splitter, part, 0, &byte_level);
    part = json_object_get(root, "post_processor");
    if (!status && part && !json_is_null(part))
        status = read_post_processor(&tokenizer->finisher, part, 0);
    if (!status) status = json_part(root, "tokenizer.json", "model", JSON_OBJECT, &part);
    if (!status) status = read_model(tokenizer, part, byte_level);
    if (!status) status = read_added(tokenizer, json_object_get(root, "added_tokens"));
    json_decref(root);
    return status;
}
