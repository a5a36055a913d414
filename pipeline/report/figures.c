#include "report/figures.h"

#include <math.h>
#include <string.h>

#include "core/memory.h"
#include "report/figures_internal.h"
#include "report/palette.h"
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

status_t say_left(size_t left, str_t *caption)
{
    if (left == 0) return NULL;
    return str_printf(caption, " %zu more conditions are in the tables alone.", left);
}

/* What the figures over training share. */
typedef struct {
    const run_t *run;
    ground_t ground;
    series_list_t series;
    size_t left;
} training_t;

/* Levels lie so close that their intervals would hide each other: that of the baseline is drawn, and those
 * of all changes against it. */
static status_t fill_task(const training_t *training, size_t task, show_t show, panel_t *panel,
                          str_t *note)
{
    const run_t *run = training->run;
    bool level = (show == SHOW_ACCURACY || show == SHOW_PERPLEXITY) && run_baseline(run) >= 0;
    status_t status = panel_of_task(run, task, show, panel, note);
    for (size_t s = 0; !status && s < training->series.count; s++) {
        const series_t *series = &training->series.item[s];
        status = panel_add_series(run, series, show, task, -1, &training->ground, panel);
        if (!status)
            panel->curve[panel->curves - 1].bare =
                level && run->condition[series->condition].ablate;
    }
    if (!status && level && training->series.count > 1)
        status = str_add(note, ", of the baseline alone");
    panel->note = note->data;
    panel_drop_empty(panel, training->ground.count);
    panel_fit(panel, &training->ground, show == SHOW_ACCURACY);
    return status;
}

static status_t fill_wd(const run_t *run, const ground_t *ground, panel_t *panel, str_t *note)
{
    static const struct {
        int level;
        const char *title;
        int dash, point;
    } line[] = {{WD_HIGHEST, "highest WD of all", 3, 9},
                {WD_P99, "99th percentile", 2, 5},
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
        const look_t look = {colours[COLOUR_INK].light, line[l].dash, line[l].point};
        status = panel_add(panel, ground, line[l].title, look, false, &curve);
        if (status) break;
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

status_t write_training(const char *name, const char *title, const char *caption, section_t section,
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
    status_t status = figures_append(figures, section, name, title, caption, &figure);
    return status ? status : curves_write(ground, panel, kept, figure);
}

static status_t training_of_items(const training_t *training, size_t task, figures_t *figures)
{
    const run_t *run = training->run;
    static const show_t show[2] = {SHOW_ACCURACY, SHOW_CHANGE};
    panel_t panel[2] = {{0}};
    str_t note[2] = {{0}}, name = {0}, caption = {0}, title = {0};
    status_t status = str_add(&name, "training-");
    if (!status) status = text_file_name(&name, run->task[task].key);
    if (!status)
        status = str_printf(&title, "%s over training",
                            run->task[task].is->kind == TASK_PAIRS ? "Grammar" : "Other questions");
    if (!status) status = str_printf(&title, ": %s", run->task[task].label);
    if (!status && run->task[task].norm) status = str_add(&title, " (acc_norm)");
    if (!status)
        status =
            str_add(&caption, "Share of items that are right, by condition, and how much more than "
                              "without ablation, on the same items; of conditions "
                              "that differ in the cohort's size alone, the smallest, the "
                              "middle and the largest.");
    if (!status) status = say_left(training->left, &caption);
    for (int i = 0; !status && i < 2; i++)
        status = fill_task(training, task, show[i], &panel[i], &note[i]);
    if (!status)
        status = write_training(name.data, title.data, caption.data, SECTION_TRAINING,
                                &training->ground, panel, 2, figures);
    for (int i = 0; i < 2; i++) panel_free(&panel[i]), str_free(&note[i]);
    str_free(&title);
    str_free(&caption);
    str_free(&name);
    return status;
}

static status_t training_of_perplexity(const training_t *training, size_t task, figures_t *figures)
{
    static const show_t show[2] = {SHOW_PERPLEXITY, SHOW_RATIO};
    const run_t *run = training->run;
    panel_t panel[2] = {{0}};
    str_t note[2] = {{0}}, name = {0}, caption = {0};
    status_t status = text_file_name(&name, run->task[task].name);
    if (!status)
        status =
            str_add(&caption, "Perplexity by condition on a logarithmic scale, and over the "
                              "baseline's at the same checkpoint; of conditions that differ in "
                              "the cohort's size alone, the smallest, the middle and the "
                              "largest.");
    if (!status) status = say_left(training->left, &caption);
    for (int i = 0; !status && i < 2; i++)
        status = fill_task(training, task, show[i], &panel[i], &note[i]);
    if (!status)
        status = write_training(name.data, "Perplexity over training", caption.data,
                                SECTION_TRAINING, &training->ground, panel, 2, figures);
    for (int i = 0; i < 2; i++) panel_free(&panel[i]), str_free(&note[i]);
    str_free(&caption);
    str_free(&name);
    return status;
}

static status_t training_of_wd(const run_t *run, const ground_t *ground, figures_t *figures)
{
    panel_t panel = {0};
    str_t note = {0};
    status_t status = fill_wd(run, ground, &panel, &note);
    if (!status)
        status =
            write_training("training-wd", "Wasserstein distance over training",
                           "Distance of standardised pre-activations to N(0,1): quantiles over "
                           "all neurons.",
                           SECTION_TRAINING, ground, &panel, 1, figures);
    panel_free(&panel);
    str_free(&note);
    return status;
}

status_t figures_training(const run_t *run, figures_t *figures)
{
    axis_t axis = {0};
    training_t training = {.run = run};
    sweeps_t sweeps = {0};
    size_t with_statistics = 0;
    for (size_t i = 0; i < run->checkpoints->count; i++)
        with_statistics += run->statistics[i].there;
    status_t status = axis_create(run->checkpoints, &axis);
    if (!status) status = sweeps_find(run, &sweeps);
    if (!status)
        status = series_choose(run, &sweeps, SERIES_MOST, &training.series, &training.left);
    if (!status) ground_of_training(&axis, run->checkpoints, &training.ground);
    if (!status && with_statistics > 1) status = training_of_wd(run, &training.ground, figures);
    for (int counted = 1; !status && counted >= 0; counted--)
        for (size_t t = 0; !status && t < run->tasks; t++) {
            if (run->task[t].counted != counted || checkpoints_with(run, t) < 2) continue;
            status = counted ? training_of_items(&training, t, figures)
                             : training_of_perplexity(&training, t, figures);
        }
    series_free(&training.series);
    sweeps_free(&sweeps);
    axis_destroy(&axis);
    return status;
}
