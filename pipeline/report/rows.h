/* Figures with named rows, from the top down, and values with intervals along a horizontal axis; panels one
 * below the other have the same rows and axes of their own. */
#ifndef WN_REPORT_ROWS_H
#define WN_REPORT_ROWS_H

#include "report/curves.h"

typedef struct {
    const char *corner; /* header of the names in the data: "condition" */
    size_t count;
    const char *const *name; /* [count] */
    const int64_t *n;        /* [count] in the data and behind the names; NULL: not there */
    const look_t *look; /* [count]: of each row, in place of the series'; NULL: of the series */
} rows_t;

/* A ground with so many places, for panel_add. */
ground_t rows_ground(const rows_t *rows);

/* Panels as curves have them: a curve is a series, value [rows->count]; least, most and line are of
 * the horizontal axis, which is linear and has the panel's title. A note stands above each panel, one of the
 * figure above all. Drops rows without any value. Fills data and script and sets the height. */
MUST_CHECK status_t rows_write(const rows_t *rows, const char *note, const panel_t *panel,
                               size_t panels, figure_t *figure);

#endif
