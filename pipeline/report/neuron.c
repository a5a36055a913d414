#include "report/neuron.h"

#include <math.h>
#include <string.h>

#include "core/file.h"
#include "core/memory.h"
#include "select/selection.h"
#include "store/output.h"

/* Place of a number in a list of so many, or -1. */
static int64_t place_of(const int32_t *number, int64_t count, int32_t wanted)
{
    for (int64_t i = 0; i < count; i++)
        if (number[i] == wanted) return i;
    return -1;
}

static status_t no_such(const store_t *store, int32_t layer, int32_t neuron)
{
    return status_new(EXIT_USAGE, "%s has no layer %d, neuron %d", store_path(store), layer,
                      neuron);
}

static status_t say_absent(neuron_card_t *card, const char *what, const char *file,
                           const char *checkpoint, const char *why)
{
    char *line = NULL;
    status_t status =
        str_format(&line, "%s: %s/%s.h5 is not there (%s)", what, file, checkpoint, why);
    if (!status) status = strings_append(&card->absent, line);
    mem_free(&line);
    return status;
}

/* Places of a value among others, 1: none is higher. */
static int64_t rank_among(const double *value, int64_t count, double own, int64_t *defined)
{
    int64_t rank = 1;
    *defined = 0;
    for (int64_t i = 0; i < count; i++) {
        *defined += !isnan(value[i]);
        rank += value[i] > own;
    }
    return isnan(own) ? 0 : rank;
}

/* One number of a [layers][neurons] dataset; NaN where the file has none. */
static status_t read_number(const store_t *store, const char *name, int64_t layer, int64_t neuron,
                            double *number)
{
    uint64_t start[] = {(uint64_t)layer, (uint64_t)neuron}, one[] = {1, 1};
    *number = NAN;
    return store_has(store, name) ? store_get(store, name, STORE_F64, start, one, number) : NULL;
}

static status_t read_statistics(const neuron_files_t *files, neuron_card_t *card)
{
    const store_t *store = files->statistics;
    if (!store)
        return say_absent(card, "Statistics", "statistics", files->checkpoint, "stage reduce");
    int64_t layer = place_of(files->layer, files->layers, card->layer), neuron = card->neuron;
    if (layer < 0 || neuron < 0 || neuron >= files->neurons)
        return no_such(store, card->layer, card->neuron);
    const double *own = files->wd + layer * files->neurons;
    card->rank = rank_among(own, files->neurons, own[neuron], &card->of);
    card->all_rank = rank_among(files->wd, files->layers * files->neurons, own[neuron], &card->all);
    card->measured = true;
    status_t status = read_number(store, "/wd_error", layer, neuron, &card->wd_error);
    if (!status) status = read_number(store, "/wd_bound", layer, neuron, &card->wd_bound);
    for (int s = 0; !status && s < STATISTICS; s++)
        status = read_number(store, statistics[s].name, layer, neuron, &card->statistic[s]);
    return status;
}

static status_t read_cohorts(const neuron_files_t *files, neuron_card_t *card)
{
    char *directory = NULL;
    strings_t names = {0};
    status_t status = path_join(files->directory, "selection", &directory);
    if (!status && file_is_directory(directory)) status = directory_list(directory, &names);
    for (size_t i = 0; !status && i < names.count; i++) {
        char *path = NULL;
        store_t *store = NULL;
        cohort_t cohort = {0};
        bool member = false;
        if (!has_suffix(names.item[i], ".h5")) continue;
        status = path_join(directory, names.item[i], &path);
        if (!status) status = output_open(path, "select", &store);
        if (!status && store_has(store, files->checkpoint))
            status = selection_read(store, files->checkpoint, &cohort);
        for (int64_t n = 0; !status && n < cohort.count; n++)
            member |= cohort.layer[n] == card->layer && cohort.neuron[n] == card->neuron;
        if (!status && member)
            status = strings_append_n(&card->cohorts, names.item[i],
                                      strlen(names.item[i]) - strlen(".h5"));
        cohort_destroy(&cohort);
        store_close(&store);
        mem_free(&path);
    }
    strings_free(&names);
    mem_free(&directory);
    return status;
}

/* ---- values ---- */

/* From the 0.05th to the 99.95th percentile, and at least three standard deviations, within the
 * extremes. */
static void fill_histogram(const sample_t *sample, neuron_card_t *card)
{
    double low = fmin(sample_quantile(sample, 0.0005), card->mean - 3 * card->deviation);
    double high = fmax(sample_quantile(sample, 0.9995), card->mean + 3 * card->deviation);
    card->least = fmax(low, card->minimum);
    card->width = (fmin(high, card->maximum) - card->least) / NEURON_BINS;
    for (int64_t g = 0; g < sample->groups; g++) {
        int64_t values = sample_rank(sample, g + 1) - sample_rank(sample, g);
        double at = ((double)sample->value[g] - card->least) / card->width;
        int bin = (int)fmin(at, NEURON_BINS - 1);
        if (at >= 0 && at <= NEURON_BINS + 1e-9) card->count[bin] += values;
        else card->outside += values;
        if (sample->value[g] < 0) card->negative += values;
    }
}

static status_t read_values(neuron_files_t *files, int64_t layer, int64_t neuron,
                            neuron_card_t *card)
{
    source_t *source = &files->source;
    status_t status = source_load(source, layer, neuron, 1);
    if (!status) status = source_measure(source, 0);
    if (status) return status;
    const distribution_t *d = &source->distribution;
    card->valued = true;
    card->sketched = source->shape.sketched;
    card->tokens = d->count;
    card->mean = d->mean, card->deviation = d->deviation;
    card->minimum = d->minimum, card->maximum = d->maximum;
    if (distribution_varies(d)) fill_histogram(&source->sample, card);
    return modes_find(&source->sample, d, &card->modes);
}

/* The first pairs stand for all: they are drawn in random order. */
static status_t read_distances(neuron_files_t *files, int64_t layer, int64_t neuron,
                               neuron_card_t *card)
{
    pairs_work_t *work = &files->work;
    const pairs_t *pairs = &files->activations.pairs;
    const double *input = pairs->distance + layer * pairs->pairs;
    status_t status = pairs_work_begin(work, layer);
    if (!status && files->source.column)
        pairs_work_pick(work, files->source.column, files->source.shape.type);
    else if (!status) status = pairs_work_load(work, files->activations.store, neuron);
    if (status) return status;
    double largest = 0;
    for (int64_t p = 0; p < pairs->pairs; p++) {
        work->output[p] = fabs((double)work->first[p] - (double)work->second[p]);
        largest = fmax(largest, input[p]);
    }
    card->difficulty = difficulty_measure(&work->difficulty, work->output);
    card->pairs = pairs->pairs;
    card->dropped = work->difficulty.dropped;
    double median = work->difficulty.median;
    for (int64_t k = 0; k < work->difficulty.pairs && card->points < NEURON_POINTS; k++) {
        int64_t p = work->difficulty.kept[k];
        if (!(median > 0)) break;
        card->input[card->points] = input[p] / largest;
        card->moved[card->points++] = work->output[p] / median;
    }
    return NULL;
}

static status_t read_activations(neuron_files_t *files, neuron_card_t *card)
{
    const activations_t *a = &files->activations;
    if (!files->valued)
        return say_absent(card, "Distribution and distances", "activations", files->checkpoint,
                          "stage collect; activations may be removed once they are reduced");
    int64_t layer = place_of(a->layer, a->layers, card->layer), neuron = card->neuron;
    if (layer >= 0 && a->neuron)
        neuron = place_of(a->neuron + layer * a->neurons, a->neurons, card->neuron);
    if (layer < 0 || neuron < 0 || neuron >= a->neurons)
        return no_such(a->store, card->layer, card->neuron);
    status_t status = read_values(files, layer, neuron, card);
    if (!status && files->working) status = read_distances(files, layer, neuron, card);
    else if (!status)
        status = strings_append(&card->absent,
                                "Distances: collect drew no pairs of tokens (collect.pairs)");
    return status;
}

/* ---- pairs ---- */

static status_t read_texts(neuron_files_t *files)
{
    store_info_t tags = {0}, distances = {0};
    if (files->texts_read) return NULL;
    status_t status = store_read_texts(files->pairs, "/texts", &files->text);
    if (!status) status = store_read_texts(files->pairs, "/contexts", &files->context);
    if (!status)
        status = store_read(files->pairs, "/input_distances", STORE_F64, &files->input_distance,
                            &distances);
    files->pair_layers = (int64_t)distances.shape[0];
    files->pair_count = (int64_t)distances.shape[1];
    if (!status && store_has(files->pairs, "/tags")) {
        status = store_read(files->pairs, "/tags", STORE_I32, &files->tag, &tags);
        if (!status) status = store_read_texts(files->pairs, "/tag_names", &files->tag_names);
    }
    size_t sides = 2 * (size_t)files->pair_count;
    if (!status && (distances.dimensions != 2 || files->text.count != sides ||
                    files->context.count != sides || (files->tag && tags.count != sides)))
        status = status_new(EXIT_INPUT, "%s: texts of %zu tokens are expected",
                            store_path(files->pairs), sides);
    files->texts_read = !status;
    return status;
}

static const char *tag_of(const neuron_files_t *files, int side, int32_t pair)
{
    int32_t tag = files->tag ? files->tag[side * files->pair_count + pair] : -1;
    return tag >= 0 && (size_t)tag < files->tag_names.count ? files->tag_names.item[tag] : "";
}

static status_t add_pair(const neuron_files_t *files, int64_t layer, int32_t number,
                         const float output[2], double median, neuron_card_t *card)
{
    const double *input = files->input_distance + layer * files->pair_count;
    neuron_pair_t *pair = &card->pair[card->shown++];
    double largest = 0;
    status_t status = NULL;
    for (int64_t p = 0; p < files->pair_count; p++) largest = fmax(largest, input[p]);
    pair->input = input[number] / largest;
    pair->moved = fabs((double)output[0] - (double)output[1]) / median;
    for (int side = 0; !status && side < 2; side++) {
        size_t text = 2 * (size_t)number + (size_t)side;
        pair->output[side] = output[side];
        status = str_copy(&pair->text[side], files->text.item[text]);
        if (!status) status = str_copy(&pair->context[side], files->context.item[text]);
        if (!status) status = str_copy(&pair->tag[side], tag_of(files, side, number));
    }
    return status;
}

/* Row and layer of a neuron in pairs/; -1: it is not there. */
static status_t find_in_pairs(const store_t *store, const neuron_card_t *card,
                              const store_info_t *shape, int64_t *layer, int64_t *neuron)
{
    int32_t *number = NULL, *neurons = NULL;
    store_info_t info = {0}, rows = {0};
    status_t status = store_read(store, "/layers", STORE_I32, &number, &info);
    *layer = *neuron = -1;
    if (!status) *layer = place_of(number, (int64_t)info.count, card->layer);
    if (!status && *layer >= 0) *neuron = card->neuron;
    if (!status && *layer >= 0 && store_has(store, "/neurons")) {
        status = store_read(store, "/neurons", STORE_I32, &neurons, &rows);
        int64_t width = (int64_t)rows.shape[1];
        if (!status) *neuron = place_of(neurons + *layer * width, width, card->neuron);
    }
    if (*neuron >= (int64_t)shape->shape[1] || *layer >= (int64_t)shape->shape[0]) *neuron = -1;
    mem_free(&number);
    mem_free(&neurons);
    return status;
}

static status_t read_separated(neuron_files_t *files, int64_t layer, int64_t neuron, uint64_t most,
                               neuron_card_t *card)
{
    uint64_t start[] = {(uint64_t)layer, (uint64_t)neuron, 0, 0}, one[] = {1, 1, most, 2};
    int32_t *pair = NULL;
    float *output = NULL;
    double median;
    status_t status = mem_new(&pair, most, "separated pairs");
    if (!status) status = mem_new(&output, 2 * most, "separated pairs");
    if (!status) status = store_get(files->pairs, "/separated", STORE_I32, start, one, pair);
    if (!status) status = store_get(files->pairs, "/outputs", STORE_F32, start, one, output);
    if (!status) status = read_number(files->pairs, "/output_medians", layer, neuron, &median);
    for (uint64_t k = 0; !status && k < most; k++) {
        if (pair[k] < 0) break;
        card->separated++;
        if (pair[k] >= files->pair_count)
            status =
                status_new(EXIT_INPUT, "%s: /separated: pair %d; 0 to %lld are there",
                           store_path(files->pairs), pair[k], (long long)files->pair_count - 1);
        else if (card->shown < NEURON_PAIRS)
            status = add_pair(files, layer, pair[k], output + 2 * k, median, card);
    }
    mem_free(&pair);
    mem_free(&output);
    return status;
}

static status_t read_pairs(neuron_files_t *files, neuron_card_t *card)
{
    store_info_t shape = {0};
    int64_t layer, neuron;
    if (!files->pairs)
        return say_absent(card, "Separated pairs", "pairs", files->checkpoint,
                          "stage reduce, of collect.pairs");
    status_t status = store_find(files->pairs, "/separated", &shape);
    if (!status && shape.dimensions != 3)
        status = status_new(EXIT_INPUT, "%s: /separated [layers][neurons][pairs] is expected",
                            store_path(files->pairs));
    if (!status) status = read_texts(files);
    if (!status) status = find_in_pairs(files->pairs, card, &shape, &layer, &neuron);
    if (!status && (neuron < 0 || layer >= files->pair_layers))
        return no_such(files->pairs, card->layer, card->neuron);
    if (!status) status = store_get_number(files->pairs, "/", "similar", &card->similar);
    return status ? status : read_separated(files, layer, neuron, shape.shape[2], card);
}

status_t neuron_card_read(neuron_files_t *files, int32_t layer, int32_t neuron, neuron_card_t *card)
{
    *card = (neuron_card_t){.checkpoint = files->checkpoint,
                            .layer = layer,
                            .neuron = neuron,
                            .wd_error = NAN,
                            .wd_bound = NAN,
                            .difficulty = NAN};
    for (int s = 0; s < STATISTICS; s++) card->statistic[s] = NAN;
    status_t status = read_statistics(files, card);
    if (!status) status = read_cohorts(files, card);
    if (!status) status = read_activations(files, card);
    if (!status) status = read_pairs(files, card);
    if (status) neuron_card_free(card);
    return status;
}

void neuron_card_free(neuron_card_t *card)
{
    for (int k = 0; k < card->shown; k++)
        for (int side = 0; side < 2; side++) {
            mem_free(&card->pair[k].text[side]);
            mem_free(&card->pair[k].context[side]);
            mem_free(&card->pair[k].tag[side]);
        }
    strings_free(&card->cohorts);
    strings_free(&card->absent);
    card->shown = 0;
}
