#include "report/figure_html.h"

#include "core/file.h"
#include "core/memory.h"
#include "report/svg.h"
#include "report/text.h"

/* An SVG of ours is far smaller. */
enum { SVG_BYTES = 64 << 20 };

/* Figures of more pixels than a screen has are shown on demand. */
enum { HEIGHT_OPEN = 1100 };

static status_t add_caption(const figure_t *figure, str_t *html)
{
    status_t status = str_add(html, "<figcaption>");
    if (!status && !figure->svg) status = html_element(html, "<b>", figure->title, ".</b> ");
    if (!status) status = html_text(html, figure->caption);
    return status
               ? status
               : str_printf(html,
                            " Data: <a href=\"figures/%1$s.csv\">%1$s.csv</a>; "
                            "<code>gnuplot %1$s.gp</code> in figures/ draws it anew.</figcaption>",
                            figure->name);
}

bool figure_is_tall(const figure_t *figure)
{
    return figure->height > HEIGHT_OPEN;
}

status_t figure_html(const figure_t *figure, const char *directory, size_t number, str_t *html)
{
    char *path = NULL, *prefix = NULL;
    str_t svg = {0};
    bool folded = figure_is_tall(figure);
    status_t status =
        folded ? html_element(html, "<details><summary>", figure->title, "</summary>\n") : NULL;
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
