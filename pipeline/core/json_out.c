#include "core/json_out.h"

#include <math.h>
#include <stdlib.h>

void json_put(json_t *object, const char *key, json_t *value, bool *failed)
{
    if (json_object_set_new(object, key, value) != 0) *failed = true;
}

void json_add(json_t *array, json_t *value, bool *failed)
{
    if (json_array_append_new(array, value) != 0) *failed = true;
}

json_t *json_number(double value)
{
    if (!isfinite(value)) return json_null();
    bool whole = fabs(value) < 9e15 && rint(value) == value;
    return whole ? json_integer((json_int_t)value) : json_real(value);
}

json_t *json_finite(double value)
{
    return isfinite(value) ? json_real(value) : json_null();
}

json_t *json_words(const char *text)
{
    return text ? json_string(text) : json_null();
}

status_t json_print(json_t *root, bool failed, FILE *out)
{
    char *text = root && !failed ? json_dumps(root, JSON_COMPACT) : NULL;
    status_t status = text ? NULL : status_new(EXIT_RESOURCE, "no memory for JSON");
    if (text && fprintf(out, "%s\n", text) < 0)
        status = status_new(EXIT_OUTPUT, "standard output cannot be written");
    free(text);
    json_decref(root);
    return status;
}
