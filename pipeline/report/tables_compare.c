/* Comparisons for people: all layers together; every layer is in the CSV files. */
#include <math.h>

#include "core/memory.h"
#include "report/cells.h"
#include "report/compare.h"
#include "report/text.h"

static status_t note_top(const run_t *run, str_t *note)
{
    status_t status = str_add(note, "rank correlation: Spearman's over all neurons; in common: of "
                                    "the neurons in the highest ");
    if (!status) status = text_rounded(note, config_number(run->config, "report.percent"), 2);
    return status ? status
                  : str_add(note, " % of their layer on either side, the share that is there on "
                                  "both (Jaccard)");
}

static status_t add_comparison(table_t *table, const comparison_t *comparison)
{
    status_t status = cell_number(table, comparison->correlation, 3);
    if (!status) status = cell_percent(table, comparison_overlap(comparison));
    if (!status) status = cell_count(table, comparison->both);
    return status ? status : cell_count(table, comparison->count);
}

/* ---- statistics ---- */

static status_t within(const run_t *run, tables_t *tables)
{
    size_t last = (size_t)run_last_statistics(run);
    table_t *table = NULL;
    str_t note = {0};
    char *title = NULL;
    status_t status =
        str_format(&title, "Statistics of neurons compared, at %s", run->checkpoints->item[last]);
    if (!status) status = note_top(run, &note);
    for (size_t i = 0; !status && i < run->comparisons; i++) {
        const run_comparison_t *c = &run->comparison[i];
        if (c->kind != AGAINST_ITSELF || c->checkpoint != last || c->layer >= 0) continue;
        if (!table) {
            status = tables_append(tables, title, "", note.data, 2, &table);
            if (!status)
                status = CELL_HEADS(table, "statistic", "with", "rank correlation", "in common, %",
                                    "neurons in common", "neurons");
        }
        if (!status) status = strings_append(&table->cell, comparables[c->first].words);
        if (!status) status = strings_append(&table->cell, comparables[c->second].words);
        if (!status) status = add_comparison(table, &c->is);
    }
    mem_free(&title);
    str_free(&note);
    return status;
}

/* WD, and MD where it is known, against other checkpoints or runs. */
static status_t between(const run_t *run, const char *title, bool runs, tables_t *tables)
{
    table_t *table = NULL;
    str_t note = {0};
    status_t status = note_top(run, &note);
    for (size_t i = 0; !status && i < run->comparisons; i++) {
        const run_comparison_t *c = &run->comparison[i];
        const char *name = comparables[c->first].name;
        bool wanted = name[0] == 'w' || name[0] == 'm'; /* wd, wd_negative, md */
        if (c->kind == AGAINST_ITSELF || (c->kind == AGAINST_RUN) != runs || c->layer >= 0 ||
            !wanted)
            continue;
        if (!table) {
            status = tables_append(tables, title, "", note.data, 3, &table);
            if (!status)
                status = CELL_HEADS(table, "checkpoint", "against", "statistic", "rank correlation",
                                    "in common, %", "neurons in common", "neurons");
        }
        if (!status) status = strings_append(&table->cell, run->checkpoints->item[c->checkpoint]);
        if (!status) status = strings_append(&table->cell, c->against);
        if (!status) status = strings_append(&table->cell, comparables[c->first].words);
        if (!status) status = add_comparison(table, &c->is);
    }
    str_free(&note);
    return status;
}

status_t tables_comparisons(const run_t *run, tables_t *tables)
{
    if (run->comparisons == 0) return NULL;
    status_t status = within(run, tables);
    return status ? status : between(run, "Statistics in other runs", true, tables);
}

status_t tables_between(const run_t *run, tables_t *tables)
{
    return between(run, "Statistics between checkpoints", false, tables);
}

/* ---- cohorts ---- */

static status_t begin_drift(const run_t *run, const run_drift_t *drift, tables_t *tables,
                            table_t **table)
{
    const rule_t *rule = &run->rules.rule[drift->rule];
    char *title = NULL, *note = NULL;
    status_t status =
        str_format(&title, "Cohort %s of %s along training", rule->name, drift->reference);
    if (!status)
        status = str_format(&note,
                            "n = %lld neurons in layers of %lld; in common: of the neurons in this "
                            "cohort or in the one that the rule chooses at the checkpoint, the "
                            "share that is in both (Jaccard); mean rank: place in the layer, 1 the "
                            "%s",
                            (long long)drift->neurons, (long long)drift->of,
                            rule->kind == RULE_LOWEST ? "lowest" : "highest");
    if (!status) status = tables_append(tables, title, "", note, 1, table);
    if (!status)
        status =
            CELL_HEADS(*table, "checkpoint", "in common, %", "mean rank", "mean WD", "neurons");
    mem_free(&title);
    mem_free(&note);
    return status;
}

status_t tables_drift(const run_t *run, tables_t *tables)
{
    table_t *table = NULL;
    status_t status = NULL;
    for (size_t i = 0; !status && i < run->drifts; i++) {
        const run_drift_t *d = &run->drift[i];
        if (i == 0 || d->rule != run->drift[i - 1].rule)
            status = begin_drift(run, d, tables, &table);
        if (!status) status = strings_append(&table->cell, run->checkpoints->item[d->checkpoint]);
        if (!status) status = cell_percent(table, run_drift_overlap(d));
        if (!status) status = cell_number(table, d->rank, 3);
        if (!status) status = cell_number(table, d->wd, 4);
        if (!status) status = cell_count(table, d->ranked);
    }
    return status;
}

/* ---- weights ---- */

status_t tables_weights(const run_t *run, tables_t *tables)
{
    table_t *table = NULL;
    status_t status = NULL;
    for (size_t i = 0; !status && i < run->turns; i++) {
        const run_turn_t *t = &run->turn[i];
        if (t->layer >= 0) continue;
        if (!table) {
            status =
                tables_append(tables, "Turn of neurons' weights between checkpoints", "",
                              "1 - cosine of a neuron's weights here and there, quantiles over "
                              "the neurons of all layers; undefined: weights of zero",
                              3, &table);
            if (!status)
                status = CELL_HEADS(table, "checkpoint", "against", "weights", "5 %", "median",
                                    "95 %", "neurons", "undefined");
        }
        if (!status) status = strings_append(&table->cell, run->checkpoints->item[t->checkpoint]);
        if (!status) status = strings_append(&table->cell, t->against);
        if (!status) status = strings_append(&table->cell, weights_part_names[t->part]);
        for (int l = 0; !status && l < TURN_LEVELS; l++)
            status = cell_number(table, t->quantile[l], 4);
        if (!status) status = cell_count(table, t->neurons);
        if (!status) status = cell_count(table, t->undefined);
    }
    return status;
}
