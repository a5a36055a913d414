/* A figure: a title, its data as CSV, and a gnuplot script that draws <name>.svg and <name>.png
 * from it. All three lie side by side, so that anyone can draw it anew or differently. */
#ifndef WN_REPORT_FIGURE_H
#define WN_REPORT_FIGURE_H

#include <stdbool.h>
#include <stddef.h>

#include "core/status.h"
#include "core/strings.h"

typedef struct {
    char *name;        /* of its files: "training-blimp" */
    char *title;       /* a few words */
    char *caption;     /* what is drawn, with n and intervals */
    int width, height; /* CSS pixels of the SVG; the PNG has twice as many */
    str_t data, script;
    bool svg, png; /* drawn */
} figure_t;

/* A list of figures; {0} is empty. */
typedef struct {
    figure_t *item;
    size_t count, capacity;
} figures_t;

/* Appends an empty figure (texts are copied), valid until the next one is appended. */
MUST_CHECK status_t figures_append(figures_t *figures, const char *name, const char *title,
                                   const char *caption, int width, int height, figure_t **figure);
void figures_free(figures_t *figures);

/* The beginning and the end of a script: device, size, fonts, output; what stands between them
 * runs once for each device. */
MUST_CHECK status_t figure_begin(figure_t *figure);
MUST_CHECK status_t figure_end(figure_t *figure);

/* Writes <name>.csv and <name>.gp into directory and lets gnuplot draw both images. Where it is
 * not installed *absent becomes true and nothing is drawn; what it cannot draw is a warning in
 * the log. */
MUST_CHECK status_t figure_draw(const char *directory, figure_t *figure, bool *absent);

/* Colours that people with any colour vision tell apart on white (Okabe and Ito 2008, without
 * the yellow); 0 is black. */
enum { FIGURE_COLOURS = 7 };
extern const char *const figure_colour[FIGURE_COLOURS];
/* share in [0, 1] of a sequential scale, dark to light: "#rrggbb" (viridis, without its lightest
 * part). */
void figure_ramp(double share, char colour[8]);

#endif
