/* Results of every checkpoint, task and condition, summarised one checkpoint at a time. */
#include <string.h>

#include "core/log.h"
#include "core/memory.h"
#include "findings/run_internal.h"

/* The arithmetic of matrix products, where the file tells, is part of what made the scores. In float32 it is the same on
 * all processors, and needs no more words. */
static status_t note_products(run_t *run, const store_t *store)
{
    char *arithmetic = NULL, *kernel = NULL, *text = NULL;
    if (!store_has_attribute(store, "/", "arithmetic")) return NULL;
    status_t status = store_get_text(store, "/", "arithmetic", &arithmetic);
    if (!status) status = store_get_text(store, "/", "kernel", &kernel);
    if (!status)
        status = arithmetic_of_name(arithmetic) == ARITHMETIC_FLOAT32
                     ? str_format(&text, "%s", arithmetic)
                     : str_format(&text, "%s (%s)", arithmetic, kernel);
    for (size_t i = 0; !status && i < run->products.count; i++)
        if (strcmp(run->products.item[i], text) == 0) mem_free(&text);
    if (!status && text) status = strings_append(&run->products, text);
    mem_free(&text);
    mem_free(&kernel);
    mem_free(&arithmetic);
    return status;
}

/* How far a condition's scores are from float32, where they say so. */
static status_t note_deviation(run_t *run, const store_t *store, const char *condition)
{
    double count = 0;
    deviation_t deviation;
    if (!store_has_attribute(store, condition, "deviation_count")) return NULL;
    status_t status = store_get_number(store, condition, "deviation_count", &count);
    if (!status)
        status = store_get_number(store, condition, "deviation_largest", &deviation.largest);
    if (!status) status = store_get_number(store, condition, "deviation_rms", &deviation.rms);
    deviation.count = (int64_t)count;
    if (!status) run->deviation = deviation_merge(run->deviation, deviation);
    return status;
}

static status_t count_scored(const store_t *store, run_task_t *task)
{
    int32_t *scored = NULL;
    store_info_t info = {0};
    if (task->counted || !store_has(store, "/scored")) return NULL;
    status_t status = store_read(store, "/scored", STORE_I32, &scored, &info);
    task->scored = 0;
    for (uint64_t i = 0; !status && i < info.count; i++) task->scored += scored[i];
    mem_free(&scored);
    return status;
}

static status_t read_scores(reading_t *reading)
{
    run_t *run = reading->run;
    run_task_t *task = &run->task[reading->task];
    status_t status = count_scored(reading->store, task);
    if (!status) status = note_products(run, reading->store);
    if (!status) status = task->counted ? run_read_items(reading) : run_read_losses(reading);
    for (size_t c = 0; !status && c < run->conditions; c++)
        if (reading->result[c].there)
            status = note_deviation(run, reading->store, run->condition[c].name);
    return status;
}

/* *there: whether the file is. change [contrasts]. */
static status_t read_file(run_t *run, size_t checkpoint, size_t index, replicates_t *change,
                          bool *there)
{
    const run_task_t *task = &run->task[index];
    reading_t reading = {.run = run, .checkpoint = checkpoint, .task = index, .change = change};
    reading.result = &run->result[(checkpoint * run->tasks + index) * run->conditions];
    char *name = NULL;
    store_t *store = NULL;
    status_t status =
        str_format(&name, "results/%s/%s.h5", run->checkpoints->item[checkpoint], task->name);
    if (!status) status = run_open_file(run, name, &store);
    *there = store != NULL;
    reading.store = store;
    /* Without the shard nothing tells what the items are; that it is missing was said. */
    if (!status && store && (task->shard || !task->counted)) status = read_scores(&reading);
    store_close(&store);
    mem_free(&name);
    return status;
}

/* file [tasks][checkpoints]: which are there. */
static status_t read_checkpoint(run_t *run, size_t checkpoint, bool *file)
{
    replicates_t *change = NULL;
    size_t all = run->tasks * run->contrasts, first = run->changes;
    status_t status = mem_new(&change, all, "contrasts");
    for (size_t t = 0; !status && t < run->tasks; t++)
        status = read_file(run, checkpoint, t, change + t * run->contrasts,
                           &file[t * run->checkpoints->count + checkpoint]);
    if (!status) status = run_correct(run, first);
    if (!status) status = run_dissociate(run, checkpoint, change);
    resampled_destroy(&change, all);
    return status;
}

/* Conditions that a file lacks although it is there. */
static status_t note_conditions(run_t *run, size_t task, const bool *file, bool *absent)
{
    status_t status = NULL;
    for (size_t c = 0; !status && c < run->conditions; c++) {
        char *what = NULL;
        for (size_t i = 0; i < run->checkpoints->count; i++)
            absent[i] = file[i] && !run_result(run, i, task, c)->there;
        status = str_format(&what, "%s under %s (stage evaluate)", run->task[task].name,
                            run->condition[c].name);
        if (!status) status = run_add_missing(run, what, run->checkpoints, absent);
        mem_free(&what);
    }
    return status;
}

static status_t note_missing(run_t *run, size_t task, const bool *file, bool *absent)
{
    const run_task_t *of = &run->task[task];
    char *what = NULL;
    if (of->norm) return NULL; /* its other metric has said it */
    for (size_t i = 0; i < run->checkpoints->count; i++) absent[i] = !file[i];
    status_t status = str_format(&what, "%s (stage evaluate)", of->name);
    if (!status) status = run_add_missing(run, what, run->checkpoints, absent);
    if (!status && (of->shard || !of->counted)) status = note_conditions(run, task, file, absent);
    mem_free(&what);
    return status;
}

status_t run_read_results(run_t *run)
{
    size_t checkpoints = run->checkpoints->count;
    bool *file = NULL, *absent = NULL;
    status_t status = mem_new(&run->result, checkpoints * run->tasks * run->conditions, "results");
    if (!status) status = mem_new(&file, checkpoints * run->tasks, "checkpoints");
    if (!status) status = mem_new(&absent, checkpoints, "checkpoints");
    for (size_t i = 0; !status && i < checkpoints; i++) {
        log_progress("intervals", "checkpoints", i, checkpoints);
        status = read_checkpoint(run, i, file);
    }
    if (!status) log_progress("intervals", "checkpoints", checkpoints, checkpoints);
    for (size_t t = 0; !status && t < run->tasks; t++)
        status = note_missing(run, t, file + t * checkpoints, absent);
    mem_free(&absent);
    mem_free(&file);
    return status;
}
