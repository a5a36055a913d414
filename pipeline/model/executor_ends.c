/* Both ends of the executor: embeddings, and the vocabulary with its log-sum-exp. */
#include <math.h>
#include <string.h>

#include "model/executor_internal.h"
#include "model/linear.h"

status_t executor_embed(executor_t *it, const chunk_t *chunk, float *x)
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
    if (model->final_norm.present) executor_normalise(it, &model->final_norm, it->normed, x, rows);
    else memcpy(it->normed, x, rows * (size_t)model->shape.width * sizeof *x);
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
        status = project(it, chunk, states[state], logits ? logits + (size_t)first * all : NULL);
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
