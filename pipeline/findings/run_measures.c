/* Results of the tasks that score nothing: residual streams, and extremes of single neurons. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/csv_fields.h"
#include "core/memory.h"
#include "eval/extremes.h"
#include "findings/run_internal.h"

/* ---- residual streams ---- */

static status_t read_values(const store_t *store, const char *condition, const char *group,
                            const char *name, double **value, uint64_t shape[2])
{
    char path[640];
    store_info_t info = {0};
    snprintf(path, sizeof path, "/%s/%s/%s", condition, group, name);
    status_t status = store_read(store, path, STORE_F64, value, &info);
    if (status) return status;
    if (shape[0] == 0 && info.dimensions == 2) memcpy(shape, info.shape, 2 * sizeof *shape);
    if (info.dimensions != 2 || info.shape[0] != shape[0] || info.shape[1] != shape[1])
        return status_new(EXIT_INPUT, "%s: %s: shape [%llu][%llu] is expected", store_path(store),
                          path, (unsigned long long)shape[0], (unsigned long long)shape[1]);
    return NULL;
}

/* A place's channels: value [width] each; shift may be NULL. */
static void summarise(const double *mean, const double *variance, const double *minimum,
                      const double *maximum, const double *shift, int64_t width,
                      run_residual_t *row)
{
    double square = 0, apart = 0;
    row->lowest = row->highest = NAN;
    for (int k = 0; k < RESIDUAL_CHANNELS; k++) row->channel[k] = -1;
    for (int64_t d = 0; d < width; d++) {
        square += mean[d] * mean[d] + variance[d];
        row->lowest = fmin(row->lowest, minimum[d]);
        row->highest = fmax(row->highest, maximum[d]);
        if (!shift) continue;
        apart += shift[d] * shift[d];
        int at = RESIDUAL_CHANNELS; /* of equal shifts the first channel stands first */
        while (at > 0 && (row->channel[at - 1] < 0 || shift[d] > row->channel_shift[at - 1])) at--;
        for (int k = RESIDUAL_CHANNELS - 1; k > at; k--) {
            row->channel[k] = row->channel[k - 1];
            row->channel_shift[k] = row->channel_shift[k - 1];
        }
        if (at == RESIDUAL_CHANNELS) continue;
        row->channel[at] = (int32_t)d;
        row->channel_shift[at] = shift[d];
    }
    row->channels = width;
    row->rms = sqrt(square / (double)width);
    row->shift = shift ? sqrt(apart / (double)width) : NAN;
}

static status_t read_group(run_t *run, const store_t *store, const run_residual_t *about)
{
    static const char *const name[] = {"mean", "variance", "minimum", "maximum", "shift"};
    const char *group = about->middle ? "middle" : "stream";
    double *value[5] = {NULL};
    uint64_t shape[2] = {0};
    int values = about->middle ? 4 : 5;
    status_t status = NULL;
    for (int i = 0; !status && i < values; i++)
        status = read_values(store, run->condition[about->condition].name, group, name[i],
                             &value[i], shape);
    for (uint64_t p = 0; !status && p < shape[0]; p++) {
        status = mem_grow(&run->residual, &run->residual_capacity, run->residuals + 1, "streams");
        if (status) break;
        run_residual_t *row = &run->residual[run->residuals++];
        size_t at = (size_t)(p * shape[1]);
        *row = *about;
        row->place = (int32_t)p;
        row->last = !about->middle && p + 1 == shape[0];
        summarise(value[0] + at, value[1] + at, value[2] + at, value[3] + at,
                  value[4] ? value[4] + at : NULL, (int64_t)shape[1], row);
    }
    for (int i = 0; i < 5; i++) mem_free(&value[i]);
    return status;
}

static status_t read_residual(run_t *run, const store_t *store, size_t task, size_t checkpoint)
{
    run_residual_t about = {.task = task, .checkpoint = checkpoint};
    double tokens = 0;
    status_t status = store_get_number(store, "/", "tokens", &tokens);
    about.tokens = (int64_t)tokens;
    for (size_t c = 0; !status && c < run->conditions; c++) {
        char path[640];
        about.condition = c;
        about.middle = false;
        if (!store_has(store, run->condition[c].name)) continue;
        status = read_group(run, store, &about);
        snprintf(path, sizeof path, "/%s/middle", run->condition[c].name);
        about.middle = true;
        if (!status && store_has(store, path)) status = read_group(run, store, &about);
    }
    return status;
}

/* ---- extremes ---- */

/* One list of a file, [neurons][count]; those that it lacks are NULL. */
typedef struct {
    float *value, *up;
    int32_t *token, *window, *position;
    double *share, *product; /* [neurons] */
    strings_t before, text, after;
    uint64_t neurons, count;
} list_t;

static status_t read_part(const store_t *store, const char *group, const char *name,
                          store_type_t type, bool needed, void *data, uint64_t count)
{
    char path[128];
    store_info_t info = {0};
    snprintf(path, sizeof path, "/%s/%s", group, name);
    if (!needed && !store_has(store, path)) return NULL;
    status_t status = store_read(store, path, type, data, &info);
    if (!status && info.count != count)
        status = status_new(EXIT_INPUT, "%s: %s: %llu entries are expected", store_path(store),
                            path, (unsigned long long)count);
    return status;
}

static status_t read_texts(const store_t *store, const char *group, const char *name,
                           strings_t *texts, uint64_t count)
{
    char path[128];
    snprintf(path, sizeof path, "/%s/%s", group, name);
    status_t status = store_read_texts(store, path, texts);
    if (!status && texts->count != count)
        status = status_new(EXIT_INPUT, "%s: %s: %llu entries are expected", store_path(store),
                            path, (unsigned long long)count);
    return status;
}

static status_t read_list(const store_t *store, const char *group, uint64_t neurons, list_t *list)
{
    store_info_t info = {0};
    char path[128];
    snprintf(path, sizeof path, "/%s/value", group);
    status_t status = store_find(store, path, &info);
    if (!status && (info.dimensions != 2 || info.shape[0] != neurons))
        status = status_new(EXIT_INPUT, "%s: %s: a row for each of %llu neurons is expected",
                            store_path(store), path, (unsigned long long)neurons);
    list->neurons = neurons;
    list->count = info.shape[1];
    uint64_t all = info.count;
    if (!status) status = read_part(store, group, "value", STORE_F32, true, &list->value, all);
    if (!status) status = read_part(store, group, "up", STORE_F32, false, &list->up, all);
    if (!status) status = read_part(store, group, "token", STORE_I32, true, &list->token, all);
    if (!status) status = read_part(store, group, "window", STORE_I32, true, &list->window, all);
    if (!status)
        status = read_part(store, group, "position", STORE_I32, true, &list->position, all);
    if (!status) status = read_part(store, group, "share", STORE_F64, false, &list->share, neurons);
    if (!status)
        status = read_part(store, group, "mean_product", STORE_F64, false, &list->product, neurons);
    if (!status) status = read_texts(store, group, "before", &list->before, all);
    if (!status) status = read_texts(store, group, "text", &list->text, all);
    return status ? status : read_texts(store, group, "after", &list->after, all);
}

static void list_free(list_t *list)
{
    mem_free(&list->value);
    mem_free(&list->up);
    mem_free(&list->token);
    mem_free(&list->window);
    mem_free(&list->position);
    mem_free(&list->share);
    mem_free(&list->product);
    strings_free(&list->before);
    strings_free(&list->text);
    strings_free(&list->after);
}

static status_t add_line(str_t *csv, const list_t *list, uint64_t neuron, uint64_t rank)
{
    uint64_t i = neuron * list->count + rank;
    status_t status = csv_integer(csv, (int64_t)rank + 1);
    if (!status) status = csv_number(csv, (double)list->value[i]);
    if (!status) status = csv_number(csv, list->up ? (double)list->up[i] : NAN);
    if (!status) status = csv_integer(csv, list->token[i]);
    if (!status) status = csv_integer(csv, list->window[i]);
    if (!status) status = csv_integer(csv, list->position[i]);
    if (!status) status = csv_text(csv, list->before.item[i]);
    if (!status) status = csv_text(csv, list->text.item[i]);
    if (!status) status = csv_text(csv, list->after.item[i]);
    if (!status) status = csv_number(csv, list->share ? list->share[neuron] : NAN);
    if (!status) status = csv_number(csv, list->product ? list->product[neuron] : NAN);
    return status ? status : csv_end(csv);
}

static status_t add_list(str_t *csv, const store_t *store, const char *checkpoint,
                         const char *group, uint64_t neurons, const int32_t *layer,
                         const int32_t *neuron)
{
    list_t list = {0};
    status_t status = read_list(store, group, neurons, &list);
    for (uint64_t n = 0; !status && n < neurons; n++)
        for (uint64_t r = 0; !status && r < list.count; r++) {
            if (list.token[n * list.count + r] < 0) continue;
            status = csv_text(csv, checkpoint);
            if (!status) status = csv_integer(csv, layer[n]);
            if (!status) status = csv_integer(csv, neuron[n]);
            if (!status) status = csv_text(csv, group);
            if (!status) status = add_line(csv, &list, n, r);
        }
    list_free(&list);
    return status;
}

static status_t read_extremes(run_t *run, const store_t *store, size_t task, size_t checkpoint)
{
    str_t *csv = &run->extremes_csv[task];
    store_info_t layers = {0}, neurons = {0};
    int32_t *layer = NULL, *neuron = NULL;
    status_t status = NULL;
    if (csv->length == 0)
        status = str_add(csv, "checkpoint,layer,neuron,list,rank,value,up,token,window,position,"
                              "before,text,after,share,mean_product\n");
    if (!status) status = store_read(store, "/layer", STORE_I32, &layer, &layers);
    if (!status) status = store_read(store, "/neuron", STORE_I32, &neuron, &neurons);
    if (!status && layers.count != neurons.count)
        status =
            status_new(EXIT_INPUT, "%s: %llu entries in layer, %llu in neuron", store_path(store),
                       (unsigned long long)layers.count, (unsigned long long)neurons.count);
    for (int l = 0; !status && l < EXTREME_LISTS; l++)
        if (store_has(store, extreme_names[l]))
            status = add_list(csv, store, run->checkpoints->item[checkpoint], extreme_names[l],
                              layers.count, layer, neuron);
    mem_free(&layer);
    mem_free(&neuron);
    return status;
}

/* ---- all of them ---- */

static status_t read_task(run_t *run, size_t index, bool *absent)
{
    const task_t *task = &run->plan.task[index];
    char *what = NULL;
    status_t status = NULL;
    for (size_t i = 0; !status && i < run->checkpoints->count; i++) {
        char *name = NULL;
        store_t *store = NULL;
        status = str_format(&name, "results/%s/%s.h5", run->checkpoints->item[i], task->name);
        if (!status) status = run_open_file(run, name, &store);
        absent[i] = !store;
        if (!status && store)
            status = task->kind == TASK_RESIDUAL ? read_residual(run, store, index, i)
                                                 : read_extremes(run, store, index, i);
        store_close(&store);
        mem_free(&name);
    }
    if (!status) status = str_format(&what, "%s (stage evaluate)", task->name);
    if (!status) status = run_add_missing(run, what, run->checkpoints, absent);
    mem_free(&what);
    return status;
}

status_t run_read_measures(run_t *run)
{
    bool *absent = NULL;
    status_t status = mem_new(&run->extremes_csv, run->plan.count, "tasks");
    if (!status) status = mem_new(&absent, run->checkpoints->count, "checkpoints");
    for (size_t t = 0; !status && t < run->plan.count; t++) {
        task_kind_t kind = run->plan.task[t].kind;
        if (kind == TASK_RESIDUAL || kind == TASK_EXTREMES) status = read_task(run, t, absent);
    }
    mem_free(&absent);
    return status;
}
