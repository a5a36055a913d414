#include "report/neuron_places.h"

#include <math.h>
#include <string.h>

#include "core/file.h"
#include "core/memory.h"
#include "eval/extremes.h"
#include "select/selection.h"
#include "store/output.h"

/* The stems of ".h5" files in directory/room, in the order of people; none where it is not there. */
static status_t list_files(const char *directory, const char *room, strings_t *stems)
{
    char *path = NULL;
    strings_t names = {0};
    status_t status = path_join(directory, room, &path);
    if (!status && file_is_directory(path)) status = directory_list(path, &names);
    for (size_t i = 0; !status && i < names.count; i++)
        if (has_suffix(names.item[i], ".h5"))
            status = strings_append_n(stems, names.item[i], strlen(names.item[i]) - strlen(".h5"));
    strings_sort_natural(stems);
    strings_free(&names);
    mem_free(&path);
    return status;
}

static status_t open_file(const char *directory, const char *room, const char *stem,
                          const char *stage, store_t **store)
{
    char *path = NULL;
    status_t status = str_format(&path, "%s/%s/%s.h5", directory, room, stem);
    if (!status) status = output_open(path, stage, store);
    mem_free(&path);
    return status;
}

status_t neuron_checkpoints(const char *directory, strings_t *names)
{
    return list_files(directory, "statistics", names);
}

/* ---- which neurons there are ---- */

static int64_t place_of(const neuron_files_t *files, int64_t layer)
{
    for (int64_t l = 0; l < files->layers; l++)
        if (files->layer[l] == layer) return l;
    return -1;
}

/* "0 to 3" or "0, 2, 5". */
static status_t say_layers(const neuron_files_t *files, str_t *text)
{
    int64_t last = files->layers - 1;
    if (files->layer[last] - files->layer[0] == last)
        return str_printf(text, "%d to %d", files->layer[0], files->layer[last]);
    status_t status = NULL;
    for (int64_t l = 0; !status && l <= last; l++)
        status = str_printf(text, "%s%d", l ? ", " : "", files->layer[l]);
    return status;
}

status_t neuron_check(const neuron_files_t *files, int64_t layer, int64_t neuron)
{
    str_t layers = {0};
    status_t status = NULL;
    if (!files->statistics || files->layers == 0) return NULL;
    if (place_of(files, layer) < 0) {
        status = say_layers(files, &layers);
        if (!status)
            status = status_new(EXIT_USAGE, "--layer %lld: the layers of %s are %s",
                                (long long)layer, files->checkpoint, layers.data);
    } else if (neuron < 0 || neuron >= files->neurons) {
        status = status_new(EXIT_USAGE, "--neuron %lld: the neurons of a layer are 0 to %lld",
                            (long long)neuron, (long long)files->neurons - 1);
    }
    str_free(&layers);
    return status;
}

/* ---- places ---- */

/* Of a statistic among the neurons of a layer: 1 is the highest. row [neurons] is scratch. */
static status_t rank(const neuron_files_t *files, int64_t layer, int64_t neuron, int index,
                     double *row, neuron_places_t *places)
{
    const uint64_t start[] = {(uint64_t)layer, 0}, count[] = {1, (uint64_t)files->neurons};
    const char *name = statistics[index].name;
    if (!store_has(files->statistics, name)) return NULL;
    status_t status = store_get(files->statistics, name, STORE_F64, start, count, row);
    if (status || isnan(row[neuron])) return status;
    places->rank[index] = 1;
    for (int64_t n = 0; n < files->neurons; n++) {
        places->of[index] += !isnan(row[n]);
        places->rank[index] += row[n] > row[neuron];
    }
    return NULL;
}

static status_t read_quantiles(const neuron_files_t *files, int64_t layer, int64_t neuron,
                               neuron_places_t *places)
{
    double *level = NULL;
    size_t levels = 0;
    store_info_t info;
    status_t status = store_get_numbers(files->statistics, "quantiles", "levels", &level, &levels);
    if (!status) status = store_find(files->statistics, "quantiles", &info);
    if (!status && (info.dimensions != 3 || info.shape[0] != levels || levels > LEVELS))
        status = status_new(EXIT_INPUT, "%s: /quantiles: [levels][layers][neurons] is expected",
                            store_path(files->statistics));
    for (size_t i = 0; !status && i < levels; i++) {
        const uint64_t start[] = {i, (uint64_t)layer, (uint64_t)neuron}, one[] = {1, 1, 1};
        places->level[i] = level[i];
        status =
            store_get(files->statistics, "quantiles", STORE_F64, start, one, &places->quantile[i]);
    }
    mem_free(&level);
    return status;
}

static status_t read_ranks(const neuron_files_t *files, const neuron_card_t *card,
                           neuron_places_t *places)
{
    double *row = NULL;
    int64_t layer = place_of(files, card->layer);
    if (!files->statistics || layer < 0) return NULL;
    status_t status = mem_new(&row, (size_t)files->neurons, "statistics of a layer");
    for (int s = 0; !status && s < STATISTICS; s++)
        status = rank(files, layer, card->neuron, s, row, places);
    if (!status && store_has(files->statistics, "quantiles"))
        status = read_quantiles(files, layer, card->neuron, places);
    mem_free(&row);
    return status;
}

/* ---- contexts ---- */

/* The neuron's place in a file of extremes, or -1; *count: entries of a list. */
static status_t find_row(const store_t *store, const neuron_card_t *card, int64_t *row,
                         uint64_t *count)
{
    int32_t *layer = NULL, *neuron = NULL;
    store_info_t layers = {0}, neurons = {0}, values = {0};
    status_t status = store_read(store, "/layer", STORE_I32, &layer, &layers);
    if (!status) status = store_read(store, "/neuron", STORE_I32, &neuron, &neurons);
    if (!status) status = store_find(store, "/negative/value", &values);
    if (!status && (layers.count != neurons.count || values.dimensions != 2 ||
                    values.shape[0] != layers.count))
        status = status_new(EXIT_INPUT, "%s: /layer, /neuron and /negative/value do not fit",
                            store_path(store));
    *row = -1;
    for (uint64_t i = 0; !status && i < layers.count; i++)
        if (layer[i] == card->layer && neuron[i] == card->neuron) *row = (int64_t)i;
    *count = values.shape[1];
    mem_free(&layer);
    mem_free(&neuron);
    return status;
}

static status_t copy_text(const store_t *store, const char *list, const char *part, size_t at,
                          char **copy)
{
    char *name = NULL;
    strings_t texts = {0};
    status_t status = str_format(&name, "/%s/%s", list, part);
    if (!status) status = store_read_texts(store, name, &texts);
    if (!status && at >= texts.count)
        status = status_new(EXIT_INPUT, "%s: %s is too short", store_path(store), name);
    if (!status) status = str_copy(copy, texts.item[at]);
    strings_free(&texts);
    mem_free(&name);
    return status;
}

static status_t read_list(const store_t *store, const char *list, int64_t row, uint64_t count,
                          neuron_places_t *places)
{
    char *name = NULL;
    float *value = NULL;
    const uint64_t start[] = {(uint64_t)row, 0}, block[] = {1, count};
    status_t status = str_format(&name, "/%s/value", list);
    if (!status) status = mem_new(&value, count, "extreme values");
    if (!status) status = store_get(store, name, STORE_F32, start, block, value);
    for (uint64_t k = 0; !status && k < count && k < NEURON_CONTEXTS && !isnan(value[k]); k++) {
        neuron_context_t *it = &places->context[places->contexts++];
        size_t at = (size_t)row * count + k;
        *it = (neuron_context_t){.list = list, .value = (double)value[k]};
        status = copy_text(store, list, "before", at, &it->before);
        if (!status) status = copy_text(store, list, "text", at, &it->text);
        if (!status) status = copy_text(store, list, "after", at, &it->after);
    }
    mem_free(&value);
    mem_free(&name);
    return status;
}

/* The first task of extremes of the checkpoint whose cohort has the neuron. */
static status_t read_contexts(const neuron_files_t *files, const neuron_card_t *card,
                              neuron_places_t *places)
{
    char *room = NULL;
    strings_t tasks = {0};
    status_t status = str_format(&room, "results/%s", files->checkpoint);
    if (!status) status = list_files(files->directory, room, &tasks);
    for (size_t i = 0; !status && !places->task && i < tasks.count; i++) {
        store_t *store = NULL;
        int64_t row = -1;
        uint64_t count;
        status = open_file(files->directory, room, tasks.item[i], "evaluate", &store);
        if (!status && store_has(store, "/negative/value") && store_has(store, "/negative/text"))
            status = find_row(store, card, &row, &count);
        for (int list = EXTREME_NEGATIVE; !status && row >= 0 && list <= EXTREME_POSITIVE; list++)
            status = read_list(store, extreme_names[list], row, count, places);
        if (!status && row >= 0) status = str_copy(&places->task, tasks.item[i]);
        store_close(&store);
    }
    strings_free(&tasks);
    mem_free(&room);
    return status;
}

/* ---- cohorts ---- */

static bool is_member(const cohort_t *cohort, const neuron_card_t *card)
{
    for (int64_t n = 0; n < cohort->count; n++)
        if (cohort->layer[n] == card->layer && cohort->neuron[n] == card->neuron) return true;
    return false;
}

/* At each checkpoint of a file; a cohort that the neuron is never in is dropped. */
static status_t read_cohort(const store_t *store, const char *name, const neuron_card_t *card,
                            neuron_places_t *places)
{
    neuron_cohort_t it = {0};
    strings_t groups = {0};
    status_t status = store_list(store, "/", &groups);
    strings_sort_natural(&groups);
    for (size_t i = 0; !status && i < groups.count; i++) {
        store_info_t info;
        cohort_t cohort = {0};
        status_t dataset = store_find(store, groups.item[i], &info);
        bool is_group = dataset != NULL;
        status_free(&dataset);
        if (!is_group) continue;
        status = selection_read(store, groups.item[i], &cohort);
        it.of++;
        if (!status && is_member(&cohort, card))
            status = strings_append(&it.checkpoints, groups.item[i]);
        cohort_destroy(&cohort);
    }
    strings_free(&groups);
    if (!status && it.checkpoints.count)
        status = mem_grow(&places->cohort, &places->cohort_room, places->cohorts + 1, "cohorts");
    if (!status && it.checkpoints.count) {
        places->cohort[places->cohorts++] = it;
        return str_copy(&places->cohort[places->cohorts - 1].name, name);
    }
    strings_free(&it.checkpoints);
    return status;
}

static status_t read_cohorts(const neuron_files_t *files, const neuron_card_t *card,
                             neuron_places_t *places)
{
    strings_t names = {0};
    status_t status = list_files(files->directory, "selection", &names);
    for (size_t i = 0; !status && i < names.count; i++) {
        store_t *store = NULL;
        status = open_file(files->directory, "selection", names.item[i], "select", &store);
        if (!status) status = read_cohort(store, names.item[i], card, places);
        store_close(&store);
    }
    strings_free(&names);
    return status;
}

status_t neuron_places_read(const neuron_files_t *files, const neuron_card_t *card,
                            neuron_places_t *places)
{
    *places = (neuron_places_t){0};
    for (int i = 0; i < LEVELS; i++) places->level[i] = places->quantile[i] = NAN;
    status_t status = read_ranks(files, card, places);
    if (!status) status = read_contexts(files, card, places);
    if (!status) status = read_cohorts(files, card, places);
    if (status) neuron_places_free(places);
    return status;
}

void neuron_places_free(neuron_places_t *places)
{
    for (size_t i = 0; i < places->contexts; i++) {
        mem_free(&places->context[i].before);
        mem_free(&places->context[i].text);
        mem_free(&places->context[i].after);
    }
    for (size_t i = 0; i < places->cohorts; i++) {
        mem_free(&places->cohort[i].name);
        strings_free(&places->cohort[i].checkpoints);
    }
    mem_free(&places->cohort);
    mem_free(&places->task);
    *places = (neuron_places_t){0};
}
