#include "model/executor.h"

#include <math.h>

#include "core/interrupt.h"
#include "core/log.h"
#include "core/memory.h"
#include "model/executor_internal.h"
#include "par/work.h"

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

/* ---- memory ---- */

typedef struct {
    size_t rows, edges;
    int deepest;
} extent_t;

static extent_t extent_of(const forest_t *forest)
{
    extent_t it = {0};
    for (size_t c = 0; c < forest->chunks; c++) {
        const chunk_t *chunk = &forest->chunk[c];
        if ((size_t)chunk->rows > it.rows) it.rows = (size_t)chunk->rows;
        if ((size_t)chunk->edges > it.edges) it.edges = (size_t)chunk->edges;
        if (chunk->deepest > it.deepest) it.deepest = chunk->deepest;
    }
    return it;
}

executor_bytes_t executor_bytes(const model_shape_t *shape, const forest_t *forest, int threads,
                                arithmetic_t arithmetic)
{
    extent_t extent = extent_of(forest);
    size_t width = (size_t)shape->width, heads = (size_t)(shape->heads * shape->head_width);
    size_t mlp = (size_t)shape->mlp * (shape->facts->up ? 2 : 1);
    size_t narrow = shape->embedding_width == shape->width ? 0 : (size_t)shape->embedding_width;
    size_t row =
        2 * width + shape_of_attention(shape).row_stride + heads + mlp + narrow + VOCABULARY_BLOCK;
    size_t each = gemm_bytes(arithmetic) + attention_bytes(shape->head_width, extent.deepest);
    return (executor_bytes_t){.buffers =
                                  extent.rows * (row * sizeof(float) + sizeof(log_sum_t)) +
                                  extent.edges * sizeof(float) + (size_t)threads * each +
                                  sizeof(float) * (size_t)extent.deepest * (size_t)shape->rotary,
                              .state = extent.rows * width * sizeof(float)};
}

/* Bytes of memory that are left to states. */
static size_t left(size_t memory, size_t buffers)
{
    return memory > buffers ? memory - buffers : 0;
}

size_t executor_together(executor_bytes_t bytes, size_t states, size_t chunks, bool streamed,
                         size_t memory)
{
    size_t chunk = states * bytes.state;
    size_t together = streamed && chunk ? left(memory, bytes.buffers) / chunk : 1;
    if (together > chunks) together = chunks;
    return together ? together : 1;
}

status_t executor_conditions(const model_shape_t *shape, const forest_t *forest,
                             const run_options_t *options, int *count)
{
    executor_bytes_t bytes = executor_bytes(
        shape, forest, options->team ? team_threads(options->team) : 1, options->arithmetic);
    size_t room = left(options->memory, bytes.buffers);
    *count = options->memory ? 1 : options->conditions;
    while (*count < options->conditions) {
        condition_tree_t tree;
        status_t status =
            condition_tree_create(options->condition, *count + 1, options->layers, &tree);
        if (status) return status;
        bool fits = condition_tree_most(&tree) * bytes.state <= room;
        condition_tree_free(&tree);
        if (!fits) break;
        ++*count;
    }
    return NULL;
}

static status_t allocate_states(executor_t *it, executor_bytes_t bytes)
{
    it->states = condition_tree_most(&it->tree);
    it->together =
        executor_together(bytes, it->states, it->chunks, it->model->streamed, it->options.memory);
    status_t status = mem_new(&it->state, it->together * it->states + 1, "states");
    for (size_t s = 0; !status && s < it->together * it->states; s++)
        status = mem_aligned(&it->state[s], bytes.state / sizeof(float), "hidden states");
    return status;
}

static status_t allocate_workers(executor_t *it, int deepest)
{
    size_t threads = (size_t)team_threads(it->team);
    status_t status = mem_new(&it->worker, threads, "threads");
    for (size_t i = 0; !status && i < threads; i++) {
        status = gemm_create(it->options.arithmetic, &it->worker[i].gemm);
        if (!status)
            status =
                attention_create(it->model->shape.head_width, deepest, &it->worker[i].attention);
    }
    return status;
}

static status_t allocate(executor_t *it, const forest_t *forest, int deepest)
{
    const model_shape_t *shape = &it->model->shape;
    size_t rows = it->rows_max, width = (size_t)shape->width, mlp = (size_t)shape->mlp;
    bool scored = it->options.layers == shape->layers;
    status_t status = allocate_states(it, executor_bytes(shape, forest, team_threads(it->team),
                                                         it->options.arithmetic));
    if (!status) status = mem_aligned(&it->normed, rows * width, "hidden states");
    if (!status) status = mem_aligned(&it->branch, rows * width, "hidden states");
    if (!status)
        status = mem_aligned(&it->projected, rows * it->attention_shape.row_stride, "projections");
    if (!status)
        status = mem_aligned(&it->mixed, rows * (size_t)(shape->heads * shape->head_width),
                             "attention output");
    if (!status) status = mem_aligned(&it->preact, rows * mlp, "pre-activations");
    if (!status && it->model->layer[0].up.data)
        status = mem_aligned(&it->gated, rows * mlp, "activations");
    if (!status && it->model->project_in.data)
        status = mem_aligned(&it->narrow, rows * (size_t)shape->embedding_width, "embeddings");
    if (!status && scored) status = mem_aligned(&it->logits, rows * VOCABULARY_BLOCK, "logits");
    if (!status && scored) status = mem_new(&it->log_sum, rows, "log-sum-exp");
    if (!status && scored) status = mem_new(&it->picked, it->edges_max, "scores");
    if (!status) status = allocate_workers(it, deepest);
    return status;
}

/* ---- life ---- */

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
        for (int l = 0; l < layers; l++)
            for (int32_t i = condition->start[l] + 1; i < condition->start[l + 1]; i++)
                if (condition->neuron[i] <= condition->neuron[i - 1])
                    return status_new(EXIT_BUG, "%s: layer %d: neuron %d after %d",
                                      it->options.what, l, condition->neuron[i],
                                      condition->neuron[i - 1]);
    }
    return NULL;
}

status_t executor_create(model_t *model, const forest_t *forest, const run_options_t *options,
                         executor_t **executor)
{
    extent_t extent = extent_of(forest);
    int deepest = extent.deepest;
    status_t status = mem_new(executor, 1, "executor");
    if (status) return status;
    executor_t *it = *executor;
    it->model = model;
    it->options = *options;
    it->attention_shape = shape_of_attention(&model->shape);
    it->chunks = forest->chunks;
    it->rows_max = extent.rows;
    it->edges_max = extent.edges;
    if (model->positions.data && deepest > model->shape.positions_max)
        status = status_new(EXIT_INPUT, "%s: a sequence of %d tokens, the model has %d positions",
                            options->what, deepest, model->shape.positions_max);
    if (!status) status = check_interventions(it);
    if (!status)
        status = condition_tree_create(options->condition, options->conditions, options->layers,
                                       &it->tree);
    if (!status && model->shape.rotary) status = make_rotary_tables(it, deepest);
    if (!status && !options->team) status = team_create(1, &it->alone);
    it->team = options->team ? options->team : it->alone;
    if (!status) status = allocate(it, forest, deepest);
    if (status) executor_destroy(executor);
    return status;
}

void executor_destroy(executor_t **executor)
{
    executor_t *it = *executor;
    if (!it) return;
    for (size_t s = 0; it->state && it->state[s]; s++) mem_free(&it->state[s]);
    float **buffers[] = {&it->normed, &it->branch, &it->projected, &it->mixed,
                         &it->preact, &it->gated,  &it->narrow,    &it->logits,
                         &it->picked, &it->cosine, &it->sine};
    for (size_t i = 0; i < sizeof buffers / sizeof buffers[0]; i++) mem_free(buffers[i]);
    mem_free(&it->log_sum);
    mem_free(&it->state);
    for (int i = 0; it->worker && i < team_threads(it->team); i++) {
        gemm_destroy(&it->worker[i].gemm);
        attention_destroy(&it->worker[i].attention);
    }
    mem_free(&it->worker);
    team_destroy(&it->alone);
    condition_tree_free(&it->tree);
    mem_free(executor);
}

/* ---- passes ---- */

part_t executor_part(const executor_t *it, size_t rows, int thread)
{
    enum { TOGETHER = 12 }; /* rows, so that few tiles of a product are cut */
    part_t part;
    work_share(thread, team_threads(it->team), (rows + TOGETHER - 1) / TOGETHER, &part.first,
               &part.count);
    part.first *= TOGETHER;
    part.count *= TOGETHER;
    if (part.first > rows) part.first = rows;
    if (part.count > rows - part.first) part.count = rows - part.first;
    return part;
}

static status_t check_edges(const executor_t *it, const chunk_t *chunk)
{
    for (int32_t e = 0; e < chunk->edges; e++)
        if (chunk->edge_token[e] < 0 || chunk->edge_token[e] >= it->model->shape.vocabulary)
            return status_new(EXIT_INPUT, "%s: token %d, the model's vocabulary has %d rows",
                              it->options.what, chunk->edge_token[e], it->model->shape.vocabulary);
    return NULL;
}

/* The chunks that go through the layers together, and where their results go. */
typedef struct {
    const chunk_t **chunk;
    size_t count;
    double **log_probability; /* [count], or NULL */
    float *logits;            /* of a single chunk, or NULL */
} group_t;

static status_t start_group(executor_t *it, const group_t *group)
{
    status_t status = NULL;
    for (size_t g = 0; !status && g < group->count; g++) {
        status = check_edges(it, group->chunk[g]);
        if (!status) status = executor_embed(it, group->chunk[g], it->state[g * it->states]);
    }
    return status;
}

/* Shows a chunk's residual streams at the entry of a layer. */
static status_t show_streams(executor_t *it, int index, const group_t *group, size_t g)
{
    const stream_t *stream = it->options.stream;
    if (!stream) return NULL;
    return stream->enter(stream->context, index, group->chunk[g],
                         it->tree.state_of + (size_t)index * (size_t)it->tree.conditions,
                         it->state + g * it->states);
}

static status_t run_layer(executor_t *it, int index, const group_t *group)
{
    status_t status = NULL;
    for (size_t g = 0; !status && g < group->count; g++) {
        status = interrupt_check();
        if (!status) status = show_streams(it, index, group, g);
        for (int s = it->tree.states[index] - 1; !status && s >= 0; s--)
            status = executor_advance(it, index, s, group->chunk[g], it->state + g * it->states);
    }
    return status;
}

static status_t finish_group(executor_t *it, const group_t *group)
{
    status_t status = NULL;
    int layers = it->model->shape.layers;
    for (size_t g = 0; !status && g < group->count && it->options.layers == layers; g++)
        status = show_streams(it, layers, group, g);
    if (status || (!group->log_probability && !group->logits)) return status;
    for (size_t g = 0; !status && g < group->count; g++)
        status = executor_score(it, group->chunk[g], it->state + g * it->states,
                                group->log_probability ? group->log_probability[g] : NULL,
                                group->logits);
    return status;
}

/* One pass over the layers. A rank that fails, or has failed before, still visits the layers with
 * the others. */
static status_t run_group(executor_t *it, const group_t *group, status_t failed)
{
    if (!failed) failed = start_group(it, group);
    for (int l = 0; l < it->options.layers && (!failed || it->model->streamed); l++) {
        status_t status = model_layer(it->model, l, it->options.layers, &it->layer);
        if (status) return status_first(status, failed);
        if (!failed) failed = run_layer(it, l, group);
    }
    if (!failed) failed = finish_group(it, group);
    return model_end_pass(it->model, failed);
}

status_t executor_run(executor_t *it, const chunk_t *chunk, double *log_probability, float *logits)
{
    group_t group = {&chunk, 1, log_probability ? &log_probability : NULL, logits};
    return run_group(it, &group, NULL);
}

static size_t rounds_of(const executor_t *it, MPI_Comm comm, size_t count)
{
    unsigned long long mine = (count + it->together - 1) / it->together, most = mine;
    if (it->model->streamed) MPI_Allreduce(&mine, &most, 1, MPI_UNSIGNED_LONG_LONG, MPI_MAX, comm);
    return most;
}

/* Tokens that chunks run through the layers, under each condition, if all ranks have as many. */
static uint64_t tokens_of(const executor_t *it, MPI_Comm comm, const forest_t *forest,
                          const size_t *chunk, size_t count)
{
    int ranks;
    uint64_t rows = 0;
    MPI_Comm_size(comm, &ranks);
    for (size_t i = 0; i < count; i++) rows += (uint64_t)forest->chunk[chunk[i]].rows;
    return rows * (uint64_t)it->options.conditions * (uint64_t)ranks;
}

status_t executor_run_share(executor_t *it, MPI_Comm comm, const forest_t *forest,
                            const size_t *mine, size_t count, const scores_t *scores,
                            const char *label)
{
    size_t rounds = rounds_of(it, comm, count), done = 0;
    uint64_t tokens = tokens_of(it, comm, forest, mine, count), passed = 0;
    group_t group = {0};
    status_t status = mem_new(&group.chunk, it->together, "chunks");
    if (!status && scores) status = mem_new(&group.log_probability, it->together, "scores");
    for (size_t g = 0; !status && scores && g < it->together; g++)
        status = mem_new(&group.log_probability[g], (size_t)it->options.conditions * it->edges_max,
                         "scores");
    status = model_end_pass(it->model, status);
    if (status) rounds = 0;
    for (size_t round = 0; round < rounds; round++) {
        group.count = count - done < it->together ? count - done : it->together;
        for (size_t g = 0; g < group.count; g++) group.chunk[g] = &forest->chunk[mine[done + g]];
        log_progress(label, "tokens", passed, tokens);
        status = run_group(it, &group, status);
        if (status) break;
        for (size_t g = 0; !status && scores && g < group.count; g++)
            status = scores->take(scores->context, mine[done + g], group.log_probability[g]);
        passed += tokens_of(it, comm, forest, mine + done, group.count);
        done += group.count;
        if (status && !it->model->streamed) break;
    }
    if (!status) log_progress(label, "tokens", tokens, tokens);
    for (size_t g = 0; group.log_probability && g < it->together; g++)
        mem_free(&group.log_probability[g]);
    mem_free(&group.log_probability);
    mem_free(&group.chunk);
    return status;
}
