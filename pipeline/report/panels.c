#include "report/panels.h"

#include <math.h>
#include <string.h>

#include "report/text.h"

status_t panel_of_task(const run_t *run, size_t task, show_t show, panel_t *panel, str_t *note)
{
    const run_task_t *of = &run->task[task];
    const char *const title[] = {
        of->is->kind == TASK_PAIRS ? "Minimal pairs right (%)" : "Questions right (%)",
        "Perplexity", "Perplexity over the baseline's", "Change against the baseline (points)"};
    static const char *const name[] = {"accuracy_percent", "perplexity", "perplexity_ratio",
                                       "change_points"};
    static const char *const line_title[] = {"chance", "", "", ""};
    const double line[] = {100 * of->chance, NAN, 1, 0};
    *panel = (panel_t){.title = title[show],
                       .name = name[show],
                       .logarithmic = show == SHOW_PERPLEXITY,
                       .least = NAN,
                       .most = NAN,
                       .line = line[show],
                       .line_title = line_title[show]};
    int64_t n = of->items;
    for (size_t i = 0; !of->counted && i < run->checkpoints->count; i++)
        for (size_t c = 0; c < run->conditions; c++) {
            const run_result_t *result = run_result(run, i, task, c);
            if (result->there && result->loss.windows > n) n = result->loss.windows;
        }
    status_t status = str_printf(note, "%s, n = ", of->label);
    if (!status) status = text_count(note, n);
    if (!status)
        status = str_printf(note, " %s; bands: %g %% intervals (%s)", run_items_name(of),
                            100 * run->resampling.level,
                            show == SHOW_RATIO    ? "bootstrap over the windows' changes of loss"
                            : show == SHOW_CHANGE ? "bootstrap over the items' changes"
                                                  : run_interval_name(of));
    panel->note = note->data;
    return status;
}

void curve_set(curve_t *curve, size_t index, const shown_t *shown)
{
    if (isnan(shown->value)) return;
    curve->value[index] = shown->value;
    curve->low[index] = isnan(shown->interval.low) ? shown->value : shown->interval.low;
    curve->high[index] = isnan(shown->interval.high) ? shown->value : shown->interval.high;
}

status_t panel_add_series(const run_t *run, const series_t *series, show_t show, size_t task,
                          ptrdiff_t term, const ground_t *ground, panel_t *panel)
{
    curve_t *curve;
    status_t status = panel_add(panel, ground, series->name, series->look, true, &curve);
    for (size_t i = 0; !status && i < ground->count; i++) {
        shown_t shown = series_value(run, series, show, i, task, term);
        curve_set(curve, i, &shown);
    }
    return status;
}

void panel_fit(panel_t *panel, const ground_t *ground, bool percent)
{
    double low = percent ? panel->line : INFINITY, high = percent ? panel->line : -INFINITY;
    for (size_t c = 0; c < panel->curves; c++)
        for (size_t i = 0; i < ground->count; i++) {
            const curve_t *curve = &panel->curve[c];
            if (isnan(curve->value[i])) continue;
            low = fmin(low, fmin(curve->value[i], curve->low ? curve->low[i] : INFINITY));
            high = fmax(high, fmax(curve->value[i], curve->high ? curve->high[i] : -INFINITY));
        }
    if (!(low <= high)) return;
    if (percent) {
        panel->least = fmax(0, 5 * floor((low - 1) / 5));
        panel->most = fmin(100, 5 * ceil((high + 1) / 5));
    } else if (panel->logarithmic && low > 0) {
        double margin = fmax(pow(high / low, 0.05), 1.005);
        panel->least = low / margin;
        panel->most = high * margin;
    } else {
        double margin = fmax(0.05 * (high - low), 1e-9 * fabs(high));
        panel->least = low >= 0 && low < 0.3 * high ? 0 : low - margin;
        panel->most = high + margin;
    }
}

status_t panel_add_baseline(const run_t *run, size_t task, show_t show, size_t checkpoint,
                            const ground_t *ground, panel_t *panel)
{
    ptrdiff_t base = run_baseline(run);
    curve_t *curve;
    if (base < 0) return NULL;
    series_t series = series_of(run, (size_t)base);
    shown_t shown = series_value(run, &series, show, checkpoint, task, -1);
    if (isnan(shown.value)) return NULL;
    series.look.point = 0;
    status_t status = panel_add(panel, ground, series.name, series.look, true, &curve);
    for (size_t i = 0; !status && i < ground->count; i++) curve_set(curve, i, &shown);
    return status;
}
