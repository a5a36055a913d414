#include "model/cost.h"

#include "model/executor.h"

/* ---- FLOPs ---- */

/* Of one row in a layer: up to its pre-activations (attention's scores and sums apart), of the
 * gated MLP's second projection, and of the MLP's output. */
typedef struct {
    double before, up, down;
} row_flops_t;

static row_flops_t row_flops(const model_shape_t *s)
{
    double width = s->width, mlp = s->mlp;
    double all = (double)s->heads * s->head_width, shared = (double)s->kv_heads * s->head_width;
    double attention = width * (all + 2 * shared) + all * width;
    return (row_flops_t){2 * (attention + width * mlp), s->facts->up ? 2 * width * mlp : 0,
                         2 * width * mlp};
}

/* Keys that rows see, in layers that slide and in those that do not. */
static void count_keys(const model_shape_t *s, const chunk_t *chunk, double *all, double *near)
{
    *all = *near = 0;
    for (int32_t t = 0; t < chunk->rows; t++) {
        int32_t keys = chunk->position[t] + 1;
        *all += keys;
        *near += s->window && keys > s->window ? s->window : keys;
    }
}

static double layers_flops(const model_shape_t *s, const chunk_t *chunk,
                           const condition_tree_t *tree)
{
    double all, near, total = 0;
    const row_flops_t row = row_flops(s);
    count_keys(s, chunk, &all, &near);
    for (int l = 0; l < tree->layers; l++) {
        bool stops = l + 1 == tree->layers && l + 1 < s->layers;
        double keys = s->sliding[l] ? near : all;
        /* a query times a key, a weight times a value */
        double attention = 4 * (double)s->heads * s->head_width * keys;
        double first = chunk->rows * (row.before + (stops ? 0 : row.up)) + attention;
        double second = stops ? 0 : chunk->rows * row.down;
        total += tree->states[l] * first + tree->states[l + 1] * second;
    }
    return total;
}

static double ends_flops(const model_shape_t *s, const chunk_t *chunk, const condition_tree_t *tree,
                         bool scored)
{
    double narrow = s->embedding_width, vocabulary = s->vocabulary;
    double projection = s->embedding_width != s->width ? 2 * narrow * s->width : 0;
    double head = scored ? tree->states[tree->layers] * (projection + 2 * narrow * vocabulary) : 0;
    return chunk->rows * (projection + head);
}

flops_t cost_of_chunk(const model_shape_t *shape, const chunk_t *chunk,
                      const condition_tree_t *tree, bool scored)
{
    return (flops_t){layers_flops(shape, chunk, tree), ends_flops(shape, chunk, tree, scored)};
}

flops_t cost_of_forest(const model_shape_t *shape, const forest_t *forest,
                       const condition_tree_t *tree, bool scored)
{
    flops_t sum = {0, 0};
    for (size_t c = 0; c < forest->chunks; c++) {
        flops_t chunk = cost_of_chunk(shape, &forest->chunk[c], tree, scored);
        sum.layers += chunk.layers;
        sum.ends += chunk.ends;
    }
    return sum;
}

/* ---- memory ---- */

footprint_t cost_footprint(const model_shape_t *shape, const forest_t *forest,
                           const condition_tree_t *tree, int threads, arithmetic_t arithmetic,
                           bool streamed, size_t memory)
{
    const executor_bytes_t bytes = executor_bytes(shape, forest, threads, arithmetic);
    size_t states = condition_tree_most(tree), chunk = states * bytes.state, edges = 0;
    size_t together = executor_together(bytes, states, forest->chunks, streamed, memory);
    for (size_t c = 0; c < forest->chunks; c++)
        if ((size_t)forest->chunk[c].edges > edges) edges = (size_t)forest->chunk[c].edges;
    size_t scores = (size_t)tree->conditions * edges * sizeof(double);
    return (footprint_t){bytes.buffers + together * (chunk + scores), together};
}

size_t cost_forest_bytes(const forest_t *forest, size_t tokens)
{
    size_t bytes = forest->edge_of ? tokens * sizeof(int32_t) : 0;
    for (size_t c = 0; c < forest->chunks; c++) {
        const chunk_t *chunk = &forest->chunk[c];
        bytes += (size_t)chunk->rows * 2 * sizeof(int32_t) + sizeof *chunk +
                 (size_t)chunk->segments * sizeof(segment_t) +
                 (size_t)chunk->edges * 2 * sizeof(int32_t);
    }
    return bytes;
}
