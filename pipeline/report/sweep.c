#include "report/sweep.h"

#include <math.h>
#include <string.h>

#include "core/memory.h"
#include "report/tables.h"
#include "stats/statistics.h"

static const rule_t *rule_of(const run_t *run, size_t condition)
{
    if (!run->condition[condition].cohort) return NULL;
    ptrdiff_t index = rules_find(&run->rules, run->condition[condition].cohort);
    return index < 0 ? NULL : &run->rules.rule[index];
}

static bool same_text(const char *a, const char *b)
{
    return a == b || (a && b && strcmp(a, b) == 0);
}

/* Whether two rules choose in the same way, whatever their size. */
static bool same_way(const run_t *run, const rule_t *a, const rule_t *b)
{
    if (a->kind != b->kind || !same_text(a->from, b->from)) return false;
    switch (a->kind) {
    case RULE_HIGHEST:
    case RULE_LOWEST: return a->statistic == b->statistic;
    case RULE_PAIRED:
        return a->statistic == b->statistic && a->like != b->like &&
               same_way(run, &run->rules.rule[a->like], &run->rules.rule[b->like]);
    case RULE_RANDOM:
        return a->outside == b->outside && a->like != b->like && a->draw == b->draw &&
               same_way(run, &run->rules.rule[a->like], &run->rules.rule[b->like]);
    default: return false;
    }
}

static bool belongs(const run_t *run, size_t leader, size_t condition)
{
    const rule_t *a = rule_of(run, leader), *b = rule_of(run, condition);
    if (!a || !b || !run_same_ablation(run, leader, condition)) return false;
    return leader == condition || b->kind == RULE_ALL || same_way(run, a, b);
}

double sweep_share(const run_t *run, size_t condition)
{
    if (!run->condition[condition].cohort) return NAN;
    ptrdiff_t rule = rules_find(&run->rules, run->condition[condition].cohort);
    double share = NAN;
    for (size_t i = run->checkpoints->count; rule >= 0 && isnan(share) && i-- > 0;)
        share = cohort_share(run, i, (size_t)rule);
    return share;
}

/* The distance is WD to people, whatever its name in files. */
static const char *statistics_label(int statistic)
{
    const char *by = statistics[statistic].by;
    return strcmp(by, "wd") == 0 ? "WD" : by;
}

static status_t name_sweep(const run_t *run, size_t leader, sweep_t *sweep)
{
    const rule_t *rule = rule_of(run, leader);
    const condition_t *condition = &run->planned.condition[leader];
    const condition_layers_t *layers = &condition->layers;
    str_t title = {0};
    sweep->random = rule->kind == RULE_RANDOM;
    status_t status = str_add(&title, run->condition[leader].ablate);
    if (!status && condition->ablate == ABLATE_SCALE)
        status = str_printf(&title, " by %.10g", condition->factor);
    if (!status && sweep->random)
        status = str_printf(&title, ": random%s", rule->outside ? " outside" : "");
    else if (!status && rule->kind == RULE_PAIRED)
        status = str_printf(&title, ": like in %s", statistics_label(rule->statistic));
    else if (!status)
        status = str_printf(&title, ": %s %s", rule->kind == RULE_HIGHEST ? "highest" : "lowest",
                            statistics_label(rule->statistic));
    if (!status && rule->draw) status = str_printf(&title, " %d", rule->draw);
    if (!status && layers->groups)
        status = str_printf(&title, ", layer group%s %s%d of %d", layers->cumulative ? "s" : "",
                            layers->cumulative ? "1 to " : "", layers->to, layers->groups);
    else if (!status && (layers->from || layers->to)) status = str_add(&title, ", some layers");
    if (!status) status = str_copy(&sweep->title, title.data);
    str_free(&title);
    return status;
}

static void insert(sweep_t *sweep, size_t condition, double share)
{
    size_t at = sweep->members++;
    for (; at && sweep->share[at - 1] > share; at--) {
        sweep->member[at] = sweep->member[at - 1];
        sweep->share[at] = sweep->share[at - 1];
    }
    sweep->member[at] = condition;
    sweep->share[at] = share;
}

static void clear(sweep_t *sweep)
{
    mem_free(&sweep->title);
    mem_free(&sweep->member);
    mem_free(&sweep->share);
    *sweep = (sweep_t){0};
}

static status_t find_one(const run_t *run, size_t leader, sweeps_t *sweeps)
{
    sweep_t *sweep = &sweeps->item[sweeps->count];
    status_t status = mem_new(&sweep->member, run->conditions, "sweep");
    if (!status) status = mem_new(&sweep->share, run->conditions, "sweep");
    for (size_t c = 0; !status && c < run->conditions; c++) {
        double share = belongs(run, leader, c) ? sweep_share(run, c) : NAN;
        if (!isnan(share)) insert(sweep, c, share);
    }
    if (!status && sweep->members >= SWEEP_LEAST) status = name_sweep(run, leader, sweep);
    if (!status && sweep->members >= SWEEP_LEAST) sweeps->count++;
    else clear(sweep);
    return status;
}

/* Whether a condition is the first of its kind. */
static bool leads(const run_t *run, size_t condition)
{
    const rule_t *rule = rule_of(run, condition);
    if (!rule || rule->kind == RULE_ALL || rule->kind == RULE_LISTED) return false;
    for (size_t c = 0; c < condition; c++) {
        const rule_t *other = rule_of(run, c);
        if (other && other->kind != RULE_ALL && belongs(run, c, condition)) return false;
    }
    return true;
}

status_t sweeps_find(const run_t *run, sweeps_t *sweeps)
{
    *sweeps = (sweeps_t){0};
    status_t status = mem_new(&sweeps->item, run->conditions, "sweeps");
    for (size_t c = 0; !status && c < run->conditions; c++)
        if (leads(run, c)) status = find_one(run, c, sweeps);
    if (status) sweeps_free(sweeps);
    return status;
}

void sweeps_free(sweeps_t *sweeps)
{
    for (size_t i = 0; i < sweeps->count; i++) clear(&sweeps->item[i]);
    mem_free(&sweeps->item);
    *sweeps = (sweeps_t){0};
}

ptrdiff_t sweeps_of(const sweeps_t *sweeps, size_t condition, size_t *rank)
{
    for (size_t s = 0; s < sweeps->count; s++)
        for (size_t i = 0; i < sweeps->item[s].members; i++)
            if (sweeps->item[s].member[i] == condition) {
                *rank = i;
                return (ptrdiff_t)s;
            }
    return -1;
}

bool sweeps_show(const sweeps_t *sweeps, size_t condition)
{
    size_t rank;
    ptrdiff_t sweep = sweeps_of(sweeps, condition, &rank);
    if (sweep < 0) return true;
    size_t members = sweeps->item[sweep].members;
    return rank == 0 || rank + 1 == members || rank == (members - 1) / 2;
}
