#include "report/surprisal.h"

#include <math.h>
#include <string.h>

#include "core/memory.h"
#include "eval/tagged.h"
#include "report/text.h"

status_t csv_surprisal(const run_t *run, str_t *csv)
{
    status_t status = str_add(csv, "checkpoint,task,condition,against,by,group,value,tokens,"
                                   "windows,low,high\n");
    for (size_t i = 0; !status && i < run->surprisals; i++) {
        const run_surprisal_t *row = &run->surprisal[i];
        const run_contrast_t *of = row->contrast < 0 ? NULL : &run->contrast[row->contrast];
        const char *text[] = {run->checkpoints->item[row->checkpoint],
                              run->plan.task[row->task].name,
                              of ? of->name : run->condition[row->condition].name,
                              of ? of->against : "",
                              by_names[row->way],
                              row->group};
        for (int t = 0; !status && t < 6; t++) status = csv_text(csv, text[t]);
        if (!status) status = csv_number(csv, row->value);
        if (!status) status = csv_integer(csv, row->tokens);
        if (!status) status = csv_integer(csv, row->windows);
        if (!status) status = csv_number(csv, row->interval.low);
        if (!status) status = csv_number(csv, row->interval.high);
        if (!status) status = csv_end(csv);
    }
    return status;
}

/* ---- tables ---- */

typedef struct {
    const run_t *run;
    size_t task, checkpoint;
    int way;
} view_t;

/* The row of a contrast and group, or NULL. */
static const run_surprisal_t *find(const view_t *view, ptrdiff_t contrast, const char *group,
                                   int way)
{
    for (size_t i = 0; i < view->run->surprisals; i++) {
        const run_surprisal_t *row = &view->run->surprisal[i];
        if (row->task == view->task && row->checkpoint == view->checkpoint &&
            row->contrast == contrast && row->way == way && (!group || row->group == group))
            return row;
    }
    return NULL;
}

static bool is_shown(const view_t *view, size_t contrast)
{
    return run_contrast_stands_out(view->run, contrast) &&
           find(view, (ptrdiff_t)contrast, NULL, BY_ALL);
}

static status_t write_nats(str_t *text, double nats)
{
    if (!isfinite(nats)) return str_add(text, "–");
    return str_printf(text, "%s%.3f", nats < -0.0005 ? "−" : "", fabs(nats));
}

static status_t add_cell(const run_surprisal_t *row, table_t *table)
{
    str_t text = {0};
    status_t status = row ? write_nats(&text, row->value) : NULL;
    if (!status && row && !isnan(row->interval.low)) {
        status = str_add(&text, " (");
        if (!status) status = write_nats(&text, row->interval.low);
        if (!status) status = str_add(&text, " to ");
        if (!status) status = write_nats(&text, row->interval.high);
        if (!status) status = str_add(&text, ")");
    }
    if (!status) status = strings_append(&table->cell, text.data ? text.data : "");
    str_free(&text);
    return status;
}

static status_t add_row(const view_t *view, const run_surprisal_t *first, table_t *table)
{
    str_t text = {0};
    status_t status =
        strings_append(&table->cell, first->way == BY_ALL ? "all tokens" : first->group);
    for (size_t k = 0; !status && k < view->run->contrasts; k++)
        if (is_shown(view, k))
            status = add_cell(find(view, (ptrdiff_t)k, first->group, first->way), table);
    if (!status) status = text_count(&text, first->tokens);
    if (!status) status = strings_append(&table->cell, text.data);
    str_free(&text);
    return status;
}

static status_t begin(const view_t *view, int64_t windows, tables_t *tables, table_t **table)
{
    static const char *const by[] = {"", "by part of speech", "by word class",
                                     "by frequency of the token", "by tokens before it"};
    static const char *const more[] = {
        "", "",
        "; open: ADJ ADV INTJ NOUN PROPN VERB; closed: ADP AUX CCONJ DET NUM PART PRON SCONJ",
        "; bands of how often the token occurs", ""};
    const run_t *run = view->run;
    const char *frequencies = config_text(run->config, "report.frequencies");
    str_t note = {0};
    char *title = NULL;
    status_t status = str_format(&title, "Excess surprisal on %s %s at %s, in nats a token",
                                 run->plan.task[view->task].data, by[view->way],
                                 run->checkpoints->item[view->checkpoint]);
    if (!status)
        status = str_printf(&note,
                            "mean over tokens of how much higher their negative log-probability "
                            "is than under the baseline, or the other condition; in brackets the "
                            "%g %% interval (bootstrap over ",
                            100 * run->resampling.level);
    if (!status) status = text_count(&note, windows);
    if (!status) status = str_printf(&note, " windows)%s", more[view->way]);
    if (!status && view->way == BY_FREQUENCY)
        status = str_printf(&note, " in %s, each with about as many tokens",
                            frequencies ? frequencies : run->plan.task[view->task].data);
    if (!status) status = tables_append(tables, title, "", note.data, 1, table);
    if (!status) status = strings_append(&(*table)->head, "tokens");
    for (size_t k = 0; !status && k < run->contrasts; k++) {
        const run_contrast_t *of = &run->contrast[k];
        str_t head = {0};
        if (!is_shown(view, k)) continue;
        status = of->baseline ? str_add(&head, of->name)
                              : str_printf(&head, "%s against %s", of->name, of->against);
        if (!status) status = strings_append(&(*table)->head, head.data);
        str_free(&head);
    }
    if (!status) status = strings_append(&(*table)->head, "n");
    mem_free(&title);
    str_free(&note);
    return status;
}

static status_t add_table(const view_t *view, tables_t *tables)
{
    table_t *table = NULL;
    ptrdiff_t first = -1;
    status_t status = NULL;
    for (size_t k = 0; first < 0 && k < view->run->contrasts; k++)
        if (is_shown(view, k)) first = (ptrdiff_t)k;
    if (first < 0) return NULL;
    for (size_t i = 0; !status && i < view->run->surprisals; i++) {
        const run_surprisal_t *row = &view->run->surprisal[i];
        if (row->task != view->task || row->checkpoint != view->checkpoint ||
            row->contrast != first || (row->way != view->way && row->way != BY_ALL))
            continue;
        if (!table) status = begin(view, row->windows, tables, &table);
        if (!status) status = add_row(view, row, table);
    }
    return status;
}

status_t tables_surprisal(const run_t *run, tables_t *tables)
{
    status_t status = NULL;
    for (size_t t = 0; !status && t < run->plan.count; t++) {
        ptrdiff_t last = -1;
        for (size_t i = 0; i < run->surprisals; i++)
            if (run->surprisal[i].task == t) last = (ptrdiff_t)run->surprisal[i].checkpoint;
        for (int way = BY_UPOS; !status && last >= 0 && way < BY_WAYS; way++) {
            const view_t view = {run, t, (size_t)last, way};
            status = add_table(&view, tables);
        }
    }
    return status;
}
