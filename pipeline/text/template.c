#define _GNU_SOURCE /* memmem */
#include "text/template.h"

#include <stdlib.h>
#include <string.h>
#include <utf8proc.h>

#include "core/memory.h"
#include "text/lines.h"
#include "text/utf8.h"

typedef enum {
    STRIP,
    LSTRIP,
    RSTRIP,
    CAPITALIZE,
    LOWER,
    UPPER,
    BEFORE,
    AFTER,
    SPACES,
    WIKIHOW
} kind_t;
static const char *const filter_names[] = {"strip", "lstrip",  "rstrip", "capitalize", "lower",
                                           "upper", "before:", "after:", "spaces",     "wikihow"};
enum { FILTERS = sizeof filter_names / sizeof *filter_names };

typedef struct {
    kind_t kind;
    char *text; /* before, after */
} filter_t;

/* A part: a literal text, or a field (path not NULL). */
typedef struct {
    char *literal, *path;
    filter_t *filter;
    size_t filters, capacity;
} part_t;

struct template
{
    part_t *part;
    size_t count, capacity;
};

/* ---- parsing ---- */

static status_t add_part(template_t *template, part_t **part)
{
    status_t status =
        mem_grow(&template->part, &template->capacity, template->count + 1, "template");
    if (status) return status;
    *part = &template->part[template->count++];
    **part = (part_t){0};
    return NULL;
}

static status_t add_literal(template_t *template, const str_t *text)
{
    part_t *part;
    if (text->length == 0) return NULL;
    status_t status = add_part(template, &part);
    return status ? status : str_copy_n(&part->literal, text->data, text->length);
}

static status_t add_filter(part_t *part, const char *text, size_t length)
{
    status_t status =
        mem_grow(&part->filter, &part->capacity, part->filters + 1, "filters of a template");
    for (int i = 0; !status && i < FILTERS; i++) {
        size_t size = strlen(filter_names[i]);
        bool takes = filter_names[i][size - 1] == ':';
        if (takes ? length <= size : length != size) continue;
        if (strncmp(filter_names[i], text, size) != 0) continue;
        part->filter[part->filters++] = (filter_t){.kind = (kind_t)i};
        return takes ? str_copy_n(&part->filter[part->filters - 1].text, text + size, length - size)
                     : NULL;
    }
    if (status) return status;
    return status_new(EXIT_USAGE,
                      "{...|%.*s}: no such filter (known: strip, lstrip, rstrip, capitalize, "
                      "lower, upper, before:TEXT, after:TEXT, spaces, wikihow)",
                      (int)(length < 80 ? length : 80), text);
}

/* "path|filter|filter" */
static status_t add_field(template_t *template, const char *text, size_t length)
{
    part_t *part;
    size_t size = 0;
    while (size < length && text[size] != '|') size++;
    if (size == 0)
        return status_new(EXIT_USAGE, "{%.*s}: the name of a field is expected in the braces",
                          (int)(length < 80 ? length : 80), text);
    status_t status = add_part(template, &part);
    if (!status) status = str_copy_n(&part->path, text, size);
    while (!status && size < length) {
        size_t start = ++size;
        while (size < length && text[size] != '|') size++;
        status = add_filter(part, text + start, size - start);
    }
    return status;
}

static status_t parse(template_t *template, const char *text)
{
    str_t literal = {0};
    status_t status = NULL;
    for (const char *at = text; !status && *at;) {
        bool twice = at[0] == at[1] && (*at == '{' || *at == '}');
        const char *end = strchr(at, '}');
        if (twice || (*at != '{' && *at != '}')) {
            status = str_append(&literal, at, 1);
            at += twice ? 2 : 1;
        } else if (*at == '}' || !end || memchr(at + 1, '{', (size_t)(end - at - 1))) {
            status = status_new(EXIT_USAGE,
                                "\"%.40s\": a brace without its other one; {{ and }} "
                                "stand for braces",
                                at);
        } else {
            status = add_literal(template, &literal);
            str_clear(&literal);
            if (!status) status = add_field(template, at + 1, (size_t)(end - at - 1));
            at = end + 1;
        }
    }
    if (!status) status = add_literal(template, &literal);
    str_free(&literal);
    return status;
}

status_t template_parse(const char *text, template_t **template)
{
    status_t status = mem_new(template, 1, "template");
    if (!status) status = parse(*template, text);
    if (status) template_free(template);
    return status;
}

void template_free(template_t **template)
{
    if (!*template) return;
    for (size_t i = 0; i < (*template)->count; i++) {
        part_t *part = &(*template)->part[i];
        for (size_t f = 0; f < part->filters; f++) mem_free(&part->filter[f].text);
        mem_free(&part->filter);
        mem_free(&part->literal);
        mem_free(&part->path);
    }
    mem_free(&(*template)->part);
    mem_free(template);
}

bool template_is_field(const template_t *template)
{
    return template->count == 1 && template->part[0].path;
}

/* ---- filters: each rewrites text from byte `from` on ---- */

static void keep(str_t *text, size_t from, size_t start, size_t end)
{
    memmove(text->data + from, text->data + start, end - start);
    text->data[text->length = from + (end - start)] = '\0';
}

static void strip(str_t *text, size_t from, bool left, bool right)
{
    size_t start = from, end = text->length;
    while (left && start < end && line_is_blank(text->data + start, utf8_size(text->data[start])))
        start += utf8_size(text->data[start]);
    while (right && end > start) {
        size_t size = utf8_size_before(text->data, end);
        if (!line_is_blank(text->data + end - size, size)) break;
        end -= size;
    }
    keep(text, from, start, end);
}

/* Simple case mappings: one character for one. */
static status_t change_case(str_t *text, size_t from, kind_t kind)
{
    str_t changed = {0};
    status_t status = NULL;
    for (size_t at = from, size; !status && at < text->length; at += size) {
        char bytes[4];
        utf8proc_int32_t c = (utf8proc_int32_t)utf8_at(text->data + at, &size);
        if (kind == CAPITALIZE) c = at == from ? utf8proc_totitle(c) : utf8proc_tolower(c);
        else c = kind == UPPER ? utf8proc_toupper(c) : utf8proc_tolower(c);
        status = str_append(&changed, bytes, utf8_encode((uint32_t)c, bytes));
    }
    if (!status && changed.length) {
        text->length = from;
        status = str_append(text, changed.data, changed.length);
    }
    str_free(&changed);
    return status;
}

static status_t cut_at(const char *path, str_t *text, size_t from, const filter_t *filter)
{
    size_t size = strlen(filter->text);
    const char *found = memmem(text->data + from, text->length - from, filter->text, size);
    if (!found) return status_new(EXIT_INPUT, "the key \"%s\" holds no \"%s\"", path, filter->text);
    size_t at = (size_t)(found - text->data);
    if (filter->kind == BEFORE) keep(text, from, from, at);
    else keep(text, from, at + size, text->length);
    return NULL;
}

static status_t replace(str_t *text, size_t from, const char *what, const char *by)
{
    str_t done = {0};
    size_t size = strlen(what), at = from;
    status_t status = NULL;
    for (const char *found;
         !status && (found = memmem(text->data + at, text->length - at, what, size));) {
        size_t place = (size_t)(found - text->data);
        status = str_append(&done, text->data + at, place - at);
        if (!status) status = str_add(&done, by);
        at = place + size;
    }
    if (!status && at > from) {
        status = str_append(&done, text->data + at, text->length - at);
        text->length = from;
        if (!status) status = str_append(text, done.data, done.length);
    }
    str_free(&done);
    return status;
}

/* The next such character in [at, end), else end. */
static size_t next_of(const str_t *text, char c, size_t at, size_t end)
{
    const char *found = memchr(text->data + at, c, end - at);
    return found ? (size_t)(found - text->data) : end;
}

/* Removes "[...]" within a line, the shortest first. */
static void drop_brackets(str_t *text, size_t from)
{
    size_t to = from, length = text->length;
    size_t line = from, close = from; /* the next end of a line and the next bracket, once found */
    for (size_t at = from; at < length;) {
        if (text->data[at] == '[') {
            if (line <= at) line = next_of(text, '\n', at, length);
            if (close <= at) close = next_of(text, ']', at, length);
        }
        if (text->data[at] == '[' && close < line) at = close + 1;
        else text->data[to++] = text->data[at++];
    }
    text->data[text->length = to] = '\0';
}

static status_t clean_wikihow(str_t *text, size_t from)
{
    strip(text, from, true, true);
    status_t status = replace(text, from, " [title]", ". ");
    if (status) return status;
    drop_brackets(text, from);
    return replace(text, from, "  ", " ");
}

status_t template_clean_wikihow(str_t *text)
{
    return text->length ? clean_wikihow(text, 0) : NULL;
}

static status_t apply_filters(const part_t *part, str_t *text, size_t from)
{
    status_t status = NULL;
    for (size_t i = 0; !status && i < part->filters; i++) {
        const filter_t *filter = &part->filter[i];
        switch (filter->kind) {
        case STRIP: strip(text, from, true, true); break;
        case LSTRIP: strip(text, from, true, false); break;
        case RSTRIP: strip(text, from, false, true); break;
        case BEFORE:
        case AFTER: status = cut_at(part->path, text, from, filter); break;
        case SPACES:
            for (size_t k = from; k < text->length; k++)
                if (text->data[k] == '_') text->data[k] = ' ';
            break;
        case WIKIHOW: status = clean_wikihow(text, from); break;
        default: status = change_case(text, from, filter->kind);
        }
    }
    return status;
}

/* ---- fields ---- */

static status_t not_there(const char *path, const char *what)
{
    return status_new(EXIT_INPUT, "the key \"%s\" %s", path, what);
}

static status_t append_value(const char *path, const json_t *value, str_t *text)
{
    if (json_is_string(value))
        return str_append(text, json_string_value(value), json_string_length(value));
    if (json_is_integer(value))
        return str_printf(text, "%lld", (long long)json_integer_value(value));
    if (json_is_boolean(value)) return str_add(text, json_is_true(value) ? "true" : "false");
    if (!value || json_is_null(value)) return not_there(path, "is missing");
    return not_there(path, "holds something other than a text");
}

/* The value at the rest of a path; from a list of objects on, each of its values goes to take. */
typedef struct {
    const char *path;
    status_t (*take)(void *context, const char *path, const json_t *value);
    void *context;
} walk_t;

static status_t walk(const walk_t *it, const char *rest, const json_t *value, bool in_list)
{
    enum { LONGEST = 200 };
    char name[LONGEST + 1];
    if (!*rest) {
        size_t i;
        json_t *entry;
        status_t status = NULL;
        if (!json_is_array(value) || in_list) return it->take(it->context, it->path, value);
        json_array_foreach((json_t *)value, i, entry)
        {
            status = it->take(it->context, it->path, entry);
            if (status) break;
        }
        return status;
    }
    size_t size = strcspn(rest, ".");
    if (size > LONGEST) return not_there(it->path, "is longer than keys are");
    memcpy(name, rest, size);
    name[size] = '\0';
    const char *next = rest + size + (rest[size] == '.');
    if (!json_is_array(value)) return walk(it, next, json_object_get(value, name), in_list);
    bool number = *name && strspn(name, "0123456789") == size && size < 10;
    if (number) return walk(it, next, json_array_get(value, strtoul(name, NULL, 10)), in_list);
    if (in_list) return not_there(it->path, "is in a list of lists");
    size_t i;
    json_t *entry;
    status_t status = NULL;
    json_array_foreach((json_t *)value, i, entry)
    {
        status = walk(it, next, json_object_get(entry, name), true);
        if (status) break;
    }
    return status;
}

/* ---- expanding ---- */

typedef struct {
    str_t *text;
    int count;
} single_t;

static status_t take_single(void *context, const char *path, const json_t *value)
{
    single_t *single = context;
    if (single->count++) return not_there(path, "holds a list, a text is expected");
    return append_value(path, value, single->text);
}

static status_t expand_field(const part_t *part, const json_t *object, const str_t *choice,
                             str_t *text)
{
    size_t from = text->length;
    status_t status = NULL;
    if (choice && strcmp(part->path, "choice") == 0) {
        status = str_append(text, choice->data, choice->length);
    } else {
        single_t single = {text, 0};
        status = walk(&(walk_t){part->path, take_single, &single}, part->path, object, false);
        if (!status && single.count == 0) status = not_there(part->path, "holds an empty list");
    }
    return status ? status : apply_filters(part, text, from);
}

status_t template_expand(const template_t *template, const json_t *object, const str_t *choice,
                         str_t *text)
{
    status_t status = str_append(text, "", 0);
    for (size_t i = 0; !status && i < template->count; i++) {
        const part_t *part = &template->part[i];
        status =
            part->literal ? str_add(text, part->literal) : expand_field(part, object, choice, text);
    }
    return status;
}

typedef struct {
    const part_t *part;
    strings_t *texts;
} list_t;

static status_t take_entry(void *context, const char *path, const json_t *value)
{
    enum { MOST = 10000 };
    list_t *list = context;
    str_t text = {0};
    if (list->texts->count >= MOST) return not_there(path, "holds more than 10000 texts");
    status_t status = str_append(&text, "", 0);
    if (!status) status = append_value(path, value, &text);
    if (!status) status = apply_filters(list->part, &text, 0);
    if (!status && strlen(text.data) < text.length)
        status = not_there(path, "holds a NUL character");
    if (!status) status = strings_append(list->texts, text.data);
    str_free(&text);
    return status;
}

status_t template_list(const template_t *template, const json_t *object, strings_t *texts)
{
    const part_t *part = &template->part[0];
    list_t list = {part, texts};
    return walk(&(walk_t){part->path, take_entry, &list}, part->path, object, false);
}
