/* wn-inspect file, for programs. */
#include "core/file.h"
#include "core/json_out.h"
#include "core/memory.h"
#include "model/architecture.h"
#include "model/weights.h"
#include "stages/inspect.h"
#include "store/store.h"
#include "text/tokenizer.h"

/* ---- HDF5 files ---- */

/* A text, a number, or an array of numbers. */
static status_t put_attribute(const store_t *store, const char *object, const char *key, json_t *to,
                              bool *failed)
{
    char *text = NULL;
    double *number = NULL;
    size_t count = 0;
    json_t *value = NULL;
    status_t status = store_get_text(store, object, key, &text);
    if (!status) {
        value = json_string(text);
    } else {
        status_free(&status);
        status = store_get_numbers(store, object, key, &number, &count);
        if (!status && count != 1) value = json_array();
        for (size_t i = 0; !status && count != 1 && i < count; i++)
            json_add(value, json_number(number[i]), failed);
        if (!status && count == 1) value = json_number(number[0]);
    }
    if (!status) json_put(to, key, value, failed);
    mem_free(&text);
    mem_free(&number);
    return status;
}

static status_t put_attributes(const store_t *store, const char *object, json_t *to, bool *failed)
{
    strings_t keys = {0};
    status_t status = store_attributes(store, object, &keys);
    for (size_t i = 0; !status && i < keys.count; i++)
        status = put_attribute(store, object, keys.item[i], to, failed);
    strings_free(&keys);
    return status;
}

static status_t add_dataset(const store_t *store, const char *name, json_t *datasets, bool *failed)
{
    static const char *const types[] = {"i32", "i64", "f32", "f64", "f16", "bf16", "text"};
    store_info_t info;
    status_t status = store_find(store, name, &info);
    if (status) return status;
    json_t *it = json_object(), *shape = json_array(), *attributes = json_object();
    for (int d = 0; d < info.dimensions; d++)
        json_add(shape, json_integer((json_int_t)info.shape[d]), failed);
    status = put_attributes(store, name, attributes, failed);
    json_put(it, "name", json_string(name), failed);
    json_put(it, "type", json_string(types[info.type]), failed);
    json_put(it, "shape", shape, failed);
    json_put(it, "attributes", attributes, failed);
    json_add(datasets, it, failed);
    return status;
}

static status_t put_store(const char *path, json_t *root, bool *failed)
{
    store_t *store = NULL;
    strings_t names = {0};
    json_t *attributes = json_object(), *datasets = json_array();
    status_t status = store_open(path, &store);
    if (!status) status = put_attributes(store, "/", attributes, failed);
    if (!status) status = store_datasets(store, &names);
    for (size_t i = 0; !status && i < names.count; i++)
        status = add_dataset(store, names.item[i], datasets, failed);
    json_put(root, "kind", json_string("HDF5"), failed);
    json_put(root, "attributes", attributes, failed);
    json_put(root, "datasets", datasets, failed);
    strings_free(&names);
    store_close(&store);
    return status;
}

/* ---- tokenizers and models ---- */

static status_t put_tokenizer(const char *path, json_t *root, bool *failed)
{
    tokenizer_t *tokenizer = NULL;
    status_t status = tokenizer_open(path, &tokenizer);
    if (status) return status;
    json_put(root, "kind", json_string("tokenizer"), failed);
    json_put(root, "ids", json_integer(tokenizer_size(tokenizer)), failed);
    json_put(root, "bos", json_integer(tokenizer_bos(tokenizer)), failed);
    json_put(root, "eos", json_integer(tokenizer_eos(tokenizer)), failed);
    json_put(root, "sha256", json_string(tokenizer_hash(tokenizer)), failed);
    tokenizer_close(&tokenizer);
    return NULL;
}

static status_t put_shape(const char *directory, json_t *root, bool *failed)
{
    model_shape_t shape;
    status_t status = model_shape_read(directory, &shape);
    if (status) return status;
    json_put(root, "architecture", json_string(shape.facts->model_type), failed);
    json_put(root, "layers", json_integer(shape.layers), failed);
    json_put(root, "width", json_integer(shape.width), failed);
    json_put(root, "mlp_width", json_integer(shape.mlp), failed);
    json_put(root, "heads", json_integer(shape.heads), failed);
    json_put(root, "head_width", json_integer(shape.head_width), failed);
    json_put(root, "kv_heads", json_integer(shape.kv_heads), failed);
    json_put(root, "vocabulary", json_integer(shape.vocabulary), failed);
    json_put(root, "tied", json_boolean(shape.tied), failed);
    model_shape_free(&shape);
    return NULL;
}

static status_t put_weights(const char *directory, json_t *root, bool *failed)
{
    weights_t *weights = NULL;
    status_t status = weights_open(directory, &weights);
    if (status) return status;
    json_t *tensors = json_array();
    for (size_t i = 0; i < weights_count(weights); i++) {
        const tensor_t *tensor = weights_at(weights, i);
        json_t *it = json_object(), *shape = json_array();
        for (int d = 0; d < tensor->dimensions; d++)
            json_add(shape, json_integer((json_int_t)tensor->shape[d]), failed);
        json_put(it, "name", json_string(tensor->name), failed);
        json_put(it, "type", json_string(dtype_name(tensor->type)), failed);
        json_put(it, "shape", shape, failed);
        json_put(it, "file", json_string(path_base(weights_file(weights, tensor))), failed);
        json_add(tensors, it, failed);
    }
    json_put(root, "tensors", tensors, failed);
    weights_close(&weights);
    return NULL;
}

static status_t put_model(const char *directory, json_t *root, bool *failed)
{
    json_put(root, "kind", json_string("model"), failed);
    status_t status = put_shape(directory, root, failed);
    return status ? status : put_weights(directory, root, failed);
}

status_t inspect_file_json(const char *path, FILE *out)
{
    bool failed = false;
    json_t *root = json_object();
    json_put(root, "path", json_string(path), &failed);
    status_t status;
    if (file_is_directory(path)) status = put_model(path, root, &failed);
    else if (has_suffix(path, ".json")) status = put_tokenizer(path, root, &failed);
    else status = put_store(path, root, &failed);
    if (!status) return json_print(root, failed, out);
    json_decref(root);
    return status;
}
