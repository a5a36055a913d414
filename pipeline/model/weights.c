#include "model/weights.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "core/file.h"
#include "core/json_size.h"
#include "core/memory.h"
#include "model/safetensors.h"
#include "model/tensor_list.h"
#include "model/torch_archive.h"

enum { INDEX_LIMIT = 100 * 1000 * 1000 };

struct weights {
    file_t *file; /* [files], open */
    size_t files, capacity;
    tensor_list_t readable, unreadable; /* sorted */
};

/* The weight sets that are looked for, the preferred first. */
static const struct set {
    const char *name;
    bool index;
    tensor_reader_t read;
} sets[] = {
    {"model.safetensors.index.json", true, safetensors_list},
    {"model.safetensors", false, safetensors_list},
    {"pytorch_model.bin.index.json", true, torch_archive_list},
    {"pytorch_model.bin", false, torch_archive_list},
};
enum { SETS = sizeof sets / sizeof *sets };

/* One line of an index: the tensor and the shard that holds it, both borrowed. */
typedef struct {
    const char *tensor, *shard;
} placed_t;

/* A clone without git-lfs holds three lines of text in a weight file's place. */
static status_t check_not_pointer(const file_t *file)
{
    static const char mark[] = "version https://git-lfs";
    char head[sizeof mark - 1];
    if (file->size < sizeof head) return NULL;
    status_t status = file_read_at(file, 0, head, sizeof head);
    if (!status && memcmp(head, mark, sizeof head) == 0)
        status = status_new(EXIT_INPUT,
                            "%s: a git-lfs pointer stands in place of the weights: fetch them "
                            "(git lfs pull)",
                            file->path);
    return status;
}

/* Opens one file and appends what it lists, sorted, to an empty list. */
static status_t open_file(weights_t *weights, const char *directory, const char *name,
                          tensor_reader_t read, tensor_list_t *list)
{
    char *path = NULL;
    file_t *file = NULL;
    status_t status =
        mem_grow(&weights->file, &weights->capacity, weights->files + 1, "list of weight files");
    if (!status) status = path_join(directory, name, &path);
    if (!status) {
        file = &weights->file[weights->files];
        status = file_open(file, path);
    }
    if (!status) {
        weights->files++;
        status = check_not_pointer(file);
    }
    if (!status) status = read(file, (int)weights->files - 1, list);
    if (!status) status = tensor_list_sort(list, file->path);
    mem_free(&path);
    return status;
}

static status_t keep(weights_t *weights, const listed_tensor_t *listed)
{
    return tensor_list_add(listed->problem ? &weights->unreadable : &weights->readable,
                           &listed->tensor, listed->problem);
}

static status_t open_single(weights_t *weights, const char *directory, const struct set *set)
{
    tensor_list_t list = {0};
    status_t status = open_file(weights, directory, set->name, set->read, &list);
    for (size_t i = 0; !status && i < list.count; i++) status = keep(weights, &list.item[i]);
    tensor_list_free(&list);
    return status;
}

static int by_shard(const void *a, const void *b)
{
    const placed_t *x = a, *y = b;
    int order = strcmp(x->shard, y->shard);
    return order ? order : strcmp(x->tensor, y->tensor);
}

/* Reads an index's weight_map, sorted by shard; placed borrows from *index. */
static status_t read_index(const char *path, json_t **index, placed_t **placed, size_t *count)
{
    str_t text = {0};
    json_error_t where;
    json_t *map = NULL, *shard;
    const char *tensor;
    status_t status = file_read(path, INDEX_LIMIT, &text);
    if (!status && json_exceeds(text.data, text.length, JSON_VALUES))
        status = status_new(EXIT_INPUT, "%s: more than %d values", path, JSON_VALUES);
    if (!status && !(*index = json_loadb(text.data, text.length, JSON_REJECT_DUPLICATES, &where)))
        status = status_new(EXIT_INPUT, "%s: not valid JSON at line %d: %s", path, where.line,
                            where.text);
    if (!status && !json_is_object(map = json_object_get(*index, "weight_map")))
        status = status_new(EXIT_INPUT, "%s: no object \"weight_map\"", path);
    if (!status && !json_object_size(map))
        status = status_new(EXIT_INPUT, "%s: \"weight_map\" is empty", path);
    if (!status) status = mem_new(placed, json_object_size(map), "weight index");
    if (status) goto done;
    json_object_foreach(map, tensor, shard)
    {
        const char *name = json_string_value(shard);
        if (!name || !*name || strchr(name, '/') || strchr(name, '\\') || name[0] == '.') {
            status = status_new(EXIT_INPUT,
                                "%s: tensor \"%s\" lies in %s%s%s, the name of a file in the same "
                                "directory is expected",
                                path, tensor, name ? "\"" : "", name ? name : "no string",
                                name ? "\"" : "");
            goto done;
        }
        (*placed)[(*count)++] = (placed_t){tensor, name};
    }
    qsort(*placed, *count, sizeof **placed, by_shard);
done:
    str_free(&text);
    return status;
}

/* Keeps those tensors of one shard that the index places there; what a shard holds beyond them
 * is not part of the set. */
static status_t keep_placed(weights_t *weights, const char *path, const tensor_list_t *list,
                            const placed_t *placed, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const listed_tensor_t *listed = tensor_list_find(list, placed[i].tensor);
        if (!listed)
            return status_new(EXIT_INPUT, "%s: tensor \"%s\" is not in %s, which should hold it",
                              path, placed[i].tensor, placed[i].shard);
        status_t status = keep(weights, listed);
        if (status) return status;
    }
    return NULL;
}

static status_t open_sharded(weights_t *weights, const char *directory, const struct set *set)
{
    char *path = NULL;
    json_t *index = NULL;
    placed_t *placed = NULL;
    size_t count = 0;
    status_t status = path_join(directory, set->name, &path);
    if (!status) status = read_index(path, &index, &placed, &count);
    for (size_t first = 0, end; !status && first < count; first = end) {
        tensor_list_t list = {0};
        for (end = first + 1; end < count; end++)
            if (strcmp(placed[end].shard, placed[first].shard) != 0) break;
        status = open_file(weights, directory, placed[first].shard, set->read, &list);
        if (!status) status = keep_placed(weights, path, &list, placed + first, end - first);
        tensor_list_free(&list);
    }
    if (!status) status = tensor_list_sort(&weights->readable, path);
    if (!status) status = tensor_list_sort(&weights->unreadable, path);
    mem_free(&placed);
    json_decref(index);
    mem_free(&path);
    return status;
}

status_t weights_open(const char *directory, weights_t **weights)
{
    strings_t names = {0};
    *weights = NULL;
    /* listed, not tested one by one: a link whose target is gone is then an error of its own */
    status_t status = directory_list(directory, &names);
    const struct set *set = sets;
    while (!status && set < sets + SETS && strings_find(&names, set->name) < 0) set++;
    if (!status && set == sets + SETS)
        status = status_new(EXIT_INPUT,
                            "%s: no weights: expected model.safetensors.index.json, "
                            "model.safetensors, pytorch_model.bin.index.json or pytorch_model.bin",
                            directory);
    if (!status) status = mem_new(weights, 1, "weights");
    if (!status)
        status = set->index ? open_sharded(*weights, directory, set)
                            : open_single(*weights, directory, set);
    if (status) weights_close(weights);
    strings_free(&names);
    return status;
}

void weights_close(weights_t **weights)
{
    weights_t *all = *weights;
    if (!all) return;
    for (size_t i = 0; i < all->files; i++) file_close(&all->file[i]);
    mem_free(&all->file);
    tensor_list_free(&all->readable);
    tensor_list_free(&all->unreadable);
    mem_free(weights);
}

size_t weights_count(const weights_t *weights)
{
    return weights->readable.count;
}

const tensor_t *weights_at(const weights_t *weights, size_t index)
{
    return &weights->readable.item[index].tensor;
}

const tensor_t *weights_find(const weights_t *weights, const char *name)
{
    const listed_tensor_t *listed = tensor_list_find(&weights->readable, name);
    return listed ? &listed->tensor : NULL;
}

const char *weights_unreadable(const weights_t *weights, const char *name)
{
    const listed_tensor_t *listed = tensor_list_find(&weights->unreadable, name);
    return listed ? listed->problem : NULL;
}

const char *weights_file(const weights_t *weights, const tensor_t *tensor)
{
    return weights->file[tensor->file].path;
}

status_t weights_read(const weights_t *weights, const tensor_t *tensor, uint64_t first,
                      uint64_t count, void *out)
{
    if (first > tensor->count || count > tensor->count - first)
        return status_new(EXIT_BUG, "tensor \"%s\" has %llu elements, [%llu, +%llu) were asked for",
                          tensor->name, (unsigned long long)tensor->count,
                          (unsigned long long)first, (unsigned long long)count);
    size_t size = dtype_size(tensor->type);
    return file_read_at(&weights->file[tensor->file], tensor->offset + first * size, out,
                        count * size);
}

status_t weights_hash(const weights_t *weights, char hex[SHA256_HEX])
{
    hash_t *hash = NULL;
    if (weights->files == 1) return hash_file(weights->file[0].path, hex);
    status_t status = hash_create(&hash);
    /* a sharded set's files were opened in the order of their names */
    for (size_t i = 0; !status && i < weights->files; i++) {
        status = hash_file(weights->file[i].path, hex);
        if (!status) status = hash_add(hash, hex, SHA256_HEX - 1);
    }
    if (!status) status = hash_finish(&hash, hex);
    hash_destroy(&hash);
    return status;
}
