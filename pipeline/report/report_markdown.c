/* report.md: what was run, the results, the figures, what is missing. */
#include "core/memory.h"
#include "report/compare.h"
#include "report/contrasts.h"
#include "report/report.h"
#include "report/residual.h"
#include "report/searches.h"
#include "report/surprisal.h"
#include "report/tables.h"
#include "report/text.h"
#include "report/trajectory.h"

static status_t add_tables(const tables_t *tables, int level, str_t *text)
{
    status_t status = NULL;
    for (size_t i = 0; !status && i < tables->count; i++)
        status = table_markdown(&tables->item[i], level, text);
    return status;
}

static status_t add_missing(const run_t *run, str_t *text)
{
    status_t status = str_add(text, "## What is missing\n\n");
    if (!status && run->missing.count == 0)
        status = str_add(text, "Nothing: everything that is configured was there.\n\n");
    for (size_t i = 0; !status && i < run->missing.count; i++) {
        status = str_add(text, "- ");
        if (!status) status = markdown_text(text, run->missing.item[i]);
        if (!status) status = str_add(text, "\n");
    }
    return status || run->missing.count == 0 ? status : str_add(text, "\n");
}

static status_t add_figure(const figure_t *figure, str_t *text)
{
    status_t status = str_add(text, "### ");
    if (!status) status = markdown_text(text, figure->title);
    if (!status) status = str_add(text, "\n\n");
    if (!status && (figure->svg || figure->png)) {
        status = str_add(text, "![");
        if (!status) status = markdown_text(text, figure->title);
        if (!status)
            status =
                str_printf(text, "](figures/%s.%s)\n\n", figure->name, figure->svg ? "svg" : "png");
    }
    if (!status) status = markdown_text(text, figure->caption);
    return status ? status
                  : str_printf(text,
                               " Data: [%1$s.csv](figures/%1$s.csv), drawn by "
                               "`gnuplot %1$s.gp` in figures/.\n\n",
                               figure->name);
}

static status_t add_figures(const report_t *report, str_t *text)
{
    if (report->figures.count == 0) return NULL;
    status_t status = str_add(text, "## Figures\n\n");
    if (!status && report->no_gnuplot)
        status = str_add(text, "gnuplot was not installed, so nothing is drawn; the scripts and "
                               "their data are there.\n\n");
    for (size_t i = 0; !status && i < report->figures.count; i++)
        status = add_figure(&report->figures.item[i], text);
    return status;
}

status_t report_markdown(const run_t *run, const report_t *report, str_t *text)
{
    tables_t setting = {0}, results = {0}, neurons = {0};
    detail_t detail = {.intervals = true};
    status_t status = str_add(text, "# ");
    if (!status) status = markdown_text(text, report_title(run));
    if (!status) status = str_add(text, "\n\n");
    if (!status) status = tables_setting(run, &setting);
    if (!status) status = tables_cohorts(run, &setting);
    if (!status) status = tables_searches(run, &setting);
    if (!status) status = add_tables(&setting, 2, text);
    if (!status) status = tables_results(run, detail, &results);
    if (!status) status = tables_contrasts(run, &results);
    if (!status) status = tables_surprisal(run, &results);
    if (!status) status = tables_files(run, &results);
    if (!status) status = tables_residual(run, &results);
    if (!status && results.count) status = str_add(text, "## Results\n\n");
    if (!status) status = add_tables(&results, 3, text);
    if (!status) status = tables_wd(run, detail, &neurons);
    if (!status) status = tables_layers(run, &neurons);
    if (!status) status = tables_comparisons(run, &neurons);
    if (!status) status = tables_trajectory(run, &neurons);
    if (!status) status = tables_drift(run, &neurons);
    if (!status) status = tables_weights(run, &neurons);
    if (!status && neurons.count) status = str_add(text, "## Neurons\n\n");
    if (!status) status = add_tables(&neurons, 3, text);
    if (!status) status = add_figures(report, text);
    if (!status) status = add_missing(run, text);
    tables_free(&setting);
    tables_free(&results);
    tables_free(&neurons);
    return status;
}
