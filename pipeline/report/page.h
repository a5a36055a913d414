/* A report for people, before it is HTML or Markdown: what stands at its top, and the tables of its sections.
 * Figures carry their section themselves. */
#ifndef WN_REPORT_PAGE_H
#define WN_REPORT_PAGE_H

#include "report/report.h"
#include "report/table.h"

typedef struct {
    strings_t headline; /* the main result's sentence, then remarks */
    strings_t facts;    /* of the setting: name, value, name, value ... */
    tables_t tables[SECTIONS];
    strings_t missing; /* a line each: what is configured and not there, and why */
    strings_t unasked; /* what else could be shown, and what it takes */
} page_t;

MUST_CHECK status_t page_make(const run_t *run, const report_t *report, page_t *page);
void page_free(page_t *page);

/* Whether a section has anything to show. */
bool page_has(const page_t *page, const report_t *report, section_t section);

/* The page in Markdown; in HTML, with the drawn SVG files of directory within. */
MUST_CHECK status_t report_markdown(const run_t *run, const report_t *report, const page_t *page,
                                    str_t *text);
MUST_CHECK status_t report_html(const run_t *run, const report_t *report, const page_t *page,
                                const char *directory, str_t *html);

/* What the experiment asks. */
extern const char page_question[];

#endif
