#include "report/csv.h"

#include <math.h>

#include "report/text.h"

/* ---- long form ---- */

/* What a line is about. */
typedef struct {
    const char *checkpoint, *task, *condition, *metric;
} about_t;

static status_t line(str_t *csv, const about_t *about, const char *grouping, const char *group,
                     const char *metric, double value, int64_t n, interval_t interval)
{
    const char *field[] = {about->checkpoint, about->task, about->condition,
                           grouping,          group,       metric};
    status_t status = NULL;
    for (size_t i = 0; !status && i < sizeof field / sizeof *field; i++)
        status = csv_text(csv, field[i]);
    if (!status) status = csv_number(csv, value);
    if (!status) status = csv_integer(csv, n);
    if (!status) status = csv_number(csv, interval.low);
    if (!status) status = csv_number(csv, interval.high);
    return status ? status : csv_end(csv);
}

static status_t accuracy_line(str_t *csv, const about_t *about, const char *grouping,
                              const char *group, const accuracy_t *accuracy)
{
    return line(csv, about, grouping, group, about->metric, accuracy_value(accuracy),
                accuracy->count, accuracy->interval);
}

static status_t result_lines(str_t *csv, const about_t *about, const run_task_t *task,
                             const run_result_t *result)
{
    if (!task->counted) {
        const loss_t *loss = &result->loss;
        status_t status = line(csv, about, "all", "", "perplexity", loss_perplexity(loss),
                               loss->windows, loss_perplexity_interval(loss));
        if (status) return status;
        status = line(csv, about, "all", "", "loss", loss->loss, loss->windows, loss->interval);
        if (status || !result->compared) return status;
        const loss_t *change = &result->change;
        return line(csv, about, "all", "", "perplexity_ratio", loss_perplexity(change),
                    change->windows, loss_perplexity_interval(change));
    }
    status_t status = accuracy_line(csv, about, "all", "", &result->all);
    for (size_t i = 0; !status && i < task->terms.count; i++)
        status = accuracy_line(csv, about, "term", task->terms.item[i], &result->term[i]);
    for (size_t i = 0; !status && i < task->files.count; i++)
        status = accuracy_line(csv, about, "file", task->files.item[i], &result->file[i]);
    return status;
}

status_t csv_results(const run_t *run, str_t *csv)
{
    status_t status =
        str_add(csv, "checkpoint,task,condition,grouping,group,metric,value,n,low,high\n");
    for (size_t i = 0; !status && i < run->checkpoints->count; i++)
        for (size_t t = 0; !status && t < run->tasks; t++)
            for (size_t c = 0; !status && c < run->conditions; c++) {
                const run_result_t *result = run_result(run, i, t, c);
                about_t about = {run->checkpoints->item[i], run->task[t].name,
                                 run->condition[c].name, run->task[t].metric};
                if (result->there) status = result_lines(csv, &about, &run->task[t], result);
            }
    return status;
}

/* ---- one task ---- */

/* What a line of the wide form counts: everything, or one term or file. */
typedef struct {
    const char *grouping, *group;
    size_t term, file; /* SIZE_MAX: not this */
} group_t;

static const accuracy_t *accuracy_of(const run_result_t *result, const group_t *group)
{
    if (group->term != SIZE_MAX) return &result->term[group->term];
    if (group->file != SIZE_MAX) return &result->file[group->file];
    return &result->all;
}

static status_t triple(str_t *csv, const run_task_t *task, const run_result_t *result,
                       const group_t *group)
{
    double value;
    interval_t interval;
    if (!result->there) return str_add(csv, ",,,");
    if (task->counted) {
        const accuracy_t *accuracy = accuracy_of(result, group);
        value = accuracy_value(accuracy), interval = accuracy->interval;
    } else {
        value = loss_perplexity(&result->loss);
        interval = loss_perplexity_interval(&result->loss);
    }
    status_t status = csv_number(csv, value);
    if (!status) status = csv_number(csv, interval.low);
    return status ? status : csv_number(csv, interval.high);
}

static status_t wide_line(const run_t *run, size_t checkpoint, size_t task, const group_t *group,
                          str_t *csv)
{
    const run_task_t *of = &run->task[task];
    int64_t n = 0;
    for (size_t c = 0; c < run->conditions && n == 0; c++) {
        const run_result_t *result = run_result(run, checkpoint, task, c);
        if (result->there)
            n = of->counted ? accuracy_of(result, group)->count : result->loss.windows;
    }
    if (n == 0) return NULL;
    status_t status = csv_text(csv, run->checkpoints->item[checkpoint]);
    if (!status) status = csv_text(csv, group->grouping);
    if (!status) status = csv_text(csv, group->group);
    if (!status) status = csv_integer(csv, n);
    for (size_t c = 0; !status && c < run->conditions; c++)
        status = triple(csv, of, run_result(run, checkpoint, task, c), group);
    return status ? status : csv_end(csv);
}

static status_t wide_head(const run_t *run, str_t *csv)
{
    static const char *const part[] = {"", ":low", ":high"};
    status_t status = str_add(csv, "checkpoint,grouping,group,n");
    for (size_t c = 0; !status && c < run->conditions; c++)
        for (int p = 0; !status && p < 3; p++) {
            str_t name = {0};
            status = str_printf(&name, "%s%s", run->condition[c].name, part[p]);
            if (!status) status = csv_text(csv, name.data);
            str_free(&name);
        }
    return status ? status : csv_end(csv);
}

status_t csv_task(const run_t *run, size_t task, str_t *csv)
{
    const run_task_t *of = &run->task[task];
    status_t status = wide_head(run, csv);
    for (size_t i = 0; !status && i < run->checkpoints->count; i++) {
        group_t all = {"all", "", SIZE_MAX, SIZE_MAX};
        status = wide_line(run, i, task, &all, csv);
        for (size_t g = 0; !status && g < of->terms.count; g++) {
            group_t term = {"term", of->terms.item[g], g, SIZE_MAX};
            status = wide_line(run, i, task, &term, csv);
        }
        for (size_t g = 0; !status && g < of->files.count; g++) {
            group_t file = {"file", of->files.item[g], SIZE_MAX, g};
            status = wide_line(run, i, task, &file, csv);
        }
    }
    return status;
}

/* ---- statistics ---- */

static status_t layer_line(const run_t *run, size_t checkpoint, int32_t layer, str_t *csv)
{
    const run_statistics_t *statistics = &run->statistics[checkpoint];
    const run_layer_t *of = &statistics->layer[layer];
    status_t status = csv_text(csv, run->checkpoints->item[checkpoint]);
    if (!status)
        status = layer == statistics->layers ? csv_text(csv, "all")
                                             : csv_integer(csv, statistics->number[layer]);
    if (!status) status = csv_integer(csv, statistics->tokens);
    if (!status) status = csv_integer(csv, of->neurons);
    if (!status) status = csv_integer(csv, of->undefined);
    for (int l = 0; !status && l < WD_LEVELS; l++) status = csv_number(csv, of->wd[l]);
    for (int m = 0; !status && m < MEANS; m++) status = csv_number(csv, of->mean[m]);
    return status ? status : csv_end(csv);
}

status_t csv_statistics(const run_t *run, str_t *csv)
{
    status_t status = str_add(csv, "checkpoint,layer,tokens,neurons,undefined");
    for (int l = 0; !status && l < WD_LEVELS; l++) status = csv_text(csv, run_wd_names[l]);
    for (int m = 0; !status && m < MEANS; m++)
        status = str_printf(csv, ",%s_average", run_mean_names[m]);
    if (!status) status = csv_end(csv);
    for (size_t i = 0; !status && i < run->checkpoints->count; i++) {
        const run_statistics_t *statistics = &run->statistics[i];
        for (int32_t l = 0; !status && statistics->there && l <= statistics->layers; l++)
            status = layer_line(run, i, l, csv);
    }
    return status;
}

/* ---- signs of pairs ---- */

static status_t signs_line(const run_t *run, size_t checkpoint, size_t rule, int side, str_t *csv)
{
    const int64_t *signs = run->cohort[checkpoint * run->rules.count + rule].signs[side];
    int64_t count = signs[SIGNS_NEGATIVE] + signs[SIGNS_MIXED] + signs[SIGNS_POSITIVE];
    status_t status = csv_text(csv, run->checkpoints->item[checkpoint]);
    if (!status) status = csv_text(csv, run->rules.rule[rule].name);
    if (!status) status = csv_text(csv, side == SIDE_CONTROLS ? "controls" : "separated");
    if (!status) status = csv_integer(csv, count);
    for (int s = 0; !status && s < SIGNS; s++) {
        interval_t interval = interval_share(signs[s], count, run->resampling.level);
        status = csv_number(csv, count ? (double)signs[s] / (double)count : NAN);
        if (!status) status = csv_number(csv, interval.low);
        if (!status) status = csv_number(csv, interval.high);
    }
    return status ? status : csv_end(csv);
}

status_t csv_pair_signs(const run_t *run, str_t *csv)
{
    status_t status = str_add(csv, "checkpoint,cohort,pairs,n,negative,negative:low,negative:high,"
                                   "mixed,mixed:low,mixed:high,positive,positive:low,"
                                   "positive:high\n");
    for (size_t i = 0; !status && i < run->checkpoints->count; i++)
        for (size_t r = 0; !status && r < run->rules.count; r++)
            for (int side = 0; !status && side < SIDES; side++)
                if (run->cohort[i * run->rules.count + r].signs_known)
                    status = signs_line(run, i, r, side, csv);
    return status;
}
