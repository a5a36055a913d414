/* One layer of the executor: attention, MLP, and the parting of conditions. Steps are shared out
 * among the rank's threads, by rows but for attention, which needs all rows of a head. */
#include <math.h>
#include <string.h>

#include "model/executor_internal.h"
#include "model/linear.h"
#include "par/work.h"

/* What the threads work on. */
typedef struct {
    executor_t *it;
    int index; /* of the layer */
    const chunk_t *chunk;
    float *x;          /* residual stream: of the state, or of the child */
    const float *from; /* the state's, where the child has one of its own */
    int condition;     /* of the child */
    bool ends;         /* nothing beyond this layer's pre-activations is wanted */
    bool up;           /* but the up projection, for a probe */
} step_t;

void executor_normalise(const executor_t *it, const norm_t *norm, float *out, const float *x,
                        part_t part)
{
    size_t width = (size_t)it->model->shape.width, at = part.first * width;
    kernel_norm(it->model->shape.facts->norm, out + at, x + at, norm->weight, norm->bias,
                it->model->shape.norm_eps, part.count, width, width);
}

/* ---- attention ---- */

/* RMS norm of queries or keys, in place: each head's, or all heads' at once. */
static void normalise_heads(const executor_t *it, const norm_t *norm, float *projected, int heads,
                            size_t rows)
{
    const model_shape_t *shape = &it->model->shape;
    if (!norm->present) return;
    bool whole = shape->facts->query_key_norm == QUERY_KEY_NORM_WHOLE;
    size_t width = (size_t)shape->head_width * (whole ? (size_t)heads : 1);
    for (int h = 0; h < (whole ? 1 : heads); h++) {
        float *x = projected + (size_t)h * width;
        kernel_norm(NORM_RMS, x, x, norm->weight, norm->bias, shape->norm_eps, rows, width,
                    it->attention_shape.row_stride);
    }
}

/* projected = queries, keys and values of a part's rows of normed, ready to attend. */
static void project(executor_t *it, gemm_t *gemm, const chunk_t *chunk, part_t part)
{
    const model_shape_t *shape = &it->model->shape;
    const layer_t *layer = it->layer;
    const attention_shape_t *a = &it->attention_shape;
    size_t rows = part.count, stride = a->row_stride;
    float *projected = it->projected + part.first * stride;
    const float *normed = it->normed + part.first * (size_t)shape->width;
    const int32_t *position = chunk->position + part.first;
    if (layer->fused.data) {
        linear_apply(gemm, &layer->fused, normed, rows, projected, stride);
    } else {
        linear_apply(gemm, &layer->query, normed, rows, projected + a->query, stride);
        linear_apply(gemm, &layer->key, normed, rows, projected + a->key, stride);
        linear_apply(gemm, &layer->value, normed, rows, projected + a->value, stride);
    }
    normalise_heads(it, &layer->query_norm, projected + a->query, shape->heads, rows);
    normalise_heads(it, &layer->key_norm, projected + a->key, shape->kv_heads, rows);
    if (shape->clip > 0) kernel_clip(projected, shape->clip, rows * stride);
    if (!shape->rotary) return;
    kernel_rotate(projected + a->query, position, it->cosine, it->sine, shape->rotary, shape->heads,
                  a->query_stride, rows, stride);
    kernel_rotate(projected + a->key, position, it->cosine, it->sine, shape->rotary,
                  shape->kv_heads, a->key_stride, rows, stride);
}

static void before_attention(void *context, int thread)
{
    step_t *step = context;
    executor_t *it = step->it;
    part_t part = executor_part(it, (size_t)step->chunk->rows, thread);
    size_t width = (size_t)it->model->shape.width, at = part.first * width;
    residual_t residual = it->model->shape.residual;
    if (residual == RESIDUAL_PRE || residual == RESIDUAL_PARALLEL)
        executor_normalise(it, &it->layer->attention_norm, it->normed, step->x, part);
    else memcpy(it->normed + at, step->x + at, part.count * width * sizeof(float));
    project(it, it->worker[thread].gemm, step->chunk, part);
}

static void attend(void *context, int thread)
{
    step_t *step = context;
    executor_t *it = step->it;
    size_t first, count;
    work_share(thread, team_threads(it->team), (size_t)it->model->shape.heads, &first, &count);
    attention_apply(it->worker[thread].attention, &it->attention_shape, step->chunk, (int)first,
                    (int)count, it->projected, it->mixed);
}

/* ---- MLP ---- */

/* The first place of a part's rows of buffer that is not finite, or the end of all rows. */
static size_t first_bad(const step_t *step, const float *buffer, part_t part)
{
    size_t columns = (size_t)step->it->model->shape.mlp, at = part.first * columns;
    size_t count = part.count * columns, bad = kernel_first_nonfinite(buffer + at, count);
    return bad < count ? at + bad : (size_t)step->chunk->rows * columns;
}

/* x: residual stream before the layer -> before its MLP's output is added; normed: MLP input;
 * preact and gated: its projections. */
static void after_attention(void *context, int thread)
{
    step_t *step = context;
    executor_t *it = step->it;
    const layer_t *layer = it->layer;
    const model_shape_t *shape = &it->model->shape;
    worker_t *worker = &it->worker[thread];
    part_t part = executor_part(it, (size_t)step->chunk->rows, thread);
    size_t width = (size_t)shape->width, at = part.first * width, count = part.count * width;
    size_t mixed = part.first * (size_t)(shape->heads * shape->head_width);
    size_t neurons = part.first * (size_t)shape->mlp, mlp = (size_t)shape->mlp;
    residual_t residual = shape->residual;

    linear_apply(worker->gemm, &layer->output, it->mixed + mixed, part.count, it->branch + at,
                 width);
    if (residual == RESIDUAL_PARALLEL)
        executor_normalise(it, &layer->mlp_norm, it->normed, step->x, part);
    if (residual == RESIDUAL_BRANCH)
        executor_normalise(it, &layer->attention_norm, it->branch, it->branch, part);
    kernel_add(step->x + at, it->branch + at, count);
    if (residual == RESIDUAL_POST)
        executor_normalise(it, &layer->attention_norm, step->x, step->x, part);
    if (residual == RESIDUAL_PRE)
        executor_normalise(it, &layer->mlp_norm, it->normed, step->x, part);
    if (residual == RESIDUAL_BRANCH || residual == RESIDUAL_POST)
        memcpy(it->normed + at, step->x + at, count * sizeof(float));
    linear_apply(worker->gemm, &layer->gate, it->normed + at, part.count, it->preact + neurons,
                 mlp);
    if (it->gated && (!step->ends || step->up))
        linear_apply(worker->gemm, &layer->up, it->normed + at, part.count, it->gated + neurons,
                     mlp);
    worker->bad = first_bad(step, it->preact, part);
}

static void check_gated(void *context, int thread)
{
    step_t *step = context;
    part_t part = executor_part(step->it, (size_t)step->chunk->rows, thread);
    step->it->worker[thread].bad = first_bad(step, step->it->gated, part);
}

/* What the threads found that is not finite. */
static status_t check(const step_t *step, const float *buffer, const char *column)
{
    const executor_t *it = step->it;
    size_t columns = (size_t)it->model->shape.mlp, count = (size_t)step->chunk->rows * columns;
    size_t bad = count;
    for (int i = 0; i < team_threads(it->team); i++)
        if (it->worker[i].bad < bad) bad = it->worker[i].bad;
    if (bad == count) return NULL;
    return status_new(EXIT_NUMERIC,
                      "%s: layer %d, %s %zu: the value %g at token %d, position %d of its sequence",
                      it->options.what, step->index, column, bad % columns, (double)buffer[bad],
                      step->chunk->token[bad / columns], step->chunk->position[bad / columns]);
}

/* Rows of the MLP's second projection: activations, made from pre-activations as they are packed,
 * so that they never lie in memory. */
typedef struct {
    const step_t *step;
    size_t first; /* row of the chunk */
} activations_t;

static void activate(void *context, float *to, size_t to_stride, size_t row, size_t rows,
                     size_t first, size_t count)
{
    const activations_t *a = context;
    const executor_t *it = a->step->it;
    size_t mlp = (size_t)it->model->shape.mlp, at = (a->first + row) * mlp;
    intervention_activate(&it->options.condition[a->step->condition], a->step->index,
                          it->model->shape.activation, to, to_stride, it->preact + at, mlp, rows,
                          first, count);
    for (size_t t = 0; it->gated && t < rows; t++)
        kernel_multiply(to + t * to_stride, it->gated + at + t * mlp + first, count);
}

/* x = from + the MLP of preact (and gated) under one condition. */
static void descend(void *context, int thread)
{
    step_t *step = context;
    executor_t *it = step->it;
    const model_shape_t *shape = &it->model->shape;
    part_t part = executor_part(it, (size_t)step->chunk->rows, thread);
    size_t width = (size_t)shape->width, at = part.first * width, count = part.count * width;
    activations_t activations = {step, part.first};
    const gemm_rows_t rows = {.make = activate, .context = &activations};
    if (step->from) memcpy(step->x + at, step->from + at, count * sizeof(float));
    linear_apply_made(it->worker[thread].gemm, &it->layer->down, &rows, part.count, it->branch + at,
                      width);
    if (shape->residual == RESIDUAL_BRANCH)
        executor_normalise(it, &it->layer->mlp_norm, it->branch, it->branch, part);
    kernel_add(step->x + at, it->branch + at, count);
    if (shape->residual == RESIDUAL_POST)
        executor_normalise(it, &it->layer->mlp_norm, step->x, step->x, part);
}

/* One state through one layer, leaving its children's states where the tree numbers them. A
 * child's number is never below its parent's: with parents and children taken from the last to
 * the first, no state is overwritten before it was used, and a child that has its parent's number
 * takes over its buffer. */
status_t executor_advance(executor_t *it, int index, int state, const chunk_t *chunk,
                          float *const *states)
{
    const condition_tree_t *tree = &it->tree;
    const model_shape_t *shape = &it->model->shape;
    const int *before = tree->state_of + (size_t)index * (size_t)tree->conditions;
    step_t step = {.it = it, .index = index, .chunk = chunk, .x = states[state]};
    const probe_t *probe = state == before[0] ? it->options.probe : NULL;
    const stream_t *stream = it->options.stream;
    step.ends = index + 1 == it->options.layers && index + 1 < shape->layers;
    step.up = probe && probe->take_up;

    it->attention_shape.window = shape->sliding[index] ? shape->window : 0;
    it->attention_shape.scale =
        shape->score_scale / (float)(shape->scores_by_layer ? index + 1 : 1);
    team_run(it->team, before_attention, &step);
    team_run(it->team, attend, &step);
    team_run(it->team, after_attention, &step);
    status_t status = check(&step, it->preact, "neuron");
    if (!status && probe && probe->take)
        status = probe->take(probe->context, index, chunk, it->preact, it->normed);
    if (!status && stream)
        status = stream->middle(stream->context, index, chunk, before, state, step.x);
    if (status || (step.ends && !step.up)) return status;
    if (it->gated) {
        team_run(it->team, check_gated, &step);
        status = check(&step, it->gated, "up-projection of neuron");
        if (!status && step.up)
            status = probe->take_up(probe->context, index, chunk, it->preact, it->gated);
    }
    if (status || step.ends) return status;
    for (int child = tree->states[index + 1] - 1; child >= 0; child--) {
        step.condition = condition_tree_first(tree, index + 1, child);
        if (before[step.condition] != state) continue;
        step.x = states[child];
        step.from = step.x == states[state] ? NULL : states[state];
        team_run(it->team, descend, &step);
    }
    return NULL;
}
