/* What follows from all comparisons of a checkpoint: tests corrected for their number, and whether
 * a cohort matters for grammar more than for other things. */
#include <math.h>
#include <string.h>

#include "core/memory.h"
#include "findings/run_internal.h"
#include "stats/significance.h"

/* ---- many tests ---- */

status_t run_correct(run_t *run, size_t first)
{
    size_t count = run->changes - first;
    run_change_t *change = run->change + first;
    double *p = NULL, *holm = NULL;
    status_t status = mem_new(&p, count, "p-values");
    if (!status) status = mem_new(&holm, count, "p-values");
    for (int terms = 0; !status && terms < 2; terms++) {
        int64_t family = 0;
        for (size_t i = 0; i < count; i++) {
            p[i] = (change[i].term >= 0) == terms ? change[i].p : NAN;
            family += !isnan(p[i]);
        }
        status = holm_adjust(p, count, holm);
        for (size_t i = 0; !status && i < count; i++)
            if (!isnan(p[i])) change[i].holm = holm[i], change[i].family = family;
    }
    mem_free(&p);
    mem_free(&holm);
    return status;
}

/* ---- dissociation ---- */

/* Whether a task is one of a list of the configuration, or of the kind that stands where there is none. */
static bool is_listed(const run_t *run, const char *key, size_t task, bool otherwise)
{
    const char *const *name;
    size_t count = config_texts(run->config, key, &name);
    for (size_t i = 0; i < count; i++)
        if (strcmp(name[i], run->task[task].key) == 0) return true;
    return count == 0 && otherwise;
}

/* *task: [tasks], those of a side: 0 grammar, 1 others. */
static void choose_tasks(const run_t *run, int side, bool *task)
{
    bool choice = false;
    for (size_t t = 0; t < run->tasks; t++) choice |= run->task[t].is->kind == TASK_CHOICE;
    for (size_t t = 0; t < run->tasks; t++) {
        const run_task_t *of = &run->task[t];
        bool otherwise = choice ? of->is->kind == TASK_CHOICE && !of->norm : !of->counted;
        if (side == 0) otherwise = of->is->kind == TASK_PAIRS;
        task[t] = is_listed(run, side ? "report.other" : "report.grammar", t, otherwise);
    }
}

/* sum = the mean over a side's tasks of what the left loses less what the right loses, which is
 * the right's accuracy less the left's, or the left's loss less the right's. */
static bool add_side(const run_t *run, size_t contrast, const replicates_t *change,
                     const bool *task, int side, replicates_t *sum, run_dissociation_t *result)
{
    bool losses = false, counted = false;
    for (size_t t = 0; t < run->tasks; t++) {
        if (!task[t] || !change[t * run->contrasts + contrast].count) continue;
        *(run->task[t].counted ? &counted : &losses) = true;
        result->tasks[side]++;
    }
    if (losses == counted) return false;
    for (size_t t = 0; t < run->tasks; t++) {
        const replicates_t *of = &change[t * run->contrasts + contrast];
        if (!task[t] || !of->count) continue;
        replicates_add(sum, (losses ? 1. : -1.) / (double)result->tasks[side], of);
    }
    for (size_t i = run->changes; i-- > 0 && run->change[i].checkpoint == result->checkpoint;) {
        const run_change_t *of = &run->change[i];
        if (of->contrast == contrast && of->term < 0 && task[of->task]) result->n[side] += of->n;
    }
    result->drop[side] = sum->estimate;
    if (side) result->losses = losses;
    return side || !losses;
}

/* Where a side has no spread of its own: the difference's interval from those of the two sides (Zou
 * and Donner 2008, Statistics in Medicine 27). */
static interval_t of_sides(const run_dissociation_t *d)
{
    const interval_t *a = &d->drop_interval[0], *b = &d->drop_interval[1];
    double low = hypot(d->drop[0] - a->low, b->high - d->drop[1]);
    double high = hypot(a->high - d->drop[0], d->drop[1] - b->low);
    return (interval_t){d->difference - low, d->difference + high};
}

static status_t dissociate(run_t *run, size_t checkpoint, size_t contrast,
                           const replicates_t *change, bool *const task[2])
{
    run_dissociation_t result = {
        .checkpoint = checkpoint, .contrast = contrast, .difference = NAN, .interval = {NAN, NAN}};
    replicates_t sum[2] = {{0}};
    bool both = true;
    status_t status = NULL;
    for (int s = 0; !status && s < 2; s++) {
        status = replicates_create(run->resampling.replicates, &sum[s]);
        if (!status) both = both && add_side(run, contrast, change, task[s], s, &sum[s], &result);
        if (!status)
            status = resampled_interval(&sum[s], s && result.losses ? 0 : result.n[s], false,
                                        run->resampling.level, &result.drop_interval[s]);
    }
    if (!status && both && !result.losses) {
        result.difference = sum[0].estimate - sum[1].estimate;
        result.interval = of_sides(&result);
    }
    if (!status && both && !result.losses && sum[0].square > 0 && sum[1].square > 0) {
        replicates_add(&sum[0], -1, &sum[1]);
        status = replicates_interval(&sum[0], run->resampling.level, &result.interval);
    }
    if (!status && both)
        status = mem_grow(&run->dissociation, &run->dissociation_capacity, run->dissociations + 1,
                          "dissociations");
    if (!status && both) run->dissociation[run->dissociations++] = result;
    for (int s = 0; s < 2; s++) replicates_destroy(&sum[s]);
    return status;
}

/* Names of tasks that do not exist are errors. */
static status_t check_tasks(const run_t *run, const char *key)
{
    const char *const *name, *known[64];
    size_t count = config_texts(run->config, key, &name);
    for (size_t i = 0; i < count; i++) {
        size_t t = 0;
        for (; t < run->tasks && strcmp(name[i], run->task[t].key) != 0; t++)
            if (t < 64) known[t] = run->task[t].key;
        if (t < run->tasks) continue;
        const char *near = nearest_name(name[i], known, t < 64 ? t : 64);
        return config_error(run->config, key, "no task is named '%s'%s%s%s", name[i],
                            near ? "; did you mean '" : "", near ? near : "", near ? "'?" : "");
    }
    return NULL;
}

status_t run_dissociate(run_t *run, size_t checkpoint, const replicates_t *change)
{
    bool *task[2] = {NULL, NULL};
    status_t status = check_tasks(run, "report.grammar");
    if (!status) status = check_tasks(run, "report.other");
    if (!status) status = mem_new(&task[0], run->tasks, "tasks");
    if (!status) status = mem_new(&task[1], run->tasks, "tasks");
    for (int s = 0; !status && s < 2; s++) choose_tasks(run, s, task[s]);
    for (size_t k = 0; !status && k < run->contrasts; k++)
        if (!run->contrast[k].baseline) status = dissociate(run, checkpoint, k, change, task);
    mem_free(&task[0]);
    mem_free(&task[1]);
    return status;
}
