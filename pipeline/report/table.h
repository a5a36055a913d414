/* A table of texts, and its forms: Markdown, HTML, and aligned columns for a terminal. */
#ifndef WN_REPORT_TABLE_H
#define WN_REPORT_TABLE_H

#include <stdbool.h>
#include <stddef.h>

#include "core/status.h"
#include "core/strings.h"

typedef struct {
    char *title;    /* "Perplexity on heldout" */
    char *part;     /* of several tables with one title, what this one is about; "" else */
    char *note;     /* a sentence below the title: n, intervals; "" for none */
    bool folded;    /* a page shows it on demand */
    size_t left;    /* so many first columns are names, to the left; the others are numbers */
    strings_t head; /* [columns] */
    strings_t cell; /* [rows * columns], row by row; "" is empty */
} table_t;

/* A list of tables; {0} is empty. */
typedef struct {
    table_t *item;
    size_t count, capacity;
} tables_t;

/* Appends an empty table (texts are copied) that stays valid until the next one is appended. */
MUST_CHECK status_t tables_append(tables_t *tables, const char *title, const char *part,
                                  const char *note, size_t left, table_t **table);
/* Appends copies. */
MUST_CHECK status_t tables_copy(const tables_t *from, tables_t *to);
void tables_free(tables_t *tables);

size_t table_rows(const table_t *table);

/* title is a heading of this level (1-6), of a folded table in HTML what opens it; 0: no title, no note. In
 * HTML a number's interval in brackets stands below it. */
MUST_CHECK status_t table_markdown(const table_t *table, int level, str_t *text);
MUST_CHECK status_t table_html(const table_t *table, int level, str_t *text);
/* All tables, parts of one title together, in at most width columns where a single column fits: a
 * wider table is folded into blocks that repeat the first columns. Neighbouring heads that begin
 * alike up to a '-' share that beginning in a line above. colour: ANSI attributes. */
MUST_CHECK status_t tables_terminal(const tables_t *tables, size_t width, bool colour, str_t *text);

#endif
