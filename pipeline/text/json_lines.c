#include "text/json_lines.h"

#include <stdlib.h>
#include <string.h>

#include "core/json_size.h"
#include "core/strings.h"

typedef long long ll;

static status_t parse(const lines_t *lines, const char *line, size_t length, json_t **object)
{
    json_error_t error;
    if (json_exceeds(line, length, JSON_VALUES))
        return status_new(EXIT_INPUT, "%s:%lld: an object of more than %d values is not supported",
                          lines_path(lines), (ll)lines_number(lines), JSON_VALUES);
    *object = json_loadb(line, length, JSON_ALLOW_NUL, &error);
    if (*object && json_is_object(*object)) return NULL;
    status_t status;
    if (*object)
        status = status_new(EXIT_INPUT, "%s:%lld: a JSON object is expected", lines_path(lines),
                            (ll)lines_number(lines));
    else
        status = status_new(EXIT_INPUT, "%s:%lld: not valid JSON at byte %d of the line: %s",
                            lines_path(lines), (ll)lines_number(lines), error.position, error.text);
    json_decref(*object);
    *object = NULL;
    return status;
}

status_t json_lines_next(lines_t *lines, bool replace, json_t **object)
{
    const char *line;
    size_t length;
    str_t clean = {0};
    *object = NULL;
    status_t status = lines_next(lines, &line, &length);
    while (!status && length && line_is_blank(line, length))
        status = lines_next(lines, &line, &length);
    if (!status && length && replace && utf8_valid_prefix(line, length) < length) {
        status = utf8_replace_invalid(line, length, &clean);
        line = clean.data;
        length = clean.length;
    } else if (!status && length) {
        status = lines_check_utf8(lines, line, length);
    }
    if (!status && length) status = parse(lines, line, length, object);
    str_free(&clean);
    return status;
}

static status_t absent(const lines_t *lines, const json_t *object, const char *key)
{
    enum { KEYS = 64 };
    const char *keys[KEYS], *name;
    size_t count = 0;
    json_t *value;
    json_object_foreach((json_t *)object, name, value) if (count < KEYS && json_is_string(value))
        keys[count++] = name;
    const char *near = nearest_name(key, keys, count);
    return status_new(EXIT_INPUT, "%s:%lld: the key \"%s\" is missing%s%s%s", lines_path(lines),
                      (ll)lines_number(lines), key, near ? "; did you mean \"" : "",
                      near ? near : "", near ? "\"?" : "");
}

/* The member of that name, else what lies where the name, taken apart at its dots, leads. */
static const json_t *find(const json_t *object, const char *key)
{
    enum { LONGEST = 200 };
    char name[LONGEST + 1];
    const json_t *value = json_object_get(object, key);
    if (value || !strchr(key, '.')) return value;
    value = object;
    for (const char *at = key; value;) {
        size_t size = strcspn(at, ".");
        if (size == 0 || size > LONGEST) return NULL;
        memcpy(name, at, size);
        name[size] = '\0';
        bool number = strspn(name, "0123456789") == size && size < 10;
        if (!json_is_array(value)) value = json_object_get(value, name);
        else value = number ? json_array_get(value, strtoul(name, NULL, 10)) : NULL;
        if (!at[size]) return value;
        at += size + 1;
    }
    return NULL;
}

status_t json_lines_text(const lines_t *lines, const json_t *object, const char *key, bool optional,
                         const char **text, size_t *length)
{
    const json_t *value = find(object, key);
    *text = NULL;
    *length = 0;
    if (!value || json_is_null(value)) return optional ? NULL : absent(lines, object, key);
    if (!json_is_string(value))
        return status_new(EXIT_INPUT, "%s:%lld: the key \"%s\" holds something other than a text",
                          lines_path(lines), (ll)lines_number(lines), key);
    *text = json_string_value(value);
    *length = json_string_length(value);
    return NULL;
}
