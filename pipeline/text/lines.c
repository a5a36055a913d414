#include "text/lines.h"

#include <string.h>

#include "core/memory.h"
#include "core/strings.h"
#include "text/input.h"

enum { BLOCK = 1 << 20 };

struct lines {
    input_t *input;
    char *buffer; /* bytes [start, end) were read and not yet returned */
    size_t capacity, start, end;
    bool ended;
    int64_t number;
    uint64_t offset; /* of the last line */
    size_t length;   /* of the last line */
};

status_t lines_open(const char *path, lines_t **lines)
{
    status_t status = mem_new(lines, 1, "line reader");
    if (status) return status;
    status = input_open(path, &(*lines)->input);
    if (status) lines_close(lines);
    return status;
}

void lines_close(lines_t **lines)
{
    if (!*lines) return;
    input_close(&(*lines)->input);
    mem_free(&(*lines)->buffer);
    mem_free(lines);
}

/* Reads another block behind what is held. */
static status_t refill(lines_t *lines)
{
    size_t held = lines->end - lines->start, got;
    if (held > LINE_BYTES)
        return status_new(EXIT_INPUT, "%s:%lld: a line of more than %d MiB is not supported",
                          input_path(lines->input), (long long)lines->number + 1, LINE_BYTES >> 20);
    status_t status = input_check_held(lines->input, held);
    if (status) return status;
    if (lines->start) memmove(lines->buffer, lines->buffer + lines->start, held);
    lines->start = 0;
    lines->end = held;
    status = mem_grow(&lines->buffer, &lines->capacity, held + BLOCK, "line");
    if (!status) status = input_read(lines->input, lines->buffer + held, BLOCK, &got);
    if (status) return status;
    lines->end += got;
    lines->ended = got == 0;
    return NULL;
}

status_t lines_next(lines_t *lines, const char **line, size_t *length)
{
    const char *newline = NULL;
    size_t searched = 0;
    status_t status = NULL;
    while (!status) {
        size_t held = lines->end - lines->start;
        if (held > searched)
            newline = memchr(lines->buffer + lines->start + searched, '\n', held - searched);
        if (newline || lines->ended) break;
        searched = held;
        status = refill(lines);
    }
    if (status) return status;
    const char *start = lines->buffer + lines->start;
    lines->offset += lines->length;
    lines->length = newline ? (size_t)(newline + 1 - start) : lines->end - lines->start;
    lines->start += lines->length;
    if (lines->length) lines->number++;
    *line = start;
    *length = lines->length;
    return NULL;
}

const char *lines_path(const lines_t *lines)
{
    return input_path(lines->input);
}

int64_t lines_number(const lines_t *lines)
{
    return lines->number;
}

uint64_t lines_offset(const lines_t *lines)
{
    return lines->offset;
}

uint64_t lines_position(const lines_t *lines)
{
    return input_position(lines->input);
}

status_t lines_check_held(const lines_t *lines, uint64_t held)
{
    return input_check_held(lines->input, held);
}

status_t lines_check_utf8(const lines_t *lines, const char *line, size_t length)
{
    size_t valid = utf8_valid_prefix(line, length);
    if (valid == length) return NULL;
    return status_new(EXIT_INPUT, "%s:%lld: invalid UTF-8 at byte %llu of the text (0x%02x)",
                      lines_path(lines), (long long)lines->number,
                      (unsigned long long)(lines->offset + valid), (unsigned char)line[valid]);
}

size_t line_text(const char *line, size_t length)
{
    if (length && line[length - 1] == '\n') length--;
    if (length && line[length - 1] == '\r') length--;
    return length;
}

/* Python's str.isspace: bidirectional class WS, B or S, or category Zs (Unicode 15). */
static bool is_space(uint32_t c)
{
    return (c >= 0x09 && c <= 0x0d) || (c >= 0x1c && c <= 0x20) || c == 0x85 || c == 0xa0 ||
           c == 0x1680 || (c >= 0x2000 && c <= 0x200a) || c == 0x2028 || c == 0x2029 ||
           c == 0x202f || c == 0x205f || c == 0x3000;
}

bool line_is_blank(const char *line, size_t length)
{
    uint32_t c = 0;
    for (size_t at = 0, n; at < length; at += n) {
        n = utf8_decode(line + at, length - at, &c);
        if (n == 0 || !is_space(c)) return false;
    }
    return true;
}
