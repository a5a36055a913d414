/* Texts and places of a figure, in pixels. */
#include <string.h>

#include "core/memory.h"
#include "report/figure.h"
#include "report/palette.h"
#include "report/text.h"

/* Type size, mean width of a character and height of a line; space below the last one. */
static const struct {
    int type, line, below;
    double character;
    int colour;
    bool bold;
} look[] = {[LABEL_TITLE] = {15, 19, 2, 8.2, COLOUR_INK, true},
            [LABEL_PANEL] = {13, 17, 1, 7.2, COLOUR_TEXT, true},
            [LABEL_NOTE] = {12, 15, 5, 6.3, COLOUR_NOTE, false}};

/* The end of the line that begins at text: the last blank that fits, else the whole of a word. */
static const char *line_end(label_t label, const char *text)
{
    size_t room = (size_t)((FIGURE_WIDTH - 2 * FIGURE_MARGIN) / look[label].character), width = 0;
    const char *blank = NULL, *at = text;
    for (; *at && (width < room || !blank); at++) {
        width += ((unsigned char)*at & 0xc0) != 0x80;
        if (*at == ' ') blank = at;
    }
    return *at ? blank : at;
}

int label_height(label_t label, const char *text)
{
    int lines = 0;
    for (const char *at = text; *at; lines++) {
        at = line_end(label, at);
        while (*at == ' ') at++;
    }
    return lines ? lines * look[label].line + look[label].below : 0;
}

status_t figure_label(figure_t *figure, label_t label, const char *text, int *number, int *down)
{
    status_t status = NULL;
    const double left = (double)FIGURE_MARGIN / FIGURE_WIDTH;
    int middle = *down + look[label].line / 2;
    for (const char *at = text; !status && *at; middle += look[label].line) {
        const char *end = line_end(label, at);
        char *line = NULL;
        status = str_copy_n(&line, at, (size_t)(end - at));
        if (!status) status = str_printf(&figure->script, "set label %d ", (*number)++);
        if (!status)
            status = look[label].bold ? gnuplot_bold(&figure->script, line)
                                      : gnuplot_text(&figure->script, line);
        if (!status)
            status = str_printf(&figure->script,
                                " at screen %.5f, screen %.5f left %sfont \",%d\" textcolor rgb "
                                "\"%s\"\n",
                                left, 1 - (double)middle / figure->height,
                                look[label].bold ? "" : "noenhanced ", look[label].type,
                                colours[look[label].colour].light);
        mem_free(&line);
        for (at = end; *at == ' ';) at++;
    }
    *down += label_height(label, text);
    return status;
}

enum { TOP = 8, BELOW_HEADING = 6 };

int figure_heading_height(const figure_t *figure, const char *note)
{
    return TOP + label_height(LABEL_TITLE, figure->title) + label_height(LABEL_NOTE, note) +
           BELOW_HEADING;
}

status_t figure_heading(figure_t *figure, const char *note)
{
    int number = 1, down = TOP;
    status_t status = figure_label(figure, LABEL_TITLE, figure->title, &number, &down);
    return status ? status : figure_label(figure, LABEL_NOTE, note, &number, &down);
}

status_t figure_axis_title(figure_t *figure, const char *text, int number, int left, int right,
                           int down)
{
    double middle = 0.5 * (left + FIGURE_WIDTH - right) / FIGURE_WIDTH;
    status_t status = str_printf(&figure->script, "set label %d ", number);
    if (!status) status = gnuplot_text(&figure->script, text);
    if (status) return status;
    return str_printf(&figure->script,
                      " at screen %.5f, screen %.5f center noenhanced font \",13\" textcolor rgb "
                      "\"%s\"\n",
                      middle, 1 - (double)down / figure->height, colours[COLOUR_TEXT].light);
}

status_t figure_frame(figure_t *figure, int left, int right, int top, int bottom)
{
    return str_printf(&figure->script,
                      "set lmargin at screen %.5f\nset rmargin at screen %.5f\n"
                      "set tmargin at screen %.5f\nset bmargin at screen %.5f\n",
                      (double)left / FIGURE_WIDTH, 1 - (double)right / FIGURE_WIDTH,
                      1 - (double)top / figure->height, (double)bottom / figure->height);
}

/* ---- the key ---- */

enum { KEY_LINE = 19, KEY_ABOVE = 4, SAMPLE = 44 };
static const double KEY_CHARACTER = 6.9;

/* Signs that stand side by side: as many as the longest title allows, three at most. */
static size_t key_columns(const sign_t *sign, size_t signs)
{
    size_t longest = 1;
    for (size_t i = 0; i < signs; i++)
        if (text_width(sign[i].title) > longest) longest = text_width(sign[i].title);
    size_t columns = (size_t)((FIGURE_WIDTH - 2 * FIGURE_MARGIN) /
                              (SAMPLE + 8 + KEY_CHARACTER * (double)longest));
    columns = columns > 3 ? 3 : columns < 1 ? 1 : columns;
    return columns < signs ? columns : signs;
}

int figure_key_height(const sign_t *sign, size_t signs)
{
    if (signs == 0) return 0;
    size_t columns = key_columns(sign, signs), rows = (signs + columns - 1) / columns;
    return KEY_ABOVE + (int)rows * KEY_LINE + 4;
}

/* A sign is drawn where it stands, as gnuplot's own keys leave out what they think has no room. */
static status_t draw_sign(figure_t *figure, const sign_t *sign, double x, double y, int number)
{
    str_t *script = &figure->script;
    double left = x / FIGURE_WIDTH, right = (x + 26) / FIGURE_WIDTH, at = 1 - y / figure->height;
    status_t status = NULL;
    if (sign->area)
        status = str_printf(script,
                            "set object %d rectangle from screen %.5f, screen %.5f to screen %.5f, "
                            "screen %.5f fillcolor rgb \"%s\" fillstyle solid noborder\n",
                            number, left, at - 5.0 / figure->height, right,
                            at + 5.0 / figure->height, sign->colour);
    else if (sign->dash)
        status = str_printf(script,
                            "set arrow %d from screen %.5f, screen %.5f to screen %.5f, screen "
                            "%.5f nohead linecolor rgb \"%s\" linewidth 1.8 dashtype %d\n",
                            number, left, at, right, at, sign->colour, sign->dash);
    if (!status) status = str_printf(script, "set label %d ", number);
    if (!status) status = gnuplot_text(script, sign->title);
    if (!status)
        status = str_printf(script,
                            " at screen %.5f, screen %.5f left noenhanced font \",13\" textcolor "
                            "rgb \"%s\"\n",
                            (x + 34) / FIGURE_WIDTH, at, colours[COLOUR_TEXT].light);
    if (!status && sign->point)
        status = str_printf(script,
                            "set label %d '' at screen %.5f, screen %.5f point pointtype %d "
                            "pointsize %.2f linecolor rgb \"%s\"\n",
                            number + 100, (x + 13) / FIGURE_WIDTH, at, sign->point, sign->size,
                            sign->colour);
    return status;
}

status_t figure_key(figure_t *figure, const sign_t *sign, size_t signs, int down)
{
    enum { FIRST = 201 }; /* below are the labels of headings and axes */
    size_t columns = signs ? key_columns(sign, signs) : 1, rows = (signs + columns - 1) / columns;
    double wide = (double)(FIGURE_WIDTH - 2 * FIGURE_MARGIN) / (double)columns;
    status_t status = NULL;
    for (size_t i = 0; !status && i < signs; i++)
        status =
            draw_sign(figure, &sign[i], FIGURE_MARGIN + wide * (double)(i / rows),
                      down + KEY_ABOVE + KEY_LINE * ((double)(i % rows) + 0.5), FIRST + (int)i);
    return status;
}
