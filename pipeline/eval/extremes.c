#include "eval/extremes.h"

#include <math.h>

#include "core/memory.h"
#include "model/kernels.h"
#include "par/agree.h"

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
    const extremes_plan_t *what;
    int64_t *first_token;      /* [chunks] */
    float *column, *activated; /* [rows] of one neuron */
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
    return fixed_add(&it->out->sum[4 * index + quadrant], product);
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
        if (it->what->layer[i] != layer) continue;
        size_t n = (size_t)it->what->neuron[i];
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

status_t extremes_create(extremes_t *out, int64_t neurons, int64_t count, bool gated)
{
    size_t all = (size_t)neurons;
    *out = (extremes_t){.neurons = neurons, .gated = gated};
    status_t status = tops_create(&out->tops, all * EXTREME_LISTS, (size_t)count);
    if (!status) status = mem_new(&out->below, all, "counts");
    if (!status) status = mem_new(&out->tokens, 4 * all, "counts");
    if (!status) status = mem_new(&out->sum, 4 * all, "products");
    if (!status) status = mem_new(&out->product, 4 * all, "products");
    for (size_t i = 0; !status && i < 4 * all; i++) out->product[i] = NAN;
    if (status) extremes_destroy(out);
    return status;
}

/* Whether a chunk is of the part. */
static bool is_mine(const extremes_plan_t *what, size_t chunk)
{
    return chunk % what->parts == what->part;
}

static status_t prepare(search_t *it)
{
    const forest_t *forest = it->plan->forest;
    size_t rows = 0;
    int64_t token = 0;
    status_t status = mem_new(&it->first_token, forest->chunks, "plan");
    for (size_t c = 0; !status && c < forest->chunks; c++) {
        it->first_token[c] = token;
        token += forest->chunk[c].rows;
        if (is_mine(it->what, c)) it->out->all += forest->chunk[c].rows;
        if ((size_t)forest->chunk[c].rows > rows) rows = (size_t)forest->chunk[c].rows;
    }
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
    size_t *mine = NULL, all, count = 0;
    int rank;
    MPI_Comm_rank(comm, &rank);
    own.condition = &none;
    own.conditions = 1;
    own.probe = &probe;
    own.layers = it->out->neurons ? it->what->layer[it->out->neurons - 1] + 1 : 0;
    if (own.layers == 0) return NULL;
    status_t status = score_plan_share(it->plan, rank, &mine, &all);
    for (size_t i = 0; !status && i < all; i++)
        if (is_mine(it->what, mine[i])) mine[count++] = mine[i];
    if (!status) status = executor_create(model, it->plan->forest, &own, &executor);
    status = agree(comm, status);
    if (!status)
        status = executor_run_share(executor, comm, it->plan->forest, mine, count, NULL, label);
    executor_destroy(&executor);
    mem_free(&mine);
    return status;
}

/* What follows from counts and sums. */
static void finish(extremes_t *out)
{
    for (size_t i = 0; i < 4 * (size_t)out->neurons; i++)
        out->product[i] =
            out->tokens[i] ? (double)(fixed_value(out->sum[i]) / out->tokens[i]) : NAN;
}

static status_t gather(extremes_t *out, MPI_Comm comm)
{
    int rank, neurons = (int)out->neurons;
    MPI_Comm_rank(comm, &rank);
    status_t status = tops_gather(comm, &out->tops);
    if (!status) status = fixed_reduce(comm, out->sum, 4 * (size_t)neurons);
    if (status) return status;
    MPI_Reduce(rank ? out->below : MPI_IN_PLACE, rank ? NULL : out->below, neurons, MPI_INT64_T,
               MPI_SUM, 0, comm);
    MPI_Reduce(rank ? out->tokens : MPI_IN_PLACE, rank ? NULL : out->tokens, 4 * neurons,
               MPI_INT64_T, MPI_SUM, 0, comm);
    finish(out);
    return NULL;
}

status_t extremes_measure(MPI_Comm comm, model_t *model, const score_plan_t *plan,
                          const run_options_t *options, const extremes_plan_t *what,
                          const char *label, extremes_t *extremes)
{
    search_t it = {.out = extremes, .shape = &model->shape, .plan = plan, .what = what};
    status_t status =
        extremes_create(extremes, what->neurons, what->count, model->shape.facts->up != NULL);
    if (!status) status = prepare(&it);
    status = agree(comm, status);
    if (!status) status = agree(comm, run_chunks(&it, comm, model, options, label));
    if (!status) status = gather(extremes, comm);
    mem_free(&it.first_token);
    mem_free(&it.column);
    mem_free(&it.activated);
    if (status) extremes_destroy(extremes);
    return status;
}

/* ---- parts ---- */

status_t extremes_add(extremes_t *to, const extremes_t *part)
{
    const tops_t *tops = &part->tops;
    const fixed_t most = (fixed_t)1 << 125;
    for (size_t l = 0; l < tops->lists; l++)
        for (int64_t i = 0; i < tops->filled[l]; i++)
            tops_add(&to->tops, l, tops->entry[l * tops->count + (size_t)i]);
    for (int64_t i = 0; i < to->neurons; i++) to->below[i] += part->below[i];
    for (int64_t i = 0; i < 4 * to->neurons; i++) {
        to->tokens[i] += part->tokens[i];
        if (to->sum[i] > most || to->sum[i] < -most || part->sum[i] > most || part->sum[i] < -most)
            return status_new(EXIT_NUMERIC, "the products of gate and up add up to more than 2^61");
        to->sum[i] += part->sum[i];
    }
    to->all += part->all;
    finish(to);
    return NULL;
}

void extremes_destroy(extremes_t *extremes)
{
    tops_destroy(&extremes->tops);
    mem_free(&extremes->below);
    mem_free(&extremes->tokens);
    mem_free(&extremes->sum);
    mem_free(&extremes->product);
    *extremes = (extremes_t){0};
}
