#include "report/rows.h"

#include <math.h>
#include <string.h>

#include "core/memory.h"
#include "report/palette.h"
#include "report/text.h"

/* Pixels: a row of one series and what each further one adds; gaps; tics and title below a panel; a
 * character of a name, and the most that names may take. */
enum { ROW = 21, SERIES = 9, GAP = 18, BELOW = 52, RIGHT = 16, NAMES_MOST = 272, NAMES_LEAST = 60 };
static const double CHARACTER = 7.4;

ground_t rows_ground(const rows_t *rows)
{
    return (ground_t){.count = rows->count};
}

/* The rows that hold anything: index [count]. */
static size_t find_rows(const rows_t *rows, const panel_t *panel, size_t panels, size_t *index)
{
    size_t found = 0;
    for (size_t i = 0; i < rows->count; i++) {
        bool any = false;
        for (size_t p = 0; p < panels; p++)
            for (size_t c = 0; c < panel[p].curves; c++) any |= !isnan(panel[p].curve[c].value[i]);
        if (any) index[found++] = i;
    }
    return found;
}

/* ---- data: a line for each row ---- */

static status_t data_head(const rows_t *rows, const panel_t *panel, size_t panels, str_t *csv)
{
    status_t status = csv_text(csv, rows->corner);
    if (!status && rows->n) status = csv_text(csv, "n");
    for (size_t p = 0; p < panels; p++)
        for (size_t c = 0; !status && c < 3 * panel[p].curves; c++) {
            static const char *const end[] = {"", ": low", ": high"};
            str_t name = {0};
            status = str_printf(&name, "%s: %s%s", panel[p].name, panel[p].curve[c / 3].title,
                                end[c % 3]);
            if (!status) status = csv_text(csv, name.data);
            str_free(&name);
        }
    return status ? status : csv_end(csv);
}

static status_t write_data(const rows_t *rows, const size_t *index, size_t found,
                           const panel_t *panel, size_t panels, str_t *csv)
{
    status_t status = data_head(rows, panel, panels, csv);
    for (size_t i = 0; !status && i < found; i++) {
        size_t row = index[i];
        status = csv_text(csv, rows->name[row]);
        if (!status && rows->n) status = csv_integer(csv, rows->n[row]);
        for (size_t p = 0; p < panels; p++)
            for (size_t c = 0; !status && c < panel[p].curves; c++) {
                const curve_t *curve = &panel[p].curve[c];
                status = csv_number(csv, curve->value[row]);
                if (!status) status = csv_number(csv, curve->low[row]);
                if (!status) status = csv_number(csv, curve->high[row]);
            }
        if (!status) status = csv_end(csv);
    }
    return status;
}

/* ---- script ---- */

/* A name with its n, cut where it is longer than names may be. */
static status_t full_name(const rows_t *rows, size_t row, str_t *text)
{
    size_t room = (size_t)(NAMES_MOST / CHARACTER), behind = 0;
    str_t n = {0};
    status_t status = NULL;
    if (rows->n) status = str_add(&n, " (");
    if (!status && rows->n) status = text_count(&n, rows->n[row]);
    if (!status && rows->n) status = str_add(&n, ")");
    if (!status && n.data) behind = text_width(n.data);
    const char *name = rows->name[row];
    if (text_width(name) + behind > room) {
        size_t keep = room - behind - 1, bytes = 0;
        for (size_t width = 0; width < keep || ((unsigned char)name[bytes] & 0xc0) == 0x80; bytes++)
            width += ((unsigned char)name[bytes] & 0xc0) != 0x80;
        if (!status) status = str_append(text, name, bytes);
        if (!status) status = str_add(text, "…");
    } else if (!status) {
        status = str_add(text, name);
    }
    if (!status && n.data) status = str_add(text, n.data);
    str_free(&n);
    return status;
}

/* Tics with the names; *left: pixels that they take. */
static status_t write_names(const rows_t *rows, const size_t *index, size_t found, str_t *script,
                            int *left)
{
    size_t longest = 0;
    status_t status = str_add(script, "set ytics scale 0 (");
    for (size_t i = 0; !status && i < found; i++) {
        str_t name = {0};
        status = full_name(rows, index[i], &name);
        if (!status && i) status = str_add(script, ", ");
        if (!status) status = gnuplot_text(script, name.data);
        if (!status) status = str_printf(script, " %d", -(int)i);
        if (!status && text_width(name.data) > longest) longest = text_width(name.data);
        str_free(&name);
    }
    *left = 16 + (int)(CHARACTER * (double)longest);
    if (*left < NAMES_LEAST) *left = NAMES_LEAST;
    return status ? status : str_add(script, ")\n");
}

static status_t plot_points(const char *file, size_t column, double shift, ptrdiff_t row,
                            const look_t *look, bool first, str_t *script)
{
    status_t status = str_printf(script, "%s'%s' skip 1 ", first ? "" : ", \\\n     ", file);
    if (!status && row >= 0)
        status = str_printf(script, "every ::%td::%td using %zu:(%td)", row, row, column, -row);
    else if (!status) status = str_printf(script, "using %zu:(-$0%+.4f)", column, shift);
    if (status) return status;
    return str_printf(script,
                      ":%zu:%zu with xerrorbars linecolor rgb \"%s\" linewidth 1.6 pointtype %d "
                      "pointsize 0.65 notitle",
                      column + 1, column + 2, look->colour, look->point ? look->point : 7);
}

static status_t write_plot(const rows_t *rows, const size_t *index, size_t found,
                           const panel_t *panel, size_t column, const char *file, str_t *script)
{
    status_t status = str_add(script, "plot ");
    bool first = true;
    double step = panel->curves > 1 ? 0.76 / (double)panel->curves : 0;
    for (size_t c = 0; !status && c < panel->curves; c++, column += 3) {
        double shift = step * (0.5 * (double)(panel->curves - 1) - (double)c);
        size_t parts = rows->look ? found : 1;
        for (size_t i = 0; !status && i < parts; i++) {
            const look_t *look = rows->look ? &rows->look[index[i]] : &panel->curve[c].look;
            status = plot_points(file, column, shift, rows->look ? (ptrdiff_t)i : -1, look, first,
                                 script);
            first = false;
        }
    }
    return status ? status : str_add(script, "\n");
}

/* A round step (1, 2 or 5 times a power of ten) that divides a range into five parts at most. */
static double round_step(double range)
{
    double unit = pow(10, floor(log10(range / 5)));
    for (int k = 0; k < 3; k++) {
        static const double round[] = {1, 2, 5};
        if (range / (round[k] * unit) <= 5) return round[k] * unit;
    }
    return 10 * unit;
}

/* Least and most of all values, intervals and the line for comparison. */
static void find_range(const panel_t *panel, size_t count, double *least, double *most)
{
    *least = isnan(panel->line) ? INFINITY : panel->line;
    *most = isnan(panel->line) ? -INFINITY : panel->line;
    for (size_t c = 0; c < panel->curves; c++)
        for (size_t i = 0; i < count; i++) {
            const curve_t *curve = &panel->curve[c];
            if (isnan(curve->value[i])) continue;
            *least = fmin(*least, fmin(curve->value[i], curve->low[i]));
            *most = fmax(*most, fmax(curve->value[i], curve->high[i]));
        }
}

/* The horizontal axis: as the panel says, else what holds everything between two tics. */
static status_t write_axis(const rows_t *rows, const panel_t *panel, size_t found, str_t *script)
{
    double least, most;
    find_range(panel, rows->count, &least, &most);
    double step = round_step(most > least ? most - least : 1);
    least = isnan(panel->least) ? step * floor(least / step) : panel->least;
    most = isnan(panel->most) ? step * ceil(most / step) : panel->most;
    if (!(most > least)) least -= step, most += step;
    step = round_step(most - least);
    status_t status = str_printf(script,
                                 "set yrange [%.2f:0.6]\nset xrange [%.10g:%.10g]\n"
                                 "set xtics %.10g\n",
                                 0.4 - (double)found, least, most, step);
    if (status || isnan(panel->line)) return status;
    return str_printf(script,
                      "set arrow 1 from first %.8g, graph 0 to first %.8g, graph 1 nohead back "
                      "linecolor rgb \"%s\" linewidth 1.2\n",
                      panel->line, panel->line, colours[COLOUR_GUIDE].light);
}

static status_t collect_signs(const rows_t *rows, const panel_t *panel, sign_t **sign,
                              size_t *signs)
{
    *signs = 0;
    status_t status = mem_new(sign, panel->curves, "key");
    for (size_t c = 0; !status && !rows->look && panel->curves > 1 && c < panel->curves; c++)
        (*sign)[(*signs)++] = (sign_t){.title = panel->curve[c].title,
                                       .colour = panel->curve[c].look.colour,
                                       .dash = 1,
                                       .point = panel->curve[c].look.point,
                                       .size = 0.8};
    return status;
}

static status_t write_panels(const rows_t *rows, const size_t *index, size_t found,
                             const panel_t *panel, size_t panels, int high, int top, int left,
                             figure_t *figure)
{
    size_t column = rows->n ? 3 : 2;
    char *file = NULL;
    status_t status = str_format(&file, "%s.csv", figure->name);
    for (size_t p = 0; !status && p < panels; p++) {
        int number = 150; /* beyond the heading's labels */
        int axes = top + label_height(LABEL_NOTE, panel[p].note);
        status = figure_label(figure, LABEL_NOTE, panel[p].note, &number, &top);
        if (!status) status = figure_frame(figure, left, RIGHT, axes, figure->height - axes - high);
        if (!status) status = write_axis(rows, &panel[p], found, &figure->script);
        if (!status)
            status = figure_axis_title(figure, panel[p].title, 190, left, RIGHT,
                                       axes + high + AXIS_TITLE);
        if (!status)
            status = write_plot(rows, index, found, &panel[p], column, file, &figure->script);
        if (!status) status = str_add(&figure->script, "unset label\nunset arrow\nunset object\n");
        column += 3 * panel[p].curves;
        top = axes + high + BELOW + GAP;
    }
    mem_free(&file);
    return status;
}

status_t rows_write(const rows_t *rows, const char *note, const panel_t *panel, size_t panels,
                    figure_t *figure)
{
    sign_t *sign = NULL;
    size_t *index = NULL, signs = 0, found = 0;
    int left = 0, most = 1;
    status_t status = mem_new(&index, rows->count, "rows");
    if (!status) found = find_rows(rows, panel, panels, index);
    if (!status) status = collect_signs(rows, panel, &sign, &signs);
    for (size_t p = 0; p < panels; p++)
        if ((int)panel[p].curves > most) most = (int)panel[p].curves;
    int top = figure_heading_height(figure, note), key = figure_key_height(sign, signs);
    int high = (int)found * (ROW + (most - 1) * SERIES) + 8;
    figure->height = top + key + (int)panels * (high + BELOW + GAP) - GAP;
    for (size_t p = 0; p < panels; p++) figure->height += label_height(LABEL_NOTE, panel[p].note);
    if (!status) status = write_data(rows, index, found, panel, panels, &figure->data);
    if (!status) status = figure_begin(figure);
    if (!status) status = figure_heading(figure, note);
    if (!status) status = figure_key(figure, sign, signs, top);
    if (!status) status = write_names(rows, index, found, &figure->script, &left);
    if (!status)
        status = str_printf(&figure->script,
                            "set multiplot\nset border 1\nset grid xtics noytics linetype 1 "
                            "linecolor rgb \"%s\" linewidth 0.8\n",
                            colours[COLOUR_GRID].light);
    if (!status)
        status = write_panels(rows, index, found, panel, panels, high, top + key, left, figure);
    if (!status) status = str_add(&figure->script, "unset multiplot\n");
    mem_free(&index);
    mem_free(&sign);
    return status ? status : figure_end(figure);
}
