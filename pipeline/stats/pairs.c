#include "stats/pairs.h"

#include <math.h>
#include <string.h>

#include "core/memory.h"

/* ---- the pairs of a file ---- */

static status_t check(const store_t *store, const pairs_t *p, const store_info_t *pairs,
                      const store_info_t *distances, int64_t tokens)
{
    if (pairs->dimensions != 2 || pairs->shape[0] != 2 || pairs->shape[1] > INT32_MAX ||
        distances->dimensions != 2 || distances->shape[0] != (uint64_t)p->layers ||
        distances->shape[1] != pairs->shape[1])
        return status_new(EXIT_INPUT,
                          "%s: /pairs [2][pairs] and /input_distances [%lld][pairs] are expected",
                          store_path(store), (long long)p->layers);
    for (uint64_t i = 0; i < pairs->count; i++)
        if (p->first[i] < 0 || p->first[i] >= tokens)
            return status_new(EXIT_INPUT, "%s: /pairs: token %lld; 0 to %lld are there",
                              store_path(store), (long long)p->first[i], (long long)tokens - 1);
    for (uint64_t i = 0; i < distances->count; i++)
        if (!(p->distance[i] >= 0 && isfinite(p->distance[i])))
            return status_new(EXIT_INPUT, "%s: /input_distances: %g is no distance",
                              store_path(store), p->distance[i]);
    return NULL;
}

status_t pairs_read(const store_t *store, int64_t layers, int64_t tokens, pairs_t *p)
{
    store_info_t pairs = {0}, distances = {0};
    *p = (pairs_t){.layers = layers};
    if (!store_has(store, "/pairs")) return NULL;
    status_t status = store_read(store, "/pairs", STORE_I64, &p->first, &pairs);
    if (!status)
        status = store_read(store, "/input_distances", STORE_F64, &p->distance, &distances);
    if (!status) status = check(store, p, &pairs, &distances, tokens);
    size_t count = (size_t)pairs.shape[1];
    p->second = p->first + count;
    if (!status) status = mem_new(&p->stratum, count, "strata of pairs");
    if (!status) status = mem_new(&p->token, 2 * count, "tokens of pairs");
    if (!status) status = mem_new(&p->first_slot, count, "tokens of pairs");
    if (!status) status = mem_new(&p->second_slot, count, "tokens of pairs");
    if (!status)
        status = pairs_order(p->first, p->second, (int64_t)count, p->token, p->first_slot,
                             p->second_slot);
    if (status) {
        pairs_destroy(p);
        return status;
    }
    p->pairs = (int64_t)count;
    return NULL;
}

void pairs_destroy(pairs_t *p)
{
    mem_free(&p->first);
    mem_free(&p->distance);
    mem_free(&p->stratum);
    mem_free(&p->token);
    mem_free(&p->first_slot);
    mem_free(&p->second_slot);
    *p = (pairs_t){0};
}

int64_t pairs_dropped(const pairs_t *p, int64_t layer)
{
    int64_t dropped = 0;
    for (int64_t i = 0; i < p->pairs; i++) dropped += !(p->distance[layer * p->pairs + i] > 0);
    return dropped;
}

size_t pairs_bytes(int64_t layers)
{
    size_t file = 6 * sizeof(int64_t) + sizeof(int32_t) + (size_t)layers * sizeof(double);
    size_t outputs = 4 * sizeof(float) + sizeof(double);
    size_t difficulty = sizeof(int64_t) + 2 * sizeof(double);
    size_t similar = 3 * sizeof(int32_t) + 3 * sizeof(double) + 1;
    return file + outputs + difficulty + similar;
}

size_t pairs_file_bytes(int64_t most)
{
    return (size_t)most * (sizeof(int32_t) + 2 * sizeof(float)) + sizeof(double) +
           2 * SIGNS * sizeof(int32_t);
}

/* ---- the file of results ---- */

static status_t define(store_t *store, const char *name, store_type_t type, int dimensions,
                       const uint64_t *shape, const char *axes, const char *unit,
                       const char *description)
{
    status_t status = store_define(store, name, type, dimensions, shape, NULL);
    return status ? status : store_describe(store, name, axes, unit, description);
}

status_t pairs_define(store_t *store, const pairs_t *p, int64_t neurons,
                      const pairs_options_t *options)
{
    uint64_t shown[] = {(uint64_t)p->layers, (uint64_t)neurons, (uint64_t)options->most, 2};
    uint64_t signs[] = {shown[0], shown[1], SIGNS};
    status_t status =
        define(store, "/separated", STORE_I32, 3, shown, "layers neurons separated", "1",
               "pairs of similar inputs that each neuron separates most, from the first on; -1: "
               "no more");
    if (!status)
        status = define(store, "/outputs", STORE_F32, 4, shown, "layers neurons separated sides",
                        "1", "pre-activation at both tokens of these pairs");
    if (!status)
        status = define(store, "/output_medians", STORE_F64, 2, shown, "layers neurons", "1",
                        "median output distance over all pairs of different inputs");
    if (!status)
        status = define(store, "/signs", STORE_I32, 3, signs, "layers neurons signs", "pairs",
                        "separated pairs with both outputs negative, one, none");
    if (!status)
        status = define(store, "/control_signs", STORE_I32, 3, signs, "layers neurons signs",
                        "pairs", "the same of their controls: similar pairs of equal stratum");
    if (!status) status = store_set_number(store, "/", "similar", options->percent);
    if (!status) status = store_set_integer(store, "/", "seed", (int64_t)options->seed);
    return status;
}

/* ---- the work ---- */

status_t pairs_work_create(pairs_work_t *w, const pairs_t *pairs, store_t *store, int64_t neurons,
                           int64_t width, const pairs_options_t *options)
{
    size_t count = (size_t)pairs->pairs, block = (size_t)width, most = (size_t)options->most;
    *w = (pairs_work_t){.pairs = pairs,
                        .options = *options,
                        .store = store,
                        .neurons = neurons,
                        .width = width,
                        .layer = -1};
    status_t status = mem_new(&w->first, count, "outputs of pairs");
    if (!status) status = mem_new(&w->second, count, "outputs of pairs");
    if (!status) status = mem_new(&w->row, 2 * count, "outputs of pairs");
    if (!status) status = mem_new(&w->output, count, "distances of pairs");
    if (!status) status = mem_new(&w->separated, block * most, "separated pairs");
    if (!status) status = mem_new(&w->value, 2 * block * most, "separated pairs");
    if (!status) status = mem_new(&w->median, block, "medians");
    for (int i = 0; !status && i < 2; i++)
        status = mem_new(&w->sign[i], block * SIGNS, "signs of pairs");
    return status;
}

void pairs_work_destroy(pairs_work_t *w)
{
    difficulty_destroy(&w->difficulty);
    similar_destroy(&w->similar);
    mem_free(&w->first);
    mem_free(&w->second);
    mem_free(&w->row);
    mem_free(&w->output);
    mem_free(&w->separated);
    mem_free(&w->value);
    mem_free(&w->median);
    mem_free(&w->sign[0]);
    mem_free(&w->sign[1]);
    *w = (pairs_work_t){0};
}

status_t pairs_work_begin(pairs_work_t *w, int64_t layer)
{
    if (w->layer == layer) return NULL;
    const pairs_t *p = w->pairs;
    const double *distance = p->distance + layer * p->pairs;
    difficulty_destroy(&w->difficulty);
    similar_destroy(&w->similar);
    w->layer = -1;
    status_t status = difficulty_create(&w->difficulty, distance, p->pairs);
    if (!status)
        status = similar_create(&w->similar, distance, p->stratum, p->pairs, w->options.percent,
                                w->options.most);
    if (!status) w->layer = layer;
    return status;
}

void pairs_work_pick(pairs_work_t *w, const void *column, dtype_t type)
{
    const pairs_t *p = w->pairs;
    const float *wide = column;
    const uint16_t *narrow = column;
    uint16_t *picked = (uint16_t *)w->row;
    for (int64_t i = 0; type == DTYPE_F32 && i < p->pairs; i++) {
        w->first[i] = wide[p->first[i]];
        w->second[i] = wide[p->second[i]];
    }
    if (type == DTYPE_F32) return;
    for (int64_t i = 0; i < p->pairs; i++) {
        picked[i] = narrow[p->first[i]];
        picked[p->pairs + i] = narrow[p->second[i]];
    }
    dtype_expand(w->first, picked, (size_t)p->pairs, type);
    dtype_expand(w->second, picked + p->pairs, (size_t)p->pairs, type);
}

status_t pairs_work_load(pairs_work_t *w, const store_t *activations, int64_t neuron)
{
    const pairs_t *p = w->pairs;
    uint64_t start[] = {(uint64_t)w->layer, (uint64_t)neuron, 0};
    uint64_t count[] = {1, 1, 2 * (uint64_t)p->pairs};
    status_t status = store_get(activations, "/pair_outputs", STORE_F32, start, count, w->row);
    for (int64_t i = 0; !status && i < p->pairs; i++) {
        w->first[i] = w->row[p->first_slot[i]];
        w->second[i] = w->row[p->second_slot[i]];
        if (!isfinite(w->first[i]) || !isfinite(w->second[i]))
            status = status_new(EXIT_NUMERIC,
                                "%s: /pair_outputs: layer %lld of those stored, neuron %lld: not "
                                "finite at pair %lld",
                                store_path(activations), (long long)w->layer, (long long)neuron,
                                (long long)i);
    }
    return status;
}

double pairs_work_measure(pairs_work_t *w, int64_t from, int64_t index)
{
    const similar_t *similar = &w->similar;
    int64_t most = w->options.most, neuron = w->layer * w->neurons + from + index;
    random_t random = random_stream(w->options.seed, "controls", (uint64_t)neuron);
    separation_t separation = {.pair = w->separated + index * most};
    float *value = w->value + index * most * 2;
    for (int64_t p = 0; p < w->pairs->pairs; p++)
        w->output[p] = fabs((double)w->first[p] - (double)w->second[p]);
    double difficulty = difficulty_measure(&w->difficulty, w->output);
    w->median[index] = w->difficulty.median;
    int64_t shown = isnan(difficulty) ? 0 : similar->most;
    if (shown) similar_measure(&w->similar, w->first, w->second, &random, &separation);
    for (int64_t k = 0; k < most; k++) {
        if (k >= shown) separation.pair[k] = -1;
        value[2 * k] = k < shown ? w->first[separation.pair[k]] : NAN;
        value[2 * k + 1] = k < shown ? w->second[separation.pair[k]] : NAN;
    }
    memcpy(w->sign[0] + index * SIGNS, separation.sign, sizeof separation.sign);
    memcpy(w->sign[1] + index * SIGNS, separation.control, sizeof separation.control);
    return difficulty;
}

status_t pairs_work_write(pairs_work_t *w, int64_t from, int64_t count)
{
    uint64_t start[] = {(uint64_t)w->layer, (uint64_t)from, 0, 0};
    uint64_t shown[] = {1, (uint64_t)count, (uint64_t)w->options.most, 2};
    uint64_t signs[] = {1, (uint64_t)count, SIGNS};
    status_t status = store_put_own(w->store, "/separated", start, shown, w->separated);
    if (!status) status = store_put_own(w->store, "/outputs", start, shown, w->value);
    if (!status) status = store_put_own(w->store, "/output_medians", start, shown, w->median);
    if (!status) status = store_put_own(w->store, "/signs", start, signs, w->sign[0]);
    if (!status) status = store_put_own(w->store, "/control_signs", start, signs, w->sign[1]);
    return status;
}
