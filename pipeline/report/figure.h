/* A figure: a title, its data as CSV, and a gnuplot script that draws <name>.svg and <name>.png
 * from it. All three lie side by side, so that anyone can draw it anew or differently. */
#ifndef WN_REPORT_FIGURE_H
#define WN_REPORT_FIGURE_H

#include <stdbool.h>
#include <stddef.h>

#include "core/status.h"
#include "core/strings.h"
#include "report/section.h"

typedef struct {
    char *name;        /* of its files: "training-blimp" */
    char *title;       /* a few words */
    char *caption;     /* what is drawn, with n and intervals */
    section_t section; /* of the report, where it stands */
    int height;        /* CSS pixels of the SVG; the PNG has twice as many */
    str_t data, script;
    bool svg, png; /* drawn */
} figure_t;

/* A list of figures; {0} is empty. */
typedef struct {
    figure_t *item;
    size_t count, capacity;
} figures_t;

/* Appends an empty figure (texts are copied), valid until the next one is appended. Its height is to be
 * set before figure_begin. */
MUST_CHECK status_t figures_append(figures_t *figures, section_t section, const char *name,
                                   const char *title, const char *caption, figure_t **figure);
void figures_free(figures_t *figures);

/* The beginning and the end of a script: device, size, fonts, output; what stands between them
 * runs once for each device. */
MUST_CHECK status_t figure_begin(figure_t *figure);
MUST_CHECK status_t figure_end(figure_t *figure);

/* Writes <name>.csv and <name>.gp into directory and lets gnuplot draw both images. Where it is
 * not installed *absent becomes true and nothing is drawn; what it cannot draw is a warning in
 * the log. */
MUST_CHECK status_t figure_draw(const char *directory, figure_t *figure, bool *absent);

/* ---- layout: in CSS pixels from the top and left; a figure is as wide as a large phone ---- */

enum { FIGURE_WIDTH = 520, FIGURE_MARGIN = 10 };

/* Lines of text across the figure. */
typedef enum { LABEL_TITLE, LABEL_PANEL, LABEL_NOTE } label_t;
/* Pixels that a text takes, wrapped; "": none. */
int label_height(label_t label, const char *text);
/* Appends it as gnuplot labels from *number on, *down pixels below the top; both go on. */
MUST_CHECK status_t figure_label(figure_t *figure, label_t label, const char *text, int *number,
                                 int *down);

/* The title, and a note below it (n, what intervals are): pixels they take, and the same drawn. */
int figure_heading_height(const figure_t *figure, const char *note);
MUST_CHECK status_t figure_heading(figure_t *figure, const char *note);

/* The title of a horizontal axis that ends right pixels from the edge and begins left of it, its middle down
 * pixels from the top (AXIS_TITLE below the axis has room for tics); label `number`. */
enum { AXIS_TITLE = 41 };
MUST_CHECK status_t figure_axis_title(figure_t *figure, const char *text, int number, int left,
                                      int right, int down);

/* Where the axes are: so many pixels from each edge. */
MUST_CHECK status_t figure_frame(figure_t *figure, int left, int right, int top, int bottom);

/* Across the figure, down pixels from the top: what each line and sign means. It stands with the next
 * plot. */
typedef struct {
    const char *title;
    const char *colour; /* "#0072b2" */
    int dash, point;    /* gnuplot's numbers; 0: none */
    double size;        /* of points */
    bool area;          /* a filled box */
} sign_t;
int figure_key_height(const sign_t *sign, size_t signs);
MUST_CHECK status_t figure_key(figure_t *figure, const sign_t *sign, size_t signs, int down);

#endif
