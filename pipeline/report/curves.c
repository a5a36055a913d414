#include "report/curves.h"

#include <math.h>
#include <string.h>

#include "core/memory.h"
#include "report/palette.h"
#include "report/text.h"

/* Pixels: the panel, lower ones where there are many, the gap below it, what follows the last one (tics and
 * the axis's title), left and right of it. */
enum {
    PANEL = 190,
    LOW_PANEL = 120,
    MANY = 5,
    GAP = 16,
    BELOW = 54,
    TURNED = 22,
    LEFT = 62,
    RIGHT = 14
};
/* More points than this are not marked one by one. */
enum { MARKED = 40 };

static status_t fill_nan(double **value, size_t count)
{
    status_t status = mem_new(value, count, "curve");
    for (size_t i = 0; !status && i < count; i++) (*value)[i] = NAN;
    return status;
}

status_t panel_add(panel_t *panel, const ground_t *ground, const char *title, look_t look,
                   bool interval, curve_t **curve)
{
    status_t status = mem_grow(&panel->curve, &panel->capacity, panel->curves + 1, "curves");
    if (status) return status;
    *curve = &panel->curve[panel->curves++];
    **curve = (curve_t){.title = title, .look = look};
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

/* Whether the tics' texts are turned, as they would not fit side by side. */
static bool wide_tics(const ground_t *ground)
{
    size_t longest = 0;
    for (size_t i = 0; i < ground->tics; i++)
        if (text_width(ground->label[i]) > longest) longest = text_width(ground->label[i]);
    return longest > 9 || (longest > 4 && longest * ground->tics > 60);
}

static status_t write_ground(const ground_t *ground, bool last, str_t *script)
{
    bool rotated = wide_tics(ground);
    status_t status = str_printf(script, "set xrange [%.10g:%.10g]\n%sset logscale x\n",
                                 ground->least, ground->most, ground->logarithmic ? "" : "un");
    if (!status)
        status =
            str_printf(script, "set xtics %s (", rotated && last ? "rotate by -30" : "norotate");
    for (size_t i = 0; !status && i < ground->tics; i++) {
        if (i) status = str_add(script, ", ");
        if (!status) status = last ? gnuplot_text(script, ground->label[i]) : str_add(script, "''");
        if (!status) status = str_printf(script, " %.10g", ground->tic[i]);
    }
    if (!status) status = str_add(script, ")\n");
    return status;
}

/* Two strokes across the axis, on a gap. */
static status_t write_break(const ground_t *ground, str_t *script)
{
    if (!ground->broken) return NULL;
    double width = 0.006 * (ground->most - ground->least);
    status_t status =
        str_printf(script,
                   "set arrow 1 from first %.10g, graph 0 to first %.10g, graph 0 "
                   "nohead linecolor rgb \"%s\" linewidth 4 front\n",
                   ground->cut - width, ground->cut + width, colours[COLOUR_PAPER].light);
    for (int i = 0; !status && i < 2; i++) {
        double at = ground->cut + (i ? width : -width);
        status = str_printf(script,
                            "set arrow %d from first %.10g, graph -0.022 to first %.10g, graph "
                            "0.022 nohead linecolor rgb \"%s\" front\n",
                            2 + i, at - width / 2, at + width / 2, colours[COLOUR_AXIS].light);
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

/* The lines of the plot command: bands first, so that no band hides a line. A line ends
 * where a value is missing. column: of the panel's first
 * curve, from 1. */
static status_t write_bands(const ground_t *ground, const panel_t *panel, size_t column,
                            const char *file, str_t *script)
{
    size_t place = ground->name ? 2 : 1;
    status_t status = NULL;
    for (size_t c = 0, at = column; !status && c < panel->curves; c++) {
        const curve_t *curve = &panel->curve[c];
        size_t values = values_of(curve, ground->count);
        bool drawn = curve->low && !curve->bare;
        if (drawn && values > 1)
            status = str_printf(
                script,
                "'%s' skip 1 using %zu:(known(%zu)):(known(%zu)) with filledcurves fillcolor rgb "
                "\"#dc%s\" notitle, \\\n     ",
                file, place, at + 1, at + 2, curve->look.colour + 1);
        else if (drawn && values == 1)
            status = str_printf(script,
                                "'%s' skip 1 using %zu:%zu:%zu:%zu with yerrorbars linecolor rgb "
                                "\"%s\" linewidth 1 pointtype 0 notitle, \\\n     ",
                                file, place, at, at + 1, at + 2, curve->look.colour);
        at += curve->low ? 3 : 1;
    }
    return status;
}

static status_t write_plot(const ground_t *ground, const panel_t *panel, size_t column,
                           const char *file, str_t *script)
{
    size_t place = ground->name ? 2 : 1;
    status_t status = str_add(script, "plot ");
    if (!status) status = write_bands(ground, panel, column, file, script);
    if (!status && !isnan(panel->line))
        status = str_printf(script,
                            "%.10g with lines linecolor rgb \"%s\" dashtype 3 notitle, \\\n     ",
                            panel->line, colours[COLOUR_GUIDE].light);
    for (size_t c = 0, at = column; !status && c < panel->curves; c++) {
        const curve_t *curve = &panel->curve[c];
        bool marked = curve->look.point && ground->count <= MARKED;
        status = str_printf(
            script,
            "'%s' skip 1 using %zu:(known(%zu)) with %s linecolor rgb \"%s\" linewidth 1.8 "
            "dashtype %d",
            file, place, at, marked ? "linespoints" : "lines", curve->look.colour,
            curve->look.dash);
        if (!status && marked)
            status = str_printf(script, " pointtype %d pointsize 0.5", curve->look.point);
        if (!status)
            status = str_printf(script, " notitle%s", c + 1 < panel->curves ? ", \\\n     " : "\n");
        at += curve->low ? 3 : 1;
    }
    return status;
}

/* Title and note above a panel; the line for comparison is named beside it. */
static status_t write_head(const panel_t *panel, bool titled, int top, figure_t *figure)
{
    int number = 1;
    status_t status =
        titled ? figure_label(figure, LABEL_PANEL, panel->title, &number, &top) : NULL;
    if (!status) status = figure_label(figure, LABEL_NOTE, panel->note, &number, &top);
    if (status || isnan(panel->line)) return status;
    status = str_printf(&figure->script, "set label %d ", number);
    if (!status) status = gnuplot_text(&figure->script, panel->line_title);
    return status ? status
                  : str_printf(&figure->script,
                               " at graph 0.995, first %.10g right offset 0,0.45 noenhanced font "
                               "\",11\" textcolor rgb \"%s\"\n",
                               panel->line, colours[COLOUR_NOTE].light);
}

static int head_height(const panel_t *panel, bool titled)
{
    return (titled ? label_height(LABEL_PANEL, panel->title) : 0) +
           label_height(LABEL_NOTE, panel->note) + 2;
}

static status_t write_panel(const ground_t *ground, const panel_t *panel, size_t panels, bool last,
                            int top, size_t column, figure_t *figure)
{
    str_t *script = &figure->script;
    char *file = NULL;
    int axes = top + head_height(panel, panels > 1), high = panels > MANY ? LOW_PANEL : PANEL;
    status_t status = str_format(&file, "%s.csv", figure->name);
    if (!status) status = figure_frame(figure, LEFT, RIGHT, axes, figure->height - axes - high);
    if (!status) status = write_head(panel, panels > 1, top, figure);
    if (!status) status = write_scale(panel, script);
    if (!status) status = write_ground(ground, last, script);
    if (!status) status = write_break(ground, script);
    if (!status && last)
        status = figure_axis_title(figure, ground->title, 190, LEFT, RIGHT,
                                   axes + high + AXIS_TITLE + (wide_tics(ground) ? TURNED : 0));
    if (!status) status = write_plot(ground, panel, column, file, script);
    if (!status) status = str_add(script, "unset label\nunset arrow\nunset object\n");
    mem_free(&file);
    return status;
}

/* The signs of all curves, each title once. */
static status_t collect_signs(const panel_t *panel, size_t panels, sign_t **sign, size_t *signs)
{
    size_t curves = 0;
    for (size_t p = 0; p < panels; p++) curves += panel[p].curves;
    *signs = 0;
    status_t status = mem_new(sign, curves, "key");
    for (size_t p = 0; !status && p < panels; p++)
        for (size_t c = 0; c < panel[p].curves; c++) {
            const curve_t *curve = &panel[p].curve[c];
            bool known = false;
            for (size_t i = 0; i < *signs; i++)
                known |= strcmp((*sign)[i].title, curve->title) == 0;
            if (!known)
                (*sign)[(*signs)++] = (sign_t){.title = curve->title,
                                               .colour = curve->look.colour,
                                               .dash = curve->look.dash,
                                               .point = curve->look.point,
                                               .size = 0.6};
        }
    return status;
}

status_t curves_write(const ground_t *ground, const panel_t *panel, size_t panels, figure_t *figure)
{
    sign_t *sign = NULL;
    size_t signs = 0, column = ground->name ? 3 : 2;
    int top = figure_heading_height(figure, ""), key, high = panels > MANY ? LOW_PANEL : PANEL;
    status_t status = collect_signs(panel, panels, &sign, &signs);
    if (!status) status = data_head(ground, panel, panels, &figure->data);
    if (!status) status = data_rows(ground, panel, panels, &figure->data);
    key = figure_key_height(sign, signs);
    figure->height = top + key + (int)panels * (high + GAP) - GAP + BELOW;
    if (wide_tics(ground)) figure->height += TURNED;
    for (size_t p = 0; p < panels; p++) figure->height += head_height(&panel[p], panels > 1);
    if (!status) status = figure_begin(figure);
    if (!status)
        status = str_add(&figure->script, "known(c) = valid(c) ? column(c) : NaN\nset multiplot\n");
    /* The heading and the key stand on an empty plot of their own: panels have labels of their own. */
    if (!status) status = figure_heading(figure, "");
    if (!status) status = figure_key(figure, sign, signs, top);
    if (!status)
        status = str_add(&figure->script,
                         "set border 0\nunset xtics\nunset ytics\nplot [0:1][0:1] NaN notitle\n"
                         "unset label\nunset arrow\nunset object\n");
    if (!status)
        status = str_printf(&figure->script,
                            "set border 3 linecolor rgb \"%s\"\nset grid ytics\n"
                            "set xtics nomirror\nset ytics nomirror\n",
                            colours[COLOUR_AXIS].light);
    top += key;
    for (size_t p = 0; !status && p < panels; p++) {
        status = write_panel(ground, &panel[p], panels, p + 1 == panels, top, column, figure);
        top += head_height(&panel[p], panels > 1) + high + GAP;
        for (size_t c = 0; c < panel[p].curves; c++) column += panel[p].curve[c].low ? 3 : 1;
    }
    if (!status) status = str_add(&figure->script, "unset multiplot\n");
    mem_free(&sign);
    return status ? status : figure_end(figure);
}
