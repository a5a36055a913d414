/* Tables in aligned columns of plain text. */
#include <stdint.h>
#include <string.h>

#include "core/memory.h"
#include "report/table.h"
#include "report/text.h"

/* Between columns; lines of a head; characters from which a head is broken. */
enum { GAP = 2, HEAD_LINES = 4, HEAD_WIDTH = 9, LINE_BYTES = 512 };

/* Tables of one title with the same heads, laid out together. */
typedef struct {
    const table_t *part;
    size_t parts, left, columns;
    bool colour;
    size_t *width; /* [columns] */
    size_t *group; /* [columns] bytes of the head's beginning that is written above; 0: none */
} layout_t;

static size_t larger(size_t a, size_t b)
{
    return a > b ? a : b;
}

static const char *head_of(const layout_t *layout, size_t column)
{
    return layout->part[0].head.item[column];
}

/* ---- heads ---- */

/* Bytes up to and with the first '-', unless it is the last byte. */
static size_t beginning(const char *head)
{
    const char *dash = strchr(head, '-');
    return dash && dash > head && dash[1] ? (size_t)(dash - head) + 1 : 0;
}

static bool begin_alike(const char *a, const char *b)
{
    size_t length = beginning(a);
    return length && length == beginning(b) && strncmp(a, b, length) == 0;
}

static void find_groups(layout_t *layout)
{
    for (size_t c = layout->left; c < layout->columns; c++) {
        const char *head = head_of(layout, c);
        bool before = c > layout->left && begin_alike(head_of(layout, c - 1), head);
        bool after = c + 1 < layout->columns && begin_alike(head, head_of(layout, c + 1));
        layout->group[c] = before || after ? beginning(head) : 0;
    }
}

/* Length of a head's first line: broken after a '-', '_' or at a blank so that it takes at most
 * width columns where it can, and the whole where it has no such place. */
static size_t head_line(const char *head, size_t width)
{
    size_t length = strlen(head), best = 0;
    if (text_width(head) <= width) return length;
    for (size_t i = 1; i < length; i++) {
        if (!strchr("-_ ", head[i - 1])) continue;
        if (best && i > width) break;
        best = i;
    }
    return best ? best : length;
}

/* Breaks a head into at most HEAD_LINES lines (the last takes the rest); returns their number. */
static size_t head_lines(const char *head, size_t width, size_t start[HEAD_LINES + 1])
{
    size_t lines = 0;
    start[0] = 0;
    while (lines < HEAD_LINES) {
        size_t at = start[lines];
        size_t length = lines + 1 < HEAD_LINES ? head_line(head + at, width) : strlen(head + at);
        start[++lines] = at + length;
        if (head[at + length] == '\0') break;
    }
    return lines;
}

static size_t column_width(const layout_t *layout, size_t column)
{
    size_t start[HEAD_LINES + 1], width = 1;
    for (size_t p = 0; p < layout->parts; p++)
        for (size_t r = 0; r < table_rows(&layout->part[p]); r++) {
            const char *cell = layout->part[p].cell.item[r * layout->columns + column];
            width = larger(width, text_width(cell));
        }
    const char *head = head_of(layout, column) + layout->group[column];
    size_t lines = head_lines(head, larger(width, HEAD_WIDTH), start);
    for (size_t i = 0; i < lines; i++) width = larger(width, start[i + 1] - start[i]);
    return width;
}

/* ---- lines ---- */

static status_t repeat(str_t *text, const char *what, size_t count)
{
    status_t status = NULL;
    while (!status && count--) status = str_add(text, what);
    return status;
}

static status_t put(const layout_t *layout, size_t column, const char *content, size_t length,
                    str_t *text)
{
    char line[LINE_BYTES];
    if (length >= sizeof line) length = sizeof line - 1;
    memcpy(line, content, length);
    line[length] = '\0';
    size_t used = text_width(line), width = layout->width[column];
    size_t fill = used < width ? width - used : 0;
    bool left = column < layout->left;
    status_t status = left ? NULL : repeat(text, " ", fill);
    if (!status) status = str_add(text, line);
    if (!status && left) status = repeat(text, " ", fill);
    return status ? status : repeat(text, " ", GAP);
}

static status_t end_line(str_t *text)
{
    while (text->length && text->data[text->length - 1] == ' ') text->length--;
    if (text->data) text->data[text->length] = '\0';
    return str_append(text, "\n", 1);
}

/* Columns shown together: the names, then [from, to). */
typedef struct {
    const layout_t *layout;
    size_t from, to;
} block_t;

static size_t block_columns(const block_t *block)
{
    return block->layout->left + block->to - block->from;
}

static size_t block_column(const block_t *block, size_t index)
{
    size_t left = block->layout->left;
    return index < left ? index : block->from + index - left;
}

/* Columns of the block from index on that share a beginning. */
static size_t group_length(const block_t *block, size_t index)
{
    const layout_t *layout = block->layout;
    size_t first = block_column(block, index), count = 1;
    if (!layout->group[first]) return 1;
    while (index + count < block_columns(block) &&
           begin_alike(head_of(layout, first), head_of(layout, first + count)))
        count++;
    return count;
}

/* Of count columns of the block from index on, with the gaps between them. */
static size_t group_width(const block_t *block, size_t index, size_t count)
{
    size_t width = (count - 1) * GAP;
    for (size_t k = 0; k < count; k++)
        width += block->layout->width[block_column(block, index + k)];
    return width;
}

/* "-- negative --" over its columns. */
static status_t group_line(const block_t *block, str_t *text)
{
    const layout_t *layout = block->layout;
    status_t status = NULL;
    for (size_t i = 0, count; !status && i < block_columns(block); i += count) {
        size_t column = block_column(block, i);
        count = group_length(block, i);
        size_t width = group_width(block, i, count);
        size_t length = layout->group[column] ? layout->group[column] - 1 : 0;
        const char *fill = length ? "-" : " ", *blank = length + 2 <= width ? " " : "";
        size_t rest = width - length - (length ? 2 * strlen(blank) : 0);
        status = repeat(text, fill, rest / 2);
        if (!status && length) status = str_add(text, blank);
        if (!status) status = str_append(text, head_of(layout, column), length);
        if (!status && length) status = str_add(text, blank);
        if (!status) status = repeat(text, fill, rest - rest / 2);
        if (!status) status = repeat(text, " ", GAP);
    }
    return status ? status : end_line(text);
}

/* Makes room for the beginnings above their columns: where a group has too little, its last column
 * becomes wider. Returns the block's width. */
static size_t widen(const block_t *block)
{
    const layout_t *layout = block->layout;
    size_t total = 0;
    for (size_t i = 0, count; i < block_columns(block); i += count) {
        size_t column = block_column(block, i);
        count = group_length(block, i);
        size_t width = group_width(block, i, count);
        size_t length = layout->group[column] ? layout->group[column] - 1 : 0;
        if (length > width) {
            layout->width[block_column(block, i + count - 1)] += length - width;
            width = length;
        }
        total += width + GAP;
    }
    return total - GAP;
}

static status_t block_head(const block_t *block, str_t *text)
{
    const layout_t *layout = block->layout;
    size_t columns = block_columns(block), lines = 1, start[HEAD_LINES + 1];
    bool grouped = false;
    for (size_t i = 0; i < columns; i++) {
        size_t c = block_column(block, i);
        size_t own = head_lines(head_of(layout, c) + layout->group[c], layout->width[c], start);
        lines = larger(lines, own);
        grouped = grouped || layout->group[c];
    }
    status_t status = layout->colour ? str_add(text, "\033[2m") : NULL;
    if (!status && grouped) status = group_line(block, text);
    for (size_t line = 0; !status && line < lines; line++) {
        for (size_t i = 0; !status && i < columns; i++) {
            size_t c = block_column(block, i);
            const char *head = head_of(layout, c) + layout->group[c];
            size_t own = head_lines(head, layout->width[c], start), skip = lines - own;
            if (line < skip) status = put(layout, c, "", 0, text);
            else
                status = put(layout, c, head + start[line - skip],
                             start[line - skip + 1] - start[line - skip], text);
        }
        if (!status) status = end_line(text);
    }
    return status || !layout->colour ? status : str_add(text, "\033[0m");
}

static status_t block_rows(const block_t *block, const table_t *part, str_t *text)
{
    const layout_t *layout = block->layout;
    status_t status = NULL;
    for (size_t r = 0; !status && r < table_rows(part); r++) {
        for (size_t i = 0; !status && i < block_columns(block); i++) {
            size_t c = block_column(block, i);
            const char *content = part->cell.item[r * layout->columns + c];
            status = put(layout, c, content, strlen(content), text);
        }
        if (!status) status = end_line(text);
    }
    return status;
}

/* A paragraph broken at blanks. */
static status_t wrap(const char *words, size_t width, str_t *text)
{
    size_t used = 0;
    status_t status = NULL;
    while (!status && *words) {
        char word[LINE_BYTES];
        size_t length = strcspn(words, " ");
        size_t kept = length < sizeof word ? length : sizeof word - 1;
        memcpy(word, words, kept);
        word[kept] = '\0';
        size_t wide = text_width(word);
        if (used && used + 1 + wide > width) {
            status = str_add(text, "\n");
            used = 0;
        }
        if (!status && used) status = str_add(text, " ");
        if (!status) status = str_add(text, word);
        used += wide + (used ? 1 : 0);
        words += length + strspn(words + length, " ");
    }
    return status || used == 0 ? status : str_add(text, "\n");
}

static status_t write_title(const layout_t *layout, const char *words, str_t *text)
{
    return str_printf(text, "%s%s%s", layout->colour ? "\033[1m" : "", words,
                      layout->colour ? "\033[0m\n" : "\n");
}

/* Several parts of a title are told apart by a line each. */
static status_t write_block(const block_t *block, size_t width, str_t *text)
{
    const layout_t *layout = block->layout;
    status_t status = block_head(block, text);
    for (size_t p = 0; !status && p < layout->parts; p++) {
        const table_t *part = &layout->part[p];
        str_t line = {0};
        if (*part->part) {
            status = str_printf(&line, "%s%s%s", part->part, *part->note ? ": " : "", part->note);
            if (!status) status = wrap(line.data, width, text);
        }
        if (!status) status = block_rows(block, part, text);
        str_free(&line);
    }
    return status;
}

/* The longest block from a column on that fits, and at least one column; its widths are set. */
static block_t next_block(const layout_t *layout, size_t from, size_t width)
{
    block_t block = {layout, from, from < layout->columns ? from + 1 : from};
    for (;;) {
        for (size_t c = 0; c < layout->columns; c++) layout->width[c] = column_width(layout, c);
        bool fits = widen(&block) <= width;
        if (!fits && block.to > from + 1) {
            block.to--;
            width = SIZE_MAX; /* the one before did fit: its widths once more */
        } else if (!fits || width == SIZE_MAX || block.to == layout->columns) {
            return block;
        } else {
            block.to++;
        }
    }
}

static status_t write_layout(layout_t *layout, size_t width, str_t *text)
{
    const table_t *first = &layout->part[0];
    status_t status = write_title(layout, first->title, text);
    if (!status && !*first->part) status = wrap(first->note, width, text);
    find_groups(layout);
    size_t from = layout->left;
    do { /* once where all columns are names */
        block_t block = next_block(layout, from, width);
        if (!status && from > layout->left) status = str_add(text, "\n");
        if (!status) status = write_block(&block, width, text);
        from = block.to;
    } while (!status && from < layout->columns);
    return status;
}

/* Whether b is another part of a's title with the same heads. */
static bool goes_on(const table_t *a, const table_t *b)
{
    if (!*a->part || !*b->part || strcmp(a->title, b->title) != 0) return false;
    if (a->left != b->left || a->head.count != b->head.count) return false;
    for (size_t c = 0; c < a->head.count; c++)
        if (strcmp(a->head.item[c], b->head.item[c]) != 0) return false;
    return true;
}

status_t tables_terminal(const tables_t *tables, size_t width, bool colour, str_t *text)
{
    status_t status = NULL;
    for (size_t i = 0, parts; !status && i < tables->count; i += parts) {
        const table_t *table = &tables->item[i];
        layout_t layout = {
            .part = table, .left = table->left, .columns = table->head.count, .colour = colour};
        for (parts = 1; i + parts < tables->count; parts++)
            if (!goes_on(table, &tables->item[i + parts])) break;
        layout.parts = parts;
        if (i) status = str_add(text, "\n");
        if (!status) status = mem_new(&layout.width, layout.columns + 1, "columns");
        if (!status) status = mem_new(&layout.group, layout.columns + 1, "columns");
        if (!status) status = write_layout(&layout, width, text);
        mem_free(&layout.width);
        mem_free(&layout.group);
    }
    return status;
}
