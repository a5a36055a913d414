/* Pairs of tokens for the mapping difficulty: how far apart their MLP inputs are in each layer;
 * and, unless every pre-activation is kept anyway, the outputs of the sampled tokens. */
#include <string.h>

#include "core/memory.h"
#include "par/agree.h"
#include "stages/collect.h"
#include "stats/pair_inputs.h"

typedef struct {
    const collection_t *of;
    bool outputs;
    pair_inputs_t *inputs; /* NULL: no pairs are wanted */
} taker_state_t;

static pair_inputs_plan_t make_plan(const collection_t *of)
{
    const config_t *config = of->stage->config;
    int64_t tokens = (int64_t)of->count * of->windows.window;
    int64_t pairs = config_integer(config, "collect.pairs");
    return (pair_inputs_plan_t){.seed = (uint64_t)config_integer(config, "collect.seed"),
                                .tokens = tokens,
                                .pairs = pairs < tokens / 2 ? pairs : tokens / 2,
                                .layers = (int64_t)of->layers,
                                .width = of->shape.width};
}

static bool takes_outputs(const collection_t *of)
{
    return of->sketch;
}

/* The scratch file counts: it is there together with the other. */
static void estimate(const collection_t *of, double *memory, double *disk)
{
    pair_inputs_plan_t plan = make_plan(of);
    double pairs = (double)plan.pairs, layers = (double)plan.layers;
    double row = takes_outputs(of) ? (double)of->shape.mlp : (double)plan.width;
    if (plan.pairs == 0) return;
    *memory += pair_inputs_memory(&plan) + (double)of->rows_max * row * sizeof(float);
    *disk += pairs * (2 * sizeof(int64_t) + layers * sizeof(double)) +
             2 * pairs * layers * (double)plan.width * sizeof(float);
    if (takes_outputs(of)) *disk += 2 * pairs * layers * (double)of->shape.mlp * sizeof(float);
}

static status_t create(const collection_t *of, void **state)
{
    taker_state_t *it = NULL;
    pair_inputs_plan_t plan = make_plan(of);
    status_t status = agree(of->stage->comm, mem_new(&it, 1, "pairs of tokens"));
    *state = it;
    if (status || plan.pairs == 0) return status;
    it->of = of;
    it->outputs = takes_outputs(of);
    status = pair_inputs_create(of->stage->comm, store_path(of->store), &plan, &it->inputs);
    if (!status && it->outputs)
        status = pair_outputs_define(it->inputs, of->store, of->model->shape.mlp);
    return status;
}

static status_t take(void *state, const batch_t *batch)
{
    taker_state_t *it = state;
    int64_t layer = (int64_t)batch->index, first = (int64_t)batch->first,
            rows = (int64_t)batch->rows;
    if (!it->inputs) return NULL;
    status_t status = pair_inputs_take(it->inputs, layer, first, rows, batch->input);
    if (!status && it->outputs)
        status = pair_outputs_take(it->inputs, it->of->store, layer, first, rows,
                                   (int64_t)batch->neurons, batch->preactivation);
    return status;
}

static status_t finish(void *state)
{
    taker_state_t *it = state;
    return it->inputs ? pair_inputs_write(it->inputs, it->of->store) : NULL;
}

static void destroy(void **state)
{
    taker_state_t *it = *state;
    if (!it) return;
    pair_inputs_destroy(&it->inputs);
    mem_free_(state);
}

const taker_t collect_pairs = {
    .estimate = estimate, .create = create, .take = take, .finish = finish, .destroy = destroy};
