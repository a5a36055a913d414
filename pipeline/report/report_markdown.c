/* report.md: the page as Markdown. */
#include "core/memory.h"
#include "report/page.h"
#include "report/text.h"

static status_t add_paragraph(const char *start, const char *paragraph, str_t *text)
{
    status_t status = str_add(text, start);
    if (!status) status = markdown_text(text, paragraph);
    return status ? status : str_add(text, "\n\n");
}

static status_t add_list(const strings_t *list, size_t from, str_t *text)
{
    status_t status = NULL;
    for (size_t i = from; !status && i < list->count; i++) {
        status = str_add(text, "- ");
        if (!status) status = markdown_text(text, list->item[i]);
        if (!status) status = str_add(text, "\n");
    }
    return status || list->count <= from ? status : str_add(text, "\n");
}

static status_t add_figure(const figure_t *figure, str_t *text)
{
    status_t status = add_paragraph("### ", figure->title, text);
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

static status_t add_figures(const report_t *report, section_t section, str_t *text)
{
    status_t status = NULL;
    for (size_t i = 0; !status && i < report->figures.count; i++)
        if (report->figures.item[i].section == section)
            status = add_figure(&report->figures.item[i], text);
    return status;
}

static status_t add_missing(const page_t *page, str_t *text)
{
    status_t status = add_list(&page->missing, 0, text);
    if (!status && page->missing.count == 0)
        status = str_add(text, "Nothing: everything that is configured was there.\n\n");
    for (size_t i = 0; !status && i < page->unasked.count; i++)
        status = add_paragraph("", page->unasked.item[i], text);
    return status;
}

status_t report_markdown(const run_t *run, const report_t *report, const page_t *page, str_t *text)
{
    status_t status = add_paragraph("# ", report_title(run), text);
    if (!status) status = add_paragraph("", page_question, text);
    if (!status) status = str_add(text, "**");
    if (!status) status = markdown_text(text, page->headline.item[0]);
    if (!status) status = str_add(text, "**\n\n");
    if (!status) status = add_list(&page->headline, 1, text);
    if (!status) status = add_figures(report, SECTION_RESULT, text);
    for (int s = SECTION_SETTING; !status && s < SECTIONS; s++) {
        const tables_t *tables = &page->tables[s];
        if (!page_has(page, report, (section_t)s)) continue;
        status = add_paragraph("## ", sections[s].title, text);
        if (!status && *sections[s].lead) status = add_paragraph("", sections[s].lead, text);
        if (!status && sections[s].convention)
            status = add_paragraph("", sections[s].convention, text);
        if (!status) status = add_figures(report, (section_t)s, text);
        for (size_t i = 0; !status && i < tables->count; i++)
            status = table_markdown(&tables->item[i], 3, text);
        if (!status && s == SECTION_MISSING) status = add_missing(page, text);
    }
    return status;
}
