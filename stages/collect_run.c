/* wn-collect's passes: the model over windows, or the files of parts, to the takers. */
#include <stdio.h>
#include <stdlib.h>

#include "core/memory.h"
#include "eval/budget.h"
#include "model/executor.h"
#include "par/agree.h"
#include "par/work.h"
#include "stages/collect.h"
#include "stats/sketch_table.h"

enum { TAKERS = 2 };

typedef struct {
    collection_t *of;
    void *state[TAKERS];
    bool looks;    /* at the first windows */
    float *picked; /* (rows, neurons) where not all neurons are taken */
} run_t;

static const taker_t *taker(const collection_t *it, size_t index)
{
    static const taker_t *const both[][TAKERS] = {{&collect_raw, &collect_pairs},
                                                  {&collect_sketch, &collect_pairs}};
    return both[it->sketch][index];
}

/* ---- taking activations ---- */

static int ascending(const void *a, const void *b)
{
    return *(const int32_t *)a - *(const int32_t *)b;
}

/* The chosen columns of a (rows, F); zeros where the layer has fewer. */
static const float *pick(const run_t *run, const int32_t *neuron, const float *a, size_t rows)
{
    const collection_t *it = run->of;
    size_t mlp = (size_t)it->shape.mlp;
    for (size_t t = 0; t < rows; t++)
        for (size_t n = 0; n < it->neurons; n++)
            run->picked[t * it->neurons + n] = neuron[n] < 0 ? 0 : a[t * mlp + (size_t)neuron[n]];
    return run->picked;
}

static status_t take(void *context, int layer, const chunk_t *chunk, const float *preactivation,
                     const float *input)
{
    const run_t *run = context;
    const collection_t *it = run->of;
    const int32_t *found = bsearch(&layer, it->layer, it->layers, sizeof *it->layer, ascending);
    if (!found) return NULL;
    size_t index = (size_t)(found - it->layer), rows = (size_t)chunk->rows;
    if (it->neuron)
        preactivation = pick(run, it->neuron + index * it->neurons, preactivation, rows);
    const batch_t batch = {.layer = layer,
                           .index = index,
                           .first = run->looks ? 0 : it->first_token[chunk - it->forest->chunk],
                           .rows = rows,
                           .neurons = it->neurons,
                           .width = (size_t)it->model->shape.width,
                           .preactivation = preactivation,
                           .input = input};
    status_t status = NULL;
    for (size_t i = 0; !status && i < TAKERS; i++) {
        const taker_t *to = taker(it, i);
        if (!run->looks) status = to->take(run->state[i], &batch);
        else if (to->look) status = to->look(run->state[i], &batch);
    }
    return status;
}

static status_t allocate(collection_t *it, size_t **mine, size_t *count)
{
    const forest_t *forest = it->forest;
    size_t first, token = 0;
    work_share(it->stage->rank, it->stage->ranks, forest->chunks, &first, count);
    status_t status = mem_new(mine, *count, "plan");
    if (!status) status = mem_new(&it->first_token, forest->chunks, "plan");
    for (size_t i = 0; !status && i < *count; i++) (*mine)[i] = first + i;
    for (size_t c = 0; !status && c < forest->chunks; c++) {
        it->first_token[c] = token;
        token += (size_t)forest->chunk[c].rows;
    }
    return status;
}

/* To a rank's executor, beside its share of the sketches; 1 where nothing is. */
static size_t memory_left(const collection_t *it)
{
    size_t memory = memory_for_states(it->stage->config, it->model);
    size_t neurons = it->sketch ? it->layers * it->neurons : 0;
    size_t each = SKETCH_NEURON_BYTES + collection_folds(it) * FOLD_BYTES;
    size_t sketches = neurons * each / (size_t)it->node_ranks;
    return memory > sketches ? memory - sketches : 1;
}

static run_options_t options_of(const collection_t *it, const probe_t *probe)
{
    static const intervention_t baseline = {.ablate = ABLATE_NONE};
    return (run_options_t){.condition = &baseline,
                           .conditions = 1,
                           .layers = it->layer[it->layers - 1] + 1,
                           .probe = probe,
                           .what = it->checkpoint,
                           .memory = memory_left(it),
                           .team = it->stage->team,
                           .arithmetic = it->arithmetic};
}

static status_t run_share(const run_t *run, const forest_t *forest, const size_t *mine,
                          size_t count, const char *label)
{
    const collection_t *it = run->of;
    const probe_t probe = {.take = take, .context = (void *)run};
    run_options_t options = options_of(it, &probe);
    executor_t *executor = NULL;
    status_t status =
        agree(it->stage->comm, executor_create(it->model, forest, &options, &executor));
    if (!status)
        status = executor_run_share(executor, it->stage->comm, forest, mine, count, NULL, label);
    executor_destroy(&executor);
    return agree(it->stage->comm, status);
}

static status_t run_chunks(run_t *run)
{
    collection_t *it = run->of;
    char label[256];
    size_t *mine = NULL, count = 0;
    snprintf(label, sizeof label, "%s activations", it->checkpoint);
    status_t status = agree(it->stage->comm, allocate(it, &mine, &count));
    if (!status) status = run_share(run, it->forest, mine, count, label);
    mem_free(&mine);
    mem_free(&it->first_token);
    return status;
}

/* Shows the takers the corpus's first windows, as one chunk. */
static status_t run_first(run_t *run)
{
    const collection_t *it = run->of;
    const size_t mine = 0, window = (size_t)it->windows.window, windows = it->opening.count;
    forest_t *first = NULL;
    char label[256];
    snprintf(label, sizeof label, "%s first windows", it->checkpoint);
    status_t status =
        agree(it->stage->comm, forest_create_windows(it->opening.id, windows, (int32_t)window,
                                                     (int32_t)(windows * window), &first));
    run->looks = true;
    if (!status) status = run_share(run, first, &mine, it->stage->rank == 0, label);
    run->looks = false;
    forest_destroy(&first);
    return status;
}

/* Rank 0 writes what is known of each token of windows [first, first + count): its id or tag. */
static status_t write_tokens(const collection_t *it, const char *name, size_t first, size_t count,
                             const int32_t *value)
{
    const uint64_t start[] = {first, 0};
    const uint64_t size[] = {it->stage->rank == 0 ? count : 0, (uint64_t)it->windows.window};
    return store_put(it->store, name, start, size, value);
}

/* Everything a pass of the model gives. */
static status_t take_all(run_t *run)
{
    collection_t *it = run->of;
    bool first = false;
    size_t rows = it->rows_max > FIRST_TOKENS ? it->rows_max : FIRST_TOKENS;
    size_t window = (size_t)it->windows.window;
    status_t status = NULL;
    for (size_t i = 0; i < TAKERS; i++) first = first || taker(it, i)->look;
    if (it->neuron)
        status = mem_aligned(&run->picked, (rows + window) * it->neurons, "activations");
    status = agree(it->stage->comm, status);
    if (!status) status = write_tokens(it, "/ids", 0, it->count, it->sequences.id);
    if (!status && it->opening.tag)
        status = write_tokens(it, "/tags", 0, it->count, it->sequences.tag);
    if (!status && first) status = run_first(run);
    for (size_t i = 0; !status && i < TAKERS; i++)
        if (taker(it, i)->look) status = taker(it, i)->start(run->state[i]);
    if (!status) status = run_chunks(run);
    mem_free(&run->picked);
    return status;
}

static status_t merge_tokens(const collection_t *it, const char *name, const store_t *part,
                             size_t first_token)
{
    int32_t *value = NULL;
    store_info_t info = {0};
    status_t status = store_read(part, name, STORE_I32, &value, &info);
    if (!status && (info.dimensions != 2 || info.shape[1] != (uint64_t)it->windows.window))
        status = status_new(EXIT_INPUT, "%s: %s: windows of %lld tokens are expected",
                            store_path(part), name, (long long)it->windows.window);
    status = agree(it->stage->comm, status);
    if (!status)
        status = write_tokens(it, name, first_token / (size_t)it->windows.window,
                              (size_t)info.shape[0], value);
    mem_free(&value);
    return status;
}

/* Everything the files of the parts hold. */
static status_t merge_all(run_t *run)
{
    collection_t *it = run->of;
    size_t first = 0;
    status_t status = NULL;
    for (size_t part = 1; !status && part <= collection_parts(it); part++) {
        char *path = NULL;
        store_t *store = NULL;
        double tokens = 0;
        status = collection_path(it, part, false, &path);
        if (!status) status = store_open(path, &store);
        if (!status) status = store_get_number(store, "/", "tokens", &tokens);
        status = agree(it->stage->comm, status);
        for (size_t i = 0; !status && i < TAKERS; i++)
            if (taker(it, i)->merge) status = taker(it, i)->merge(run->state[i], store, first);
        if (!status) status = merge_tokens(it, "/ids", store, first);
        if (!status && it->opening.tag) status = merge_tokens(it, "/tags", store, first);
        first += (size_t)tokens;
        store_close(&store);
        mem_free(&path);
    }
    return status;
}

/* ---- how far from float32 ---- */

static const char *activations_of(const collection_t *it)
{
    return it->sketch ? "/sketch/counts" : "/preactivations";
}

/* Rank 0 measures it at the corpus's first tokens: the same for every part. */
static status_t measure_deviation(const collection_t *it, deviation_t *deviation, double *values)
{
    const run_options_t options = options_of(it, NULL);
    MPI_Comm comm = it->stage->comm;
    char label[256];
    snprintf(label, sizeof label, "%s deviation", it->checkpoint);
    status_t status =
        deviation_of_preactivations(comm, it->model, it->opening.id, (int32_t)it->windows.window,
                                    &options, label, deviation, values);
    if (status) return status;
    MPI_Bcast(deviation, sizeof *deviation, MPI_BYTE, 0, comm);
    MPI_Bcast(values, 1, MPI_DOUBLE, 0, comm);
    return NULL;
}

/* What the first part says. */
static status_t read_deviation(const collection_t *it, deviation_t *deviation, double *values)
{
    char *path = NULL;
    store_t *part = NULL;
    const char *object = activations_of(it);
    double count = 0;
    status_t status = collection_path(it, 1, false, &path);
    if (!status) status = store_open(path, &part);
    if (!status) status = store_get_number(part, object, "deviation_count", &count);
    if (!status) status = store_get_number(part, object, "deviation_largest", &deviation->largest);
    if (!status) status = store_get_number(part, object, "deviation_rms", &deviation->rms);
    if (!status) status = store_get_number(part, object, "rms", values);
    deviation->count = (int64_t)count;
    store_close(&part);
    mem_free(&path);
    return agree(it->stage->comm, status);
}

/* Attributes of the activations, which are collective. */
static status_t write_deviation(const collection_t *it, bool merge)
{
    deviation_t deviation = {0};
    double values = 0;
    if (it->arithmetic == ARITHMETIC_FLOAT32) return NULL;
    status_t status = merge ? read_deviation(it, &deviation, &values)
                            : measure_deviation(it, &deviation, &values);
    if (!status) status = stage_write_deviation(it->store, activations_of(it), &deviation);
    return status ? status : store_set_number(it->store, activations_of(it), "rms", values);
}

/* ---- all of it ---- */

status_t collection_run(collection_t *it, bool merge)
{
    run_t run = {.of = it};
    status_t status = NULL;
    for (size_t i = 0; !status && i < TAKERS; i++) status = taker(it, i)->create(it, &run.state[i]);
    if (!status) status = merge ? merge_all(&run) : take_all(&run);
    for (size_t i = 0; !status && i < TAKERS; i++) status = taker(it, i)->finish(run.state[i]);
    if (!status) status = write_deviation(it, merge);
    for (size_t i = 0; i < TAKERS; i++) taker(it, i)->destroy(&run.state[i]);
    return status;
}

void collection_estimate(const collection_t *it, double *memory, double *disk)
{
    for (size_t i = 0; i < TAKERS; i++) taker(it, i)->estimate(it, memory, disk);
}
