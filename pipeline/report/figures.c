#include "report/figures.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "core/memory.h"
#include "report/figures_internal.h"
#include "report/text.h"

/* ---- the axis ---- */

void ground_of_training(const axis_t *axis, const strings_t *names, ground_t *ground)
{
    *ground = (ground_t){
        .title = axis->steps ? "training step" : "checkpoint",
        .count = axis->count,
        .place = axis->place,
        .least = axis->least,
        .most = axis->most,
        .broken = axis->broken,
        .cut = axis->cut,
        .tics = axis->label.count,
        .tic = axis->tic,
        .label = (const char *const *)axis->label.item,
        .column = "checkpoint",
        .name = (const char *const *)names->item,
        .place_column = "place",
    };
}

/* ---- how a condition looks ---- */

void style_condition(const run_t *run, const sweeps_t *sweeps, size_t condition, curve_t *curve)
{
    static const int point[] = {7, 5, 9, 11, 13};
    size_t rank, single = sweeps->count; /* colours of sweeps as in their own figure */
    ptrdiff_t sweep = sweeps_of(sweeps, condition, &rank);
    if (!run->condition[condition].ablate) {
        memcpy(curve->colour, figure_colour[0], sizeof curve->colour);
        return;
    }
    if (sweep >= 0) {
        double last = (double)(sweeps->item[sweep].members - 1);
        /* The darkest part is left to the baseline. */
        figure_ramp(0.18 + 0.82 * (double)rank / last, curve->colour);
        curve->dash = 1 + (int)sweep % 4;
        curve->point = point[sweep % 5];
        return;
    }
    for (size_t c = 0; c < condition; c++)
        single += run->condition[c].ablate && sweeps_of(sweeps, c, &rank) < 0;
    memcpy(curve->colour, figure_colour[1 + single % (FIGURE_COLOURS - 1)], sizeof curve->colour);
    curve->dash = 1 + (int)(single / (FIGURE_COLOURS - 1)) % 4;
    curve->point = point[single % 5];
}

/* ---- over training ---- */

size_t checkpoints_with(const run_t *run, size_t task)
{
    size_t count = 0;
    for (size_t i = 0; i < run->checkpoints->count; i++)
        for (size_t c = 0; c < run->conditions; c++)
            if (run_result(run, i, task, c)->there) {
                count++;
                break;
            }
    return count;
}

static status_t fill_task(const run_t *run, size_t task, show_t show, const sweeps_t *sweeps,
                          const ground_t *ground, panel_t *panel)
{
    status_t status = NULL;
    for (size_t c = 0; !status && c < run->conditions; c++) {
        curve_t *curve;
        if (!sweeps_show(sweeps, c) || run_groups(run, c)) continue;
        status = panel_add(panel, ground, run->condition[c].name, true, &curve);
        if (status) break;
        style_condition(run, sweeps, c, curve);
        for (size_t i = 0; i < ground->count; i++)
            curve_set(curve, i, show, run_result(run, i, task, c));
    }
    panel_drop_empty(panel, ground->count);
    panel_fit(panel, ground, show == SHOW_ACCURACY);
    return status;
}

static status_t fill_wd(const run_t *run, const ground_t *ground, panel_t *panel, str_t *note)
{
    static const struct {
        int level;
        const char *title;
        int colour, point;
    } line[] = {{WD_HIGHEST, "highest", 2, 9},
                {WD_P99, "99th percentile", 4, 5},
                {WD_MEDIAN, "median", 1, 7}};
    ptrdiff_t last = run_last_statistics(run);
    *panel = (panel_t){.title = "Wasserstein distance to N(0,1)",
                       .name = "wd",
                       .least = NAN,
                       .most = NAN,
                       .line = NAN};
    if (last < 0) return NULL;
    const run_statistics_t *of = &run->statistics[last];
    status_t status = text_count(note, of->layer[of->layers].neurons);
    if (!status) status = str_add(note, " neurons of all layers, each over ");
    if (!status) status = text_count(note, of->tokens);
    if (!status) status = str_add(note, " tokens");
    panel->note = note->data;
    for (size_t l = 0; !status && l < sizeof line / sizeof *line; l++) {
        curve_t *curve;
        status = panel_add(panel, ground, line[l].title, false, &curve);
        if (status) break;
        memcpy(curve->colour, figure_colour[line[l].colour], sizeof curve->colour);
        curve->point = line[l].point;
        for (size_t i = 0; i < ground->count; i++) {
            const run_statistics_t *statistics = &run->statistics[i];
            if (statistics->there)
                curve->value[i] = statistics->layer[statistics->layers].wd[line[l].level];
        }
    }
    panel_drop_empty(panel, ground->count);
    panel_fit(panel, ground, false);
    return status;
}

status_t write_training(const char *name, const char *title, const char *caption,
                        const ground_t *ground, panel_t *panel, size_t panels, figures_t *figures)
{
    figure_t *figure;
    size_t kept = 0;
    for (size_t p = 0; p < panels; p++)
        if (panel[p].curves) {
            panel_t swap = panel[kept];
            panel[kept++] = panel[p];
            if (kept - 1 != p) panel[p] = swap;
        }
    if (kept == 0) return NULL;
    status_t status =
        figures_append(figures, name, title, caption, CURVES_WIDTH, curves_height(kept), &figure);
    return status ? status : curves_write(ground, panel, kept, figure);
}

static status_t training_of_items(const run_t *run, size_t task, const sweeps_t *sweeps,
                                  const ground_t *ground, figures_t *figures)
{
    panel_t panel[2] = {{0}};
    str_t note[2] = {{0}}, name = {0};
    bool pairs = run->task[task].is->kind == TASK_PAIRS;
    status_t status = str_add(&name, "training-");
    if (!status) status = text_file_name(&name, run->task[task].key);
    if (!status) status = panel_of_task(run, task, SHOW_ACCURACY, &panel[0], &note[0]);
    if (!status) status = fill_task(run, task, SHOW_ACCURACY, sweeps, ground, &panel[0]);
    if (!status) status = fill_wd(run, ground, &panel[1], &note[1]);
    if (!status)
        status = write_training(
            name.data,
            pairs ? "Minimal pairs and Wasserstein distance over training"
                  : "Questions and Wasserstein distance over training",
            "Share of items that are right, by condition, with intervals of a "
            "bootstrap over items; of conditions that differ in the cohort's size alone, the "
            "smallest, the middle and the largest. Below, the distance of "
            "standardised pre-activations to N(0,1) over all neurons.",
            ground, panel, 2, figures);
    for (int i = 0; i < 2; i++) panel_free(&panel[i]), str_free(&note[i]);
    str_free(&name);
    return status;
}

static status_t training_of_perplexity(const run_t *run, size_t task, const sweeps_t *sweeps,
                                       const ground_t *ground, figures_t *figures)
{
    static const show_t show[2] = {SHOW_PERPLEXITY, SHOW_RATIO};
    panel_t panel[2] = {{0}};
    str_t note[2] = {{0}}, name = {0};
    status_t status = text_file_name(&name, run->task[task].name);
    for (int i = 0; !status && i < 2; i++) {
        status = panel_of_task(run, task, show[i], &panel[i], &note[i]);
        if (!status) status = fill_task(run, task, show[i], sweeps, ground, &panel[i]);
    }
    if (!status)
        status = write_training(name.data, "Perplexity over training",
                                "Perplexity by condition on a logarithmic scale, and over the "
                                "baseline's at the same checkpoint, with intervals of a bootstrap "
                                "over windows; of conditions that differ in the "
                                "cohort's size alone, the smallest, the middle and the largest.",
                                ground, panel, 2, figures);
    for (int i = 0; i < 2; i++) panel_free(&panel[i]), str_free(&note[i]);
    str_free(&name);
    return status;
}

/* Without a task of pairs the distances have a figure of their own. */
static status_t training_of_wd(const run_t *run, const ground_t *ground, figures_t *figures)
{
    panel_t panel = {0};
    str_t note = {0};
    status_t status = fill_wd(run, ground, &panel, &note);
    if (!status)
        status = write_training("training-wd", "Wasserstein distance over training",
                                "Distance of standardised pre-activations to N(0,1) over all "
                                "neurons.",
                                ground, &panel, 1, figures);
    panel_free(&panel);
    str_free(&note);
    return status;
}

status_t figures_training(const run_t *run, figures_t *figures)
{
    axis_t axis = {0};
    ground_t ground;
    sweeps_t sweeps = {0};
    size_t with_statistics = 0;
    bool drawn = false;
    for (size_t i = 0; i < run->checkpoints->count; i++)
        with_statistics += run->statistics[i].there;
    status_t status = axis_create(run->checkpoints, &axis);
    if (!status) status = sweeps_find(run, &sweeps);
    if (!status) ground_of_training(&axis, run->checkpoints, &ground);
    for (int counted = 1; !status && counted >= 0; counted--)
        for (size_t t = 0; !status && t < run->tasks; t++) {
            if (run->task[t].counted != counted || checkpoints_with(run, t) < 2) continue;
            status = counted ? training_of_items(run, t, &sweeps, &ground, figures)
                             : training_of_perplexity(run, t, &sweeps, &ground, figures);
            drawn = drawn || counted;
        }
    if (!status && !drawn && with_statistics > 1) status = training_of_wd(run, &ground, figures);
    sweeps_free(&sweeps);
    axis_destroy(&axis);
    return status;
}
