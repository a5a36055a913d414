/* Bringing a model's tensors into the memory that a node's ranks share: once, or, for models
 * beyond it, layer by layer, one ahead. */
#include <stdio.h>

#include "core/interrupt.h"
#include "core/log.h"
#include "core/memory.h"
#include "model/kernels.h"
#include "model/model_internal.h"
#include "par/agree.h"

enum { READ_BYTES = 8 << 20 };

static size_t buffer_place(const loader_t *loader, int layer)
{
    if (layer < 0) return 0;
    return loader->resident + (size_t)(layer % loader->buffers) * loader->layer_bytes;
}

/* ---- one tensor ---- */

/* The neuron that an element of an MLP's tensor belongs to, or -1: of another tensor. */
static long long neuron_of(const loader_t *loader, const slot_t *slot, uint64_t element)
{
    if (slot->layer < 0) return -1;
    const layer_t *layer = &loader->model->layer[slot->layer];
    const linear_t *in[] = {&layer->gate, &layer->up}, *down = &layer->down;
    for (int i = 0; i < 2; i++) {
        if (slot->target == (const void **)&in[i]->bias) return (long long)element;
        if (slot->target == (const void **)&in[i]->data)
            return in[i]->transposed ? (long long)element % in[i]->outputs
                                     : (long long)element / in[i]->inputs;
    }
    if (slot->target != (const void **)&down->data) return -1;
    return down->transposed ? (long long)element / down->outputs
                            : (long long)element % down->inputs;
}

static status_t check_finite(const loader_t *loader, const slot_t *slot, uint64_t first,
                             const float *values, size_t count)
{
    char layer[32] = "", neuron[32] = "";
    size_t bad = kernel_first_nonfinite(values, count);
    if (bad == count) return NULL;
    long long number = neuron_of(loader, slot, first + bad);
    if (slot->layer >= 0) snprintf(layer, sizeof layer, ", layer %d", slot->layer);
    if (number >= 0) snprintf(neuron, sizeof neuron, ", neuron %lld", number);
    return status_new(EXIT_NUMERIC, "%s: the tensor '%s' has the value %g at element %llu%s%s",
                      weights_file(loader->weights, slot->tensor), slot->tensor->name,
                      (double)values[bad], (unsigned long long)(first + bad), layer, neuron);
}

/* Reads one tensor in pieces; a piece is expanded to be kept so or, the first time, to be
 * checked. */
static status_t load_slot(const loader_t *loader, const slot_t *slot)
{
    const tensor_t *tensor = slot->tensor;
    size_t width = dtype_size(tensor->type), piece = READ_BYTES / width;
    char *to = (char *)loader->model->memory.data + buffer_place(loader, slot->layer) + slot->place;
    bool known = slot->layer >= 0 && loader->checked[slot->layer];
    status_t status = NULL;
    for (uint64_t first = 0; !status && first < tensor->count; first += piece) {
        size_t count = tensor->count - first < piece ? (size_t)(tensor->count - first) : piece;
        char *target = slot->expand ? loader->raw : to + first * width;
        float *values = slot->expand ? (float *)to + first : loader->expanded;
        status = interrupt_check();
        if (!status) status = weights_read(loader->weights, tensor, first, count, target);
        if (status || (known && !slot->expand)) continue;
        dtype_expand(values, target, count, tensor->type);
        if (!known) status = check_finite(loader, slot, first, values, count);
    }
    return status;
}

status_t model_read_matrix(const model_t *model, const linear_t *matrix, uint64_t first,
                           size_t count, void *room, float *out)
{
    const loader_t *loader = model->loader;
    for (size_t i = 0; i < loader->slots; i++) {
        const slot_t *slot = &loader->slot[i];
        if (slot->target != (const void **)&matrix->data) continue;
        status_t status = interrupt_check();
        if (!status) status = weights_read(loader->weights, slot->tensor, first, count, room);
        if (status) return status;
        dtype_expand(out, room, count, slot->tensor->type);
        return check_finite(loader, slot, first, out, count);
    }
    return status_new(EXIT_BUG, "%s: a matrix that the model has not", loader->directory);
}

/* This rank's part of the tensors of a layer (-1: those of none): every so many-th. */
static status_t load_layer(loader_t *loader, int layer)
{
    const share_t *memory = &loader->model->memory;
    size_t turn = 0, ranks = (size_t)memory->ranks, mine = (size_t)memory->rank;
    status_t status = NULL;
    for (size_t i = 0; !status && i < loader->slots; i++)
        if (loader->slot[i].layer == layer && turn++ % ranks == mine)
            status = load_slot(loader, &loader->slot[i]);
    if (!status && layer >= 0) loader->checked[layer] = true;
    return status;
}

/* ---- reading ahead ---- */

static void *read_ahead(void *argument)
{
    loader_t *loader = argument;
    loader->outcome = load_layer(loader, loader->ahead);
    return NULL;
}

/* Starts to read a layer into its buffer, which nobody computes with any more. */
static void start_reading(loader_t *loader, int layer)
{
    loader->ahead = layer;
    loader->holds[layer % loader->buffers] = layer;
    loader->reading = pthread_create(&loader->thread, NULL, read_ahead, loader) == 0;
    if (!loader->reading) read_ahead(loader);
}

static status_t finish_reading(loader_t *loader)
{
    if (loader->reading) pthread_join(loader->thread, NULL);
    loader->reading = false;
    status_t status = loader->outcome;
    loader->outcome = NULL;
    return status;
}

/* What every rank of the group has read is there, and every rank has done with the last layer. */
static status_t meet(loader_t *loader, status_t status)
{
    share_t *memory = &loader->model->memory;
    status = agree(memory->group, status);
    share_sync(memory);
    return status;
}

status_t model_layer(model_t *model, int index, int layers, const layer_t **layer)
{
    loader_t *loader = model->loader;
    *layer = &model->layer[index];
    if (!model->streamed) return NULL;
    status_t status = meet(loader, finish_reading(loader));
    if (!status && loader->holds[index % loader->buffers] != index) {
        loader->holds[index % loader->buffers] = index;
        status = meet(loader, load_layer(loader, index));
    }
    int next = index + 1 < layers ? index + 1 : 0;
    if (!status && next % loader->buffers != index % loader->buffers) start_reading(loader, next);
    return status;
}

status_t model_end_pass(model_t *model, status_t status)
{
    return model->streamed ? agree(model->memory.group, status) : status;
}

/* ---- all of it ---- */

void loader_fit(loader_t *loader, size_t memory)
{
    int layers = loader->model->shape.layers;
    size_t whole = loader->resident + (size_t)layers * loader->layer_bytes;
    loader->model->streamed = memory && whole > memory && layers > 2;
    loader->buffers = loader->model->streamed ? 2 : layers;
}

size_t loader_bytes(const loader_t *loader)
{
    return loader->resident + (size_t)loader->buffers * loader->layer_bytes;
}

static status_t allocate(loader_t *loader, MPI_Comm comm, size_t memory, share_scope_t scope)
{
    share_t *share = &loader->model->memory;
    status_t status = share_open(comm, scope, share);
    if (status) return status;
    int layers = loader->model->shape.layers;
    size_t whole = loader->resident + (size_t)layers * loader->layer_bytes;
    /* Nodes may have more memory or less: all stream, or none. */
    int64_t own = memory ? (int64_t)(memory / (size_t)share->copies) : INT64_MAX, least;
    MPI_Allreduce(&own, &least, 1, MPI_INT64_T, MPI_MIN, comm);
    loader_fit(loader, (size_t)least);
    size_t bytes = loader_bytes(loader);
    if (loader->model->streamed)
        log_info("%s: %.1f MB of weights are streamed through %.1f MB", loader->directory,
                 (double)whole * 1e-6, (double)bytes * 1e-6);
    if (bytes > (size_t)least)
        log_warning("%s: the weights take %.1f MB, not the %.1f MB that each copy is given",
                    loader->directory, (double)bytes * 1e-6, (double)least * 1e-6);
    status = share_allocate(comm, bytes, "copy of the weights", share);
    if (status) return status;
    status = mem_new(&loader->raw, READ_BYTES, "read buffer");
    if (!status) status = mem_new(&loader->expanded, READ_BYTES / 2, "read buffer");
    if (!status) status = mem_new(&loader->holds, (size_t)loader->buffers, "layers");
    if (!status) status = mem_new(&loader->checked, (size_t)layers, "layers");
    for (int b = 0; !status && b < loader->buffers; b++) loader->holds[b] = -1;
    return status;
}

status_t loader_start(loader_t *loader, MPI_Comm comm, size_t memory, share_scope_t scope)
{
    model_t *model = loader->model;
    status_t status = agree(comm, allocate(loader, comm, memory, scope));
    if (status) return status;
    for (size_t i = 0; i < loader->slots; i++)
        *loader->slot[i].target = (const char *)model->memory.data +
                                  buffer_place(loader, loader->slot[i].layer) +
                                  loader->slot[i].place;
    status = load_layer(loader, -1);
    for (int l = 0; !status && l < loader->buffers; l++) {
        status = load_layer(loader, l);
        loader->holds[l] = l;
    }
    status = agree(comm, status);
    if (!status) share_sync(&model->memory);
    return status;
}

void loader_stop(loader_t *loader)
{
    status_t status = finish_reading(loader);
    status_free(&status);
    mem_free(&loader->slot);
    mem_free(&loader->raw);
    mem_free(&loader->expanded);
    mem_free(&loader->holds);
    mem_free(&loader->checked);
    weights_close(&loader->weights);
}
