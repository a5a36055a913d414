/* Typed access to the fields of a JSON object, with errors that name the field. */
#ifndef WN_TEXT_JSON_FIELDS_H
#define WN_TEXT_JSON_FIELDS_H

#include <jansson.h>
#include <stdbool.h>

#include "core/status.h"

/* An error unless every key of object is in the NULL-terminated list. */
MUST_CHECK status_t json_only(const json_t *object, const char *where, const char *const *known);

/* A text without NULs; required. Borrowed. */
MUST_CHECK status_t json_text(const json_t *object, const char *where, const char *key,
                              const char **text);

/* A truth value; where the key is absent (or null), absent is kept, -1 means required. */
MUST_CHECK status_t json_flag(const json_t *object, const char *where, const char *key, int absent,
                              bool *value);

/* A required array or object. Borrowed. */
MUST_CHECK status_t json_part(const json_t *object, const char *where, const char *key,
                              json_type type, json_t **part);

#endif
