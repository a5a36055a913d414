#include "stages/reduce_pairs.h"

#include "core/memory.h"
#include "model/checkpoints.h"
#include "par/agree.h"
#include "text/tokenizer.h"

/* Tokens of a window that a context shows before and behind its own. */
enum { BEFORE = 8, BEHIND = 4 };

/* On rank 0. */
typedef struct {
    const pairs_t *pairs;
    int64_t windows, window;
    int32_t *id;    /* [windows][window] */
    int32_t *tag;   /* likewise; NULL where tags are not known */
    strings_t tags; /* their names */
    int64_t *count; /* [vocabulary] how often each occurs in id */
    tokenizer_t *tokenizer;
    int32_t *ids, *at, *within, *of; /* [2][pairs] id, window, position, tag */
    strings_t text, context;         /* [2 * pairs]: of pair p at 2p and 2p + 1 */
} tokens_t;

static status_t count_ids(tokens_t *t)
{
    int32_t largest = 0;
    int64_t tokens = t->windows * t->window;
    for (int64_t i = 0; i < tokens; i++) {
        if (t->id[i] < 0) return status_new(EXIT_INPUT, "/ids: %d is no token id", t->id[i]);
        if (t->id[i] > largest) largest = t->id[i];
    }
    status_t status = mem_new(&t->count, (size_t)largest + 1, "frequencies of tokens");
    for (int64_t i = 0; !status && i < tokens; i++) t->count[t->id[i]]++;
    return status;
}

/* Appends the text of tokens [from, to) of a window. A character may be spread over several; what
 * is none becomes U+FFFD, a zero too. */
static status_t add_tokens(const tokens_t *t, int64_t window, int64_t from, int64_t to, str_t *text)
{
    str_t bytes = {0}, valid = {0};
    status_t status = NULL;
    for (int64_t i = from < 0 ? 0 : from; !status && i < to && i < t->window; i++) {
        size_t length = 0;
        const char *token = tokenizer_token(t->tokenizer, t->id[window * t->window + i], &length);
        if (token) status = str_append(&bytes, token, length);
    }
    for (size_t i = 0; !status && i < bytes.length; i++)
        if (!bytes.data[i]) bytes.data[i] = '\xff';
    if (!status && bytes.length) status = utf8_replace_invalid(bytes.data, bytes.length, &valid);
    if (!status && valid.length) status = str_append(text, valid.data, valid.length);
    str_free(&valid);
    str_free(&bytes);
    return status;
}

static status_t describe(tokens_t *t, int64_t pair, int side, pair_traits_t *traits)
{
    int64_t pairs = t->pairs->pairs, place = (side ? t->pairs->second : t->pairs->first)[pair];
    int64_t window = place / t->window, position = place % t->window;
    int64_t slot = side * pairs + pair;
    str_t text = {0}, context = {0};
    t->ids[slot] = t->id[place];
    t->at[slot] = (int32_t)window;
    t->within[slot] = (int32_t)position;
    if (t->tag) t->of[slot] = t->tag[place];
    traits->id[side] = t->id[place];
    traits->frequency[side] = t->count[t->id[place]];
    traits->position[side] = position;
    traits->text[side] = tokenizer_token(t->tokenizer, t->id[place], &traits->length[side]);
    status_t status = add_tokens(t, window, position, position + 1, &text);
    if (!status) status = add_tokens(t, window, position - BEFORE, position, &context);
    if (!status) status = str_printf(&context, "[[%s]]", text.data ? text.data : "");
    if (!status) status = add_tokens(t, window, position + 1, position + 1 + BEHIND, &context);
    if (!status) status = strings_append(&t->text, text.data ? text.data : "");
    if (!status) status = strings_append(&t->context, context.data);
    str_free(&text);
    str_free(&context);
    return status;
}

static status_t read_tags(const store_t *store, tokens_t *t)
{
    store_info_t info = {0};
    if (!store_has(store, "/tags")) return NULL;
    status_t status = store_read(store, "/tags", STORE_I32, &t->tag, &info);
    if (!status) status = store_read_texts(store, "/tag_names", &t->tags);
    if (!status && info.count != (uint64_t)(t->windows * t->window))
        status = status_new(EXIT_INPUT, "%s: /tags does not fit /ids", store_path(store));
    for (uint64_t i = 0; !status && i < info.count; i++)
        if (t->tag[i] < -1 || (t->tag[i] >= 0 && (size_t)t->tag[i] >= t->tags.count))
            status = status_new(EXIT_INPUT, "%s: /tags: %d is none of %zu names", store_path(store),
                                t->tag[i], t->tags.count);
    return status;
}

/* Rank 0: everything about the tokens, and the strata of the pairs. */
static status_t find_out(const stage_t *stage, const activations_t *a, tokens_t *t)
{
    char *path = NULL;
    size_t slots = 2 * (size_t)t->pairs->pairs;
    status_t status = store_read(a->store, "/ids", STORE_I32, &t->id, NULL);
    if (!status) status = status_wrap(count_ids(t), "%s", store_path(a->store));
    if (!status) status = read_tags(a->store, t);
    if (!status) status = checkpoint_tokenizer(stage->config, &stage->checkpoints, &path);
    if (!status) status = tokenizer_open(path, &t->tokenizer);
    if (!status) status = mem_new(&t->ids, slots, "tokens of pairs");
    if (!status) status = mem_new(&t->at, slots, "tokens of pairs");
    if (!status) status = mem_new(&t->within, slots, "tokens of pairs");
    if (!status) status = mem_new(&t->of, slots, "tokens of pairs");
    for (int64_t p = 0; !status && p < t->pairs->pairs; p++) {
        pair_traits_t traits = {.window = t->window};
        status = describe(t, p, 0, &traits);
        if (!status) status = describe(t, p, 1, &traits);
        if (!status) t->pairs->stratum[p] = pair_stratum(&traits);
    }
    mem_free(&path);
    return status;
}

static void tokens_free(tokens_t *t)
{
    mem_free(&t->id);
    mem_free(&t->count);
    tokenizer_close(&t->tokenizer);
    mem_free(&t->ids);
    mem_free(&t->at);
    mem_free(&t->within);
    mem_free(&t->of);
    mem_free(&t->tag);
    strings_free(&t->tags);
    strings_free(&t->text);
    strings_free(&t->context);
}

static status_t put(store_t *store, const char *name, store_type_t type, int dimensions,
                    const uint64_t *shape, const void *data, const char *axes,
                    const char *description)
{
    status_t status = store_write(store, name, type, dimensions, shape, data);
    return status ? status : store_describe(store, name, axes, "1", description);
}

static status_t put_texts(store_t *store, const char *name, int64_t count, const strings_t *texts,
                          const char *axis, const char *description)
{
    status_t status =
        store_write_texts(store, name, (size_t)count, (const char *const *)texts->item);
    return status ? status : store_describe(store, name, axis, "text", description);
}

/* Every rank reads the names. */
static status_t write_tags(store_t *store, const activations_t *a, const tokens_t *t)
{
    strings_t names = {0};
    uint64_t both[] = {2, (uint64_t)a->pairs.pairs};
    if (!store_has(a->store, "/tags")) return NULL;
    status_t status = store_read_texts(a->store, "/tag_names", &names);
    if (!status)
        status = put(store, "/tags", STORE_I32, 2, both, t->of, "sides pairs",
                     "their tags, indices; -1: BOS");
    if (!status)
        status = put_texts(store, "/tag_names", (int64_t)names.count, &names, "tag_names",
                           "parts of speech");
    strings_free(&names);
    return status;
}

static status_t write_tokens(store_t *store, const activations_t *a, const tokens_t *t)
{
    const pairs_t *p = &a->pairs;
    uint64_t both[] = {2, (uint64_t)p->pairs}, layers[] = {(uint64_t)p->layers, both[1]};
    status_t status = put(store, "/layers", STORE_I32, 1, layers, a->layer, "layers",
                          "number of each layer, from 0");
    if (!status && a->neuron) {
        uint64_t neurons[] = {layers[0], (uint64_t)a->neurons};
        status = put(store, "/neurons", STORE_I32, 2, neurons, a->neuron, "layers neurons",
                     "numbers of the neurons in each layer, from 0; -1: no more");
    }
    if (!status)
        status = put(store, "/pairs", STORE_I64, 2, both, p->first, "sides pairs",
                     "first and second token of each pair, in the collection");
    if (!status)
        status = put(store, "/ids", STORE_I32, 2, both, t->ids, "sides pairs", "their token ids");
    if (!status) status = write_tags(store, a, t);
    if (!status)
        status = put(store, "/windows", STORE_I32, 2, both, t->at, "sides pairs", "their windows");
    if (!status)
        status = put(store, "/positions", STORE_I32, 2, both, t->within, "sides pairs",
                     "positions in these");
    if (!status)
        status = put_texts(store, "/texts", 2 * p->pairs, &t->text, "pairs*sides",
                           "text of the tokens: of pair p at 2p and 2p + 1");
    if (!status)
        status = put_texts(store, "/contexts", 2 * p->pairs, &t->context, "pairs*sides",
                           "the same in its window, in double brackets");
    if (!status)
        status = put(store, "/strata", STORE_I32, 1, both + 1, p->stratum, "pairs",
                     "pairs alike in frequencies, positions and shared text");
    if (!status)
        status = put(store, "/input_distances", STORE_F64, 2, layers, p->distance, "layers pairs",
                     "Euclidean distance of a pair's MLP inputs by layer");
    return status;
}

status_t reduce_pairs_create(const stage_t *stage, activations_t *a, const pairs_options_t *options,
                             const char *path, const char *key, store_t **store)
{
    tokens_t tokens = {.pairs = &a->pairs, .windows = a->windows, .window = a->window};
    status_t status = stage->rank == 0 ? find_out(stage, a, &tokens) : NULL;
    status = agree(stage->comm, status);
    if (!status)
        status = share_bytes(stage->comm, a->pairs.stratum,
                             (size_t)a->pairs.pairs * sizeof *a->pairs.stratum);
    if (!status) status = stage_create(stage, path, key, stage->comm, store);
    if (!status) status = write_tokens(*store, a, &tokens);
    if (!status) status = pairs_define(*store, &a->pairs, a->neurons, options);
    tokens_free(&tokens);
    return status;
}
