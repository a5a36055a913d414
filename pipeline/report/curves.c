#include "report/curves.h"

#include <math.h>
#include <string.h>

#include "core/memory.h"
#include "report/text.h"

/* Pixels: the figure's title, a panel's title and note, the panel, the gap below it, what follows
 * the last one (tics and the axis's title), left of all, a sample in the legend. */
enum {
    HEAD = 34,
    TITLE = 22,
    NOTE = 28,
    PANEL = 214,
    GAP = 24,
    BELOW = 62,
    LEFT = 66,
    SAMPLE = 46
};
/* Mean width of a character of the legend, and the most that the legend takes of the figure. */
static const double CHARACTER = 6.7, LEGEND_MOST = 0.4;
/* Lines that the legend has room for beside a panel. */
enum { LEGEND = 8 };
/* More points than this are not marked one by one. */
enum { MARKED = 40 };

int curves_height(size_t panels)
{
    int title = panels > 1 ? TITLE : 0; /* a single panel has the figure's */
    return HEAD + (int)panels * (title + NOTE + PANEL + GAP) - GAP + BELOW;
}

static status_t fill_nan(double **value, size_t count)
{
    status_t status = mem_new(value, count, "curve");
    for (size_t i = 0; !status && i < count; i++) (*value)[i] = NAN;
    return status;
}

status_t panel_add(panel_t *panel, const ground_t *ground, const char *title, bool interval,
                   curve_t **curve)
{
    status_t status = mem_grow(&panel->curve, &panel->capacity, panel->curves + 1, "curves");
    if (status) return status;
    *curve = &panel->curve[panel->curves++];
    **curve = (curve_t){.title = title, .dash = 1, .point = 7};
    memcpy((*curve)->colour, figure_colour[(panel->curves - 1) % FIGURE_COLOURS], 8);
    status = fill_nan(&(*curve)->value, ground->count);
    if (!status && interval) status = fill_nan(&(*curve)->low, ground->count);
    if (!status && interval) status = fill_nan(&(*curve)->high, ground->count);
    return status;
}

static size_t values_of(const curve_t *curve, size_t count)
{
    size_t values = 0;
    for (size_t i = 0; i < count; i++) values += !isnan(curve->value[i]);
    return values;
}

static void curve_free(curve_t *curve)
{
    mem_free(&curve->value);
    mem_free(&curve->low);
    mem_free(&curve->high);
}

void panel_drop_empty(panel_t *panel, size_t count)
{
    size_t kept = 0;
    for (size_t i = 0; i < panel->curves; i++) {
        if (values_of(&panel->curve[i], count)) panel->curve[kept++] = panel->curve[i];
        else curve_free(&panel->curve[i]);
    }
    panel->curves = kept;
}

void panel_free(panel_t *panel)
{
    for (size_t i = 0; i < panel->curves; i++) curve_free(&panel->curve[i]);
    mem_free(&panel->curve);
    *panel = (panel_t){0};
}

/* ---- data ---- */

static status_t data_head(const ground_t *ground, const panel_t *panel, size_t panels, str_t *csv)
{
    status_t status = ground->name ? csv_text(csv, ground->column) : NULL;
    if (!status) status = csv_text(csv, ground->place_column);
    for (size_t p = 0; p < panels; p++)
        for (size_t c = 0; !status && c < panel[p].curves; c++) {
            const curve_t *curve = &panel[p].curve[c];
            str_t name = {0};
            status = str_printf(&name, "%s: %s", panel[p].name, curve->title);
            size_t length = name.length;
            if (!status) status = csv_text(csv, name.data);
            for (int end = 0; !status && curve->low && end < 2; end++) {
                name.length = length;
                status = str_add(&name, end ? ": high" : ": low");
                if (!status) status = csv_text(csv, name.data);
            }
            str_free(&name);
        }
    return status ? status : csv_end(csv);
}

static status_t data_rows(const ground_t *ground, const panel_t *panel, size_t panels, str_t *csv)
{
    status_t status = NULL;
    for (size_t i = 0; !status && i < ground->count; i++) {
        if (ground->name) status = csv_text(csv, ground->name[i]);
        if (!status) status = csv_number(csv, ground->place[i]);
        for (size_t p = 0; p < panels; p++)
            for (size_t c = 0; !status && c < panel[p].curves; c++) {
                const curve_t *curve = &panel[p].curve[c];
                status = csv_number(csv, curve->value[i]);
                if (!status && curve->low) status = csv_number(csv, curve->low[i]);
                if (!status && curve->low) status = csv_number(csv, curve->high[i]);
            }
        if (!status) status = csv_end(csv);
    }
    return status;
}

/* ---- script ---- */

/* Pixels that the widest legend needs. */
static double legend_width(const panel_t *panel, size_t panels)
{
    size_t longest = 0;
    for (size_t p = 0; p < panels; p++)
        for (size_t c = 0; c < panel[p].curves; c++) {
            size_t width = text_width(panel[p].curve[c].title);
            if (width > longest) longest = width;
        }
    double need = SAMPLE + CHARACTER * (double)longest + 16;
    return fmin(need, LEGEND_MOST * CURVES_WIDTH);
}

static status_t write_ground(const ground_t *ground, bool last, str_t *script)
{
    bool rotated = false;
    status_t status = str_printf(script, "set xrange [%.10g:%.10g]\n%sset logscale x\n",
                                 ground->least, ground->most, ground->logarithmic ? "" : "un");
    for (size_t i = 0; i < ground->tics; i++) rotated = rotated || text_width(ground->label[i]) > 9;
    if (!status)
        status =
            str_printf(script, "set xtics %s (", rotated && last ? "rotate by -30" : "norotate");
    for (size_t i = 0; !status && i < ground->tics; i++) {
        if (i) status = str_add(script, ", ");
        if (!status) status = last ? gnuplot_text(script, ground->label[i]) : str_add(script, "''");
        if (!status) status = str_printf(script, " %.10g", ground->tic[i]);
    }
    if (!status) status = str_add(script, ")\n");
    if (!status && !last) return str_add(script, "unset xlabel\n");
    if (!status) status = str_add(script, "set xlabel ");
    if (!status) status = gnuplot_text(script, ground->title);
    return status ? status : str_add(script, " font \",12\" offset 0,0.2\n");
}

/* Two strokes across the axis, on a gap. */
static status_t write_break(const ground_t *ground, str_t *script)
{
    if (!ground->broken) return NULL;
    double width = 0.006 * (ground->most - ground->least);
    status_t status = str_printf(script,
                                 "set arrow 1 from first %.10g, graph 0 to first %.10g, graph 0 "
                                 "nohead linecolor rgb \"#ffffff\" linewidth 4 front\n",
                                 ground->cut - width, ground->cut + width);
    for (int i = 0; !status && i < 2; i++) {
        double at = ground->cut + (i ? width : -width);
        status = str_printf(script,
                            "set arrow %d from first %.10g, graph -0.022 to first %.10g, graph "
                            "0.022 nohead linecolor rgb \"#555555\" front\n",
                            2 + i, at - width / 2, at + width / 2);
    }
    return status;
}

size_t curves_log_tics(double least, double most, double tic[], size_t room)
{
    static const struct {
        size_t count;
        double mantissa[18];
    } series[] = {{1, {1}},
                  {2, {1, 3}},
                  {3, {1, 2, 5}},
                  {6, {1, 1.5, 2, 3, 5, 7}},
                  {18, {1, 1.2, 1.4, 1.6, 1.8, 2, 2.2, 2.5, 2.8, 3.2, 3.6, 4, 4.5, 5, 6, 7, 8, 9}}};
    int first = (int)floor(log10(least)), last = (int)floor(log10(most));
    size_t found = 0;
    for (size_t s = 0; s < sizeof series / sizeof *series && found < 4; s++) {
        found = 0;
        for (int power = first; power <= last; power++)
            for (size_t m = 0; m < series[s].count && found < room; m++) {
                double place = pow(10, power) * series[s].mantissa[m];
                if (place >= least && place <= most) tic[found++] = place;
            }
    }
    return found;
}

static status_t write_log_tics(const panel_t *panel, str_t *script)
{
    double tic[24];
    size_t count = curves_log_tics(panel->least, panel->most, tic, 24);
    /* A narrow range has round numbers enough on a linear scale. */
    if (count < 3) return str_add(script, "unset logscale y\nset ytics autofreq\n");
    status_t status = str_add(script, "set ytics (");
    for (size_t i = 0; !status && i < count; i++)
        status = str_printf(script, "%s%.6g", i ? ", " : "", tic[i]);
    return status ? status : str_add(script, ")\n");
}

static status_t write_scale(const panel_t *panel, str_t *script)
{
    status_t status =
        str_printf(script, "%sset logscale y\nset yrange [", panel->logarithmic ? "" : "un");
    if (!status)
        status =
            isnan(panel->least) ? str_add(script, "*") : str_printf(script, "%.10g", panel->least);
    if (!status)
        status = isnan(panel->most) ? str_add(script, ":*]\n")
                                    : str_printf(script, ":%.10g]\n", panel->most);
    if (status) return status;
    bool known = panel->logarithmic && panel->least > 0 && isfinite(panel->most);
    return known ? write_log_tics(panel, script) : str_add(script, "set ytics autofreq\n");
}

/* A line of text whose middle is so many pixels below the figure's top. */
static status_t write_label(int number, const char *text, bool bold, const char *look, double down,
                            int height, str_t *script)
{
    status_t status = str_printf(script, "set label %d ", number);
    if (!status) status = bold ? gnuplot_bold(script, text) : gnuplot_text(script, text);
    if (status) return status;
    return str_printf(script, " at screen %.5f, screen %.5f left %s\n", 16.0 / CURVES_WIDTH,
                      1 - down / height, look);
}

/* top: of the panel's own title, or of its note where it has none. */
static status_t write_head(const panel_t *panel, bool titled, double top, int height, str_t *script)
{
    status_t status = NULL;
    if (titled)
        status = write_label(1, panel->title, true, "font \",13\" textcolor rgb \"#333333\"",
                             top + TITLE / 2.0, height, script);
    if (status) return status;
    return write_label(2, panel->note, false, "noenhanced font \",11\" textcolor rgb \"#666666\"",
                       top + (titled ? TITLE : 0) + 8, height, script);
}

/* top: of the panel itself. A legend of many curves is in smaller type, as gnuplot leaves out what
 * has no room. */
static status_t write_place(const panel_t *panel, double top, double right, int height,
                            str_t *script)
{
    size_t lines = panel->curves + !isnan(panel->line);
    double type = lines <= LEGEND ? 12 : fmax(5, 120 / (double)(lines + 1));
    double high = 1 - top / height, low = 1 - (top + PANEL) / height;
    return str_printf(
        script,
        "set lmargin at screen %.5f\nset rmargin at screen %.5f\n"
        "set tmargin at screen %.5f\nset bmargin at screen %.5f\n"
        "set key noenhanced at screen %.5f, %.5f left top vertical Left reverse samplen 1.6 "
        "spacing 1.15 font \",%.3g\"\n",
        (double)LEFT / CURVES_WIDTH, 1 - right / CURVES_WIDTH, high, low,
        1 - (right - 8) / CURVES_WIDTH, high + 0.004, type);
}

/* The plot command: bands first, so that no band hides a line. column: of the panel's first
 * curve, from 1. */
static status_t write_plot(const ground_t *ground, const panel_t *panel, size_t column,
                           const char *file, str_t *script)
{
    size_t place = ground->name ? 2 : 1;
    const char *mark = ground->count > MARKED ? "lines" : "linespoints";
    status_t status = str_add(script, "plot ");
    size_t at = column;
    for (size_t c = 0; !status && c < panel->curves; c++) {
        const curve_t *curve = &panel->curve[c];
        size_t values = values_of(curve, ground->count);
        if (curve->low && values > 1)
            status = str_printf(script,
                                "'%s' skip 1 using %zu:%zu:%zu with filledcurves fillcolor rgb "
                                "\"#e0%s\" notitle, \\\n     ",
                                file, place, at + 1, at + 2, curve->colour + 1);
        else if (curve->low && values == 1)
            status = str_printf(script,
                                "'%s' skip 1 using %zu:%zu:%zu:%zu with yerrorbars linecolor rgb "
                                "\"%s\" linewidth 1 pointtype 0 notitle, \\\n     ",
                                file, place, at, at + 1, at + 2, curve->colour);
        at += curve->low ? 3 : 1;
    }
    if (!status && !isnan(panel->line)) {
        status = str_printf(script, "%.10g with lines linecolor rgb \"#888888\" dashtype 3 title ",
                            panel->line);
        if (!status) status = gnuplot_text(script, panel->line_title);
        if (!status) status = str_add(script, ", \\\n     ");
    }
    at = column;
    for (size_t c = 0; !status && c < panel->curves; c++) {
        const curve_t *curve = &panel->curve[c];
        status = str_printf(script,
                            "'%s' skip 1 using %zu:%zu with %s linecolor rgb \"%s\" linewidth 1.6 "
                            "dashtype %d pointtype %d pointsize 0.55 title ",
                            file, place, at, mark, curve->colour, curve->dash, curve->point);
        if (!status) status = gnuplot_text(script, curve->title);
        if (!status) status = str_add(script, c + 1 < panel->curves ? ", \\\n     " : "\n");
        at += curve->low ? 3 : 1;
    }
    return status;
}

static status_t write_panel(const ground_t *ground, const panel_t *panel, bool titled, bool last,
                            double top, double right, size_t column, figure_t *figure)
{
    str_t *script = &figure->script;
    double head = NOTE + (titled ? TITLE : 0);
    char *file = NULL;
    status_t status = str_format(&file, "%s.csv", figure->name);
    if (!status) status = write_place(panel, top + head, right, figure->height, script);
    if (!status) status = write_head(panel, titled, top, figure->height, script);
    if (!status) status = write_scale(panel, script);
    if (!status) status = write_ground(ground, last, script);
    if (!status) status = write_break(ground, script);
    if (!status) status = write_plot(ground, panel, column, file, script);
    mem_free(&file);
    return status;
}

status_t curves_write(const ground_t *ground, const panel_t *panel, size_t panels, figure_t *figure)
{
    double right = legend_width(panel, panels);
    size_t column = ground->name ? 3 : 2;
    status_t status = data_head(ground, panel, panels, &figure->data);
    if (!status) status = data_rows(ground, panel, panels, &figure->data);
    if (!status) status = figure_begin(figure);
    if (!status) status = str_add(&figure->script, "set multiplot\n");
    if (!status)
        status = write_label(9, figure->title, true, "font \",15\"", 20, figure->height,
                             &figure->script);
    bool titled = panels > 1;
    double step = (titled ? TITLE : 0) + NOTE + PANEL + GAP;
    for (size_t p = 0; !status && p < panels; p++) {
        status = write_panel(ground, &panel[p], titled, p + 1 == panels, HEAD + (double)p * step,
                             right, column, figure);
        if (!status && p == 0) status = str_add(&figure->script, "unset label 9\n");
        for (size_t c = 0; c < panel[p].curves; c++) column += panel[p].curve[c].low ? 3 : 1;
    }
    if (!status) status = str_add(&figure->script, "unset multiplot\n");
    return status ? status : figure_end(figure);
}
