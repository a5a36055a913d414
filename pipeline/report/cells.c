#include "report/cells.h"

#include "report/text.h"

status_t cell_heads(table_t *table, size_t count, const char *const *head)
{
    status_t status = NULL;
    for (size_t i = 0; !status && i < count; i++) status = strings_append(&table->head, head[i]);
    return status;
}

status_t cell_text(table_t *table, const char *text)
{
    return strings_append(&table->cell, text);
}

status_t cell_take(table_t *table, str_t *text)
{
    status_t status = strings_append(&table->cell, text->data ? text->data : "");
    str_clear(text);
    return status;
}

/* Takes what was made into a text of its own, which ends here. */
static status_t take(table_t *table, status_t made, str_t *text)
{
    status_t status = made ? made : cell_take(table, text);
    str_free(text);
    return status;
}

status_t cell_count(table_t *table, int64_t count)
{
    str_t text = {0};
    return take(table, text_count(&text, count), &text);
}

status_t cell_number(table_t *table, double number, int digits)
{
    str_t text = {0};
    return take(table, text_rounded(&text, number, digits), &text);
}

status_t cell_percent(table_t *table, double share)
{
    str_t text = {0};
    return take(table, text_percent(&text, share), &text);
}
