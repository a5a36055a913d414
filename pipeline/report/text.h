/* Text into the formats of the report: numbers, and names that may hold anything. */
#ifndef WN_REPORT_TEXT_H
#define WN_REPORT_TEXT_H

#include <stdint.h>

#include "core/csv_fields.h"
#include "stats/interval.h"

/* For people: so many significant digits, never fewer than the whole part ("4241", "12.30",
 * "0.04512"), an exponent beyond 1e-4 and 1e7; "–" where it is not finite. */
MUST_CHECK status_t text_rounded(str_t *text, double number, int digits);
/* A share as per cent with one decimal, without the sign: "87.3"; "–" where it is not finite. */
MUST_CHECK status_t text_percent(str_t *text, double share);
/* A difference of shares in points: "−1.3", "+0.4", "0.0", with a minus that is one. */
MUST_CHECK status_t text_points(str_t *text, double share);
/* A loss's change in nats as a perplexity's: "+1.4" per cent; of a size below 0.1 with two digits. */
MUST_CHECK status_t text_rise(str_t *text, double nats);
/* 1234567 as "1,234,567". */
MUST_CHECK status_t text_count(str_t *text, int64_t count);

/* Inline text of GitHub's Markdown, also in a table's cell: characters that mean something are
 * escaped, line breaks become blanks. */
MUST_CHECK status_t markdown_text(str_t *markdown, const char *text);
/* Text and attribute values of HTML. */
MUST_CHECK status_t html_text(str_t *html, const char *text);
/* Such text between two pieces of HTML. */
MUST_CHECK status_t html_element(str_t *html, const char *start, const char *text, const char *end);
/* A string literal of gnuplot in single quotes; line breaks become blanks. */
MUST_CHECK status_t gnuplot_text(str_t *script, const char *text);
/* The same in bold, for a device in enhanced mode. */
MUST_CHECK status_t gnuplot_bold(str_t *script, const char *text);
/* A name as part of a file's name: what is not a letter, a digit, '-', '_' or an inner '.' becomes '_'. */
MUST_CHECK status_t text_file_name(str_t *name, const char *text);

/* Columns a terminal needs for UTF-8 text: its code points. */
size_t text_width(const char *text);

#endif
