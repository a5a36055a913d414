/* Both ends of the executor: embeddings, and the vocabulary with its log-sum-exp. */
#include <math.h>
#include <string.h>

#include "model/executor_internal.h"
#include "model/linear.h"

typedef struct {
    executor_t *it;
    const chunk_t *chunk;
    float *x;      /* (T, D) */
    float *logits; /* (T, V), or NULL */
} ends_t;

/* ---- embedding ---- */

static void embed(void *context, int thread)
{
    ends_t *ends = context;
    executor_t *it = ends->it;
    const model_t *model = it->model;
    const chunk_t *chunk = ends->chunk;
    part_t part = executor_part(it, (size_t)chunk->rows, thread);
    size_t width = (size_t)model->shape.width, narrow = (size_t)model->shape.embedding_width;
    float *table = it->narrow ? it->narrow : ends->x, *x = ends->x + part.first * width;
    for (size_t t = part.first; t < part.first + part.count; t++)
        linear_row(&model->embedding, (size_t)chunk->token[t], table + t * narrow);
    if (it->narrow)
        linear_apply(it->worker[thread].gemm, &model->project_in, it->narrow + part.first * narrow,
                     part.count, x, width);
    for (size_t t = part.first; model->positions.data && t < part.first + part.count; t++) {
        int offset = model->shape.facts->position_offset;
        linear_row(&model->positions, (size_t)(chunk->position[t] + offset),
                   it->normed + t * width);
        kernel_add(ends->x + t * width, it->normed + t * width, width);
    }
}

status_t executor_embed(executor_t *it, const chunk_t *chunk, float *x)
{
    ends_t ends = {it, chunk, x, NULL};
    for (int32_t t = 0; t < chunk->rows; t++)
        if (chunk->token[t] < 0 || chunk->token[t] >= it->model->shape.vocabulary)
            return status_new(EXIT_INPUT, "%s: token %d, the model's vocabulary has %d rows",
                              it->options.what, chunk->token[t], it->model->shape.vocabulary);
    team_run(it->team, embed, &ends);
    return NULL;
}

/* ---- vocabulary ---- */

/* Edges that lead from a row at or beyond row: the first of them. */
static int32_t first_edge(const chunk_t *chunk, size_t row)
{
    int32_t low = 0, high = chunk->edges;
    while (low < high) {
        int32_t middle = low + (high - low) / 2;
        if ((size_t)chunk->edge_row[middle] < row) low = middle + 1;
        else high = middle;
    }
    return low;
}

/* Logits of the tokens that a part's edges lead to, as blocks of the vocabulary pass by. */
static void pick(executor_t *it, const chunk_t *chunk, part_t part, size_t first, size_t count)
{
    int32_t end = first_edge(chunk, part.first + part.count);
    for (int32_t e = first_edge(chunk, part.first); e < end; e++) {
        size_t token = (size_t)chunk->edge_token[e], row = (size_t)chunk->edge_row[e];
        if (token >= first && token < first + count)
            it->picked[e] = it->logits[part.first * VOCABULARY_BLOCK + (row - part.first) * count +
                                       token - first];
    }
}

/* Vocabulary projection and log-sum-exp of a part's rows, blocked over the vocabulary. */
static void project(void *context, int thread)
{
    ends_t *ends = context;
    executor_t *it = ends->it;
    const model_t *model = it->model;
    gemm_t *gemm = it->worker[thread].gemm;
    part_t part = executor_part(it, (size_t)ends->chunk->rows, thread);
    size_t width = (size_t)model->shape.width, at = part.first * width;
    size_t narrow = (size_t)model->shape.embedding_width;
    size_t vocabulary = (size_t)model->shape.vocabulary;
    const float *input = it->normed + at;
    if (model->final_norm.present)
        executor_normalise(it, &model->final_norm, it->normed, ends->x, part);
    else memcpy(it->normed + at, ends->x + at, part.count * width * sizeof(float));
    if (it->narrow) {
        linear_apply(gemm, &model->project_out, input, part.count, it->narrow + part.first * narrow,
                     narrow);
        input = it->narrow + part.first * narrow;
    }
    log_sum_t *log_sum = it->log_sum + part.first;
    float *block = it->logits + part.first * VOCABULARY_BLOCK;
    for (size_t t = 0; t < part.count; t++) log_sum[t] = (log_sum_t){-INFINITY, 0};
    for (size_t first = 0; first < vocabulary; first += VOCABULARY_BLOCK) {
        size_t left = vocabulary - first, count = left < VOCABULARY_BLOCK ? left : VOCABULARY_BLOCK;
        linear_apply_part(gemm, &model->head, first, count, input, part.count, block, count);
        for (size_t t = 0; t < part.count; t++) {
            kernel_log_sum_add(&log_sum[t], block + t * count, count);
            if (ends->logits)
                memcpy(ends->logits + (part.first + t) * vocabulary + first, block + t * count,
                       count * sizeof(float));
        }
        pick(it, ends->chunk, part, first, count);
    }
}

static status_t check_finite(const executor_t *it, const chunk_t *chunk)
{
    for (int32_t t = 0; t < chunk->rows; t++)
        if (!isfinite(kernel_log_sum(&it->log_sum[t])))
            return status_new(EXIT_NUMERIC,
                              "%s: the logits after token %d, position %d, are not "
                              "finite",
                              it->options.what, chunk->token[t], chunk->position[t]);
    for (int32_t e = 0; e < chunk->edges; e++)
        if (!isfinite(it->picked[e]))
            return status_new(EXIT_NUMERIC,
                              "%s: the logit of token %d is %g after token %d, "
                              "position %d",
                              it->options.what, chunk->edge_token[e], (double)it->picked[e],
                              chunk->token[chunk->edge_row[e]],
                              chunk->position[chunk->edge_row[e]]);
    return NULL;
}

status_t executor_score(executor_t *it, const chunk_t *chunk, float *const *states,
                        double *log_probability, float *logits)
{
    const condition_tree_t *tree = &it->tree;
    const int *state_of = tree->state_of + (size_t)tree->layers * (size_t)tree->conditions;
    size_t edges = (size_t)chunk->edges;
    size_t all = (size_t)chunk->rows * (size_t)it->model->shape.vocabulary;
    status_t status = NULL;
    for (int state = 0; !status && state < tree->states[tree->layers]; state++) {
        int first = condition_tree_first(tree, tree->layers, state);
        ends_t ends = {it, chunk, states[state], logits ? logits + (size_t)first * all : NULL};
        team_run(it->team, project, &ends);
        status = check_finite(it, chunk);
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
