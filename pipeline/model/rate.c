#include "model/rate.h"

#include <math.h>

#include "core/memory.h"
#include "core/random.h"
#include "par/agree.h"

/* Rows that the first trial has; the vocabulary's rows at most. */
enum { ROWS_FIRST = 16, VOCABULARY_MOST = 4096, PATTERN = 4096 };

/* One layer, whose matrices all share one block of numbers, and a chunk cut short. */
typedef struct {
    model_t model;
    layer_t layer;
    void *matrix;
    float *vector;            /* zeros, for biases */
    size_t elements, longest; /* of the largest matrix; of the longest bias */
    chunk_t chunk;            /* token, edge_token and segment are its own */
    const chunk_t *whole;
} sample_t;

/* ---- the layer ---- */

static void shape_matrix(sample_t *it, linear_t *matrix, int outputs, int inputs, bool layer)
{
    size_t elements = (size_t)outputs * (size_t)inputs;
    matrix->outputs = outputs;
    matrix->inputs = inputs;
    matrix->transposed = layer && it->model.shape.facts->transposed;
    if (elements > it->elements) it->elements = elements;
    if ((size_t)outputs > it->longest) it->longest = (size_t)outputs;
}

static void give_matrix(const sample_t *it, linear_t *matrix, dtype_t type, bool bias)
{
    if (!matrix->outputs) return;
    matrix->type = type;
    matrix->data = it->matrix;
    matrix->bias = bias ? it->vector : NULL;
}

static void shape_model(sample_t *it)
{
    model_t *model = &it->model;
    const model_shape_t *s = &model->shape;
    const architecture_t *facts = s->facts;
    layer_t *layer = &it->layer;
    int all = s->heads * s->head_width, shared = s->kv_heads * s->head_width;
    if (facts->fused) {
        shape_matrix(it, &layer->fused, all + 2 * shared, s->width, true);
    } else {
        shape_matrix(it, &layer->query, all, s->width, true);
        shape_matrix(it, &layer->key, shared, s->width, true);
        shape_matrix(it, &layer->value, shared, s->width, true);
    }
    shape_matrix(it, &layer->output, s->width, all, true);
    shape_matrix(it, &layer->gate, s->mlp, s->width, true);
    if (facts->up) shape_matrix(it, &layer->up, s->mlp, s->width, true);
    shape_matrix(it, &layer->down, s->width, s->mlp, true);
    shape_matrix(it, &model->embedding, s->vocabulary, s->embedding_width, false);
    shape_matrix(it, &model->head, s->vocabulary, s->embedding_width, false);
    if (s->embedding_width != s->width) {
        shape_matrix(it, &model->project_in, s->width, s->embedding_width, false);
        shape_matrix(it, &model->project_out, s->embedding_width, s->width, false);
    }
    layer->attention_norm.present = layer->mlp_norm.present = true;
    layer->query_norm.present = facts->query_norm != NULL;
    layer->key_norm.present = facts->key_norm != NULL;
    model->final_norm.present = s->final_norm;
}

static void give_weights(sample_t *it, dtype_t type)
{
    model_t *model = &it->model;
    const model_shape_t *s = &model->shape;
    layer_t *layer = &it->layer;
    give_matrix(it, &layer->fused, type, s->attention_bias);
    give_matrix(it, &layer->query, type, s->attention_bias);
    give_matrix(it, &layer->key, type, s->attention_bias);
    give_matrix(it, &layer->value, type, s->attention_bias);
    give_matrix(it, &layer->output, type, s->output_bias);
    give_matrix(it, &layer->gate, type, s->mlp_bias);
    give_matrix(it, &layer->up, type, s->mlp_bias);
    give_matrix(it, &layer->down, type, s->mlp_bias);
    give_matrix(it, &model->embedding, type, false);
    give_matrix(it, &model->head, type, false);
    give_matrix(it, &model->project_in, type, false);
    give_matrix(it, &model->project_out, type, false);
}

/* Small numbers around zero, so that every value stays finite. */
static status_t make_weights(sample_t *it, dtype_t type)
{
    size_t width = dtype_size(type);
    random_t random = random_stream(1, "calibration", 0);
    float pattern[PATTERN];
    char *to = NULL;
    for (int i = 0; i < PATTERN; i++) pattern[i] = (float)(0.04 * random_uniform(&random) - 0.02);
    status_t status = mem_aligned_(&it->matrix, it->elements, width, "calibration");
    if (!status) status = mem_new(&it->vector, it->longest, "calibration");
    to = it->matrix;
    for (size_t at = 0; !status && at < it->elements; at += PATTERN) {
        size_t left = it->elements - at;
        dtype_round(to + at * width, pattern, left < PATTERN ? left : PATTERN, type);
    }
    return status;
}

static status_t make_sample(sample_t *it, const model_shape_t *shape, dtype_t type,
                            const chunk_t *chunk)
{
    *it = (sample_t){.whole = chunk};
    it->model.shape = *shape; /* what the shape owns is borrowed */
    it->model.shape.layers = 1;
    if (shape->vocabulary > VOCABULARY_MOST) it->model.shape.vocabulary = VOCABULARY_MOST;
    it->model.layer = &it->layer;
    shape_model(it);
    status_t status = make_weights(it, type);
    if (!status) give_weights(it, type);
    if (!status) status = mem_new(&it->chunk.token, (size_t)chunk->rows, "calibration");
    if (!status) status = mem_new(&it->chunk.segment, (size_t)chunk->segments, "calibration");
    if (!status) status = mem_new(&it->chunk.edge_token, (size_t)chunk->edges, "calibration");
    return status;
}

static void free_sample(sample_t *it)
{
    mem_free_(&it->matrix);
    mem_free(&it->vector);
    mem_free(&it->chunk.token);
    mem_free(&it->chunk.segment);
    mem_free(&it->chunk.edge_token);
}

/* ---- the chunk ---- */

/* The first rows of the chunk: of a tree in depth-first order, a tree again. */
static void cut_chunk(sample_t *it, int32_t rows)
{
    const chunk_t *whole = it->whole;
    int32_t vocabulary = it->model.shape.vocabulary;
    chunk_t *chunk = &it->chunk;
    chunk->rows = rows;
    chunk->deepest = whole->deepest;
    chunk->position = whole->position;
    chunk->edge_row = whole->edge_row;
    for (int32_t t = 0; t < rows; t++) chunk->token[t] = t % vocabulary;
    chunk->segments = chunk->edges = 0;
    for (int32_t s = 0; s < whole->segments && whole->segment[s].first < rows; s++) {
        segment_t segment = whole->segment[s];
        if (segment.first + segment.count > rows) segment.count = rows - segment.first;
        chunk->segment[chunk->segments++] = segment;
    }
    for (int32_t e = 0; e < whole->edges && whole->edge_row[e] < rows; e++)
        chunk->edge_token[chunk->edges++] = e % vocabulary;
}

/* ---- time ---- */

/* Seconds of the layer alone, and of all. */
static status_t time_once(sample_t *it, executor_t *executor, bool scored, double *score,
                          double *layer, double *all)
{
    double start = MPI_Wtime();
    status_t status = executor_run(executor, &it->chunk, NULL, NULL);
    *layer = *all = MPI_Wtime() - start;
    if (status || !scored) return status;
    start = MPI_Wtime();
    status = executor_run(executor, &it->chunk, score, NULL);
    *all = MPI_Wtime() - start;
    return status;
}

/* Runs more and more rows until the time is spent; the rates are those of the turns with the most
 * rows. */
static status_t spend(sample_t *it, executor_t *executor, const condition_tree_t *tree, bool scored,
                      double seconds, rate_t *rate)
{
    double start = MPI_Wtime(), layer, all, *score = NULL;
    double time_layers = 0, time_ends = 0;
    flops_t done = {0, 0};
    status_t status = mem_new(&score, (size_t)it->whole->edges, "calibration");
    int32_t most = it->whole->rows, rows = ROWS_FIRST < most ? ROWS_FIRST : most;
    for (bool going = true; !status && going;) {
        cut_chunk(it, rows);
        status = time_once(it, executor, scored, score, &layer, &all);
        flops_t flops = cost_of_chunk(&it->model.shape, &it->chunk, tree, scored);
        done.layers += flops.layers;
        done.ends += flops.ends;
        time_layers += layer;
        time_ends += all - layer > 0.01 * all ? all - layer : 0.01 * all;
        bool whole = rows == most;
        going = MPI_Wtime() - start + (whole ? 1 : 2) * (layer + all) < seconds;
        if (!going || whole) continue;
        rows = rows > most / 2 ? most : 2 * rows;
        time_layers = time_ends = 0;
        done = (flops_t){0, 0};
    }
    *rate = (rate_t){done.layers / time_layers, scored ? done.ends / time_ends : HUGE_VAL};
    mem_free(&score);
    return status;
}

status_t rate_measure(MPI_Comm comm, team_t *team, const model_shape_t *shape, dtype_t type,
                      arithmetic_t arithmetic, const chunk_t *chunk, bool scored, double seconds,
                      rate_t *rate)
{
    const intervention_t baseline = {.ablate = ABLATE_NONE};
    const run_options_t options = {.condition = &baseline,
                                   .conditions = 1,
                                   .layers = 1,
                                   .what = "calibration",
                                   .team = team,
                                   .arithmetic = arithmetic};
    sample_t it;
    executor_t *executor = NULL;
    condition_tree_t tree = {0};
    forest_t forest = {.chunk = (chunk_t *)chunk, .chunks = 1};
    *rate = (rate_t){0, 0};
    status_t status = make_sample(&it, shape, type, chunk);
    if (!status) status = executor_create(&it.model, &forest, &options, &executor);
    if (!status) status = condition_tree_create(&baseline, 1, 1, &tree);
    status = agree(comm, status);
    if (!status) status = agree(comm, spend(&it, executor, &tree, scored, seconds, rate));
    if (!status) MPI_Allreduce(MPI_IN_PLACE, rate, 2, MPI_DOUBLE, MPI_MIN, comm);
    condition_tree_free(&tree);
    executor_destroy(&executor);
    free_sample(&it);
    return status;
}
