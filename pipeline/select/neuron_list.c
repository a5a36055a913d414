#include "select/neuron_list.h"

#include <stdbool.h>
#include <string.h>

#include "core/file.h"
#include "core/memory.h"
#include "core/strings.h"

/* A file of every neuron of a very large model stays far below this. */
enum { LIST_BYTES = 256 << 20, SHOWN = 40 };

/* Which column holds what. */
typedef struct {
    int layer, neuron;
} columns_t;

/* A field of a line: bytes [at, end) without surrounding blanks and quotes. */
typedef struct {
    const char *at, *end;
} field_t;

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r';
}

static field_t trim(const char *at, const char *end)
{
    while (at < end && is_blank(*at)) at++;
    while (end > at && is_blank(end[-1])) end--;
    if (end - at >= 2 && *at == '"' && end[-1] == '"') at++, end--;
    return (field_t){at, end};
}

/* The index-th field of a line, from 0; false where there are fewer. */
static bool find_field(field_t line, int index, field_t *field)
{
    const char *at = line.at;
    for (; index > 0; index--) {
        at = memchr(at, ',', (size_t)(line.end - at));
        if (!at) return false;
        at++;
    }
    const char *comma = memchr(at, ',', (size_t)(line.end - at));
    *field = trim(at, comma ? comma : line.end);
    return true;
}

static bool field_is(field_t field, const char *text)
{
    size_t length = strlen(text);
    return (size_t)(field.end - field.at) == length && memcmp(field.at, text, length) == 0;
}

static int shown_length(field_t field)
{
    return field.end - field.at < SHOWN ? (int)(field.end - field.at) : SHOWN;
}

static status_t parse_number(const char *path, int64_t line, const char *what, field_t field,
                             int32_t *number)
{
    int64_t value = 0;
    bool good = field.at < field.end;
    for (const char *at = field.at; good && at < field.end; at++) {
        good = *at >= '0' && *at <= '9';
        value = 10 * value + (*at - '0');
        good = good && value <= INT32_MAX;
    }
    if (!good)
        return status_new(EXIT_INPUT, "%s: line %lld: '%.*s' is not the number of a %s", path,
                          (long long)line, shown_length(field), field.at, what);
    *number = (int32_t)value;
    return NULL;
}

static status_t parse_header(const char *path, int64_t number, field_t line, columns_t *columns)
{
    field_t field;
    *columns = (columns_t){-1, -1};
    for (int i = 0; find_field(line, i, &field); i++) {
        if (columns->layer < 0 && field_is(field, "layer")) columns->layer = i;
        if (columns->neuron < 0 && field_is(field, "neuron")) columns->neuron = i;
    }
    if (columns->layer >= 0 && columns->neuron >= 0) return NULL;
    return status_new(EXIT_INPUT,
                      "%s: line %lld: '%.*s': numbers \"layer,neuron\" are expected, or "
                      "a line that names these columns",
                      path, (long long)number, shown_length(line), line.at);
}

static status_t parse_line(neuron_list_t *list, int64_t number, field_t line,
                           const columns_t *columns)
{
    neuron_place_t place = {.line = number};
    field_t layer, neuron;
    if (!find_field(line, columns->layer, &layer) || !find_field(line, columns->neuron, &neuron))
        return status_new(EXIT_INPUT, "%s: line %lld: '%.*s': \"layer,neuron\" is expected",
                          list->path, (long long)number, shown_length(line), line.at);
    status_t status = parse_number(list->path, number, "layer", layer, &place.layer);
    if (!status) status = parse_number(list->path, number, "neuron", neuron, &place.neuron);
    if (!status)
        status = mem_grow(&list->place, &list->capacity, (size_t)list->count + 1, "listed neurons");
    if (!status) list->place[list->count++] = place;
    return status;
}

status_t neuron_list_parse(const char *path, const char *text, size_t length, neuron_list_t *list)
{
    *list = (neuron_list_t){0};
    columns_t columns = {0, 1};
    const char *at = text, *end = text + length;
    bool first = true;
    status_t status = str_copy(&list->path, path);
    if (length >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0) at += 3; /* a byte order mark */
    for (int64_t number = 1; !status && at < end; number++) {
        const char *next = memchr(at, '\n', (size_t)(end - at));
        field_t line = {at, next ? next : end};
        while (line.end > line.at && is_blank(line.end[-1])) line.end--;
        at = next ? next + 1 : end;
        if (line.at == line.end || *line.at == '#') continue;
        field_t start = trim(line.at, line.end);
        if (first && start.at < start.end && (*start.at < '0' || *start.at > '9'))
            status = parse_header(path, number, line, &columns);
        else status = parse_line(list, number, line, &columns);
        first = false;
    }
    if (!status && list->count == 0)
        status = status_new(EXIT_INPUT, "%s: no neuron is listed", path);
    if (status) neuron_list_destroy(list);
    return status;
}

status_t neuron_list_read(const char *path, neuron_list_t *list)
{
    str_t text = {0};
    *list = (neuron_list_t){0};
    status_t status = file_read(path, LIST_BYTES, &text);
    if (!status) status = neuron_list_parse(path, text.data, text.length, list);
    str_free(&text);
    return status;
}

void neuron_list_destroy(neuron_list_t *list)
{
    mem_free(&list->path);
    mem_free(&list->place);
    *list = (neuron_list_t){0};
}
