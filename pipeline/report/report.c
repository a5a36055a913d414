#include "report/report.h"

#include "core/file.h"
#include "core/log.h"
#include "core/memory.h"
#include "report/csv.h"
#include "report/figures.h"
#include "report/harness.h"
#include "report/text.h"

const char *report_title(const run_t *run)
{
    const char *title = config_text(run->config, "report.title");
    return title ? title : config_text(run->config, "run.name");
}

static status_t write_text(const char *directory, const char *name, const str_t *text)
{
    char *path = NULL;
    status_t status = path_join(directory, name, &path);
    if (!status) status = file_write(path, text->data ? text->data : "", text->length);
    mem_free(&path);
    return status;
}

static status_t write_by(const run_t *run, const char *directory, const char *name,
                         status_t (*make)(const run_t *run, str_t *text))
{
    str_t text = {0};
    status_t status = make(run, &text);
    if (!status) status = write_text(directory, name, &text);
    str_free(&text);
    return status;
}

static status_t write_tasks(const run_t *run, const char *directory)
{
    status_t status = NULL;
    for (size_t t = 0; !status && t < run->tasks; t++) {
        str_t name = {0}, text = {0};
        if (!run_has_results(run, t)) continue;
        status = str_add(&name, "tasks/");
        if (!status) status = text_file_name(&name, run->task[t].name);
        if (!status) status = str_add(&name, ".csv");
        if (!status) status = csv_task(run, t, &text);
        if (!status) status = write_text(directory, name.data, &text);
        str_free(&text);
        str_free(&name);
    }
    return status;
}

static status_t write_figures(const run_t *run, const char *directory, report_t *report)
{
    char *place = NULL;
    status_t status = path_join(directory, "figures", &place);
    if (!status) status = figures_training(run, &report->figures);
    if (!status) status = figures_layers(run, &report->figures);
    if (!status) status = figures_sweeps(run, &report->figures);
    for (size_t i = 0; !status && i < report->figures.count; i++) {
        log_progress("figures", i, report->figures.count);
        status = figure_draw(place, &report->figures.item[i], &report->no_gnuplot);
    }
    log_progress("figures", report->figures.count, report->figures.count);
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

status_t report_write(const run_t *run, const char *directory, report_t *report)
{
    str_t markdown = {0}, html = {0};
    *report = (report_t){0};
    status_t status = make_directories(directory);
    if (!status) status = write_by(run, directory, "results.csv", csv_results);
    if (!status) status = write_by(run, directory, "statistics.csv", csv_statistics);
    if (!status) status = write_by(run, directory, "results.json", harness_json);
    if (!status) status = write_text(directory, "cohorts.csv", &run->cohorts_csv);
    if (!status) status = write_tasks(run, directory);
    if (!status) status = write_figures(run, directory, report);
    if (!status) status = report_markdown(run, report, &markdown);
    if (!status) status = write_text(directory, "report.md", &markdown);
    if (!status) status = report_html(run, report, directory, &html);
    if (!status) status = write_text(directory, "index.html", &html);
    str_free(&html);
    str_free(&markdown);
    if (status) report_free(report);
    return status;
}

void report_free(report_t *report)
{
    figures_free(&report->figures);
}
