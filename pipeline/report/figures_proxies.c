/* Other statistics against WD, at the last checkpoint. */
#include <math.h>
#include <string.h>

#include "core/memory.h"
#include "report/figures.h"
#include "report/palette.h"
#include "report/panels.h"
#include "report/rows.h"
#include "report/text.h"

enum { ROWS_MOST = 16 };

/* The comparisons of WD with another statistic of the same checkpoint, over all layers. */
static size_t find(const run_t *run, size_t checkpoint, const run_comparison_t **row,
                   const char **name)
{
    int wd = comparable_find("wd");
    size_t count = 0;
    for (size_t i = 0; i < run->comparisons && count < ROWS_MOST; i++) {
        const run_comparison_t *c = &run->comparison[i];
        if (c->kind != AGAINST_ITSELF || c->checkpoint != checkpoint || c->layer >= 0 ||
            (c->first != wd && c->second != wd))
            continue;
        row[count] = c;
        name[count++] = comparables[c->first == wd ? c->second : c->first].words;
    }
    return count;
}

/* Intervals as if neurons were independent of each other. */
static status_t fill(const run_t *run, const rows_t *rows, const run_comparison_t *const *row,
                     panel_t *panel)
{
    static const char *const title[] = {"rank correlation with WD (Spearman)",
                                        "the same highest neurons (%, Jaccard)"};
    static const char *const name[] = {"correlation", "overlap_percent"};
    const ground_t ground = rows_ground(rows);
    const look_t look = {colours[COLOUR_INK].light, 1, 7};
    double level = run->resampling.level;
    status_t status = NULL;
    for (int p = 0; !status && p < 2; p++) {
        curve_t *curve;
        panel[p] = (panel_t){.title = title[p],
                             .name = name[p],
                             .note = "",
                             .least = p ? 0 : NAN,
                             .most = p ? 100 : 1,
                             .line = p ? NAN : 0};
        status = panel_add(&panel[p], &ground, "WD", look, true, &curve);
        for (size_t i = 0; !status && i < rows->count; i++) {
            const comparison_t *is = &row[i]->is;
            shown_t shown = {is->correlation,
                             interval_correlation(is->correlation, is->count, true, level),
                             is->count};
            if (p) {
                interval_t share =
                    interval_share(is->both, is->first + is->second - is->both, level);
                shown = (shown_t){
                    100 * comparison_overlap(is), {100 * share.low, 100 * share.high}, is->count};
            } else if (is->correlation < -0.05) {
                panel[p].least = -1;
            }
            curve_set(curve, i, &shown);
        }
        if (p == 0 && isnan(panel[p].least)) panel[p].least = -0.1;
    }
    return status;
}

status_t figures_proxies(const run_t *run, figures_t *figures)
{
    const run_comparison_t *row[ROWS_MOST];
    const char *name[ROWS_MOST];
    panel_t panel[2] = {{0}};
    str_t note = {0};
    char *title = NULL;
    figure_t *figure;
    ptrdiff_t last = run_last_statistics(run);
    size_t count = last < 0 ? 0 : find(run, (size_t)last, row, name);
    if (count == 0) return NULL;
    const rows_t rows = {.corner = "statistic", .count = count, .name = name};
    status_t status =
        str_format(&title, "Other statistics against WD, %s", run->checkpoints->item[last]);
    if (!status) status = text_count(&note, row[0]->is.count);
    if (!status)
        status =
            str_printf(&note,
                       " neurons of all layers; highest: %g %% of each layer; bars: %g %% "
                       "intervals, as if neurons were independent",
                       config_number(run->config, "report.percent"), 100 * run->resampling.level);
    if (!status) status = fill(run, &rows, row, panel);
    if (!status)
        status =
            figures_append(figures, SECTION_PROXIES, "proxies", title,
                           "A statistic on the right of both panels would choose the cohort that "
                           "WD does. Intervals: of Spearman's correlation Bonett and Wright's, "
                           "of the share Wilson's.",
                           &figure);
    if (!status) status = rows_write(&rows, note.data, panel, 2, figure);
    for (int p = 0; p < 2; p++) panel_free(&panel[p]);
    mem_free(&title);
    str_free(&note);
    return status;
}
