/* Searches and the conditions that they are for. */
#include <string.h>

#include "core/memory.h"
#include "eval/condition.h"

typedef struct {
    const conditions_t *conditions;
    const rules_t *rules;
    char *mark; /* [rules] 1: on the way, 2: done */
} check_t;

/* The rule of the cohort that a search's condition ablates. */
static size_t rule_of(const check_t *it, const rule_t *search)
{
    ptrdiff_t condition = conditions_find(it->conditions, search->until.condition);
    return (size_t)rules_find(it->rules, it->conditions->condition[condition].cohort);
}

/* False in a circle. */
static bool visit(check_t *it, size_t index)
{
    const rule_t *rule = &it->rules->rule[index];
    size_t part = 0;
    bool fine = it->mark[index] != 1;
    if (it->mark[index]) return fine;
    it->mark[index] = 1;
    for (size_t k = 0; fine && rule_part(rule, k, &part); k++) fine = visit(it, part);
    if (fine && rule->kind == RULE_UNTIL) fine = visit(it, rule_of(it, rule));
    it->mark[index] = 2;
    return fine;
}

static status_t check_condition(const check_t *it, const config_t *config, const rule_t *rule)
{
    const char *known[128], *name = rule->until.condition;
    const char *key = config_path("select.%s.until.condition", rule->entry);
    size_t count = it->conditions->count < 128 ? it->conditions->count : 128;
    ptrdiff_t found = conditions_find(it->conditions, name);
    for (size_t i = 0; i < count; i++) known[i] = it->conditions->condition[i].name;
    const char *near = nearest_name(name, known, count);
    if (found < 0)
        return config_error(config, key, "evaluate has no condition '%s'%s%s%s", name,
                            near ? "; did you mean '" : "", near ? near : "", near ? "'?" : "");
    if (it->conditions->condition[found].cohort) return NULL;
    return config_error(config, key, "'%s' ablates nothing", name);
}

status_t conditions_check_searches(const conditions_t *conditions, const config_t *config,
                                   const rules_t *rules)
{
    check_t it = {.conditions = conditions, .rules = rules};
    status_t status = mem_new(&it.mark, rules->count, "rules of cohorts");
    for (size_t i = 0; !status && i < rules->count; i++)
        if (rules->rule[i].kind == RULE_UNTIL)
            status = check_condition(&it, config, &rules->rule[i]);
    for (size_t i = 0; !status && i < rules->count; i++)
        if (!visit(&it, i))
            status = config_error(config, config_path("select.%s", rules->rule[i].entry),
                                  "cohort '%s' is made from itself in the end, by way of the "
                                  "condition that a search is for",
                                  rules->rule[i].name);
    mem_free(&it.mark);
    return status;
}
