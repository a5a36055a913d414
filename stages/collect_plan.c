/* What collect takes: corpora, parts, layers, neurons, and the keys of its files. */
#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "par/work.h"
#include "select/neuron_list.h"
#include "stages/collect.h"

/* ---- corpora and their parts ---- */

size_t collection_corpora(const stage_t *stage)
{
    const char *const *also;
    return 1 + config_texts(stage->config, "collect.also", &also);
}

status_t collection_read_settings(collection_t *it, size_t index)
{
    const config_t *config = it->stage->config;
    const char *const *also;
    const char *key = index ? "collect.also" : "collect.corpus";
    config_texts(config, "collect.also", &also);
    const char *corpus = index ? also[index - 1] : config_text(config, "collect.corpus");
    it->windows = (task_t){.kind = TASK_PERPLEXITY, .name = (char *)"collect", .data = corpus};
    it->windows.window = config_integer(config, "collect.window");
    it->windows.bos = config_boolean(config, "collect.bos");
    it->windows.stride = config_has(config, "collect.stride")
                             ? config_integer(config, "collect.stride")
                             : it->windows.window - it->windows.bos;
    it->windows.windows = config_integer(config, "collect.windows");
    it->windows.drop_last = !config_boolean(config, "collect.last_window");
    if (!corpus) return config_error(config, "collect.corpus", "the name of a corpus is expected");
    status_t status = task_check_collected(config, key, corpus);
    int64_t parts = config_integer(config, "collect.parts");
    if (!status && config_integer(config, "collect.part") > parts)
        status =
            config_error(config, "collect.part", "there are collect.parts: %lld", (long long)parts);
    for (size_t i = 1; !status && i <= index; i++)
        if (strcmp(corpus, i > 1 ? also[i - 2] : config_text(config, "collect.corpus")) == 0)
            status = config_error(config, key, "%s is collected twice", corpus);
    return status;
}

status_t collection_open(collection_t *it)
{
    task_t first = it->windows;
    first.most = (FIRST_TOKENS + first.window - 1) / first.window;
    status_t status = stage_sequences(it->stage, it->tokenizer, &first, &it->opening);
    it->total = it->opening.total;
    return status;
}

void collection_close(collection_t *it)
{
    sequences_free(&it->opening);
    sequences_free(&it->sequences);
    it->loaded = 0;
}

/* Chunks of whole windows; the last may have fewer of them. */
static size_t windows_of_chunk(const collection_t *it)
{
    int64_t windows = config_integer(it->stage->config, "resources.chunk") / it->windows.window;
    return windows > 1 ? (size_t)windows : 1;
}

size_t collection_chunk_tokens(const collection_t *it)
{
    size_t windows = windows_of_chunk(it);
    return (windows < it->count ? windows : it->count) * (size_t)it->windows.window;
}

static size_t chunks_of(const collection_t *it)
{
    return (it->total + windows_of_chunk(it) - 1) / windows_of_chunk(it);
}

size_t collection_parts(const collection_t *it)
{
    size_t parts = (size_t)config_integer(it->stage->config, "collect.parts");
    return parts < chunks_of(it) ? parts : chunks_of(it);
}

status_t collection_load(collection_t *it, size_t part)
{
    size_t first, count;
    task_t some = it->windows;
    work_share((int)part - 1, (int)collection_parts(it), chunks_of(it), &first, &count);
    it->before = first * windows_of_chunk(it);
    if (it->loaded == part) return NULL;
    some.skip = (int64_t)it->before;
    some.most = (int64_t)(count * windows_of_chunk(it));
    sequences_free(&it->sequences);
    it->loaded = 0;
    status_t status = stage_sequences(it->stage, it->tokenizer, &some, &it->sequences);
    if (!status) it->loaded = part;
    return status;
}

/* ---- layers, neurons, mode ---- */

static int ascending(const void *a, const void *b)
{
    return *(const int32_t *)a - *(const int32_t *)b;
}

static status_t choose_layers(collection_t *it)
{
    const char *const *text;
    int layers = it->shape.layers;
    size_t count = config_texts(it->stage->config, "collect.layers", &text);
    it->layers = count ? count : (size_t)layers;
    status_t status = mem_new(&it->layer, it->layers, "layers");
    for (size_t i = 0; !status && i < it->layers; i++) {
        it->layer[i] = count ? (int32_t)strtol(text[i], NULL, 10) : (int32_t)i;
        if (it->layer[i] >= layers)
            status = config_error(it->stage->config, "collect.layers",
                                  "there is no layer %d: the model has layers 0 to %d",
                                  it->layer[i], layers - 1);
    }
    if (status) return status;
    qsort(it->layer, it->layers, sizeof *it->layer, ascending);
    for (size_t i = 1; !status && i < it->layers; i++)
        if (it->layer[i] == it->layer[i - 1])
            status = config_error(it->stage->config, "collect.layers", "layer %d is listed twice",
                                  it->layer[i]);
    return status;
}

/* wanted [layers][F]: marks the neurons that the file lists, of the layers that are taken. */
static status_t mark_listed(const collection_t *it, const char *path, char *wanted)
{
    neuron_list_t list = {0};
    size_t mlp = (size_t)it->shape.mlp;
    status_t status = neuron_list_read(path, &list);
    for (int64_t i = 0; !status && i < list.count; i++) {
        const neuron_place_t *place = &list.place[i];
        const int32_t *found =
            bsearch(&place->layer, it->layer, it->layers, sizeof *it->layer, ascending);
        if (place->layer >= it->shape.layers || place->neuron >= it->shape.mlp)
            status =
                status_new(EXIT_INPUT,
                           "%s: line %lld: layer %d, neuron %d; the model has layers 0 to %d of "
                           "neurons 0 to %d",
                           path, (long long)place->line, place->layer, place->neuron,
                           it->shape.layers - 1, it->shape.mlp - 1);
        else if (found) wanted[(size_t)(found - it->layer) * mlp + (size_t)place->neuron] = 1;
    }
    neuron_list_destroy(&list);
    return status;
}

/* Each layer's marked neurons in a row of the length of the longest. */
static status_t take_marked(collection_t *it, const char *wanted, size_t every)
{
    size_t mlp = (size_t)it->shape.mlp, most = 0;
    for (size_t l = 0; l < it->layers; l++) {
        size_t count = 0;
        for (size_t n = 0; n < mlp; n += every) count += wanted[l * mlp + n] != 0;
        if (count > most) most = count;
    }
    if (most == 0)
        return config_error(it->stage->config, "collect.neurons",
                            "no neuron of the layers that are taken");
    it->neurons = most;
    status_t status = mem_new(&it->neuron, it->layers * most, "neurons");
    for (size_t l = 0; !status && l < it->layers; l++) {
        int32_t *to = it->neuron + l * most, *end = to + most;
        for (size_t n = 0; n < mlp; n += every)
            if (wanted[l * mlp + n]) *to++ = (int32_t)n;
        while (to < end) *to++ = -1;
    }
    return status;
}

static status_t choose_neurons(collection_t *it)
{
    const char *path = config_text(it->stage->config, "collect.neurons");
    size_t every = (size_t)config_integer(it->stage->config, "collect.every"), all = 0;
    char *wanted = NULL;
    it->neurons = (size_t)it->shape.mlp;
    if (!path && every == 1) return NULL;
    status_t status = mem_product(it->layers, it->neurons, "neurons", &all);
    if (!status) status = mem_new(&wanted, all, "neurons");
    if (!status && path) status = mark_listed(it, path, wanted);
    if (!status && !path) memset(wanted, 1, all);
    if (!status) status = take_marked(it, wanted, every);
    mem_free(&wanted);
    return status;
}

/* auto: raw activations as long as they fit a disk comfortably. */
static bool wants_sketch(const collection_t *it)
{
    const char *mode = config_text(it->stage->config, "collect.mode");
    const char *type = config_text(it->stage->config, "collect.type");
    double tokens = (double)it->total * (double)it->windows.window;
    double values = (double)it->layers * (double)it->neurons * tokens;
    if (strcmp(mode, "auto") != 0) return strcmp(mode, "sketch") == 0;
    return values * (strcmp(type, "f32") == 0 ? 4 : 2) > COLLECT_RAW_BYTES;
}

status_t collection_choose(collection_t *it)
{
    mem_free(&it->layer);
    mem_free(&it->neuron);
    status_t status = choose_layers(it);
    if (!status) status = choose_neurons(it);
    it->sketch = !status && wants_sketch(it);
    return status;
}

int64_t collection_pairs(const collection_t *it)
{
    const config_t *config = it->stage->config;
    int64_t tokens = (int64_t)it->total * it->windows.window;
    double values = (double)it->shape.width + (it->sketch ? (double)it->neurons : 0);
    double bytes = 2 * (double)it->layers * values * sizeof(float);
    int64_t pairs = COLLECT_PAIRS;
    if (config_has(config, "collect.pairs")) pairs = config_integer(config, "collect.pairs");
    else if (COLLECT_PAIR_BYTES < (double)pairs * bytes)
        pairs = (int64_t)(COLLECT_PAIR_BYTES / bytes);
    return pairs < tokens / 2 ? pairs : tokens / 2;
}

size_t collection_folds(const collection_t *it)
{
    size_t folds = (size_t)config_integer(it->stage->config, "collect.folds");
    return !it->sketch || folds < 2 ? 0 : folds < it->total ? folds : it->total;
}

/* Runs of windows, as even as they can be. */
size_t collection_fold(const collection_t *it, size_t window)
{
    size_t folds = collection_folds(it);
    return folds ? window * folds / it->total : 0;
}

/* ---- keys and paths ---- */

static status_t describe(const collection_t *it, size_t part, str_t *text)
{
    const config_t *config = it->stage->config;
    status_t status = str_printf(
        text,
        "window %lld stride %lld bos %d windows %zu chunk %lld as %s deflate %lld pairs %lld folds "
        "%zu seed %lld arithmetic %s",
        (long long)it->windows.window, (long long)it->windows.stride, it->windows.bos, it->total,
        (long long)config_integer(config, "resources.chunk"),
        it->sketch ? "sketch" : config_text(config, "collect.type"),
        (long long)config_integer(config, "collect.deflate"), (long long)collection_pairs(it),
        collection_folds(it), (long long)config_integer(config, "collect.seed"),
        arithmetic_name(it->arithmetic));
    if (!status && part) status = str_printf(text, " part %zu of %zu", part, collection_parts(it));
    for (size_t i = 0; !status && i < it->layers; i++)
        status = str_printf(text, " layer %d", it->layer[i]);
    return status;
}

status_t collection_key(const collection_t *it, size_t part, char key[SHA256_HEX])
{
    str_t text = {0};
    char neurons[SHA256_HEX] = "all";
    hash_t *hash = NULL;
    status_t status = stage_key_create(&hash);
    if (!status) status = describe(it, part, &text);
    if (!status && it->neuron)
        status = hash_bytes(it->neuron, it->layers * it->neurons * sizeof *it->neuron, neurons);
    if (!status) status = hash_add_field(hash, "stage", "collect");
    if (!status) status = hash_add_field(hash, "model", it->hash);
    if (!status) status = hash_add_field(hash, "corpus", it->opening.key);
    if (!status) status = hash_add_field(hash, "settings", text.data);
    if (!status) status = hash_add_field(hash, "neurons", neurons);
    if (!status) status = hash_finish(&hash, key);
    hash_destroy(&hash);
    str_free(&text);
    return status;
}

status_t collection_path(const collection_t *it, size_t part, bool create, char **path)
{
    const char *main_corpus = config_text(it->stage->config, "collect.corpus");
    bool other = strcmp(it->windows.data, main_corpus) != 0;
    const char *directory = other ? it->windows.data : "", *slash = other ? "/" : "";
    if (part)
        return stage_path(it->stage, create, path, "activations/%s%s%s.part%zu.h5", directory,
                          slash, it->checkpoint, part);
    return stage_path(it->stage, create, path, "activations/%s%s%s.h5", directory, slash,
                      it->checkpoint);
}
