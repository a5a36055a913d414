#include "eval/condition.h"

#include <math.h>
#include <string.h>

#include "core/memory.h"
#include "eval/task.h"
#include "select/selection.h"
#include "stats/statistics.h"
#include "store/output.h"

static status_t read_condition(const config_t *config, size_t index, condition_t *condition)
{
    const char *scalar = config_scalar(config, config_path("evaluate.conditions[%zu]", index));
    if (scalar) return str_copy(&condition->name, scalar);
    const char *ablate = config_text(config, config_path("evaluate.conditions[%zu].ablate", index));
    const char *name = config_text(config, config_path("evaluate.conditions[%zu].name", index));
    const char *factor = config_path("evaluate.conditions[%zu].factor", index);
    condition->ablate = ablate_of_name(ablate);
    if (config_has(config, factor) != (condition->ablate == ABLATE_SCALE))
        return config_error(config, factor, "ablate: scale, and nothing else, has a factor");
    if (condition->ablate == ABLATE_SCALE) condition->factor = config_number(config, factor);
    condition->cohort = config_text(config, config_path("evaluate.conditions[%zu].cohort", index));
    status_t status = check_cohort(config, config_path("evaluate.conditions[%zu].cohort", index),
                                   condition->cohort);
    if (status) return status;
    if (name) return str_copy(&condition->name, name);
    if (condition->ablate == ABLATE_SCALE)
        return str_format(&condition->name, "scale%.10g-%s", condition->factor, condition->cohort);
    return str_format(&condition->name, "%s-%s", ablate, condition->cohort);
}

status_t conditions_read(const config_t *config, conditions_t *conditions)
{
    size_t count = config_count(config, "evaluate.conditions");
    *conditions = (conditions_t){.count = count ? count : 1};
    status_t status = mem_new(&conditions->condition, conditions->count, "conditions");
    if (!status) status = mem_new(&conditions->intervention, conditions->count, "conditions");
    if (!status && count == 0) status = str_copy(&conditions->condition[0].name, "baseline");
    for (size_t i = 0; !status && i < count; i++) {
        condition_t *condition = &conditions->condition[i];
        status = read_condition(config, i, condition);
        for (size_t j = 0; !status && j < i; j++)
            if (strcmp(conditions->condition[j].name, condition->name) == 0)
                status = config_error(config, config_path("evaluate.conditions[%zu]", i),
                                      "a second condition is named '%s'", condition->name);
        if (!status && strpbrk(condition->name, "/\n"))
            status = config_error(config, config_path("evaluate.conditions[%zu].name", i),
                                  "'%s' holds a slash or a newline", condition->name);
    }
    if (status) conditions_free(conditions);
    return status;
}

/* A cohort's neurons, sorted by layer and neuron, as the executor's index by layer. */
static status_t index_cohort(condition_t *condition, const cohort_t *cohort, const char *path,
                             int layers, int neurons)
{
    status_t status = mem_new(&condition->neuron, (size_t)cohort->count, "neurons");
    if (!status) status = mem_new(&condition->start, (size_t)layers + 1, "neurons");
    for (int64_t i = 0; !status && i < cohort->count; i++) {
        if (cohort->layer[i] >= layers || cohort->neuron[i] >= neurons)
            status = status_new(EXIT_INPUT,
                                "%s: layer %d, neuron %d: the model has %d layers of %d neurons",
                                path, cohort->layer[i], cohort->neuron[i], layers, neurons);
        else condition->start[cohort->layer[i] + 1]++;
        condition->neuron[i] = cohort->neuron[i];
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

static void forget(condition_t *condition)
{
    mem_free(&condition->neuron);
    mem_free(&condition->start);
    mem_free(&condition->value);
    condition->key[0] = '\0';
}

static intervention_t intervention_of(const condition_t *condition)
{
    return (intervention_t){.ablate = condition->ablate,
                            .neuron = condition->neuron,
                            .start = condition->start,
                            .value = condition->value,
                            .factor = (float)condition->factor};
}

static status_t load_cohort(condition_t *condition, const char *directory, const char *checkpoint,
                            int layers, int neurons)
{
    char *path = NULL;
    store_t *store = NULL;
    cohort_t cohort = {0};
    status_t status = str_format(&path, "%s/selection/%s.h5", directory, condition->cohort);
    if (!status) status = output_open(path, "select", &store);
    if (!status) status = selection_read(store, checkpoint, &cohort);
    if (!status) status = index_cohort(condition, &cohort, path, layers, neurons);
    if (!status && condition->ablate == ABLATE_MEAN)
        status = load_means(condition, directory, checkpoint, layers);
    cohort_destroy(&cohort);
    store_close(&store);
    mem_free(&path);
    return status;
}

status_t conditions_load(conditions_t *conditions, const char *directory, const char *checkpoint,
                         int layers, int neurons)
{
    status_t status = NULL;
    for (size_t i = 0; !status && i < conditions->count; i++) {
        condition_t *condition = &conditions->condition[i];
        forget(condition);
        if (condition->cohort)
            status = load_cohort(condition, directory, checkpoint, layers, neurons);
        if (!status) status = make_key(condition, layers);
        conditions->intervention[i] = intervention_of(condition);
    }
    return status;
}

status_t conditions_stand_in(conditions_t *conditions, int layers)
{
    status_t status = NULL;
    for (size_t i = 0; !status && i < conditions->count; i++) {
        condition_t *condition = &conditions->condition[i];
        forget(condition);
        if (condition->cohort) status = mem_new(&condition->neuron, (size_t)layers, "neurons");
        if (!status && condition->cohort)
            status = mem_new(&condition->start, (size_t)layers + 1, "neurons");
        if (!status && condition->ablate == ABLATE_MEAN)
            status = mem_new(&condition->value, (size_t)layers, "neurons");
        for (int l = 0; !status && condition->cohort && l < layers; l++) {
            condition->neuron[l] = (int32_t)i;
            condition->start[l + 1] = l + 1;
        }
        conditions->intervention[i] = intervention_of(condition);
    }
    return status;
}

void conditions_free(conditions_t *conditions)
{
    for (size_t i = 0; conditions->condition && i < conditions->count; i++) {
        mem_free(&conditions->condition[i].name);
        forget(&conditions->condition[i]);
    }
    mem_free(&conditions->condition);
    mem_free(&conditions->intervention);
    conditions->count = 0;
}
