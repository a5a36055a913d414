#include "report/report.h"

#include <string.h>
#include <unistd.h>

#include "core/file.h"
#include "core/interrupt.h"
#include "core/log.h"
#include "core/memory.h"
#include "report/compare.h"
#include "report/contrasts.h"
#include "report/csv.h"
#include "report/figures.h"
#include "report/harness.h"
#include "report/page.h"
#include "report/report_internal.h"
#include "report/residual.h"
#include "report/searches.h"
#include "report/surprisal.h"
#include "report/text.h"
#include "report/trajectory.h"

const char *report_title(const run_t *run)
{
    const char *title = config_text(run->config, "report.title");
    return title ? title : config_text(run->config, "run.name");
}

/* The list of files of this report, itself among them. */
static const char FILES[] = "files.txt";
enum { FILES_BYTES = 1 << 20 };

static status_t write_text(const char *directory, const char *name, const str_t *text,
                           report_t *report)
{
    char *path = NULL;
    status_t status = path_join(directory, name, &path);
    if (!status) status = file_write(path, text->data ? text->data : "", text->length);
    if (!status) status = strings_append(&report->files, name);
    mem_free(&path);
    return status;
}

static status_t write_by(const run_t *run, const char *directory, const char *name,
                         status_t (*make)(const run_t *run, str_t *text), report_t *report)
{
    str_t text = {0};
    status_t status = make(run, &text);
    if (!status) status = write_text(directory, name, &text, report);
    str_free(&text);
    return status;
}

/* The tasks that score nothing. */
static status_t write_measures(const run_t *run, const char *directory, report_t *report)
{
    status_t status = NULL;
    for (size_t t = 0; !status && t < run->plan.count; t++) {
        str_t name = {0}, text = {0};
        bool there = run->extremes_csv[t].length > 0;
        for (size_t i = 0; i < run->residuals; i++) there |= run->residual[i].task == t;
        if (!there) continue;
        status = str_add(&name, "tasks/");
        if (!status) status = text_file_name(&name, run->plan.task[t].name);
        if (!status) status = str_add(&name, ".csv");
        if (!status && run->plan.task[t].kind == TASK_RESIDUAL)
            status = csv_residual(run, t, &text);
        if (!status)
            status = write_text(directory, name.data, text.length ? &text : &run->extremes_csv[t],
                                report);
        str_free(&text);
        str_free(&name);
    }
    return status;
}

static status_t write_tasks(const run_t *run, const char *directory, report_t *report)
{
    status_t status = NULL;
    for (size_t t = 0; !status && t < run->tasks; t++) {
        str_t name = {0}, text = {0};
        if (!run_has_results(run, t)) continue;
        status = str_add(&name, "tasks/");
        if (!status) status = text_file_name(&name, run->task[t].key);
        if (!status) status = str_add(&name, ".csv");
        if (!status) status = csv_task(run, t, &text);
        if (!status) status = write_text(directory, name.data, &text, report);
        str_free(&text);
        str_free(&name);
    }
    return status;
}

static status_t list_figure(const figure_t *figure, report_t *report)
{
    static const char *const ending[] = {"csv", "gp", "svg", "png"};
    const bool there[] = {true, true, figure->svg, figure->png};
    status_t status = NULL;
    for (int i = 0; !status && i < 4; i++) {
        char *name = NULL;
        if (!there[i]) continue;
        status = str_format(&name, "figures/%s.%s", figure->name, ending[i]);
        if (!status) status = strings_append(&report->files, name);
        mem_free(&name);
    }
    return status;
}

static status_t write_figures(const run_t *run, const char *directory, report_t *report)
{
    char *place = NULL;
    status_t status = path_join(directory, "figures", &place);
    if (!status) status = figures_effects(run, &report->figures);
    if (!status) status = figures_layers(run, &report->figures);
    if (!status) status = report_neurons(run, report);
    if (!status) status = figures_sweeps(run, &report->figures);
    if (!status) status = figures_surprisal(run, &report->figures);
    if (!status) status = figures_groups(run, &report->figures);
    if (!status) status = figures_training(run, &report->figures);
    if (!status) status = figures_trajectory(run, &report->figures);
    if (!status) status = figures_proxies(run, &report->figures);
    for (size_t i = 0; !status && i < report->figures.count; i++) {
        log_progress("figures", "figures", i, report->figures.count);
        status = interrupt_check();
        if (!status) status = figure_draw(place, &report->figures.item[i], &report->no_gnuplot);
        if (!status) status = list_figure(&report->figures.item[i], report);
    }
    log_progress("figures", "figures", report->figures.count, report->figures.count);
    if (!status && report->no_gnuplot)
        log_warning("gnuplot is not installed: figures/*.gp and their data are there, nothing is "
                    "drawn");
    mem_free(&place);
    return status;
}

static status_t make_directories(const char *directory)
{
    static const char *const name[] = {"figures", "tasks"};
    status_t status = NULL;
    for (size_t i = 0; !status && i < sizeof name / sizeof *name; i++) {
        char *path = NULL;
        status = path_join(directory, name[i], &path);
        if (!status) status = directory_create(path);
        mem_free(&path);
    }
    return status;
}

/* Whether a line of an old list is a name that a report gives: "name" or "directory/name". */
static bool is_own_name(const char *name)
{
    const char *slash = strchr(name, '/');
    return *name && *name != '/' && !strstr(name, "..") && !(slash && strchr(slash + 1, '/'));
}

/* Removes the files that an earlier report listed and this one lacks. */
static status_t remove_old(const char *directory, const report_t *report)
{
    char *path = NULL;
    str_t text = {0};
    status_t status = path_join(directory, FILES, &path);
    if (!status && file_exists(path)) status = file_read(path, FILES_BYTES, &text);
    mem_free(&path);
    for (char *at = text.data, *end; !status && at && (end = strchr(at, '\n')); at = end + 1) {
        *end = '\0';
        if (!is_own_name(at) || strings_find(&report->files, at) >= 0) continue;
        status = path_join(directory, at, &path);
        if (!status) unlink(path); /* gone already: as well */
        mem_free(&path);
    }
    str_free(&text);
    return status;
}

static status_t finish(const char *directory, report_t *report)
{
    str_t text = {0};
    status_t status = strings_append(&report->files, FILES);
    strings_sort(&report->files);
    if (!status) status = remove_old(directory, report);
    for (size_t i = 0; !status && i < report->files.count; i++)
        status = str_printf(&text, "%s\n", report->files.item[i]);
    char *path = NULL;
    if (!status) status = path_join(directory, FILES, &path);
    if (!status) status = file_write(path, text.data, text.length);
    mem_free(&path);
    str_free(&text);
    return status;
}

status_t report_write(const run_t *run, const char *directory, report_t *report)
{
    str_t markdown = {0}, html = {0};
    page_t page = {0};
    *report = (report_t){0};
    status_t status = make_directories(directory);
    if (!status) status = write_by(run, directory, "results.csv", csv_results, report);
    if (!status) status = write_by(run, directory, "statistics.csv", csv_statistics, report);
    if (!status) status = write_by(run, directory, "contrasts.csv", csv_contrasts, report);
    if (!status && run->spreads) status = write_by(run, directory, "draws.csv", csv_draws, report);
    if (!status && run->dissociations)
        status = write_by(run, directory, "dissociation.csv", csv_dissociation, report);
    if (!status && run->surprisals)
        status = write_by(run, directory, "surprisal.csv", csv_surprisal, report);
    if (!status && run->comparisons)
        status = write_by(run, directory, "comparisons.csv", csv_comparisons, report);
    if (!status && run->emergences)
        status = write_by(run, directory, "emergence.csv", csv_emergence, report);
    if (!status && run->correlations)
        status = write_by(run, directory, "correlations.csv", csv_correlations, report);
    if (!status && run->drifts) status = write_by(run, directory, "drift.csv", csv_drift, report);
    if (!status && run->turns)
        status = write_by(run, directory, "weights.csv", csv_weights, report);
    if (!status) status = write_by(run, directory, "results.json", harness_json, report);
    if (!status) status = write_text(directory, "cohorts.csv", &run->cohorts_csv, report);
    if (!status) status = write_text(directory, "cohort_layers.csv", &run->sizes_csv, report);
    if (!status && run->searches)
        status = write_by(run, directory, "searches.csv", csv_searches, report);
    if (!status) status = write_by(run, directory, "pair_signs.csv", csv_pair_signs, report);
    if (!status) status = write_by(run, directory, "columns.csv", csv_columns, report);
    if (!status) status = write_tasks(run, directory, report);
    if (!status) status = write_measures(run, directory, report);
    if (!status) status = write_figures(run, directory, report);
    if (!status) status = page_make(run, report, &page);
    if (!status) status = report_markdown(run, report, &page, &markdown);
    if (!status) status = write_text(directory, "report.md", &markdown, report);
    if (!status) status = report_html(run, report, &page, directory, &html);
    if (!status) status = write_text(directory, "index.html", &html, report);
    if (!status) status = finish(directory, report);
    str_free(&html);
    str_free(&markdown);
    page_free(&page);
    if (status) report_free(report);
    return status;
}

void report_free(report_t *report)
{
    figures_free(&report->figures);
    tables_free(&report->neurons);
    strings_free(&report->absent);
    strings_free(&report->files);
}
