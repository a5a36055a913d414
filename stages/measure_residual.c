#include <stdio.h>
#include <string.h>

#include "eval/budget.h"
#include "eval/residual.h"
#include "par/agree.h"
#include "stages/measure.h"

/* ---- the file ---- */

typedef struct {
    const results_t *results;
    const residual_streams_t *streams;
    deviation_t deviation; /* of pre-activations, whose root mean square is rms */
    double rms;
    store_t *store;
} writing_t;

static status_t put(const writing_t *it, size_t condition, const char *group, const char *name,
                    store_type_t type, size_t places, const void *data, const char *description)
{
    char path[640];
    uint64_t shape[2] = {places, (uint64_t)it->streams->width};
    size_t width = type == STORE_F64 ? sizeof(double) : sizeof(float);
    const char *at = (const char *)data + condition * shape[0] * shape[1] * width;
    snprintf(path, sizeof path, "/%s/%s/%s", it->results->conditions->condition[condition].name,
             group, name);
    status_t status = store_write(it->store, path, type, 2, shape, at);
    return status ? status
                  : store_describe(it->store, path,
                                   strcmp(group, "stream") == 0 ? "layers+1 channels"
                                                                : "layers channels",
                                   "1", description);
}

static status_t put_channels(const writing_t *it, size_t condition, const char *group,
                             size_t places, const channels_t *channels)
{
    status_t status = put(it, condition, group, "mean", STORE_F64, places, channels->mean,
                          "mean over tokens, by place and channel");
    if (!status)
        status = put(it, condition, group, "variance", STORE_F64, places, channels->variance,
                     "variance over tokens (of the population), by place and channel");
    if (!status)
        status = put(it, condition, group, "minimum", STORE_F32, places, channels->minimum,
                     "lowest value, by place and channel");
    if (!status)
        status = put(it, condition, group, "maximum", STORE_F32, places, channels->maximum,
                     "highest value, by place and channel");
    if (!status && channels->shift)
        status = put(it, condition, group, "shift", STORE_F64, places, channels->shift,
                     "root mean square over tokens of the difference from the model without "
                     "ablation, by place and channel");
    return status;
}

static status_t write_file(writing_t *it, const char *path, const char *key)
{
    const results_t *results = it->results;
    const residual_streams_t *streams = it->streams;
    size_t layers = (size_t)streams->layers;
    status_t status = results_create(results, path, key, &it->store);
    if (!status) status = store_set_integer(it->store, "/", "tokens", streams->tokens);
    if (!status) status = measure_write_deviation(it->store, &it->deviation, it->rms);
    for (size_t c = 0; !status && c < results->conditions->count; c++) {
        status = put_channels(it, c, "stream", layers + 1, &streams->stream);
        if (!status && streams->has_middle)
            status = put_channels(it, c, "middle", layers, &streams->middle);
        if (!status) status = results_describe(results, c, it->store);
    }
    if (!status) status = store_publish(&it->store);
    store_close(&it->store);
    return status;
}

/* ---- the work ---- */

status_t measure_residual(const results_t *results, model_t *model, const score_plan_t *plan,
                          const char *path, const char *key)
{
    const stage_t *stage = results->stage;
    residual_streams_t streams = {0};
    run_options_t options = {.condition = results->conditions->intervention,
                             .conditions = (int)results->conditions->count,
                             .layers = model->shape.layers,
                             .what = results->checkpoint,
                             .memory = memory_for_states(stage->config, model),
                             .team = stage->team,
                             .arithmetic = results->arithmetic};
    char label[256];
    snprintf(label, sizeof label, "%s %s", results->checkpoint, results->task->name);
    writing_t it = {.results = results, .streams = &streams};
    status_t status = measure_deviation(results, model, &options, &it.deviation, &it.rms);
    if (!status) status = residual_measure(stage->comm, model, plan, &options, label, &streams);
    if (!status && stage->rank == 0) status = write_file(&it, path, key);
    residual_destroy(&streams);
    return agree(stage->comm, status);
}
