/* index.html: the report as one page that needs no other file. */
#include <string.h>

#include "core/file.h"
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

/* An SVG of ours is far smaller. */
enum { SVG_BYTES = 64 << 20 };

static const char style[] =
    ":root{color-scheme:light dark;--ink:#1c1c1c;--soft:#5f5f5f;--paper:#fff;--line:#dcdcdc;"
    "--head:#f5f5f3;--link:#0b5fa5}\n"
    "@media(prefers-color-scheme:dark){:root{--ink:#e6e6e6;--soft:#a3a3a3;--paper:#16181b;"
    "--line:#34383d;--head:#1f2226;--link:#7ab8f0}}\n"
    "*{box-sizing:border-box}\n"
    "body{margin:0 auto;max-width:62rem;padding:1.5rem 1rem 4rem;background:var(--paper);"
    "color:var(--ink);font:1rem/1.5 system-ui,-apple-system,\"Segoe UI\",sans-serif}\n"
    "h1{font-size:1.8rem;line-height:1.2;margin:0 0 1rem}\n"
    "h2{font-size:1.3rem;margin:2.5rem 0 .5rem;border-bottom:1px solid var(--line)}\n"
    "h3{font-size:1rem;margin:1.6rem 0 .2rem}\n"
    "a{color:var(--link)}\n"
    ".note,figcaption{color:var(--soft);font-size:.875rem;margin:.2rem 0 .6rem}\n"
    ".scroll{overflow-x:auto}\n"
    "table{border-collapse:collapse;font-size:.875rem}\n"
    "th,td{padding:.25rem .7rem;border-bottom:1px solid var(--line);text-align:left;"
    "vertical-align:top}\n"
    "thead th{background:var(--head);vertical-align:bottom}\n"
    "tbody th{font-weight:normal;white-space:nowrap}\n"
    ".n{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}\n"
    "figure{margin:1rem 0 2rem}\n"
    "figure svg{display:block;width:100%;min-width:36rem;height:auto;background:#fff;"
    "border-radius:6px}\n"
    "@media "
    "print{:root{--ink:#000;--soft:#444;--paper:#fff;--line:#ccc;--head:#eee}body{max-width:none;"
    "padding:0;font-size:10pt}.scroll{overflow:visible}"
    "figure svg{min-width:0}table{font-size:7.5pt}th,td{padding:.15rem .3rem}"
    "h2,h3{break-after:avoid}figure,tr{break-inside:avoid}}\n";

static status_t add_tables(const tables_t *tables, int level, str_t *html)
{
    status_t status = NULL;
    for (size_t i = 0; !status && i < tables->count; i++)
        status = table_html(&tables->item[i], level, html);
    return status;
}

/* Appends svg with a prefix before each id and each reference to one, so that several fit on a
 * page, from its root element on. */
static status_t add_svg(const char *svg, const char *title, size_t number, str_t *html)
{
    static const char *const mark[] = {" id='", " id=\"", "url(#", "href='#", "href=\"#"};
    const char *at = strstr(svg, "<svg");
    if (!at) return status_new(EXIT_INPUT, "%s: not an SVG image", title);
    status_t status = str_add(html, "<svg role=\"img\" aria-label=\"");
    if (!status) status = html_text(html, title);
    if (!status) status = str_add(html, "\"");
    at += strlen("<svg");
    while (!status && *at) {
        const char *next = NULL;
        size_t length = 0;
        for (size_t m = 0; m < sizeof mark / sizeof *mark; m++) {
            const char *found = strstr(at, mark[m]);
            if (found && (!next || found < next)) next = found, length = strlen(mark[m]);
        }
        if (!next) return str_add(html, at);
        status = str_append(html, at, (size_t)(next - at) + length);
        if (!status) status = str_printf(html, "f%zu-", number);
        at = next + length;
    }
    return status;
}

static status_t add_figure(const figure_t *figure, const char *directory, size_t number,
                           str_t *html)
{
    char *path = NULL;
    str_t svg = {0};
    status_t status = str_add(html, "<figure>\n<div class=\"scroll\">");
    if (!status && figure->svg) {
        status = str_format(&path, "%s/figures/%s.svg", directory, figure->name);
        if (!status) status = file_read(path, SVG_BYTES, &svg);
        if (!status) status = add_svg(svg.data, figure->title, number, html);
    }
    if (!status) status = str_add(html, "</div>\n<figcaption><b>");
    if (!status) status = html_text(html, figure->title);
    if (!status) status = str_add(html, ".</b> ");
    if (!status) status = html_text(html, figure->caption);
    if (!status)
        status = str_printf(html,
                            " Data: <a href=\"figures/%1$s.csv\">%1$s.csv</a>, drawn by "
                            "<code>gnuplot %1$s.gp</code> in figures/.</figcaption>\n"
                            "</figure>\n",
                            figure->name);
    str_free(&svg);
    mem_free(&path);
    return status;
}

static status_t add_figures(const report_t *report, const char *directory, str_t *html)
{
    if (report->figures.count == 0) return NULL;
    status_t status = str_add(html, "<h2>Figures</h2>\n");
    if (!status && report->no_gnuplot)
        status = str_add(html, "<p>gnuplot was not installed, so nothing is drawn; the scripts "
                               "and their data are there.</p>\n");
    for (size_t i = 0; !status && i < report->figures.count; i++)
        status = add_figure(&report->figures.item[i], directory, i + 1, html);
    return status;
}

static status_t add_missing(const run_t *run, str_t *html)
{
    status_t status = str_add(html, "<h2>What is missing</h2>\n");
    if (!status && run->missing.count == 0)
        return str_add(html, "<p>Nothing: everything that is configured was there.</p>\n");
    if (!status) status = str_add(html, "<ul>\n");
    for (size_t i = 0; !status && i < run->missing.count; i++) {
        status = str_add(html, "<li>");
        if (!status) status = html_text(html, run->missing.item[i]);
        if (!status) status = str_add(html, "</li>\n");
    }
    return status ? status : str_add(html, "</ul>\n");
}

static status_t add_head(const run_t *run, str_t *html)
{
    status_t status = str_add(html, "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n"
                                    "<meta charset=\"utf-8\">\n<meta name=\"viewport\" "
                                    "content=\"width=device-width, initial-scale=1\">\n<title>");
    if (!status) status = html_text(html, report_title(run));
    if (!status)
        status = str_printf(html, "</title>\n<style>\n%s</style>\n</head>\n<body>\n<h1>", style);
    if (!status) status = html_text(html, report_title(run));
    return status ? status : str_add(html, "</h1>\n");
}

status_t report_html(const run_t *run, const report_t *report, const char *directory, str_t *html)
{
    tables_t setting = {0}, results = {0}, neurons = {0};
    detail_t detail = {.intervals = true};
    status_t status = add_head(run, html);
    if (!status) status = tables_setting(run, &setting);
    if (!status) status = tables_cohorts(run, &setting);
    if (!status) status = tables_searches(run, &setting);
    if (!status) status = add_tables(&setting, 2, html);
    if (!status) status = add_figures(report, directory, html);
    if (!status) status = tables_results(run, detail, &results);
    if (!status) status = tables_contrasts(run, &results);
    if (!status) status = tables_surprisal(run, &results);
    if (!status) status = tables_files(run, &results);
    if (!status) status = tables_residual(run, &results);
    if (!status && results.count) status = str_add(html, "<h2>Results</h2>\n");
    if (!status) status = add_tables(&results, 3, html);
    if (!status) status = tables_wd(run, detail, &neurons);
    if (!status) status = tables_layers(run, &neurons);
    if (!status) status = tables_comparisons(run, &neurons);
    if (!status) status = tables_trajectory(run, &neurons);
    if (!status) status = tables_drift(run, &neurons);
    if (!status) status = tables_weights(run, &neurons);
    if (!status && neurons.count) status = str_add(html, "<h2>Neurons</h2>\n");
    if (!status) status = add_tables(&neurons, 3, html);
    if (!status) status = add_missing(run, html);
    if (!status) status = str_add(html, "</body>\n</html>\n");
    tables_free(&setting);
    tables_free(&results);
    tables_free(&neurons);
    return status;
}
