#include "model/model.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "core/file.h"
#include "core/memory.h"
#include "core/strings.h"
#include "model/weights.h"
#include "par/agree.h"

/* A tensor on its way into the block of memory: where it goes and whom it serves. Vectors are
 * expanded to float32 as they are read. */
typedef struct {
    const tensor_t *tensor;
    size_t place;        /* offset in the block */
    bool expand;
    const void **target; /* the pointer that will lead to it */
} slot_t;

typedef struct {
    model_t *model;
    const weights_t *weights;
    const char *directory, *prefix;
    slot_t *slot;
    size_t slots, capacity, bytes;
} loader_t;

enum { NAME_LENGTH = 256, READ_BYTES = 8 << 20 };

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
    if (why)
        return status_new(EXIT_INPUT, "%s: tensor '%s': %s", loader->directory, name, why);
    return status_new(EXIT_INPUT, "%s: the tensor '%s' is missing", loader->directory, name);
}

/* Checks a tensor's shape and gives it a place; rows 0: a vector of columns. */
static status_t bind(loader_t *loader, const char *name, int64_t rows, int64_t columns,
                     const void **target, dtype_t *type)
{
    const tensor_t *tensor = weights_find(loader->weights, name);
    if (!tensor) return missing(loader, name);
    bool fits = rows ? tensor->dimensions == 2 && tensor->shape[0] == rows &&
                           tensor->shape[1] == columns
                     : tensor->dimensions == 1 && tensor->shape[0] == columns;
    if (!fits) {
        char shape[96] = "";
        for (int i = 0; i < tensor->dimensions; i++)
            snprintf(shape + strlen(shape), sizeof shape - strlen(shape), "%s%lld", i ? ", " : "",
                     (long long)tensor->shape[i]);
        char expected[64];
        if (rows) snprintf(expected, sizeof expected, "%lld, %lld", (long long)rows,
                           (long long)columns);
        else snprintf(expected, sizeof expected, "%lld", (long long)columns);
        return status_new(EXIT_INPUT, "%s: the tensor '%s' has the shape [%s], [%s] is expected",
                          weights_file(loader->weights, tensor), name, shape, expected);
    }
    status_t status =
        mem_grow(&loader->slot, &loader->capacity, loader->slots + 1, "list of tensors");
    if (status) return status;
    bool expand = rows == 0;
    loader->slot[loader->slots++] = (slot_t){tensor, loader->bytes, expand, target};
    size_t width = expand ? sizeof(float) : dtype_size(tensor->type);
    loader->bytes += (tensor->count * width + 63) / 64 * 64;
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
    status_t status = bind(loader, full_name(loader, layer, name, ".weight", buffer),
                           transposed ? inputs : outputs, transposed ? outputs : inputs,
                           &matrix->data, &matrix->type);
    if (!status && bias)
        status = bind(loader, full_name(loader, layer, name, ".bias", buffer), 0, outputs,
                      (const void **)&matrix->bias, NULL);
    return status;
}

static status_t bind_norm(loader_t *loader, int layer, const char *name, int width, norm_t *norm)
{
    char buffer[NAME_LENGTH];
    const architecture_t *facts = loader->model->shape.facts;
    if (!name) return NULL;
    norm->present = true;
    status_t status = NULL;
    if (facts->norm_weight)
        status = bind(loader, full_name(loader, layer, name, ".weight", buffer), 0, width,
                      (const void **)&norm->weight, NULL);
    if (!status && facts->norm_bias)
        status = bind(loader, full_name(loader, layer, name, ".bias", buffer), 0, width,
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
    status_t status = bind_norm(loader, index, facts->attention_norm, shape->width,
                                &layer->attention_norm);
    if (!status)
        status = bind_norm(loader, index, facts->mlp_norm, shape->width, &layer->mlp_norm);
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
        status = bind_matrix(loader, index, facts->gate, shape->mlp, shape->width,
                             shape->mlp_bias, &layer->gate);
    if (!status)
        status = bind_matrix(loader, index, facts->up, shape->mlp, shape->width, shape->mlp_bias,
                             &layer->up);
    if (!status)
        status = bind_matrix(loader, index, facts->down, shape->width, shape->mlp,
                             shape->mlp_bias, &layer->down);
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
    return bind(loader, name, shape->vocabulary, shape->embedding_width, &model->head.data,
                &model->head.type);
}

/* Files have the base model's prefix or not: the embedding's name tells. */
static void find_prefix(loader_t *loader)
{
    char name[NAME_LENGTH];
    loader->prefix = "";
    full_name(loader, -1, loader->model->shape.facts->embedding, ".weight", name);
    if (!weights_find(loader->weights, name)) loader->prefix = loader->model->shape.facts->prefix;
    full_name(loader, -1, loader->model->shape.facts->embedding, ".weight", name);
    /* OPT's first uploads have the decoder's names without the outer "model.". */
    if (!weights_find(loader->weights, name) && strncmp(loader->prefix, "model.", 6) == 0 &&
        loader->prefix[6])
        loader->prefix += 6;
}

static status_t bind_all(loader_t *loader)
{
    model_t *model = loader->model;
    const model_shape_t *shape = &model->shape;
    const architecture_t *facts = shape->facts;
    bool projected = shape->embedding_width != shape->width;
    find_prefix(loader);
    status_t status = bind_matrix(loader, -1, facts->embedding, shape->vocabulary,
                                  shape->embedding_width, false, &model->embedding);
    if (!status)
        status = bind_matrix(loader, -1, facts->positions,
                             shape->positions_max + facts->position_offset, shape->width, false,
                             &model->positions);
    if (!status && projected)
        status = bind_matrix(loader, -1, facts->project_in, shape->width, shape->embedding_width,
                             false, &model->project_in);
    if (!status && projected)
        status = bind_matrix(loader, -1, facts->project_out, shape->embedding_width, shape->width,
                             false, &model->project_out);
    for (int l = 0; !status && l < shape->layers; l++) status = bind_layer(loader, l);
    if (!status && shape->residual != RESIDUAL_POST)
        status = bind_norm(loader, -1, facts->final_norm, shape->width, &model->final_norm);
    if (!status) status = bind_head(loader);
    return status;
}

/* ---- loading ---- */

static status_t check_finite(const loader_t *loader, const slot_t *slot, uint64_t first,
                             const float *values, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (isfinite(values[i])) continue;
        return status_new(EXIT_NUMERIC, "%s: the tensor '%s' has the value %g at element %llu",
                          weights_file(loader->weights, slot->tensor), slot->tensor->name,
                          (double)values[i], (unsigned long long)(first + i));
    }
    return NULL;
}

/* Reads one tensor in pieces; each piece is expanded once, to check it or to keep it. */
static status_t load_slot(const loader_t *loader, const slot_t *slot, char *raw, float *expanded)
{
    const tensor_t *tensor = slot->tensor;
    size_t width = dtype_size(tensor->type), piece = READ_BYTES / width;
    char *to = (char *)loader->model->memory.data + slot->place;
    status_t status = NULL;
    for (uint64_t first = 0; !status && first < tensor->count; first += piece) {
        size_t count = tensor->count - first < piece ? (size_t)(tensor->count - first) : piece;
        char *target = slot->expand ? raw : to + first * width;
        status = weights_read(loader->weights, tensor, first, count, target);
        if (status) break;
        float *values = slot->expand ? (float *)to + first : expanded;
        dtype_expand(values, target, count, tensor->type);
        status = check_finite(loader, slot, first, values, count);
    }
    return status;
}

static status_t load(loader_t *loader, MPI_Comm comm)
{
    share_t *memory = &loader->model->memory;
    char *raw = NULL;
    float *expanded = NULL;
    status_t status = share_create(comm, loader->bytes, "copy of the weights", memory);
    if (status) return status;
    status = mem_new(&raw, READ_BYTES, "read buffer");
    if (!status) status = mem_new(&expanded, READ_BYTES / 2, "read buffer");
    size_t first = memory->shared ? (size_t)memory->rank : 0;
    size_t step = memory->shared ? (size_t)memory->ranks : 1;
    for (size_t i = first; !status && i < loader->slots; i += step)
        status = load_slot(loader, &loader->slot[i], raw, expanded);
    mem_free(&raw);
    mem_free(&expanded);
    status = agree(comm, status);
    if (status) return status;
    share_sync(memory);
    for (size_t i = 0; i < loader->slots; i++)
        *loader->slot[i].target = (const char *)memory->data + loader->slot[i].place;
    return NULL;
}

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

status_t model_open(MPI_Comm comm, const char *directory, model_t **model)
{
    loader_t loader = {.directory = directory};
    weights_t *weights = NULL;
    status_t status = mem_new(model, 1, "model");
    if (!status) {
        loader.model = *model;
        (*model)->memory.node = MPI_COMM_NULL;
        (*model)->memory.window = MPI_WIN_NULL;
        status = model_shape_read(directory, &(*model)->shape);
    }
    if (!status)
        status = mem_new(&(*model)->layer, (size_t)(*model)->shape.layers, "layers");
    if (!status) status = weights_open(directory, &weights);
    loader.weights = weights;
    if (!status) status = bind_all(&loader);
    status = agree(comm, status);
    if (!status) status = load(&loader, comm);
    if (!status && (*model)->shape.tied) {
        (*model)->head = (*model)->embedding;
    }
    mem_free(&loader.slot);
    weights_close(&weights);
    if (status) model_close(model);
    return status;
}

void model_close(model_t **model)
{
    model_t *it = *model;
    if (!it) return;
    share_destroy(&it->memory);
    model_shape_free(&it->shape);
    mem_free(&it->layer);
    mem_free(model);
}
