/* Statistics of neurons and cohorts of two runs. */
#include <math.h>
#include <string.h>

#include "core/file.h"
#include "core/memory.h"
#include "findings/diff_internal.h"

/* ---- statistics ---- */

/* The largest difference over the layers that both have. */
static double largest_difference(const measured_t *a, const measured_t *b, int index)
{
    double largest = NAN;
    for (int32_t l = 0, m = 0; l < a->layers && m < b->layers;) {
        if (a->layer[l] != b->layer[m]) {
            if (a->layer[l] < b->layer[m]) l++;
            else m++;
            continue;
        }
        const double *x = a->value[index] + (int64_t)l++ * a->neurons;
        const double *y = b->value[index] + (int64_t)m++ * b->neurons;
        for (int32_t n = 0; n < a->neurons; n++) {
            double difference = fabs(x[n] - y[n]);
            if (!isnan(difference) && !(difference <= largest)) largest = difference;
        }
    }
    return largest;
}

static status_t add_statistic(diff_t *diff, const char *checkpoint, const measured_t *a,
                              const measured_t *b, int index)
{
    int32_t layers = 0, *layer = NULL;
    comparison_t *comparison = NULL;
    status_t status =
        compare_measured(a, index, b, index, diff->percent, &layers, &layer, &comparison);
    if (!status && layers > 0)
        status =
            mem_grow(&diff->statistic, &diff->statistic_room, diff->statistics + 1, "statistics");
    if (!status && layers > 0) {
        diff_statistic_t *it = &diff->statistic[diff->statistics++];
        *it = (diff_statistic_t){.statistic = index,
                                 .is = comparison[layers],
                                 .largest = largest_difference(a, b, index)};
        status = str_copy(&it->checkpoint, checkpoint);
    }
    mem_free(&layer);
    mem_free(&comparison);
    return status;
}

/* Models of other sizes have no neurons in common. */
static bool comparable(const measured_t *a, const measured_t *b)
{
    if (a->neurons != b->neurons) return false;
    for (int32_t l = 0; l < a->layers; l++)
        for (int32_t m = 0; m < b->layers; m++)
            if (a->layer[l] == b->layer[m]) return true;
    return false;
}

static status_t read_side(const diff_t *diff, int side, const char *name, measured_t *measured)
{
    char *path = NULL;
    status_t status = path_join(diff->directory[side], name, &path);
    if (!status) status = measured_read(path, measured);
    mem_free(&path);
    return status;
}

status_t diff_add_statistics(diff_t *diff, const char *name)
{
    measured_t a = {0}, b = {0};
    char *checkpoint = NULL;
    status_t status = str_copy_n(&checkpoint, name + strlen("statistics/"),
                                 strlen(name) - strlen("statistics/.h5"));
    if (!status) status = read_side(diff, 0, name, &a);
    if (!status) status = read_side(diff, 1, name, &b);
    for (int i = 0; !status && i < COMPARABLES && comparable(&a, &b); i++)
        status = add_statistic(diff, checkpoint, &a, &b, i);
    measured_destroy(&a);
    measured_destroy(&b);
    mem_free(&checkpoint);
    return status;
}

/* ---- cohorts ---- */

typedef struct {
    int32_t *layer, *neuron; /* [count], ordered by both */
    int64_t count;
} members_t;

static status_t read_column(const store_t *store, const char *checkpoint, const char *column,
                            int32_t **value, int64_t *count)
{
    char *name = NULL;
    store_info_t info = {0};
    status_t status = str_format(&name, "/%s/%s", checkpoint, column);
    if (!status) status = store_read(store, name, STORE_I32, value, &info);
    *count = (int64_t)info.count;
    mem_free(&name);
    return status;
}

static status_t read_members(const store_t *store, const char *checkpoint, members_t *members)
{
    int64_t layers;
    status_t status = read_column(store, checkpoint, "layer", &members->layer, &layers);
    if (!status)
        status = read_column(store, checkpoint, "neuron", &members->neuron, &members->count);
    if (!status && layers != members->count)
        status = status_new(EXIT_INPUT, "%s: /%s: layer and neuron differ in length",
                            store_path(store), checkpoint);
    return status;
}

static void members_free(members_t *members)
{
    mem_free(&members->layer);
    mem_free(&members->neuron);
}

static int64_t common(const members_t *a, const members_t *b)
{
    int64_t both = 0;
    for (int64_t i = 0, j = 0; i < a->count && j < b->count;) {
        int order = a->layer[i] != b->layer[j]
                        ? (a->layer[i] > b->layer[j]) - (a->layer[i] < b->layer[j])
                        : (a->neuron[i] > b->neuron[j]) - (a->neuron[i] < b->neuron[j]);
        both += order == 0;
        i += order <= 0;
        j += order >= 0;
    }
    return both;
}

static status_t add_cohort(diff_t *diff, const char *cohort, const char *checkpoint,
                           const store_t *const store[2])
{
    members_t members[2] = {0};
    status_t status = read_members(store[0], checkpoint, &members[0]);
    if (!status) status = read_members(store[1], checkpoint, &members[1]);
    if (!status) status = mem_grow(&diff->cohort, &diff->cohort_room, diff->cohorts + 1, "cohorts");
    if (!status) {
        diff_cohort_t *it = &diff->cohort[diff->cohorts++];
        *it = (diff_cohort_t){.neurons = {members[0].count, members[1].count},
                              .both = common(&members[0], &members[1])};
        status = str_copy(&it->checkpoint, checkpoint);
        if (!status) status = str_copy(&it->cohort, cohort);
    }
    members_free(&members[0]);
    members_free(&members[1]);
    return status;
}

/* The groups of both, in the order of people. */
status_t diff_add_cohort(diff_t *diff, const char *name, const store_t *const store[2])
{
    strings_t checkpoints = {0};
    char *cohort = NULL;
    status_t status = diff_stem(name, &cohort);
    if (!status) status = store_list(store[0], "/", &checkpoints);
    strings_sort_natural(&checkpoints);
    for (size_t i = 0; !status && i < checkpoints.count; i++) {
        char *layer = NULL;
        status = str_format(&layer, "/%s/layer", checkpoints.item[i]);
        if (!status && strcmp(checkpoints.item[i], "checksums") != 0 &&
            store_has(store[0], layer) && store_has(store[1], layer))
            status = add_cohort(diff, cohort, checkpoints.item[i], store);
        mem_free(&layer);
    }
    strings_free(&checkpoints);
    mem_free(&cohort);
    return status;
}
