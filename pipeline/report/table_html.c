/* Tables in HTML: numbers aligned by their decimal point, intervals below them. */
#include <string.h>

#include "core/memory.h"
#include "report/table.h"
#include "report/text.h"

/* Characters of a cell's number: up to the blank before " (95 % interval)". */
static size_t number_length(const char *cell)
{
    const char *bracket = strstr(cell, " (");
    return bracket ? (size_t)(bracket - cell) : strlen(cell);
}

/* Digits behind the point, -1: there is no point. Only of plain numbers. */
static int decimals_of(const char *cell)
{
    size_t length = number_length(cell);
    const char *point = memchr(cell, '.', length);
    if (memchr(cell, 'e', length) || memchr(cell, ' ', length)) return -1;
    return point ? (int)(cell + length - point) - 1 : -1;
}

/* Blanks as wide as the digits and the point that a number lacks. */
static status_t pad(const char *cell, int most, str_t *text)
{
    static const char point_space[] = "\xe2\x80\x88", digit_space[] = "\xe2\x80\x87";
    int own = decimals_of(cell);
    status_t status = NULL;
    if (*cell == '\0' || most <= own) return NULL;
    if (own < 0) status = str_add(text, point_space);
    for (int d = own < 0 ? 0 : own; !status && d < most; d++) status = str_add(text, digit_space);
    return status;
}

static int most_decimals(const table_t *table, size_t column)
{
    int most = -1;
    for (size_t r = 0; r < table_rows(table); r++) {
        int own = decimals_of(table->cell.item[r * table->head.count + column]);
        if (own > most) most = own;
    }
    return most;
}

/* "58.4 (56.5–60.1) *": the number, then the rest below it. */
static status_t add_number(const char *cell, int decimals, str_t *text)
{
    size_t length = number_length(cell);
    char *number = NULL;
    status_t status = str_copy_n(&number, cell, length);
    if (!status) status = html_text(text, number);
    if (!status) status = pad(cell, decimals, text);
    if (!status && cell[length]) {
        status = str_add(text, "<small>");
        if (!status) status = html_text(text, cell + length + 1);
        if (!status) status = str_add(text, "</small>");
    }
    mem_free(&number);
    return status;
}

/* Texts of this length and more have room of their own. */
enum { LONG_TEXT = 40 };

/* The first column heads its row. */
static status_t add_cell(const table_t *table, const char *content, size_t column, int decimals,
                         str_t *text)
{
    const char *tag = column == 0 ? "th" : "td", *scope = column == 0 ? " scope=\"row\"" : "";
    bool name = column < table->left;
    const char *class = !name                              ? " class=\"n\""
                        : text_width(content) >= LONG_TEXT ? " class=\"text\""
                                                           : "";
    status_t status = str_printf(text, "<%s%s%s>", tag, scope, class);
    if (!status) status = name ? html_text(text, content) : add_number(content, decimals, text);
    return status ? status : str_printf(text, "</%s>", tag);
}

static status_t add_head(const table_t *table, str_t *text)
{
    status_t status = str_add(text, "<thead><tr>");
    for (size_t c = 0; !status && c < table->head.count; c++) {
        status = str_printf(text, "<th scope=\"col\"%s>", c < table->left ? "" : " class=\"n\"");
        if (!status) status = html_text(text, table->head.item[c]);
        if (!status) status = str_add(text, "</th>");
    }
    return status ? status : str_add(text, "</tr></thead>\n");
}

static status_t add_title(const table_t *table, int level, str_t *text)
{
    status_t status =
        table->folded ? str_add(text, "<details><summary>") : str_printf(text, "<h%d>", level);
    if (!status) status = html_text(text, table->title);
    if (!status && *table->part) status = str_add(text, ": ");
    if (!status) status = html_text(text, table->part);
    if (!status && table->folded)
        status = str_printf(text, " <small>(%zu rows)</small></summary>\n", table_rows(table));
    else if (!status) status = str_printf(text, "</h%d>\n", level);
    if (status || !*table->note) return status;
    status = str_add(text, "<p class=\"note\">");
    if (!status) status = html_text(text, table->note);
    return status ? status : str_add(text, "</p>\n");
}

status_t table_html(const table_t *table, int level, str_t *text)
{
    size_t columns = table->head.count;
    status_t status = level ? add_title(table, level, text) : NULL;
    /* A box that scrolls is reached by the keyboard, too. */
    if (!status)
        status = str_add(text, "<div class=\"scroll\" tabindex=\"0\" role=\"region\" "
                               "aria-label=\"");
    if (!status) status = html_text(text, table->title);
    if (!status && *table->part) status = str_add(text, ": ");
    if (!status) status = html_text(text, table->part);
    if (!status) status = str_add(text, "\"><table>\n");
    if (!status) status = add_head(table, text);
    if (!status) status = str_add(text, "<tbody>\n");
    int decimals[64];
    for (size_t c = 0; c < columns && c < 64; c++) decimals[c] = most_decimals(table, c);
    for (size_t r = 0; !status && r < table_rows(table); r++) {
        status = str_add(text, "<tr>");
        for (size_t c = 0; !status && c < columns; c++)
            status = add_cell(table, table->cell.item[r * columns + c], c,
                              c < 64 ? decimals[c] : -1, text);
        if (!status) status = str_add(text, "</tr>\n");
    }
    if (!status) status = str_add(text, "</tbody></table></div>\n");
    return status || !level || !table->folded ? status : str_add(text, "</details>\n");
}
