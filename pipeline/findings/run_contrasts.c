/* Which conditions are compared: with the baseline, with the draws of their controls, as configured. */
#include <math.h>
#include <string.h>

#include "core/memory.h"
#include "findings/run_internal.h"

/* ---- draws ---- */

static const rule_t *rule_of(const run_t *run, size_t condition)
{
    const char *cohort = run->condition[condition].cohort;
    ptrdiff_t rule = cohort ? rules_find(&run->rules, cohort) : -1;
    return rule < 0 ? NULL : &run->rules.rule[rule];
}

bool run_same_ablation(const run_t *run, size_t a, size_t b)
{
    const condition_t *x = &run->planned.condition[a], *y = &run->planned.condition[b];
    return x->ablate == y->ablate && x->factor == y->factor &&
           x->layers.groups == y->layers.groups && x->layers.cumulative == y->layers.cumulative &&
           x->layers.from == y->layers.from && x->layers.to == y->layers.to;
}

static bool same_draw(const run_t *run, size_t a, size_t b)
{
    const rule_t *x = rule_of(run, a), *y = rule_of(run, b);
    if (!x || !y || x->kind != RULE_RANDOM || y->kind != RULE_RANDOM) return false;
    return x->like == y->like && x->outside == y->outside && x->from == y->from &&
           (a == b || (x->seed != y->seed && run_same_ablation(run, a, b)));
}

/* The condition's name with its cohort's number cut off: "negative-random" of "negative-random-d1" and
 * "negative-random-1". */
static status_t name_draws(const run_t *run, size_t first, char **name)
{
    const run_condition_t *condition = &run->condition[first];
    const char *cohort = condition->cohort, *at = strstr(condition->name, cohort);
    size_t length = strlen(cohort), end = length;
    while (end && strchr("0123456789", cohort[end - 1])) end--;
    if (rule_of(run, first)->draw && end && cohort[end - 1] == 'd') end--;
    while (end && strchr("-_.", cohort[end - 1])) end--;
    if (!at || end == 0) return str_copy(name, condition->name);
    return str_format(name, "%.*s%s", (int)(at - condition->name + (ptrdiff_t)end), condition->name,
                      at + length);
}

static status_t find_draws(run_t *run)
{
    bool *taken = NULL;
    status_t status = mem_new(&run->draws, run->conditions, "draws");
    if (!status) status = mem_new(&taken, run->conditions, "draws");
    for (size_t c = 0; !status && c < run->conditions; c++) {
        run_draws_t *draws = &run->draws[run->draws_count];
        if (taken[c]) continue;
        status = mem_new(&draws->member, run->conditions, "draws");
        draws->members = 0;
        for (size_t d = c; !status && d < run->conditions; d++)
            if (same_draw(run, c, d)) draws->member[draws->members++] = d, taken[d] = true;
        if (!status && draws->members > 1) {
            status = name_draws(run, c, &draws->name);
            run->draws_count++;
        } else {
            mem_free(&draws->member);
        }
    }
    mem_free(&taken);
    return status;
}

/* ---- contrasts ---- */

/* A side of a contrast: a condition, or all draws of a family. */
typedef struct {
    const char *name;
    const size_t *member;
    size_t members;
} side_t;

static side_t side_of_condition(const run_t *run, const size_t *condition)
{
    return (side_t){run->condition[*condition].name, condition, 1};
}

static side_t side_of_draws(const run_t *run, size_t draws)
{
    return (side_t){run->draws[draws].name, run->draws[draws].member, run->draws[draws].members};
}

static status_t copy_side(const side_t *side, char **name, size_t **member, size_t *members)
{
    status_t status = side->members > 1
                          ? str_format(name, "%s (mean of %zu)", side->name, side->members)
                          : str_copy(name, side->name);
    if (!status) status = mem_new(member, side->members, "contrasts");
    for (size_t k = 0; !status && k < side->members; k++) (*member)[k] = side->member[k];
    *members = side->members;
    return status;
}

static bool same_members(const size_t *a, size_t as, const size_t *b, size_t bs)
{
    bool same = as == bs;
    for (size_t k = 0; same && k < as; k++) same = a[k] == b[k];
    return same;
}

/* Unless it is there already. */
static status_t add_contrast(run_t *run, side_t left, side_t right, bool baseline)
{
    for (size_t k = 0; k < run->contrasts; k++) {
        const run_contrast_t *other = &run->contrast[k];
        if (same_members(left.member, left.members, other->left, other->lefts) &&
            same_members(right.member, right.members, other->right, other->rights))
            return NULL;
    }
    status_t status =
        mem_grow(&run->contrast, &run->contrast_capacity, run->contrasts + 1, "contrasts");
    if (status) return status;
    run_contrast_t *contrast = &run->contrast[run->contrasts++];
    *contrast = (run_contrast_t){.baseline = baseline};
    status = copy_side(&left, &contrast->name, &contrast->left, &contrast->lefts);
    return status ? status
                  : copy_side(&right, &contrast->against, &contrast->right, &contrast->rights);
}

static status_t add_baselines(run_t *run)
{
    ptrdiff_t base = run_baseline(run);
    size_t baseline = (size_t)base;
    status_t status = NULL;
    if (base < 0) return NULL;
    for (size_t c = 0; !status && c < run->conditions; c++)
        if (run->condition[c].ablate)
            status = add_contrast(run, side_of_condition(run, &c),
                                  side_of_condition(run, &baseline), true);
    for (size_t d = 0; !status && d < run->draws_count; d++)
        status = add_contrast(run, side_of_draws(run, d), side_of_condition(run, &baseline), true);
    return status;
}

/* Whether b's cohort is a control of a's: random or paired neurons like it, or as many as raise the
 * perplexity as much as a does. */
static bool controls(const run_t *run, size_t a, size_t b)
{
    const rule_t *of = rule_of(run, a), *control = rule_of(run, b);
    if (!of || !control || a == b || !run_same_ablation(run, a, b)) return false;
    if (control->kind == RULE_RANDOM || control->kind == RULE_PAIRED)
        return &run->rules.rule[control->like] == of;
    return control->kind == RULE_UNTIL &&
           strcmp(control->until.condition, run->condition[a].name) == 0;
}

static status_t add_controls(run_t *run)
{
    status_t status = NULL;
    for (size_t a = 0; !status && a < run->conditions; a++) {
        for (size_t d = 0; !status && d < run->draws_count; d++)
            if (controls(run, a, run->draws[d].member[0]))
                status =
                    add_contrast(run, side_of_condition(run, &a), side_of_draws(run, d), false);
        for (size_t b = 0; !status && b < run->conditions; b++)
            if (controls(run, a, b))
                status = add_contrast(run, side_of_condition(run, &a), side_of_condition(run, &b),
                                      false);
    }
    return status;
}

static status_t find_side(const run_t *run, const char *key, size_t *condition, side_t *side)
{
    const char *name = config_text(run->config, key);
    const char *known[64];
    size_t count = 0;
    for (*condition = 0; *condition < run->conditions; ++*condition) {
        const char *of = run->condition[*condition].name;
        if (count < 64) known[count++] = of;
        if (strcmp(of, name) != 0) continue;
        *side = side_of_condition(run, condition);
        return NULL;
    }
    for (size_t d = 0; d < run->draws_count; d++) {
        if (count < 64) known[count++] = run->draws[d].name;
        if (strcmp(run->draws[d].name, name) != 0) continue;
        *side = side_of_draws(run, d);
        return NULL;
    }
    const char *near = nearest_name(name, known, count);
    return config_error(run->config, key, "no condition is named '%s'%s%s%s", name,
                        near ? "; did you mean '" : "", near ? near : "", near ? "'?" : "");
}

static status_t add_configured(run_t *run)
{
    size_t count = config_count(run->config, "report.contrasts");
    status_t status = NULL;
    for (size_t i = 0; !status && i < count; i++) {
        size_t condition[2];
        side_t side[2] = {{0}};
        status =
            find_side(run, config_path("report.contrasts[%zu].of", i), &condition[0], &side[0]);
        if (!status)
            status = find_side(run, config_path("report.contrasts[%zu].against", i), &condition[1],
                               &side[1]);
        if (!status) status = add_contrast(run, side[0], side[1], false);
    }
    return status;
}

status_t run_read_contrasts(run_t *run)
{
    status_t status = find_draws(run);
    if (!status) status = add_baselines(run);
    if (!status) status = add_controls(run);
    return status ? status : add_configured(run);
}

static bool is_drawn(const run_t *run, size_t condition)
{
    for (size_t d = 0; d < run->draws_count; d++)
        for (size_t k = 0; k < run->draws[d].members; k++)
            if (run->draws[d].member[k] == condition) return true;
    return false;
}

bool run_contrast_stands_out(const run_t *run, size_t contrast)
{
    const run_contrast_t *of = &run->contrast[contrast];
    return (of->lefts > 1 || !is_drawn(run, of->left[0])) &&
           (of->rights > 1 || !is_drawn(run, of->right[0]));
}

bool contrast_is_there(const run_contrast_t *contrast, const run_result_t *result)
{
    bool there = true;
    for (size_t k = 0; k < contrast->lefts; k++) there &= result[contrast->left[k]].there;
    for (size_t k = 0; k < contrast->rights; k++) there &= result[contrast->right[k]].there;
    return there;
}

status_t run_purpose(const reading_t *reading, const char *what, const char *name, char **purpose)
{
    const run_t *run = reading->run;
    return str_format(purpose, "%s %s %s %s", what, run->checkpoints->item[reading->checkpoint],
                      run->task[reading->task].key, name);
}

status_t run_add_spread(run_t *run, run_spread_t *spread, const double *value)
{
    size_t members = run->draws[spread->draws].members;
    double sum = 0, squares = 0;
    spread->lowest = spread->highest = value[0];
    for (size_t k = 0; k < members; k++) {
        sum += value[k];
        spread->lowest = fmin(spread->lowest, value[k]);
        spread->highest = fmax(spread->highest, value[k]);
    }
    spread->mean = sum / (double)members;
    for (size_t k = 0; k < members; k++)
        squares += (value[k] - spread->mean) * (value[k] - spread->mean);
    spread->deviation = sqrt(squares / (double)(members - 1));
    status_t status = mem_grow(&run->spread, &run->spread_capacity, run->spreads + 1, "draws");
    if (!status) run->spread[run->spreads++] = *spread;
    return status;
}
