#include <stdlib.h>

#include "core/json_out.h"
#include "core/memory.h"
#include "core/strings.h"
#include "report/text.h"
#include "stages/inspect.h"
#include "stats/compare.h"

static status_t read_percent(const char *text, double *percent)
{
    char *end = NULL;
    *percent = text ? strtod(text, &end) : 1;
    if (text && (end == text || *end || !(*percent >= 0 && *percent <= 100)))
        return status_new(EXIT_USAGE, "--percent: '%s' is not a number from 0 to 100", text);
    return NULL;
}

static status_t read_name(const char *by, int *index)
{
    const char *known[COMPARABLES];
    *index = by ? comparable_find(by) : -1;
    if (!by || *index >= 0) return NULL;
    for (int i = 0; i < COMPARABLES; i++) known[i] = comparables[i].name;
    return status_new(EXIT_USAGE, "--by: unknown statistic '%s'%s", by,
                      did_you_mean(by, known, COMPARABLES));
}

/* Rows go to a text of CSV or, where there is one, to an array. */
typedef struct {
    str_t csv;
    json_t *array;
    bool failed;
} rows_t;

static status_t add_line(const char *name, const int32_t *layer, const comparison_t *comparison,
                         str_t *csv)
{
    const int64_t count[] = {comparison->first, comparison->second, comparison->both};
    status_t status = csv_text(csv, name);
    if (!status) status = layer ? csv_integer(csv, *layer) : csv_text(csv, "all");
    if (!status) status = csv_integer(csv, comparison->count);
    if (!status) status = csv_number(csv, comparison->correlation);
    for (int i = 0; !status && i < 3; i++) status = csv_integer(csv, count[i]);
    if (!status) status = csv_number(csv, comparison_overlap(comparison));
    return status ? status : csv_end(csv);
}

static void add_object(const char *name, const int32_t *layer, const comparison_t *comparison,
                       rows_t *rows)
{
    json_t *row = json_object();
    json_put(row, "statistic", json_string(name), &rows->failed);
    json_put(row, "layer", layer ? json_integer(*layer) : json_string("all"), &rows->failed);
    json_put(row, "n", json_integer(comparison->count), &rows->failed);
    json_put(row, "correlation", json_number(comparison->correlation), &rows->failed);
    json_put(row, "first", json_integer(comparison->first), &rows->failed);
    json_put(row, "second", json_integer(comparison->second), &rows->failed);
    json_put(row, "both", json_integer(comparison->both), &rows->failed);
    json_put(row, "overlap", json_number(comparison_overlap(comparison)), &rows->failed);
    json_add(rows->array, row, &rows->failed);
}

static status_t add_statistic(const measured_t *a, const measured_t *b, int index, double percent,
                              rows_t *rows)
{
    int32_t layers = 0, *layer = NULL;
    comparison_t *comparison = NULL;
    const char *name = comparables[index].name;
    status_t status = compare_measured(a, index, b, index, percent, &layers, &layer, &comparison);
    for (int32_t l = 0; !status && comparison && l <= layers; l++) {
        const int32_t *number = l < layers ? &layer[l] : NULL;
        if (rows->array) add_object(name, number, &comparison[l], rows);
        else status = add_line(name, number, &comparison[l], &rows->csv);
    }
    mem_free(&layer);
    mem_free(&comparison);
    return status;
}

static status_t print_rows(rows_t *rows, FILE *out)
{
    if (rows->array) {
        status_t status = json_print(rows->array, rows->failed, out);
        rows->array = NULL;
        return status;
    }
    if (fputs(rows->csv.data, out) >= 0) return NULL;
    return status_new(EXIT_OUTPUT, "standard output cannot be written");
}

status_t inspect_compare(const char *path, const char *other, const char *by, const char *text,
                         bool json, FILE *out)
{
    measured_t a = {0}, b = {0};
    rows_t rows = {.array = json ? json_array() : NULL};
    double percent;
    int wanted;
    status_t status = read_percent(text, &percent);
    if (!status) status = read_name(by, &wanted);
    if (!status) status = measured_read(path, &a);
    if (!status) status = measured_read(other, &b);
    if (!status && by && !(a.value[wanted] && b.value[wanted]))
        status = status_new(EXIT_INPUT, "%s: it has no %s", a.value[wanted] ? other : path,
                            comparables[wanted].dataset);
    if (!status)
        status = str_add(&rows.csv, "statistic,layer,n,correlation,first,second,both,overlap\n");
    for (int i = 0; !status && i < COMPARABLES; i++)
        if (!by || i == wanted)
            status = status_wrap(add_statistic(&a, &b, i, percent, &rows), "%s, %s", path, other);
    if (!status) status = print_rows(&rows, out);
    json_decref(rows.array);
    str_free(&rows.csv);
    measured_destroy(&a);
    measured_destroy(&b);
    return status;
}
