#include "model/model.h"

#include <stdio.h>
#include <string.h>

#include "core/file.h"
#include "core/memory.h"
#include "core/strings.h"
#include "model/model_internal.h"
#include "par/agree.h"

enum { NAME_LENGTH = 256 };

/* ---- binding: which tensor is what ---- */

static const char *full_name(const loader_t *loader, int layer, const char *name,
                             const char *suffix, char *buffer)
{
    char place[64] = "";
    if (layer >= 0) snprintf(place, sizeof place, loader->model->shape.facts->layer, layer);
    snprintf(buffer, NAME_LENGTH, "%s%s%s%s", loader->prefix, place, name, suffix);
    return buffer;
}

static status_t missing(const loader_t *loader, const char *name)
{
    const char *why = weights_unreadable(loader->weights, name);
    if (why) return status_new(EXIT_INPUT, "%s: tensor '%s': %s", loader->directory, name, why);
    return status_new(EXIT_INPUT, "%s: the tensor '%s' is missing", loader->directory, name);
}

/* Checks a tensor's shape and gives it a place; rows 0: a vector of columns. */
static status_t bind(loader_t *loader, int layer, const char *name, int64_t rows, int64_t columns,
                     const void **target, dtype_t *type)
{
    const tensor_t *tensor = weights_find(loader->weights, name);
    if (!tensor) return missing(loader, name);
    bool fits =
        rows ? tensor->dimensions == 2 && tensor->shape[0] == rows && tensor->shape[1] == columns
             : tensor->dimensions == 1 && tensor->shape[0] == columns;
    if (!fits) {
        char shape[96] = "";
        for (int i = 0; i < tensor->dimensions; i++)
            snprintf(shape + strlen(shape), sizeof shape - strlen(shape), "%s%lld", i ? ", " : "",
                     (long long)tensor->shape[i]);
        char expected[64];
        if (rows)
            snprintf(expected, sizeof expected, "%lld, %lld", (long long)rows, (long long)columns);
        else snprintf(expected, sizeof expected, "%lld", (long long)columns);
        return status_new(EXIT_INPUT, "%s: the tensor '%s' has the shape [%s], [%s] is expected",
                          weights_file(loader->weights, tensor), name, shape, expected);
    }
    status_t status =
        mem_grow(&loader->slot, &loader->capacity, loader->slots + 1, "list of tensors");
    if (status) return status;
    bool expand = rows == 0;
    size_t width = expand ? sizeof(float) : dtype_size(tensor->type);
    size_t *end = layer < 0 ? &loader->resident : &loader->filled;
    loader->slot[loader->slots++] = (slot_t){tensor, layer, *end, expand, target};
    *end += (tensor->count * width + 63) / 64 * 64;
    if (type) *type = tensor->type;
    return NULL;
}

static status_t bind_matrix(loader_t *loader, int layer, const char *name, int outputs, int inputs,
                            bool bias, linear_t *matrix)
{
    char buffer[NAME_LENGTH];
    if (!name) return NULL;
    bool transposed = loader->model->shape.facts->transposed && layer >= 0;
    *matrix = (linear_t){.outputs = outputs, .inputs = inputs, .transposed = transposed};
    status_t status = bind(loader, layer, full_name(loader, layer, name, ".weight", buffer),
                           transposed ? inputs : outputs, transposed ? outputs : inputs,
                           &matrix->data, &matrix->type);
    if (!status && bias)
        status = bind(loader, layer, full_name(loader, layer, name, ".bias", buffer), 0, outputs,
                      (const void **)&matrix->bias, NULL);
    return status;
}

static status_t bind_norm(loader_t *loader, int layer, const char *name, int width, norm_t *norm)
{
    char buffer[NAME_LENGTH];
    const model_shape_t *shape = &loader->model->shape;
    if (!name) return NULL;
    norm->present = true;
    status_t status = NULL;
    if (shape->norm_weight)
        status = bind(loader, layer, full_name(loader, layer, name, ".weight", buffer), 0, width,
                      (const void **)&norm->weight, NULL);
    if (!status && shape->norm_bias)
        status = bind(loader, layer, full_name(loader, layer, name, ".bias", buffer), 0, width,
                      (const void **)&norm->bias, NULL);
    return status;
}

static status_t bind_layer(loader_t *loader, int index)
{
    const model_shape_t *shape = &loader->model->shape;
    const architecture_t *facts = shape->facts;
    layer_t *layer = &loader->model->layer[index];
    int all = shape->heads * shape->head_width, shared = shape->kv_heads * shape->head_width;
    bool whole = facts->query_key_norm == QUERY_KEY_NORM_WHOLE;
    bool bias = shape->attention_bias;
    status_t status =
        bind_norm(loader, index, facts->attention_norm, shape->width, &layer->attention_norm);
    if (!status) status = bind_norm(loader, index, facts->mlp_norm, shape->width, &layer->mlp_norm);
    if (!status)
        status = bind_norm(loader, index, facts->query_norm, whole ? all : shape->head_width,
                           &layer->query_norm);
    if (!status)
        status = bind_norm(loader, index, facts->key_norm, whole ? shared : shape->head_width,
                           &layer->key_norm);
    if (!status)
        status = bind_matrix(loader, index, facts->fused, all + 2 * shared, shape->width, bias,
                             &layer->fused);
    if (!status)
        status = bind_matrix(loader, index, facts->query, all, shape->width, bias, &layer->query);
    if (!status)
        status = bind_matrix(loader, index, facts->key, shared, shape->width, bias, &layer->key);
    if (!status)
        status =
            bind_matrix(loader, index, facts->value, shared, shape->width, bias, &layer->value);
    if (!status)
        status = bind_matrix(loader, index, facts->output, shape->width, all, shape->output_bias,
                             &layer->output);
    if (!status)
        status = bind_matrix(loader, index, facts->gate, shape->mlp, shape->width, shape->mlp_bias,
                             &layer->gate);
    if (!status)
        status = bind_matrix(loader, index, facts->up, shape->mlp, shape->width, shape->mlp_bias,
                             &layer->up);
    if (!status)
        status = bind_matrix(loader, index, facts->down, shape->width, shape->mlp, shape->mlp_bias,
                             &layer->down);
    return status;
}

/* The output head: its own tensor (never under the base prefix), or the embedding. */
static status_t bind_head(loader_t *loader)
{
    model_t *model = loader->model;
    const model_shape_t *shape = &model->shape;
    char name[NAME_LENGTH];
    snprintf(name, sizeof name, "%s.weight", shape->facts->head);
    if (shape->tied) return NULL;
    model->head = (linear_t){.outputs = shape->vocabulary, .inputs = shape->embedding_width};
    return bind(loader, -1, name, shape->vocabulary, shape->embedding_width, &model->head.data,
                &model->head.type);
}

/* Files have the base model's prefix or not: a matrix that every one has tells. */
static void find_prefix(loader_t *loader)
{
    const architecture_t *facts = loader->model->shape.facts;
    char name[NAME_LENGTH];
    loader->prefix = "";
    full_name(loader, 0, facts->gate, ".weight", name);
    if (!weights_find(loader->weights, name)) loader->prefix = facts->prefix;
    full_name(loader, 0, facts->gate, ".weight", name);
    /* OPT's first uploads have the decoder's names without the outer "model.". */
    if (!weights_find(loader->weights, name) && strncmp(loader->prefix, "model.", 6) == 0 &&
        loader->prefix[6])
        loader->prefix += 6;
}

/* The token embedding; a tied one may be stored under the head's name alone. */
static status_t bind_embedding(loader_t *loader)
{
    model_t *model = loader->model;
    const model_shape_t *shape = &model->shape;
    int rows = shape->vocabulary, columns = shape->embedding_width;
    char own[NAME_LENGTH], head[NAME_LENGTH];
    full_name(loader, -1, shape->facts->embedding, ".weight", own);
    snprintf(head, sizeof head, "%s.weight", shape->facts->head);
    bool other =
        shape->tied && !weights_find(loader->weights, own) && weights_find(loader->weights, head);
    model->embedding = (linear_t){.outputs = rows, .inputs = columns};
    return bind(loader, -1, other ? head : own, rows, columns, &model->embedding.data,
                &model->embedding.type);
}

static status_t bind_all(loader_t *loader)
{
    model_t *model = loader->model;
    const model_shape_t *shape = &model->shape;
    const architecture_t *facts = shape->facts;
    bool projected = shape->embedding_width != shape->width;
    find_prefix(loader);
    status_t status = bind_embedding(loader);
    if (!status)
        status =
            bind_matrix(loader, -1, facts->positions, shape->positions_max + facts->position_offset,
                        shape->width, false, &model->positions);
    if (!status && projected)
        status = bind_matrix(loader, -1, facts->project_in, shape->width, shape->embedding_width,
                             false, &model->project_in);
    if (!status && projected)
        status = bind_matrix(loader, -1, facts->project_out, shape->embedding_width, shape->width,
                             false, &model->project_out);
    for (int l = 0; !status && l < shape->layers; l++) {
        loader->filled = 0;
        status = bind_layer(loader, l);
        if (loader->filled > loader->layer_bytes) loader->layer_bytes = loader->filled;
    }
    if (!status && shape->final_norm)
        status = bind_norm(loader, -1, facts->final_norm, shape->width, &model->final_norm);
    if (!status) status = bind_head(loader);
    return status;
}

/* ---- digest ---- */

static status_t hash_directory(const char *directory, str_t *text)
{
    weights_t *weights = NULL;
    char *config = NULL, part[SHA256_HEX], whole[SHA256_HEX];
    hash_t *hash = NULL;
    status_t status = weights_open(directory, &weights);
    if (!status) status = hash_create(&hash);
    if (!status) status = weights_hash(weights, part);
    if (!status) status = hash_add_field(hash, "weights", part);
    if (!status) status = path_join(directory, "config.json", &config);
    if (!status) status = hash_file(config, part);
    if (!status) status = hash_add_field(hash, "config", part);
    if (!status) status = hash_finish(&hash, whole);
    if (!status) status = str_add(text, whole);
    hash_destroy(&hash);
    mem_free(&config);
    weights_close(&weights);
    return status;
}

status_t model_hash(MPI_Comm comm, const char *directory, char hex[SHA256_HEX])
{
    int rank;
    str_t text = {0};
    MPI_Comm_rank(comm, &rank);
    status_t status = rank == 0 ? hash_directory(directory, &text) : NULL;
    status = share_text(comm, status, &text);
    if (!status) memcpy(hex, text.data, SHA256_HEX);
    str_free(&text);
    return status;
}

/* ---- opening ---- */

/* Everything that headers tell: shape, tensors, sizes. */
static status_t read_headers(loader_t *loader)
{
    model_t *model = loader->model;
    status_t status = model_shape_read(loader->directory, &model->shape);
    if (!status) status = mem_new(&model->layer, (size_t)model->shape.layers, "layers");
    if (!status) status = weights_open(loader->directory, &loader->weights);
    if (!status) status = bind_all(loader);
    return status;
}

static status_t create(const char *directory, model_t **model)
{
    status_t status = mem_new(model, 1, "model");
    if (status) return status;
    (*model)->memory = SHARE_CLOSED;
    status = mem_new(&(*model)->loader, 1, "model");
    if (status) return status;
    (*model)->loader->model = *model;
    (*model)->loader->directory = directory;
    return read_headers((*model)->loader);
}

status_t model_open(MPI_Comm comm, const char *directory, size_t memory, model_t **model)
{
    return model_open_shared(comm, directory, memory, SHARE_NODE, model);
}

status_t model_open_shared(MPI_Comm comm, const char *directory, size_t memory, share_scope_t scope,
                           model_t **model)
{
    status_t status = agree(comm, create(directory, model));
    if (!status) status = loader_start((*model)->loader, comm, memory, scope);
    if (!status && (*model)->shape.tied) (*model)->head = (*model)->embedding;
    if (status) model_close(model);
    return status;
}

status_t model_open_headers(const char *directory, model_t **model)
{
    status_t status = create(directory, model);
    if (status) model_close(model);
    return status;
}

status_t model_size(const char *directory, size_t memory, model_size_t *size)
{
    model_t *model = NULL;
    status_t status = create(directory, &model);
    if (!status) {
        const loader_t *loader = model->loader;
        size_t layers = (size_t)model->shape.layers * loader->layer_bytes;
        loader_fit(model->loader, memory);
        *size = (model_size_t){.whole = loader->resident + layers,
                               .layers = layers,
                               .held = loader_bytes(loader),
                               .streamed = model->streamed,
                               .type = model->layer[0].gate.type};
    }
    model_close(&model);
    return status;
}

void model_close(model_t **model)
{
    model_t *it = *model;
    if (!it) return;
    if (it->loader) loader_stop(it->loader);
    mem_free(&it->loader);
    share_destroy(&it->memory);
    model_shape_free(&it->shape);
    mem_free(&it->layer);
    mem_free(model);
}
