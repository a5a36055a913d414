/* A figure on a page. */
#ifndef WN_REPORT_FIGURE_HTML_H
#define WN_REPORT_FIGURE_HTML_H

#include "report/figure.h"

/* Whether a figure is higher than a screen, and so shown on demand. */
bool figure_is_tall(const figure_t *figure);

/* Appends a figure that was drawn into <directory>/figures/ (one that was not: its caption alone), with links
 * to its data there. number tells it from the page's others. */
MUST_CHECK status_t figure_html(const figure_t *figure, const char *directory, size_t number,
                                str_t *html);

#endif
