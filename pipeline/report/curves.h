/* Figures made of panels, one below the other, with curves over a common horizontal axis; what each curve
 * is stands once, above them. */
#ifndef WN_REPORT_CURVES_H
#define WN_REPORT_CURVES_H

#include "report/figure.h"
#include "report/series.h"

typedef struct {
    const char *title;          /* in the legend and the data's header */
    look_t look;                /* point 0: none */
    bool bare;                  /* its interval is in the data and not drawn */
    double *value, *low, *high; /* [count]; NaN: none. low, high NULL: no interval. Owned. */
} curve_t;

typedef struct {
    const char *title, *note; /* "Perplexity", "n = 90 windows; bands: ..." */
    const char *name;         /* before the curves' titles in the data's header */
    bool logarithmic;
    double least, most; /* of the vertical axis; NaN: as the data say */
    double line;        /* a horizontal line for comparison, NaN: none */
    const char *line_title;
    curve_t *curve;
    size_t curves, capacity;
} panel_t;

/* The common axis: count places with a text each for the data's first columns. */
typedef struct {
    const char *title; /* "training step" */
    size_t count;
    const double *place; /* [count] */
    double least, most;
    bool logarithmic, broken; /* broken: a break of the axis at cut */
    double cut;
    size_t tics;
    const double *tic;        /* [tics] */
    const char *const *label; /* [tics] */
    const char *column;       /* header of the names: "checkpoint" */
    const char *const *name;  /* [count]; NULL: the place alone */
    const char *place_column; /* header of the places: "place" */
} ground_t;

/* Appends a curve with all values NaN. */
MUST_CHECK status_t panel_add(panel_t *panel, const ground_t *ground, const char *title,
                              look_t look, bool interval, curve_t **curve);
/* Drops the curves without any value. */
void panel_drop_empty(panel_t *panel, size_t count);
void panel_free(panel_t *panel);

/* The places of tics on a logarithmic axis: of a few series of round numbers the coarsest with four
 * tics in [least, most]; returns their number, at most room, possibly fewer than four. */
size_t curves_log_tics(double least, double most, double tic[], size_t room);

/* Fills the figure's data and script, and sets its height. A single panel has no title but the figure's. */
MUST_CHECK status_t curves_write(const ground_t *ground, const panel_t *panel, size_t panels,
                                 figure_t *figure);

#endif
