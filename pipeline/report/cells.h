/* Filling a table cell by cell, numbers as text.h writes them. */
#ifndef WN_REPORT_CELLS_H
#define WN_REPORT_CELLS_H

#include <stdint.h>

#include "report/table.h"

/* Heads of the next columns. */
MUST_CHECK status_t cell_heads(table_t *table, size_t count, const char *const *head);
#define CELL_HEADS(table, ...)                                                       \
    cell_heads((table), sizeof((const char *const[]){__VA_ARGS__}) / sizeof(char *), \
               (const char *const[]){__VA_ARGS__})

MUST_CHECK status_t cell_text(table_t *table, const char *text);
/* What is in text, which is cleared for the next cell. */
MUST_CHECK status_t cell_take(table_t *table, str_t *text);
MUST_CHECK status_t cell_count(table_t *table, int64_t count);
MUST_CHECK status_t cell_number(table_t *table, double number, int digits);
/* A share as per cent. */
MUST_CHECK status_t cell_percent(table_t *table, double share);

#endif
