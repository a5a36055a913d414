/* Files of parts of extremes. */
#include <string.h>

#include "core/memory.h"
#include "eval/extremes.h"

/* The parts of entries, side by side. */
typedef struct {
    double *key;
    int64_t *place;
    float *value, *up;
} columns_t;

static void columns_free(columns_t *c)
{
    mem_free(&c->key);
    mem_free(&c->place);
    mem_free(&c->value);
    mem_free(&c->up);
}

static status_t put(store_t *store, const char *name, store_type_t type, int dimensions,
                    const uint64_t *shape, const void *data, const char *axes,
                    const char *description)
{
    status_t status = store_write(store, name, type, dimensions, shape, data);
    return status ? status : store_describe(store, name, axes, "1", description);
}

static status_t write_entries(store_t *store, const tops_t *tops)
{
    columns_t c = {0};
    const uint64_t shape[] = {tops->lists, tops->count};
    size_t all = tops->lists * tops->count;
    status_t status = mem_new(&c.key, all, "extreme values");
    if (!status) status = mem_new(&c.place, all, "extreme values");
    if (!status) status = mem_new(&c.value, all, "extreme values");
    if (!status) status = mem_new(&c.up, all, "extreme values");
    for (size_t i = 0; !status && i < all; i++) {
        const entry_t *entry = &tops->entry[i];
        c.key[i] = entry->key;
        c.place[i] = entry->place;
        c.value[i] = entry->value;
        c.up[i] = entry->up;
    }
    if (!status)
        status =
            put(store, "/entries/key", STORE_F64, 2, shape, c.key, "lists ranks", "what ranks");
    if (!status)
        status = put(store, "/entries/place", STORE_I64, 2, shape, c.place, "lists ranks",
                     "token of the corpus");
    if (!status)
        status = put(store, "/entries/value", STORE_F32, 2, shape, c.value, "lists ranks",
                     "pre-activation");
    if (!status)
        status = put(store, "/entries/up", STORE_F32, 2, shape, c.up, "lists ranks",
                     "up projection, if gated");
    if (!status)
        status = put(store, "/entries/filled", STORE_I64, 1, shape, tops->filled, "lists",
                     "entries of each list, six of each neuron");
    columns_free(&c);
    return status;
}

status_t extremes_write(store_t *store, const extremes_t *part)
{
    const uint64_t shape[] = {(uint64_t)part->neurons, 4, 2};
    int64_t *sum = NULL;
    size_t all = 4 * (size_t)part->neurons;
    status_t status = mem_new(&sum, 2 * all, "products");
    for (size_t i = 0; !status && i < all; i++) {
        sum[2 * i] = (int64_t)(part->sum[i] >> 64);
        sum[2 * i + 1] = (int64_t)(uint64_t)part->sum[i];
    }
    if (!status) status = write_entries(store, &part->tops);
    if (!status)
        status =
            put(store, "/below", STORE_I64, 1, shape, part->below, "members", "tokens below 0");
    if (!status)
        status = put(store, "/quadrants/tokens", STORE_I64, 2, shape, part->tokens,
                     "members quadrants", "tokens by signs of gate and up");
    if (!status)
        status = put(store, "/quadrants/sum", STORE_I64, 3, shape, sum, "members quadrants halves",
                     "sums of act(gate) up, times 2^64: upper 64 bits (signed), lower (unsigned)");
    if (!status) status = store_set_integer(store, "/", "tokens", part->all);
    mem_free(&sum);
    return status;
}

/* ---- reading ---- */

/* A dataset of so many numbers in all. */
static status_t get(const store_t *store, const char *name, store_type_t type, size_t count,
                    void *to)
{
    store_info_t info = {0};
    status_t status = store_read(store, name, type, to, &info);
    if (!status && info.count != count)
        status = status_new(EXIT_INPUT, "%s: %s: %zu values are expected", store_path(store), name,
                            count);
    return status;
}

static status_t read_entries(const store_t *store, tops_t *tops)
{
    columns_t c = {0};
    int64_t *filled = NULL;
    size_t all = tops->lists * tops->count;
    status_t status = get(store, "/entries/key", STORE_F64, all, &c.key);
    if (!status) status = get(store, "/entries/place", STORE_I64, all, &c.place);
    if (!status) status = get(store, "/entries/value", STORE_F32, all, &c.value);
    if (!status) status = get(store, "/entries/up", STORE_F32, all, &c.up);
    if (!status) status = get(store, "/entries/filled", STORE_I64, tops->lists, &filled);
    for (size_t l = 0; !status && l < tops->lists; l++) {
        if (filled[l] < 0 || (size_t)filled[l] > tops->count)
            status = status_new(EXIT_INPUT, "%s: /entries/filled: %lld of %zu", store_path(store),
                                (long long)filled[l], tops->count);
        for (int64_t r = 0; !status && r < filled[l]; r++) {
            size_t i = l * tops->count + (size_t)r;
            tops_add(tops, l, (entry_t){c.key[i], c.place[i], c.value[i], c.up[i]});
        }
    }
    mem_free(&filled);
    columns_free(&c);
    return status;
}

status_t extremes_read(const store_t *store, extremes_t *part)
{
    int64_t *below = NULL, *tokens = NULL, *sum = NULL;
    size_t neurons = (size_t)part->neurons, all = 4 * neurons;
    double count = 0;
    status_t status = read_entries(store, &part->tops);
    if (!status) status = get(store, "/below", STORE_I64, neurons, &below);
    if (!status) status = get(store, "/quadrants/tokens", STORE_I64, all, &tokens);
    if (!status) status = get(store, "/quadrants/sum", STORE_I64, 2 * all, &sum);
    if (!status) status = store_get_number(store, "/", "tokens", &count);
    if (!status) memcpy(part->below, below, neurons * sizeof *below);
    if (!status) memcpy(part->tokens, tokens, all * sizeof *tokens);
    for (size_t i = 0; !status && i < all; i++)
        part->sum[i] = (fixed_t)((unsigned __int128)sum[2 * i] << 64 | (uint64_t)sum[2 * i + 1]);
    part->all = (int64_t)count;
    mem_free(&below);
    mem_free(&tokens);
    mem_free(&sum);
    return status;
}
