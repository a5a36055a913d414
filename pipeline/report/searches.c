#include "report/searches.h"
#include "report/cells.h"

#include <math.h>

#include "core/memory.h"
#include "report/cells.h"
#include "report/text.h"

status_t csv_searches(const run_t *run, str_t *csv)
{
    status_t status = str_add(csv, "checkpoint,cohort,trial,percent,neurons,perplexity,baseline,"
                                   "target,tolerance,windows,answer\n");
    for (size_t i = 0; i < run->searches; i++) {
        const run_search_t *search = &run->search[i];
        const search_t *is = &search->is;
        for (size_t t = 0; !status && t < is->trials; t++) {
            const trial_t *trial = &is->trial[t];
            const double number[] = {trial->perplexity, is->baseline, is->target,
                                     is->tolerance * (is->target - is->baseline)};
            status = csv_text(csv, run->checkpoints->item[search->checkpoint]);
            if (!status) status = csv_text(csv, run->rules.rule[search->rule].name);
            if (!status) status = csv_integer(csv, (int64_t)t + 1);
            if (!status) status = csv_number(csv, trial->percent);
            if (!status) status = csv_integer(csv, trial->neurons);
            for (int k = 0; !status && k < 4; k++) status = csv_number(csv, number[k]);
            if (!status) status = csv_integer(csv, is->windows);
            if (!status) status = csv_text(csv, search_answer_name(search_answer(is)));
            if (!status) status = csv_end(csv);
        }
    }
    return status;
}

/* ---- tables ---- */

static status_t begin(const run_t *run, const run_search_t *search, tables_t *tables,
                      table_t **table)
{
    static const char *const head[] = {"checkpoint", "answer", "m, %",     "neurons", "perplexity",
                                       "wanted",     "within", "baseline", "trials"};
    const rule_t *rule = &run->rules.rule[search->rule];
    const until_t *until = &rule->until;
    char *title = NULL, *note = NULL;
    status_t status = str_format(&title, "Cohort %s: perplexity of %s as under %s", rule->name,
                                 until->corpus, until->condition);
    if (!status)
        status =
            str_format(&note,
                       "n = %lld windows of %lld tokens; m: share of each layer%s, by bisection "
                       "from %.10g to %.10g %%; within: %.10g %% of the rise; what is not "
                       "reached is the trial that comes closest; every trial: searches.csv",
                       (long long)search->is.windows, (long long)until->window,
                       until->matched ? " (the one with most, others in the proportions of "
                                        "the condition's cohort)"
                                      : "",
                       search->is.least, search->is.most, 100 * until->tolerance);
    if (!status) status = tables_append(tables, title, "", note, 2, table);
    if (!status) status = cell_heads(*table, sizeof head / sizeof *head, head);
    mem_free(&title);
    mem_free(&note);
    return status;
}

static status_t add_row(const run_t *run, const run_search_t *search, table_t *table)
{
    static const char *const words[] = {
        [SEARCH_OPEN] = "not finished",
        [SEARCH_REACHED] = "reached",
        [SEARCH_BETWEEN] = "not reached: none within",
        [SEARCH_BELOW] = "not reached: all below",
        [SEARCH_ABOVE] = "not reached: all above",
        [SEARCH_NOT_RAISED] = "not reached: no rise",
    };
    const search_t *is = &search->is;
    const trial_t *closest = search_closest(is);
    double rise = is->target > is->baseline ? is->target - is->baseline : NAN;
    status_t status = strings_append(&table->cell, run->checkpoints->item[search->checkpoint]);
    if (!status) status = strings_append(&table->cell, words[search_answer(is)]);
    if (!status) status = cell_number(table, closest ? closest->percent : NAN, 4);
    if (!status)
        status = closest ? cell_count(table, closest->neurons) : strings_append(&table->cell, "–");
    if (!status) status = cell_number(table, closest ? closest->perplexity : NAN, 5);
    if (!status) status = cell_number(table, is->target, 5);
    if (!status) status = cell_number(table, is->tolerance * rise, 2);
    if (!status) status = cell_number(table, is->baseline, 5);
    return status ? status : cell_count(table, (int64_t)is->trials);
}

status_t tables_searches(const run_t *run, tables_t *tables)
{
    table_t *table = NULL;
    status_t status = NULL;
    for (size_t i = 0; !status && i < run->searches; i++) {
        if (i == 0 || run->search[i].rule != run->search[i - 1].rule)
            status = begin(run, &run->search[i], tables, &table);
        if (!status) status = add_row(run, &run->search[i], table);
    }
    return status;
}
