/* Scores of every checkpoint, task and condition, summarised one file at a time. */
#include <math.h>
#include <string.h>

#include "core/memory.h"
#include "report/run_internal.h"

static status_t count_pairs(const run_task_t *task, const char *path, const char *condition,
                            const double *score, run_result_t *result)
{
    status_t status = mem_new(&result->file, task->files.count, "files");
    if (!status) status = mem_new(&result->term, task->terms.count, "phenomena");
    for (int64_t i = 0; !status && i < task->items; i++) {
        double good = score[2 * i], bad = score[2 * i + 1];
        if (!isfinite(good) || !isfinite(bad))
            status = status_new(EXIT_NUMERIC, "%s: %s: item %lld: a score is not finite", path,
                                condition, (long long)i);
        accuracy_add(&result->all, good, bad);
        accuracy_add(&result->file[task->file[i]], good, bad);
        accuracy_add(&result->term[task->term[i]], good, bad);
    }
    return status;
}

static status_t read_pairs(const run_task_t *task, const store_t *store, const char *condition,
                           run_result_t *result)
{
    char *name = NULL;
    double *score = NULL;
    store_info_t info = {0};
    status_t status = str_format(&name, "/%s/score", condition);
    if (!status) status = store_read(store, name, STORE_F64, &score, &info);
    if (!status &&
        (info.dimensions != 2 || info.shape[0] != (uint64_t)task->items || info.shape[1] != 2))
        status = status_new(EXIT_INPUT, "%s: %s: shape [%lld][2] is expected, as %s has items",
                            store_path(store), name, (long long)task->items, task->is->data);
    if (!status) status = count_pairs(task, store_path(store), condition, score, result);
    mem_free(&score);
    mem_free(&name);
    return status;
}

/* loss: float64 [*windows], to be freed. */
static status_t read_loss(const store_t *store, const char *condition, double **loss,
                          int64_t *windows)
{
    char *name = NULL;
    store_info_t info = {0};
    status_t status = str_format(&name, "/%s/loss", condition);
    if (!status) status = store_read(store, name, STORE_F64, loss, &info);
    *windows = (int64_t)info.count;
    mem_free(&name);
    return status;
}

/* baseline: its losses [windows], or NULL. */
static status_t read_losses(const store_t *store, const char *condition, const double *baseline,
                            int64_t windows, run_result_t *result)
{
    double *loss = NULL;
    int64_t count = 0;
    status_t status = read_loss(store, condition, &loss, &count);
    if (!status && baseline && count != windows)
        status = status_new(EXIT_INPUT, "%lld windows, the baseline has %lld", (long long)count,
                            (long long)windows);
    if (!status) status = loss_summarise(loss, count, &result->loss);
    result->compared = baseline != NULL;
    if (!status && baseline) status = loss_compare(loss, baseline, count, &result->change);
    mem_free(&loss);
    return status_wrap(status, "%s: %s", store_path(store), condition);
}

/* The arithmetic of matrix products, where the file tells, is part of what made the scores. In float32 it is the same on
 * all processors, and needs no more words. */
static status_t note_products(run_t *run, const store_t *store)
{
    char *arithmetic = NULL, *kernel = NULL, *text = NULL;
    status_t none = store_get_text(store, "/", "arithmetic", &arithmetic);
    status_free(&none);
    if (!arithmetic) return NULL;
    status_t status = store_get_text(store, "/", "kernel", &kernel);
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
    status_t none = store_get_number(store, condition, "deviation_count", &count);
    bool absent = none != NULL;
    status_free(&none);
    if (absent) return NULL;
    status_t status = store_get_number(store, condition, "deviation_largest", &deviation.largest);
    if (!status) status = store_get_number(store, condition, "deviation_rms", &deviation.rms);
    deviation.count = (int64_t)count;
    if (!status) run->deviation = deviation_merge(run->deviation, deviation);
    return status;
}

static status_t count_scored(const store_t *store, run_task_t *task)
{
    int32_t *scored = NULL;
    store_info_t info = {0};
    if (task->pairs || !store_has(store, "/scored")) return NULL;
    status_t status = store_read(store, "/scored", STORE_I32, &scored, &info);
    task->scored = 0;
    for (uint64_t i = 0; !status && i < info.count; i++) task->scored += scored[i];
    mem_free(&scored);
    return status;
}

/* result: [conditions]. */
static status_t read_conditions(run_t *run, const run_task_t *task, const store_t *store,
                                run_result_t *result)
{
    ptrdiff_t base = run_baseline(run);
    double *baseline = NULL;
    int64_t windows = 0;
    status_t status = NULL;
    if (!task->pairs && base >= 0 && store_has(store, run->condition[base].name))
        status = read_loss(store, run->condition[base].name, &baseline, &windows);
    for (size_t c = 0; !status && c < run->conditions; c++) {
        const char *condition = run->condition[c].name;
        const double *compare = run->condition[c].ablate ? baseline : NULL;
        if (!store_has(store, condition)) continue;
        status = task->pairs ? read_pairs(task, store, condition, &result[c])
                             : read_losses(store, condition, compare, windows, &result[c]);
        if (!status) status = note_deviation(run, store, condition);
        result[c].there = true;
    }
    mem_free(&baseline);
    return status;
}

/* *there: whether the file is. */
static status_t read_file(run_t *run, size_t checkpoint, size_t index, bool *there)
{
    run_task_t *task = &run->task[index];
    run_result_t *result = &run->result[(checkpoint * run->tasks + index) * run->conditions];
    char *name = NULL;
    store_t *store = NULL;
    status_t status =
        str_format(&name, "results/%s/%s.h5", run->checkpoints->item[checkpoint], task->name);
    if (!status) status = run_open_file(run, name, &store);
    *there = store != NULL;
    /* Without the shard nothing tells what the items are; that it is missing was said. */
    bool readable = !status && store && (task->shard || !task->pairs);
    if (readable) status = count_scored(store, task);
    if (readable && !status) status = note_products(run, store);
    if (readable && !status) status = read_conditions(run, task, store, result);
    store_close(&store);
    mem_free(&name);
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

static status_t read_task(run_t *run, size_t task, bool *file, bool *absent)
{
    size_t checkpoints = run->checkpoints->count;
    char *what = NULL;
    status_t status = NULL;
    for (size_t i = 0; !status && i < checkpoints; i++) {
        status = read_file(run, i, task, &file[i]);
        absent[i] = !file[i];
    }
    if (!status) status = str_format(&what, "%s (stage evaluate)", run->task[task].name);
    if (!status) status = run_add_missing(run, what, run->checkpoints, absent);
    if (!status && (run->task[task].shard || !run->task[task].pairs))
        status = note_conditions(run, task, file, absent);
    mem_free(&what);
    return status;
}

status_t run_read_results(run_t *run)
{
    size_t checkpoints = run->checkpoints->count;
    bool *file = NULL, *absent = NULL;
    status_t status = mem_new(&run->result, checkpoints * run->tasks * run->conditions, "results");
    if (!status) status = mem_new(&file, checkpoints, "checkpoints");
    if (!status) status = mem_new(&absent, checkpoints, "checkpoints");
    for (size_t t = 0; !status && t < run->tasks; t++) status = read_task(run, t, file, absent);
    mem_free(&absent);
    mem_free(&file);
    return status;
}
