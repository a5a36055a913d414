#include "report/text.h"

#include <ctype.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NOT_FINITE "–"

/* ---- numbers ---- */

status_t text_rounded(str_t *text, double number, int digits)
{
    if (!isfinite(number)) return str_add(text, NOT_FINITE);
    if (number == 0) return str_add(text, "0");
    double size = fabs(number);
    if (size < 1e-4 || size >= 1e7) return str_printf(text, "%.*e", digits - 1, number);
    char exponent[32];
    snprintf(exponent, sizeof exponent, "%.*e", digits - 1, number);
    int whole = atoi(strchr(exponent, 'e') + 1) + 1; /* digits before the point, after rounding */
    return str_printf(text, "%.*f", digits > whole ? digits - whole : 0, number);
}

status_t text_percent(str_t *text, double share)
{
    return isfinite(share) ? str_printf(text, "%.1f", 100 * share) : str_add(text, NOT_FINITE);
}

status_t text_points(str_t *text, double share)
{
    if (!isfinite(share)) return str_add(text, NOT_FINITE);
    double points = 100 * share;
    return str_printf(text, "%s%.1f",
                      points < -0.05   ? "−"
                      : points >= 0.05 ? "+"
                                       : "",
                      fabs(points));
}

status_t text_rise(str_t *text, double nats)
{
    if (!isfinite(nats)) return str_add(text, NOT_FINITE);
    double percent = 100 * expm1(nats), size = fabs(percent);
    int decimals = size < 1 ? 2 : 1;
    const char *sign = size < 0.005 ? "" : percent < 0 ? "−" : "+";
    return str_printf(text, "%s%.*f", sign, decimals, size);
}

status_t text_count(str_t *text, int64_t count)
{
    char digits[32];
    snprintf(digits, sizeof digits, "%lld", (long long)count);
    status_t status = NULL;
    size_t length = strlen(digits);
    for (size_t i = 0; !status && i < length; i++) {
        bool comma = i && digits[i - 1] != '-' && (length - i) % 3 == 0;
        if (comma) status = str_append(text, ",", 1);
        if (!status) status = str_append(text, digits + i, 1);
    }
    return status;
}

/* ---- names ---- */

/* An underscore within a word is only a letter to Markdown. */
static bool within_word(const char *text, const char *at)
{
    return at > text && isalnum((unsigned char)at[-1]) && isalnum((unsigned char)at[1]);
}

status_t markdown_text(str_t *markdown, const char *text)
{
    status_t status = NULL;
    for (const char *at = text; !status && *at; at++) {
        bool special = strchr("\\`*[]<|&~$", *at) || (*at == '_' && !within_word(text, at));
        if (special) status = str_append(markdown, "\\", 1);
        if (!status) status = str_append(markdown, *at == '\n' || *at == '\r' ? " " : at, 1);
    }
    return status;
}

status_t html_text(str_t *html, const char *text)
{
    status_t status = NULL;
    for (const char *at = text; !status && *at; at++) {
        switch (*at) {
        case '&': status = str_add(html, "&amp;"); break;
        case '<': status = str_add(html, "&lt;"); break;
        case '>': status = str_add(html, "&gt;"); break;
        case '"': status = str_add(html, "&quot;"); break;
        case '\'': status = str_add(html, "&#39;"); break;
        default: status = str_append(html, at, 1);
        }
    }
    return status;
}

status_t html_element(str_t *html, const char *start, const char *text, const char *end)
{
    status_t status = str_add(html, start);
    if (!status) status = html_text(html, text);
    return status ? status : str_add(html, end);
}

status_t gnuplot_text(str_t *script, const char *text)
{
    status_t status = str_append(script, "'", 1);
    for (const char *at = text; !status && *at; at++) {
        if (*at == '\'') status = str_append(script, "'", 1);
        if (!status) status = str_append(script, *at == '\n' || *at == '\r' ? " " : at, 1);
    }
    return status ? status : str_append(script, "'", 1);
}

status_t gnuplot_bold(str_t *script, const char *text)
{
    str_t escaped = {0};
    status_t status = str_add(&escaped, "{/:Bold ");
    for (const char *at = text; !status && *at; at++) {
        if (strchr("\\{}_^@&~", *at)) status = str_append(&escaped, "\\", 1);
        if (!status) status = str_append(&escaped, at, 1);
    }
    if (!status) status = str_add(&escaped, "}");
    if (!status) status = gnuplot_text(script, escaped.data);
    str_free(&escaped);
    return status;
}

status_t text_file_name(str_t *name, const char *text)
{
    status_t status = NULL;
    for (const char *at = text; !status && *at; at++) {
        bool plain =
            isalnum((unsigned char)*at) || *at == '-' || *at == '_' || (*at == '.' && at > text);
        status = str_append(name, plain ? at : "_", 1);
    }
    return status;
}

size_t text_width(const char *text)
{
    size_t width = 0;
    for (; *text; text++) width += ((unsigned char)*text & 0xc0) != 0x80;
    return width;
}
