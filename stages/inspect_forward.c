/* wn-inspect forward: token ids to logits, losses, pre-activations; and under each ablation. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/memory.h"
#include "model/executor.h"
#include "stages/inspect.h"
#include "store/store.h"

typedef struct {
    model_t *model;
    int32_t *id, *length, *neuron, *start;
    int64_t *offset; /* [sequences + 1] */
    size_t tokens, sequences, chosen;
    forest_t *forest;
    float *preact, *input; /* [layers][tokens][F], [layers][tokens][D] */
} forward_t;

static status_t take(void *context, int layer, const chunk_t *chunk, const float *preactivation,
                     const float *input)
{
    forward_t *it = context;
    size_t mlp = (size_t)it->model->shape.mlp, width = (size_t)it->model->shape.width;
    size_t rows = (size_t)chunk->rows, l = (size_t)layer;
    for (size_t i = 0; i < rows * mlp; i++) it->preact[l * rows * mlp + i] = preactivation[i];
    for (size_t i = 0; i < rows * width; i++) it->input[l * rows * width + i] = input[i];
    return NULL;
}

static int ascending(const void *a, const void *b)
{
    return *(const int32_t *)a - *(const int32_t *)b;
}

static status_t read_neurons(forward_t *it, const store_t *store)
{
    store_info_t info;
    size_t layers = (size_t)it->model->shape.layers;
    status_t status = store_read(store, "/neurons", STORE_I32, &it->neuron, &info);
    if (status) return status;
    if (info.dimensions != 2 || info.shape[0] != layers)
        return status_new(EXIT_INPUT, "%s: /neurons: [%zu layers][k] is expected",
                          store_path(store), layers);
    for (size_t i = 0; i < info.count; i++)
        if (it->neuron[i] < 0 || it->neuron[i] >= it->model->shape.mlp)
            return status_new(EXIT_INPUT, "%s: /neurons: %d is not one of %d neurons",
                              store_path(store), it->neuron[i], it->model->shape.mlp);
    status = mem_new(&it->start, layers + 1, "neurons");
    for (size_t l = 0; !status && l <= layers; l++) it->start[l] = (int32_t)(l * info.shape[1]);
    for (size_t l = 0; !status && l < layers; l++)
        qsort(it->neuron + it->start[l], info.shape[1], sizeof *it->neuron, ascending);
    return status;
}

static status_t read_input(forward_t *it, const char *path)
{
    store_t *store = NULL;
    store_info_t ids, lengths;
    status_t status = store_open(path, &store);
    if (!status) status = store_read(store, "/ids", STORE_I32, &it->id, &ids);
    if (!status) status = store_read(store, "/lengths", STORE_I32, &it->length, &lengths);
    if (!status) {
        it->tokens = ids.count;
        it->sequences = lengths.count;
        status = mem_new(&it->offset, it->sequences + 1, "sequences");
    }
    for (size_t s = 0; !status && s < it->sequences; s++) {
        it->offset[s + 1] = it->offset[s] + it->length[s];
        if (it->length[s] < 1 || it->offset[s + 1] > (int64_t)it->tokens)
            status = status_new(EXIT_INPUT, "%s: /lengths: %d at entry %zu, %zu ids are there",
                                path, it->length[s], s, it->tokens);
    }
    if (!status && it->offset[it->sequences] != (int64_t)it->tokens)
        status = status_new(EXIT_INPUT, "%s: /lengths add up to %lld, /ids has %zu", path,
                            (long long)it->offset[it->sequences], it->tokens);
    if (!status && store_has(store, "/neurons")) status = read_neurons(it, store);
    store_close(&store);
    return status;
}

/* nll[t] of each token given those before it in its sequence; NaN for a sequence's first. */
static void losses(const forward_t *it, const float *logits, float *nll)
{
    size_t vocabulary = (size_t)it->model->shape.vocabulary;
    for (size_t s = 0; s < it->sequences; s++) {
        nll[it->offset[s]] = NAN;
        for (int64_t t = it->offset[s] + 1; t < it->offset[s + 1]; t++) {
            const float *row = logits + (size_t)(t - 1) * vocabulary;
            double most = -INFINITY, sum = 0;
            for (size_t v = 0; v < vocabulary; v++) most = row[v] > most ? (double)row[v] : most;
            for (size_t v = 0; v < vocabulary; v++) sum += exp((double)row[v] - most);
            nll[t] = (float)(most + log(sum) - (double)row[it->id[t]]);
        }
    }
}

static status_t write_scores(const forward_t *it, store_t *store, const char *prefix,
                             const float *logits, float *nll)
{
    char name[64];
    uint64_t shape[2] = {it->tokens, (uint64_t)it->model->shape.vocabulary};
    losses(it, logits, nll);
    snprintf(name, sizeof name, "%s/logits", prefix);
    status_t status = store_write(store, name, STORE_F32, 2, shape, logits);
    snprintf(name, sizeof name, "%s/nll", prefix);
    if (!status) status = store_write(store, name, STORE_F32, 1, shape, nll);
    return status;
}

static status_t write_output(const forward_t *it, const char *path, int conditions,
                             const intervention_t *condition, const float *logits, float *nll)
{
    const model_shape_t *shape = &it->model->shape;
    store_t *store = NULL;
    uint64_t preact[3] = {(uint64_t)shape->layers, it->tokens, (uint64_t)shape->mlp};
    uint64_t input[3] = {(uint64_t)shape->layers, it->tokens, (uint64_t)shape->width};
    size_t block = it->tokens * (size_t)shape->vocabulary;
    status_t status = store_create(path, MPI_COMM_SELF, &store);
    if (!status) status = store_write(store, "/preact", STORE_F32, 3, preact, it->preact);
    if (!status) status = store_write(store, "/mlp_input", STORE_F32, 3, input, it->input);
    for (int c = 0; !status && c < conditions; c++) {
        char prefix[32] = "";
        if (c) snprintf(prefix, sizeof prefix, "/ablated/%s", ablate_name(condition[c].ablate));
        status = write_scores(it, store, prefix, logits + (size_t)c * block, nll);
    }
    if (!status) status = store_publish(&store);
    store_close(&store);
    return status;
}

/* The model as it is, and the ablations that need nothing but neurons. */
enum { CONDITIONS = ABLATE_SIGNFLIP + 1 };

static status_t run(forward_t *it, const char *model, const char *output)
{
    const model_shape_t *shape = &it->model->shape;
    intervention_t condition[CONDITIONS] = {{.ablate = ABLATE_NONE}};
    int conditions = it->neuron ? CONDITIONS : 1;
    for (int c = 1; c < conditions; c++)
        condition[c] =
            (intervention_t){.ablate = (ablate_t)c, .neuron = it->neuron, .start = it->start};
    probe_t probe = {.take = take, .context = it};
    run_options_t options = {.condition = condition,
                             .conditions = conditions,
                             .layers = shape->layers,
                             .probe = &probe,
                             .what = model};
    executor_t *executor = NULL;
    float *logits = NULL, *nll = NULL;
    size_t layers = (size_t)shape->layers, block = it->tokens * (size_t)shape->vocabulary;
    status_t status = forest_create_whole(it->id, it->offset, it->sequences, &it->forest);
    if (!status)
        status = mem_new(&it->preact, layers * it->tokens * (size_t)shape->mlp, "pre-activations");
    if (!status)
        status = mem_new(&it->input, layers * it->tokens * (size_t)shape->width, "MLP inputs");
    if (!status) status = mem_new(&logits, block * (size_t)conditions, "logits");
    if (!status) status = mem_new(&nll, it->tokens, "losses");
    if (!status) status = executor_create(it->model, it->forest, &options, &executor);
    if (!status) status = executor_run(executor, it->forest->chunk, NULL, logits);
    if (!status) status = write_output(it, output, conditions, condition, logits, nll);
    executor_destroy(&executor);
    mem_free(&logits);
    mem_free(&nll);
    return status;
}

status_t inspect_forward(const char *model, const char *input, const char *output)
{
    forward_t it = {0};
    status_t status = model_open(MPI_COMM_SELF, model, 0, &it.model);
    if (!status) status = read_input(&it, input);
    if (!status) status = run(&it, model, output);
    forest_destroy(&it.forest);
    mem_free(&it.id);
    mem_free(&it.length);
    mem_free(&it.neuron);
    mem_free(&it.start);
    mem_free(&it.offset);
    mem_free(&it.preact);
    mem_free(&it.input);
    model_close(&it.model);
    return status;
}
