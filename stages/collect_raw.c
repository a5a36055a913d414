/* Raw activations: every value, as collect.type has it. */
#include <math.h>
#include <string.h>

#include "core/memory.h"
#include "par/agree.h"
#include "stages/collect.h"

enum { NEURONS_TOGETHER = 64 }; /* neurons of one HDF5 chunk */

typedef struct {
    const collection_t *of;
    store_type_t type;
    store_t *store;   /* where values go */
    store_t *scratch; /* the same, or NULL where that is the collection's file */
    float *turned;    /* [F][rows] */
    uint16_t *narrow; /* the same in 16 bits */
} raw_t;

static store_type_t type_of(const collection_t *of)
{
    const char *type = config_text(of->stage->config, "collect.type");
    return strcmp(type, "f16") == 0 ? STORE_F16 : *type == 'b' ? STORE_BF16 : STORE_F32;
}

static void estimate(const collection_t *of, double *memory, double *disk)
{
    double neurons = (double)of->neurons, tokens = (double)of->count * (double)of->windows.window;
    double width = type_of(of) == STORE_F32 ? sizeof(float) : sizeof(uint16_t);
    *memory +=
        (double)of->rows_max * neurons * (sizeof(float) + (type_of(of) == STORE_F32 ? 0 : width));
    *disk += (double)of->layers * neurons * tokens * width;
}

static status_t define(const collection_t *of, store_t *store, store_type_t type, int level)
{
    uint64_t neurons = of->neurons;
    uint64_t size[3] = {of->layers, neurons, of->count * (uint64_t)of->windows.window};
    uint64_t chunk[3] = {1, neurons < NEURONS_TOGETHER ? neurons : NEURONS_TOGETHER,
                         collection_chunk_tokens(of)};
    status_t status =
        level ? store_define_packed(store, "/preactivations", type, 3, size, chunk, level)
              : store_define(store, "/preactivations", type, 3, size, chunk);
    if (!status)
        status = store_describe(store, "/preactivations", "layers neurons tokens", "1",
                                "MLP pre-activation by layer, neuron, token");
    return status;
}

/* Where values go as they come: the file itself, or one beside it until they are compressed. */
static status_t define_target(raw_t *raw)
{
    const collection_t *of = raw->of;
    char *path = NULL;
    raw->store = of->store;
    if (config_integer(of->stage->config, "collect.deflate") > 0) {
        status_t status =
            agree(of->stage->comm, str_format(&path, "%s.raw", store_path(of->store)));
        if (!status) status = store_create_scratch(path, of->stage->comm, &raw->scratch);
        mem_free(&path);
        if (status) return status;
        raw->store = raw->scratch;
    }
    return define(of, raw->store, raw->type, 0);
}

static status_t create(const collection_t *of, void **state)
{
    size_t values = of->rows_max * of->neurons;
    raw_t *raw = NULL;
    status_t status = mem_new(&raw, 1, "raw activations");
    *state = raw;
    if (!status) {
        raw->of = of;
        raw->type = type_of(of);
        status = mem_aligned(&raw->turned, values, "activations");
    }
    if (!status) status = mem_aligned(&raw->narrow, values, "activations");
    status = agree(of->stage->comm, status);
    return status ? status : define_target(raw);
}

static void destroy(void **state)
{
    raw_t *raw = *state;
    if (!raw) return;
    mem_free(&raw->turned);
    mem_free(&raw->narrow);
    store_close(&raw->scratch);
    mem_free_(state);
}

/* turned [F][rows] = transposed a [rows][F], in squares that stay in cache. */
static void turn(float *turned, const float *a, size_t rows, size_t neurons)
{
    enum { SQUARE = 32 };
    for (size_t n = 0; n < neurons; n += SQUARE)
        for (size_t t = 0; t < rows; t += SQUARE)
            for (size_t i = n; i < n + SQUARE && i < neurons; i++)
                for (size_t j = t; j < t + SQUARE && j < rows; j++)
                    turned[i * rows + j] = a[j * neurons + i];
}

/* Rounds to 16 bits; a value beyond their range is an error, not an infinity. */
static status_t narrow(raw_t *raw, const batch_t *batch)
{
    dtype_t type = raw->type == STORE_F16 ? DTYPE_F16 : DTYPE_BF16;
    size_t count = batch->rows * batch->neurons;
    for (size_t i = 0; type == DTYPE_F16 && i < count; i++)
        if (fabsf(raw->turned[i]) >= 65520)
            return status_new(EXIT_NUMERIC,
                              "%s: layer %d, neuron %zu: the pre-activation %g is "
                              "beyond f16; use collect.type f32 or bf16",
                              raw->of->checkpoint, batch->layer, i / batch->rows,
                              (double)raw->turned[i]);
    dtype_round(raw->narrow, raw->turned, count, type);
    return NULL;
}

static status_t take(void *state, const batch_t *batch)
{
    raw_t *raw = state;
    uint64_t start[3] = {batch->index, 0, batch->first};
    uint64_t count[3] = {1, batch->neurons, batch->rows};
    turn(raw->turned, batch->preactivation, batch->rows, batch->neurons);
    status_t status = raw->type == STORE_F32 ? NULL : narrow(raw, batch);
    if (status) return status;
    return store_put_own(raw->store, "/preactivations", start, count,
                         raw->type == STORE_F32 ? (void *)raw->turned : raw->narrow);
}

/* ---- whole files ---- */

/* Where blocks go, and from where; tokens [0, tokens) of from are [first, ...) of to. */
typedef struct {
    const store_t *from;
    store_t *to;
    size_t first, tokens;
    bool packed; /* to is: every rank takes part in every write */
} copy_t;

/* One block of a chunk's neurons and some chunks' tokens. */
static status_t copy_block(const raw_t *raw, const copy_t *copy, uint64_t *start, uint64_t *count,
                           void *block)
{
    status_t status = NULL;
    if (count[0]) status = store_get(copy->from, "/preactivations", raw->type, start, count, block);
    if (copy->packed) status = agree(raw->of->stage->comm, status);
    if (status) return status;
    start[2] += copy->first;
    return copy->packed ? store_put(copy->to, "/preactivations", start, count, block)
                        : store_put_own(copy->to, "/preactivations", start, count, block);
}

/* The ranks take turns with blocks of whole chunks; each rank as many turns. */
static status_t copy_all(const raw_t *raw, const copy_t *copy)
{
    const collection_t *of = raw->of;
    size_t chunk = collection_chunk_tokens(of),
           block = of->neurons < NEURONS_TOGETHER ? of->neurons : NEURONS_TOGETHER;
    size_t across = (of->neurons + block - 1) / block, along = (copy->tokens + chunk - 1) / chunk;
    size_t blocks = of->layers * across * along, ranks = (size_t)of->stage->ranks;
    void *values = NULL;
    status_t status = mem_aligned_(&values, block * chunk, sizeof(float), "activations");
    status = agree(of->stage->comm, status);
    for (size_t done = 0; !status && done < blocks; done += ranks) {
        size_t b = done + (size_t)of->stage->rank;
        uint64_t start[3] = {0, 0, 0}, count[3] = {0, 0, 0};
        if (b < blocks) {
            start[0] = b / (across * along);
            start[1] = b / along % across * block;
            start[2] = b % along * chunk;
            count[0] = 1;
            count[1] = of->neurons - start[1] < block ? of->neurons - start[1] : block;
            count[2] = copy->tokens - start[2] < chunk ? copy->tokens - start[2] : chunk;
        } else if (!copy->packed) break;
        status = copy_block(raw, copy, start, count, values);
    }
    mem_free_(&values);
    return agree(of->stage->comm, status);
}

static status_t merge(void *state, const store_t *part, size_t first)
{
    const raw_t *raw = state;
    store_info_t info = {0};
    status_t status = store_find(part, "/preactivations", &info);
    if (!status && (info.dimensions != 3 || info.type != raw->type ||
                    info.shape[0] != raw->of->layers || info.shape[1] != raw->of->neurons))
        status =
            status_new(EXIT_INPUT, "%s: /preactivations: %zu layers of %zu neurons are expected",
                       store_path(part), raw->of->layers, raw->of->neurons);
    const stage_t *stage = raw->of->stage;
    if (!status) status = store_verify(part, "/preactivations", stage->rank, stage->ranks);
    status = agree(raw->of->stage->comm, status);
    const copy_t copy = {part, raw->store, first, (size_t)info.shape[2], false};
    return status ? status : copy_all(raw, &copy);
}

/* What was written as it came is compressed, for which all ranks must write together. */
static status_t finish(void *state)
{
    raw_t *raw = state;
    const collection_t *of = raw->of;
    int level = (int)config_integer(of->stage->config, "collect.deflate");
    if (level == 0) return NULL;
    status_t status = store_sync(raw->scratch);
    if (!status) status = define(of, of->store, raw->type, level);
    const copy_t copy = {raw->scratch, of->store, 0, of->count * (size_t)of->windows.window, true};
    return status ? status : copy_all(raw, &copy);
}

const taker_t collect_raw = {.estimate = estimate,
                             .create = create,
                             .take = take,
                             .merge = merge,
                             .finish = finish,
                             .destroy = destroy};
