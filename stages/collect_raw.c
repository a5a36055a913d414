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
    double neurons = (double)of->shape.mlp,
           tokens = (double)of->sequences.count * (double)of->windows.window;
    double width = type_of(of) == STORE_F32 ? sizeof(float) : sizeof(uint16_t);
    *memory +=
        (double)of->rows_max * neurons * (sizeof(float) + (type_of(of) == STORE_F32 ? 0 : width));
    *disk += (double)of->layers * neurons * tokens * width;
}

static status_t define(const collection_t *of, store_type_t type)
{
    uint64_t neurons = (uint64_t)of->model->shape.mlp;
    uint64_t size[3] = {of->layers, neurons, of->sequences.count * (uint64_t)of->windows.window};
    uint64_t chunk[3] = {1, neurons < NEURONS_TOGETHER ? neurons : NEURONS_TOGETHER,
                         (uint64_t)of->forest->chunk[0].rows};
    status_t status = store_define(of->store, "/preactivations", type, 3, size, chunk);
    if (!status)
        status = store_describe(of->store, "/preactivations", "1",
                                "MLP pre-activation by layer, neuron, token");
    return status;
}

static status_t create(const collection_t *of, void **state)
{
    size_t values = of->rows_max * (size_t)of->shape.mlp;
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
    return status ? status : define(of, raw->type);
}

static void destroy(void **state)
{
    raw_t *raw = *state;
    if (!raw) return;
    mem_free(&raw->turned);
    mem_free(&raw->narrow);
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
    return store_put_own(raw->of->store, "/preactivations", start, count,
                         raw->type == STORE_F32 ? (void *)raw->turned : raw->narrow);
}

static status_t finish(void *state)
{
    (void)state;
    return NULL;
}

const taker_t collect_raw = {estimate, create, take, finish, destroy};
