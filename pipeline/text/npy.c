/* The header of NumPy's .npy: magic, version, length, and a Python dict that says type and shape. */
#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "core/strings.h"
#include "text/id_file_parts.h"

enum { PREFIX = 8, HEADER_MOST = 1 << 16 };

static status_t wrong(const id_file_t *ids, const char *what)
{
    return status_new(EXIT_INPUT, "%s: %s", ids->file.path, what);
}

/* The text of the dict; *end: where data begin. */
static status_t read_header(const id_file_t *ids, char **text, uint64_t *end)
{
    unsigned char prefix[PREFIX + 4];
    uint64_t size = ids->file.size, at = PREFIX + 2, length;
    if (size < sizeof prefix) return wrong(ids, "too short for a .npy file");
    status_t status = file_read_at(&ids->file, 0, prefix, sizeof prefix);
    if (status) return status;
    if (memcmp(prefix, "\x93NUMPY", 6) != 0) return wrong(ids, "not a .npy file");
    if (prefix[6] < 1 || prefix[6] > 3)
        return status_new(EXIT_INPUT, "%s: .npy of version %d is not supported (known: 1 to 3)",
                          ids->file.path, prefix[6]);
    length = (uint64_t)(prefix[8] | prefix[9] << 8);
    if (prefix[6] > 1) {
        length |= (uint64_t)prefix[10] << 16 | (uint64_t)prefix[11] << 24;
        at += 2;
    }
    if (length > HEADER_MOST || length > size - at) return wrong(ids, "a damaged .npy header");
    status = mem_new(text, (size_t)length + 1, ".npy header");
    if (!status) status = file_read_at(&ids->file, at, *text, (size_t)length);
    *end = at + length;
    return status;
}

/* What follows 'key': in the dict, or NULL. */
static const char *value_of(const char *text, const char *key)
{
    size_t size = strlen(key);
    for (const char *at = text; (at = strstr(at, key)); at += size) {
        bool quoted = at > text && (at[-1] == '\'' || at[-1] == '"') && at[size] == at[-1];
        const char *value = at + size + 1;
        if (!quoted) continue;
        value += strspn(value, " ");
        if (*value == ':') return value + 1 + strspn(value + 1, " ");
    }
    return NULL;
}

static status_t read_type(id_file_t *ids, const char *text)
{
    static const struct {
        const char *name;
        id_type_t type;
    } types[] = {{"<u2", ID_U16}, {"<u4", ID_U32}, {"<i4", ID_I32}, {"<i8", ID_I64}};
    const char *value = value_of(text, "descr");
    if (!value || (*value != '\'' && *value != '"'))
        return wrong(ids, "the .npy header names no type of numbers");
    for (size_t i = 0; i < sizeof types / sizeof *types; i++)
        if (strncmp(value + 1, types[i].name, 3) == 0 && value[4] == *value) {
            ids->type = types[i].type;
            return NULL;
        }
    return status_new(EXIT_INPUT,
                      "%s: token ids of type %.*s are not supported (known: <u2 <u4 "
                      "<i4 <i8)",
                      ids->file.path, (int)strcspn(value + 1, "'\"\n"), value + 1);
}

/* "(10,)" or "(10, 20)" */
static status_t read_shape(id_file_t *ids, const char *text, uint64_t shape[2], int *dimensions)
{
    const char *at = value_of(text, "shape");
    *dimensions = 0;
    if (!at || *at++ != '(') return wrong(ids, "the .npy header names no shape");
    for (at += strspn(at, " "); *at >= '0' && *at <= '9'; at += strspn(at, ", ")) {
        char *end;
        if (*dimensions == 2 || strspn(at, "0123456789") > 18)
            return wrong(ids, "a .npy array of one or two dimensions is expected");
        shape[(*dimensions)++] = strtoull(at, &end, 10);
        at = end;
    }
    if (*at == ')' && *dimensions > 0) return NULL;
    return wrong(ids, "a .npy array of one or two dimensions is expected");
}

static status_t read_layout(id_file_t *ids, const char *text)
{
    uint64_t shape[2] = {0, 1}, data = ids->file.size - ids->start;
    int dimensions;
    status_t status = read_type(ids, text);
    if (!status) status = read_shape(ids, text, shape, &dimensions);
    if (status) return status;
    const char *order = value_of(text, "fortran_order");
    if (!order || (strncmp(order, "False", 5) != 0 && dimensions > 1))
        return wrong(ids, "rows of a .npy array are expected side by side (C order)");
    size_t size = id_size(ids->type);
    if (shape[1] && shape[0] > data / size / shape[1])
        return wrong(ids, "the .npy header promises more numbers than there are");
    ids->tokens = shape[0] * shape[1];
    if (ids->tokens * size != data) return wrong(ids, "more bytes than the .npy header promises");
    ids->row = dimensions == 2 ? shape[1] : 0;
    ids->documents = dimensions == 2 ? shape[0] : 1;
    if (ids->tokens == 0 && ids->documents > 1) ids->documents = 0; /* rows of nothing */
    return NULL;
}

status_t id_file_open_npy(const char *path, id_file_t **ids)
{
    char *text = NULL;
    status_t status = id_file_create(path, ids);
    if (!status) status = read_header(*ids, &text, &(*ids)->start);
    if (!status) status = read_layout(*ids, text);
    mem_free(&text);
    if (status) id_file_close(ids);
    return status;
}
