#include "stages/measure.h"

#include <stdio.h>

#include "eval/extremes.h"
#include "stats/fixed.h"

int measure_layers(const cohort_t *cohort)
{
    return cohort->count ? cohort->layer[cohort->count - 1] + 1 : 0;
}

/* Channels of all places: the stream's, and, where attention and MLP are not parallel, between them. */
static double channels_of(const model_shape_t *shape)
{
    int places = shape->layers + 1 + (shape->residual == RESIDUAL_PARALLEL ? 0 : shape->layers);
    return (double)places * shape->width;
}

static double entries_of(const task_t *task, const model_shape_t *shape, const cohort_t *cohort)
{
    int lists = shape->facts->up ? EXTREME_LISTS : EXTREME_QUADRANTS;
    return (double)lists * (double)task->count * (double)cohort->count;
}

size_t measure_bytes(const task_t *task, const model_shape_t *shape, int conditions,
                     const cohort_t *cohort)
{
    const double sums = 3 * sizeof(fixed_t) + 2 * sizeof(float);
    const double results = 3 * sizeof(double) + 2 * sizeof(float);
    if (task->kind == TASK_EXTREMES)
        return (size_t)cohort->count * EXTREME_LISTS * (size_t)task->count * sizeof(entry_t);
    return (size_t)(channels_of(shape) * conditions * (sums + results));
}

double measure_disk(const task_t *task, const model_shape_t *shape, size_t conditions,
                    const cohort_t *cohort)
{
    enum { FILE_BYTES = 16 << 10, TOKEN_BYTES = 6 }; /* HDF5's own; text of a token, about */
    double text = TOKEN_BYTES * (2 * (double)task->context + 1);
    if (task->kind == TASK_EXTREMES)
        return FILE_BYTES + entries_of(task, shape, cohort) * (5 * sizeof(float) + text);
    return FILE_BYTES + channels_of(shape) * (double)conditions * 3 * sizeof(double) +
           channels_of(shape) * (double)conditions * 2 * sizeof(float);
}

status_t measure_deviation(const results_t *results, model_t *model, const run_options_t *options,
                           deviation_t *deviation, double *rms)
{
    const sequences_t *sequences = results->sequences;
    char label[256];
    *deviation = (deviation_t){0};
    if (options->arithmetic == ARITHMETIC_FLOAT32 || options->layers == 0) return NULL;
    snprintf(label, sizeof label, "%s deviation", results->checkpoint);
    return deviation_of_preactivations(results->stage->comm, model, sequences->id,
                                       (int32_t)(sequences->offset[1] - sequences->offset[0]),
                                       options, label, deviation, rms);
}

status_t measure_write_deviation(store_t *store, const deviation_t *deviation, double rms)
{
    if (deviation->count == 0) return NULL;
    status_t status = stage_write_deviation(store, "/", deviation);
    return status ? status : store_set_number(store, "/", "rms", rms);
}

status_t measure_read_deviation(const store_t *store, deviation_t *deviation, double *rms)
{
    double count = 0;
    status_t status = store_get_number(store, "/", "deviation_count", &count);
    if (!status) status = store_get_number(store, "/", "deviation_largest", &deviation->largest);
    if (!status) status = store_get_number(store, "/", "deviation_rms", &deviation->rms);
    if (!status) status = store_get_number(store, "/", "rms", rms);
    deviation->count = (int64_t)count;
    return status;
}
