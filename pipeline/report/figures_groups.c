/* Results against groups of layers. */
#include <string.h>

#include "core/memory.h"
#include "report/figures.h"
#include "report/panels.h"
#include "report/text.h"

enum { PANELS_MOST = 4, GROUPS_MOST = 64 };

/* Conditions that differ in the group alone. */
static bool same_series(const run_t *run, size_t a, size_t b)
{
    const condition_t *x = &run->planned.condition[a], *y = &run->planned.condition[b];
    return x->ablate == y->ablate && x->factor == y->factor &&
           x->layers.groups == y->layers.groups && x->layers.cumulative == y->layers.cumulative &&
           strcmp(x->cohort, y->cohort) == 0;
}

static status_t name_series(const run_t *run, size_t condition, char **name)
{
    const condition_t *it = &run->planned.condition[condition];
    const char *how = it->layers.cumulative ? "up to the group" : "the group alone";
    if (it->ablate == ABLATE_SCALE)
        return str_format(name, "scale by %.10g %s: %s", it->factor, it->cohort, how);
    return str_format(name, "%s %s: %s", ablate_name(it->ablate), it->cohort, how);
}

/* The curves of all series with so many groups; the titles are kept. */
static status_t fill(const run_t *run, size_t task, show_t show, size_t checkpoint, int groups,
                     const ground_t *ground, strings_t *titles, panel_t *panel)
{
    status_t status = panel_add_baseline(run, task, show, checkpoint, ground, panel);
    for (size_t c = 0; !status && c < run->conditions; c++) {
        curve_t *curve;
        char *title = NULL;
        if (run_groups(run, c) != groups || run->planned.condition[c].layers.to != 1) continue;
        status = name_series(run, c, &title);
        if (!status) status = strings_append(titles, title);
        mem_free(&title);
        look_t look = look_of_condition(run, NULL, c);
        if (run->planned.condition[c].layers.cumulative) look.dash = look.dash == 2 ? 3 : 2;
        if (!status)
            status = panel_add(panel, ground, titles->item[titles->count - 1], look, true, &curve);
        for (size_t d = c; !status && d < run->conditions; d++) {
            if (run_groups(run, d) != groups || !same_series(run, c, d)) continue;
            const series_t series = series_of(run, d);
            shown_t shown = series_value(run, &series, show, checkpoint, task, -1);
            curve_set(curve, (size_t)run->planned.condition[d].layers.to - 1, &shown);
        }
    }
    panel_drop_empty(panel, ground->count);
    panel_fit(panel, ground, show == SHOW_ACCURACY);
    return status;
}

static status_t write_figure(const char *checkpoint, int groups, const ground_t *ground,
                             const panel_t *panel, size_t panels, figures_t *figures)
{
    char *name = NULL, *title = NULL;
    figure_t *figure;
    status_t status = str_format(&name, "groups-%d", groups);
    if (!status) status = str_format(&title, "%d groups of layers, %s", groups, checkpoint);
    if (!status)
        status = figures_append(figures, SECTION_LAYERS, name, title,
                                "Results against the group of layers, from the first, whose "
                                "neurons are ablated, alone or with all groups before it, with "
                                "intervals.",
                                &figure);
    if (!status) status = curves_write(ground, panel, panels, figure);
    mem_free(&title);
    mem_free(&name);
    return status;
}

static status_t draw(const run_t *run, size_t checkpoint, int groups, figures_t *figures)
{
    double place[GROUPS_MOST];
    panel_t panel[PANELS_MOST] = {{0}};
    str_t note[PANELS_MOST] = {{0}};
    strings_t labels = {0}, titles = {0};
    size_t panels = 0;
    status_t status = NULL;
    for (int g = 0; !status && g < groups; g++) {
        str_t label = {0};
        place[g] = g + 1;
        status = text_count(&label, g + 1);
        if (!status) status = strings_append(&labels, label.data);
        str_free(&label);
    }
    const ground_t ground = {.title = "group of layers",
                             .count = (size_t)groups,
                             .place = place,
                             .least = 0.7,
                             .most = groups + 0.3,
                             .tics = (size_t)groups,
                             .tic = place,
                             .label = (const char *const *)labels.item,
                             .place_column = "group"};
    for (size_t t = 0; !status && t < run->tasks && panels < PANELS_MOST; t++) {
        bool counted = run->task[t].counted, compared = run_baseline(run) >= 0;
        show_t show = counted ? (compared ? SHOW_CHANGE : SHOW_ACCURACY)
                              : (compared ? SHOW_RATIO : SHOW_PERPLEXITY);
        status = panel_of_task(run, t, show, &panel[panels], &note[panels]);
        if (!status)
            status = fill(run, t, show, checkpoint, groups, &ground, &titles, &panel[panels]);
        if (!status && panel[panels].curves) panels++;
        else panel_free(&panel[panels]), str_free(&note[panels]);
    }
    if (!status && panels)
        status = write_figure(run->checkpoints->item[checkpoint], groups, &ground, panel, panels,
                              figures);
    for (size_t p = 0; p < PANELS_MOST; p++) panel_free(&panel[p]), str_free(&note[p]);
    strings_free(&labels);
    strings_free(&titles);
    return status;
}

status_t figures_groups(const run_t *run, figures_t *figures)
{
    ptrdiff_t last = run_last_result(run, SIZE_MAX);
    status_t status = NULL;
    for (size_t c = 0; !status && last >= 0 && c < run->conditions; c++) {
        int groups = run_groups(run, c);
        bool first = groups > 1 && groups <= GROUPS_MOST;
        for (size_t d = 0; first && d < c; d++) first = run_groups(run, d) != groups;
        if (first) status = draw(run, (size_t)last, groups, figures);
    }
    return status;
}
