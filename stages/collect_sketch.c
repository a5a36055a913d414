/* Sketches of activations: fixed memory for any number of tokens (stats/sketch.h). One table a node,
 * to which all of its ranks add. */
#include "core/memory.h"
#include "eval/budget.h"
#include "par/agree.h"
#include "par/work.h"
#include "stages/collect.h"
#include "stats/sketch_file.h"

typedef struct {
    const collection_t *of;
    size_t neurons; /* of a layer */
    size_t folds;
    share_t share;
    sketch_table_t table;
    sketcher_t *sketcher;
    /* while the first windows fix the grids, on rank 0 */
    float *centre; /* [layers][neurons] */
    double *scale; /* likewise */
} state_t;

static status_t table_bytes(const collection_t *of, size_t *bytes)
{
    size_t neurons = 0;
    status_t status = mem_product(of->layers, of->neurons, "sketches", &neurons);
    return status ? status : sketch_table_bytes(neurons, collection_folds(of), bytes);
}

static void estimate(const collection_t *of, double *memory, double *disk)
{
    double neurons = (double)of->layers * (double)of->neurons;
    double folds = (double)collection_folds(of);
    *memory += neurons * (SKETCH_NEURON_BYTES + folds * FOLD_BYTES) / of->node_ranks;
    *disk += neurons * (SKETCH_FILE_BYTES + folds * FOLD_FILE_BYTES);
}

/* What the configuration allows, before the machine is asked. */
static status_t check_budget(const collection_t *of, const share_t *share, size_t bytes)
{
    double budget = (double)memory_budget(of->stage->config), weights = 0;
    double needed = (double)bytes * share->copies;
    if (of->model) weights = (double)of->model->memory.bytes * of->model->memory.copies;
    if (needed + weights <= budget) return NULL;
    return status_new(
        EXIT_RESOURCE,
        "%s: sketches of %zu layers of %zu neurons take %.2f GB on a node (%zu bytes a "
        "neuron%s) beside %.2f GB of weights, resources.memory_per_node is %.2f GB; "
        "choose fewer folds, or fewer layers or neurons at a time",
        of->checkpoint, of->layers, of->neurons, needed * 1e-9,
        SKETCH_NEURON_BYTES + collection_folds(of) * FOLD_BYTES,
        share->copies > 1 ? ", once a rank: they cannot share memory" : "", weights * 1e-9,
        budget * 1e-9);
}

/* Each rank of the group empties a part, whose pages so come from its own NUMA domain. */
static void clear(state_t *it, size_t neurons)
{
    size_t first, count;
    work_share(it->share.rank, it->share.ranks, neurons, &first, &count);
    sketch_table_place(&it->table, it->share.data, neurons, it->folds);
    sketch_table_clear(&it->table, first, count);
    share_sync(&it->share);
}

static status_t create(const collection_t *of, void **state)
{
    state_t *it = NULL;
    size_t bytes = 0;
    MPI_Comm comm = of->stage->comm;
    status_t status = agree(comm, mem_new(&it, 1, "sketches"));
    *state = it;
    if (status) return status;
    it->of = of;
    it->neurons = of->neurons;
    it->folds = collection_folds(of);
    it->share = SHARE_CLOSED;
    status = share_open(comm, SHARE_NODE, &it->share);
    if (!status) status = table_bytes(of, &bytes);
    if (!status) status = check_budget(of, &it->share, bytes);
    status = agree(comm, status);
    if (!status) status = share_allocate(comm, bytes, "sketches", &it->share);
    if (!status) status = agree(comm, sketcher_create(of->stage->team, &it->sketcher));
    if (!status) clear(it, of->layers * it->neurons);
    return status;
}

static void destroy(void **state)
{
    state_t *it = *state;
    if (!it) return;
    sketcher_destroy(&it->sketcher);
    share_destroy(&it->share);
    mem_free(&it->centre);
    mem_free(&it->scale);
    mem_free_(state);
}

/* ---- the grids ---- */

static status_t measure_layer(state_t *it, const batch_t *batch, sorter_t *sorter, float *column)
{
    float *centre = it->centre + batch->index * it->neurons;
    double *scale = it->scale + batch->index * it->neurons;
    status_t status = NULL;
    for (size_t n = 0; !status && n < it->neurons; n++) {
        sample_t sample;
        distribution_t d;
        for (size_t t = 0; t < batch->rows; t++)
            column[t] = batch->preactivation[t * it->neurons + n];
        status = sorter_sort(sorter, column, (int64_t)batch->rows, &sample);
        if (status) break;
        distribution_measure(&sample, &d);
        centre[n] = (float)d.shift; /* the median */
        scale[n] = d.deviation;
    }
    return status ? status : grid_fill(scale, it->neurons);
}

static status_t look(void *state, const batch_t *batch)
{
    state_t *it = state;
    sorter_t *sorter = NULL;
    float *column = NULL;
    size_t all = it->table.neurons;
    status_t status = it->centre ? NULL : mem_new(&it->centre, all, "centres");
    if (!status && !it->scale) status = mem_new(&it->scale, all, "scales");
    if (!status) status = mem_aligned(&column, batch->rows, "a column");
    if (!status) status = sorter_create(&sorter, DTYPE_F32, (int64_t)batch->rows);
    if (!status) status = measure_layer(it, batch, sorter, column);
    sorter_destroy(&sorter);
    mem_free(&column);
    return status;
}

/* Rank 0's grids become everybody's: the first rank of each group sets them. */
static status_t start(void *state)
{
    state_t *it = state;
    MPI_Comm comm = it->of->stage->comm;
    status_t status = it->centre ? NULL : mem_new(&it->centre, it->table.neurons, "centres");
    if (!status && !it->scale) status = mem_new(&it->scale, it->table.neurons, "scales");
    status = agree(comm, status);
    if (!status) status = share_bytes(comm, it->centre, it->table.neurons * sizeof *it->centre);
    if (!status) status = share_bytes(comm, it->scale, it->table.neurons * sizeof *it->scale);
    for (size_t n = 0; !status && it->share.rank == 0 && n < it->table.neurons; n++)
        it->table.grid[n] = grid_of(it->centre[n], it->scale[n]);
    mem_free(&it->centre);
    mem_free(&it->scale);
    if (!status) share_sync(&it->share);
    return status;
}

/* ---- the values ---- */

/* The windows of a fold are added at once. */
static status_t take(void *state, const batch_t *batch)
{
    state_t *it = state;
    const collection_t *of = it->of;
    size_t window = (size_t)of->windows.window, first = of->before + batch->first / window;
    for (size_t done = 0, some; done < batch->rows; done += some * window) {
        size_t left = (batch->rows - done) / window, at = first + done / window;
        size_t fold = collection_fold(of, at);
        for (some = 1; some < left && collection_fold(of, at + some) == fold;) some++;
        const sketch_batch_t values = {.first = batch->index * it->neurons,
                                       .count = it->neurons,
                                       .value = batch->preactivation + done * it->neurons,
                                       .rows = some * window,
                                       .window = window,
                                       .fold = fold,
                                       .start = (double)it->share.rank / it->share.ranks};
        sketch_table_add(&it->table, it->sketcher, &values);
    }
    return NULL;
}

/* ---- parts ---- */

/* The first part sets a neuron's grid; the others must have the same. */
static status_t add_sketch(state_t *it, const store_t *part, size_t first, size_t neuron,
                           const sketch_t *sketch)
{
    grid_t *grid = &it->table.grid[neuron];
    if (first == 0) *grid = sketch->grid;
    if (grid->centre != sketch->grid.centre || grid->power != sketch->grid.power ||
        grid->reciprocal != sketch->grid.reciprocal)
        return status_new(EXIT_INPUT,
                          "%s: row %zu, neuron %zu: another centre or scale than in the first part",
                          store_path(part), neuron / it->neurons, neuron % it->neurons);
    sketch_table_add_sketch(&it->table, neuron, sketch);
    return NULL;
}

/* Of the ranks of rank 0's group, each merges its own neurons, into one table. */
static status_t merge_own(state_t *it, const store_t *part, size_t first_token, int64_t tokens)
{
    enum { BLOCK = 64 };
    size_t first, count, step;
    sketch_t sketch[BLOCK];
    int64_t *counts = NULL, *folds = NULL;
    const size_t of_folds = it->folds * FOLD_BINS;
    int leader = it->of->stage->rank;
    MPI_Bcast(&leader, 1, MPI_INT, 0, it->share.group);
    if (leader != 0) return NULL;
    work_share(it->share.rank, it->share.ranks, it->table.neurons, &first, &count);
    status_t status = mem_aligned(&counts, (size_t)BLOCK * SKETCH_BINS, "sketches");
    if (!status) status = mem_new(&folds, BLOCK * of_folds, "folds");
    for (size_t n = first; !status && n < first + count; n += step) {
        size_t layer = n / it->neurons, neuron = n % it->neurons;
        step = it->neurons - neuron;
        if (step > BLOCK) step = BLOCK;
        if (step > first + count - n) step = first + count - n;
        status = sketch_read(part, layer, neuron, step, tokens, sketch, counts);
        for (size_t i = 0; !status && i < step; i++)
            status = add_sketch(it, part, first_token, n + i, &sketch[i]);
        if (!status && it->folds)
            status = sketch_read_folds(part, layer, neuron, step, it->folds, folds);
        for (size_t i = 0; !status && i < step; i++)
            sketch_table_add_folds(&it->table, n + i, folds + i * of_folds);
    }
    mem_free(&folds);
    mem_free(&counts);
    return status;
}

static status_t merge(void *state, const store_t *part, size_t first)
{
    state_t *it = state;
    sketch_shape_t shape = {0};
    double tokens = 0;
    status_t status = sketch_find(part, &shape);
    if (!status) status = store_get_number(part, "/", "tokens", &tokens);
    if (!status && (shape.layers != it->of->layers || shape.neurons != it->neurons ||
                    shape.folds != it->folds))
        status = status_new(EXIT_INPUT,
                            "%s: /sketch: %zu layers of %zu neurons with %zu folds are expected",
                            store_path(part), it->of->layers, it->neurons, it->folds);
    status = agree(it->of->stage->comm, status);
    return status ? status
                  : agree(it->of->stage->comm, merge_own(it, part, first, (int64_t)tokens));
}

static status_t finish(void *state)
{
    state_t *it = state;
    return sketch_write(it->of->store, it->of->stage->comm, &it->share, &it->table, it->of->layers,
                        it->neurons);
}

const taker_t collect_sketch = {.estimate = estimate,
                                .create = create,
                                .look = look,
                                .start = start,
                                .take = take,
                                .merge = merge,
                                .finish = finish,
                                .destroy = destroy};
