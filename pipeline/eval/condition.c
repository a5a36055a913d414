#include "eval/condition.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/memory.h"

/* An entry without an explosion of conditions. */
enum { MOST = 10000 };

/* ---- what an entry lists ---- */

typedef struct {
    const config_t *config;
    const rules_t *rules;
    conditions_t *conditions;
    size_t capacity, entry;
    char key[64]; /* "evaluate.conditions[3]" */
} reader_t;

static const char *key_of(const reader_t *it, const char *key)
{
    return config_path("%s.%s", it->key, key);
}

/* layers: those of a condition, or with groups those of the first one. */
static status_t read_layers(const reader_t *it, condition_layers_t *layers)
{
    const char *first = key_of(it, "layers.first"), *last = key_of(it, "layers.last");
    bool grouped = config_has(it->config, key_of(it, "layers.groups"));
    bool ranged = config_has(it->config, first) || config_has(it->config, last);
    *layers = (condition_layers_t){0};
    if (!config_count(it->config, key_of(it, "layers"))) return NULL;
    if (grouped == ranged)
        return config_error(it->config, key_of(it, "layers"),
                            "either groups, or first and last, are expected");
    layers->groups = (int)config_integer(it->config, key_of(it, "layers.groups"));
    layers->cumulative =
        strcmp(config_text(it->config, key_of(it, "layers.mode")), "cumulative") == 0;
    if (grouped) return NULL;
    layers->from = (int)config_integer(it->config, first);
    if (config_has(it->config, last)) layers->to = (int)config_integer(it->config, last) + 1;
    if (layers->to == 0 || layers->from < layers->to) return NULL;
    return config_error(it->config, last, "%d comes before layers.first, %d", layers->to - 1,
                        layers->from);
}

/* ---- one condition ---- */

/* "-group2of8", "-groups1to2of8", "-layers0to3" */
static status_t name_layers(const condition_layers_t *layers, str_t *name)
{
    if (layers->groups && layers->cumulative)
        return str_printf(name, "-groups1to%dof%d", layers->to, layers->groups);
    if (layers->groups) return str_printf(name, "-group%dof%d", layers->to, layers->groups);
    if (layers->to) return str_printf(name, "-layers%dto%d", layers->from, layers->to - 1);
    return layers->from ? str_printf(name, "-layersfrom%d", layers->from) : NULL;
}

/* The name says all that a condition is. */
static status_t name_condition(condition_t *condition)
{
    str_t name = {0};
    status_t status = str_add(&name, ablate_name(condition->ablate));
    if (!status && condition->ablate == ABLATE_SCALE)
        status = str_printf(&name, "%.10g", condition->factor);
    if (!status) status = str_printf(&name, "-%s", condition->cohort);
    if (!status) status = name_layers(&condition->layers, &name);
    if (!status) status = str_copy(&condition->name, name.data);
    str_free(&name);
    return status;
}

static status_t add(reader_t *it, const condition_t *like, const char *name)
{
    conditions_t *all = it->conditions;
    status_t status = mem_grow(&all->condition, &it->capacity, all->count + 1, "conditions");
    if (status) return status;
    condition_t *condition = &all->condition[all->count];
    *condition =
        (condition_t){.ablate = like->ablate, .factor = like->factor, .layers = like->layers};
    all->count++;
    if (like->cohort) status = str_copy(&condition->cohort, like->cohort);
    if (!status && name) status = str_copy(&condition->name, name);
    else if (!status) status = name_condition(condition);
    for (size_t i = 0; !status && i + 1 < all->count; i++)
        if (strcmp(all->condition[i].name, condition->name) == 0)
            status = config_error(it->config, it->key, "a second condition is named '%s'",
                                  condition->name);
    if (!status && strpbrk(condition->name, "/\n"))
        status = config_error(it->config, key_of(it, "name"), "'%s' holds a slash or a newline",
                              condition->name);
    return status;
}

/* ---- an entry ---- */

/* One ablation and factor of some cohorts, in each group of layers. */
static status_t add_cohorts(reader_t *it, condition_t *condition, size_t first, size_t count)
{
    const char *name = config_text(it->config, key_of(it, "name"));
    condition_layers_t *layers = &condition->layers, read;
    status_t status = read_layers(it, &read);
    for (size_t c = 0; !status && c < count; c++) {
        condition->cohort = (char *)it->rules->rule[first + c].name; /* copied by add */
        for (int g = 0; !status && g < (read.groups ? read.groups : 1); g++) {
            *layers = read;
            if (read.groups) layers->from = read.cumulative ? 0 : g;
            if (read.groups) layers->to = g + 1;
            if (it->conditions->count > MOST)
                return config_error(it->config, it->key, "more than %d conditions", MOST);
            status = add(it, condition, name);
        }
    }
    return status;
}

static status_t add_factors(reader_t *it, condition_t *condition, const char *cohort)
{
    const char *const *factor = NULL;
    bool scales = condition->ablate == ABLATE_SCALE;
    size_t factors = scales ? config_texts(it->config, key_of(it, "factor"), &factor) : 1;
    size_t first, count;
    char key[96];
    snprintf(key, sizeof key, "%s", key_of(it, "cohort"));
    status_t status = rules_resolve(it->rules, it->config, key, cohort, &first, &count);
    for (size_t f = 0; !status && f < factors; f++) {
        condition->factor = scales ? strtod(factor[f], NULL) : 0;
        status = add_cohorts(it, condition, first, count);
    }
    return status;
}

static status_t read_map(reader_t *it)
{
    const char *const *ablate, *const *cohort, *factor = key_of(it, "factor");
    size_t scales = 0;
    size_t ablations = config_texts(it->config, key_of(it, "ablate"), &ablate);
    size_t cohorts = config_texts(it->config, key_of(it, "cohort"), &cohort);
    for (size_t a = 0; a < ablations; a++) scales += ablate_of_name(ablate[a]) == ABLATE_SCALE;
    if (config_has(it->config, factor) != (scales > 0))
        return config_error(it->config, factor, "ablate: scale, and nothing else, has a factor");
    status_t status = NULL;
    for (size_t a = 0; !status && a < ablations; a++)
        for (size_t c = 0; !status && c < cohorts; c++) {
            condition_t condition = {.ablate = ablate_of_name(ablate[a])};
            status = add_factors(it, &condition, cohort[c]);
        }
    return status;
}

status_t conditions_read(const config_t *config, conditions_t *conditions)
{
    rules_t rules;
    size_t count = config_count(config, "evaluate.conditions");
    reader_t it = {.config = config, .rules = &rules, .conditions = conditions};
    *conditions = (conditions_t){0};
    status_t status = rules_read(config, NULL, &rules);
    if (!status && count == 0) status = add(&it, &(condition_t){0}, "baseline");
    for (size_t i = 0; !status && i < count; i++) {
        snprintf(it.key, sizeof it.key, "evaluate.conditions[%zu]", i);
        const char *scalar = config_scalar(config, it.key);
        status = scalar ? add(&it, &(condition_t){0}, scalar) : read_map(&it);
    }
    if (!status) status = mem_new(&conditions->intervention, conditions->count, "conditions");
    rules_destroy(&rules);
    if (status) conditions_free(conditions);
    return status;
}

ptrdiff_t conditions_find(const conditions_t *conditions, const char *name)
{
    for (size_t i = 0; i < conditions->count; i++)
        if (strcmp(conditions->condition[i].name, name) == 0) return (ptrdiff_t)i;
    return -1;
}

void condition_forget(condition_t *condition)
{
    mem_free(&condition->neuron);
    mem_free(&condition->start);
    mem_free(&condition->value);
    condition->key[0] = '\0';
}

void condition_free(condition_t *condition)
{
    mem_free(&condition->name);
    mem_free(&condition->cohort);
    condition_forget(condition);
}

void conditions_free(conditions_t *conditions)
{
    for (size_t i = 0; i < conditions->count; i++) condition_free(&conditions->condition[i]);
    mem_free(&conditions->condition);
    mem_free(&conditions->intervention);
    conditions->count = 0;
}
