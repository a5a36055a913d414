/* What conditions change, with intervals: the chief one and its controls over all items and by phenomenon;
 * grammar against other tasks. */
#include <math.h>
#include <string.h>

#include "core/memory.h"
#include "report/figures.h"
#include "report/headline.h"
#include "report/palette.h"
#include "report/panels.h"
#include "report/rows.h"
#include "report/text.h"

enum { PANELS_MOST = 4, ROWS_MOST = 24, SERIES_MOST = 4 };

/* The series without the baseline's own. */
static status_t choose(const run_t *run, size_t most, series_list_t *list)
{
    sweeps_t sweeps = {0};
    size_t left, kept = 0;
    status_t status = sweeps_find(run, &sweeps);
    if (!status) status = series_choose(run, &sweeps, most + 1, list, &left);
    for (size_t i = 0; !status && i < list->count; i++)
        if (list->item[i].baseline >= 0) list->item[kept++] = list->item[i];
    if (!status) list->count = kept < most ? kept : most;
    sweeps_free(&sweeps);
    return status;
}

/* A change as the figures show it: points of accuracy, or per cent of perplexity. */
static shown_t shown_change(const run_task_t *task, const run_change_t *change)
{
    if (!change) return (shown_t){NAN, {NAN, NAN}, 0};
    double (*of)(double) = expm1, low = change->interval.low, high = change->interval.high;
    if (!task->counted)
        return (shown_t){100 * of(change->value), {100 * of(low), 100 * of(high)}, change->n};
    return (shown_t){100 * change->value, {100 * low, 100 * high}, change->n};
}

static panel_t panel_of_changes(const run_task_t *task, const char *note)
{
    return (panel_t){.title =
                         task->counted ? "change of accuracy (points)" : "change of perplexity (%)",
                     .note = note,
                     .name = task->key,
                     .least = NAN,
                     .most = NAN,
                     .line = 0,
                     .line_title = ""};
}

/* ---- the chief condition and its controls ---- */

static status_t fill_task(const run_t *run, size_t task, const series_list_t *list,
                          const ground_t *ground, panel_t *panel, str_t *note)
{
    const run_task_t *of = &run->task[task];
    size_t checkpoint = (size_t)run_last_result(run, task);
    const look_t look = {colours[COLOUR_INK].light, 1, 7};
    int64_t n = 0;
    curve_t *curve;
    *panel = panel_of_changes(of, "");
    status_t status = panel_add(panel, ground, "change", look, true, &curve);
    for (size_t i = 0; !status && i < list->count; i++) {
        shown_t shown =
            shown_change(of, run_change(run, checkpoint, task, (size_t)list->item[i].baseline, -1));
        if (shown.n) n = shown.n;
        curve_set(curve, i, &shown);
    }
    if (!status) status = str_printf(note, "%s, n = ", of->label);
    if (!status) status = text_count(note, n);
    if (!status) status = str_printf(note, " %s", run_items_name(of));
    panel->note = note->data;
    panel_drop_empty(panel, ground->count);
    return status;
}

static status_t write_effects(const run_t *run, size_t checkpoint, const rows_t *rows,
                              const panel_t *panel, size_t panels, figures_t *figures)
{
    char *title = NULL, *note = NULL;
    figure_t *figure;
    status_t status =
        str_format(&title, "What the ablations change, %s", run->checkpoints->item[checkpoint]);
    if (!status)
        status = str_format(&note, "against no ablation, on the same items; bars: %g %% intervals",
                            100 * run->resampling.level);
    if (!status)
        status =
            figures_append(figures, SECTION_RESULT, "effects", title,
                           "Changes against the baseline under the chief condition (first), its "
                           "controls and, where there is room, further ones; intervals of a "
                           "bootstrap over the items' or windows' own changes. Left of zero: "
                           "worse accuracy, or lower perplexity. All: contrasts.csv.",
                           &figure);
    if (!status) status = rows_write(rows, note, panel, panels, figure);
    mem_free(&title);
    mem_free(&note);
    return status;
}

static status_t draw_effects(const run_t *run, figures_t *figures)
{
    enum { CONDITIONS_MOST = 6 };
    panel_t panel[PANELS_MOST] = {{0}};
    str_t note[PANELS_MOST] = {{0}};
    series_list_t list = {0};
    const char *name[CONDITIONS_MOST];
    look_t look[CONDITIONS_MOST];
    ptrdiff_t first = headline_task(run);
    size_t panels = 0;
    status_t status = choose(run, CONDITIONS_MOST, &list);
    for (size_t i = 0; i < list.count; i++) {
        name[i] = list.item[i].name;
        look[i] = list.item[i].look;
    }
    const rows_t rows = {.corner = "condition", .count = list.count, .name = name, .look = look};
    const ground_t ground = rows_ground(&rows);
    for (size_t k = 0; !status && list.count && k <= run->tasks && panels < PANELS_MOST; k++) {
        /* The task of the headline first. */
        size_t task = k == 0 ? (size_t)first : k - 1;
        if ((k == 0 && first < 0) || (k && (ptrdiff_t)task == first) || !run_has_results(run, task))
            continue;
        status = fill_task(run, task, &list, &ground, &panel[panels], &note[panels]);
        if (!status && panel[panels].curves) panels++;
        else panel_free(&panel[panels]), str_free(&note[panels]);
    }
    if (!status && panels)
        status = write_effects(run, (size_t)run_last_result(run, (size_t)first), &rows, panel,
                               panels, figures);
    for (size_t p = 0; p < PANELS_MOST; p++) panel_free(&panel[p]), str_free(&note[p]);
    series_free(&list);
    return status;
}

/* ---- by phenomenon ---- */

typedef struct {
    size_t term;
    double size;
} place_t;

/* The phenomena that the chief condition changes most in size, at most ROWS_MOST; the worst hit first. */
static size_t order_terms(const run_t *run, size_t task, size_t checkpoint, size_t contrast,
                          place_t *place)
{
    size_t count = 0, terms = run->task[task].terms.count;
    for (size_t t = 0; t < terms; t++) {
        const run_change_t *change = run_change(run, checkpoint, task, contrast, (ptrdiff_t)t);
        if (!change || isnan(change->value)) continue;
        size_t at = count < ROWS_MOST ? count++ : ROWS_MOST;
        for (; at && fabs(place[at - 1].size) < fabs(change->value); at--)
            if (at < ROWS_MOST) place[at] = place[at - 1];
        if (at < ROWS_MOST) place[at] = (place_t){t, change->value};
    }
    for (size_t i = 1; i < count; i++)
        for (size_t j = i; j && place[j - 1].size > place[j].size; j--) {
            place_t held = place[j];
            place[j] = place[j - 1];
            place[j - 1] = held;
        }
    return count;
}

static status_t draw_terms(const run_t *run, size_t task, const series_list_t *list,
                           figures_t *figures)
{
    const run_task_t *of = &run->task[task];
    size_t checkpoint = (size_t)run_last_result(run, task);
    place_t place[ROWS_MOST];
    const char *name[ROWS_MOST];
    int64_t n[ROWS_MOST];
    size_t count = order_terms(run, task, checkpoint, (size_t)list->item[0].baseline, place);
    panel_t panel = panel_of_changes(of, "");
    str_t file = {0}, title = {0}, note = {0};
    figure_t *figure;
    if (count == 0) return NULL;
    for (size_t i = 0; i < count; i++) {
        name[i] = of->terms.item[place[i].term];
        n[i] = run_change(run, checkpoint, task, (size_t)list->item[0].baseline,
                          (ptrdiff_t)place[i].term)
                   ->n;
    }
    const rows_t rows = {.corner = "phenomenon", .count = count, .name = name, .n = n};
    const ground_t ground = rows_ground(&rows);
    status_t status = str_add(&file, "effects-");
    if (!status) status = text_file_name(&file, of->key);
    if (!status)
        status = str_printf(&title, "Changes by phenomenon: %s%s, %s", of->label,
                            of->norm ? " (acc_norm)" : "", run->checkpoints->item[checkpoint]);
    if (!status && count < of->terms.count)
        status = str_printf(&note, "the %zu of %zu that the chief condition changes most; ", count,
                            of->terms.count);
    if (!status)
        status = str_printf(&note,
                            "against no ablation; in brackets the %s; bars: %g %% intervals "
                            "(bootstrap over the items' changes)",
                            run_items_name(of), 100 * run->resampling.level);
    for (size_t s = 0; !status && s < list->count; s++) {
        curve_t *curve;
        status = panel_add(&panel, &ground, list->item[s].name, list->item[s].look, true, &curve);
        for (size_t i = 0; !status && i < count; i++) {
            shown_t shown =
                shown_change(of, run_change(run, checkpoint, task, (size_t)list->item[s].baseline,
                                            (ptrdiff_t)place[i].term));
            curve_set(curve, i, &shown);
        }
    }
    if (!status)
        status =
            figures_append(figures, SECTION_CONDITIONS, file.data, title.data,
                           "Phenomena in the order of what the chief condition changes. Many are "
                           "compared: which changes stand after correction for that is in the "
                           "table of changes by phenomenon.",
                           &figure);
    if (!status) status = rows_write(&rows, note.data, &panel, 1, figure);
    panel_free(&panel);
    str_free(&file);
    str_free(&title);
    str_free(&note);
    return status;
}

/* ---- dissociation ---- */

/* The first condition of all contrasts, or NULL where they differ. */
static const char *same_condition(const run_t *run, size_t checkpoint)
{
    const char *same = NULL;
    for (size_t i = 0; i < run->dissociations; i++) {
        const run_dissociation_t *d = &run->dissociation[i];
        if (d->checkpoint != checkpoint || !run_contrast_stands_out(run, d->contrast)) continue;
        if (same && strcmp(same, run->contrast[d->contrast].name) != 0) return NULL;
        same = run->contrast[d->contrast].name;
    }
    return same;
}

/* Rows: contrasts; panels: what grammar loses, what others lose, and the difference where there is one. */
static status_t draw_dissociation(const run_t *run, size_t checkpoint, figures_t *figures)
{
    static const char *const title[] = {"grammar loses (points)", "other tasks lose (points)",
                                        "difference (points)"};
    static const char *const file[] = {"grammar", "other", "difference"};
    const char *name[ROWS_MOST];
    strings_t names = {0};
    const run_dissociation_t *row[ROWS_MOST];
    panel_t panel[3] = {{0}};
    size_t count = 0;
    bool losses = false;
    const char *same = same_condition(run, checkpoint);
    status_t status = NULL;
    for (size_t i = 0; !status && i < run->dissociations && count < ROWS_MOST; i++) {
        const run_dissociation_t *d = &run->dissociation[i];
        const run_contrast_t *contrast = &run->contrast[d->contrast];
        char *text = NULL;
        if (d->checkpoint != checkpoint || !run_contrast_stands_out(run, d->contrast)) continue;
        status = str_format(&text, "%s%sagainst %s", same ? "" : contrast->name, same ? "" : " ",
                            contrast->against);
        if (!status) status = strings_append(&names, text);
        mem_free(&text);
        losses = d->losses;
        row[count++] = d;
    }
    for (size_t i = 0; i < names.count; i++) name[i] = names.item[i];
    const rows_t rows = {.corner = "contrast", .count = count, .name = name};
    const ground_t ground = rows_ground(&rows);
    for (int p = 0; !status && count && p < 3; p++) {
        const look_t look = {colours[COLOUR_INK].light, 1, 7};
        curve_t *curve;
        panel[p] =
            (panel_t){.title = p == 1 && losses ? "other tasks lose (nats a token)" : title[p],
                      .name = file[p],
                      .note = "",
                      .least = NAN,
                      .most = NAN,
                      .line = 0};
        if (p == 2 && losses) continue;
        status = panel_add(&panel[p], &ground, file[p], look, true, &curve);
        for (size_t i = 0; !status && i < count; i++) {
            const run_dissociation_t *d = row[i];
            double scale = p == 1 && losses ? 1 : 100;
            interval_t interval = p == 2 ? d->interval : d->drop_interval[p];
            const shown_t shown = {scale * (p == 2 ? d->difference : d->drop[p]),
                                   {scale * interval.low, scale * interval.high},
                                   d->n[p & 1]};
            curve_set(curve, i, &shown);
        }
    }
    figure_t *figure;
    char *heading = NULL, *note = NULL;
    if (!status)
        status =
            str_format(&heading, "Double dissociation, %s", run->checkpoints->item[checkpoint]);
    if (!status)
        status = str_format(&note, "%s%sbars: %g %% intervals (bootstrap over the items' changes)",
                            same ? same : "", same ? " against its controls; " : "",
                            100 * run->resampling.level);
    if (!status && count)
        status = figures_append(
            figures, SECTION_DISSOCIATION, "dissociation", heading,
            "What tasks lose under the first condition more than under the second (mean over "
            "tasks): an effect on grammar alone lies right of zero above and at zero below. n is "
            "in "
            "the table.",
            &figure);
    if (!status && count) status = rows_write(&rows, note, panel, panel[2].curves ? 3 : 2, figure);
    for (int p = 0; p < 3; p++) panel_free(&panel[p]);
    mem_free(&heading);
    mem_free(&note);
    strings_free(&names);
    return status;
}

status_t figures_effects(const run_t *run, figures_t *figures)
{
    series_list_t list = {0};
    ptrdiff_t last = run_last_result(run, SIZE_MAX);
    if (last < 0) return NULL;
    status_t status = draw_effects(run, figures);
    if (!status) status = choose(run, SERIES_MOST, &list);
    for (size_t t = 0; !status && list.count && t < run->tasks; t++)
        if (run->task[t].counted && run->task[t].terms.count > 1 && run_has_results(run, t))
            status = draw_terms(run, t, &list, figures);
    if (!status && run->dissociations) status = draw_dissociation(run, (size_t)last, figures);
    series_free(&list);
    return status;
}
