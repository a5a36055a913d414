#include "model/executor.h"

#include <math.h>
#include <string.h>

#include "core/memory.h"
#include "model/attention.h"
#include "model/intervention.h"
#include "model/kernels.h"
#include "model/linear.h"

/* Letters: T rows of the chunk, D width, F MLP width, A columns of the projected query, key and
 * value. One set of work buffers serves all states in turn; a state is its residual stream. */
enum { VOCABULARY_BLOCK = 1024 };

struct executor {
    const model_t *model;
    run_options_t options;
    condition_tree_t tree;
    attention_shape_t attention_shape;
    attention_t *attention;
    size_t rows_max;
    float **state;      /* [states at most] (T, D) */
    float *normed;      /* (T, D) */
    float *branch;      /* (T, D) */
    float *projected;   /* (T, A) */
    float *mixed;       /* (T, heads * head width) */
    float *preact;      /* (T, F) */
    float *gated;       /* (T, F), the second projection; NULL without */
    float *hidden;      /* (T, F) */
    float *narrow;      /* (T, embedding width); NULL unless projected */
    float *logits;      /* (T, VOCABULARY_BLOCK) */
    log_sum_t *log_sum; /* [T] */
    float *picked;      /* [edges] */
    float *cosine, *sine; /* [positions][rotary / 2] */
    gemm_t *gemm;
    float *few;         /* 2 F */
};

/* ---- life ---- */

static attention_shape_t shape_of_attention(const model_shape_t *shape)
{
    size_t w = (size_t)shape->head_width, h = (size_t)shape->heads, k = (size_t)shape->kv_heads;
    attention_shape_t it = {.heads = shape->heads,
                            .kv_heads = shape->kv_heads,
                            .head_width = shape->head_width,
                            .row_stride = (h + 2 * k) * w,
                            .query_stride = w,
                            .key_stride = w,
                            .value_stride = w,
                            .key = h * w,
                            .value = (h + k) * w};
    if (shape->facts->fusion == FUSED_BY_HEAD) {
        it.query_stride = it.key_stride = it.value_stride = 3 * w;
        it.key = w;
        it.value = 2 * w;
    }
    return it;
}

static status_t make_rotary_tables(executor_t *it, int deepest)
{
    const model_shape_t *shape = &it->model->shape;
    size_t half = (size_t)shape->rotary / 2, positions = (size_t)deepest;
    status_t status = mem_aligned(&it->cosine, positions * half, "rotary table");
    if (!status) status = mem_aligned(&it->sine, positions * half, "rotary table");
    for (size_t p = 0; !status && p < positions; p++) {
        for (size_t i = 0; i < half; i++) {
            float angle = (float)p * shape->frequency[i]; /* in float32, as the reference */
            it->cosine[p * half + i] = (float)cos((double)angle) * shape->rotary_scale;
            it->sine[p * half + i] = (float)sin((double)angle) * shape->rotary_scale;
        }
    }
    return status;
}

static status_t allocate(executor_t *it, size_t edges)
{
    const model_shape_t *shape = &it->model->shape;
    size_t rows = it->rows_max, width = (size_t)shape->width, mlp = (size_t)shape->mlp;
    size_t states = 0;
    for (int l = 0; l <= it->options.layers; l++)
        if ((size_t)it->tree.states[l] > states) states = (size_t)it->tree.states[l];
    bool scored = it->options.layers == shape->layers;
    status_t status = mem_new(&it->state, states + 1, "states");
    for (size_t s = 0; !status && s < states; s++)
        status = mem_aligned(&it->state[s], rows * width, "hidden states");
    if (!status) status = mem_aligned(&it->normed, rows * width, "hidden states");
    if (!status) status = mem_aligned(&it->branch, rows * width, "hidden states");
    if (!status)
        status = mem_aligned(&it->projected, rows * it->attention_shape.row_stride, "projections");
    if (!status)
        status = mem_aligned(&it->mixed, rows * (size_t)(shape->heads * shape->head_width),
                             "attention output");
    if (!status) status = mem_aligned(&it->preact, rows * mlp, "pre-activations");
    if (!status) status = mem_aligned(&it->hidden, rows * mlp, "activations");
    if (!status && it->model->layer[0].up.data)
        status = mem_aligned(&it->gated, rows * mlp, "activations");
    if (!status && it->model->project_in.data)
        status = mem_aligned(&it->narrow, rows * (size_t)shape->embedding_width, "embeddings");
    if (!status && scored)
        status = mem_aligned(&it->logits, rows * VOCABULARY_BLOCK, "logits");
    if (!status && scored) status = mem_new(&it->log_sum, rows, "log-sum-exp");
    if (!status && scored) status = mem_new(&it->picked, edges, "scores");
    if (!status) status = gemm_create(&it->gemm);
    if (!status) status = mem_new(&it->few, 2 * mlp, "ablation");
    return status;
}

static status_t check_interventions(const executor_t *it)
{
    int layers = it->model->shape.layers, neurons = it->model->shape.mlp;
    for (int c = 0; c < it->options.conditions; c++) {
        const intervention_t *condition = &it->options.condition[c];
        if (condition->ablate == ABLATE_NONE) continue;
        for (int l = 0; l < layers; l++)
            if (condition->start[l + 1] - condition->start[l] > neurons)
                return status_new(EXIT_BUG, "%s: layer %d: %d of %d neurons", it->options.what, l,
                                  condition->start[l + 1] - condition->start[l], neurons);
        for (int32_t i = 0; i < condition->start[layers]; i++)
            if (condition->neuron[i] < 0 || condition->neuron[i] >= neurons)
                return status_new(EXIT_BUG, "%s: neuron %d of %d", it->options.what,
                                  condition->neuron[i], neurons);
    }
    return NULL;
}

status_t executor_create(const model_t *model, const forest_t *forest,
                         const run_options_t *options, executor_t **executor)
{
    size_t edges = 0;
    int deepest = 0;
    status_t status = mem_new(executor, 1, "executor");
    if (status) return status;
    executor_t *it = *executor;
    it->model = model;
    it->options = *options;
    it->attention_shape = shape_of_attention(&model->shape);
    for (size_t c = 0; c < forest->chunks; c++) {
        const chunk_t *chunk = &forest->chunk[c];
        if ((size_t)chunk->rows > it->rows_max) it->rows_max = (size_t)chunk->rows;
        if ((size_t)chunk->edges > edges) edges = (size_t)chunk->edges;
        if (chunk->deepest > deepest) deepest = chunk->deepest;
    }
    if (model->positions.data && deepest > model->shape.positions_max)
        status = status_new(EXIT_INPUT, "%s: a sequence of %d tokens, the model has %d positions",
                            options->what, deepest, model->shape.positions_max);
    if (!status) status = check_interventions(it);
    if (!status)
        status = condition_tree_create(options->condition, options->conditions, options->layers,
                                       &it->tree);
    if (!status) status = attention_create(model->shape.head_width, deepest, &it->attention);
    if (!status && model->shape.rotary) status = make_rotary_tables(it, deepest);
    if (!status) status = allocate(it, edges);
    if (status) executor_destroy(executor);
    return status;
}

void executor_destroy(executor_t **executor)
{
    executor_t *it = *executor;
    if (!it) return;
    for (size_t s = 0; it->state && it->state[s]; s++) mem_free(&it->state[s]);
    float **buffers[] = {&it->normed, &it->branch, &it->projected, &it->mixed,  &it->preact,
                         &it->gated,  &it->hidden, &it->narrow,    &it->logits, &it->picked,
                         &it->cosine, &it->sine,   &it->few};
    for (size_t i = 0; i < sizeof buffers / sizeof buffers[0]; i++) mem_free(buffers[i]);
    mem_free(&it->log_sum);
    mem_free(&it->state);
    gemm_destroy(&it->gemm);
    attention_destroy(&it->attention);
    condition_tree_free(&it->tree);
    mem_free(executor);
}

/* ---- a layer ---- */

static void normalise(const executor_t *it, const norm_t *norm, float *out, const float *x,
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
    const layer_t *layer = &it->model->layer[index];
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
    a->window = index >= shape->window_from ? shape->window : 0;
    attention_apply(it->attention, a, chunk, projected, it->mixed);
    linear_apply(it->gemm, &layer->output, it->mixed, rows, it->branch, (size_t)shape->width);
}

/* x: residual stream before the layer -> before its MLP's output is added; normed: MLP input. */
static void first_half(executor_t *it, int index, const chunk_t *chunk, float *x)
{
    const layer_t *layer = &it->model->layer[index];
    residual_t residual = it->model->shape.residual;
    size_t rows = (size_t)chunk->rows, width = (size_t)it->model->shape.width;
    bool before = residual == RESIDUAL_PRE || residual == RESIDUAL_PARALLEL;
    if (before)
        normalise(it, &layer->attention_norm, it->normed, x, rows);
    else
        memcpy(it->normed, x, rows * width * sizeof *x);
    attend(it, index, chunk);
    if (residual == RESIDUAL_PARALLEL) normalise(it, &layer->mlp_norm, it->normed, x, rows);
    if (residual == RESIDUAL_BRANCH)
        normalise(it, &layer->attention_norm, it->branch, it->branch, rows);
    kernel_add(x, it->branch, rows * width);
    if (residual == RESIDUAL_POST) normalise(it, &layer->attention_norm, x, x, rows);
    if (residual == RESIDUAL_PRE) normalise(it, &layer->mlp_norm, it->normed, x, rows);
    if (!before) memcpy(it->normed, x, rows * width * sizeof *x);
}

/* x += the MLP of preact (and gated) under one condition. */
static void second_half(executor_t *it, int index, int condition, size_t rows, float *x)
{
    const layer_t *layer = &it->model->layer[index];
    const model_shape_t *shape = &it->model->shape;
    size_t width = (size_t)shape->width, mlp = (size_t)shape->mlp;
    intervention_activate(&it->options.condition[condition], index, shape->activation, it->hidden,
                          it->preact, rows, mlp, it->few);
    if (it->gated) kernel_multiply(it->hidden, it->gated, rows * mlp);
    linear_apply(it->gemm, &layer->down, it->hidden, rows, it->branch, width);
    if (shape->residual == RESIDUAL_BRANCH)
        normalise(it, &layer->mlp_norm, it->branch, it->branch, rows);
    kernel_add(x, it->branch, rows * width);
    if (shape->residual == RESIDUAL_POST) normalise(it, &layer->mlp_norm, x, x, rows);
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
static status_t run_state(executor_t *it, int index, int state, const chunk_t *chunk)
{
    const condition_tree_t *tree = &it->tree;
    const layer_t *layer = &it->model->layer[index];
    size_t rows = (size_t)chunk->rows, mlp = (size_t)it->model->shape.mlp;
    size_t bytes = rows * (size_t)it->model->shape.width * sizeof(float);
    const int *before = tree->state_of + (size_t)index * (size_t)tree->conditions;

    float *x = it->state[state];
    first_half(it, index, chunk, x);
    linear_apply(it->gemm, &layer->gate, it->normed, rows, it->preact, mlp);
    status_t status = check_finite(it, chunk, index, it->preact, mlp, "neuron");
    if (!status && state == before[0] && it->options.probe)
        status = it->options.probe->take(it->options.probe->context, index, chunk, it->preact,
                                         it->normed);
    /* A run that stops at this layer wants no more of it. */
    if (status || (index + 1 == it->options.layers && index + 1 < it->model->shape.layers))
        return status;
    if (it->gated) linear_apply(it->gemm, &layer->up, it->normed, rows, it->gated, mlp);
    for (int child = tree->states[index + 1] - 1; child >= 0; child--) {
        int c = condition_tree_first(tree, index + 1, child);
        if (before[c] != state) continue;
        float *to = it->state[child];
        if (to != x) memcpy(to, x, bytes);
        second_half(it, index, c, rows, to);
    }
    return NULL;
}

/* ---- before and after the layers ---- */

static status_t embed(executor_t *it, const chunk_t *chunk, float *x)
{
    const model_t *model = it->model;
    size_t width = (size_t)model->shape.width, narrow = (size_t)model->shape.embedding_width;
    float *table = it->narrow ? it->narrow : x;
    for (int32_t t = 0; t < chunk->rows; t++) {
        if (chunk->token[t] < 0 || chunk->token[t] >= model->shape.vocabulary)
            return status_new(EXIT_INPUT, "%s: token %d, the model's vocabulary has %d rows",
                              it->options.what, chunk->token[t], model->shape.vocabulary);
        linear_row(&model->embedding, (size_t)chunk->token[t], table + (size_t)t * narrow);
    }
    if (it->narrow)
        linear_apply(it->gemm, &model->project_in, it->narrow, (size_t)chunk->rows, x, width);
    for (int32_t t = 0; model->positions.data && t < chunk->rows; t++) {
        int offset = model->shape.facts->position_offset;
        linear_row(&model->positions, (size_t)(chunk->position[t] + offset), it->normed);
        kernel_add(x + (size_t)t * width, it->normed, width);
    }
    return NULL;
}

/* Logits of the tokens that edges lead to, as blocks of the vocabulary pass by. */
static void pick(executor_t *it, const chunk_t *chunk, size_t first, size_t count, size_t stride)
{
    for (int32_t e = 0; e < chunk->edges; e++) {
        size_t token = (size_t)chunk->edge_token[e];
        if (token >= first && token < first + count)
            it->picked[e] = it->logits[(size_t)chunk->edge_row[e] * stride + token - first];
    }
}

/* Vocabulary projection and log-sum-exp of one final state, blocked over the vocabulary. */
static status_t project(executor_t *it, const chunk_t *chunk, const float *x, float *logits)
{
    const model_t *model = it->model;
    size_t rows = (size_t)chunk->rows, vocabulary = (size_t)model->shape.vocabulary;
    if (model->final_norm.present)
        normalise(it, &model->final_norm, it->normed, x, rows);
    else
        memcpy(it->normed, x, rows * (size_t)model->shape.width * sizeof *x);
    const float *input = it->normed;
    if (it->narrow) {
        linear_apply(it->gemm, &model->project_out, it->normed, rows, it->narrow,
                     (size_t)model->shape.embedding_width);
        input = it->narrow;
    }
    for (size_t t = 0; t < rows; t++) it->log_sum[t] = (log_sum_t){-INFINITY, 0};
    for (size_t first = 0; first < vocabulary; first += VOCABULARY_BLOCK) {
        size_t left = vocabulary - first, count = left < VOCABULARY_BLOCK ? left : VOCABULARY_BLOCK;
        linear_apply_part(it->gemm, &model->head, first, count, input, rows, it->logits, count);
        for (size_t t = 0; t < rows; t++) {
            kernel_log_sum_add(&it->log_sum[t], it->logits + t * count, count);
            if (logits)
                memcpy(logits + t * vocabulary + first, it->logits + t * count,
                       count * sizeof *logits);
        }
        pick(it, chunk, first, count, count);
    }
    for (size_t t = 0; t < rows; t++)
        if (!isfinite(kernel_log_sum(&it->log_sum[t])))
            return status_new(EXIT_NUMERIC, "%s: the logits after token %d, position %d, are not "
                                            "finite",
                              it->options.what, chunk->token[t], chunk->position[t]);
    for (int32_t e = 0; e < chunk->edges; e++)
        if (!isfinite(it->picked[e]))
            return status_new(EXIT_NUMERIC, "%s: the logit of token %d is %g after token %d, "
                                            "position %d",
                              it->options.what, chunk->edge_token[e], (double)it->picked[e],
                              chunk->token[chunk->edge_row[e]],
                              chunk->position[chunk->edge_row[e]]);
    return NULL;
}

static status_t check_edges(const executor_t *it, const chunk_t *chunk)
{
    for (int32_t e = 0; e < chunk->edges; e++)
        if (chunk->edge_token[e] < 0 || chunk->edge_token[e] >= it->model->shape.vocabulary)
            return status_new(EXIT_INPUT, "%s: token %d, the model's vocabulary has %d rows",
                              it->options.what, chunk->edge_token[e], it->model->shape.vocabulary);
    return NULL;
}

static status_t finish(executor_t *it, const chunk_t *chunk, double *log_probability,
                       float *logits)
{
    const condition_tree_t *tree = &it->tree;
    const int *state_of = tree->state_of + (size_t)tree->layers * (size_t)tree->conditions;
    size_t edges = (size_t)chunk->edges;
    size_t all = (size_t)chunk->rows * (size_t)it->model->shape.vocabulary;
    status_t status = NULL;
    for (int state = 0; !status && state < tree->states[tree->layers]; state++) {
        int first = condition_tree_first(tree, tree->layers, state);
        status = project(it, chunk, it->state[state],
                         logits ? logits + (size_t)first * all : NULL);
        for (int c = first; !status && c < tree->conditions; c++) {
            if (state_of[c] != state) continue;
            for (size_t e = 0; log_probability && e < edges; e++)
                log_probability[(size_t)c * edges + e] =
                    (double)it->picked[e] - kernel_log_sum(&it->log_sum[chunk->edge_row[e]]);
            if (logits && c > first)
                memcpy(logits + (size_t)c * all, logits + (size_t)first * all,
                       all * sizeof *logits);
        }
    }
    return status;
}

status_t executor_run(executor_t *it, const chunk_t *chunk, double *log_probability, float *logits)
{
    status_t status = check_edges(it, chunk);
    if (!status) status = embed(it, chunk, it->state[0]);
    for (int l = 0; !status && l < it->options.layers; l++)
        for (int s = it->tree.states[l] - 1; !status && s >= 0; s--)
            status = run_state(it, l, s, chunk);
    if (!status && (log_probability || logits)) status = finish(it, chunk, log_probability, logits);
    return status;
}
