/* The page of one neuron. */
#include "report/figure_html.h"
#include "report/neuron.h"
#include "report/page_style.h"
#include "report/section.h"
#include "report/text.h"

static status_t add_absent(const neuron_card_t *card, str_t *html)
{
    status_t status = card->absent.count ? str_add(html, "<ul>\n") : NULL;
    for (size_t i = 0; !status && i < card->absent.count; i++)
        status = html_element(html, "<li>", card->absent.item[i], "</li>\n");
    return status || card->absent.count == 0 ? status : str_add(html, "</ul>\n");
}

static status_t add_tables(const neuron_card_t *card, str_t *html)
{
    tables_t tables = {0};
    status_t status = neuron_statistics_table(card, &tables);
    if (!status) status = neuron_pairs_table(card, &tables);
    for (size_t i = 0; !status && i < tables.count; i++)
        status = table_html(&tables.item[i], 2, html);
    tables_free(&tables);
    return status;
}

status_t neuron_html(const neuron_card_t *card, const figures_t *figures, const char *directory,
                     str_t *html)
{
    str_t title = {0};
    status_t status = neuron_title(card, &title);
    if (!status) status = str_printf(&title, " at %s", card->checkpoint);
    if (!status) status = page_begin(html, title.data);
    if (!status) status = html_element(html, "<main>\n<h1>", title.data, "</h1>\n");
    if (!status) status = html_element(html, "<p>", sections[SECTION_NEURONS].convention, "</p>\n");
    if (!status) status = str_add(html, "<div class=\"figures\">\n");
    for (size_t i = 0; !status && i < figures->count; i++)
        status = figure_html(&figures->item[i], directory, i + 1, html);
    if (!status) status = str_add(html, "</div>\n");
    if (!status) status = add_tables(card, html);
    if (!status) status = add_absent(card, html);
    if (!status) status = str_add(html, "</main>\n");
    str_free(&title);
    return status ? status : page_end(html);
}
