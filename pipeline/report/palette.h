/* The colours of all figures: each has a name, one that is drawn (and stands on white), and one that
 * the page shows in its place on a dark ground. One cohort has one colour everywhere. */
#ifndef WN_REPORT_PALETTE_H
#define WN_REPORT_PALETTE_H

#include <stddef.h>

typedef struct {
    const char *name;  /* of the page's CSS variable, without its dashes: "blue" */
    const char *light; /* "#0072b2": gnuplot draws it */
    const char *dark;
} colour_t;

enum {
    COLOUR_INK,  /* lines and points that belong to no cohort: the baseline, all neurons */
    COLOUR_TEXT, /* numbers at axes, titles of panels */
    COLOUR_NOTE,
    COLOUR_AXIS,
    COLOUR_GRID,
    COLOUR_FILL,  /* areas: bars, boxes */
    COLOUR_GUIDE, /* lines for comparison: chance, zero */
    COLOUR_PAPER, /* the ground, where something is to be hidden */
    COLOUR_COHORT /* the first of COHORT_COLOURS */
};
/* Okabe and Ito (2008) without black and yellow, and a brown: people with any colour vision tell them
 * apart. */
enum { COHORT_COLOURS = 7, COLOURS = COLOUR_COHORT + COHORT_COLOURS };
extern const colour_t colours[COLOURS];

#endif
