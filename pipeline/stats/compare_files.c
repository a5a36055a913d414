/* The statistics files that are compared. */
#include <math.h>
#include <string.h>

#include "core/memory.h"
#include "stats/compare.h"
#include "store/output.h"

const comparable_t comparables[COMPARABLES] = {
    {"wd", "wd_exact", false, "WD"},
    {"md", "md", false, "MD"},
    {"wd_negative", "wd_negative", false, "WD of the negative part"},
    {"skewness", "skewness", false, "skewness"},
    {"abs_skewness", "skewness", true, "|skewness|"},
    {"kurtosis", "kurtosis", false, "kurtosis"},
    {"tail_weight", "tail_weight", false, "tail weight"},
    {"bimodality", "bimodality", false, "bimodality"},
    {"negative_fraction", "negative_fraction", false, "negative share"},
};

int comparable_find(const char *name)
{
    for (int i = 0; i < COMPARABLES; i++)
        if (strcmp(comparables[i].name, name) == 0 || strcmp(comparables[i].dataset, name) == 0)
            return i;
    return -1;
}

static status_t read_statistic(const store_t *store, int index, measured_t *measured)
{
    const comparable_t *comparable = &comparables[index];
    double **value = &measured->value[index];
    store_info_t info = {0};
    if (!store_has(store, comparable->dataset)) return NULL;
    status_t status = store_read(store, comparable->dataset, STORE_F64, value, &info);
    if (status) return status;
    if (info.dimensions == 2 && measured->neurons == 0 && info.shape[1] <= INT32_MAX)
        measured->neurons = (int32_t)info.shape[1];
    if (info.dimensions != 2 || info.shape[0] != (uint64_t)measured->layers ||
        info.shape[1] != (uint64_t)measured->neurons)
        return status_new(EXIT_INPUT, "%s: %s: shape [%d][%d] is expected, as of the others",
                          store_path(store), comparable->dataset, measured->layers,
                          measured->neurons);
    for (uint64_t i = 0; comparable->absolute && i < info.count; i++)
        (*value)[i] = fabs((*value)[i]);
    return NULL;
}

status_t measured_read(const char *path, measured_t *measured)
{
    store_t *store = NULL;
    store_info_t info = {0};
    *measured = (measured_t){0};
    status_t status = output_open(path, "reduce", &store);
    if (!status) status = store_read(store, "/layers", STORE_I32, &measured->layer, &info);
    if (!status && (info.dimensions != 1 || info.count > INT32_MAX))
        status = status_new(EXIT_INPUT, "%s: /layers: a list is expected", path);
    measured->layers = (int32_t)info.count;
    for (int32_t l = 1; !status && l < measured->layers; l++)
        if (measured->layer[l] <= measured->layer[l - 1])
            status = status_new(EXIT_INPUT,
                                "%s: /layers: %d after %d; ascending numbers are "
                                "expected",
                                path, measured->layer[l], measured->layer[l - 1]);
    for (int i = 0; !status && i < COMPARABLES; i++) status = read_statistic(store, i, measured);
    store_close(&store);
    if (status) measured_destroy(measured);
    return status;
}

void measured_destroy(measured_t *measured)
{
    for (int i = 0; i < COMPARABLES; i++) mem_free(&measured->value[i]);
    mem_free(&measured->layer);
    *measured = (measured_t){0};
}

/* Copies the rows of the layers that both have, packed, into x and y. */
static int32_t align(const measured_t *a, int i, const measured_t *b, int j, int32_t *layer,
                     double *x, double *y)
{
    size_t neurons = (size_t)a->neurons, bytes = neurons * sizeof(double);
    int32_t common = 0;
    for (int32_t l = 0, m = 0; l < a->layers && m < b->layers;) {
        if (a->layer[l] < b->layer[m]) l++;
        else if (a->layer[l] > b->layer[m]) m++;
        else {
            memcpy(x + (size_t)common * neurons, a->value[i] + (size_t)l * neurons, bytes);
            memcpy(y + (size_t)common * neurons, b->value[j] + (size_t)m * neurons, bytes);
            layer[common++] = a->layer[l];
            l++, m++;
        }
    }
    return common;
}

status_t compare_measured(const measured_t *a, int i, const measured_t *b, int j, double percent,
                          int32_t *layers, int32_t **layer, comparison_t **comparison)
{
    double *x = NULL, *y = NULL;
    *layers = 0;
    *layer = NULL;
    *comparison = NULL;
    if (!a->value[i] || !b->value[j]) return NULL;
    if (a->neurons != b->neurons)
        return status_new(EXIT_INPUT, "layers of %d and of %d neurons cannot be compared",
                          a->neurons, b->neurons);
    size_t most = (size_t)a->layers * (size_t)a->neurons;
    status_t status = mem_new(&x, most, "statistics");
    if (!status) status = mem_new(&y, most, "statistics");
    if (!status) status = mem_new(layer, (size_t)a->layers, "layers");
    if (!status) *layers = align(a, i, b, j, *layer, x, y);
    if (!status && *layers == 0)
        status = status_new(EXIT_INPUT, "no layer has statistics on both sides");
    if (!status) status = mem_new(comparison, (size_t)*layers + 1, "comparisons");
    if (!status) status = compare_values(x, y, *layers, a->neurons, percent, *comparison);
    mem_free(&x);
    mem_free(&y);
    if (status) {
        mem_free(layer);
        mem_free(comparison);
    }
    return status;
}
