/* The files of a checkpoint, open for cards of its neurons. */
#include "report/neuron.h"

#include <math.h>
#include <string.h>

#include "core/file.h"
#include "core/memory.h"
#include "stats/difficulty.h"
#include "store/output.h"

/* *store stays NULL where there is no such file. */
static status_t open_file(const neuron_files_t *files, const char *room, const char *stage,
                          store_t **store)
{
    char *path = NULL;
    *store = NULL;
    status_t status = str_format(&path, "%s/%s/%s.h5", files->directory, room, files->checkpoint);
    if (!status && file_exists(path)) status = output_open(path, stage, store);
    mem_free(&path);
    return status;
}

static status_t open_statistics(neuron_files_t *files)
{
    store_info_t wd = {0}, layers = {0};
    status_t status = open_file(files, "statistics", "reduce", &files->statistics);
    if (status || !files->statistics) return status;
    status = store_read(files->statistics, "/wd_exact", STORE_F64, &files->wd, &wd);
    if (!status)
        status = store_read(files->statistics, "/layers", STORE_I32, &files->layer, &layers);
    if (!status && (wd.dimensions != 2 || layers.count != wd.shape[0]))
        status = status_new(EXIT_INPUT, "%s: /wd_exact [layers][neurons] is expected",
                            store_path(files->statistics));
    files->layers = (int64_t)wd.shape[0];
    files->neurons = (int64_t)wd.shape[1];
    return status;
}

static status_t open_values(neuron_files_t *files)
{
    char *path = NULL;
    status_t status =
        str_format(&path, "%s/activations/%s.h5", files->directory, files->checkpoint);
    if (!status && file_exists(path)) {
        status = activations_open(path, &files->activations);
        files->valued = !status;
    }
    if (files->valued) {
        const activations_t *a = &files->activations;
        const pairs_options_t options = {.percent = 100, .most = 1};
        status = source_create(&files->source, &a->shape);
        bool outputs = !a->shape.sketched || store_has(a->store, "/pair_outputs");
        if (!status && a->pairs.pairs && outputs) {
            status = pairs_work_create(&files->work, &a->pairs, NULL, a->neurons, 1, &options);
            files->working = !status;
        }
    }
    mem_free(&path);
    return status;
}

status_t neuron_files_open(const char *directory, const char *checkpoint, neuron_files_t *files)
{
    *files = (neuron_files_t){0};
    status_t status = str_copy(&files->directory, directory);
    if (!status) status = str_copy(&files->checkpoint, checkpoint);
    if (!status) status = open_statistics(files);
    if (!status) status = open_values(files);
    if (!status) status = open_file(files, "pairs", "reduce", &files->pairs);
    if (status) neuron_files_close(files);
    return status;
}

void neuron_files_close(neuron_files_t *files)
{
    if (files->working) pairs_work_destroy(&files->work);
    if (files->valued) {
        source_destroy(&files->source);
        activations_close(&files->activations);
    }
    store_close(&files->statistics);
    store_close(&files->pairs);
    strings_free(&files->text);
    strings_free(&files->context);
    strings_free(&files->tag_names);
    mem_free(&files->tag);
    mem_free(&files->input_distance);
    mem_free(&files->wd);
    mem_free(&files->layer);
    mem_free(&files->directory);
    mem_free(&files->checkpoint);
    *files = (neuron_files_t){0};
}

status_t neuron_at_level(const neuron_files_t *files, double level, int32_t *layer, int32_t *neuron,
                         bool *found)
{
    int64_t count = files->layers * files->neurons, defined = 0;
    double *sorted = NULL;
    *found = false;
    if (!files->statistics) return NULL;
    status_t status = mem_new(&sorted, (size_t)count, "WD");
    for (int64_t i = 0; !status && i < count; i++)
        if (!isnan(files->wd[i])) sorted[defined++] = files->wd[i];
    if (!status && defined) {
        int64_t rank = (int64_t)floor(level * (double)(defined - 1));
        select_rank(sorted, defined, rank);
        for (int64_t i = 0; !*found && i < count; i++)
            if (files->wd[i] == sorted[rank]) {
                *found = true;
                *layer = files->layer[i / files->neurons];
                *neuron = (int32_t)(i % files->neurons);
            }
    }
    mem_free(&sorted);
    return status;
}
