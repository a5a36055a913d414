#include "report/tables.h"

#include <math.h>
#include <string.h>

#include "core/memory.h"
#include "report/axis.h"
#include "report/cells.h"
#include "report/tables_internal.h"
#include "report/text.h"

/* What a table shows of its task: everything, or a group of its pairs. */
typedef struct {
    const run_t *run;
    size_t task;
    bool term, file; /* pairs: one group of them */
    bool ratio;      /* perplexity: over the baseline's */
    size_t group;
    detail_t detail;
} view_t;

static const run_task_t *task_of(const view_t *view)
{
    return &view->run->task[view->task];
}

static const accuracy_t *accuracy_of(const view_t *view, const run_result_t *result)
{
    if (view->term) return &result->term[view->group];
    if (view->file) return &result->file[view->group];
    return &result->all;
}

/* A number as people read it: accuracy in per cent, perplexity with four digits, a ratio with
 * four decimals. */
static status_t write_value(const view_t *view, double value, str_t *text)
{
    if (task_of(view)->counted) return text_percent(text, value);
    return text_rounded(text, value, view->ratio ? 5 : 4);
}

static status_t add_value(const view_t *view, double value, interval_t interval, table_t *table)
{
    str_t text = {0};
    status_t status = write_value(view, value, &text);
    if (!status && view->detail.intervals && isfinite(interval.low)) {
        status = str_add(&text, " (");
        if (!status) status = write_value(view, interval.low, &text);
        if (!status) status = str_add(&text, "–");
        if (!status) status = write_value(view, interval.high, &text);
        if (!status) status = str_add(&text, ")");
    }
    if (!status) status = cell_take(table, &text);
    str_free(&text);
    return status;
}

static double value_of(const view_t *view, const run_result_t *result, interval_t *interval,
                       int64_t *n)
{
    if (!task_of(view)->counted) {
        const loss_t *loss = view->ratio ? &result->change : &result->loss;
        *interval = loss_perplexity_interval(loss);
        *n = loss->windows;
        return loss_perplexity(loss);
    }
    const accuracy_t *accuracy = accuracy_of(view, result);
    *interval = accuracy->interval;
    *n = accuracy->count;
    return accuracy_value(accuracy);
}

static bool has_value(const view_t *view, const run_result_t *result)
{
    return result->there && (!view->ratio || result->compared);
}

/* Which conditions and checkpoints of a task have anything to show. */
static bool has_condition(const view_t *view, size_t condition)
{
    for (size_t i = 0; i < view->run->checkpoints->count; i++)
        if (has_value(view, run_result(view->run, i, view->task, condition))) return true;
    return false;
}

static bool has_checkpoint(const view_t *view, size_t checkpoint)
{
    for (size_t c = 0; c < view->run->conditions; c++)
        if (has_value(view, run_result(view->run, checkpoint, view->task, c))) return true;
    return false;
}

/* n over all that is shown, and how far an interval reaches from its value at most (relative
 * to it for perplexity, in points for accuracy). */
typedef struct {
    int64_t least, most, ties;
    double reach;
} extent_t;

static extent_t measure(const view_t *view)
{
    extent_t extent = {0};
    bool counted = task_of(view)->counted, first = true;
    for (size_t i = 0; i < view->run->checkpoints->count; i++)
        for (size_t c = 0; c < view->run->conditions; c++) {
            const run_result_t *result = run_result(view->run, i, view->task, c);
            interval_t interval;
            int64_t n;
            if (!has_value(view, result)) continue;
            double value = value_of(view, result, &interval, &n);
            double reach = fmax(interval.high - value, value - interval.low);
            if (!counted) reach /= value;
            if (reach > extent.reach) extent.reach = reach;
            if (counted) extent.ties += accuracy_of(view, result)->ties;
            if (first || n < extent.least) extent.least = n;
            if (first || n > extent.most) extent.most = n;
            first = false;
        }
    return extent;
}

static status_t write_note(const view_t *view, str_t *note)
{
    const run_task_t *task = task_of(view);
    extent_t extent = measure(view);
    status_t status = str_add(note, "n = ");
    if (!status) status = text_count(note, extent.least);
    if (!status && extent.most > extent.least) status = str_add(note, " to ");
    if (!status && extent.most > extent.least) status = text_count(note, extent.most);
    if (!status) status = str_printf(note, " %s", run_items_name(task));
    if (!status && !task->counted && task->scored) {
        status = str_add(note, ", ");
        if (!status) status = text_count(note, task->scored);
        if (!status) status = str_add(note, " scored tokens");
    }
    if (!status && extent.ties)
        status = str_printf(note, "; ties (%s): %lld in all cells",
                            task->ties_right ? "right" : "wrong", (long long)extent.ties);
    if (status || extent.reach <= 0) return status;
    double level = 100 * view->run->resampling.level;
    if (view->detail.intervals)
        return str_printf(note, "; in brackets the %g %% interval (%s)", level,
                          view->ratio ? "bootstrap over the windows' changes of loss"
                                      : run_interval_name(task));
    return str_printf(note, "; %g %% intervals (%s) reach at most ±%.1f %s", level,
                      run_interval_name(task), 100 * extent.reach, task->counted ? "points" : "%");
}

static status_t write_title(const view_t *view, str_t *title)
{
    const run_task_t *task = task_of(view);
    if (view->ratio) return str_printf(title, "Perplexity on %s over the baseline's", task->label);
    if (!task->counted) return str_printf(title, "Perplexity on %s", task->label);
    return str_printf(title, "%s of %s right, in %%%s%s",
                      task->is->kind == TASK_PAIRS ? "Minimal pairs" : "Questions", task->label,
                      task->norm                      ? " (acc_norm)"
                      : task->is->kind == TASK_CHOICE ? " (acc)"
                                                      : "",
                      !view->term                    ? ""
                      : task->is->kind == TASK_PAIRS ? ", by phenomenon"
                                                     : ", by group");
}

static status_t begin(const view_t *view, const char *corner, tables_t *tables, table_t **table)
{
    str_t title = {0}, note = {0};
    status_t status = write_title(view, &title);
    if (!status) status = write_note(view, &note);
    const char *part = view->term ? task_of(view)->terms.item[view->group] : "";
    if (!status) status = tables_append(tables, title.data, part, note.data, 1, table);
    if (!status) status = strings_append(&(*table)->head, corner);
    for (size_t c = 0; !status && c < view->run->conditions; c++)
        if (has_condition(view, c))
            status = strings_append(&(*table)->head, view->run->condition[c].name);
    str_free(&title);
    str_free(&note);
    return status;
}

static status_t add_row(const view_t *view, const char *name, size_t checkpoint, table_t *table)
{
    status_t status = strings_append(&table->cell, name);
    for (size_t c = 0; !status && c < view->run->conditions; c++) {
        const run_result_t *result = run_result(view->run, checkpoint, view->task, c);
        interval_t interval;
        int64_t n;
        if (!has_condition(view, c)) continue;
        if (!has_value(view, result)) {
            status = strings_append(&table->cell, "");
            continue;
        }
        double value = value_of(view, result, &interval, &n);
        status = add_value(view, value, interval, table);
    }
    return status;
}

status_t tables_choose_rows(const run_t *run, const bool *candidate, size_t most, bool **shown,
                            char **note)
{
    size_t count = 0, all = 0;
    for (size_t i = 0; i < run->checkpoints->count; i++) all += candidate[i];
    status_t status = mem_new(shown, run->checkpoints->count, "rows");
    if (!status) status = axis_choose(run->checkpoints, candidate, most, *shown, &count);
    if (status || !note || count == all) return status;
    char *longer = NULL;
    status = str_format(&longer, "%s; %zu of %zu checkpoints shown", *note, count, all);
    if (status) return status;
    mem_free(note);
    *note = longer;
    return NULL;
}

static status_t checkpoints_table(const view_t *view, tables_t *tables)
{
    size_t checkpoints = view->run->checkpoints->count, count = 0;
    table_t *table = NULL;
    bool *candidate = NULL, *shown = NULL;
    status_t status = mem_new(&candidate, checkpoints, "rows");
    for (size_t i = 0; !status && i < checkpoints; i++)
        count += candidate[i] = has_checkpoint(view, i);
    if (!status && count) {
        status = begin(view, "checkpoint", tables, &table);
        if (!status)
            status = tables_choose_rows(view->run, candidate, view->detail.most, &shown,
                                        view->term ? NULL : &table->note);
        for (size_t i = 0; !status && i < checkpoints; i++)
            if (shown[i]) status = add_row(view, view->run->checkpoints->item[i], i, table);
    }
    mem_free(&shown);
    mem_free(&candidate);
    return status;
}

status_t tables_results(const run_t *run, detail_t detail, tables_t *tables)
{
    status_t status = NULL;
    for (size_t t = 0; !status && t < run->tasks; t++) {
        view_t view = {.run = run, .task = t, .detail = detail};
        status = checkpoints_table(&view, tables);
        view.ratio = !run->task[t].counted && detail.intervals;
        if (!status && view.ratio) status = checkpoints_table(&view, tables);
        view.ratio = false;
        size_t terms = run->task[t].terms.count;
        view.term = true;
        for (view.group = 0; !status && detail.terms && terms > 1 && view.group < terms;
             view.group++)
            status = checkpoints_table(&view, tables);
    }
    return status;
}

/* A task's accuracy by file or phenomenon at its last checkpoint. */
static status_t groups_table(const run_t *run, size_t t, bool file, tables_t *tables)
{
    const run_task_t *task = &run->task[t];
    const strings_t *group = file ? &task->files : &task->terms;
    ptrdiff_t last = run_last_result(run, t);
    view_t view = {.run = run, .task = t, .detail = {.intervals = true}};
    table_t *table;
    if (last < 0 || group->count < 2) return NULL;
    const char *kind = file ? "file" : task->is->kind == TASK_PAIRS ? "phenomenon" : "group";
    status_t status = begin(&view, kind, tables, &table);
    view.file = file, view.term = !file;
    for (view.group = 0; !status && view.group < group->count; view.group++)
        status = add_row(&view, group->item[view.group], (size_t)last, table);
    if (status) return status;
    mem_free(&table->title);
    mem_free(&table->note);
    status = str_format(&table->title, "%s of %s right, in %%, by %s at %s%s",
                        task->is->kind == TASK_PAIRS ? "Minimal pairs" : "Questions", task->label,
                        kind, run->checkpoints->item[last], task->norm ? " (acc_norm)" : "");
    if (!status)
        status = str_format(&table->note, "%lld %s in %zu %s; in brackets the %g %% interval (%s)",
                            (long long)task->items, run_items_name(task), group->count,
                            file             ? "files"
                            : kind[0] == 'p' ? "phenomena"
                                             : "groups",
                            100 * run->resampling.level, run_interval_name(task));
    return status;
}

status_t tables_groups(const run_t *run, tables_t *tables)
{
    status_t status = NULL;
    for (size_t t = 0; !status && t < run->tasks; t++)
        for (int file = 0; !status && file < 2; file++) status = groups_table(run, t, file, tables);
    return status;
}
