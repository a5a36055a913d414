/* What a page of ours looks like, and the one script that it has: sorting tables. */
#ifndef WN_REPORT_PAGE_STYLE_H
#define WN_REPORT_PAGE_STYLE_H

#include "core/status.h"
#include "core/strings.h"

/* Appends everything up to the body's start, and from its end on. A page needs no other file, follows the
 * reader's light or dark setting, and is whole without its script. */
MUST_CHECK status_t page_begin(str_t *html, const char *title);
MUST_CHECK status_t page_end(str_t *html);

#endif
