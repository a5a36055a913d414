/* The distribution of WD within each layer. */
#include <math.h>

#include "core/memory.h"
#include "report/curves.h"
#include "report/figures.h"
#include "report/text.h"

enum { WIDTH = 880, HEIGHT = 420 };

static status_t write_data(const run_statistics_t *statistics, str_t *csv)
{
    status_t status = str_add(csv, "layer,neurons");
    for (int l = 0; !status && l < WD_LEVELS; l++) status = csv_text(csv, run_wd_names[l]);
    if (!status) status = csv_end(csv);
    for (int32_t i = 0; !status && i < statistics->layers; i++) {
        status = csv_integer(csv, statistics->number[i]);
        if (!status)
            status =
                csv_integer(csv, statistics->layer[i].neurons - statistics->layer[i].undefined);
        for (int l = 0; !status && l < WD_LEVELS; l++)
            status = csv_number(csv, statistics->layer[i].wd[l]);
        if (!status) status = csv_end(csv);
    }
    return status;
}

/* The range of all that is drawn, with a margin. */
static void find_range(const run_statistics_t *statistics, double *least, double *most)
{
    *least = INFINITY, *most = 0;
    for (int32_t i = 0; i < statistics->layers; i++) {
        *least = fmin(*least, statistics->layer[i].wd[WD_P5]);
        *most = fmax(*most, statistics->layer[i].wd[WD_HIGHEST]);
    }
    *least /= 1.15, *most *= 1.15;
}

static status_t write_scale(double least, double most, str_t *script)
{
    double tic[24];
    size_t count = curves_log_tics(least, most, tic, 24);
    status_t status =
        str_printf(script, "set logscale y\nset yrange [%.6g:%.6g]\nset ytics (", least, most);
    for (size_t i = 0; !status && i < count; i++)
        status = str_printf(script, "%s%.6g", i ? ", " : "", tic[i]);
    return status ? status : str_add(script, ")\n");
}

static status_t write_frame(const run_statistics_t *statistics, const char *note, figure_t *figure)
{
    str_t *script = &figure->script;
    status_t status = gnuplot_heading(script, figure->title, note, WIDTH, HEIGHT);
    if (status) return status;
    return str_printf(
        script,
        "set lmargin at screen %.5f\nset rmargin at screen 0.82\n"
        "set tmargin at screen %.5f\nset bmargin at screen %.5f\n"
        "set key at screen 0.83, %.5f left top vertical Left reverse samplen 1.6 spacing 1.25 "
        "font \",12\"\n"
        "set xrange [%.1f:%.1f]\nset xtics %d\n"
        "set xlabel \"layer\" font \",12\" offset 0,0.2\nset boxwidth 0.5\n",
        66.0 / WIDTH, 1 - 62.0 / HEIGHT, 56.0 / HEIGHT, 1 - 62.0 / HEIGHT,
        statistics->number[0] - 0.6, statistics->number[statistics->layers - 1] + 0.6,
        1 + (statistics->layers - 1) / 32);
}

/* Columns: layer, neurons, then lowest, 5, 25, 50, 75, 95, 99 %, highest. */
static status_t write_script(const run_statistics_t *statistics, const char *note, figure_t *figure)
{
    double least, most;
    find_range(statistics, &least, &most);
    status_t status = figure_begin(figure);
    if (!status) status = write_frame(statistics, note, figure);
    if (!status && least > 0) status = write_scale(least, most, &figure->script);
    if (status) return status;
    status = str_printf(
        &figure->script,
        "plot '%1$s.csv' skip 1 using 1:10 with points pointtype 9 pointsize 0.7 linecolor rgb "
        "\"%2$s\" title 'highest', \\\n"
        "     '%1$s.csv' skip 1 using 1:9 with points pointtype 5 pointsize 0.5 linecolor rgb "
        "\"%3$s\" title '99 %%', \\\n"
        "     '%1$s.csv' skip 1 using 1:5:4:8:7 with candlesticks fillstyle solid 0.35 border "
        "linecolor rgb \"%4$s\" title '25 %% to 75 %%' whiskerbars 0.5, \\\n"
        "     '%1$s.csv' skip 1 using ($1-0.25):6:(0.5):(0) with vectors nohead linecolor rgb "
        "\"%5$s\" linewidth 2.2 notitle, \\\n"
        "     NaN with lines linecolor rgb \"%5$s\" linewidth 2.2 title 'median'\n",
        figure->name, figure_colour[2], figure_colour[4], figure_colour[6], figure_colour[1]);
    return status ? status : figure_end(figure);
}

status_t figures_layers(const run_t *run, figures_t *figures)
{
    ptrdiff_t last = run_last_statistics(run);
    if (last < 0) return NULL;
    const run_statistics_t *statistics = &run->statistics[last];
    const run_layer_t *all = &statistics->layer[statistics->layers];
    if (statistics->layers == 0 || isnan(all->wd[WD_MEDIAN])) return NULL;
    str_t note = {0};
    figure_t *figure;
    char *title = NULL;
    status_t status = str_format(&title, "Wasserstein distance to N(0,1) by layer, %s",
                                 run->checkpoints->item[last]);
    if (!status) status = text_count(&note, all->neurons - all->undefined);
    if (!status) status = str_add(&note, " neurons, each over ");
    if (!status) status = text_count(&note, statistics->tokens);
    if (!status) status = str_add(&note, " tokens; whiskers: 5 % to 95 % of the layer's neurons");
    if (!status)
        status = figures_append(figures, "wd-layers", title,
                                "Quantiles over the neurons of each layer, on a logarithmic scale.",
                                WIDTH, HEIGHT, &figure);
    if (!status) status = write_data(statistics, &figure->data);
    if (!status) status = write_script(statistics, note.data, figure);
    mem_free(&title);
    str_free(&note);
    return status;
}
