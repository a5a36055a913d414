/* All conditions at one glance: conditions down, tasks across. */
#include <math.h>

#include "core/memory.h"
#include "report/cells.h"
#include "report/series.h"
#include "report/tables.h"
#include "report/text.h"

static status_t write_value(const run_task_t *task, double value, str_t *text)
{
    return task->counted ? text_percent(text, value / 100) : text_rounded(text, value, 4);
}

static status_t add_value(const run_t *run, const series_t *series, size_t task, size_t checkpoint,
                          table_t *table)
{
    const run_task_t *of = &run->task[task];
    show_t show = of->counted ? SHOW_ACCURACY : SHOW_PERPLEXITY;
    shown_t shown = series_value(run, series, show, checkpoint, task, -1);
    str_t text = {0};
    status_t status = isnan(shown.value) ? NULL : write_value(of, shown.value, &text);
    if (!status && !isnan(shown.value) && isfinite(shown.interval.low)) {
        status = str_add(&text, " (");
        if (!status) status = write_value(of, shown.interval.low, &text);
        if (!status) status = str_add(&text, "–");
        if (!status) status = write_value(of, shown.interval.high, &text);
        if (!status) status = str_add(&text, ")");
    }
    if (!status) status = cell_take(table, &text);
    str_free(&text);
    return status;
}

static status_t begin(const run_t *run, size_t checkpoint, tables_t *tables, table_t **table)
{
    char *title = NULL;
    str_t note = {0};
    status_t status =
        str_format(&title, "All conditions at %s", run->checkpoints->item[checkpoint]);
    for (size_t t = 0; !status && t < run->tasks; t++) {
        const run_task_t *task = &run->task[t];
        if (run_last_result(run, t) < (ptrdiff_t)checkpoint) continue;
        status = str_printf(&note, "%s%s: ", note.length ? "; " : "", task->label);
        if (!status)
            status = str_printf(
                &note, "%s, n = ", task->counted ? "% right" : "perplexity, lower is better");
        int64_t n = task->items;
        for (size_t c = 0; !task->counted && c < run->conditions; c++)
            if (run_result(run, checkpoint, t, c)->there)
                n = run_result(run, checkpoint, t, c)->loss.windows;
        if (!status) status = text_count(&note, n);
        if (!status) status = str_printf(&note, " %s", run_items_name(task));
    }
    if (!status)
        status = str_printf(&note, "; %g %% intervals (bootstrap over these)",
                            100 * run->resampling.level);
    if (!status) status = tables_append(tables, title, "", note.data, 1, table);
    if (!status) status = CELL_HEADS(*table, "condition");
    for (size_t t = 0; !status && t < run->tasks; t++) {
        char *head = NULL;
        status =
            str_format(&head, "%s%s%s", run->task[t].label, run->task[t].norm ? " (acc_norm)" : "",
                       run->task[t].counted ? ", %" : ", perplexity");
        if (!status) status = cell_heads(*table, 1, (const char *const *)&head);
        mem_free(&head);
    }
    mem_free(&title);
    str_free(&note);
    return status;
}

/* Whether a series has a result at a checkpoint. */
static bool has_result(const run_t *run, size_t condition, size_t checkpoint)
{
    for (size_t t = 0; t < run->tasks; t++)
        if (run_result(run, checkpoint, t, condition)->there) return true;
    return false;
}

static status_t add_row(const run_t *run, const series_t *series, size_t checkpoint, table_t *table)
{
    status_t status = cell_text(table, series->name);
    for (size_t t = 0; !status && t < run->tasks; t++)
        status = add_value(run, series, t, checkpoint, table);
    return status;
}

status_t tables_conditions(const run_t *run, tables_t *tables)
{
    ptrdiff_t last = run_last_result(run, SIZE_MAX);
    table_t *table;
    if (last < 0) return NULL;
    status_t status = begin(run, (size_t)last, tables, &table);
    for (size_t c = 0; !status && c < run->conditions; c++) {
        const series_t series = series_of(run, c);
        if (has_result(run, c, (size_t)last)) status = add_row(run, &series, (size_t)last, table);
    }
    for (size_t d = 0; !status && d < run->draws_count; d++) {
        const run_draws_t *draws = &run->draws[d];
        char *name = NULL;
        if (!has_result(run, draws->member[0], (size_t)last)) continue;
        status = str_format(&name, "%s (mean of %zu)", draws->name, draws->members);
        const series_t series = {
            .name = name, .condition = draws->member[0], .draws = (ptrdiff_t)d, .baseline = -1};
        if (!status) status = add_row(run, &series, (size_t)last, table);
        mem_free(&name);
    }
    return status;
}
