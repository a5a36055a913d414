#include "eval/extremes.h"

#include <math.h>

#include "core/memory.h"
#include "model/kernels.h"
#include "par/agree.h"
#include "stats/fixed.h"

const char *const extreme_names[EXTREME_LISTS] = {"negative",
                                                  "positive",
                                                  "gate_negative_up_negative",
                                                  "gate_negative_up_positive",
                                                  "gate_positive_up_negative",
                                                  "gate_positive_up_positive"};

typedef struct {
    extremes_t *out;
    const model_shape_t *shape;
    const score_plan_t *plan;
    const int32_t *layer, *neuron; /* [neurons] */
    int64_t *first_token;          /* [chunks] */
    fixed_t *product;              /* [neurons][4] */
    float *column, *activated;     /* [rows] of one neuron */
} search_t;

/* ---- one neuron's tokens ---- */

static void add_value(search_t *it, size_t index, float value, float up, int64_t place)
{
    extremes_t *out = it->out;
    if (value < 0) out->below[index]++;
    if (value == 0) return;
    size_t list = index * EXTREME_LISTS + (value < 0 ? EXTREME_NEGATIVE : EXTREME_POSITIVE);
    double key = fabs((double)value);
    if (tops_admits(&out->tops, list, key))
        tops_add(&out->tops, list, (entry_t){key, place, value, up});
}

static bool add_signs(search_t *it, size_t index, float gate, float activated, float up,
                      int64_t place)
{
    extremes_t *out = it->out;
    size_t quadrant = (gate < 0 ? 0 : 2) + (up < 0 ? 0 : 1);
    size_t list = index * EXTREME_LISTS + EXTREME_QUADRANTS + quadrant;
    double product = (double)activated * (double)up, key = fabs(product);
    out->tokens[4 * index + quadrant]++;
    if (tops_admits(&out->tops, list, key))
        tops_add(&out->tops, list, (entry_t){key, place, gate, up});
    return fixed_add(&it->product[4 * index + quadrant], product);
}

/* ---- what the executor calls ---- */

/* up NULL: not gated. */
static status_t take_both(search_t *it, int layer, const chunk_t *chunk, const float *value,
                          const float *up)
{
    size_t rows = (size_t)chunk->rows, mlp = (size_t)it->shape->mlp;
    int64_t first = it->first_token[chunk - it->plan->forest->chunk];
    bool good = true;
    for (size_t i = 0; i < (size_t)it->out->neurons; i++) {
        if (it->layer[i] != layer) continue;
        size_t n = (size_t)it->neuron[i];
        for (size_t t = 0; t < rows; t++) {
            it->column[t] = value[t * mlp + n];
            add_value(it, i, it->column[t], up ? up[t * mlp + n] : 0, first + (int64_t)t);
        }
        if (up) kernel_activate(it->shape->activation, it->activated, it->column, rows);
        for (size_t t = 0; up && t < rows; t++)
            good &= add_signs(it, i, it->column[t], it->activated[t], up[t * mlp + n],
                              first + (int64_t)t);
    }
    return good ? NULL
                : status_new(EXIT_NUMERIC,
                             "layer %d: the products of gate and up add up to more "
                             "than 2^62",
                             layer);
}

static status_t take(void *context, int layer, const chunk_t *chunk, const float *preactivation,
                     const float *input)
{
    search_t *it = context;
    (void)input;
    return it->out->gated ? NULL : take_both(it, layer, chunk, preactivation, NULL);
}

static status_t take_up(void *context, int layer, const chunk_t *chunk, const float *preactivation,
                        const float *up)
{
    return take_both(context, layer, chunk, preactivation, up);
}

/* ---- the pass ---- */

static status_t prepare(search_t *it, int64_t count)
{
    extremes_t *out = it->out;
    size_t neurons = (size_t)out->neurons, rows = 0;
    int64_t token = 0;
    status_t status = mem_new(&it->first_token, it->plan->forest->chunks, "plan");
    for (size_t c = 0; !status && c < it->plan->forest->chunks; c++) {
        it->first_token[c] = token;
        token += it->plan->forest->chunk[c].rows;
        if ((size_t)it->plan->forest->chunk[c].rows > rows)
            rows = (size_t)it->plan->forest->chunk[c].rows;
    }
    if (!status) status = tops_create(&out->tops, neurons * EXTREME_LISTS, (size_t)count);
    if (!status) status = mem_new(&out->below, neurons, "counts");
    if (!status) status = mem_new(&out->tokens, 4 * neurons, "counts");
    if (!status) status = mem_new(&out->product, 4 * neurons, "products");
    if (!status) status = mem_new(&it->product, 4 * neurons, "products");
    if (!status) status = mem_new(&it->column, rows, "pre-activations");
    if (!status) status = mem_new(&it->activated, rows, "pre-activations");
    return status;
}

static status_t run_chunks(search_t *it, MPI_Comm comm, model_t *model,
                           const run_options_t *options, const char *label)
{
    const intervention_t none = {.ablate = ABLATE_NONE};
    const probe_t probe = {take, it, take_up};
    run_options_t own = *options;
    executor_t *executor = NULL;
    size_t *mine = NULL, count;
    int rank;
    MPI_Comm_rank(comm, &rank);
    own.condition = &none;
    own.conditions = 1;
    own.probe = &probe;
    own.layers = it->out->neurons ? it->layer[it->out->neurons - 1] + 1 : 0;
    if (own.layers == 0) return NULL;
    status_t status = score_plan_share(it->plan, rank, &mine, &count);
    if (!status) status = executor_create(model, it->plan->forest, &own, &executor);
    status = agree(comm, status);
    if (!status)
        status = executor_run_share(executor, comm, it->plan->forest, mine, count, NULL, label);
    executor_destroy(&executor);
    mem_free(&mine);
    return status;
}

static status_t gather(search_t *it, MPI_Comm comm)
{
    extremes_t *out = it->out;
    int rank, neurons = (int)out->neurons;
    MPI_Comm_rank(comm, &rank);
    status_t status = tops_gather(comm, &out->tops);
    if (!status) status = fixed_reduce(comm, it->product, 4 * (size_t)neurons);
    if (status) return status;
    MPI_Reduce(rank ? out->below : MPI_IN_PLACE, rank ? NULL : out->below, neurons, MPI_INT64_T,
               MPI_SUM, 0, comm);
    MPI_Reduce(rank ? out->tokens : MPI_IN_PLACE, rank ? NULL : out->tokens, 4 * neurons,
               MPI_INT64_T, MPI_SUM, 0, comm);
    for (size_t i = 0; i < 4 * (size_t)neurons; i++)
        out->product[i] =
            out->tokens[i] ? (double)(fixed_value(it->product[i]) / out->tokens[i]) : NAN;
    return NULL;
}

status_t extremes_measure(MPI_Comm comm, model_t *model, const score_plan_t *plan,
                          const run_options_t *options, const int32_t *layer, const int32_t *neuron,
                          int64_t neurons, int64_t count, const char *label, extremes_t *extremes)
{
    search_t it = {
        .out = extremes, .shape = &model->shape, .plan = plan, .layer = layer, .neuron = neuron};
    *extremes = (extremes_t){.neurons = neurons, .gated = model->shape.facts->up != NULL};
    for (size_t c = 0; c < plan->forest->chunks; c++) extremes->all += plan->forest->chunk[c].rows;
    status_t status = agree(comm, prepare(&it, count));
    if (!status) status = agree(comm, run_chunks(&it, comm, model, options, label));
    if (!status) status = gather(&it, comm);
    mem_free(&it.first_token);
    mem_free(&it.product);
    mem_free(&it.column);
    mem_free(&it.activated);
    if (status) extremes_destroy(extremes);
    return status;
}

void extremes_destroy(extremes_t *extremes)
{
    tops_destroy(&extremes->tops);
    mem_free(&extremes->below);
    mem_free(&extremes->tokens);
    mem_free(&extremes->product);
    *extremes = (extremes_t){0};
}
