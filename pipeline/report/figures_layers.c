/* The distribution of WD within each layer. */
#include <math.h>

#include "core/memory.h"
#include "report/curves.h"
#include "report/figures.h"
#include "report/palette.h"
#include "report/text.h"

/* Pixels of the axes and around them. */
enum { LEFT = 56, RIGHT = 14, PLOT = 250, BELOW = 54 };

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

/* Columns: layer, neurons, then lowest, 5, 25, 50, 75, 95, 99 %, highest. */
static status_t write_plot(figure_t *figure)
{
    return str_printf(
        &figure->script,
        "plot '%1$s.csv' skip 1 using 1:10 with points pointtype 9 pointsize 0.7 linecolor rgb "
        "\"%2$s\" notitle, \\\n"
        "     '%1$s.csv' skip 1 using 1:9 with points pointtype 5 pointsize 0.5 linecolor rgb "
        "\"%2$s\" notitle, \\\n"
        "     '%1$s.csv' skip 1 using 1:5:4:8:7 with candlesticks fillcolor rgb \"%3$s\" fillstyle "
        "solid border linecolor rgb \"%4$s\" notitle whiskerbars 0.5, \\\n"
        "     '%1$s.csv' skip 1 using ($1-0.25):6:(0.5):(0) with vectors nohead linecolor rgb "
        "\"%2$s\" linewidth 2.2 notitle\n",
        figure->name, colours[COLOUR_INK].light, colours[COLOUR_FILL].light,
        colours[COLOUR_AXIS].light);
}

static status_t write_script(const run_statistics_t *statistics, const char *note, figure_t *figure)
{
    const sign_t sign[] = {{"highest", colours[COLOUR_INK].light, 0, 9, 0.8, false},
                           {"99 %", colours[COLOUR_INK].light, 0, 5, 0.6, false},
                           {"25 to 75 %", colours[COLOUR_FILL].light, 0, 0, 0, true},
                           {"median", colours[COLOUR_INK].light, 1, 0, 0, false}};
    int head = figure_heading_height(figure, note), key = figure_key_height(sign, 4);
    double least, most;
    find_range(statistics, &least, &most);
    figure->height = head + key + PLOT + BELOW;
    status_t status = figure_begin(figure);
    if (!status) status = figure_heading(figure, note);
    if (!status) status = figure_key(figure, sign, 4, head);
    if (!status) status = figure_frame(figure, LEFT, RIGHT, head + key + 4, BELOW);
    if (!status && least > 0) status = write_scale(least, most, &figure->script);
    if (!status)
        status = str_printf(&figure->script,
                            "set xrange [%.1f:%.1f]\nset xtics %d\n"
                            "set boxwidth 0.5\n",
                            statistics->number[0] - 0.6,
                            statistics->number[statistics->layers - 1] + 0.6,
                            1 + (statistics->layers - 1) / 16);
    if (!status)
        status = figure_axis_title(figure, "layer", 190, LEFT, RIGHT,
                                   head + key + 4 + PLOT + AXIS_TITLE - 4);
    if (!status) status = write_plot(figure);
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
        status = figures_append(figures, SECTION_DISTRIBUTION, "wd-layers", title,
                                "Quantiles over the neurons of each layer, on a logarithmic scale.",
                                &figure);
    if (!status) status = write_data(statistics, &figure->data);
    if (!status) status = write_script(statistics, note.data, figure);
    mem_free(&title);
    str_free(&note);
    return status;
}
