#include <stdlib.h>

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
    const char *near = nearest_name(by, known, COMPARABLES);
    return status_new(EXIT_USAGE, "--by: unknown statistic '%s'%s%s%s", by,
                      near ? "; did you mean " : "", near ? near : "", near ? "?" : "");
}

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

static status_t add_statistic(const measured_t *a, const measured_t *b, int index, double percent,
                              str_t *csv)
{
    int32_t layers = 0, *layer = NULL;
    comparison_t *comparison = NULL;
    status_t status = compare_measured(a, index, b, index, percent, &layers, &layer, &comparison);
    for (int32_t l = 0; !status && comparison && l <= layers; l++)
        status =
            add_line(comparables[index].name, l < layers ? &layer[l] : NULL, &comparison[l], csv);
    mem_free(&layer);
    mem_free(&comparison);
    return status;
}

status_t inspect_compare(const char *path, const char *other, const char *by, const char *text,
                         FILE *out)
{
    measured_t a = {0}, b = {0};
    str_t csv = {0};
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
        status = str_add(&csv, "statistic,layer,n,correlation,first,second,both,overlap\n");
    for (int i = 0; !status && i < COMPARABLES; i++)
        if (!by || i == wanted)
            status = status_wrap(add_statistic(&a, &b, i, percent, &csv), "%s, %s", path, other);
    if (!status && fputs(csv.data, out) < 0)
        status = status_new(EXIT_OUTPUT, "standard output cannot be written");
    str_free(&csv);
    measured_destroy(&a);
    measured_destroy(&b);
    return status;
}
