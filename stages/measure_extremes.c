#include <math.h>
#include <stdio.h>

#include "core/memory.h"
#include "eval/budget.h"
#include "eval/extremes.h"
#include "model/checkpoints.h"
#include "par/agree.h"
#include "select/selection.h"
#include "stages/measure.h"
#include "store/output.h"
#include "text/tokenizer.h"

/* ---- the neurons ---- */

status_t measure_cohort(const stage_t *stage, const task_t *task, const char *checkpoint,
                        const model_shape_t *shape, cohort_t *cohort)
{
    char *path = NULL;
    store_t *store = NULL;
    status_t status = str_format(&path, "%s/selection/%s.h5", stage->directory, task->cohort);
    if (!status) status = output_open(path, "select", &store);
    if (!status) status = selection_read(store, checkpoint, cohort);
    for (int64_t i = 0; !status && i < cohort->count; i++)
        if (cohort->layer[i] >= shape->layers || cohort->neuron[i] >= shape->mlp)
            status =
                status_new(EXIT_INPUT,
                           "%s: layer %d, neuron %d: the model has %d layers of %d neurons", path,
                           cohort->layer[i], cohort->neuron[i], shape->layers, shape->mlp);
    store_close(&store);
    mem_free(&path);
    return status;
}

/* ---- the file ---- */

typedef struct {
    const results_t *results;
    const extremes_t *extremes;
    const cohort_t *cohort;
    tokenizer_t *tokenizer;
    store_t *store;
    deviation_t deviation; /* of pre-activations, whose root mean square is rms */
    double rms;
} writing_t;

static status_t put(const writing_t *it, const char *group, const char *name, store_type_t type,
                    int dimensions, const void *data, const char *unit, const char *description)
{
    char path[128];
    uint64_t shape[2] = {(uint64_t)it->extremes->neurons, it->extremes->tops.count};
    snprintf(path, sizeof path, "%s/%s", group, name);
    status_t status = store_write(it->store, path, type, dimensions, shape, data);
    return status ? status
                  : store_describe(it->store, path, dimensions == 2 ? "members ranks" : "members",
                                   unit, description);
}

/* Appends the tokens [from, to) of all windows' as they are spelled, one after another. */
static status_t spell(const writing_t *it, int64_t from, int64_t to, strings_t *texts)
{
    str_t bytes = {0}, text = {0};
    status_t status = NULL;
    for (int64_t t = from; !status && t < to; t++) {
        size_t length = 0;
        const char *token = tokenizer_token(it->tokenizer, it->results->sequences->id[t], &length);
        if (token) status = str_append(&bytes, token, length);
    }
    if (!status && bytes.length) status = utf8_replace_invalid(bytes.data, bytes.length, &text);
    if (!status) status = strings_append(texts, text.data ? text.data : "");
    str_free(&bytes);
    str_free(&text);
    return status;
}

/* What surrounds an entry within its window, and the token itself; empty texts where there is none. */
static status_t add_context(const writing_t *it, int64_t place, strings_t text[3])
{
    int64_t window = it->results->task->window, reach = it->results->task->context;
    int64_t first = place < 0 ? 0 : place / window * window, last = first + window;
    int64_t from = place - reach > first ? place - reach : first;
    int64_t to = place + 1 + reach < last ? place + 1 + reach : last;
    if (place < 0) from = to = place = 0;
    status_t status = spell(it, from, place, &text[0]);
    if (!status) status = spell(it, place, to > place ? place + 1 : place, &text[1]);
    return status ? status : spell(it, place + 1, to, &text[2]);
}

static status_t put_texts(const writing_t *it, const char *group, const int64_t *place)
{
    static const char *const name[] = {"before", "text", "after"};
    static const char *const description[] = {
        "the tokens before it in its window, spelled; by neuron, then rank",
        "the token, spelled; by neuron, then rank",
        "the tokens after it in its window, spelled; by neuron, then rank"};
    size_t count = (size_t)it->extremes->neurons * it->extremes->tops.count;
    strings_t text[3] = {{0}};
    status_t status = NULL;
    for (size_t i = 0; !status && i < count; i++) status = add_context(it, place[i], text);
    for (int k = 0; !status && k < 3; k++) {
        char path[128];
        snprintf(path, sizeof path, "%s/%s", group, name[k]);
        status = store_write_texts(it->store, path, count, (const char *const *)text[k].item);
        if (!status)
            status = store_describe(it->store, path, "members*ranks", "text", description[k]);
    }
    for (int k = 0; k < 3; k++) strings_free(&text[k]);
    return status;
}

/* The columns of one list of every neuron, [neurons][count]. */
typedef struct {
    float *value, *up;
    int64_t *place;
    int32_t *token, *window, *position;
} columns_t;

static void columns_free(columns_t *columns)
{
    mem_free(&columns->value);
    mem_free(&columns->up);
    mem_free(&columns->place);
    mem_free(&columns->token);
    mem_free(&columns->window);
    mem_free(&columns->position);
}

static status_t columns_fill(const writing_t *it, int list, columns_t *c)
{
    const tops_t *tops = &it->extremes->tops;
    size_t neurons = (size_t)it->extremes->neurons, all = neurons * tops->count;
    int64_t window = it->results->task->window;
    status_t status = mem_new(&c->value, all, "extreme values");
    if (!status) status = mem_new(&c->up, all, "extreme values");
    if (!status) status = mem_new(&c->place, all, "extreme values");
    if (!status) status = mem_new(&c->token, all, "extreme values");
    if (!status) status = mem_new(&c->window, all, "extreme values");
    if (!status) status = mem_new(&c->position, all, "extreme values");
    for (size_t i = 0; !status && i < all; i++) {
        size_t of = i / tops->count * EXTREME_LISTS + (size_t)list, rank = i % tops->count;
        const entry_t *entry = &tops->entry[of * tops->count + rank];
        bool there = rank < (size_t)tops->filled[of];
        c->value[i] = there ? entry->value : NAN;
        c->up[i] = there ? entry->up : NAN;
        c->place[i] = there ? entry->place : -1;
        c->token[i] = there ? it->results->sequences->id[entry->place] : -1;
        c->window[i] = there ? (int32_t)(entry->place / window) : -1;
        c->position[i] = there ? (int32_t)(entry->place % window) : -1;
    }
    return status;
}

static status_t put_list(const writing_t *it, int list)
{
    columns_t c = {0};
    char group[64];
    snprintf(group, sizeof group, "/%s", extreme_names[list]);
    status_t status = columns_fill(it, list, &c);
    if (!status)
        status = put(it, group, "value", STORE_F32, 2, c.value, "1",
                     "pre-activation, by neuron and rank; NaN: there are fewer");
    if (!status && it->extremes->gated)
        status =
            put(it, group, "up", STORE_F32, 2, c.up, "1", "what the up projection gives there");
    if (!status) status = put(it, group, "token", STORE_I32, 2, c.token, "1", "token id; -1: none");
    if (!status)
        status = put(it, group, "window", STORE_I32, 2, c.window, "1",
                     "window of the corpus, from 0; -1: none");
    if (!status)
        status = put(it, group, "position", STORE_I32, 2, c.position, "tokens",
                     "place of the token in its window, from 0; -1: none");
    if (!status) status = put_texts(it, group, c.place);
    columns_free(&c);
    return status;
}

static status_t put_quadrant(const writing_t *it, int quadrant)
{
    const extremes_t *extremes = it->extremes;
    size_t neurons = (size_t)extremes->neurons;
    double *share = NULL, *product = NULL;
    char group[64];
    snprintf(group, sizeof group, "/%s", extreme_names[EXTREME_QUADRANTS + quadrant]);
    status_t status = mem_new(&share, neurons, "shares");
    if (!status) status = mem_new(&product, neurons, "products");
    for (size_t n = 0; !status && n < neurons; n++) {
        share[n] = (double)extremes->tokens[4 * n + (size_t)quadrant] / (double)extremes->all;
        product[n] = extremes->product[4 * n + (size_t)quadrant];
    }
    if (!status)
        status = put(it, group, "share", STORE_F64, 1, share, "1",
                     "share of tokens with these signs of gate and up (0 is positive)");
    if (!status)
        status = put(it, group, "mean_product", STORE_F64, 1, product, "1",
                     "mean of act(gate) up over them; NaN: there are none");
    mem_free(&product);
    mem_free(&share);
    return status;
}

static status_t put_neurons(const writing_t *it)
{
    double *share = NULL;
    size_t neurons = (size_t)it->extremes->neurons;
    status_t status = mem_new(&share, neurons, "shares");
    for (size_t n = 0; !status && n < neurons; n++)
        share[n] = (double)it->extremes->below[n] / (double)it->extremes->all;
    if (!status)
        status = put(it, "", "layer", STORE_I32, 1, it->cohort->layer, "1",
                     "layer of each neuron, from 0");
    if (!status)
        status = put(it, "", "neuron", STORE_I32, 1, it->cohort->neuron, "1",
                     "neuron within its layer, from 0");
    if (!status)
        status = put(it, "", "negative_fraction", STORE_F64, 1, share, "1",
                     "share of tokens with a pre-activation below 0");
    mem_free(&share);
    return status;
}

static status_t write_file(writing_t *it, const char *path, const char *key)
{
    const stage_t *stage = it->results->stage;
    char *place = NULL;
    status_t status = checkpoint_tokenizer(stage->config, &stage->checkpoints, &place);
    if (!status) status = tokenizer_open(place, &it->tokenizer);
    if (!status) status = results_create(it->results, path, key, &it->store);
    if (!status) status = store_set_text(it->store, "/", "corpus", it->results->task->data);
    if (!status) status = store_set_text(it->store, "/", "cohort", it->results->task->cohort);
    if (!status) status = store_set_integer(it->store, "/", "tokens", it->extremes->all);
    if (!status) status = measure_write_deviation(it->store, &it->deviation, it->rms);
    if (!status) status = put_neurons(it);
    for (int l = 0; !status && l < EXTREME_LISTS; l++)
        if (l < EXTREME_QUADRANTS || it->extremes->gated) status = put_list(it, l);
    for (int q = 0; !status && q < 4 && it->extremes->gated; q++) status = put_quadrant(it, q);
    if (!status) status = store_publish(&it->store);
    store_close(&it->store);
    tokenizer_close(&it->tokenizer);
    mem_free(&place);
    return status;
}

/* ---- the work ---- */

static status_t write_part(writing_t *it, const char *path, const char *key)
{
    status_t status = results_create(it->results, path, key, &it->store);
    if (!status) status = extremes_write(it->store, it->extremes);
    if (!status) status = measure_write_deviation(it->store, &it->deviation, it->rms);
    if (!status) status = store_publish(&it->store);
    store_close(&it->store);
    return status;
}

status_t measure_extremes(const results_t *results, model_t *model, const score_plan_t *plan,
                          const cohort_t *cohort, size_t part, size_t parts, const char *path,
                          const char *key)
{
    const stage_t *stage = results->stage;
    extremes_t extremes = {0};
    const intervention_t none = {.ablate = ABLATE_NONE};
    const extremes_plan_t what = {.layer = cohort->layer,
                                  .neuron = cohort->neuron,
                                  .neurons = cohort->count,
                                  .count = results->task->count,
                                  .part = part ? part - 1 : 0,
                                  .parts = part ? parts : 1};
    run_options_t options = {.condition = &none,
                             .conditions = 1,
                             .layers = measure_layers(cohort),
                             .what = results->checkpoint,
                             .memory = memory_for_states(stage->config, model),
                             .team = stage->team,
                             .arithmetic = results->arithmetic};
    char label[256];
    snprintf(label, sizeof label, "%s %s", results->checkpoint, results->task->name);
    writing_t it = {.results = results, .extremes = &extremes, .cohort = cohort};
    status_t status = measure_deviation(results, model, &options, &it.deviation, &it.rms);
    if (!status)
        status = extremes_measure(stage->comm, model, plan, &options, &what, label, &extremes);
    if (!status && stage->rank == 0)
        status = part ? write_part(&it, path, key) : write_file(&it, path, key);
    extremes_destroy(&extremes);
    return agree(stage->comm, status);
}

/* ---- parts ---- */

/* Adds one part's file; all say the same of float32. */
static status_t add_part(writing_t *it, const char *path, extremes_t *all)
{
    store_t *store = NULL;
    extremes_t part = {0};
    status_t status = extremes_create(&part, all->neurons, (int64_t)all->tops.count, all->gated);
    if (!status) status = output_open(path, "evaluate", &store);
    if (!status) status = extremes_read(store, &part);
    if (!status) status = extremes_add(all, &part);
    if (!status && it->results->arithmetic != ARITHMETIC_FLOAT32)
        status = measure_read_deviation(store, &it->deviation, &it->rms);
    store_close(&store);
    extremes_destroy(&part);
    return status;
}

status_t measure_merge_extremes(const results_t *results, const model_shape_t *shape,
                                const cohort_t *cohort, const strings_t *parts, const char *path,
                                const char *key)
{
    const stage_t *stage = results->stage;
    extremes_t all = {0};
    writing_t it = {.results = results, .extremes = &all, .cohort = cohort};
    status_t status = NULL;
    if (stage->rank == 0) {
        status =
            extremes_create(&all, cohort->count, results->task->count, shape->facts->up != NULL);
        for (size_t i = 0; !status && i < parts->count; i++)
            status = add_part(&it, parts->item[i], &all);
        if (!status) status = write_file(&it, path, key);
    }
    extremes_destroy(&all);
    return agree(stage->comm, status);
}
