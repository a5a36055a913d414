#include "report/panels.h"

#include <math.h>
#include <string.h>

#include "report/text.h"

status_t panel_of_task(const run_t *run, size_t task, show_t show, panel_t *panel, str_t *note)
{
    const run_task_t *of = &run->task[task];
    const char *const title[] = {of->is->kind == TASK_PAIRS ? "Minimal pairs right (%)"
                                                            : "Questions right (%)",
                                 "Perplexity", "Perplexity over the baseline's"};
    static const char *const name[] = {"accuracy_percent", "perplexity", "perplexity_ratio"};
    static const char *const line_title[] = {"chance", "", "baseline"};
    const double line[] = {100 * of->chance, NAN, 1};
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
                            show == SHOW_RATIO ? "bootstrap over the windows' changes of loss"
                                               : run_interval_name(of));
    panel->note = note->data;
    return status;
}

void curve_set(curve_t *curve, size_t index, show_t show, const run_result_t *result)
{
    if (!result->there || (show == SHOW_RATIO && !result->compared)) return;
    const loss_t *loss = show == SHOW_RATIO ? &result->change : &result->loss;
    bool counted = show == SHOW_ACCURACY;
    interval_t interval = counted ? result->all.interval : loss_perplexity_interval(loss);
    double scale = counted ? 100 : 1;
    double value = counted ? accuracy_value(&result->all) : loss_perplexity(loss);
    curve->value[index] = scale * value;
    /* A single window has no interval; the band then has no width there. */
    curve->low[index] = isnan(interval.low) ? scale * value : scale * interval.low;
    curve->high[index] = isnan(interval.high) ? scale * value : scale * interval.high;
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
    status_t status = NULL;
    for (size_t c = 0; !status && c < run->conditions; c++) {
        const run_result_t *result = run_result(run, checkpoint, task, c);
        curve_t *curve;
        if (run->condition[c].ablate || !result->there) continue;
        status = panel_add(panel, ground, run->condition[c].name, true, &curve);
        if (status) break;
        memcpy(curve->colour, figure_colour[0], sizeof curve->colour);
        curve->point = 0;
        for (size_t i = 0; i < ground->count; i++) curve_set(curve, i, show, result);
    }
    return status;
}

status_t panel_add_numbered(panel_t *panel, const ground_t *ground, const char *title,
                            size_t number, curve_t **curve)
{
    static const int point[] = {7, 5, 9, 11, 13};
    status_t status = panel_add(panel, ground, title, true, curve);
    if (status) return status;
    memcpy((*curve)->colour, figure_colour[1 + number % (FIGURE_COLOURS - 1)],
           sizeof(*curve)->colour);
    (*curve)->point = point[number % 5];
    return NULL;
}
