#include "report/svg.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "report/palette.h"
#include "report/text.h"

static bool begins(const char *at, const char *word)
{
    return strncmp(at, word, strlen(word)) == 0;
}

static const char *behind(const char *at, const char *end)
{
    const char *found = strstr(at, end);
    return found ? found + strlen(end) : at + strlen(at);
}

/* The variable of a colour of the palette; NULL: it is none. */
static const char *variable_of(unsigned red, unsigned green, unsigned blue)
{
    char colour[8];
    snprintf(colour, sizeof colour, "#%02x%02x%02x", red & 255u, green & 255u, blue & 255u);
    for (size_t c = 0; c < COLOURS; c++)
        if (strcmp(colours[c].light, colour) == 0) return colours[c].name;
    return NULL;
}

/* A colour at this place, "rgb( 0, 114, 178)", "#0072b2", or "black" in quotes: its variable, and
 * *length characters of text. */
static const char *colour_at(const char *at, size_t *length)
{
    unsigned red, green, blue;
    int read = 0;
    if (sscanf(at, "rgb( %u , %u , %u )%n", &red, &green, &blue, &read) == 3 && read) {
        *length = (size_t)read;
        return variable_of(red, green, blue);
    }
    if (*at == '#' && sscanf(at, "#%2x%2x%2x%n", &red, &green, &blue, &read) == 3 && read == 7 &&
        !isalnum((unsigned char)at[7])) {
        *length = 7;
        return variable_of(red, green, blue);
    }
    if (begins(at, "black\"") || begins(at, "black'")) {
        *length = strlen("black");
        return colours[COLOUR_INK].name;
    }
    return NULL;
}

/* Behind what shows nothing: filters, a description, an empty group, blanks between elements; at itself
 * where it shows something. */
static const char *skip_nothing(const char *at)
{
    if (begins(at, "<filter")) return behind(at, "</filter>");
    if (begins(at, "<desc")) return behind(at, "</desc>");
    if (begins(at, "<title")) return behind(at, "</title>");
    if (begins(at, "<g ") || begins(at, "<g>")) {
        const char *end = strchr(at, '>');
        if (!end) return at;
        for (end++; isspace((unsigned char)*end);) end++;
        return begins(end, "</g>") ? end + strlen("</g>") : at;
    }
    return at;
}

/* The start tag: only the view box counts. Returns what follows it. */
static status_t add_root(const char **at, const char *name, str_t *html)
{
    const char *box = strstr(*at, "viewBox=\""), *end = strchr(*at, '>');
    if (!box || !end || box > end) return status_new(EXIT_INPUT, "%s: an SVG without a size", name);
    box += strlen("viewBox=\"");
    status_t status =
        str_add(html, "<svg role=\"img\" xmlns:xlink=\"http://www.w3.org/1999/xlink\" "
                      "viewBox=\"");
    if (!status) status = str_append(html, box, strcspn(box, "\""));
    if (!status) status = str_add(html, "\" aria-label=\"");
    if (!status) status = html_text(html, name);
    if (!status) status = str_add(html, "\"><title>");
    if (!status) status = html_text(html, name);
    if (!status) status = str_add(html, "</title>");
    *at = end + 1;
    return status;
}

status_t svg_inline(const char *svg, const char *name, const char *prefix, str_t *html)
{
    static const char *const mark[] = {" id='", " id=\"", "url(#", "href='#", "href=\"#"};
    const char *at = svg ? strstr(svg, "<svg") : NULL;
    if (!at) return status_new(EXIT_INPUT, "%s: not an SVG image", name);
    status_t status = add_root(&at, name, html);
    while (!status && *at) {
        const char *shown = *at == '<' ? skip_nothing(at) : at, *variable = NULL;
        size_t length = 0;
        if (shown != at) {
            at = shown;
            continue;
        }
        if (isspace((unsigned char)*at)) {
            size_t blanks = strspn(at, " \t\r\n");
            if (at[-1] == '>' && at[blanks] == '<') {
                at += blanks;
                continue;
            }
        }
        for (size_t m = 0; m < sizeof mark / sizeof *mark && !length; m++)
            if (begins(at, mark[m])) length = strlen(mark[m]);
        if (length) {
            status = str_append(html, at, length);
            if (!status) status = str_add(html, prefix);
        } else if ((variable = colour_at(at, &length))) {
            status = str_printf(html, "var(--c-%s)", variable);
        } else {
            length = 1;
            status = str_append(html, at, 1);
        }
        at += length;
    }
    return status;
}

status_t svg_variables(bool dark, str_t *css)
{
    status_t status = NULL;
    for (size_t c = 0; !status && c < COLOURS; c++)
        status = str_printf(css, "--c-%s:%s;", colours[c].name,
                            dark ? colours[c].dark : colours[c].light);
    return status;
}
