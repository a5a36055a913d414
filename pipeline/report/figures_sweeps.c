/* Results against the share of neurons that are ablated. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "report/figures.h"
#include "report/panels.h"
#include "report/sweep.h"
#include "report/text.h"

enum { PANELS_MOST = 4 };

/* The shares of all sweeps as an axis. */
typedef struct {
    double *percent; /* [count], ascending, each once */
    size_t count;
    strings_t label; /* of the tics, */
    double *tic;     /* at [label.count] */
} shares_t;

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static status_t collect_shares(const run_t *run, shares_t *shares)
{
    size_t kept = 0;
    status_t status = mem_new(&shares->percent, run->conditions, "shares");
    if (!status) status = mem_new(&shares->tic, run->conditions, "shares");
    if (status) return status;
    for (size_t c = 0; c < run->conditions; c++) {
        double share = sweep_share(run, c);
        if (!isnan(share)) shares->percent[shares->count++] = 100 * share;
    }
    qsort(shares->percent, shares->count, sizeof *shares->percent, compare);
    for (size_t i = 0; i < shares->count; i++)
        if (kept == 0 || shares->percent[i] > shares->percent[kept - 1])
            shares->percent[kept++] = shares->percent[i];
    shares->count = kept;
    double range = log(shares->percent[kept - 1] / shares->percent[0]);
    for (size_t i = 0; !status && i < kept; i++) {
        str_t label = {0};
        size_t tics = shares->label.count;
        if (tics && log(shares->percent[i] / shares->tic[tics - 1]) < 0.06 * range) continue;
        shares->tic[tics] = shares->percent[i];
        status = text_rounded(&label, shares->percent[i], shares->percent[i] < 10 ? 2 : 3);
        /* "10.0" says no more than "10" */
        size_t length = label.length;
        if (!status && length > 2 && strcmp(label.data + length - 2, ".0") == 0)
            label.data[length - 2] = '\0';
        if (!status) status = strings_append(&shares->label, label.data);
        str_free(&label);
    }
    return status;
}

static void shares_free(shares_t *shares)
{
    mem_free(&shares->percent);
    mem_free(&shares->tic);
    strings_free(&shares->label);
}

static size_t place_of(const shares_t *shares, double share)
{
    for (size_t i = 0; i < shares->count; i++)
        if (shares->percent[i] == 100 * share) return i;
    return 0;
}

static status_t add_curve(const run_t *run, const char *title, size_t condition,
                          const ground_t *ground, panel_t *panel, curve_t **curve)
{
    look_t look = look_of_condition(run, NULL, condition);
    return panel_add(panel, ground, title, look, true, curve);
}

static void set_place(const run_t *run, size_t task, show_t show, size_t checkpoint,
                      const shares_t *shares, double share, size_t condition, curve_t *curve)
{
    const series_t series = series_of(run, condition);
    shown_t shown = series_value(run, &series, show, checkpoint, task, -1);
    curve_set(curve, place_of(shares, share), &shown);
}

static status_t fill(const run_t *run, size_t task, show_t show, size_t checkpoint,
                     const sweeps_t *sweeps, const shares_t *shares, const ground_t *ground,
                     panel_t *panel)
{
    size_t rank;
    curve_t *curve;
    status_t status = panel_add_baseline(run, task, show, checkpoint, ground, panel);
    for (size_t s = 0; !status && s < sweeps->count; s++) {
        const sweep_t *sweep = &sweeps->item[s];
        status = add_curve(run, sweep->title, sweep->member[0], ground, panel, &curve);
        for (size_t i = 0; !status && i < sweep->members; i++)
            set_place(run, task, show, checkpoint, shares, sweep->share[i], sweep->member[i],
                      curve);
    }
    /* Single conditions, such as one random control, stand at their own share. */
    for (size_t c = 0; !status && c < run->conditions; c++) {
        double share = sweep_share(run, c);
        if (isnan(share) || sweeps_of(sweeps, c, &rank) >= 0 || run_groups(run, c)) continue;
        status = add_curve(run, run->condition[c].name, c, ground, panel, &curve);
        if (!status) set_place(run, task, show, checkpoint, shares, share, c, curve);
    }
    panel_drop_empty(panel, ground->count);
    panel_fit(panel, ground, show == SHOW_ACCURACY);
    return status;
}

static status_t draw(const run_t *run, size_t checkpoint, const sweeps_t *sweeps,
                     const shares_t *shares, figures_t *figures)
{
    double first = shares->percent[0], final = shares->percent[shares->count - 1];
    double margin = pow(final / first, 0.03);
    ground_t ground = {
        .title = "ablated neurons (% of all)",
        .count = shares->count,
        .place = shares->percent,
        .least = first / margin,
        .most = final * margin,
        .logarithmic = true,
        .tics = shares->label.count,
        .tic = shares->tic,
        .label = (const char *const *)shares->label.item,
        .place_column = "percent",
    };
    panel_t panel[PANELS_MOST] = {{0}};
    str_t note[PANELS_MOST] = {{0}};
    size_t panels = 0;
    status_t status = NULL;
    for (size_t t = 0; !status && t < run->tasks && panels < PANELS_MOST; t++) {
        panel_t *next = &panel[panels];
        show_t show = run->task[t].counted     ? SHOW_ACCURACY
                      : run_baseline(run) >= 0 ? SHOW_RATIO
                                               : SHOW_PERPLEXITY;
        status = panel_of_task(run, t, show, next, &note[panels]);
        if (!status) status = fill(run, t, show, checkpoint, sweeps, shares, &ground, next);
        if (!status && next->curves) panels++;
        else panel_free(next), str_free(&note[panels]);
    }
    char *title = NULL;
    figure_t *figure;
    if (!status && panels) {
        status = str_format(&title, "The clamp's strength, %s", run->checkpoints->item[checkpoint]);
        if (!status)
            status = figures_append(figures, SECTION_CONDITIONS, "sweep", title,
                                    "Results against the share of all neurons that are ablated, "
                                    "with intervals.",
                                    &figure);
        if (!status) status = curves_write(&ground, panel, panels, figure);
    }
    for (size_t p = 0; p < PANELS_MOST; p++) panel_free(&panel[p]), str_free(&note[p]);
    mem_free(&title);
    return status;
}

status_t figures_sweeps(const run_t *run, figures_t *figures)
{
    sweeps_t sweeps = {0};
    shares_t shares = {0};
    ptrdiff_t last = run_last_result(run, SIZE_MAX);
    status_t status = last < 0 ? NULL : sweeps_find(run, &sweeps);
    if (!status && sweeps.count) {
        status = collect_shares(run, &shares);
        if (!status && shares.percent[0] > 0 && shares.count >= SWEEP_LEAST)
            status = draw(run, (size_t)last, &sweeps, &shares, figures);
    }
    shares_free(&shares);
    sweeps_free(&sweeps);
    return status;
}
