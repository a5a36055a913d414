/* index.html: the report as one page that needs no other file. */
#include <string.h>

#include "core/file.h"
#include "core/memory.h"
#include "report/page.h"
#include "report/page_style.h"
#include "report/svg.h"
#include "report/text.h"

/* An SVG of ours is far smaller. */
enum { SVG_BYTES = 64 << 20 };

/* Figures of more pixels than a screen has are shown on demand. */
enum { HEIGHT_OPEN = 1100 };

static status_t add_element(const char *start, const char *text, const char *end, str_t *html)
{
    status_t status = str_add(html, start);
    if (!status) status = html_text(html, text);
    return status ? status : str_add(html, end);
}

/* ---- figures ---- */

static status_t add_caption(const figure_t *figure, str_t *html)
{
    status_t status = str_add(html, "<figcaption>");
    if (!status && !figure->svg) status = add_element("<b>", figure->title, ".</b> ", html);
    if (!status) status = html_text(html, figure->caption);
    return status
               ? status
               : str_printf(html,
                            " Data: <a href=\"figures/%1$s.csv\">%1$s.csv</a>; "
                            "<code>gnuplot %1$s.gp</code> in figures/ draws it anew.</figcaption>",
                            figure->name);
}

/* Tall ones are shown on demand, below the others. */
static bool is_folded(const figure_t *figure)
{
    return figure->height > HEIGHT_OPEN;
}

static status_t add_figure(const figure_t *figure, const char *directory, size_t number,
                           str_t *html)
{
    char *path = NULL, *prefix = NULL;
    str_t svg = {0};
    bool folded = is_folded(figure);
    status_t status =
        folded ? add_element("<details><summary>", figure->title, "</summary>\n", html) : NULL;
    if (!status) status = str_add(html, "<figure>");
    if (!status && figure->svg) {
        status = str_format(&path, "%s/figures/%s.svg", directory, figure->name);
        if (!status) status = file_read(path, SVG_BYTES, &svg);
        if (!status) status = str_format(&prefix, "f%zu-", number);
        if (!status) status = svg_inline(svg.data, figure->title, prefix, html);
    }
    if (!status) status = add_caption(figure, html);
    if (!status) status = str_add(html, folded ? "</figure></details>\n" : "</figure>\n");
    str_free(&svg);
    mem_free(&path);
    mem_free(&prefix);
    return status;
}

static status_t add_figures(const report_t *report, section_t section, const char *directory,
                            str_t *html)
{
    status_t status = NULL;
    for (int folded = 0; !status && folded < 2; folded++) {
        bool any = false;
        for (size_t i = 0; !status && i < report->figures.count; i++) {
            const figure_t *figure = &report->figures.item[i];
            if (figure->section != section || is_folded(figure) != (folded == 1)) continue;
            if (!any && !folded) status = str_add(html, "<div class=\"figures\">\n");
            if (!status) status = add_figure(figure, directory, i + 1, html);
            any = true;
        }
        if (!status && any && !folded) status = str_add(html, "</div>\n");
    }
    return status;
}

/* ---- the top ---- */

static status_t add_facts(const page_t *page, str_t *html)
{
    status_t status = str_add(html, "<dl class=\"facts\">\n");
    for (size_t i = 0; !status && i + 1 < page->facts.count; i += 2) {
        status = add_element("<dt>", page->facts.item[i], "</dt>", html);
        if (!status) status = add_element("<dd>", page->facts.item[i + 1], "</dd>\n", html);
    }
    return status ? status : str_add(html, "</dl>\n");
}

static status_t add_list(const strings_t *list, size_t from, str_t *html)
{
    status_t status = list->count > from ? str_add(html, "<ul>\n") : NULL;
    for (size_t i = from; !status && i < list->count; i++)
        status = add_element("<li>", list->item[i], "</li>\n", html);
    return status || list->count <= from ? status : str_add(html, "</ul>\n");
}

static status_t add_contents(const page_t *page, const report_t *report, str_t *html)
{
    status_t status = str_add(html, "<nav aria-label=\"Contents\">\n<ol>\n");
    for (int s = SECTION_SETTING; !status && s < SECTIONS; s++) {
        if (!page_has(page, report, (section_t)s)) continue;
        status = str_printf(html, "<li><a href=\"#%s\">", sections[s].id);
        if (!status) status = add_element("", sections[s].title, "</a></li>\n", html);
    }
    return status ? status : str_add(html, "</ol>\n</nav>\n");
}

static status_t add_top(const run_t *run, const page_t *page, const report_t *report,
                        const char *directory, str_t *html)
{
    status_t status = add_element("<header>\n<h1>", report_title(run), "</h1>\n", html);
    if (!status) status = add_element("<p class=\"question\">", page_question, "</p>\n", html);
    if (!status) status = str_add(html, "</header>\n<main>\n<div class=\"top\" id=\"result\">\n");
    if (!status)
        status = add_element("<p class=\"headline\">", page->headline.item[0], "</p>\n", html);
    if (!status) status = str_add(html, "<div class=\"chief\">\n");
    if (!status) status = add_figures(report, SECTION_RESULT, directory, html);
    if (!status) status = str_add(html, "</div>\n<div class=\"more\">\n");
    if (!status) status = add_list(&page->headline, 1, html);
    if (!status) status = add_facts(page, html);
    if (!status) status = str_add(html, "</div>\n</div>\n");
    return status ? status : add_contents(page, report, html);
}

/* ---- sections ---- */

/* Open tables, then figures, then what is shown on demand. */
static status_t add_section(const page_t *page, const report_t *report, section_t section,
                            const char *directory, str_t *html)
{
    const section_info_t *info = &sections[section];
    const tables_t *tables = &page->tables[section];
    if (!page_has(page, report, section)) return NULL;
    status_t status = str_printf(html, "<section id=\"%s\">\n<h2>", info->id);
    if (!status) status = add_element("", info->title, "</h2>\n", html);
    if (!status && *info->lead) status = add_element("<p>", info->lead, "</p>\n", html);
    if (!status) status = add_figures(report, section, directory, html);
    for (int folded = 0; !status && folded < 2; folded++)
        for (size_t i = 0; !status && i < tables->count; i++)
            if (tables->item[i].folded == (folded == 1))
                status = table_html(&tables->item[i], 3, html);
    if (!status && section == SECTION_MISSING) {
        status = add_list(&page->missing, 0, html);
        if (!status && page->missing.count == 0)
            status = str_add(html, "<p>Nothing: everything that is configured was there.</p>\n");
        for (int s = 0; !status && s < SECTIONS; s++)
            if (sections[s].needs && !page_has(page, report, (section_t)s))
                status = str_printf(html,
                                    "<p class=\"note\">%s: not configured, or not there; it "
                                    "takes %s.</p>\n",
                                    sections[s].title, sections[s].needs);
    }
    return status ? status : str_add(html, "</section>\n");
}

status_t report_html(const run_t *run, const report_t *report, const page_t *page,
                     const char *directory, str_t *html)
{
    status_t status = page_begin(html, report_title(run));
    if (!status) status = add_top(run, page, report, directory, html);
    for (int s = SECTION_SETTING; !status && s < SECTIONS; s++)
        status = add_section(page, report, (section_t)s, directory, html);
    if (!status) status = str_add(html, "</main>\n");
    return status ? status : page_end(html);
}
