/* Excess surprisal by part of speech, at the last checkpoint. */
#include <math.h>

#include "core/memory.h"
#include "eval/tagged.h"
#include "report/figures.h"
#include "report/panels.h"
#include "report/rows.h"
#include "report/text.h"

enum { SERIES_MOST = 4, GROUPS_MOST = 32 };

/* What is drawn: the parts of speech that have tokens, under some contrasts with the baseline. */
typedef struct {
    const run_t *run;
    size_t task, checkpoint;
    const run_surprisal_t *group[GROUPS_MOST]; /* under the first contrast, the worst hit first */
    size_t groups;
    int64_t windows;
} view_t;

static const run_surprisal_t *find(const view_t *view, ptrdiff_t contrast, const char *group)
{
    for (size_t i = 0; i < view->run->surprisals; i++) {
        const run_surprisal_t *row = &view->run->surprisal[i];
        if (row->task == view->task && row->checkpoint == view->checkpoint &&
            row->contrast == contrast && row->way == BY_UPOS && (!group || row->group == group))
            return row;
    }
    return NULL;
}

/* The groups of a contrast in descending order of its values. */
static void find_groups(ptrdiff_t contrast, view_t *view)
{
    for (size_t i = 0; i < view->run->surprisals && view->groups < GROUPS_MOST; i++) {
        const run_surprisal_t *row = &view->run->surprisal[i];
        if (find(view, contrast, row->group) != row || isnan(row->value)) continue;
        size_t at = view->groups++;
        for (; at && view->group[at - 1]->value < row->value; at--)
            view->group[at] = view->group[at - 1];
        view->group[at] = row;
        view->windows = row->windows;
    }
}

static status_t fill(const view_t *view, const series_list_t *list, const ground_t *ground,
                     panel_t *panel)
{
    status_t status = NULL;
    for (size_t s = 0; !status && s < list->count; s++) {
        const series_t *series = &list->item[s];
        curve_t *curve;
        if (series->baseline < 0) continue;
        status = panel_add(panel, ground, series->name, series->look, true, &curve);
        for (size_t g = 0; !status && g < view->groups; g++) {
            const run_surprisal_t *row = find(view, series->baseline, view->group[g]->group);
            if (!row) continue;
            const shown_t shown = {row->value, row->interval, row->tokens};
            curve_set(curve, g, &shown);
        }
    }
    panel_drop_empty(panel, view->groups);
    return status;
}

static status_t write_figure(const view_t *view, const series_list_t *list, figures_t *figures)
{
    const run_t *run = view->run;
    const char *name[GROUPS_MOST];
    int64_t tokens[GROUPS_MOST];
    panel_t panel = {.title = "nats a token more than without ablation",
                     .note = "",
                     .name = "excess",
                     .least = NAN,
                     .most = NAN};
    str_t file = {0}, note = {0};
    char *title = NULL;
    figure_t *figure;
    for (size_t g = 0; g < view->groups; g++) {
        name[g] = view->group[g]->group;
        tokens[g] = view->group[g]->tokens;
    }
    const rows_t rows = {.corner = "upos", .count = view->groups, .name = name, .n = tokens};
    const ground_t ground = rows_ground(&rows);
    status_t status = str_add(&file, "surprisal-");
    if (!status) status = text_file_name(&file, run->plan.task[view->task].name);
    if (!status)
        status = str_format(&title, "Excess surprisal by part of speech, %s",
                            run->checkpoints->item[view->checkpoint]);
    if (!status) status = str_printf(&note, "%s, ", run->plan.task[view->task].data);
    if (!status) status = text_count(&note, view->windows);
    if (!status)
        status = str_printf(&note,
                            " windows; in brackets the tokens; bars: %g %% intervals (bootstrap "
                            "over windows)",
                            100 * run->resampling.level);
    if (!status) status = fill(view, list, &ground, &panel);
    if (!status)
        status =
            figures_append(figures, SECTION_SURPRISAL, file.data, title,
                           "How much less probable a condition makes tokens than the baseline, "
                           "mean over the tokens of each part of speech, from the one that the "
                           "chief condition hits most. All conditions: surprisal.csv.",
                           &figure);
    if (!status) status = rows_write(&rows, note.data, &panel, 1, figure);
    panel_free(&panel);
    mem_free(&title);
    str_free(&file);
    str_free(&note);
    return status;
}

status_t figures_surprisal(const run_t *run, figures_t *figures)
{
    sweeps_t sweeps = {0};
    series_list_t list = {0};
    size_t left;
    status_t status = sweeps_find(run, &sweeps);
    /* The baseline is first in the list and not drawn. */
    if (!status) status = series_choose(run, &sweeps, SERIES_MOST + 1, &list, &left);
    for (size_t t = 0; !status && t < run->plan.count; t++) {
        view_t view = {.run = run, .task = t};
        for (size_t i = 0; i < run->surprisals; i++)
            if (run->surprisal[i].task == t) view.checkpoint = run->surprisal[i].checkpoint;
        for (size_t s = 0; s < list.count && view.groups == 0; s++)
            if (list.item[s].baseline >= 0) find_groups(list.item[s].baseline, &view);
        if (view.groups) status = write_figure(&view, &list, figures);
    }
    series_free(&list);
    sweeps_free(&sweeps);
    return status;
}
