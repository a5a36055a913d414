#include <math.h>

#include "report/contrasts.h"
#include "report/text.h"

static status_t add_interval(str_t *csv, interval_t interval)
{
    status_t status = csv_number(csv, interval.low);
    return status ? status : csv_number(csv, interval.high);
}

static status_t add_group(const run_task_t *task, ptrdiff_t term, str_t *csv)
{
    status_t status = csv_text(csv, term < 0 ? "all" : "term");
    return status ? status : csv_text(csv, term < 0 ? "" : task->terms.item[term]);
}

static status_t add_count(str_t *csv, int64_t count)
{
    return count < 0 ? csv_text(csv, "") : csv_integer(csv, count);
}

static status_t change_line(const run_t *run, const run_change_t *change, str_t *csv)
{
    const run_task_t *task = &run->task[change->task];
    const run_contrast_t *contrast = &run->contrast[change->contrast];
    const char *text[] = {run->checkpoints->item[change->checkpoint], task->key, contrast->name,
                          contrast->against};
    interval_t interval = change->interval;
    double value = change->value;
    if (!task->counted) {
        value = exp(value);
        interval = (interval_t){exp(interval.low), exp(interval.high)};
    }
    status_t status = NULL;
    for (int i = 0; !status && i < 4; i++) status = csv_text(csv, text[i]);
    if (!status) status = add_group(task, change->term, csv);
    if (!status && !task->counted) status = csv_text(csv, "perplexity_ratio");
    if (!status && task->counted) {
        str_t metric = {0};
        status = str_printf(&metric, "%s_change", task->metric);
        if (!status) status = csv_text(csv, metric.data);
        str_free(&metric);
    }
    if (!status) status = csv_number(csv, value);
    if (!status) status = csv_integer(csv, change->n);
    if (!status) status = add_interval(csv, interval);
    if (!status) status = add_count(csv, change->gained);
    if (!status) status = add_count(csv, change->lost);
    if (!status) status = csv_number(csv, change->p);
    if (!status) status = csv_number(csv, change->holm);
    if (!status) status = add_count(csv, change->family ? change->family : -1);
    return status ? status : csv_end(csv);
}

status_t csv_contrasts(const run_t *run, str_t *csv)
{
    status_t status = str_add(csv, "checkpoint,task,condition,against,grouping,group,metric,value,"
                                   "n,low,high,gained,lost,p,p_holm,tests\n");
    for (size_t i = 0; !status && i < run->changes; i++)
        status = change_line(run, &run->change[i], csv);
    return status;
}

status_t csv_draws(const run_t *run, str_t *csv)
{
    status_t status = str_add(csv, "checkpoint,task,condition,draws,grouping,group,metric,mean,n,"
                                   "low,high,deviation,lowest,highest\n");
    for (size_t i = 0; !status && i < run->spreads; i++) {
        const run_spread_t *spread = &run->spread[i];
        const run_task_t *task = &run->task[spread->task];
        status = csv_text(csv, run->checkpoints->item[spread->checkpoint]);
        if (!status) status = csv_text(csv, task->key);
        if (!status) status = csv_text(csv, run->draws[spread->draws].name);
        if (!status) status = csv_integer(csv, (int64_t)run->draws[spread->draws].members);
        if (!status) status = add_group(task, spread->term, csv);
        if (!status) status = csv_text(csv, task->metric);
        if (!status) status = csv_number(csv, spread->mean);
        if (!status) status = csv_integer(csv, spread->n);
        if (!status) status = add_interval(csv, spread->interval);
        if (!status) status = csv_number(csv, spread->deviation);
        if (!status) status = csv_number(csv, spread->lowest);
        if (!status) status = csv_number(csv, spread->highest);
        if (!status) status = csv_end(csv);
    }
    return status;
}

status_t csv_dissociation(const run_t *run, str_t *csv)
{
    status_t status = str_add(csv, "checkpoint,condition,against");
    for (int s = 0; !status && s < 2; s++)
        status = str_printf(csv, ",%1$s_tasks,%1$s_n,%1$s_unit,%1$s_drop,%1$s_low,%1$s_high",
                            s ? "other" : "grammar");
    if (!status) status = str_add(csv, ",difference,low,high\n");
    for (size_t i = 0; !status && i < run->dissociations; i++) {
        const run_dissociation_t *d = &run->dissociation[i];
        status = csv_text(csv, run->checkpoints->item[d->checkpoint]);
        if (!status) status = csv_text(csv, run->contrast[d->contrast].name);
        if (!status) status = csv_text(csv, run->contrast[d->contrast].against);
        for (int s = 0; !status && s < 2; s++) {
            status = csv_integer(csv, (int64_t)d->tasks[s]);
            if (!status) status = csv_integer(csv, d->n[s]);
            if (!status) status = csv_text(csv, s && d->losses ? "nats" : "share");
            if (!status) status = csv_number(csv, d->drop[s]);
            if (!status) status = add_interval(csv, d->drop_interval[s]);
        }
        if (!status) status = csv_number(csv, d->difference);
        if (!status) status = add_interval(csv, d->interval);
        if (!status) status = csv_end(csv);
    }
    return status;
}
