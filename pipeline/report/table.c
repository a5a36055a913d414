#include "report/table.h"

#include <string.h>

#include "core/memory.h"
#include "report/text.h"

status_t tables_append(tables_t *tables, const char *title, const char *part, const char *note,
                       size_t left, table_t **table)
{
    status_t status = mem_grow(&tables->item, &tables->capacity, tables->count + 1, "tables");
    if (status) return status;
    *table = &tables->item[tables->count];
    **table = (table_t){.left = left};
    tables->count++;
    status = str_copy(&(*table)->title, title);
    if (!status) status = str_copy(&(*table)->part, part);
    return status ? status : str_copy(&(*table)->note, note);
}

status_t tables_copy(const tables_t *from, tables_t *to)
{
    status_t status = NULL;
    for (size_t i = 0; !status && i < from->count; i++) {
        const table_t *table = &from->item[i];
        table_t *copy;
        status = tables_append(to, table->title, table->part, table->note, table->left, &copy);
        if (!status) copy->folded = table->folded;
        for (size_t k = 0; !status && k < table->head.count; k++)
            status = strings_append(&copy->head, table->head.item[k]);
        for (size_t k = 0; !status && k < table->cell.count; k++)
            status = strings_append(&copy->cell, table->cell.item[k]);
    }
    return status;
}

void tables_free(tables_t *tables)
{
    for (size_t i = 0; i < tables->count; i++) {
        mem_free(&tables->item[i].title);
        mem_free(&tables->item[i].part);
        mem_free(&tables->item[i].note);
        strings_free(&tables->item[i].head);
        strings_free(&tables->item[i].cell);
    }
    mem_free(&tables->item);
    *tables = (tables_t){0};
}

size_t table_rows(const table_t *table)
{
    return table->head.count ? table->cell.count / table->head.count : 0;
}

static status_t markdown_row(const strings_t *list, size_t first, size_t columns, str_t *text)
{
    status_t status = str_add(text, "|");
    for (size_t c = 0; !status && c < columns; c++) {
        status = str_add(text, " ");
        if (!status) status = markdown_text(text, list->item[first + c]);
        if (!status) status = str_add(text, " |");
    }
    return status ? status : str_add(text, "\n");
}

status_t table_markdown(const table_t *table, int level, str_t *text)
{
    size_t columns = table->head.count;
    status_t status = NULL;
    if (level) {
        status = str_printf(text, "%.*s ", level, "######");
        if (!status) status = markdown_text(text, table->title);
        if (!status && *table->part) status = str_add(text, ": ");
        if (!status) status = markdown_text(text, table->part);
        if (!status) status = str_add(text, "\n\n");
        if (!status && *table->note) {
            status = markdown_text(text, table->note);
            if (!status) status = str_add(text, "\n\n");
        }
    }
    if (!status) status = markdown_row(&table->head, 0, columns, text);
    if (!status) status = str_add(text, "|");
    for (size_t c = 0; !status && c < columns; c++)
        status = str_add(text, c < table->left ? " --- |" : " ---: |");
    if (!status) status = str_add(text, "\n");
    for (size_t r = 0; !status && r < table_rows(table); r++)
        status = markdown_row(&table->cell, r * columns, columns, text);
    return status ? status : str_add(text, "\n");
}
