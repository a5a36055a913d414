#include "report/series.h"

#include <math.h>
#include <string.h>

#include "core/memory.h"
#include "report/palette.h"

/* ---- looks ---- */

/* Place of a rule's entry among those that are no list of all neurons. */
static size_t entry_of(const run_t *run, size_t rule)
{
    size_t entry = 0;
    for (size_t r = 0; r < rule; r++) {
        const rule_t *a = &run->rules.rule[r];
        bool first = r == 0 || strcmp(a->entry, run->rules.rule[r - 1].entry) != 0;
        entry += first && a->kind != RULE_ALL && strcmp(a->entry, run->rules.rule[rule].entry) != 0;
    }
    return entry;
}

look_t look_of_cohort(const run_t *run, size_t rule)
{
    /* All neurons are grey: black is the baseline. */
    look_t look = {.colour = colours[COLOUR_GUIDE].light, .dash = 1, .point = 7};
    if (run->rules.rule[rule].kind == RULE_ALL) return look;
    size_t entry = entry_of(run, rule), round = entry / COHORT_COLOURS;
    look.colour = colours[COLOUR_COHORT + entry % COHORT_COLOURS].light;
    look.dash = 1 + (int)(round % 5);
    if (round) look.point = 6; /* an open circle */
    return look;
}

look_t look_of_condition(const run_t *run, const sweeps_t *sweeps, size_t condition)
{
    static const int size_dash[] = {3, 2, 1};
    static const struct {
        int dash, point;
    } of[] = {[ABLATE_NEGATIVE] = {1, 7}, [ABLATE_POSITIVE] = {2, 9},  [ABLATE_BOTH] = {4, 5},
              [ABLATE_POSRELU] = {5, 11}, [ABLATE_SIGNFLIP] = {3, 13}, [ABLATE_MEAN] = {2, 13},
              [ABLATE_SCALE] = {4, 11}};
    look_t look = {.colour = colours[COLOUR_INK].light, .dash = 1, .point = 7};
    const char *cohort = run->condition[condition].cohort;
    ptrdiff_t rule = cohort ? rules_find(&run->rules, cohort) : -1;
    size_t rank = 0;
    ptrdiff_t sweep = sweeps ? sweeps_of(sweeps, condition, &rank) : -1;
    if (rule < 0) return look;
    look = look_of_cohort(run, (size_t)rule);
    ablate_t ablate = run->planned.condition[condition].ablate;
    if (sweep >= 0) {
        size_t last = sweeps->item[sweep].members - 1;
        look.dash = size_dash[rank == last ? 2 : rank == 0 ? 0 : 1];
    } else if ((size_t)ablate < sizeof of / sizeof *of && of[ablate].dash) {
        look.dash = 1 + (look.dash - 1 + of[ablate].dash - 1) % 5;
        look.point = look.point == 6 && of[ablate].point == 7 ? 6 : of[ablate].point;
    }
    return look;
}

/* ---- the list ---- */

static ptrdiff_t draws_with(const run_t *run, size_t condition)
{
    for (size_t d = 0; d < run->draws_count; d++)
        for (size_t k = 0; k < run->draws[d].members; k++)
            if (run->draws[d].member[k] == condition) return (ptrdiff_t)d;
    return -1;
}

static ptrdiff_t baseline_contrast(const run_t *run, size_t first, size_t members)
{
    for (size_t k = 0; k < run->contrasts; k++) {
        const run_contrast_t *contrast = &run->contrast[k];
        if (contrast->baseline && contrast->lefts == members && contrast->left[0] == first)
            return (ptrdiff_t)k;
    }
    return -1;
}

series_t series_of(const run_t *run, size_t condition)
{
    return (series_t){.name = run->condition[condition].name,
                      .condition = condition,
                      .draws = -1,
                      .baseline = baseline_contrast(run, condition, 1),
                      .look = look_of_condition(run, NULL, condition)};
}

static bool has_any(const run_t *run, size_t condition)
{
    for (size_t i = 0; i < run->checkpoints->count; i++)
        for (size_t t = 0; t < run->tasks; t++)
            if (run_result(run, i, t, condition)->there) return true;
    return false;
}

/* Appends the series of a condition unless it is there, has no results, or is not to be shown. */
static void add(const run_t *run, const sweeps_t *sweeps, size_t condition, bool groups,
                series_list_t *list)
{
    ptrdiff_t draws = draws_with(run, condition);
    if (draws >= 0) condition = run->draws[draws].member[0];
    if (!sweeps_show(sweeps, condition) || (run_groups(run, condition) && !groups) ||
        !has_any(run, condition))
        return;
    for (size_t i = 0; i < list->count; i++)
        if (list->item[i].condition == condition) return;
    size_t members = draws >= 0 ? run->draws[draws].members : 1;
    ptrdiff_t contrast = baseline_contrast(run, condition, members);
    list->item[list->count++] = (series_t){
        .name = draws >= 0 && contrast >= 0 ? run->contrast[contrast].name
                : draws >= 0                ? run->draws[draws].name
                                            : run->condition[condition].name,
        .condition = condition,
        .draws = draws,
        .baseline = contrast,
        .look = look_of_condition(run, sweeps, condition),
    };
}

status_t series_choose(const run_t *run, const sweeps_t *sweeps, size_t most, series_list_t *list,
                       size_t *left)
{
    ptrdiff_t base = run_baseline(run), chief = run_chief(run);
    *list = (series_list_t){0};
    status_t status = mem_new(&list->item, run->conditions, "series");
    if (status) return status;
    if (base >= 0) add(run, sweeps, (size_t)base, false, list);
    /* The chief one has groups of layers where all have. */
    bool groups = chief >= 0 && run_groups(run, (size_t)chief);
    if (chief >= 0) add(run, sweeps, (size_t)chief, groups, list);
    for (size_t k = 0; chief >= 0 && k < run->contrasts; k++) {
        const run_contrast_t *contrast = &run->contrast[k];
        if (!contrast->baseline && contrast->lefts == 1 && contrast->left[0] == (size_t)chief)
            add(run, sweeps, contrast->right[0], groups, list);
    }
    for (size_t c = 0; c < run->conditions; c++) add(run, sweeps, c, groups, list);
    *left = list->count > most ? list->count - most : 0;
    list->count -= *left;
    return NULL;
}

void series_free(series_list_t *list)
{
    mem_free(&list->item);
    *list = (series_list_t){0};
}

/* ---- results ---- */

static const shown_t nothing = {.value = NAN, .interval = {NAN, NAN}};

static shown_t of_loss(const loss_t *loss)
{
    return (shown_t){loss_perplexity(loss), loss_perplexity_interval(loss), loss->windows};
}

static shown_t of_single(const run_t *run, const series_t *series, show_t show, size_t checkpoint,
                         size_t task, ptrdiff_t term)
{
    const run_result_t *result = run_result(run, checkpoint, task, series->condition);
    if (!result->there) return nothing;
    if (show == SHOW_RATIO) return result->compared ? of_loss(&result->change) : nothing;
    if (show == SHOW_PERPLEXITY) return of_loss(&result->loss);
    const accuracy_t *accuracy = term < 0 ? &result->all : &result->term[term];
    return (shown_t){accuracy_value(accuracy), accuracy->interval, accuracy->count};
}

/* The change against the baseline; nats become a ratio. */
static shown_t of_change(const run_t *run, const series_t *series, show_t show, size_t checkpoint,
                         size_t task, ptrdiff_t term)
{
    const run_change_t *change =
        series->baseline < 0 ? NULL
                             : run_change(run, checkpoint, task, (size_t)series->baseline, term);
    if (!change) return nothing;
    const interval_t interval = change->interval;
    if (show == SHOW_RATIO)
        return (shown_t){exp(change->value), {exp(interval.low), exp(interval.high)}, change->n};
    return (shown_t){change->value, interval, change->n};
}

static shown_t of_draws(const run_t *run, const series_t *series, size_t checkpoint, size_t task,
                        ptrdiff_t term)
{
    const run_spread_t *spread = run_spread(run, checkpoint, task, (size_t)series->draws, term);
    return spread ? (shown_t){spread->mean, spread->interval, spread->n} : nothing;
}

shown_t series_value(const run_t *run, const series_t *series, show_t show, size_t checkpoint,
                     size_t task, ptrdiff_t term)
{
    bool single = series->draws < 0;
    shown_t shown = show == SHOW_CHANGE || (show == SHOW_RATIO && !single)
                        ? of_change(run, series, show, checkpoint, task, term)
                    : single ? of_single(run, series, show, checkpoint, task, term)
                             : of_draws(run, series, checkpoint, task, term);
    double scale = show == SHOW_ACCURACY || show == SHOW_CHANGE ? 100 : 1;
    shown.value *= scale;
    shown.interval.low *= scale;
    shown.interval.high *= scale;
    return shown;
}
