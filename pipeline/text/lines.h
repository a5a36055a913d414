/* The lines of a text file, plain or compressed (text/input.h), as bytes: nothing is translated,
 * a line keeps its newline. Memory: the longest line, of at most LINE_BYTES, plus a block. */
#ifndef WN_TEXT_LINES_H
#define WN_TEXT_LINES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/status.h"

enum { LINE_BYTES = 1 << 30 };

typedef struct lines lines_t;

MUST_CHECK status_t lines_open(const char *path, lines_t **lines);
void lines_close(lines_t **lines);

/* The next line with its newline (the last one may have none), borrowed until the next call;
 * *length is 0 at the end. */
MUST_CHECK status_t lines_next(lines_t *lines, const char **line, size_t *length);

const char *lines_path(const lines_t *lines);
/* Of the line that came last: its number, from 1, and its first byte's place in the text. */
int64_t lines_number(const lines_t *lines);
uint64_t lines_offset(const lines_t *lines);
/* Bytes of the file taken so far: for progress. */
uint64_t lines_position(const lines_t *lines);
/* input_check_held (text/input.h) of the file. */
MUST_CHECK status_t lines_check_held(const lines_t *lines, uint64_t held);

/* An EXIT_INPUT error at the first byte of that line which is not UTF-8, or NULL. */
MUST_CHECK status_t lines_check_utf8(const lines_t *lines, const char *line, size_t length);

/* Length without the newline ("\n" or "\r\n"). */
size_t line_text(const char *line, size_t length);
/* Whether Python's str.strip leaves nothing (valid UTF-8): white space of all Unicode. */
bool line_is_blank(const char *line, size_t length);

#endif
