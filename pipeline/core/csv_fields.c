#include "core/csv_fields.h"

#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool at_line_start(const str_t *csv)
{
    return csv->length == 0 || csv->data[csv->length - 1] == '\n';
}

static status_t separate(str_t *csv)
{
    return at_line_start(csv) ? NULL : str_append(csv, ",", 1);
}

/* A line that began with nothing would look as if it had not begun. */
static status_t add_empty(str_t *csv)
{
    return str_add(csv, at_line_start(csv) ? "\"\"" : ",");
}

status_t csv_text(str_t *csv, const char *text)
{
    size_t length = strlen(text);
    if (length == 0) return add_empty(csv);
    bool blank = (text[0] == ' ' || text[length - 1] == ' ');
    status_t status = separate(csv);
    if (!blank && !strpbrk(text, ",\"\r\n")) return status ? status : str_add(csv, text);
    if (!status) status = str_add(csv, "\"");
    for (const char *at = text; !status && *at; at++)
        status = *at == '"' ? str_add(csv, "\"\"") : str_append(csv, at, 1);
    return status ? status : str_add(csv, "\"");
}

status_t csv_number(str_t *csv, double number)
{
    if (!isfinite(number)) return add_empty(csv);
    status_t status = separate(csv);
    return status ? status : text_exact(csv, number);
}

status_t csv_integer(str_t *csv, int64_t integer)
{
    status_t status = separate(csv);
    return status ? status : str_printf(csv, "%lld", (long long)integer);
}

status_t csv_end(str_t *csv)
{
    return str_append(csv, "\n", 1);
}

status_t text_exact(str_t *text, double number)
{
    char buffer[32];
    for (int digits = 1; digits <= 17; digits++) {
        snprintf(buffer, sizeof buffer, "%.*g", digits, number);
        if (strtod(buffer, NULL) == number) break;
    }
    return str_add(text, buffer);
}
