/* wn-report: tables and figures from whatever a run's directory holds. Rank 0 does the work. */
#include <stdio.h>
#include <unistd.h>

#include "core/file.h"
#include "core/memory.h"
#include "par/agree.h"
#include "report/report.h"
#include "report/tables.h"
#include "stages/plan.h"
#include "stages/terminal.h"

/* Columns of the table on standard output, and its rows of checkpoints at most. */
enum { COLUMNS = 100, ROWS = 12 };

static status_t print_tables(const run_t *run)
{
    tables_t tables = {0};
    str_t text = {0};
    detail_t detail = {.terms = true, .most = ROWS};
    bool colour = terminal_has_colour();
    status_t status = tables_results(run, detail, &tables);
    if (!status) status = tables_wd(run, detail, &tables);
    if (!status) status = tables_terminal(&tables, COLUMNS, colour, &text);
    if (!status && text.length) printf("\n%s", text.data);
    str_free(&text);
    tables_free(&tables);
    return status;
}

static void print_places(const run_t *run, const report_t *report, const char *directory)
{
    if (run->missing.count) printf("\nMissing:\n");
    for (size_t i = 0; i < run->missing.count; i++) printf("  %s\n", run->missing.item[i]);
    printf("\nReport:  %s/index.html\n         %s/report.md\n", directory, directory);
    for (size_t i = 0, drawn = 0; i < report->figures.count; i++) {
        const figure_t *figure = &report->figures.item[i];
        if (!figure->svg && !figure->png) continue;
        printf("%s %s/figures/%s.%s\n", drawn++ ? "        " : "Figures:", directory, figure->name,
               figure->png ? "png" : "svg");
    }
    fflush(stdout);
}

static status_t write_report(const stage_t *stage, const char *directory)
{
    run_t run;
    report_t report = {0};
    status_t status =
        run_open(stage->config, stage->directory, &stage->checkpoints, &stage->chosen, &run);
    if (status) return status;
    status = report_write(&run, directory, &report);
    if (!status) status = print_tables(&run);
    if (!status) print_places(&run, &report, directory);
    report_free(&report);
    run_close(&run);
    return status;
}

/* Its lock lies in the report's directory, which goes when nothing was written. */
static status_t make_report(const stage_t *stage, const char *directory)
{
    char *page = NULL;
    status_t status = path_join(directory, "index.html", &page);
    if (!status) status = stage_claim(stage, page);
    if (!status) status = write_report(stage, directory);
    lock_release(stage->lock);
    if (status) rmdir(directory);
    mem_free(&page);
    return status;
}

/* What a run's directory holds for the report. Rank 0. */
static double bytes_below(const char *directory, const char *name)
{
    char *path = NULL;
    strings_t names = {0};
    double bytes = 0;
    status_t status = path_join(directory, name, &path);
    if (!status && file_is_directory(path)) status = directory_list(path, &names);
    else if (!status) bytes = file_bytes(path);
    for (size_t i = 0; !status && i < names.count; i++) bytes += bytes_below(path, names.item[i]);
    status_free(&status);
    strings_free(&names);
    mem_free(&path);
    return bytes;
}

/* It is made anew each time from what is there. */
static status_t plan_report(const stage_t *stage, const char *directory)
{
    static const char *const parts[] = {"statistics", "selection", "results"};
    estimate_t estimate = estimate_nothing;
    estimate.read = 0;
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++)
        estimate.read += bytes_below(stage->directory, parts[i]);
    estimate.note = "of what is there now; time and size are not estimated";
    return plan_add(stage, directory, &estimate);
}

static status_t run(stage_t *stage)
{
    char *directory = NULL;
    status_t status = stage_path(stage, false, &directory, "report");
    if (!status && stage->rank == 0)
        status = stage->dry ? plan_report(stage, directory) : make_report(stage, directory);
    status = agree(stage->comm, status);
    if (!status && !stage->dry) plan_compare(stage, "tables and figures", &estimate_nothing);
    mem_free(&directory);
    return status;
}

int main(int argc, char **argv)
{
    return stage_main(argc, argv, "report", run);
}
