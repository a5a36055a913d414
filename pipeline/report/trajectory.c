#include "report/trajectory.h"

#include <math.h>
#include <string.h>

#include "core/json_out.h"
#include "core/memory.h"
#include "report/axis.h"
#include "report/cells.h"
#include "report/text.h"

/* ---- as CSV ---- */

static status_t add_checkpoint(const run_t *run, size_t checkpoint, str_t *csv)
{
    const char *name = run->checkpoints->item[checkpoint];
    ptrdiff_t same = run->point[checkpoint].same_as;
    int64_t step;
    status_t status = csv_text(csv, name);
    if (!status) status = checkpoint_step(name, &step) ? csv_integer(csv, step) : csv_text(csv, "");
    return status ? status : csv_text(csv, same < 0 ? "" : run->checkpoints->item[same]);
}

static double median_of(const run_t *run, size_t checkpoint)
{
    const run_statistics_t *statistics = &run->statistics[checkpoint];
    return statistics->there ? statistics->layer[statistics->layers].wd[WD_MEDIAN] : NAN;
}

status_t csv_emergence(const run_t *run, str_t *csv)
{
    status_t status = str_add(csv, "checkpoint,step,same_weights_as,cohort,neurons,mean_wd,"
                                   "overlap_with_last,median_wd_of_all\n");
    for (size_t i = 0; !status && i < run->emergences; i++) {
        const run_emergence_t *row = &run->emergence[i];
        status = add_checkpoint(run, row->checkpoint, csv);
        if (!status) status = csv_text(csv, run->rules.rule[row->rule].name);
        if (!status) status = csv_integer(csv, row->neurons);
        if (!status) status = csv_number(csv, row->wd);
        if (!status) status = csv_number(csv, row->overlap);
        if (!status) status = csv_number(csv, median_of(run, row->checkpoint));
        if (!status) status = csv_end(csv);
    }
    return status;
}

/* What is correlated with a cohort's WD: "accuracy", "accuracy_change", "loss". */
static status_t metric_of(const run_t *run, const run_correlation_t *row, str_t *text)
{
    const run_task_t *task = &run->task[row->task];
    status_t status = str_add(text, task->counted ? task->metric : "loss");
    return status || row->contrast < 0 ? status : str_add(text, "_change");
}

static status_t add_correlation(double value, interval_t interval, str_t *csv)
{
    status_t status = csv_number(csv, value);
    if (!status) status = csv_number(csv, interval.low);
    return status ? status : csv_number(csv, interval.high);
}

status_t csv_correlations(const run_t *run, str_t *csv)
{
    status_t status = str_add(csv, "cohort,chosen_at,task,grouping,group,metric,condition,n,"
                                   "pearson,pearson_low,pearson_high,spearman,spearman_low,"
                                   "spearman_high\n");
    ptrdiff_t base = run_baseline(run);
    for (size_t i = 0; !status && i < run->correlations; i++) {
        const run_correlation_t *row = &run->correlation[i];
        const run_task_t *task = &run->task[row->task];
        str_t metric = {0};
        status = csv_text(csv, run->rules.rule[row->rule].name);
        if (!status) status = csv_text(csv, row->chosen_at ? row->chosen_at : "each");
        if (!status) status = csv_text(csv, task->key);
        if (!status) status = csv_text(csv, row->term < 0 ? "all" : "term");
        if (!status) status = csv_text(csv, row->term < 0 ? "" : task->terms.item[row->term]);
        if (!status) status = metric_of(run, row, &metric);
        if (!status) status = csv_text(csv, metric.data);
        if (!status)
            status = csv_text(csv, row->contrast < 0 ? run->condition[base].name
                                                     : run->contrast[row->contrast].name);
        if (!status) status = csv_integer(csv, row->n);
        if (!status) status = add_correlation(row->pearson, row->pearson_interval, csv);
        if (!status) status = add_correlation(row->spearman, row->spearman_interval, csv);
        if (!status) status = csv_end(csv);
        str_free(&metric);
    }
    return status;
}

/* ---- for people ---- */

static const run_emergence_t *find(const run_t *run, size_t rule, size_t checkpoint)
{
    for (size_t i = 0; i < run->emergences; i++)
        if (run->emergence[i].rule == rule && run->emergence[i].checkpoint == checkpoint)
            return &run->emergence[i];
    return NULL;
}

/* Whether a table shows a cohort. */
static bool is_shown(const run_t *run, size_t rule, bool overlap)
{
    if (overlap && !run_rule_varies(run, rule)) return false;
    for (size_t i = 0; i < run->emergences; i++)
        if (run->emergence[i].rule == rule) return true;
    return false;
}

static status_t emergence_row(const run_t *run, size_t checkpoint, bool overlap, table_t *table)
{
    str_t name = {0};
    ptrdiff_t same = run->point[checkpoint].same_as;
    status_t status = str_add(&name, run->checkpoints->item[checkpoint]);
    if (!status && same >= 0) status = str_printf(&name, " (= %s)", run->checkpoints->item[same]);
    if (!status) status = strings_append(&table->cell, name.data);
    if (!status && !overlap) status = cell_number(table, median_of(run, checkpoint), 4);
    for (size_t r = 0; !status && r < run->rules.count; r++) {
        const run_emergence_t *row = find(run, r, checkpoint);
        if (!is_shown(run, r, overlap)) continue;
        if (!row) status = cell_text(table, "");
        else status = overlap ? cell_percent(table, row->overlap) : cell_number(table, row->wd, 4);
    }
    str_free(&name);
    return status;
}

static status_t add_emergence(const run_t *run, bool overlap, tables_t *tables)
{
    table_t *table = NULL;
    bool any = false;
    for (size_t r = 0; r < run->rules.count; r++) any |= is_shown(run, r, overlap);
    if (!any) return NULL;
    status_t status = tables_append(
        tables,
        overlap ? "Overlap of cohorts with the last ones, in %"
                : "Mean Wasserstein distance of cohorts along training",
        "",
        overlap
            ? "of the neurons in the cohort at a checkpoint or in that of the last one, the share "
              "that is in both (Jaccard); numbers of neurons: emergence.csv"
            : "each cohort as it was chosen at the checkpoint; median: of all neurons; numbers of "
              "neurons: emergence.csv; quantiles over all neurons above",
        1, &table);
    if (!status) status = strings_append(&table->head, "checkpoint");
    if (!status && !overlap) status = strings_append(&table->head, "median of all");
    for (size_t r = 0; !status && r < run->rules.count; r++)
        if (is_shown(run, r, overlap))
            status = strings_append(&table->head, run->rules.rule[r].name);
    for (size_t i = 0; !status && i < run->checkpoints->count; i++)
        if (run->statistics[i].there) status = emergence_row(run, i, overlap, table);
    return status;
}

static status_t add_interval(table_t *table, double value, interval_t interval)
{
    str_t text = {0};
    status_t status = isnan(value) ? str_add(&text, "–") : str_printf(&text, "%.2f", value);
    if (!status && !isnan(interval.low))
        status = str_printf(&text, " (%.2f to %.2f)", interval.low, interval.high);
    if (!status) status = strings_append(&table->cell, text.data);
    str_free(&text);
    return status;
}

static status_t correlation_row(const run_t *run, const run_correlation_t *row, table_t *table)
{
    const run_task_t *task = &run->task[row->task];
    str_t text = {0};
    status_t status = strings_append(&table->cell, run->rules.rule[row->rule].name);
    if (!status)
        status = strings_append(&table->cell, row->chosen_at ? row->chosen_at : "each checkpoint");
    if (!status) status = str_printf(&text, "%s: ", task->label);
    if (!status) status = metric_of(run, row, &text);
    if (!status && row->contrast >= 0)
        status = str_printf(&text, " under %s", run->contrast[row->contrast].name);
    if (!status) status = strings_append(&table->cell, text.data);
    str_clear(&text);
    if (!status) status = text_count(&text, row->n);
    if (!status) status = strings_append(&table->cell, text.data);
    if (!status) status = add_interval(table, row->pearson, row->pearson_interval);
    if (!status) status = add_interval(table, row->spearman, row->spearman_interval);
    str_free(&text);
    return status;
}

static status_t add_correlations(const run_t *run, tables_t *tables)
{
    static const char *const head[] = {"cohort", "chosen at", "with", "n", "Pearson", "Spearman"};
    table_t *table = NULL;
    char *note = NULL;
    status_t status = str_format(
        &note,
        "over n checkpoints of different weights: a cohort's mean WD with the baseline's "
        "result, and with what its own ablation changes (_change); in brackets the %g "
        "%% interval (Fisher's z; for Spearman's Bonett and Wright's), as if checkpoints "
        "were independent, which those of one training are not; by phenomenon: "
        "correlations.csv",
        100 * run->resampling.level);
    for (size_t i = 0; !status && i < run->correlations; i++) {
        if (run->correlation[i].term >= 0) continue;
        if (!table) {
            status = tables_append(tables, "Correlation of cohorts' WD with results along training",
                                   "", note, 3, &table);
            for (int h = 0; !status && h < 6; h++) status = strings_append(&table->head, head[h]);
        }
        if (!status) status = correlation_row(run, &run->correlation[i], table);
    }
    mem_free(&note);
    return status;
}

status_t tables_trajectory(const run_t *run, tables_t *tables)
{
    status_t status = add_emergence(run, false, tables);
    if (!status) status = add_emergence(run, true, tables);
    return status ? status : add_correlations(run, tables);
}

/* ---- as JSON ---- */

static json_t *point_of(const run_t *run, size_t checkpoint, bool *failed)
{
    const char *name = run->checkpoints->item[checkpoint];
    const run_point_t *point = &run->point[checkpoint];
    json_t *cohorts = json_array();
    int64_t step;
    for (size_t i = 0; i < run->emergences; i++) {
        const run_emergence_t *row = &run->emergence[i];
        if (row->checkpoint != checkpoint) continue;
        json_t *cohort =
            json_pack("{s:s, s:I, s:o, s:o}", "cohort", run->rules.rule[row->rule].name, "neurons",
                      (json_int_t)row->neurons, "mean_wd", json_finite(row->wd),
                      "overlap_with_last", json_finite(row->overlap));
        json_add(cohorts, cohort, failed);
    }
    return json_pack("{s:s, s:o, s:o, s:o, s:o, s:o}", "checkpoint", name, "step",
                     checkpoint_step(name, &step) ? json_integer(step) : json_null(), "weights",
                     json_words(point->weights), "same_weights_as",
                     json_words(point->same_as < 0 ? NULL : run->checkpoints->item[point->same_as]),
                     "median_wd", json_finite(median_of(run, checkpoint)), "cohorts", cohorts);
}

static json_t *drift_of(const run_t *run, const run_drift_t *d)
{
    return json_pack("{s:s, s:s, s:s, s:I, s:o, s:o, s:o}", "cohort", run->rules.rule[d->rule].name,
                     "chosen_at", d->reference, "checkpoint", run->checkpoints->item[d->checkpoint],
                     "neurons", (json_int_t)d->neurons, "mean_wd", json_finite(d->wd), "mean_rank",
                     json_finite(d->rank), "overlap", json_finite(run_drift_overlap(d)));
}

static json_t *correlation_of(const run_t *run, const run_correlation_t *row)
{
    const run_task_t *task = &run->task[row->task];
    ptrdiff_t base = run_baseline(run);
    return json_pack(
        "{s:s, s:s, s:s, s:s, s:b, s:s, s:o, s:I, s:o, s:[o, o], s:o, s:[o, o]}", "cohort",
        run->rules.rule[row->rule].name, "chosen_at", row->chosen_at ? row->chosen_at : "each",
        "task", task->key, "metric", task->counted ? task->metric : "loss", "change",
        row->contrast >= 0, "condition",
        row->contrast < 0 ? run->condition[base].name : run->contrast[row->contrast].name, "term",
        json_words(row->term < 0 ? NULL : task->terms.item[row->term]), "n", (json_int_t)row->n,
        "pearson", json_finite(row->pearson), "pearson_interval",
        json_finite(row->pearson_interval.low), json_finite(row->pearson_interval.high), "spearman",
        json_finite(row->spearman), "spearman_interval", json_finite(row->spearman_interval.low),
        json_finite(row->spearman_interval.high));
}

bool json_trajectory(const run_t *run, json_t *root)
{
    json_t *points = json_array(), *followed = json_array(), *correlations = json_array();
    bool failed = false;
    for (size_t i = 0; i < run->checkpoints->count; i++)
        json_add(points, point_of(run, i, &failed), &failed);
    for (size_t i = 0; i < run->drifts; i++)
        json_add(followed, drift_of(run, &run->drift[i]), &failed);
    for (size_t i = 0; i < run->correlations; i++)
        json_add(correlations, correlation_of(run, &run->correlation[i]), &failed);
    json_put(root, "trajectory", points, &failed);
    json_put(root, "followed", followed, &failed);
    json_put(root, "correlations", correlations, &failed);
    return !failed;
}
