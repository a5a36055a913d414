/* index.html: the report as one page that needs no other file. */
#include "report/figure_html.h"
#include "report/page.h"
#include "report/page_style.h"
#include "report/text.h"

/* ---- figures ---- */

static status_t add_figures(const report_t *report, section_t section, const char *directory,
                            str_t *html)
{
    status_t status = NULL;
    for (int folded = 0; !status && folded < 2; folded++) {
        bool any = false;
        for (size_t i = 0; !status && i < report->figures.count; i++) {
            const figure_t *figure = &report->figures.item[i];
            if (figure->section != section || figure_is_tall(figure) != (folded == 1)) continue;
            if (!any && !folded) status = str_add(html, "<div class=\"figures\">\n");
            if (!status) status = figure_html(figure, directory, i + 1, html);
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
        status = html_element(html, "<dt>", page->facts.item[i], "</dt>");
        if (!status) status = html_element(html, "<dd>", page->facts.item[i + 1], "</dd>\n");
    }
    return status ? status : str_add(html, "</dl>\n");
}

static status_t add_list(const strings_t *list, size_t from, str_t *html)
{
    status_t status = list->count > from ? str_add(html, "<ul>\n") : NULL;
    for (size_t i = from; !status && i < list->count; i++)
        status = html_element(html, "<li>", list->item[i], "</li>\n");
    return status || list->count <= from ? status : str_add(html, "</ul>\n");
}

static status_t add_contents(const page_t *page, const report_t *report, str_t *html)
{
    status_t status = str_add(html, "<nav aria-label=\"Contents\">\n<ol>\n");
    for (int s = SECTION_SETTING; !status && s < SECTIONS; s++) {
        if (!page_has(page, report, (section_t)s)) continue;
        status = str_printf(html, "<li><a href=\"#%s\">", sections[s].id);
        if (!status) status = html_element(html, "", sections[s].title, "</a></li>\n");
    }
    return status ? status : str_add(html, "</ol>\n</nav>\n");
}

static status_t add_top(const run_t *run, const page_t *page, const report_t *report,
                        const char *directory, str_t *html)
{
    status_t status = html_element(html, "<header>\n<h1>", report_title(run), "</h1>\n");
    if (!status) status = html_element(html, "<p class=\"question\">", page_question, "</p>\n");
    if (!status) status = str_add(html, "</header>\n<main>\n<div class=\"top\" id=\"result\">\n");
    if (!status)
        status = html_element(html, "<p class=\"headline\">", page->headline.item[0], "</p>\n");
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
    if (!status) status = html_element(html, "", info->title, "</h2>\n");
    if (!status && *info->lead) status = html_element(html, "<p>", info->lead, "</p>\n");
    if (!status && info->convention)
        status = html_element(html, "<p class=\"note\">", info->convention, "</p>\n");
    if (!status) status = add_figures(report, section, directory, html);
    for (int folded = 0; !status && folded < 2; folded++)
        for (size_t i = 0; !status && i < tables->count; i++)
            if (tables->item[i].folded == (folded == 1))
                status = table_html(&tables->item[i], 3, html);
    if (!status && section == SECTION_MISSING) {
        status = add_list(&page->missing, 0, html);
        if (!status && page->missing.count == 0)
            status = str_add(html, "<p>Nothing: everything that is configured was there.</p>\n");
        for (size_t i = 0; !status && i < page->unasked.count; i++)
            status = html_element(html, "<p class=\"note\">", page->unasked.item[i], "</p>\n");
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
