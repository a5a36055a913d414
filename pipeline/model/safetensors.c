#include "model/safetensors.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "core/json_size.h"
#include "core/memory.h"

typedef unsigned long long ull;

enum { HEADER_LIMIT = 100 * 1000 * 1000 }; /* the format's own */

/* The format's element types; those that the project does not read have DTYPE_COUNT. */
static const struct {
    const char *name;
    unsigned bits;
    dtype_t type;
} element_types[] = {
    {"F64", 64, DTYPE_F64},      {"F32", 32, DTYPE_F32},      {"F16", 16, DTYPE_F16},
    {"BF16", 16, DTYPE_BF16},    {"I64", 64, DTYPE_COUNT},    {"U64", 64, DTYPE_COUNT},
    {"I32", 32, DTYPE_COUNT},    {"U32", 32, DTYPE_COUNT},    {"I16", 16, DTYPE_COUNT},
    {"U16", 16, DTYPE_COUNT},    {"I8", 8, DTYPE_COUNT},      {"U8", 8, DTYPE_COUNT},
    {"BOOL", 8, DTYPE_COUNT},    {"C64", 64, DTYPE_COUNT},    {"F8_E5M2", 8, DTYPE_COUNT},
    {"F8_E4M3", 8, DTYPE_COUNT}, {"F8_E8M0", 8, DTYPE_COUNT}, {"F6_E2M3", 6, DTYPE_COUNT},
    {"F6_E3M2", 6, DTYPE_COUNT}, {"F4", 4, DTYPE_COUNT},
};
enum { ELEMENT_TYPES = sizeof element_types / sizeof *element_types };

/* A tensor's bytes [begin, end), counted from the header's end. */
typedef struct {
    uint64_t begin, end;
    const char *name; /* borrowed */
} extent_t;

/* What is being read: where its data start, and how many bytes of data the file holds. */
typedef struct {
    const file_t *file;
    int index;
    uint64_t start, available;
} source_t;

/* EXIT_INPUT error about one tensor. */
static status_t wrong(const source_t *source, const char *name, const char *what)
{
    return status_new(EXIT_INPUT, "%s: tensor \"%s\": %s", source->file->path, name, what);
}

static status_t read_header(source_t *source, json_t **header)
{
    const file_t *file = source->file;
    unsigned char head[8];
    uint64_t length = 0;
    char *text = NULL;
    json_error_t where;
    if (file->size < sizeof head)
        return status_new(EXIT_INPUT, "%s: %llu bytes are too few for a safetensors header",
                          file->path, (ull)file->size);
    status_t status = file_read_at(file, 0, head, sizeof head);
    for (int i = 7; i >= 0; i--) length = length << 8 | head[i];
    if (!status && length > HEADER_LIMIT)
        status = status_new(EXIT_INPUT,
                            "%s: header length %llu, at most %d is valid: not a safetensors file",
                            file->path, (ull)length, HEADER_LIMIT);
    if (!status && length > file->size - sizeof head)
        status =
            status_new(EXIT_INPUT, "%s: truncated: the header takes %llu bytes, %llu are there",
                       file->path, (ull)length, (ull)(file->size - sizeof head));
    if (!status) status = mem_new(&text, length + 1, "safetensors header");
    if (!status) status = file_read_at(file, sizeof head, text, length);
    if (!status && text[0] != '{')
        status = status_new(EXIT_INPUT,
                            "%s: the header does not begin with {: not a safetensors "
                            "file",
                            file->path);
    if (!status && json_exceeds(text, length, JSON_VALUES))
        status = status_new(EXIT_INPUT, "%s: the header holds more than %d values", file->path,
                            JSON_VALUES);
    if (!status && !(*header = json_loadb(text, length, JSON_REJECT_DUPLICATES, &where)))
        status = status_new(EXIT_INPUT, "%s: the header is not valid JSON at byte %d: %s",
                            file->path, where.position, where.text);
    mem_free(&text);
    source->start = sizeof head + length;
    source->available = file->size - source->start;
    return status;
}

/* Fills shape, dimensions and count; a tensor of too many dimensions keeps the first few. */
static status_t read_shape(const source_t *source, const char *name, const json_t *shape,
                           tensor_t *tensor, size_t *dimensions)
{
    if (!json_is_array(shape)) return wrong(source, name, "no array \"shape\"");
    *dimensions = json_array_size(shape);
    uint64_t count = 1;
    for (size_t i = 0; i < *dimensions; i++) {
        const json_t *extent = json_array_get(shape, i);
        if (!json_is_integer(extent) || json_integer_value(extent) < 0)
            return wrong(source, name, "\"shape\" holds something other than sizes");
        if (__builtin_mul_overflow(count, (uint64_t)json_integer_value(extent), &count))
            return wrong(source, name, "the product of its shape exceeds 64 bits");
        if (i < TENSOR_DIMENSIONS) tensor->shape[i] = json_integer_value(extent);
    }
    tensor->dimensions = *dimensions < TENSOR_DIMENSIONS ? (int)*dimensions : TENSOR_DIMENSIONS;
    tensor->count = count;
    return NULL;
}

static status_t read_extent(const source_t *source, const char *name, const json_t *offsets,
                            extent_t *extent)
{
    const json_t *begin = json_array_get(offsets, 0), *end = json_array_get(offsets, 1);
    if (json_array_size(offsets) != 2 || !json_is_integer(begin) || !json_is_integer(end) ||
        json_integer_value(begin) < 0 || json_integer_value(end) < json_integer_value(begin))
        return wrong(source, name, "\"data_offsets\" is not [begin, end]");
    *extent =
        (extent_t){(uint64_t)json_integer_value(begin), (uint64_t)json_integer_value(end), name};
    if (extent->end > source->available)
        return status_new(EXIT_INPUT,
                          "%s: tensor \"%s\" ends %llu bytes behind the header, the file has %llu "
                          "there: truncated, or a damaged header",
                          source->file->path, name, (ull)extent->end, (ull)source->available);
    return NULL;
}

/* Whether the extent holds exactly count elements of so many bits. */
static status_t check_size(const source_t *source, const extent_t *extent, uint64_t count,
                           unsigned bits, const char *type)
{
    uint64_t total, length = extent->end - extent->begin;
    if (__builtin_mul_overflow(count, (uint64_t)bits, &total) || total % 8 || total / 8 != length)
        return status_new(EXIT_INPUT,
                          "%s: tensor \"%s\": %llu elements of %s do not take the %llu bytes of "
                          "its data_offsets",
                          source->file->path, extent->name, (ull)count, type, (ull)length);
    return NULL;
}

static status_t read_tensor(const source_t *source, const char *name, const json_t *entry,
                            extent_t *extent, tensor_list_t *list)
{
    tensor_t tensor = {.name = (char *)name, .type = DTYPE_COUNT, .file = source->index};
    const char *type = json_string_value(json_object_get(entry, "dtype"));
    char *problem = NULL;
    size_t dimensions = 0;
    unsigned bits = 0;
    if (!type) return wrong(source, name, "no string \"dtype\"");
    for (size_t i = 0; i < ELEMENT_TYPES; i++)
        if (strcmp(type, element_types[i].name) == 0) {
            tensor.type = element_types[i].type;
            bits = element_types[i].bits;
        }
    status_t status =
        read_shape(source, name, json_object_get(entry, "shape"), &tensor, &dimensions);
    if (!status) status = read_extent(source, name, json_object_get(entry, "data_offsets"), extent);
    if (!status && bits) status = check_size(source, extent, tensor.count, bits, type);
    if (!status && tensor.type == DTYPE_COUNT) status = tensor_problem_type(type, &problem);
    else if (!status && dimensions > TENSOR_DIMENSIONS)
        status = tensor_problem_dimensions(dimensions, &problem);
    tensor.offset = source->start + extent->begin;
    if (!status) status = tensor_list_add(list, &tensor, problem);
    mem_free(&problem);
    return status;
}

static int by_begin(const void *a, const void *b)
{
    const extent_t *x = a, *y = b;
    if (x->begin != y->begin) return x->begin < y->begin ? -1 : 1;
    return x->end < y->end ? -1 : x->end > y->end;
}

/* The extents cover the data without overlap or hole. */
static status_t check_cover(const source_t *source, extent_t *extent, size_t count)
{
    const char *path = source->file->path;
    uint64_t at = 0;
    if (count) qsort(extent, count, sizeof *extent, by_begin);
    for (size_t i = 0; i < count; at = extent[i++].end) {
        if (extent[i].begin < at)
            return status_new(EXIT_INPUT, "%s: tensors \"%s\" and \"%s\" overlap", path,
                              extent[i - 1].name, extent[i].name);
        if (extent[i].begin > at)
            return status_new(EXIT_INPUT, "%s: %llu bytes before tensor \"%s\" belong to none",
                              path, (ull)(extent[i].begin - at), extent[i].name);
    }
    if (at < source->available)
        return status_new(EXIT_INPUT, "%s: %llu bytes behind the last tensor belong to none", path,
                          (ull)(source->available - at));
    return NULL;
}

status_t safetensors_list(const file_t *file, int index, tensor_list_t *list)
{
    source_t source = {.file = file, .index = index};
    json_t *header = NULL, *entry;
    extent_t *extent = NULL;
    size_t count = 0;
    const char *name;
    status_t status = read_header(&source, &header);
    if (!status) status = mem_new(&extent, json_object_size(header), "tensor extents");
    if (status) goto done;
    json_object_foreach(header, name, entry)
    {
        if (strcmp(name, "__metadata__") == 0) continue;
        status = read_tensor(&source, name, entry, &extent[count++], list);
        if (status) goto done;
    }
    status = check_cover(&source, extent, count);
done:
    mem_free(&extent);
    json_decref(header);
    return status;
}
