#include "model/forest.h"

#include <stdlib.h>
#include <string.h>

#include "core/memory.h"

typedef struct {
    const int32_t *id;
    int32_t length;
    size_t sequence;
} path_t;

static int by_tokens(const void *left, const void *right)
{
    const path_t *a = left, *b = right;
    int32_t n = a->length < b->length ? a->length : b->length;
    for (int32_t i = 0; i < n; i++)
        if (a->id[i] != b->id[i]) return a->id[i] < b->id[i] ? -1 : 1;
    if (a->length != b->length) return a->length < b->length ? -1 : 1;
    return a->sequence < b->sequence ? -1 : a->sequence > b->sequence;
}

static int32_t common_prefix(const path_t *a, const path_t *b)
{
    int32_t n = a->length < b->length ? a->length : b->length, i = 0;
    while (i < n && a->id[i] == b->id[i]) i++;
    return i;
}

/* Rows that a path adds when it follows previous (NULL: none) in order: its proper prefixes
 * beyond those shared. A prefix of length previous->length is no row yet: it was a leaf. */
static int32_t shared_rows(const path_t *previous, const path_t *path)
{
    if (!previous) return 0;
    int32_t shared = common_prefix(previous, path), rows = previous->length - 1;
    if (shared > rows) shared = rows;
    return shared < path->length - 1 ? shared : path->length - 1;
}

static status_t chunk_allocate(chunk_t *chunk, int32_t rows, int32_t segments, int32_t edges)
{
    status_t status = mem_new(&chunk->token, (size_t)rows, "rows of a chunk");
    if (!status) status = mem_new(&chunk->position, (size_t)rows, "rows of a chunk");
    if (!status) status = mem_new(&chunk->segment, (size_t)segments, "segments of a chunk");
    if (!status) status = mem_new(&chunk->edge_row, (size_t)edges, "edges of a chunk");
    if (!status) status = mem_new(&chunk->edge_token, (size_t)edges, "edges of a chunk");
    return status;
}

static void add_row(chunk_t *chunk, int32_t token, int32_t position)
{
    chunk->token[chunk->rows] = token;
    chunk->position[chunk->rows++] = position;
    if (position >= chunk->deepest) chunk->deepest = position + 1;
}

/* A row costs its matrix products, an attended key far less: about 1 to 1000 in the models of
 * interest. Only the sharing out among ranks depends on it. */
static void add_segment(chunk_t *chunk, int32_t first, int32_t count, int32_t depth)
{
    chunk->segment[chunk->segments++] = (segment_t){first, count, depth};
    chunk->cost += count * (1 + (depth + 0.5 * count) / 1000);
}

/* ---- forests ---- */

/* The edge of the tree that the last token of a row's child is: edges of a row stand together,
 * in order of token, once the chunk is sorted by row. */
typedef struct {
    int32_t row, token;
    int32_t number; /* as first counted; edge_of refers to it until the sort */
} edge_t;

static int by_row(const void *left, const void *right)
{
    const edge_t *a = left, *b = right;
    if (a->row != b->row) return a->row < b->row ? -1 : 1;
    return a->token < b->token ? -1 : a->token > b->token;
}

typedef struct {
    const path_t *path; /* sorted; those of the chunk */
    size_t paths;
    int32_t *stack_row;  /* [longest] row of the current path at each depth */
    int32_t *stack_edge; /* [longest] edge into the token at each depth */
    edge_t *edge;        /* [total tokens of the chunk] */
    int32_t *renumber;
} builder_t;

/* Lays out one chunk's trie: walks the sorted paths, keeping the current path on a stack. */
static void lay_out(builder_t *builder, chunk_t *chunk, const int32_t *id, forest_t *forest)
{
    int32_t edges = 0;
    const path_t *previous = NULL;
    for (size_t p = 0; p < builder->paths; p++) {
        const path_t *path = &builder->path[p];
        int32_t kept = shared_rows(previous, path);
        int32_t known = previous ? common_prefix(previous, path) : 0; /* tokens with an edge */
        int32_t first = chunk->rows;
        for (int32_t i = kept; i < path->length - 1; i++) {
            builder->stack_row[i] = chunk->rows;
            add_row(chunk, path->id[i], i);
        }
        if (chunk->rows > first) add_segment(chunk, first, chunk->rows - first, kept);
        for (int32_t i = known > 1 ? known : 1; i < path->length; i++) {
            builder->edge[edges] = (edge_t){builder->stack_row[i - 1], path->id[i], edges};
            builder->stack_edge[i] = edges++;
        }
        int32_t *edge_of = forest->edge_of + (path->id - id);
        edge_of[0] = -1;
        for (int32_t i = 1; i < path->length; i++) edge_of[i] = builder->stack_edge[i];
        previous = path;
    }
    chunk->edges = edges;
}

static void sort_edges(builder_t *builder, chunk_t *chunk, const int32_t *id, forest_t *forest)
{
    qsort(builder->edge, (size_t)chunk->edges, sizeof *builder->edge, by_row);
    for (int32_t e = 0; e < chunk->edges; e++) {
        chunk->edge_row[e] = builder->edge[e].row;
        chunk->edge_token[e] = builder->edge[e].token;
        builder->renumber[builder->edge[e].number] = e;
    }
    for (size_t p = 0; p < builder->paths; p++) {
        int32_t *edge_of = forest->edge_of + (builder->path[p].id - id);
        for (int32_t i = 1; i < builder->path[p].length; i++)
            edge_of[i] = builder->renumber[edge_of[i]];
    }
}

/* Paths [first, *end) that one chunk takes: as many as keep it within chunk_rows. */
static size_t chunk_end(const path_t *path, size_t paths, size_t first, int32_t chunk_rows,
                        int64_t *tokens, int32_t *rows, int32_t *longest)
{
    size_t end = first;
    *tokens = 0, *rows = 0, *longest = 0;
    for (; end < paths; end++) {
        int32_t shared = shared_rows(end > first ? &path[end - 1] : NULL, &path[end]);
        int32_t added = path[end].length - 1 - shared;
        if (end > first && (int64_t)*rows + added > chunk_rows) break;
        *rows += added;
        *tokens += path[end].length;
        if (path[end].length > *longest) *longest = path[end].length;
    }
    return end;
}

static status_t build_chunk(const path_t *path, size_t paths, int64_t tokens, int32_t rows,
                            int32_t longest, const int32_t *id, chunk_t *chunk, forest_t *forest)
{
    builder_t builder = {.path = path, .paths = paths};
    status_t status = chunk_allocate(chunk, rows, rows, (int32_t)tokens);
    if (!status) status = mem_new(&builder.stack_row, (size_t)longest, "forest");
    if (!status) status = mem_new(&builder.stack_edge, (size_t)longest, "forest");
    if (!status) status = mem_new(&builder.edge, (size_t)tokens, "forest");
    if (!status) status = mem_new(&builder.renumber, (size_t)tokens, "forest");
    if (!status) {
        lay_out(&builder, chunk, id, forest);
        sort_edges(&builder, chunk, id, forest);
    }
    mem_free(&builder.stack_row);
    mem_free(&builder.stack_edge);
    mem_free(&builder.edge);
    mem_free(&builder.renumber);
    return status;
}

static status_t build(const path_t *path, size_t paths, int32_t chunk_rows, const int32_t *id,
                      forest_t *forest)
{
    size_t capacity = 0, bounds = 0;
    int64_t tokens;
    int32_t rows, longest;
    status_t status = mem_grow(&forest->first, &bounds, 1, "chunks");
    if (!status) forest->first[0] = 0;
    for (size_t first = 0, end; !status && first < paths; first = end) {
        end = chunk_end(path, paths, first, chunk_rows, &tokens, &rows, &longest);
        if (tokens > INT32_MAX)
            return status_new(EXIT_INPUT, "a chunk of %lld tokens is too large", (long long)tokens);
        status = mem_grow(&forest->chunk, &capacity, forest->chunks + 1, "chunks");
        if (!status) status = mem_grow(&forest->first, &bounds, forest->chunks + 2, "chunks");
        if (status) break;
        forest->first[forest->chunks + 1] = end;
        forest->chunk[forest->chunks] = (chunk_t){0};
        status = build_chunk(path + first, end - first, tokens, rows, longest, id,
                             &forest->chunk[forest->chunks++], forest);
    }
    return status;
}

status_t forest_create(const int32_t *id, const int64_t *offset, size_t sequences,
                       int32_t chunk_rows, forest_t **forest)
{
    path_t *path = NULL;
    status_t status = mem_new(forest, 1, "forest");
    if (!status) status = mem_new(&path, sequences, "forest");
    if (!status) status = mem_new(&(*forest)->sequence, sequences, "forest");
    if (!status)
        status = mem_new(&(*forest)->edge_of, sequences ? (size_t)offset[sequences] : 0, "forest");
    for (size_t s = 0; !status && s < sequences; s++) {
        int64_t length = offset[s + 1] - offset[s];
        path[s] = (path_t){id + offset[s], (int32_t)length, s};
        if (length < 2) status = status_new(EXIT_BUG, "sequence %zu has nothing to score", s);
        if (length > INT32_MAX)
            status =
                status_new(EXIT_INPUT, "a sequence of %lld tokens is too long", (long long)length);
    }
    if (!status && sequences) qsort(path, sequences, sizeof *path, by_tokens);
    for (size_t s = 0; !status && s < sequences; s++) (*forest)->sequence[s] = path[s].sequence;
    if (!status) status = build(path, sequences, chunk_rows, id, *forest);
    mem_free(&path);
    if (status) forest_destroy(forest);
    return status;
}

/* ---- whole sequences ---- */

static void add_whole(chunk_t *chunk, const int32_t *id, int32_t length)
{
    int32_t first = chunk->rows;
    for (int32_t i = 0; i < length; i++) add_row(chunk, id[i], i);
    add_segment(chunk, first, length, 0);
}

status_t forest_create_windows(const int32_t *id, size_t windows, int32_t window,
                               int32_t chunk_rows, forest_t **forest)
{
    size_t each = window < chunk_rows ? (size_t)(chunk_rows / window) : 1;
    size_t chunks = (windows + each - 1) / each;
    status_t status = mem_new(forest, 1, "forest");
    if (!status) status = mem_new(&(*forest)->chunk, chunks, "chunks");
    if (!status) (*forest)->chunks = chunks;
    for (size_t c = 0; !status && c < chunks; c++) {
        size_t first = c * each, count = windows - first < each ? windows - first : each;
        chunk_t *chunk = &(*forest)->chunk[c];
        status = chunk_allocate(chunk, (int32_t)count * window, (int32_t)count, 0);
        for (size_t w = first; !status && w < first + count; w++)
            add_whole(chunk, id + w * (size_t)window, window);
    }
    if (status) forest_destroy(forest);
    return status;
}

status_t forest_create_whole(const int32_t *id, const int64_t *offset, size_t sequences,
                             forest_t **forest)
{
    status_t status = mem_new(forest, 1, "forest");
    if (!status && offset[sequences] > INT32_MAX)
        status = status_new(EXIT_INPUT, "%lld tokens are too many for one chunk",
                            (long long)offset[sequences]);
    if (!status) status = mem_new(&(*forest)->chunk, 1, "chunk");
    if (!status) {
        (*forest)->chunks = 1;
        status =
            chunk_allocate((*forest)->chunk, (int32_t)offset[sequences], (int32_t)sequences, 0);
    }
    for (size_t s = 0; !status && s < sequences; s++)
        add_whole((*forest)->chunk, id + offset[s], (int32_t)(offset[s + 1] - offset[s]));
    if (status) forest_destroy(forest);
    return status;
}

void forest_destroy(forest_t **forest)
{
    forest_t *it = *forest;
    if (!it) return;
    for (size_t c = 0; c < it->chunks; c++) {
        mem_free(&it->chunk[c].token);
        mem_free(&it->chunk[c].position);
        mem_free(&it->chunk[c].segment);
        mem_free(&it->chunk[c].edge_row);
        mem_free(&it->chunk[c].edge_token);
    }
    mem_free(&it->chunk);
    mem_free(&it->sequence);
    mem_free(&it->first);
    mem_free(&it->edge_of);
    mem_free(forest);
}
