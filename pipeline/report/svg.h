/* Images that gnuplot drew, as parts of a page. */
#ifndef WN_REPORT_SVG_H
#define WN_REPORT_SVG_H

#include <stdbool.h>

#include "core/status.h"
#include "core/strings.h"

/* Appends an SVG image of ours from its root element on: with this accessible name, with the prefix before
 * each of its ids and references to them, so that several fit on a page; as wide as its box; the palette's
 * colours as CSS variables (svg_variables), so that they follow the page's; without what shows nothing.
 * EXIT_INPUT where it is no SVG image. */
MUST_CHECK status_t svg_inline(const char *svg, const char *name, const char *prefix, str_t *html);

/* CSS declarations of the palette: "--c-blue:#0072b2;" and so on, of the light or the dark page. */
MUST_CHECK status_t svg_variables(bool dark, str_t *css);

#endif
