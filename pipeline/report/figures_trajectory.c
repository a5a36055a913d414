/* Cohorts and phenomena along training. */
#include <math.h>
#include <string.h>

#include "core/memory.h"
#include "report/figures_internal.h"
#include "report/palette.h"
#include "report/text.h"

/* More cohorts are not told apart. */
enum { COHORTS_MOST = 12, PHENOMENA_MOST = 12, PHENOMENA_SERIES = 4 };

/* ---- cohorts ---- */

typedef enum { OWN_WD, FOLLOWED_WD, OVERLAP } emergence_show_t;

static status_t add_rule(const run_t *run, size_t rule, emergence_show_t show,
                         const ground_t *ground, panel_t *panel)
{
    curve_t *curve;
    status_t status = panel_add(panel, ground, run->rules.rule[rule].name,
                                look_of_cohort(run, rule), false, &curve);
    if (status) return status;
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
    const look_t look = {colours[COLOUR_INK].light, 1, 0};
    status_t status = panel_add(panel, ground, "median of all neurons", look, false, &curve);
    if (status) return status;
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
        /* One draw stands for all of a random cohort: the others lie upon it. */
        if (run->rules.rule[r].kind == RULE_ALL || run->rules.rule[r].draw > 1) continue;
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
                           "below, how much of the last checkpoint's cohort is chosen already. Of "
                           "several draws of a random cohort the first.",
                           SECTION_TRAINING, ground, panel, 3, figures);
    for (int i = 0; i < 3; i++) panel_free(&panel[i]);
    return status;
}

/* ---- phenomena ---- */

static status_t fill_term(const run_t *run, size_t task, size_t term, const series_list_t *series,
                          const ground_t *ground, panel_t *panel, str_t *note)
{
    status_t status = panel_of_task(run, task, SHOW_ACCURACY, panel, note);
    int64_t n = 0;
    panel->title = panel->name = run->task[task].terms.item[term];
    for (size_t s = 0; !status && s < series->count; s++)
        status = panel_add_series(run, &series->item[s], SHOW_ACCURACY, task, (ptrdiff_t)term,
                                  ground, panel);
    for (size_t i = 0; series->count && i < ground->count; i++) {
        shown_t shown =
            series_value(run, &series->item[0], SHOW_ACCURACY, i, task, (ptrdiff_t)term);
        if (!isnan(shown.value)) n = shown.n;
    }
    str_clear(note);
    if (!status) status = str_add(note, "n = ");
    if (!status) status = text_count(note, n);
    if (!status) status = str_printf(note, " %s", run_items_name(&run->task[task]));
    panel->note = note->data;
    panel_drop_empty(panel, ground->count);
    panel_fit(panel, ground, true);
    return status;
}

static status_t draw_phenomena(const run_t *run, size_t task, const series_list_t *series,
                               const ground_t *ground, figures_t *figures)
{
    const run_task_t *of = &run->task[task];
    size_t terms = of->terms.count < PHENOMENA_MOST ? of->terms.count : PHENOMENA_MOST;
    panel_t panel[PHENOMENA_MOST] = {{0}};
    str_t note[PHENOMENA_MOST] = {{0}}, name = {0};
    char *title = NULL, *caption = NULL;
    status_t status = str_add(&name, "phenomena-");
    if (!status) status = text_file_name(&name, of->key);
    if (!status)
        status = str_format(&title, "Phenomena of %s over training%s", of->label,
                            of->norm ? " (acc_norm)" : "");
    for (size_t t = 0; !status && t < terms; t++)
        status = fill_term(run, task, t, series, ground, &panel[t], &note[t]);
    if (!status)
        status =
            str_format(&caption,
                       "Share of %s that are right, in per cent, under the baseline, the chief "
                       "condition and its controls%s; bands: %g %% intervals (%s); dotted: "
                       "chance. All other conditions and phenomena: tasks/%s.csv.",
                       run_items_name(of),
                       terms < of->terms.count ? ", of the first phenomena" : "",
                       100 * run->resampling.level, run_interval_name(of), of->key);
    if (!status)
        status = write_training(name.data, title, caption, SECTION_TRAINING, ground, panel, terms,
                                figures);
    mem_free(&caption);
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
    series_list_t series = {0};
    size_t left;
    status_t status = axis_create(run->checkpoints, &axis);
    if (!status) status = sweeps_find(run, &sweeps);
    if (!status) status = series_choose(run, &sweeps, PHENOMENA_SERIES, &series, &left);
    if (!status) ground_of_training(&axis, run->checkpoints, &ground);
    if (!status && run->emergences) status = draw_cohorts(run, &ground, figures);
    for (size_t t = 0; !status && t < run->tasks; t++)
        if (run->task[t].counted && run->task[t].terms.count > 1 && checkpoints_with(run, t) > 1)
            status = draw_phenomena(run, t, &series, &ground, figures);
    series_free(&series);
    sweeps_free(&sweeps);
    axis_destroy(&axis);
    return status;
}
