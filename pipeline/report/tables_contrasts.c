#include <math.h>
#include <string.h>

#include "core/memory.h"
#include "report/cells.h"
#include "report/contrasts.h"
#include "report/text.h"

/* ---- cells ---- */

static status_t add_number(table_t *table, int64_t number)
{
    return number < 0 ? cell_text(table, "") : cell_count(table, number);
}

static status_t write_ratio(str_t *text, double loss)
{
    return text_rounded(text, exp(loss), 5);
}

static status_t write_nats(str_t *text, double nats)
{
    if (!isfinite(nats)) return str_add(text, "–");
    return str_printf(text, "%s%.4f", nats < 0 ? "−" : "+", fabs(nats));
}

/* "value (low to high)". */
static status_t write_interval(str_t *text, double value, interval_t interval,
                               status_t (*write)(str_t *text, double value))
{
    status_t status = write(text, value);
    if (status || isnan(interval.low)) return status;
    status = str_add(text, " (");
    if (!status) status = write(text, interval.low);
    if (!status) status = str_add(text, " to ");
    if (!status) status = write(text, interval.high);
    return status ? status : str_add(text, ")");
}

static status_t write_p(str_t *text, double p)
{
    if (isnan(p)) return NULL;
    if (p < 1e-4) return str_printf(text, "%.0e", fmax(p, 1e-300));
    return str_printf(text, "%.4f", p);
}

static status_t add_p(table_t *table, double p)
{
    str_t text = {0};
    status_t status = write_p(&text, p);
    if (!status) status = cell_take(table, &text);
    str_free(&text);
    return status;
}

/* ---- a task's contrasts ---- */

static status_t write_change(const run_task_t *task, const run_change_t *change, str_t *text)
{
    return write_interval(text, change->value, change->interval,
                          task->counted ? text_points : write_ratio);
}

static status_t write_note(const run_t *run, const run_task_t *task, const run_change_t *change,
                           str_t *note)
{
    status_t status = str_add(note, "n = ");
    if (!status) status = text_count(note, change->n);
    if (!status)
        status = str_printf(note, " %s, the same under both; in brackets the %g %% interval (%s)",
                            run_items_name(task), 100 * run->resampling.level,
                            task->counted ? "bootstrap over the items' changes"
                                          : "bootstrap over the windows' changes of loss");
    if (status || !task->counted) return status;
    return str_printf(note,
                      "; better and worse: items that are right under the condition alone, under "
                      "the other alone; p: McNemar's exact test, two-sided; Holm: corrected for "
                      "the %lld tests over all items at this checkpoint",
                      (long long)change->family);
}

static status_t change_row(const run_t *run, const run_task_t *task, const run_change_t *change,
                           table_t *table)
{
    const run_contrast_t *contrast = &run->contrast[change->contrast];
    str_t text = {0};
    status_t status = strings_append(&table->cell, contrast->name);
    if (!status) status = strings_append(&table->cell, contrast->against);
    if (!status) status = write_change(task, change, &text);
    if (!status) status = cell_take(table, &text);
    if (!status && task->counted) status = add_number(table, change->gained);
    if (!status && task->counted) status = add_number(table, change->lost);
    if (!status && task->counted) status = add_p(table, change->p);
    if (!status && task->counted) status = add_p(table, change->holm);
    str_free(&text);
    return status;
}

static status_t title_of(const run_t *run, size_t task, size_t checkpoint, const char *more,
                         char **title)
{
    const run_task_t *of = &run->task[task];
    if (!of->counted)
        return str_format(title, "Perplexity on %s compared at %s", of->label,
                          run->checkpoints->item[checkpoint]);
    return str_format(title, "Changes of accuracy on %s%s, in points%s, at %s", of->label,
                      of->norm ? " (acc_norm)" : "", more, run->checkpoints->item[checkpoint]);
}

static status_t add_task(const run_t *run, size_t task, size_t checkpoint, tables_t *tables)
{
    static const char *const head[] = {"condition", "against", "change", "better",
                                       "worse",     "p",       "p, Holm"};
    static const char *const ratio[] = {"condition", "against", "ratio"};
    const run_task_t *of = &run->task[task];
    table_t *table = NULL;
    str_t note = {0};
    char *title = NULL;
    status_t status = title_of(run, task, checkpoint, "", &title);
    for (size_t k = 0; !status && k < run->contrasts; k++) {
        const run_change_t *change = run_change(run, checkpoint, task, k, -1);
        if (!change) continue;
        if (!table) {
            status = write_note(run, of, change, &note);
            if (!status) status = tables_append(tables, title, "", note.data, 2, &table);
            if (!status)
                status = of->counted ? cell_heads(table, 7, head) : cell_heads(table, 3, ratio);
        }
        if (!status) status = change_row(run, of, change, table);
    }
    mem_free(&title);
    str_free(&note);
    return status;
}

/* ---- by phenomenon ---- */

static status_t start_terms(const run_t *run, size_t task, size_t checkpoint, tables_t *tables,
                            table_t **table)
{
    const run_change_t *any = NULL;
    char *title = NULL, *note = NULL;
    for (size_t k = 0; !any && k < run->contrasts; k++)
        any = run_change(run, checkpoint, task, k, 0);
    if (!any) return NULL;
    status_t status = title_of(run, task, checkpoint, ", by phenomenon", &title);
    if (!status)
        status = str_format(&note,
                            "in brackets the %g %% interval (bootstrap over the items' changes); * "
                            "McNemar's exact test, corrected by Holm for the %lld tests of "
                            "phenomena at this checkpoint, gives p < %.4g",
                            100 * run->resampling.level, (long long)any->family,
                            1 - run->resampling.level);
    if (!status) status = tables_append(tables, title, "", note, 1, table);
    if (!status) status = strings_append(&(*table)->head, "phenomenon");
    for (size_t k = 0; !status && k < run->contrasts; k++) {
        const run_contrast_t *contrast = &run->contrast[k];
        str_t text = {0};
        if (!run_contrast_stands_out(run, k) || !run_change(run, checkpoint, task, k, 0)) continue;
        status = contrast->baseline
                     ? str_add(&text, contrast->name)
                     : str_printf(&text, "%s against %s", contrast->name, contrast->against);
        if (!status) status = strings_append(&(*table)->head, text.data);
        str_free(&text);
    }
    if (!status) status = strings_append(&(*table)->head, "n");
    mem_free(&title);
    mem_free(&note);
    return status;
}

static status_t add_terms(const run_t *run, size_t task, size_t checkpoint, tables_t *tables)
{
    const run_task_t *of = &run->task[task];
    table_t *table = NULL;
    str_t text = {0};
    status_t status = start_terms(run, task, checkpoint, tables, &table);
    for (size_t t = 0; !status && table && t < of->terms.count; t++) {
        int64_t n = 0;
        status = strings_append(&table->cell, of->terms.item[t]);
        for (size_t k = 0; !status && k < run->contrasts; k++) {
            const run_change_t *change = run_change(run, checkpoint, task, k, (ptrdiff_t)t);
            if (!change || !run_contrast_stands_out(run, k)) continue;
            n = change->n;
            status = write_change(of, change, &text);
            if (!status && change->holm < 1 - run->resampling.level) status = str_add(&text, " *");
            if (!status) status = cell_take(table, &text);
        }
        if (!status) status = add_number(table, n);
    }
    str_free(&text);
    return status;
}

/* ---- draws ---- */

static status_t spread_row(const run_t *run, const run_spread_t *spread, table_t *table)
{
    const run_task_t *task = &run->task[spread->task];
    status_t (*write)(str_t *, double) = text_percent;
    str_t text = {0};
    status_t status = str_printf(&text, "%s%s", task->label, task->norm ? " (acc_norm)" : "");
    if (!status) status = cell_take(table, &text);
    if (!status) status = strings_append(&table->cell, run->draws[spread->draws].name);
    if (!status) status = add_number(table, (int64_t)run->draws[spread->draws].members);
    if (!status) status = add_number(table, spread->n);
    const double value[] = {spread->mean,   spread->interval.low, spread->interval.high,
                            spread->lowest, spread->highest,      spread->deviation};
    static const char *const before[] = {"", " (", " to ", "", " to ", ""};
    for (int i = 0; !status && i < 6; i++) {
        status = str_add(&text, before[i]);
        if (!status)
            status = task->counted ? write(&text, value[i]) : text_rounded(&text, value[i], 4);
        if (!status && i == 2) status = str_add(&text, ")");
        if (!status && (i == 2 || i == 4 || i == 5)) status = cell_take(table, &text);
    }
    str_free(&text);
    return status;
}

static status_t add_draws(const run_t *run, size_t checkpoint, tables_t *tables)
{
    static const char *const head[] = {"task", "condition", "draws",    "n",
                                       "mean", "range",     "deviation"};
    table_t *table = NULL;
    char *title = NULL, *note = NULL;
    status_t status =
        str_format(&title, "Draws of random cohorts at %s", run->checkpoints->item[checkpoint]);
    if (!status)
        status = str_format(&note,
                            "accuracy in %%, else perplexity; n items or windows; mean over draws "
                            "with the %g %% interval of the same draws on other items or windows "
                            "(bootstrap; of perplexity the geometric mean's); range and standard "
                            "deviation over draws",
                            100 * run->resampling.level);
    for (size_t i = 0; !status && i < run->spreads; i++) {
        const run_spread_t *spread = &run->spread[i];
        if (spread->checkpoint != checkpoint || spread->term >= 0) continue;
        if (!table) {
            status = tables_append(tables, title, "", note, 2, &table);
            if (!status) status = cell_heads(table, 7, head);
        }
        if (!status) status = spread_row(run, spread, table);
    }
    mem_free(&title);
    mem_free(&note);
    return status;
}

/* ---- dissociation ---- */

static status_t dissociation_row(const run_t *run, const run_dissociation_t *d, table_t *table)
{
    const run_contrast_t *contrast = &run->contrast[d->contrast];
    str_t text = {0};
    status_t status = strings_append(&table->cell, contrast->name);
    if (!status) status = strings_append(&table->cell, contrast->against);
    for (int s = 0; !status && s < 2; s++) {
        bool losses = s && d->losses;
        status = write_interval(&text, d->drop[s], d->drop_interval[s],
                                losses ? write_nats : text_points);
        if (!status && losses) status = str_add(&text, " nats");
        if (!status) status = cell_take(table, &text);
        if (!status) status = add_number(table, d->n[s]);
    }
    if (!status) status = write_interval(&text, d->difference, d->interval, text_points);
    if (!status) status = cell_take(table, &text);
    str_free(&text);
    return status;
}

static status_t add_dissociations(const run_t *run, size_t checkpoint, tables_t *tables)
{
    static const char *const head[] = {"condition", "against", "grammar",   "n",
                                       "other",     "n",       "difference"};
    table_t *table = NULL;
    char *title = NULL, *note = NULL;
    status_t status = str_format(&title, "Dissociation at %s", run->checkpoints->item[checkpoint]);
    if (!status)
        status = str_format(
            &note,
            "what tasks lose under the condition more than under the other, in points of accuracy "
            "(the mean over tasks) or nats a token; difference: grammar's less the others'; n "
            "items or windows; in brackets the %g %% interval (bootstrap over the items' changes, "
            "tasks independent)",
            100 * run->resampling.level);
    for (size_t i = 0; !status && i < run->dissociations; i++) {
        const run_dissociation_t *d = &run->dissociation[i];
        if (d->checkpoint != checkpoint) continue;
        if (!table) {
            status = tables_append(tables, title, "", note, 2, &table);
            if (!status) status = cell_heads(table, 7, head);
        }
        if (!status) status = dissociation_row(run, d, table);
    }
    mem_free(&title);
    mem_free(&note);
    return status;
}

status_t tables_changes(const run_t *run, tables_t *tables)
{
    status_t status = NULL;
    for (size_t t = 0; !status && t < run->tasks; t++) {
        ptrdiff_t last = run_last_result(run, t);
        if (last >= 0) status = add_task(run, t, (size_t)last, tables);
        if (!status && last >= 0) status = add_terms(run, t, (size_t)last, tables);
    }
    return status;
}

status_t tables_draws(const run_t *run, tables_t *tables)
{
    ptrdiff_t last = run_last_result(run, SIZE_MAX);
    return last < 0 ? NULL : add_draws(run, (size_t)last, tables);
}

status_t tables_dissociation(const run_t *run, tables_t *tables)
{
    ptrdiff_t last = run_last_result(run, SIZE_MAX);
    return last < 0 ? NULL : add_dissociations(run, (size_t)last, tables);
}
