#include "report/residual.h"
#include "report/cells.h"

#include <math.h>

#include "core/memory.h"
#include "report/cells.h"
#include "report/text.h"

/* ---- as CSV ---- */

static status_t add_line(const run_t *run, const run_residual_t *row, str_t *csv)
{
    status_t status = csv_text(csv, run->checkpoints->item[row->checkpoint]);
    if (!status) status = csv_text(csv, run->condition[row->condition].name);
    if (!status) status = csv_text(csv, row->middle ? "middle" : "stream");
    if (!status) status = csv_integer(csv, row->place);
    if (!status) status = csv_integer(csv, row->tokens);
    if (!status) status = csv_integer(csv, row->channels);
    if (!status) status = csv_number(csv, row->rms);
    if (!status) status = csv_number(csv, row->lowest);
    if (!status) status = csv_number(csv, row->highest);
    if (!status) status = csv_number(csv, row->shift);
    for (int k = 0; !status && k < RESIDUAL_CHANNELS; k++) {
        bool there = row->channel[k] >= 0;
        status = there ? csv_integer(csv, row->channel[k]) : csv_text(csv, "");
        if (!status) status = csv_number(csv, there ? row->channel_shift[k] : NAN);
    }
    return status ? status : csv_end(csv);
}

status_t csv_residual(const run_t *run, size_t task, str_t *csv)
{
    status_t status =
        str_add(csv, "checkpoint,condition,where,layer,tokens,channels,rms,lowest,highest,shift");
    for (int k = 1; !status && k <= RESIDUAL_CHANNELS; k++)
        status = str_printf(csv, ",channel%d,shift%d", k, k);
    if (!status) status = csv_end(csv);
    for (size_t i = 0; !status && i < run->residuals; i++)
        if (run->residual[i].task == task) status = add_line(run, &run->residual[i], csv);
    return status;
}

/* ---- for people ---- */

/* The rows of one task at one checkpoint. */
typedef struct {
    const run_t *run;
    size_t task, checkpoint;
} view_t;

static const run_residual_t *find(const view_t *view, size_t condition, int32_t place)
{
    for (size_t i = 0; i < view->run->residuals; i++) {
        const run_residual_t *row = &view->run->residual[i];
        if (row->task == view->task && row->checkpoint == view->checkpoint && !row->middle &&
            row->condition == condition && row->place == place)
            return row;
    }
    return NULL;
}

static status_t add_place(table_t *table, const run_residual_t *row)
{
    char *text = NULL;
    status_t status =
        row->last ? str_copy(&text, "after the last") : str_format(&text, "%d", row->place);
    if (!status) status = strings_append(&table->cell, text);
    mem_free(&text);
    return status;
}

static status_t begin(const view_t *view, const char *what, const run_residual_t *row,
                      const char *more, size_t left, tables_t *tables, table_t **table)
{
    char *title = NULL, *note = NULL;
    const char *task = view->run->plan.task[view->task].data;
    status_t status = str_format(&title, "%s on %s, at %s", what, task,
                                 view->run->checkpoints->item[view->checkpoint]);
    if (!status)
        status = str_format(&note,
                            "n = %lld tokens, %lld channels; the residual stream that "
                            "enters a layer, %s",
                            (long long)row->tokens, (long long)row->channels, more);
    if (!status) status = tables_append(tables, title, "", note, left, table);
    mem_free(&note);
    mem_free(&title);
    return status;
}

static status_t shifts(const view_t *view, const run_residual_t *any, tables_t *tables)
{
    const run_t *run = view->run;
    table_t *table = NULL;
    ptrdiff_t baseline = run_baseline(run);
    bool level = baseline >= 0 && find(view, (size_t)baseline, 0);
    status_t status = begin(view, "Shift of the residual stream", any,
                            "root mean square over tokens and channels: of its values without "
                            "ablation, and of what each condition changes",
                            1, tables, &table);
    if (!status) status = strings_append(&table->head, "layer");
    if (!status && level) status = strings_append(&table->head, "values");
    for (size_t c = 0; !status && c < run->conditions; c++)
        if (run->condition[c].ablate && find(view, c, 0))
            status = strings_append(&table->head, run->condition[c].name);
    for (int32_t p = 0;; p++) {
        const run_residual_t *row = find(view, any->condition, p);
        if (status || !row) return status;
        status = add_place(table, row);
        if (!status && level) status = cell_number(table, find(view, (size_t)baseline, p)->rms, 4);
        for (size_t c = 0; !status && c < run->conditions; c++) {
            const run_residual_t *shifted = find(view, c, p);
            if (!run->condition[c].ablate || !find(view, c, 0)) continue;
            status = cell_number(table, shifted ? shifted->shift : NAN, 4);
        }
    }
}

static status_t channel_row(const view_t *view, const run_residual_t *row, table_t *table)
{
    status_t status = strings_append(&table->cell, view->run->condition[row->condition].name);
    if (!status) status = add_place(table, row);
    for (int k = 0; !status && k < RESIDUAL_CHANNELS; k++) {
        str_t text = {0};
        bool there = row->channel[k] >= 0 && row->channel_shift[k] > 0;
        if (there) status = str_printf(&text, "%d: ", row->channel[k]);
        if (!status && there) status = text_rounded(&text, row->channel_shift[k], 3);
        if (!status) status = strings_append(&table->cell, there ? text.data : "");
        str_free(&text);
    }
    return status;
}

static status_t channels(const view_t *view, const run_residual_t *any, tables_t *tables)
{
    static const char *const head[] = {"condition", "layer", "first", "second", "third"};
    table_t *table = NULL;
    status_t status = NULL;
    for (size_t i = 0; !status && i < view->run->residuals; i++) {
        const run_residual_t *row = &view->run->residual[i];
        if (row->task != view->task || row->checkpoint != view->checkpoint || row->middle ||
            !(row->shift > 0))
            continue;
        if (!table) {
            status = begin(view, "Channels of the largest shift", any,
                           "each channel with the root mean square over tokens of what the "
                           "condition changes",
                           2, tables, &table);
            for (size_t h = 0; !status && h < sizeof head / sizeof *head; h++)
                status = strings_append(&table->head, head[h]);
        }
        if (!status) status = channel_row(view, row, table);
    }
    return status;
}

status_t tables_residual(const run_t *run, tables_t *tables)
{
    status_t status = NULL;
    for (size_t t = 0; !status && t < run->plan.count; t++) {
        const run_residual_t *last = NULL;
        for (size_t i = 0; i < run->residuals; i++)
            if (run->residual[i].task == t) last = &run->residual[i];
        if (!last) continue;
        view_t view = {run, t, last->checkpoint};
        status = shifts(&view, last, tables);
        if (!status) status = channels(&view, last, tables);
    }
    return status;
}
