#include "select/rules.h"

#include <string.h>

#include "core/memory.h"
#include "model/checkpoints.h"
#include "stats/statistics.h"

static const char *key_of(const char *cohort, const char *key)
{
    return config_path("select.%s.%s", cohort, key);
}

static bool has(const config_t *config, const char *cohort, const char *key)
{
    return config_has(config, key_of(cohort, key));
}

/* An error where a key is given that the rule does not use. */
static status_t refuse(const config_t *config, const char *cohort, const char *key,
                       const char *with)
{
    if (!has(config, cohort, key)) return NULL;
    return config_error(config, key_of(cohort, key), "%s does not go with %s", key, with);
}

static status_t read_ranked(const config_t *config, rule_t *rule)
{
    const char *take = config_text(config, key_of(rule->name, "take"));
    bool percent = has(config, rule->name, "percent"), count = has(config, rule->name, "count");
    if (strcmp(take, "all") == 0) {
        rule->kind = RULE_ALL;
        status_t status = refuse(config, rule->name, "percent", "take: all");
        return status ? status : refuse(config, rule->name, "count", "take: all");
    }
    rule->kind = strcmp(take, "highest") == 0 ? RULE_HIGHEST : RULE_LOWEST;
    if (percent == count)
        return config_error(config, config_path("select.%s", rule->name),
                            "cohort '%s': either percent or count is expected", rule->name);
    if (percent) rule->percent = config_number(config, key_of(rule->name, "percent"));
    if (count) rule->count = config_integer(config, key_of(rule->name, "count"));
    return NULL;
}

static status_t read_rule(const config_t *config, const strings_t *checkpoints, rule_t *rule)
{
    const char *name = rule->name;
    bool take = has(config, name, "take"), like = has(config, name, "like"),
         neurons = has(config, name, "neurons");
    if (take + like + neurons != 1)
        return config_error(config, config_path("select.%s", name),
                            "cohort '%s': exactly one of take, like and neurons is expected", name);
    const char *by = config_text(config, key_of(name, "by"));
    rule->statistic = statistics_find(by);
    if (rule->statistic < 0)
        return config_error(config, key_of(name, "by"), "there is no statistic '%s'", by);
    rule->from = config_text(config, key_of(name, "from"));
    status_t status = NULL;
    if (rule->from)
        status = checkpoint_check(config, key_of(name, "from"), checkpoints, rule->from);
    if (status || take) return status ? status : read_ranked(config, rule);
    const char *kind = like ? "like" : "neurons";
    status = refuse(config, name, "percent", kind);
    if (!status) status = refuse(config, name, "count", kind);
    rule->kind = like ? RULE_RANDOM : RULE_LISTED;
    rule->outside = config_boolean(config, key_of(name, "outside"));
    rule->seed = (uint64_t)config_integer(config, key_of(name, "seed"));
    rule->neurons = config_text(config, key_of(name, "neurons"));
    return status;
}

/* Resolves like to an index; following it must end. */
static status_t link_rules(const config_t *config, rules_t *rules)
{
    for (size_t i = 0; i < rules->count; i++) {
        rule_t *rule = &rules->rule[i];
        if (rule->kind != RULE_RANDOM) continue;
        const char *like = config_text(config, key_of(rule->name, "like"));
        ptrdiff_t found = rules_find(rules, like);
        if (found < 0)
            return config_error(config, key_of(rule->name, "like"), "there is no cohort '%s'",
                                like);
        rule->like = (size_t)found;
    }
    for (size_t i = 0; i < rules->count; i++) {
        size_t at = i, steps = 0;
        while (rules->rule[at].kind == RULE_RANDOM && steps++ <= rules->count)
            at = rules->rule[at].like;
        if (steps > rules->count)
            return config_error(config, key_of(rules->rule[i].name, "like"),
                                "cohort '%s' is matched to itself in the end", rules->rule[i].name);
    }
    return NULL;
}

status_t rules_read(const config_t *config, const strings_t *checkpoints, rules_t *rules)
{
    *rules = (rules_t){.count = config_count(config, "select")};
    status_t status = mem_new(&rules->rule, rules->count, "rules of cohorts");
    for (size_t i = 0; !status && i < rules->count; i++) {
        rules->rule[i].name = config_name(config, "select", i);
        status = read_rule(config, checkpoints, &rules->rule[i]);
    }
    if (!status) status = link_rules(config, rules);
    if (status) rules_destroy(rules);
    return status;
}

void rules_destroy(rules_t *rules)
{
    mem_free(&rules->rule);
    *rules = (rules_t){0};
}

ptrdiff_t rules_find(const rules_t *rules, const char *name)
{
    for (size_t i = 0; i < rules->count; i++)
        if (strcmp(rules->rule[i].name, name) == 0) return (ptrdiff_t)i;
    return -1;
}

status_t rule_describe(const rules_t *rules, size_t index, str_t *text)
{
    const rule_t *rule = &rules->rule[index];
    const char *by = statistics[rule->statistic].by;
    bool high = rule->kind == RULE_HIGHEST;
    status_t status = NULL;
    switch (rule->kind) {
    case RULE_ALL: status = str_add(text, "every neuron"); break;
    case RULE_LISTED: status = str_printf(text, "listed in %s", rule->neurons); break;
    case RULE_RANDOM:
        status = str_printf(text, "random, as many in each layer as %s%s, seed %llu",
                            rules->rule[rule->like].name, rule->outside ? " and outside of it" : "",
                            (unsigned long long)rule->seed);
        break;
    default:
        if (rule->count)
            status = str_printf(text, "the %lld of %s %s in each layer", (long long)rule->count,
                                high ? "highest" : "lowest", by);
        else
            status =
                str_printf(text, "%s %s percentile %.10g of its layer", by,
                           high ? "above" : "below", high ? 100 - rule->percent : rule->percent);
    }
    if (!status && rule->from) status = str_printf(text, ", frozen at %s", rule->from);
    return status;
}
