#include "report/page.h"

#include <string.h>

#include "core/memory.h"
#include "report/compare.h"
#include "report/contrasts.h"
#include "report/headline.h"
#include "report/report_internal.h"
#include "report/residual.h"
#include "report/searches.h"
#include "report/surprisal.h"
#include "report/tables.h"
#include "report/text.h"
#include "report/trajectory.h"

const char page_question[] =
    "Which neurons carry grammar? Neurons are ranked by how far their pre-activations are from a "
    "Gaussian (Wasserstein distance, WD); cohorts of them are ablated, and what that does to "
    "grammar "
    "and to perplexity is compared with the unchanged model and with control cohorts.";

/* ---- tables ---- */

/* Longer and wider tables are shown on demand: they fit neither a screen nor a sheet of paper. */
enum { ROWS_OPEN = 20, COLUMNS_OPEN = 9 };

static void fold_long(tables_t *tables)
{
    for (size_t i = 0; i < tables->count; i++)
        tables->item[i].folded |=
            table_rows(&tables->item[i]) > ROWS_OPEN || tables->item[i].head.count > COLUMNS_OPEN;
}

static status_t along_training(const run_t *run, tables_t *tables)
{
    static const detail_t detail = {.intervals = true};
    status_t status = run->checkpoints->count > 1 ? tables_wd(run, detail, tables) : NULL;
    if (!status && run->checkpoints->count > 1) status = tables_results(run, detail, tables);
    if (!status) status = tables_trajectory(run, tables);
    if (!status) status = tables_drift(run, tables);
    if (!status) status = tables_weights(run, tables);
    if (!status) status = tables_between(run, tables);
    for (size_t i = 1; i < tables->count; i++) tables->item[i].folded = true;
    return status;
}

static status_t of_conditions(const run_t *run, tables_t *tables)
{
    status_t status = tables_conditions(run, tables);
    size_t open = tables->count;
    if (!status) status = tables_draws(run, tables);
    if (!status) status = tables_changes(run, tables);
    if (!status) status = tables_groups(run, tables);
    for (size_t i = open; i < tables->count; i++) tables->item[i].folded = true;
    return status;
}

static status_t make_tables(const run_t *run, const report_t *report, page_t *page)
{
    tables_t *tables = page->tables;
    status_t status = tables_setting(run, &tables[SECTION_SETTING]);
    if (!status) status = tables_cohorts(run, &tables[SECTION_SETTING]);
    if (!status) status = tables_searches(run, &tables[SECTION_SETTING]);
    if (!status) status = tables_layers(run, &tables[SECTION_DISTRIBUTION]);
    if (!status) status = tables_copy(&report->neurons, &tables[SECTION_NEURONS]);
    if (!status) status = tables_signs(run, &tables[SECTION_NEURONS]);
    if (!status) status = of_conditions(run, &tables[SECTION_CONDITIONS]);
    if (!status) status = tables_dissociation(run, &tables[SECTION_DISSOCIATION]);
    if (!status) status = tables_surprisal(run, &tables[SECTION_SURPRISAL]);
    if (!status) status = tables_residual(run, &tables[SECTION_LAYERS]);
    if (!status) status = along_training(run, &tables[SECTION_TRAINING]);
    if (!status) status = tables_comparisons(run, &tables[SECTION_PROXIES]);
    for (int s = 0; s < SECTIONS; s++) fold_long(&tables[s]);
    return status;
}

bool page_has(const page_t *page, const report_t *report, section_t section)
{
    if (page->tables[section].count || section == SECTION_MISSING) return true;
    for (size_t i = 0; i < report->figures.count; i++)
        if (report->figures.item[i].section == section) return true;
    return false;
}

/* ---- facts ---- */

static status_t add_fact(page_t *page, const char *name, str_t *value)
{
    status_t status = NULL;
    if (value->length) status = strings_append(&page->facts, name);
    if (!status && value->length) status = strings_append(&page->facts, value->data);
    str_clear(value);
    return status;
}

/* A row of the setting's table by its name. */
static const char *setting_of(const page_t *page, const char *name)
{
    const table_t *table = &page->tables[SECTION_SETTING].item[0];
    for (size_t i = 0; i + 1 < table->cell.count; i += 2)
        if (strcmp(table->cell.item[i], name) == 0) return table->cell.item[i + 1];
    return NULL;
}

static status_t copy_fact(page_t *page, const char *name, str_t *text)
{
    const char *value = setting_of(page, name);
    status_t status = value ? str_add(text, value) : NULL;
    return status ? status : add_fact(page, name, text);
}

static status_t list_conditions(const run_t *run, str_t *text)
{
    size_t there = 0, told = 0;
    status_t status = NULL;
    for (size_t c = 0; c < run->conditions; c++) {
        bool any = false;
        for (size_t i = 0; !any && i < run->checkpoints->count; i++)
            for (size_t t = 0; !any && t < run->tasks; t++) any = run_result(run, i, t, c)->there;
        there += any;
    }
    if (there == 0) return NULL;
    status = str_printf(text, "%zu: ", there);
    for (size_t c = 0; !status && c < run->conditions && told < 4; c++)
        status = str_printf(text, "%s%s", told++ ? ", " : "", run->condition[c].name);
    return status || there <= told ? status : str_printf(text, " and %zu more", there - told);
}

static status_t list_cohorts(const run_t *run, str_t *text)
{
    status_t status = NULL;
    const char *entry = "";
    for (size_t r = 0; !status && r < run->rules.count; r++) {
        const rule_t *rule = &run->rules.rule[r];
        if (strcmp(rule->entry, entry) == 0) continue;
        entry = rule->entry;
        status = str_printf(text, "%s%s (", text->length ? "; " : "", entry);
        if (!status) status = rule_describe(&run->rules, r, text);
        if (!status) status = str_add(text, ")");
    }
    return status;
}

static status_t make_facts(const run_t *run, page_t *page)
{
    str_t text = {0};
    status_t status = copy_fact(page, "model", &text);
    if (!status) status = copy_fact(page, "architecture", &text);
    if (!status) status = copy_fact(page, "checkpoints", &text);
    if (!status) status = copy_fact(page, "pre-activations", &text);
    if (!status) status = list_cohorts(run, &text);
    if (!status) status = add_fact(page, "cohorts", &text);
    if (!status) status = list_conditions(run, &text);
    if (!status) status = add_fact(page, "conditions", &text);
    if (!status) status = copy_fact(page, "software (wn)", &text);
    str_free(&text);
    return status;
}

/* ---- what is missing ---- */

static status_t make_missing(const run_t *run, const report_t *report, page_t *page)
{
    status_t status = NULL;
    for (size_t i = 0; !status && i < run->missing.count; i++)
        status = strings_append(&page->missing, run->missing.item[i]);
    for (size_t i = 0; !status && i < report->absent.count; i++)
        status = strings_append(&page->missing, report->absent.item[i]);
    if (!status && report->no_gnuplot)
        status = strings_append(&page->missing, "Figures: gnuplot was not installed, so nothing is "
                                                "drawn; scripts and data are in figures/");
    return status;
}

static status_t make_unasked(const run_t *run, const report_t *report, page_t *page)
{
    status_t status = NULL;
    for (int s = 0; !status && s < SECTIONS; s++) {
        char *line = NULL;
        if (!sections[s].needs || page_has(page, report, (section_t)s)) continue;
        status = str_format(&line, "%s: not configured, or not there; it takes %s.",
                            sections[s].title, sections[s].needs);
        if (!status) status = strings_append(&page->unasked, line);
        mem_free(&line);
    }
    if (!status && report->neurons.count && !report_asks_pairs(run))
        status = strings_append(&page->unasked, "Pairs of tokens that single neurons separate, and "
                                                "distances: not configured; they take "
                                                "collect.pairs.");
    return status;
}

status_t page_make(const run_t *run, const report_t *report, page_t *page)
{
    *page = (page_t){0};
    status_t status = make_tables(run, report, page);
    if (!status) status = headline_write(run, &page->headline);
    if (!status) status = make_facts(run, page);
    if (!status) status = make_missing(run, report, page);
    if (!status) status = make_unasked(run, report, page);
    if (status) page_free(page);
    return status;
}

void page_free(page_t *page)
{
    for (int s = 0; s < SECTIONS; s++) tables_free(&page->tables[s]);
    strings_free(&page->headline);
    strings_free(&page->facts);
    strings_free(&page->missing);
    strings_free(&page->unasked);
}
