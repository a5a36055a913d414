#include "stats/pair_inputs.h"

#include <math.h>
#include <string.h>

#include "core/memory.h"
#include "core/strings.h"
#include "par/agree.h"
#include "par/work.h"
#include "stats/difficulty.h"

/* Inputs are read back some columns of all tokens at a time: about this many values, in chunks of
 * so many tokens. */
enum { BLOCK_VALUES = 1 << 24, CHUNK_TOKENS = 1024, LEAST_COLUMNS = 16 };

struct pair_inputs {
    MPI_Comm comm;
    pair_inputs_plan_t plan;
    int64_t columns;  /* of a block */
    int64_t *pair;    /* [2][pairs] */
    int64_t *token;   /* [2 * pairs], ascending */
    int64_t *slot;    /* [2][pairs] where they stand in token */
    store_t *scratch; /* /inputs */
    float *row;       /* inputs of the sampled tokens of one batch */
    size_t capacity;  /* of row */
    double *distance; /* [pairs] of one layer */
    float *block;     /* [2 * pairs][columns] */
};

static status_t define(pair_inputs_t *it, const char *path)
{
    char *name = NULL;
    const pair_inputs_plan_t *plan = &it->plan;
    uint64_t tokens = 2 * (uint64_t)plan->pairs;
    uint64_t shape[] = {(uint64_t)plan->layers, tokens, (uint64_t)plan->width};
    uint64_t chunk[] = {1, tokens < CHUNK_TOKENS ? tokens : CHUNK_TOKENS, (uint64_t)it->columns};
    status_t status = agree(it->comm, str_format(&name, "%s.inputs", path));
    if (!status) status = store_create(name, it->comm, &it->scratch);
    if (!status) status = store_define(it->scratch, "/inputs", STORE_F32, 3, shape, chunk);
    mem_free(&name);
    return status;
}

static status_t draw(pair_inputs_t *it)
{
    int64_t pairs = it->plan.pairs;
    status_t status = mem_new(&it->pair, 2 * (size_t)pairs, "pairs");
    if (!status) status = mem_new(&it->slot, 2 * (size_t)pairs, "pairs");
    if (!status) status = mem_new(&it->token, 2 * (size_t)pairs, "tokens of pairs");
    if (!status)
        status = pairs_draw(it->plan.seed, it->plan.tokens, pairs, it->pair, it->pair + pairs);
    if (!status)
        status =
            pairs_order(it->pair, it->pair + pairs, pairs, it->token, it->slot, it->slot + pairs);
    return status;
}

static int64_t columns_of(const pair_inputs_plan_t *plan)
{
    int64_t most = BLOCK_VALUES / (2 * plan->pairs);
    if (most < LEAST_COLUMNS) most = LEAST_COLUMNS;
    return plan->width < most ? plan->width : most;
}

double pair_inputs_memory(const pair_inputs_plan_t *plan)
{
    return (double)plan->pairs *
           (6 * sizeof(int64_t) + sizeof(double) + 2 * (double)columns_of(plan) * sizeof(float));
}

status_t pair_inputs_create(MPI_Comm comm, const char *path, const pair_inputs_plan_t *plan,
                            pair_inputs_t **inputs)
{
    status_t status = mem_new(inputs, 1, "inputs of pairs");
    if (!status) {
        pair_inputs_t *it = *inputs;
        *it = (pair_inputs_t){.comm = comm, .plan = *plan, .columns = columns_of(plan)};
        status = draw(it);
    }
    status = agree(comm, status);
    if (!status) status = define(*inputs, path);
    return status;
}

void pair_inputs_destroy(pair_inputs_t **inputs)
{
    pair_inputs_t *it = *inputs;
    if (!it) return;
    store_close(&it->scratch);
    mem_free(&it->pair);
    mem_free(&it->slot);
    mem_free(&it->token);
    mem_free(&it->row);
    mem_free(&it->distance);
    mem_free(&it->block);
    mem_free(inputs);
}

/* How many of the sampled tokens lie before a place. */
static int64_t tokens_before(const pair_inputs_t *it, int64_t place)
{
    int64_t low = 0, high = 2 * it->plan.pairs;
    while (low < high) {
        int64_t middle = (low + high) / 2;
        if (it->token[middle] < place) low = middle + 1;
        else high = middle;
    }
    return low;
}

int64_t pair_inputs_find(const pair_inputs_t *it, int64_t first, int64_t rows,
                         const int64_t **token, int64_t *slot)
{
    *slot = tokens_before(it, first);
    *token = it->token + *slot;
    return tokens_before(it, first + rows) - *slot;
}

status_t pair_inputs_take(pair_inputs_t *it, int64_t layer, int64_t first, int64_t rows,
                          const float *input)
{
    const int64_t *token;
    int64_t slot, count = pair_inputs_find(it, first, rows, &token, &slot);
    size_t width = (size_t)it->plan.width;
    if (!count) return NULL;
    status_t status = mem_grow(&it->row, &it->capacity, (size_t)count * width, "inputs of pairs");
    if (status) return status;
    for (int64_t i = 0; i < count; i++)
        memcpy(it->row + (size_t)i * width, input + (size_t)(token[i] - first) * width,
               width * sizeof *input);
    uint64_t start[] = {(uint64_t)layer, (uint64_t)slot, 0};
    uint64_t size[] = {1, (uint64_t)count, width};
    return store_put_own(it->scratch, "/inputs", start, size, it->row);
}

status_t pair_outputs_define(pair_inputs_t *it, store_t *store, int64_t neurons)
{
    uint64_t shape[] = {(uint64_t)it->plan.layers, (uint64_t)neurons, 2 * (uint64_t)it->plan.pairs};
    status_t status = store_define(store, "/pair_outputs", STORE_F32, 3, shape, NULL);
    return status ? status
                  : store_describe(store, "/pair_outputs", "1",
                                   "pre-activation at the tokens of all pairs, in their order");
}

status_t pair_outputs_take(pair_inputs_t *it, store_t *store, int64_t layer, int64_t first,
                           int64_t rows, int64_t neurons, const float *preactivation)
{
    const int64_t *token;
    int64_t slot, count = pair_inputs_find(it, first, rows, &token, &slot);
    if (!count) return NULL;
    status_t status =
        mem_grow(&it->row, &it->capacity, (size_t)(count * neurons), "outputs of pairs");
    if (status) return status;
    for (int64_t i = 0; i < count; i++)
        for (int64_t n = 0; n < neurons; n++)
            it->row[n * count + i] = preactivation[(token[i] - first) * neurons + n];
    uint64_t start[] = {(uint64_t)layer, 0, (uint64_t)slot};
    uint64_t size[] = {1, (uint64_t)neurons, (uint64_t)count};
    return store_put_own(store, "/pair_outputs", start, size, it->row);
}

/* One layer's distances: sums over blocks of columns, which is over all columns in order. */
static status_t measure_layer(pair_inputs_t *it, int64_t layer)
{
    int64_t pairs = it->plan.pairs;
    status_t status = NULL;
    memset(it->distance, 0, (size_t)pairs * sizeof *it->distance);
    for (int64_t from = 0, count; !status && from < it->plan.width; from += count) {
        count = it->plan.width - from < it->columns ? it->plan.width - from : it->columns;
        uint64_t start[] = {(uint64_t)layer, 0, (uint64_t)from};
        uint64_t size[] = {1, 2 * (uint64_t)pairs, (uint64_t)count};
        status = store_get(it->scratch, "/inputs", STORE_F32, start, size, it->block);
        for (int64_t p = 0; !status && p < pairs; p++) {
            const float *a = it->block + it->slot[p] * count;
            const float *b = it->block + it->slot[pairs + p] * count;
            double sum = it->distance[p];
            for (int64_t i = 0; i < count; i++) {
                double step = (double)a[i] - (double)b[i];
                sum += step * step;
            }
            it->distance[p] = sum;
        }
    }
    for (int64_t p = 0; !status && p < pairs; p++) {
        it->distance[p] = sqrt(it->distance[p]);
        if (!isfinite(it->distance[p]))
            status = status_new(EXIT_NUMERIC,
                                "layer %lld of the chosen ones: the inputs of tokens %lld and "
                                "%lld, a pair, are too far apart or not finite",
                                (long long)layer, (long long)it->pair[p],
                                (long long)it->pair[pairs + p]);
    }
    return status;
}

/* The ranks divide the layers. */
static status_t measure_all(pair_inputs_t *it, store_t *store)
{
    int rank, ranks;
    size_t first, count, pairs = (size_t)it->plan.pairs;
    MPI_Comm_rank(it->comm, &rank);
    MPI_Comm_size(it->comm, &ranks);
    work_share(rank, ranks, (size_t)it->plan.layers, &first, &count);
    status_t status = mem_new(&it->distance, pairs, "distances of pairs");
    if (!status)
        status = mem_aligned(&it->block, 2 * pairs * (size_t)it->columns, "inputs of pairs");
    for (size_t l = first; !status && l < first + count; l++) {
        uint64_t start[] = {l, 0}, size[] = {1, pairs};
        status = measure_layer(it, (int64_t)l);
        if (!status) status = store_put_own(store, "/input_distances", start, size, it->distance);
    }
    mem_free(&it->block);
    return agree(it->comm, status);
}

status_t pair_inputs_write(pair_inputs_t *it, store_t *store)
{
    uint64_t pairs[] = {2, (uint64_t)it->plan.pairs};
    uint64_t distances[] = {(uint64_t)it->plan.layers, pairs[1]};
    status_t status = store_write(store, "/pairs", STORE_I64, 2, pairs, it->pair);
    if (!status) status = store_describe(store, "/pairs", "1", "first and second token of pairs");
    if (!status) status = store_define(store, "/input_distances", STORE_F64, 2, distances, NULL);
    if (!status)
        status = store_describe(store, "/input_distances", "1",
                                "Euclidean distance of a pair's MLP inputs by layer");
    if (!status) status = store_sync(it->scratch);
    if (!status) status = measure_all(it, store);
    return status;
}
