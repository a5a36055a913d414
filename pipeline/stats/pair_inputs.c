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
    int64_t columns;      /* of a block */
    int64_t *pair;        /* [2][pairs] */
    int64_t *token;       /* [2 * pairs], ascending */
    int64_t *slot;        /* [2][pairs] where they stand in token */
    store_t *store;       /* the output; borrowed */
    store_t *scratch;     /* of the whole: /inputs */
    int64_t slot0, slots; /* tokens that come here, among the sampled ones */
    float *row;           /* inputs of the sampled tokens of one batch */
    size_t capacity;      /* of row */
    double *distance;     /* [pairs] of one layer */
    float *block;         /* [2 * pairs][columns] */
};

/* Where inputs wait: [layers][slots][width]. */
static const char *place_of(const pair_inputs_t *it)
{
    return it->scratch ? "/inputs" : "/pair_inputs";
}

static bool is_whole(const pair_inputs_plan_t *plan)
{
    return plan->count == plan->tokens;
}

/* Of the whole in a file beside the output; a part's in the output, for who merges. */
static status_t define(pair_inputs_t *it)
{
    char *name = NULL;
    const pair_inputs_plan_t *plan = &it->plan;
    uint64_t tokens = (uint64_t)it->slots;
    uint64_t shape[] = {(uint64_t)plan->layers, tokens, (uint64_t)plan->width};
    uint64_t chunk[] = {1, tokens < CHUNK_TOKENS ? tokens : CHUNK_TOKENS, (uint64_t)it->columns};
    if (tokens == 0) return NULL;
    status_t status = NULL;
    if (is_whole(plan)) {
        status = agree(it->comm, str_format(&name, "%s.inputs", store_path(it->store)));
        if (!status) status = store_create_scratch(name, it->comm, &it->scratch);
        mem_free(&name);
    }
    if (status) return status;
    store_t *to = it->scratch ? it->scratch : it->store;
    status = store_define(to, place_of(it), STORE_F32, 3, shape, chunk);
    if (!status && !it->scratch)
        status = store_describe(to, place_of(it), "layers pair_tokens width", "1",
                                "MLP inputs at the part's tokens of pairs, in their order");
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

status_t pair_inputs_create(MPI_Comm comm, store_t *store, const pair_inputs_plan_t *plan,
                            pair_inputs_t **inputs)
{
    status_t status = mem_new(inputs, 1, "inputs of pairs");
    if (!status) {
        pair_inputs_t *it = *inputs;
        *it = (pair_inputs_t){
            .comm = comm, .plan = *plan, .columns = columns_of(plan), .store = store};
        status = draw(it);
    }
    status = agree(comm, status);
    if (status) return status;
    (*inputs)->slot0 = tokens_before(*inputs, plan->first);
    (*inputs)->slots = tokens_before(*inputs, plan->first + plan->count) - (*inputs)->slot0;
    return define(*inputs);
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

/* The sampled tokens among [first, first + rows) of those that come here: *token, ascending, their
 * places in the collection; *slot, the first one's number among those that come here. */
static int64_t find(const pair_inputs_t *it, int64_t first, int64_t rows, const int64_t **token,
                    int64_t *slot)
{
    int64_t from = tokens_before(it, it->plan.first + first);
    *token = it->token + from;
    *slot = from - it->slot0;
    return tokens_before(it, it->plan.first + first + rows) - from;
}

status_t pair_inputs_take(pair_inputs_t *it, int64_t layer, int64_t first, int64_t rows,
                          const float *input)
{
    const int64_t *token;
    int64_t slot, count = find(it, first, rows, &token, &slot);
    size_t width = (size_t)it->plan.width;
    if (!count) return NULL;
    status_t status = mem_grow(&it->row, &it->capacity, (size_t)count * width, "inputs of pairs");
    if (status) return status;
    for (int64_t i = 0; i < count; i++)
        memcpy(it->row + (size_t)i * width,
               input + (size_t)(token[i] - it->plan.first - first) * width, width * sizeof *input);
    uint64_t start[] = {(uint64_t)layer, (uint64_t)slot, 0};
    uint64_t size[] = {1, (uint64_t)count, width};
    return store_put_own(it->scratch ? it->scratch : it->store, place_of(it), start, size, it->row);
}

status_t pair_outputs_define(pair_inputs_t *it, int64_t neurons)
{
    uint64_t shape[] = {(uint64_t)it->plan.layers, (uint64_t)neurons, (uint64_t)it->slots};
    if (it->slots == 0) return NULL;
    status_t status = store_define(it->store, "/pair_outputs", STORE_F32, 3, shape, NULL);
    return status ? status
                  : store_describe(it->store, "/pair_outputs", "layers neurons pair_tokens", "1",
                                   "pre-activation at the tokens of all pairs, in their order");
}

status_t pair_outputs_take(pair_inputs_t *it, int64_t layer, int64_t first, int64_t rows,
                           int64_t neurons, const float *preactivation)
{
    const int64_t *token;
    int64_t slot, count = find(it, first, rows, &token, &slot);
    if (!count) return NULL;
    status_t status =
        mem_grow(&it->row, &it->capacity, (size_t)(count * neurons), "outputs of pairs");
    if (status) return status;
    for (int64_t i = 0; i < count; i++)
        for (int64_t n = 0; n < neurons; n++)
            it->row[n * count + i] =
                preactivation[(token[i] - it->plan.first - first) * neurons + n];
    uint64_t start[] = {(uint64_t)layer, 0, (uint64_t)slot};
    uint64_t size[] = {1, (uint64_t)neurons, (uint64_t)count};
    return store_put_own(it->store, "/pair_outputs", start, size, it->row);
}

/* ---- parts ---- */

/* Copies one dataset of a part, of the shape [layers][shape[1]][shape[2]], to another from its place
 * in that on: some rows of a layer at a time. The ranks divide the layers. */
static status_t copy(pair_inputs_t *it, const store_t *part, const char *from, store_t *to,
                     const char *name, const uint64_t *shape, const uint64_t *place)
{
    int rank, ranks;
    size_t first, count;
    uint64_t rows = BLOCK_VALUES / shape[2] + 1;
    MPI_Comm_rank(it->comm, &rank);
    MPI_Comm_size(it->comm, &ranks);
    work_share(rank, ranks, (size_t)shape[0], &first, &count);
    status_t status = NULL;
    if (rows > shape[1]) rows = shape[1];
    status = mem_grow(&it->row, &it->capacity, (size_t)(rows * shape[2]), "pairs of a part");
    for (size_t l = first; !status && l < first + count; l++)
        for (uint64_t at = 0; !status && at < shape[1]; at += rows) {
            uint64_t some = shape[1] - at < rows ? shape[1] - at : rows;
            uint64_t start[] = {l, at, 0}, size[] = {1, some, shape[2]};
            status = store_get(part, from, STORE_F32, start, size, it->row);
            start[1] += place[1], start[2] += place[2];
            if (!status) status = store_put_own(to, name, start, size, it->row);
        }
    return agree(it->comm, status);
}

static status_t check_part(const store_t *part, const char *name, const uint64_t *shape)
{
    store_info_t info = {0};
    status_t status = store_find(part, name, &info);
    if (!status && (info.dimensions != 3 || info.type != STORE_F32 ||
                    memcmp(info.shape, shape, 3 * sizeof *shape) != 0))
        status = status_new(EXIT_INPUT, "%s: %s: float32 [%llu][%llu][%llu] is expected",
                            store_path(part), name, (unsigned long long)shape[0],
                            (unsigned long long)shape[1], (unsigned long long)shape[2]);
    return status;
}

status_t pair_inputs_merge(pair_inputs_t *it, const store_t *part, int64_t first, int64_t tokens,
                           int64_t neurons)
{
    const int64_t *token;
    int64_t slot, count = find(it, first, tokens, &token, &slot);
    const uint64_t layers = (uint64_t)it->plan.layers, slots = (uint64_t)count;
    const uint64_t inputs[] = {layers, slots, (uint64_t)it->plan.width};
    const uint64_t outputs[] = {layers, (uint64_t)neurons, slots};
    const uint64_t to_inputs[] = {0, (uint64_t)slot, 0}, to_outputs[] = {0, 0, (uint64_t)slot};
    if (count == 0) return NULL;
    status_t status = check_part(part, "/pair_inputs", inputs);
    if (!status && neurons) status = check_part(part, "/pair_outputs", outputs);
    status = agree(it->comm, status);
    if (!status) status = copy(it, part, "/pair_inputs", it->scratch, "/inputs", inputs, to_inputs);
    if (!status && neurons)
        status = copy(it, part, "/pair_outputs", it->store, "/pair_outputs", outputs, to_outputs);
    return status;
}

/* ---- distances ---- */

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

status_t pair_inputs_write(pair_inputs_t *it)
{
    store_t *store = it->store;
    if (!is_whole(&it->plan)) return NULL;
    uint64_t pairs[] = {2, (uint64_t)it->plan.pairs};
    uint64_t distances[] = {(uint64_t)it->plan.layers, pairs[1]};
    status_t status = store_write(store, "/pairs", STORE_I64, 2, pairs, it->pair);
    if (!status)
        status =
            store_describe(store, "/pairs", "sides pairs", "1", "first and second token of pairs");
    if (!status) status = store_define(store, "/input_distances", STORE_F64, 2, distances, NULL);
    if (!status)
        status = store_describe(store, "/input_distances", "layers pairs", "1",
                                "Euclidean distance of a pair's MLP inputs by layer");
    if (!status) status = store_sync(it->scratch);
    if (!status) status = measure_all(it, store);
    return status;
}
