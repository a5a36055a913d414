/* Along training: checkpoints that repeat others, how cohorts emerge, and whether their WD goes with
 * the model's results. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/log.h"
#include "core/memory.h"
#include "findings/run_internal.h"
#include "select/selection.h"
#include "stats/compare.h"
#include "stats/statistics.h"

/* ---- what a checkpoint's weights are ---- */

/* A file's own attribute, where there are both. */
static status_t read_digest(run_t *run, const char *name, char **digest)
{
    store_t *store = NULL;
    status_t status = run_open_file(run, name, &store);
    if (!status && store && store_has_attribute(store, "/", "model"))
        status = store_get_text(store, "/", "model", digest);
    store_close(&store);
    return status;
}

static status_t read_point(run_t *run, size_t checkpoint)
{
    const char *name = run->checkpoints->item[checkpoint];
    run_point_t *point = &run->point[checkpoint];
    status_t status = NULL;
    for (size_t t = 0; !status && !point->weights && t < run->plan.count; t++) {
        char *file = NULL;
        status = str_format(&file, "results/%s/%s.h5", name, run->plan.task[t].name);
        if (!status) status = read_digest(run, file, &point->weights);
        mem_free(&file);
    }
    char *file = NULL;
    if (!status && !point->weights) status = str_format(&file, "activations/%s.h5", name);
    if (!status && file) status = read_digest(run, file, &point->weights);
    mem_free(&file);
    point->same_as = -1;
    return status;
}

static status_t read_wd(const run_t *run, size_t checkpoint, matrix_t *wd)
{
    char *path = NULL;
    status_t status =
        selection_statistics_path(run->directory, run->checkpoints->item[checkpoint], &path);
    if (!status) status = matrix_read(path, statistics_find("wd"), wd);
    mem_free(&path);
    return status;
}

/* A digest of all WD, by which checkpoints are compared whose results tell no digest of weights, or one
 * that differs in config.json alone. */
static status_t digest_wd(const run_t *run, size_t checkpoint, char hex[SHA256_HEX])
{
    matrix_t wd = {0};
    hash_t *hash = NULL;
    hex[0] = '\0';
    if (!run->statistics[checkpoint].there) return NULL;
    status_t status = read_wd(run, checkpoint, &wd);
    if (!status) status = hash_create(&hash);
    if (!status)
        status =
            hash_add(hash, wd.value, (size_t)wd.layers * (size_t)wd.neurons * sizeof *wd.value);
    if (!status) status = hash_finish(&hash, hex);
    hash_destroy(&hash);
    matrix_destroy(&wd);
    return status;
}

static status_t note_same(run_t *run, size_t checkpoint)
{
    const run_point_t *point = &run->point[checkpoint];
    char *line = NULL;
    status_t status =
        str_format(&line,
                   "%s: its weights equal those of %s; it counts once where "
                   "checkpoints are counted",
                   run->checkpoints->item[checkpoint], run->checkpoints->item[point->same_as]);
    if (!status) log_warning("%s", line);
    mem_free(&line);
    return status;
}

static status_t find_same(run_t *run)
{
    size_t count = run->checkpoints->count;
    char(*wd)[SHA256_HEX] = NULL;
    status_t status = mem_new(&wd, count, "checkpoints");
    for (size_t i = 0; !status && i < count; i++) status = digest_wd(run, i, wd[i]);
    for (size_t i = 1; !status && i < count; i++) {
        run_point_t *point = &run->point[i];
        for (size_t j = 0; j < i && point->same_as < 0; j++) {
            const char *other = run->point[j].weights;
            bool weights = point->weights && other && strcmp(point->weights, other) == 0;
            bool equal = wd[i][0] && strcmp(wd[i], wd[j]) == 0;
            if ((weights || equal) && run->point[j].same_as < 0) point->same_as = (ptrdiff_t)j;
        }
        if (point->same_as >= 0) status = note_same(run, i);
    }
    mem_free(&wd);
    return status;
}

/* ---- emergence ---- */

static status_t read_cohort(run_t *run, size_t rule, size_t checkpoint, cohort_t *cohort)
{
    char *name = NULL;
    store_t *store = NULL;
    status_t status = str_format(&name, "selection/%s.h5", run->rules.rule[rule].name);
    if (!status) status = run_open_file(run, name, &store);
    if (!status && store)
        status = selection_read(store, run->checkpoints->item[checkpoint], cohort);
    store_close(&store);
    mem_free(&name);
    return status;
}

static status_t emerge(run_t *run, size_t rule, size_t checkpoint, const cohort_t *last)
{
    run_emergence_t row = {.checkpoint = checkpoint, .rule = rule};
    cohort_t cohort = {0};
    matrix_t wd = {0};
    int64_t ranked;
    status_t status = read_cohort(run, rule, checkpoint, &cohort);
    if (!status) status = read_wd(run, checkpoint, &wd);
    if (!status) {
        int64_t both = run_common_neurons(&cohort, last);
        int64_t either = cohort.count + last->count - both;
        row.neurons = cohort.count;
        row.wd = run_mean_over(&wd, wd.value, &cohort, &ranked);
        row.overlap = either ? (double)both / (double)either : NAN;
        status =
            mem_grow(&run->emergence, &run->emergence_capacity, run->emergences + 1, "cohorts");
    }
    if (!status) run->emergence[run->emergences++] = row;
    matrix_destroy(&wd);
    cohort_destroy(&cohort);
    return status;
}

static bool has_cohort(const run_t *run, size_t rule, size_t checkpoint)
{
    return run->statistics[checkpoint].there &&
           run->cohort[checkpoint * run->rules.count + rule].there;
}

static status_t read_emergence(run_t *run)
{
    status_t status = NULL;
    for (size_t r = 0; !status && r < run->rules.count; r++) {
        cohort_t last = {0};
        ptrdiff_t at = (ptrdiff_t)run->checkpoints->count - 1;
        if (run->rules.rule[r].kind == RULE_ALL) continue;
        while (at >= 0 && !has_cohort(run, r, (size_t)at)) at--;
        if (at < 1) continue;
        status = read_cohort(run, r, (size_t)at, &last);
        for (size_t i = 0; !status && i < run->checkpoints->count; i++)
            if (has_cohort(run, r, i)) status = emerge(run, r, i, &last);
        cohort_destroy(&last);
    }
    return status;
}

bool run_rule_varies(const run_t *run, size_t rule)
{
    rule_kind_t kind = run->rules.rule[rule].kind;
    return kind != RULE_ALL && kind != RULE_RANDOM && kind != RULE_LISTED;
}

/* ---- correlations ---- */

/* wd [checkpoints] of a cohort: its own at each checkpoint, or the one that was followed. Returns
 * whether there are any; *chosen_at as in run_correlation_t. */
static bool fill_wd(const run_t *run, size_t rule, bool followed, double *wd,
                    const char **chosen_at)
{
    bool any = false;
    *chosen_at = NULL;
    for (size_t i = 0; i < run->checkpoints->count; i++) wd[i] = NAN;
    for (size_t i = 0; !followed && i < run->emergences; i++) {
        const run_emergence_t *row = &run->emergence[i];
        if (row->rule != rule || run->point[row->checkpoint].same_as >= 0) continue;
        wd[row->checkpoint] = row->wd;
        any = true;
    }
    for (size_t i = 0; followed && i < run->drifts; i++) {
        const run_drift_t *row = &run->drift[i];
        if (row->rule != rule || run->point[row->checkpoint].same_as >= 0) continue;
        wd[row->checkpoint] = row->wd;
        *chosen_at = row->reference;
        any = true;
    }
    return any;
}

/* Results along training: of the baseline, or what a contrast changes. */
static void fill_results(const run_t *run, size_t task, ptrdiff_t term, ptrdiff_t contrast,
                         double *value)
{
    ptrdiff_t base = run_baseline(run);
    for (size_t i = 0; i < run->checkpoints->count; i++) {
        value[i] = NAN;
        if (contrast >= 0 || base < 0) continue;
        const run_result_t *result = run_result(run, i, task, (size_t)base);
        if (!result->there) continue;
        value[i] = !run->task[task].counted ? result->loss.loss
                   : term < 0               ? accuracy_value(&result->all)
                                            : accuracy_value(&result->term[term]);
    }
    for (size_t i = 0; contrast >= 0 && i < run->changes; i++) {
        const run_change_t *change = &run->change[i];
        if (change->task == task && change->term == term && change->contrast == (size_t)contrast)
            value[change->checkpoint] = change->value;
    }
}

static status_t correlate(run_t *run, run_correlation_t row, const double *wd, const double *value)
{
    int64_t count = (int64_t)run->checkpoints->count;
    double level = run->resampling.level;
    row.pearson = linear_correlation(wd, value, count, &row.n);
    status_t status = rank_correlation(wd, value, count, &row.spearman, &row.n);
    if (status || row.n < 3) return status;
    row.pearson_interval = interval_correlation(row.pearson, row.n, false, level);
    row.spearman_interval = interval_correlation(row.spearman, row.n, true, level);
    status = mem_grow(&run->correlation, &run->correlation_capacity, run->correlations + 1,
                      "correlations");
    if (!status) run->correlation[run->correlations++] = row;
    return status;
}

/* Whether a contrast is what a cohort's ablation changes. */
static bool ablates(const run_t *run, const run_contrast_t *contrast, size_t rule)
{
    const char *cohort = run->condition[contrast->left[0]].cohort;
    return contrast->baseline && contrast->lefts == 1 && cohort &&
           strcmp(cohort, run->rules.rule[rule].name) == 0;
}

static status_t correlate_task(run_t *run, run_correlation_t row, const double *wd, double *value)
{
    const run_task_t *task = &run->task[row.task];
    ptrdiff_t terms = task->counted && task->terms.count > 1 ? (ptrdiff_t)task->terms.count : 0;
    status_t status = NULL;
    for (row.term = -1; !status && row.term < terms; row.term++)
        for (row.contrast = -1; !status && row.contrast < (ptrdiff_t)run->contrasts;
             row.contrast++) {
            if (row.contrast >= 0 && !ablates(run, &run->contrast[row.contrast], row.rule))
                continue;
            fill_results(run, row.task, row.term, row.contrast, value);
            status = correlate(run, row, wd, value);
        }
    return status;
}

static status_t read_correlations(run_t *run)
{
    double *wd = NULL, *value = NULL;
    status_t status = mem_new(&wd, run->checkpoints->count, "checkpoints");
    if (!status) status = mem_new(&value, run->checkpoints->count, "checkpoints");
    for (size_t r = 0; !status && r < run->rules.count; r++)
        for (int followed = 0; !status && followed < 2; followed++) {
            run_correlation_t row = {.rule = r};
            /* A frozen cohort is the same at every checkpoint. */
            if (!followed && run->rules.rule[r].from) continue;
            if (!fill_wd(run, r, followed, wd, &row.chosen_at)) continue;
            for (row.task = 0; !status && row.task < run->tasks; row.task++)
                status = correlate_task(run, row, wd, value);
        }
    mem_free(&wd);
    mem_free(&value);
    return status;
}

status_t run_read_trajectory(run_t *run)
{
    status_t status = mem_new(&run->point, run->checkpoints->count, "checkpoints");
    for (size_t i = 0; !status && i < run->checkpoints->count; i++) status = read_point(run, i);
    if (!status) status = find_same(run);
    if (!status) status = read_emergence(run);
    return status ? status : read_correlations(run);
}
