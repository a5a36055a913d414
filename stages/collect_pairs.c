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
    int64_t window = of->windows.window;
    return (pair_inputs_plan_t){.seed = (uint64_t)config_integer(of->stage->config, "collect.seed"),
                                .tokens = (int64_t)of->total * window,
                                .pairs = collection_pairs(of),
                                .layers = (int64_t)of->layers,
                                .width = of->shape.width,
                                .first = (int64_t)of->before * window,
                                .count = (int64_t)of->count * window};
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
    double row = takes_outputs(of) ? (double)of->neurons : (double)plan.width;
    if (plan.pairs == 0) return;
    *memory += pair_inputs_memory(&plan) + (double)of->rows_max * row * sizeof(float);
    double values = (double)plan.width + (takes_outputs(of) ? (double)of->neurons : 0);
    double here = (double)plan.count / (double)plan.tokens;
    if (here == 1) *disk += pairs * (2 * sizeof(int64_t) + layers * sizeof(double));
    *disk += here * 2 * pairs * layers * values * sizeof(float);
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
    status = pair_inputs_create(of->stage->comm, of->store, &plan, &it->inputs);
    if (!status && it->outputs) status = pair_outputs_define(it->inputs, (int64_t)of->neurons);
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
        status = pair_outputs_take(it->inputs, layer, first, rows, (int64_t)batch->neurons,
                                   batch->preactivation);
    return status;
}

static status_t merge(void *state, const store_t *part, size_t first)
{
    taker_state_t *it = state;
    double tokens = 0;
    if (!it->inputs) return NULL;
    status_t status = agree(it->of->stage->comm, store_get_number(part, "/", "tokens", &tokens));
    return status ? status
                  : pair_inputs_merge(it->inputs, part, (int64_t)first, (int64_t)tokens,
                                      it->outputs ? (int64_t)it->of->neurons : 0);
}

static status_t finish(void *state)
{
    taker_state_t *it = state;
    return it->inputs ? pair_inputs_write(it->inputs) : NULL;
}

static void destroy(void **state)
{
    taker_state_t *it = *state;
    if (!it) return;
    pair_inputs_destroy(&it->inputs);
    mem_free_(state);
}

const taker_t collect_pairs = {.estimate = estimate,
                               .create = create,
                               .take = take,
                               .merge = merge,
                               .finish = finish,
                               .destroy = destroy};
