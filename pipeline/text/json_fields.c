#include "text/json_fields.h"

#include <string.h>

status_t json_only(const json_t *object, const char *where, const char *const *known)
{
    const char *key;
    json_t *value;
    json_object_foreach((json_t *)object, key, value)
    {
        bool found = false;
        for (size_t i = 0; known[i] && !found; i++) found = strcmp(key, known[i]) == 0;
        if (!found)
            return status_new(EXIT_INPUT, "%s: option \"%.80s\" is not supported", where, key);
    }
    return NULL;
}

status_t json_text(const json_t *object, const char *where, const char *key, const char **text)
{
    const json_t *value = json_object_get(object, key);
    *text = json_string_value(value);
    if (!*text) return status_new(EXIT_INPUT, "%s: \"%s\" is missing or not a text", where, key);
    if (strlen(*text) != json_string_length(value))
        return status_new(EXIT_INPUT, "%s: \"%s\" holds a NUL character", where, key);
    return NULL;
}

status_t json_flag(const json_t *object, const char *where, const char *key, int absent,
                   bool *value)
{
    const json_t *field = json_object_get(object, key);
    bool missing = !field || json_is_null(field);
    if (missing && absent >= 0) {
        *value = absent;
        return NULL;
    }
    if (!json_is_boolean(field))
        return status_new(EXIT_INPUT, "%s: \"%s\" is %s, expected true or false", where, key,
                          missing ? "missing" : "of another type");
    *value = json_is_true(field);
    return NULL;
}

status_t json_part(const json_t *object, const char *where, const char *key, json_type type,
                   json_t **part)
{
    *part = json_object_get(object, key);
    if (*part && json_typeof(*part) == type) return NULL;
    return status_new(EXIT_INPUT, "%s: \"%s\" is %s, expected %s", where, key,
                      *part ? "of another type" : "missing",
                      type == JSON_ARRAY ? "a list" : "an object");
}
