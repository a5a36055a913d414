#include "text/merge.h"

#include "core/memory.h"
#include "core/simd.h"

/* The leftmost pair of lowest rank is found in a tree of minima with MERGE_FAN children a node:
 * level 0 holds the rank of the pair that starts at each symbol. A merge changes three ranks,
 * and most changes stop at the first node whose minimum stays. Short words are one node. */
typedef struct {
    uint32_t *level[MERGE_LEVELS]; /* each padded with RANK_NONE to a multiple of MERGE_FAN */
    int levels;                    /* the last one has at most MERGE_FAN entries */
} tree_t;

void merge_free(merge_t *merge)
{
    mem_free(&merge->id);
    mem_free(&merge->start);
    mem_free(&merge->next);
    mem_free(&merge->previous);
    mem_free(&merge->rank);
    *merge = (merge_t){0};
}

status_t merge_reserve(merge_t *merge, size_t count)
{
    if (count >= UINT32_MAX - MERGE_FAN)
        return status_new(EXIT_INPUT, "a word of %zu symbols is too long (limit 4 billion)", count);
    status_t status = mem_grow(&merge->id, &merge->id_capacity, count, "symbols");
    if (!status) status = mem_grow(&merge->start, &merge->start_capacity, count + 1, "symbols");
    return status;
}

static inline uint32_t minimum(const uint32_t *node)
{
    uint32_t least = RANK_NONE;
    for (int i = 0; i < MERGE_FAN; i++) least = node[i] < least ? node[i] : least;
    return least;
}

static size_t padded(size_t count)
{
    return (count + MERGE_FAN - 1) / MERGE_FAN * MERGE_FAN;
}

/* Lays the levels out in merge->rank. */
static status_t tree_create(merge_t *merge, tree_t *tree)
{
    size_t total = 0, size[MERGE_LEVELS];
    tree->levels = 0;
    for (size_t count = merge->count;; count = (count + MERGE_FAN - 1) / MERGE_FAN) {
        size[tree->levels++] = padded(count);
        total += padded(count);
        if (count <= MERGE_FAN) break;
    }
    status_t status = mem_grow(&merge->rank, &merge->rank_capacity, total, "ranks");
    if (status) return status;
    uint32_t *place = merge->rank;
    for (int i = 0; i < tree->levels; place += size[i++]) tree->level[i] = place;
    return NULL;
}

static inline void fill_levels(tree_t *tree, size_t count)
{
    for (int l = 0; l + 1 < tree->levels; l++) {
        size_t nodes = padded(count) / MERGE_FAN;
        for (size_t i = 0; i < nodes; i++)
            tree->level[l + 1][i] = minimum(tree->level[l] + i * MERGE_FAN);
        for (size_t i = nodes; i < padded(nodes); i++) tree->level[l + 1][i] = RANK_NONE;
        count = nodes;
    }
}

static inline void set_rank(tree_t *tree, size_t at, uint32_t rank)
{
    if (tree->level[0][at] == rank) return;
    tree->level[0][at] = rank;
    for (int l = 1; l < tree->levels; l++) {
        at /= MERGE_FAN;
        uint32_t least = minimum(tree->level[l - 1] + at * MERGE_FAN);
        if (tree->level[l][at] == least) return;
        tree->level[l][at] = least;
    }
}

/* The leftmost pair of lowest rank; its rank, or RANK_NONE. */
static inline uint32_t find_lowest(const tree_t *tree, size_t *at)
{
    uint32_t least = minimum(tree->level[tree->levels - 1]);
    size_t node = 0;
    for (int l = tree->levels - 1; l >= 0; l--) {
        const uint32_t *child = tree->level[l] + node * MERGE_FAN;
        size_t i = 0;
        while (i < MERGE_FAN - 1 && child[i] != least) i++;
        node = node * MERGE_FAN + i;
    }
    *at = node;
    return least;
}

MULTIVERSION
static void merge_all(merge_t *merge, tree_t *tree, const merges_t *merges,
                      const unsigned char *bytes)
{
    const pairs_t *ranks = &merges->ranks;
    size_t count = merge->count;
    int32_t *id = merge->id;
    uint32_t *next = merge->next, *previous = merge->previous;
    for (size_t i = 0; i < count; i++) {
        next[i] = (uint32_t)i + 1;
        previous[i] = (uint32_t)i - 1;
    }
    for (size_t i = 0; i + 1 < count; i++)
        tree->level[0][i] = bytes ? merges->bytes[bytes[i] * 256 + bytes[i + 1]]
                                  : pairs_get(ranks, id[i], id[i + 1]);
    tree->level[0][count - 1] = RANK_NONE;
    for (size_t i = count; i < padded(count); i++) tree->level[0][i] = RANK_NONE;
    fill_levels(tree, count);
    size_t at;
    for (uint32_t rank; (rank = find_lowest(tree, &at)) != RANK_NONE;) {
        size_t gone = next[at], after = next[gone];
        id[at] = merges->product[rank];
        next[at] = (uint32_t)after;
        set_rank(tree, gone, RANK_NONE);
        if (after < count) previous[after] = (uint32_t)at;
        set_rank(tree, at, after < count ? pairs_get(ranks, id[at], id[after]) : RANK_NONE);
        if (at > 0) set_rank(tree, previous[at], pairs_get(ranks, id[previous[at]], id[at]));
    }
}

status_t merge_run(merge_t *merge, const merges_t *merges, const unsigned char *bytes)
{
    size_t count = merge->count;
    if (count < 2) return NULL;
    tree_t tree;
    status_t status = mem_grow(&merge->next, &merge->next_capacity, count, "symbols");
    if (!status) status = mem_grow(&merge->previous, &merge->previous_capacity, count, "symbols");
    if (!status) status = tree_create(merge, &tree);
    if (status) return status;
    merge_all(merge, &tree, merges, bytes);
    size_t kept = 0;
    uint32_t end = merge->start[count];
    for (size_t at = 0; at < count; at = merge->next[at], kept++) {
        merge->id[kept] = merge->id[at];
        merge->start[kept] = merge->start[at];
    }
    merge->start[kept] = end;
    merge->count = kept;
    return NULL;
}
