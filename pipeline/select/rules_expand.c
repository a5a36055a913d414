/* From the entries of select to rules. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "select/rules_internal.h"

/* An entry without an explosion of cohorts. */
enum { MOST = 10000 };

typedef struct {
    const config_t *config;
    size_t entries;
    strings_t *suffix; /* [entries] of the cohorts' names; none: not yet known */
} expansion_t;

static ptrdiff_t find_entry(const expansion_t *it, const char *name)
{
    for (size_t e = 0; e < it->entries; e++)
        if (strcmp(config_name(it->config, "select", e), name) == 0) return (ptrdiff_t)e;
    return -1;
}

static size_t draws_of(const expansion_t *it, const char *entry)
{
    const char *key = rule_key(entry, "draws");
    return config_has(it->config, key) ? (size_t)config_integer(it->config, key) : 1;
}

/* What the sizes in a list, or the cohorts that it is matched to, add to an entry's name. */
static status_t list_sizes(expansion_t *it, const char *entry, size_t depth, strings_t *suffix);

static status_t find_suffixes(expansion_t *it, size_t e, size_t depth)
{
    const char *entry = config_name(it->config, "select", e);
    size_t draws = draws_of(it, entry);
    strings_t sizes = {0};
    status_t status = NULL;
    if (it->suffix[e].count) return NULL;
    if (depth > it->entries)
        return config_error(it->config, rule_key(entry, "like"),
                            "cohort '%s' is matched to itself in the end", entry);
    status = list_sizes(it, entry, depth, &sizes);
    if (!status && sizes.count * draws > MOST)
        status = config_error(it->config, config_path("select.%s", entry),
                              "that stands for %zu cohorts; %d at most", sizes.count * draws, MOST);
    for (size_t i = 0; !status && i < sizes.count * draws; i++) {
        char *text = NULL;
        const char *size = sizes.item[i / draws];
        status = config_has(it->config, rule_key(entry, "draws"))
                     ? str_format(&text, "%s-d%zu", size, i % draws + 1)
                     : str_copy(&text, size);
        if (!status) status = strings_append(&it->suffix[e], text);
        mem_free(&text);
    }
    strings_free(&sizes);
    return status;
}

static status_t list_sizes(expansion_t *it, const char *entry, size_t depth, strings_t *suffix)
{
    static const char *const keys[] = {"percent", "count"};
    status_t status = NULL;
    for (int k = 0; k < 2; k++) {
        const char *const *value, *key = rule_key(entry, keys[k]);
        if (!config_count(it->config, key)) continue; /* a single one */
        size_t count = config_texts(it->config, key, &value);
        for (size_t i = 0; !status && i < count; i++) {
            char *text = NULL;
            status = k == 0 ? str_format(&text, "-p%.10g", strtod(value[i], NULL))
                            : str_format(&text, "-n%lld", strtoll(value[i], NULL, 10));
            if (!status) status = strings_append(suffix, text);
            mem_free(&text);
        }
        return status;
    }
    const char *like = config_text(it->config, rule_key(entry, "like"));
    ptrdiff_t other = like ? find_entry(it, like) : -1;
    if (other < 0) return strings_append(suffix, "");
    status = find_suffixes(it, (size_t)other, depth + 1);
    for (size_t i = 0; !status && i < it->suffix[other].count; i++)
        status = strings_append(suffix, it->suffix[other].item[i]);
    return status;
}

/* ---- rules ---- */

/* What is a rule's own among those of its entry. */
static void set_own(const config_t *config, size_t number, size_t draws, rule_t *rule)
{
    const char *const *value;
    size_t size = number / draws;
    if (config_has(config, rule_key(rule->entry, "percent"))) {
        config_texts(config, rule_key(rule->entry, "percent"), &value);
        rule->percent = strtod(value[size], NULL);
    }
    if (config_has(config, rule_key(rule->entry, "count"))) {
        config_texts(config, rule_key(rule->entry, "count"), &value);
        rule->count = strtoll(value[size], NULL, 10);
    }
    if (rule->kind == RULE_RANDOM && config_has(config, rule_key(rule->entry, "draws"))) {
        rule->draw = (int)(number % draws) + 1;
        rule->seed += number % draws;
    }
}

static status_t add_rules(expansion_t *it, const strings_t *checkpoints, size_t e, rules_t *rules)
{
    const char *entry = config_name(it->config, "select", e);
    rule_t rule;
    status_t status = rule_read(it->config, checkpoints, entry, &rule);
    if (!status) status = find_suffixes(it, e, 0);
    for (size_t i = 0; !status && i < it->suffix[e].count; i++) {
        rule_t *own = &rules->rule[rules->count];
        char *name = NULL;
        *own = rule;
        set_own(it->config, i, draws_of(it, entry), own);
        status = str_format(&name, "%s%s", entry, it->suffix[e].item[i]);
        if (!status && rules_find(rules, name) >= 0)
            status = config_error(it->config, config_path("select.%s", entry),
                                  "a second cohort is named '%s'", name);
        if (!status) status = strings_append(&rules->names, name);
        if (!status) own->name = rules->names.item[rules->count++];
        mem_free(&name);
    }
    return status;
}

/* ---- other cohorts ---- */

/* The cohort that an entry's number-th one is matched to. */
static status_t link_like(const expansion_t *it, const rules_t *rules, rule_t *rule, size_t number)
{
    const char *key = rule_key(rule->entry, "like"), *like = config_text(it->config, key);
    size_t count = 0;
    status_t status = rules_resolve(rules, it->config, key, like, &rule->like, &count);
    if (!status && count > 1) rule->like += number / draws_of(it, rule->entry);
    return status;
}

static status_t link_parts(const expansion_t *it, const rules_t *rules, rule_t *rule)
{
    const char *const *name;
    char key[512];
    snprintf(key, sizeof key, "%s", rule_parts_key(rule));
    size_t count = config_texts(it->config, key, &name);
    status_t status = mem_new(&rule->part, count, "parts of a cohort");
    for (size_t i = 0; !status && i < count; i++)
        status = rules_resolve_one(rules, it->config, key, name[i], &rule->part[i]);
    if (!status) rule->parts = count;
    if (!status && rule->kind == RULE_DIFFERENCE && count < 2)
        status = config_error(it->config, key, "two cohorts at least are expected");
    return status;
}

/* Marks a rule and all that it is made from: 1 on the way, 2 done. False in a circle. */
static bool visit(const rules_t *rules, size_t index, char *mark)
{
    size_t part;
    bool fine = mark[index] != 1;
    if (mark[index]) return fine;
    mark[index] = 1;
    for (size_t k = 0; fine && rule_part(&rules->rule[index], k, &part); k++)
        fine = visit(rules, part, mark);
    mark[index] = 2;
    return fine;
}

static status_t check_circles(const expansion_t *it, const rules_t *rules)
{
    char *mark = NULL;
    status_t status = mem_new(&mark, rules->count, "rules of cohorts");
    for (size_t i = 0; !status && i < rules->count; i++)
        if (!visit(rules, i, mark))
            status =
                config_error(it->config, config_path("select.%s", rules->rule[i].entry),
                             "cohort '%s' is made from itself in the end", rules->rule[i].name);
    mem_free(&mark);
    return status;
}

static status_t link_rules(const expansion_t *it, rules_t *rules)
{
    status_t status = NULL;
    size_t number = 0;
    for (size_t i = 0; !status && i < rules->count; i++) {
        rule_t *rule = &rules->rule[i];
        number = i && rules->rule[i - 1].entry == rule->entry ? number + 1 : 0;
        if (rule->kind == RULE_RANDOM || rule->kind == RULE_PAIRED)
            status = link_like(it, rules, rule, number);
        else if (rule->kind == RULE_UNION || rule->kind == RULE_INTERSECTION ||
                 rule->kind == RULE_DIFFERENCE)
            status = link_parts(it, rules, rule);
    }
    return status ? status : check_circles(it, rules);
}

status_t rules_read(const config_t *config, const strings_t *checkpoints, rules_t *rules)
{
    expansion_t it = {.config = config, .entries = config_count(config, "select")};
    size_t count = 0;
    *rules = (rules_t){0};
    status_t status = mem_new(&it.suffix, it.entries, "cohorts");
    for (size_t e = 0; !status && e < it.entries; e++) status = find_suffixes(&it, e, 0);
    for (size_t e = 0; !status && e < it.entries; e++) count += it.suffix[e].count;
    if (!status) status = mem_new(&rules->rule, count, "rules of cohorts");
    for (size_t e = 0; !status && e < it.entries; e++)
        status = add_rules(&it, checkpoints, e, rules);
    if (!status) status = link_rules(&it, rules);
    for (size_t e = 0; it.suffix && e < it.entries; e++) strings_free(&it.suffix[e]);
    mem_free(&it.suffix);
    if (status) rules_destroy(rules);
    return status;
}

void rules_destroy(rules_t *rules)
{
    for (size_t i = 0; i < rules->count; i++) mem_free(&rules->rule[i].part);
    mem_free(&rules->rule);
    strings_free(&rules->names);
    *rules = (rules_t){0};
}

/* ---- names ---- */

ptrdiff_t rules_find(const rules_t *rules, const char *name)
{
    for (size_t i = 0; i < rules->count; i++)
        if (strcmp(rules->rule[i].name, name) == 0) return (ptrdiff_t)i;
    return -1;
}

static status_t refuse_name(const rules_t *rules, const config_t *config, const char *key,
                            const char *name)
{
    const char *known[128];
    size_t count = 0;
    for (size_t i = 0; i < rules->count && count + 2 <= 128; i++) {
        const rule_t *rule = &rules->rule[i];
        if (i == 0 || rules->rule[i - 1].entry != rule->entry) known[count++] = rule->entry;
        known[count++] = rule->name;
    }
    const char *near = nearest_name(name, known, count);
    return config_error(config, key, "select has no cohort '%s'%s%s%s", name,
                        near ? "; did you mean '" : "", near ? near : "", near ? "'?" : "");
}

status_t rules_resolve(const rules_t *rules, const config_t *config, const char *key,
                       const char *name, size_t *first, size_t *count)
{
    ptrdiff_t one = rules_find(rules, name);
    *first = one < 0 ? 0 : (size_t)one;
    *count = one >= 0;
    if (one >= 0) return NULL;
    for (size_t i = rules->count; i-- > 0;)
        if (strcmp(rules->rule[i].entry, name) == 0) {
            *first = i;
            (*count)++;
        }
    return *count ? NULL : refuse_name(rules, config, key, name);
}

status_t rules_resolve_one(const rules_t *rules, const config_t *config, const char *key,
                           const char *name, size_t *index)
{
    size_t count = 0;
    status_t status = rules_resolve(rules, config, key, name, index, &count);
    if (!status && count > 1)
        status = config_error(config, key, "'%s' stands for %zu cohorts; name one, such as '%s'",
                              name, count, rules->rule[*index].name);
    return status;
}
