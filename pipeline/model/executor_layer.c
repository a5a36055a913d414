/* One layer of the executor: attention, MLP, and the parting of conditions. */
#include <math.h>
#include <string.h>

#include "model/executor_internal.h"
#include "model/linear.h"

void executor_normalise(const executor_t *it, const norm_t *norm, float *out, const float *x,
                        size_t rows)
{
    size_t width = (size_t)it->model->shape.width;
    kernel_norm(it->model->shape.facts->norm, out, x, norm->weight, norm->bias,
                it->model->shape.norm_eps, rows, width, width);
}

/* RMS norm of queries or keys, in place: each head's, or all heads' at once. */
static void normalise_heads(const executor_t *it, const norm_t *norm, size_t first, int heads,
                            size_t rows)
{
    const model_shape_t *shape = &it->model->shape;
    if (!norm->present) return;
    bool whole = shape->facts->query_key_norm == QUERY_KEY_NORM_WHOLE;
    size_t width = (size_t)shape->head_width * (whole ? (size_t)heads : 1);
    for (int h = 0; h < (whole ? 1 : heads); h++) {
        float *x = it->projected + first + (size_t)h * width;
        kernel_norm(NORM_RMS, x, x, norm->weight, norm->bias, shape->norm_eps, rows, width,
                    it->attention_shape.row_stride);
    }
}

/* branch = the attention sublayer of normed. */
static void attend(executor_t *it, int index, const chunk_t *chunk)
{
    const model_shape_t *shape = &it->model->shape;
    const layer_t *layer = it->layer;
    attention_shape_t *a = &it->attention_shape;
    size_t rows = (size_t)chunk->rows, stride = a->row_stride;
    float *projected = it->projected;
    if (layer->fused.data) {
        linear_apply(it->gemm, &layer->fused, it->normed, rows, projected, stride);
    } else {
        linear_apply(it->gemm, &layer->query, it->normed, rows, projected + a->query, stride);
        linear_apply(it->gemm, &layer->key, it->normed, rows, projected + a->key, stride);
        linear_apply(it->gemm, &layer->value, it->normed, rows, projected + a->value, stride);
    }
    normalise_heads(it, &layer->query_norm, a->query, shape->heads, rows);
    normalise_heads(it, &layer->key_norm, a->key, shape->kv_heads, rows);
    if (shape->clip > 0) kernel_clip(projected, shape->clip, rows * stride);
    if (shape->rotary) {
        kernel_rotate(projected + a->query, chunk->position, it->cosine, it->sine, shape->rotary,
                      shape->heads, a->query_stride, rows, stride);
        kernel_rotate(projected + a->key, chunk->position, it->cosine, it->sine, shape->rotary,
                      shape->kv_heads, a->key_stride, rows, stride);
    }
    a->window = shape->sliding[index] ? shape->window : 0;
    a->scale = shape->score_scale / (float)(shape->scores_by_layer ? index + 1 : 1);
    attention_apply(it->attention, a, chunk, projected, it->mixed);
    linear_apply(it->gemm, &layer->output, it->mixed, rows, it->branch, (size_t)shape->width);
}

/* x: residual stream before the layer -> before its MLP's output is added; normed: MLP input. */
static void first_half(executor_t *it, int index, const chunk_t *chunk, float *x)
{
    const layer_t *layer = it->layer;
    residual_t residual = it->model->shape.residual;
    size_t rows = (size_t)chunk->rows, width = (size_t)it->model->shape.width;
    bool before = residual == RESIDUAL_PRE || residual == RESIDUAL_PARALLEL;
    if (before) executor_normalise(it, &layer->attention_norm, it->normed, x, rows);
    else memcpy(it->normed, x, rows * width * sizeof *x);
    attend(it, index, chunk);
    if (residual == RESIDUAL_PARALLEL)
        executor_normalise(it, &layer->mlp_norm, it->normed, x, rows);
    if (residual == RESIDUAL_BRANCH)
        executor_normalise(it, &layer->attention_norm, it->branch, it->branch, rows);
    kernel_add(x, it->branch, rows * width);
    if (residual == RESIDUAL_POST) executor_normalise(it, &layer->attention_norm, x, x, rows);
    if (residual == RESIDUAL_PRE) executor_normalise(it, &layer->mlp_norm, it->normed, x, rows);
    if (!before) memcpy(it->normed, x, rows * width * sizeof *x);
}

/* x += the MLP of preact (and gated) under one condition. */
static void second_half(executor_t *it, int index, int condition, size_t rows, float *x)
{
    const layer_t *layer = it->layer;
    const model_shape_t *shape = &it->model->shape;
    size_t width = (size_t)shape->width, mlp = (size_t)shape->mlp;
    intervention_activate(&it->options.condition[condition], index, shape->activation, it->hidden,
                          it->preact, rows, mlp, it->few);
    if (it->gated) kernel_multiply(it->hidden, it->gated, rows * mlp);
    linear_apply(it->gemm, &layer->down, it->hidden, rows, it->branch, width);
    if (shape->residual == RESIDUAL_BRANCH)
        executor_normalise(it, &layer->mlp_norm, it->branch, it->branch, rows);
    kernel_add(x, it->branch, rows * width);
    if (shape->residual == RESIDUAL_POST) executor_normalise(it, &layer->mlp_norm, x, x, rows);
}

static status_t check_finite(const executor_t *it, const chunk_t *chunk, int layer, const float *x,
                             size_t columns, const char *column)
{
    size_t count = (size_t)chunk->rows * columns, bad = kernel_first_nonfinite(x, count);
    if (bad == count) return NULL;
    size_t row = bad / columns;
    return status_new(EXIT_NUMERIC,
                      "%s: layer %d, %s %zu: the value %g at token %d, position %d of its sequence",
                      it->options.what, layer, column, bad % columns, (double)x[bad],
                      chunk->token[row], chunk->position[row]);
}

/* One state through one layer, leaving its children's states where the tree numbers them. A
 * child's number is never below its parent's: with parents and children taken from the last to
 * the first, no state is overwritten before it was used, and a child that has its parent's number
 * takes over its buffer. */
status_t executor_advance(executor_t *it, int index, int state, const chunk_t *chunk,
                          float *const *states)
{
    const condition_tree_t *tree = &it->tree;
    const layer_t *layer = it->layer;
    size_t rows = (size_t)chunk->rows, mlp = (size_t)it->model->shape.mlp;
    size_t bytes = rows * (size_t)it->model->shape.width * sizeof(float);
    const int *before = tree->state_of + (size_t)index * (size_t)tree->conditions;

    float *x = states[state];
    first_half(it, index, chunk, x);
    linear_apply(it->gemm, &layer->gate, it->normed, rows, it->preact, mlp);
    status_t status = check_finite(it, chunk, index, it->preact, mlp, "neuron");
    if (!status && state == before[0] && it->options.probe)
        status = it->options.probe->take(it->options.probe->context, index, chunk, it->preact,
                                         it->normed);
    /* A run that stops at this layer wants no more of it. */
    if (status || (index + 1 == it->options.layers && index + 1 < it->model->shape.layers))
        return status;
    if (it->gated) {
        linear_apply(it->gemm, &layer->up, it->normed, rows, it->gated, mlp);
        status = check_finite(it, chunk, index, it->gated, mlp, "up-projection of neuron");
        if (status) return status;
    }
    for (int child = tree->states[index + 1] - 1; child >= 0; child--) {
        int c = condition_tree_first(tree, index + 1, child);
        if (before[c] != state) continue;
        float *to = states[child];
        if (to != x) memcpy(to, x, bytes);
        second_half(it, index, c, rows, to);
    }
    return NULL;
}
