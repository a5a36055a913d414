/* Cohorts and phenomena along training. */
#include <math.h>
#include <string.h>

#include "core/memory.h"
#include "report/figures_internal.h"
#include "report/text.h"

/* More cohorts are not told apart. */
enum { COHORTS_MOST = 12, PHENOMENA_MOST = 16 };

/* ---- cohorts ---- */

typedef enum { OWN_WD, FOLLOWED_WD, OVERLAP } emergence_show_t;

static status_t add_rule(const run_t *run, size_t rule, emergence_show_t show,
                         const ground_t *ground, panel_t *panel)
{
    curve_t *curve;
    status_t status = panel_add(panel, ground, run->rules.rule[rule].name, false, &curve);
    if (status) return status;
    memcpy(curve->colour, figure_colour[1 + rule % (FIGURE_COLOURS - 1)], sizeof curve->colour);
    curve->dash = 1 + (int)(rule / (FIGURE_COLOURS - 1)) % 4;
    for (size_t i = 0; show == FOLLOWED_WD && i < run->drifts; i++)
        if (run->drift[i].rule == rule) curve->value[run->drift[i].checkpoint] = run->drift[i].wd;
    for (size_t i = 0; show != FOLLOWED_WD && i < run->emergences; i++) {
        const run_emergence_t *row = &run->emergence[i];
        if (row->rule != rule) continue;
        curve->value[row->checkpoint] = show == OVERLAP ? 100 * row->overlap : row->wd;
    }
    return NULL;
}

static status_t add_median(const run_t *run, const ground_t *ground, panel_t *panel)
{
    curve_t *curve;
    status_t status = panel_add(panel, ground, "median of all neurons", false, &curve);
    if (status) return status;
    memcpy(curve->colour, figure_colour[0], sizeof curve->colour);
    for (size_t i = 0; i < ground->count; i++) {
        const run_statistics_t *statistics = &run->statistics[i];
        if (statistics->there)
            curve->value[i] = statistics->layer[statistics->layers].wd[WD_MEDIAN];
    }
    return NULL;
}

static status_t fill(const run_t *run, emergence_show_t show, const ground_t *ground,
                     panel_t *panel)
{
    static const char *const title[] = {"Mean WD of the cohorts of each checkpoint",
                                        "Mean WD of the neurons of one checkpoint's cohorts",
                                        "Overlap with the last checkpoint's cohort (%)"};
    static const char *const name[] = {"own_wd", "followed_wd", "overlap_percent"};
    static const char *const note[] = {
        "cohorts as they are chosen at each checkpoint",
        "chosen at the last checkpoint, or where they are frozen, and followed",
        "neurons in both over those in either (Jaccard)"};
    *panel = (panel_t){.title = title[show],
                       .name = name[show],
                       .note = note[show],
                       .least = NAN,
                       .most = NAN,
                       .line = NAN};
    status_t status = show == OVERLAP ? NULL : add_median(run, ground, panel);
    for (size_t r = 0, shown = 0; !status && r < run->rules.count && shown < COHORTS_MOST; r++) {
        if (run->rules.rule[r].kind == RULE_ALL) continue;
        if (show == OVERLAP && !run_rule_varies(run, r)) continue;
        status = add_rule(run, r, show, ground, panel);
        shown++;
    }
    panel_drop_empty(panel, ground->count);
    panel_fit(panel, ground, false);
    return status;
}

static status_t draw_cohorts(const run_t *run, const ground_t *ground, figures_t *figures)
{
    panel_t panel[3] = {{0}};
    status_t status = NULL;
    for (int show = 0; !status && show < 3; show++)
        status = fill(run, (emergence_show_t)show, ground, &panel[show]);
    if (!status)
        status =
            write_training("emergence", "Cohorts over training",
                           "Above, the mean Wasserstein distance of the neurons in each cohort "
                           "as it is chosen at each checkpoint; in the middle, that of the "
                           "neurons that one checkpoint chooses, followed through training; "
                           "below, how much of the last checkpoint's cohort is chosen already.",
                           ground, panel, 3, figures);
    for (int i = 0; i < 3; i++) panel_free(&panel[i]);
    return status;
}

/* ---- phenomena ---- */

static status_t fill_term(const run_t *run, size_t task, size_t term, const sweeps_t *sweeps,
                          const ground_t *ground, panel_t *panel, str_t *note)
{
    status_t status = panel_of_task(run, task, SHOW_ACCURACY, panel, note);
    int64_t n = 0;
    panel->title = panel->name = run->task[task].terms.item[term];
    for (size_t c = 0; !status && c < run->conditions; c++) {
        curve_t *curve;
        if (!sweeps_show(sweeps, c)) continue;
        status = panel_add(panel, ground, run->condition[c].name, true, &curve);
        if (status) break;
        style_condition(run, sweeps, c, curve);
        for (size_t i = 0; i < ground->count; i++) {
            const run_result_t *result = run_result(run, i, task, c);
            if (!result->there) continue;
            const accuracy_t *accuracy = &result->term[term];
            n = accuracy->count;
            curve->value[i] = 100 * accuracy_value(accuracy);
            curve->low[i] = 100 * accuracy->interval.low;
            curve->high[i] = 100 * accuracy->interval.high;
        }
    }
    str_clear(note);
    if (!status) status = str_add(note, "n = ");
    if (!status) status = text_count(note, n);
    if (!status)
        status =
            str_printf(note, " %s; bands: %g %% intervals (%s)", run_items_name(&run->task[task]),
                       100 * run->resampling.level, run_interval_name(&run->task[task]));
    panel->note = note->data;
    panel_drop_empty(panel, ground->count);
    panel_fit(panel, ground, true);
    return status;
}

static status_t draw_phenomena(const run_t *run, size_t task, const sweeps_t *sweeps,
                               const ground_t *ground, figures_t *figures)
{
    const run_task_t *of = &run->task[task];
    size_t terms = of->terms.count < PHENOMENA_MOST ? of->terms.count : PHENOMENA_MOST;
    panel_t panel[PHENOMENA_MOST] = {{0}};
    str_t note[PHENOMENA_MOST] = {{0}}, name = {0};
    char *title = NULL;
    status_t status = str_add(&name, "phenomena-");
    if (!status) status = text_file_name(&name, of->key);
    if (!status)
        status = str_format(&title, "Phenomena of %s over training%s", of->label,
                            of->norm ? " (acc_norm)" : "");
    for (size_t t = 0; !status && t < terms; t++)
        status = fill_term(run, task, t, sweeps, ground, &panel[t], &note[t]);
    if (!status)
        status = write_training(name.data, title,
                                "Share of items that are right, in per cent, by condition, with "
                                "intervals of a bootstrap over items; of conditions that differ "
                                "in the cohort's size alone, the smallest, the middle and the "
                                "largest.",
                                ground, panel, terms, figures);
    for (size_t t = 0; t < terms; t++) panel_free(&panel[t]), str_free(&note[t]);
    mem_free(&title);
    str_free(&name);
    return status;
}

status_t figures_trajectory(const run_t *run, figures_t *figures)
{
    axis_t axis = {0};
    ground_t ground;
    sweeps_t sweeps = {0};
    status_t status = axis_create(run->checkpoints, &axis);
    if (!status) status = sweeps_find(run, &sweeps);
    if (!status) ground_of_training(&axis, run->checkpoints, &ground);
    if (!status && run->emergences) status = draw_cohorts(run, &ground, figures);
    for (size_t t = 0; !status && t < run->tasks; t++)
        if (run->task[t].counted && run->task[t].terms.count > 1 && checkpoints_with(run, t) > 1)
            status = draw_phenomena(run, t, &sweeps, &ground, figures);
    sweeps_free(&sweeps);
    axis_destroy(&axis);
    return status;
}
