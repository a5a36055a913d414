/* JSON lines: one object a line, blank lines between them allowed. */
#ifndef WN_TEXT_JSON_LINES_H
#define WN_TEXT_JSON_LINES_H

#include <jansson.h>
#include <stdbool.h>

#include "core/status.h"
#include "text/lines.h"

/* The next object (json_decref it), or NULL at the end. replace: bytes that are not UTF-8 become
 * U+FFFD instead of an error. Anything but an object, and one of more than JSON_VALUES values
 * (core/json_size.h), is an EXIT_INPUT error with file and line. */
MUST_CHECK status_t json_lines_next(lines_t *lines, bool replace, json_t **object);

/* Bytes of a string member of the object that came last, borrowed from it. A key that the object
 * does not have is a path where it has dots: "meta.text", "sentences.0". Absent or null: an
 * EXIT_INPUT error that names file, line and key (and the nearest key there is), unless optional:
 * then *text is NULL. */
MUST_CHECK status_t json_lines_text(const lines_t *lines, const json_t *object, const char *key,
                                    bool optional, const char **text, size_t *length);

#endif
