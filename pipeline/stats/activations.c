#include "stats/activations.h"

#include <limits.h>

#include "core/memory.h"
#include "store/output.h"

static status_t read_windows(activations_t *a)
{
    store_info_t ids = {0};
    if (!store_has(a->store, "/ids")) return NULL;
    status_t status = store_find(a->store, "/ids", &ids);
    if (!status && (ids.dimensions != 2 || ids.count != (uint64_t)a->tokens))
        status = status_new(EXIT_INPUT, "%s: /ids: %lld tokens by window and position are expected",
                            store_path(a->store), (long long)a->tokens);
    a->windows = (int64_t)ids.shape[0];
    a->window = (int64_t)ids.shape[1];
    return status;
}

/* Which neurons of a layer there are, where not all. */
static status_t read_neurons(activations_t *a)
{
    store_info_t info = {0};
    double mlp = 0;
    a->mlp = a->neurons;
    if (!store_has(a->store, "/neurons")) return NULL;
    status_t status = store_read(a->store, "/neurons", STORE_I32, &a->neuron, &info);
    if (!status) status = store_get_number(a->store, "/", "layer_neurons", &mlp);
    bool fits = info.dimensions == 2 && info.shape[0] == (uint64_t)a->layers &&
                info.shape[1] == (uint64_t)a->neurons && mlp >= 1 && mlp <= INT32_MAX;
    for (uint64_t i = 0; !status && fits && i < info.count; i++)
        fits = a->neuron[i] >= -1 && a->neuron[i] < (int32_t)mlp;
    if (!status && !fits)
        status = status_new(EXIT_INPUT, "%s: /neurons [%lld][%lld] of %g neurons is expected",
                            store_path(a->store), (long long)a->layers, (long long)a->neurons, mlp);
    a->mlp = (int64_t)mlp;
    return status;
}

status_t activations_open(const char *path, activations_t *a)
{
    store_info_t layers = {0};
    *a = (activations_t){0};
    status_t status = output_open(path, "collect", &a->store);
    if (!status) status = source_find(a->store, &a->shape);
    if (!status) status = store_read(a->store, "/layers", STORE_I32, &a->layer, &layers);
    if (!status && (layers.dimensions != 1 || layers.count != (uint64_t)a->shape.layers))
        status = status_new(EXIT_INPUT, "%s: /layers [%lld] is expected", store_path(a->store),
                            (long long)a->shape.layers);
    if (status) {
        activations_close(a);
        return status;
    }
    a->layers = a->shape.layers;
    a->neurons = a->shape.neurons;
    a->tokens = a->shape.tokens;
    status = read_neurons(a);
    if (!status) status = read_windows(a);
    if (!status) status = pairs_read(a->store, a->layers, a->tokens, &a->pairs);
    if (status) activations_close(a);
    return status;
}

void activations_close(activations_t *a)
{
    store_close(&a->store);
    mem_free(&a->layer);
    mem_free(&a->neuron);
    pairs_destroy(&a->pairs);
}
