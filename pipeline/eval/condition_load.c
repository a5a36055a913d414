/* Conditions at a checkpoint: the neurons of their cohorts, and the means of these. */
#include <math.h>
#include <string.h>

#include "core/memory.h"
#include "eval/condition.h"
#include "select/selection.h"
#include "stats/statistics.h"
#include "store/output.h"

static status_t find_layers(condition_t *condition, int layers)
{
    const condition_layers_t *of = &condition->layers;
    condition->first = of->from;
    condition->end = of->to ? of->to : layers;
    if (of->groups) {
        condition->first = (int)((int64_t)of->from * layers / of->groups);
        condition->end = (int)((int64_t)of->to * layers / of->groups);
    }
    if (of->groups <= layers && condition->first < layers && condition->end <= layers) return NULL;
    if (of->groups)
        return status_new(EXIT_INPUT, "condition '%s': %d groups of the model's %d layers",
                          condition->name, of->groups, layers);
    return status_new(EXIT_INPUT, "condition '%s': the model has the layers 0 to %d",
                      condition->name, layers - 1);
}

/* A cohort's neurons, sorted by layer and neuron, as the executor's index by layer; of the
 * condition's layers alone. */
static status_t index_cohort(condition_t *condition, const cohort_t *cohort, const char *origin,
                             int layers, int neurons)
{
    int32_t count = 0;
    status_t status = mem_new(&condition->neuron, (size_t)cohort->count, "neurons");
    if (!status) status = mem_new(&condition->start, (size_t)layers + 1, "neurons");
    for (int64_t i = 0; !status && i < cohort->count; i++) {
        int32_t layer = cohort->layer[i], neuron = cohort->neuron[i];
        if (layer >= layers || neuron >= neurons)
            return status_new(EXIT_INPUT,
                              "%s: layer %d, neuron %d: the model has %d layers of %d neurons",
                              origin, layer, neuron, layers, neurons);
        if (layer < condition->first || layer >= condition->end) continue;
        condition->start[layer + 1]++;
        condition->neuron[count++] = neuron;
    }
    for (int l = 0; !status && l < layers; l++) condition->start[l + 1] += condition->start[l];
    return status;
}

/* value = the means of the condition's neurons, of which a layer's place among those that have
 * statistics is found by its number. */
static status_t pick_means(condition_t *condition, const matrix_t *means, const char *path,
                           int layers)
{
    status_t status =
        mem_new(&condition->value, (size_t)condition->start[layers], "means of neurons");
    for (int l = 0; !status && l < layers; l++) {
        int32_t at = 0;
        while (at < means->layers && means->layer[at] != l) at++;
        for (int32_t i = condition->start[l]; !status && i < condition->start[l + 1]; i++) {
            int32_t neuron = condition->neuron[i];
            bool known = at < means->layers && neuron < means->neurons;
            double mean = known ? means->value[(int64_t)at * means->neurons + neuron] : NAN;
            condition->value[i] = (float)mean;
            if (isnan(mean))
                status = status_new(EXIT_INPUT,
                                    "%s: layer %d, neuron %d has no mean, which the condition "
                                    "'%s' puts in place of negative values",
                                    path, l, neuron, condition->name);
        }
    }
    return status;
}

static status_t load_means(condition_t *condition, const char *directory, const char *checkpoint,
                           int layers)
{
    char *path = NULL;
    matrix_t means = {0};
    status_t status = selection_statistics_path(directory, checkpoint, &path);
    if (!status) status = matrix_read(path, statistics_find("mean"), &means);
    if (!status) status = pick_means(condition, &means, path, layers);
    matrix_destroy(&means);
    mem_free(&path);
    return status;
}

static status_t make_key(condition_t *condition, int layers)
{
    hash_t *hash = NULL;
    size_t count = condition->start ? (size_t)condition->start[layers] : 0;
    status_t status = hash_create(&hash);
    if (!status) status = hash_add_field(hash, "ablate", ablate_name(condition->ablate));
    if (!status && condition->start)
        status = hash_add(hash, condition->start, ((size_t)layers + 1) * sizeof(int32_t));
    if (!status) status = hash_add(hash, condition->neuron, count * sizeof(int32_t));
    if (!status && condition->value)
        status = hash_add(hash, condition->value, count * sizeof(float));
    if (!status && condition->ablate == ABLATE_SCALE)
        status = hash_add(hash, &condition->factor, sizeof condition->factor);
    if (!status) status = hash_finish(&hash, condition->key);
    hash_destroy(&hash);
    return status;
}

intervention_t condition_intervention(const condition_t *condition)
{
    return (intervention_t){.ablate = condition->ablate,
                            .neuron = condition->neuron,
                            .start = condition->start,
                            .value = condition->value,
                            .factor = (float)condition->factor};
}

status_t condition_set(condition_t *condition, const cohort_t *cohort, const char *origin,
                       const char *directory, const char *checkpoint, int layers, int neurons)
{
    condition_forget(condition);
    status_t status = find_layers(condition, layers);
    if (!status && cohort) status = index_cohort(condition, cohort, origin, layers, neurons);
    if (!status && condition->ablate == ABLATE_MEAN)
        status = load_means(condition, directory, checkpoint, layers);
    return status ? status : make_key(condition, layers);
}

static status_t read_cohort(const char *name, const char *directory, const char *checkpoint,
                            char **path, cohort_t *cohort)
{
    store_t *store = NULL;
    status_t status = str_format(path, "%s/selection/%s.h5", directory, name);
    if (!status) status = output_open(*path, "select", &store);
    if (!status) status = selection_read(store, checkpoint, cohort);
    store_close(&store);
    return status;
}

status_t condition_load(condition_t *condition, const char *directory, const char *checkpoint,
                        int layers, int neurons)
{
    char *path = NULL;
    cohort_t cohort = {0};
    const char *name = condition->cohort;
    status_t status = name ? read_cohort(name, directory, checkpoint, &path, &cohort) : NULL;
    if (!status)
        status = condition_set(condition, name ? &cohort : NULL, path, directory, checkpoint,
                               layers, neurons);
    cohort_destroy(&cohort);
    mem_free(&path);
    return status;
}

/* Whether two conditions have the same cohort, or both none. */
static bool same_cohort(const condition_t *a, const condition_t *b)
{
    return a->cohort && b->cohort ? strcmp(a->cohort, b->cohort) == 0 : a->cohort == b->cohort;
}

/* Each cohort's file is opened once. */
status_t conditions_load(conditions_t *conditions, const char *directory, const char *checkpoint,
                         int layers, int neurons)
{
    condition_t *all = conditions->condition;
    status_t status = NULL;
    for (size_t i = 0; !status && i < conditions->count; i++) {
        char *path = NULL;
        cohort_t cohort = {0};
        size_t first = 0;
        while (!same_cohort(&all[first], &all[i])) first++;
        if (first < i) continue;
        if (all[i].cohort)
            status = read_cohort(all[i].cohort, directory, checkpoint, &path, &cohort);
        for (size_t k = i; !status && k < conditions->count; k++) {
            if (!same_cohort(&all[k], &all[i])) continue;
            status = condition_set(&all[k], all[k].cohort ? &cohort : NULL, path, directory,
                                   checkpoint, layers, neurons);
            conditions->intervention[k] = condition_intervention(&all[k]);
        }
        cohort_destroy(&cohort);
        mem_free(&path);
    }
    return status;
}

/* One neuron in each of its layers, which no other condition has. */
static status_t stand_in(condition_t *condition, int32_t number, int layers)
{
    condition_forget(condition);
    status_t status = find_layers(condition, layers);
    if (status || !condition->cohort) return status;
    status = mem_new(&condition->neuron, (size_t)layers, "neurons");
    if (!status) status = mem_new(&condition->start, (size_t)layers + 1, "neurons");
    if (!status && condition->ablate == ABLATE_MEAN)
        status = mem_new(&condition->value, (size_t)layers, "neurons");
    for (int l = 0; !status && l < layers; l++) {
        bool has = l >= condition->first && l < condition->end;
        condition->neuron[condition->start[l]] = number;
        condition->start[l + 1] = condition->start[l] + has;
    }
    return status;
}

status_t conditions_stand_in(conditions_t *conditions, int layers)
{
    status_t status = NULL;
    for (size_t i = 0; !status && i < conditions->count; i++) {
        status = stand_in(&conditions->condition[i], (int32_t)i, layers);
        conditions->intervention[i] = condition_intervention(&conditions->condition[i]);
    }
    return status;
}
