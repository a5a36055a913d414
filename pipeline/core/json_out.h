/* JSON that is written. jansson reports a failed allocation by -1 or NULL, which its
 * *_new functions pass on; failed collects it. */
#ifndef WN_CORE_JSON_OUT_H
#define WN_CORE_JSON_OUT_H

#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>

#include "core/status.h"

/* Take over value. */
void json_put(json_t *object, const char *key, json_t *value, bool *failed);
void json_add(json_t *array, json_t *value, bool *failed);

/* null for what is not finite; counts are integers. */
json_t *json_number(double value);
/* null for what is not finite; always with a point. */
json_t *json_finite(double value);
/* null for NULL. */
json_t *json_words(const char *text);

/* Prints root on one line and drops it. failed, or no root: an EXIT_RESOURCE error. */
MUST_CHECK status_t json_print(json_t *root, bool failed, FILE *out);

#endif
