#include "model/torch_archive.h"

#include <string.h>

#include "core/memory.h"
#include "core/pickle.h"
#include "model/zip.h"

enum {
    PICKLE_LIMIT = 64 << 20,
    TORCH_DIMENSIONS = 64, /* torch's own limit: a tuple may be shared by many tensors */
};

static const char *const REBUILD_TENSOR = "torch._utils._rebuild_tensor_v2";
static const char *const REBUILD_PARAMETER = "torch._utils._rebuild_parameter";

/* The storages and their element types; those that the project does not read have DTYPE_COUNT. */
static const struct {
    const char *global, *name;
    dtype_t type;
} storages[] = {
    {"torch.FloatStorage", "F32", DTYPE_F32},      {"torch.HalfStorage", "F16", DTYPE_F16},
    {"torch.BFloat16Storage", "BF16", DTYPE_BF16}, {"torch.DoubleStorage", "F64", DTYPE_F64},
    {"torch.LongStorage", "I64", DTYPE_COUNT},     {"torch.IntStorage", "I32", DTYPE_COUNT},
    {"torch.ShortStorage", "I16", DTYPE_COUNT},    {"torch.CharStorage", "I8", DTYPE_COUNT},
    {"torch.ByteStorage", "U8", DTYPE_COUNT},      {"torch.BoolStorage", "BOOL", DTYPE_COUNT},
};
enum { STORAGES = sizeof storages / sizeof *storages };

/* An archive while it is read. */
typedef struct {
    const file_t *file;
    int index;
    zip_t zip;
    const char *root; /* name of the folder that holds everything, [root_length] */
    int root_length;
    pickle_t *pickle;
} archive_t;

/* A tensor while it is read. */
typedef struct {
    const char *name;
    pickle_ref_t value;
    tensor_t tensor;
    size_t dimensions;
    bool row_major;
    uint64_t first;    /* element of the storage */
    uint64_t elements; /* of the storage */
    char *problem;
} rebuilt_t;

static status_t wrong(const archive_t *archive, const char *name, const char *what)
{
    return status_new(EXIT_INPUT, "%s: tensor \"%s\": %s", archive->file->path, name, what);
}

/* --- values of the pickle -------------------------------------------------------------------- */

static bool is_text(const archive_t *archive, pickle_ref_t value, const char *text)
{
    return pickle_kind(archive->pickle, value) == PICKLE_TEXT &&
           strcmp(pickle_text(archive->pickle, value, NULL), text) == 0;
}

/* Whether value is an integer of at least 0: *size. */
static bool is_size(const archive_t *archive, pickle_ref_t value, uint64_t *size)
{
    if (pickle_kind(archive->pickle, value) != PICKLE_INTEGER) return false;
    int64_t integer = pickle_integer(archive->pickle, value);
    *size = (uint64_t)integer;
    return integer >= 0;
}

/* Whether value is a call of this function with at least so many arguments: *arguments. */
static bool is_call(const archive_t *archive, pickle_ref_t value, const char *function,
                    size_t least, pickle_ref_t *arguments)
{
    const pickle_t *pickle = archive->pickle;
    if (pickle_kind(pickle, value) != PICKLE_CALL) return false;
    *arguments = pickle_item(pickle, value, 1);
    return strcmp(pickle_text(pickle, pickle_item(pickle, value, 0), NULL), function) == 0 &&
           pickle_items(pickle, *arguments) >= least;
}

/* --- one tensor ---------------------------------------------------------------------------------- */

/* The storage behind a persistent id ('storage', torch.FloatStorage, '0', 'cpu', 9408): the
 * tensor's type, its storage's place in the file and length. */
static status_t read_storage(const archive_t *archive, pickle_ref_t value, rebuilt_t *built)
{
    const pickle_t *pickle = archive->pickle;
    char *name = NULL;
    size_t s = 0;
    pickle_ref_t id = 0;
    bool valid = pickle_kind(pickle, value) == PICKLE_PERSISTENT;
    if (valid) id = pickle_item(pickle, value, 0);
    valid = valid && pickle_kind(pickle, id) == PICKLE_TUPLE && pickle_items(pickle, id) == 5 &&
            is_text(archive, pickle_item(pickle, id, 0), "storage") &&
            pickle_kind(pickle, pickle_item(pickle, id, 1)) == PICKLE_GLOBAL &&
            pickle_kind(pickle, pickle_item(pickle, id, 2)) == PICKLE_TEXT &&
            is_size(archive, pickle_item(pickle, id, 4), &built->elements);
    if (!valid) return wrong(archive, built->name, "its storage is not described as torch does");
    const char *global = pickle_text(pickle, pickle_item(pickle, id, 1), NULL);
    const char *key = pickle_text(pickle, pickle_item(pickle, id, 2), NULL);
    while (s < STORAGES && strcmp(storages[s].global, global) != 0) s++;
    if (s == STORAGES)
        return wrong(archive, built->name,
                     "its storage is not described as torch "
                     "does");
    built->tensor.type = storages[s].type;
    if (built->tensor.type == DTYPE_COUNT)
        return tensor_problem_type(storages[s].name, &built->problem);

    status_t status = str_format(&name, "%.*s/data/%s", archive->root_length, archive->root, key);
    const zip_entry_t *entry = status ? NULL : zip_find(&archive->zip, name);
    if (status) goto done;
    if (!entry)
        status = status_new(EXIT_INPUT, "%s: tensor \"%s\": the archive has no entry \"%s\"",
                            archive->file->path, built->name, name);
    else if (built->elements > entry->size / dtype_size(built->tensor.type))
        status = status_new(EXIT_INPUT,
                            "%s: tensor \"%s\": its storage of %llu elements of %s does not fit "
                            "in entry \"%s\" of %llu bytes",
                            archive->file->path, built->name, (unsigned long long)built->elements,
                            storages[s].name, name, (unsigned long long)entry->size);
    else status = zip_locate(&archive->zip, entry, &built->tensor.offset);
done:
    mem_free(&name);
    return status;
}

/* Sizes and strides, the last dimension first: shape, count, and whether the elements lie in
 * row-major order. */
static status_t read_layout(const archive_t *archive, pickle_ref_t sizes, pickle_ref_t strides,
                            rebuilt_t *built)
{
    const pickle_t *pickle = archive->pickle;
    if (pickle_kind(pickle, sizes) != PICKLE_TUPLE ||
        pickle_kind(pickle, strides) != PICKLE_TUPLE ||
        pickle_items(pickle, sizes) != pickle_items(pickle, strides))
        return wrong(archive, built->name, "its size and stride are not tuples of one length");
    built->dimensions = pickle_items(pickle, sizes);
    if (built->dimensions > TORCH_DIMENSIONS)
        return wrong(archive, built->name, "it has more than 64 dimensions");
    built->tensor.dimensions =
        built->dimensions < TENSOR_DIMENSIONS ? (int)built->dimensions : TENSOR_DIMENSIONS;
    built->row_major = true;
    uint64_t count = 1, size, stride;
    for (size_t i = built->dimensions; i-- > 0;) {
        if (!is_size(archive, pickle_item(pickle, sizes, i), &size) ||
            !is_size(archive, pickle_item(pickle, strides, i), &stride))
            return wrong(archive, built->name,
                         "its size or stride holds something other than "
                         "sizes");
        if (size != 1 && stride != count) built->row_major = false;
        if (__builtin_mul_overflow(count, size, &count))
            return wrong(archive, built->name, "the product of its size exceeds 64 bits");
        if (i < TENSOR_DIMENSIONS) built->tensor.shape[i] = (int64_t)size;
    }
    built->tensor.count = count;
    return NULL;
}

/* Why the tensor, whose storage is readable, is not; or its place in the file. */
static status_t place(const archive_t *archive, rebuilt_t *built)
{
    uint64_t end;
    if (built->tensor.count == 0) return NULL;
    if (built->dimensions > TENSOR_DIMENSIONS)
        return tensor_problem_dimensions(built->dimensions, &built->problem);
    if (!built->row_major)
        return str_copy(&built->problem, "its elements are not stored in row-major order");
    if (__builtin_add_overflow(built->first, built->tensor.count, &end) || end > built->elements)
        return status_new(EXIT_INPUT,
                          "%s: tensor \"%s\": elements [%llu, +%llu) of a storage of %llu",
                          archive->file->path, built->name, (unsigned long long)built->first,
                          (unsigned long long)built->tensor.count,
                          (unsigned long long)built->elements);
    built->tensor.offset += built->first * dtype_size(built->tensor.type);
    return NULL;
}

static status_t read_tensor(const archive_t *archive, rebuilt_t *built)
{
    const pickle_t *pickle = archive->pickle;
    pickle_ref_t value = built->value, arguments = 0;
    if (is_call(archive, value, REBUILD_PARAMETER, 1, &arguments))
        value = pickle_item(pickle, arguments, 0);
    if (!is_call(archive, value, REBUILD_TENSOR, 4, &arguments)) {
        built->tensor.type = DTYPE_COUNT;
        return str_format(&built->problem, "it is %s, not a tensor",
                          pickle_kind_name(pickle_kind(pickle, value)));
    }
    if (!is_size(archive, pickle_item(pickle, arguments, 1), &built->first))
        return wrong(archive, built->name, "its offset is not a size");
    status_t status = read_layout(archive, pickle_item(pickle, arguments, 2),
                                  pickle_item(pickle, arguments, 3), built);
    if (!status) status = read_storage(archive, pickle_item(pickle, arguments, 0), built);
    if (!status && !built->problem) status = place(archive, built);
    return status;
}

/* --- the archive --------------------------------------------------------------------------------- */

/* The name that a key of the dict at the root gives; none may be used twice, so that all names
 * together are no longer than the pickle. */
static status_t read_name(const archive_t *archive, pickle_ref_t key, bool *used, const char **name)
{
    const pickle_t *pickle = archive->pickle;
    size_t length = 0;
    if (pickle_kind(pickle, key) != PICKLE_TEXT)
        return status_new(EXIT_INPUT, "%s: a tensor's name is %s, not a text", archive->file->path,
                          pickle_kind_name(pickle_kind(pickle, key)));
    *name = pickle_text(pickle, key, &length);
    if (strlen(*name) != length) return wrong(archive, *name, "a NUL in its name");
    if (used[key]) return wrong(archive, *name, "listed twice");
    used[key] = true;
    return NULL;
}

/* Every value of the dict at the root, by its key. */
static status_t read_dict(const archive_t *archive, tensor_list_t *list)
{
    const pickle_t *pickle = archive->pickle;
    pickle_ref_t root = pickle_root(pickle);
    bool *used = NULL; /* [pickle_count] */
    if (pickle_kind(pickle, root) != PICKLE_DICT)
        return status_new(EXIT_INPUT, "%s: holds %s, not a dict of tensors", archive->file->path,
                          pickle_kind_name(pickle_kind(pickle, root)));
    status_t status = mem_new(&used, pickle_count(pickle), "tensor names");
    for (size_t i = 0; !status && i < pickle_items(pickle, root); i += 2) {
        rebuilt_t built = {.value = pickle_item(pickle, root, i + 1)};
        status = read_name(archive, pickle_item(pickle, root, i), used, &built.name);
        built.tensor.name = (char *)built.name;
        built.tensor.file = archive->index;
        if (!status) status = read_tensor(archive, &built);
        if (!status) status = tensor_list_add(list, &built.tensor, built.problem);
        mem_free(&built.problem);
    }
    mem_free(&used);
    return status;
}

/* The one entry "<root>/data.pkl". */
static status_t find_pickle(archive_t *archive, const zip_entry_t **found)
{
    *found = NULL;
    for (size_t i = 0; i < archive->zip.count; i++) {
        const char *name = archive->zip.entry[i].name, *slash = strchr(name, '/');
        if (!slash || strcmp(slash, "/data.pkl") != 0) continue;
        if (*found)
            return status_new(EXIT_INPUT, "%s: both \"%s\" and \"%s\" are there",
                              archive->file->path, (*found)->name, name);
        *found = &archive->zip.entry[i];
        archive->root = name;
        archive->root_length = (int)(slash - name);
    }
    if (*found) return NULL;
    return status_new(EXIT_INPUT, "%s: no entry \"<folder>/data.pkl\": not a torch archive",
                      archive->file->path);
}

/* The optional entry that says how numbers are laid out. */
static status_t check_byte_order(const archive_t *archive)
{
    char *name = NULL;
    str_t order = {0};
    status_t status = str_format(&name, "%.*s/byteorder", archive->root_length, archive->root);
    const zip_entry_t *entry = status ? NULL : zip_find(&archive->zip, name);
    if (entry) status = zip_read(&archive->zip, entry, 64, &order);
    if (!status && entry && strcmp(order.data, "little") != 0)
        status = status_new(EXIT_INPUT, "%s: byte order \"%s\", only \"little\" is read",
                            archive->file->path, order.data);
    str_free(&order);
    mem_free(&name);
    return status;
}

static status_t read_pickle(archive_t *archive, const zip_entry_t *entry)
{
    const char *globals[STORAGES + 4];
    size_t count = 0;
    str_t text = {0};
    globals[count++] = "collections.OrderedDict";
    globals[count++] = REBUILD_TENSOR;
    globals[count++] = REBUILD_PARAMETER;
    for (size_t i = 0; i < STORAGES; i++) globals[count++] = storages[i].global;
    globals[count] = NULL;
    status_t status = zip_read(&archive->zip, entry, PICKLE_LIMIT, &text);
    if (!status)
        status =
            pickle_parse(archive->file->path, text.data, text.length, globals, &archive->pickle);
    str_free(&text);
    return status;
}

/* Says what a file that is no zip archive is instead. */
static status_t check_start(const file_t *file)
{
    char start[4] = {0};
    status_t status = NULL;
    if (file->size >= sizeof start) status = file_read_at(file, 0, start, sizeof start);
    if (status || memcmp(start, "PK\3\4", 4) == 0) return status;
    if (memcmp(start, "\x80\x02\x8a\x0a", 4) == 0)
        return status_new(EXIT_INPUT,
                          "%s: the format of torch before 1.6, which is not read: load it with "
                          "torch and save it again",
                          file->path);
    return status_new(EXIT_INPUT, "%s: not a torch archive: it does not begin as a zip file",
                      file->path);
}

status_t torch_archive_list(const file_t *file, int index, tensor_list_t *list)
{
    archive_t archive = {.file = file, .index = index};
    const zip_entry_t *entry = NULL;
    status_t status = check_start(file);
    if (!status) status = zip_open(file, &archive.zip);
    if (!status) status = find_pickle(&archive, &entry);
    if (!status) status = check_byte_order(&archive);
    if (!status) status = read_pickle(&archive, entry);
    if (!status) status = read_dict(&archive, list);
    pickle_destroy(&archive.pickle);
    zip_close(&archive.zip);
    return status;
}
