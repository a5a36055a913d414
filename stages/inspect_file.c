#include <string.h>

#include "core/file.h"
#include "core/memory.h"
#include "core/missing.h"
#include "model/architecture.h"
#include "model/weights.h"
#include "stages/inspect.h"
#include "store/store.h"
#include "text/tokenizer.h"

typedef unsigned long long ull;

static void print_bytes(FILE *out, double bytes)
{
    static const char *const units[] = {"bytes", "KiB", "MiB", "GiB", "TiB", "PiB"};
    int unit = 0;
    for (; bytes >= 1024 && unit < 5; unit++) bytes /= 1024;
    fprintf(out, "%.*f %s", unit ? 1 : 0, bytes, units[unit]);
}

/* ---- HDF5 files ---- */

/* Long values stand below their name, indented. */
static void print_text(FILE *out, const char *key, const char *text)
{
    const char *newline = strchr(text, '\n');
    if (!newline || newline[1] == '\0') {
        fprintf(out, "  %s: %.*s\n", key, (int)strcspn(text, "\n"), text);
        return;
    }
    fprintf(out, "  %s:\n", key);
    for (; *text; text += strcspn(text, "\n"), text += *text == '\n')
        fprintf(out, "    %.*s\n", (int)strcspn(text, "\n"), text);
}

static status_t print_attribute(const store_t *store, const char *key, FILE *out)
{
    char *text = NULL;
    double *number = NULL;
    size_t count = 0;
    status_t status = store_get_text(store, "/", key, &text);
    if (!status) {
        print_text(out, key, text);
    } else {
        status_free(&status);
        status = store_get_numbers(store, "/", key, &number, &count);
        if (!status) fprintf(out, "  %s:", key);
        for (size_t i = 0; !status && i < count; i++) fprintf(out, " %.15g", number[i]);
        if (!status) fputc('\n', out);
    }
    mem_free(&text);
    mem_free(&number);
    return status;
}

static status_t print_attributes(const store_t *store, FILE *out)
{
    strings_t keys = {0};
    status_t status = store_attributes(store, "/", &keys);
    for (size_t i = 0; !status && i < keys.count; i++)
        status = print_attribute(store, keys.item[i], out);
    strings_free(&keys);
    return status;
}

/* " (unit): description", as far as they are there. */
static void print_meaning(const store_t *store, const char *name, FILE *out)
{
    char *unit = NULL, *description = NULL;
    status_t status = store_get_text(store, name, "unit", &unit);
    if (!status) fprintf(out, " (%s)", unit);
    status_free(&status);
    status = store_get_text(store, name, "description", &description);
    if (!status) fprintf(out, ": %s", description);
    status_free(&status);
    mem_free(&unit);
    mem_free(&description);
}

/* " [4 layers, 256 neurons]"; numbers alone where the axes have no names. */
static void print_axes(const store_t *store, const char *name, const store_info_t *info, FILE *out)
{
    char *axes = NULL;
    status_t status = store_get_text(store, name, "axes", &axes);
    const char *axis = status ? "" : axes;
    for (int i = 0; i < info->dimensions; i++) {
        int length = (int)strcspn(axis, " ");
        fprintf(out, "%s%llu%s%.*s%s", i ? ", " : " [", (ull)info->shape[i], length ? " " : "",
                length, axis, i + 1 < info->dimensions ? "" : "]");
        axis += length + (axis[length] == ' ');
    }
    status_free(&status);
    mem_free(&axes);
}

static void print_dataset(const store_t *store, const char *name, const store_info_t *info,
                          FILE *out)
{
    static const char *const types[] = {"i32", "i64", "f32", "f64", "f16", "bf16", "text"};
    fprintf(out, "  %s  %s", name, types[info->type]);
    print_axes(store, name, info, out);
    print_meaning(store, name, out);
    fputc('\n', out);
}

static status_t print_datasets(const store_t *store, FILE *out)
{
    strings_t names = {0};
    status_t status = store_datasets(store, &names);
    for (size_t i = 0; !status && i < names.count; i++) {
        store_info_t info;
        status = store_find(store, names.item[i], &info);
        if (!status) print_dataset(store, names.item[i], &info, out);
    }
    strings_free(&names);
    return status;
}

static status_t print_store(const char *path, FILE *out)
{
    store_t *store = NULL;
    status_t status = store_open(path, &store);
    if (!status) fprintf(out, "%s: HDF5 file\n", path);
    if (!status) status = print_attributes(store, out);
    if (!status) fputs("datasets:\n", out);
    if (!status) status = print_datasets(store, out);
    store_close(&store);
    return status;
}

/* ---- tokenizers ---- */

static status_t print_tokenizer(const char *path, FILE *out)
{
    tokenizer_t *tokenizer = NULL;
    status_t status = tokenizer_open(path, &tokenizer);
    if (!status)
        fprintf(out, "tokenizer: %d ids, BOS %d, EOS %d (-1: none), SHA-256 %s\n",
                (int)tokenizer_size(tokenizer), (int)tokenizer_bos(tokenizer),
                (int)tokenizer_eos(tokenizer), tokenizer_hash(tokenizer));
    tokenizer_close(&tokenizer);
    return status;
}

/* ---- model directories ---- */

static status_t print_shape(const char *directory, FILE *out)
{
    model_shape_t shape;
    status_t status = model_shape_read(directory, &shape);
    if (status) return status;
    fprintf(out, "architecture: %s\n", shape.facts->model_type);
    fprintf(out, "  layers %d, width %d, MLP width %d, heads %d of %d, key/value heads %d\n",
            shape.layers, shape.width, shape.mlp, shape.heads, shape.head_width, shape.kv_heads);
    fprintf(out, "  vocabulary rows %d, %s\n", shape.vocabulary,
            shape.tied ? "tied embeddings" : "output matrix of its own");
    model_shape_free(&shape);
    return NULL;
}

static status_t print_weights(const char *directory, FILE *out)
{
    weights_t *weights = NULL;
    uint64_t elements = 0;
    double bytes = 0;
    const char *file = "";
    status_t status = weights_open(directory, &weights);
    if (status) return status;
    for (size_t i = 0; i < weights_count(weights); i++) {
        elements += weights_at(weights, i)->count;
        bytes += (double)weights_at(weights, i)->count *
                 (double)dtype_size(weights_at(weights, i)->type);
    }
    fprintf(out, "weights: %zu tensors, %llu elements, ", weights_count(weights), (ull)elements);
    print_bytes(out, bytes);
    fputc('\n', out);
    for (size_t i = 0; i < weights_count(weights); i++) {
        const tensor_t *tensor = weights_at(weights, i);
        if (strcmp(file, weights_file(weights, tensor)) != 0) {
            file = weights_file(weights, tensor);
            fprintf(out, "  in %s\n", path_base(file));
        }
        fprintf(out, "    %s  %s", tensor->name, dtype_name(tensor->type));
        for (int d = 0; d < tensor->dimensions; d++)
            fprintf(out, "%s%lld%s", d ? ", " : " [", (long long)tensor->shape[d],
                    d + 1 < tensor->dimensions ? "" : "]");
        fputc('\n', out);
    }
    weights_close(&weights);
    return NULL;
}

static bool holds(const char *directory, const char *name)
{
    char *path = NULL;
    status_t status = path_join(directory, name, &path);
    bool found = !status && file_exists(path);
    status_free(&status);
    mem_free(&path);
    return found;
}

static status_t print_own_tokenizer(const char *directory, FILE *out)
{
    if (holds(directory, "tokenizer.json") || holds(directory, "merges.txt"))
        return print_tokenizer(directory, out);
    fputs("tokenizer: none here\n", out);
    return NULL;
}

/* A part that is missing is said, and the next follows; without architecture and weights it is no
 * model directory. */
static status_t print_model(const char *directory, FILE *out)
{
    static const struct {
        const char *name;
        status_t (*print)(const char *directory, FILE *out);
    } parts[] = {{"architecture", print_shape},
                 {"weights", print_weights},
                 {"tokenizer", print_own_tokenizer}};
    enum { PARTS = sizeof parts / sizeof *parts };
    status_t first = NULL;
    int failed = 0;
    fprintf(out, "%s: model directory\n", directory);
    for (int i = 0; i < PARTS; i++) {
        status_t status = parts[i].print(directory, out);
        if (status)
            fprintf(out, "%s: none that can be used: %s\n", parts[i].name, status_message(status));
        failed += status != NULL;
        first = status_first(first, status);
    }
    if (failed < PARTS - 1) status_free(&first);
    return first;
}

status_t inspect_file(const char *path, bool json, FILE *out)
{
    status_t status;
    if (!file_exists(path)) status = file_missing(path, "no such file or directory");
    else if (json) status = inspect_file_json(path, out);
    else if (file_is_directory(path)) status = print_model(path, out);
    else if (has_suffix(path, ".json")) status = print_tokenizer(path, out);
    else status = print_store(path, out);
    if (!status && fflush(out) != 0)
        status = status_new(EXIT_OUTPUT, "standard output cannot be written");
    return status;
}
