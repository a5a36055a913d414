/* The card of a neuron for a terminal. */
#include <math.h>
#include <string.h>

#include "core/options.h"
#include "report/cells.h"
#include "report/neuron_places.h"
#include "report/text.h"
#include "stats/normal.h"

/* Lines and columns of the histogram, with the places of its bars. */
enum { LINES = 18, BAR_COLUMNS = 50, CONTEXT = 30 };

static status_t heading(const char *words, bool colour, str_t *text)
{
    return str_printf(text, "\n%s%s%s\n", colour ? "\033[1m" : "", words, colour ? "\033[0m" : "");
}

/* ---- statistics ---- */

static status_t statistics_table(const neuron_card_t *card, const neuron_places_t *places,
                                 tables_t *tables)
{
    table_t *table;
    if (!card->measured) return NULL;
    status_t status =
        tables_append(tables, "Statistics", "",
                      "rank and percentile by each within its layer, 1: highest", 1, &table);
    if (!status) status = CELL_HEADS(table, "statistic", "value", "rank", "of", "percentile");
    for (int s = 0; !status && s < STATISTICS; s++) {
        double of = (double)places->of[s];
        if (isnan(card->statistic[s])) continue;
        status = cell_text(table, statistics[s].name);
        if (!status) status = cell_number(table, card->statistic[s], 4);
        if (!status) status = cell_count(table, places->rank[s]);
        if (!status) status = cell_count(table, places->of[s]);
        if (!status)
            status = cell_number(table, 100 * (of - (double)places->rank[s]) / fmax(of - 1, 1), 3);
    }
    return status;
}

static status_t quantiles_table(const neuron_places_t *places, tables_t *tables)
{
    table_t *table;
    str_t head = {0};
    if (isnan(places->quantile[0])) return NULL;
    status_t status = tables_append(tables, "Quantiles of the pre-activation", "", "", 0, &table);
    for (int i = 0; !status && i < LEVELS; i++) {
        if (isnan(places->level[i])) continue;
        status = str_printf(&head, "%g %%", 100 * places->level[i]);
        if (!status) status = strings_append(&table->head, head.data);
        str_clear(&head);
    }
    for (int i = 0; !status && i < LEVELS; i++)
        if (!isnan(places->level[i])) status = cell_number(table, places->quantile[i], 3);
    str_free(&head);
    return status;
}

/* The last so many columns of a text, or the first, on one line. */
static status_t cut(const char *words, size_t columns, bool end, str_t *text)
{
    size_t length = strlen(words), from = 0, to = length;
    while (end && text_width(words + from) > columns) do
            from++;
        while (((unsigned char)words[from] & 0xc0) == 0x80);
    for (size_t kept = 0, i = 0; !end && i < length; i++) {
        kept += ((unsigned char)words[i] & 0xc0) != 0x80;
        if (kept > columns) {
            to = i;
            break;
        }
    }
    status_t status = NULL;
    for (size_t i = from; !status && i < to; i++)
        status = str_append(text, strchr("\n\r\t", words[i]) ? " " : &words[i], 1);
    return status;
}

/* ---- the histogram ---- */

static double gaussian_share(const neuron_card_t *card, double from, double to)
{
    return normal_cdf((to - card->mean) / card->deviation) -
           normal_cdf((from - card->mean) / card->deviation);
}

static status_t histogram_line(double from, double share, double expected, double most, int columns,
                               str_t *text)
{
    int bar = (int)lround(share / most * columns), mark = (int)lround(expected / most * columns);
    status_t status = str_printf(text, "%10.3g  ", from);
    for (int c = 0; !status && c <= (bar > mark ? bar : mark); c++)
        status = str_add(text, c == mark ? "|" : c < bar ? "#" : " ");
    while (text->length && text->data[text->length - 1] == ' ') text->data[--text->length] = '\0';
    return status ? status : str_add(text, "\n");
}

status_t neuron_histogram(const neuron_card_t *card, int lines, int columns, str_t *text)
{
    double share[NEURON_BINS], expected[NEURON_BINS], most = 0;
    int each = (NEURON_BINS + lines - 1) / lines, count = (NEURON_BINS + each - 1) / each;
    if (!card->valued || !(card->deviation > 0)) return NULL;
    for (int l = 0; l < count; l++) {
        double from = card->least + l * each * card->width;
        share[l] = 0;
        for (int b = l * each; b < (l + 1) * each && b < NEURON_BINS; b++)
            share[l] += (double)card->count[b] / (double)card->tokens;
        expected[l] = gaussian_share(card, from, from + each * card->width);
        most = fmax(most, fmax(share[l], expected[l]));
    }
    status_t status = NULL;
    for (int l = 0; !status && l < count; l++)
        status = histogram_line(card->least + l * each * card->width, share[l], expected[l], most,
                                columns, text);
    return status;
}

static status_t add_distribution(const neuron_card_t *card, size_t width, bool colour, str_t *text)
{
    if (!card->valued || !(card->deviation > 0)) return NULL;
    int columns = (int)width - 14 < BAR_COLUMNS ? (int)width - 14 : BAR_COLUMNS;
    str_t note = {0};
    status_t status = heading("Pre-activation", colour, text);
    if (!status) status = str_add(&note, "n = ");
    if (!status) status = text_count(&note, card->tokens);
    if (!status) status = str_printf(&note, "%s; mean ", card->sketched ? ", from a sketch" : "");
    if (!status) status = text_rounded(&note, card->mean, 3);
    if (!status) status = str_add(&note, ", standard deviation ");
    if (!status) status = text_rounded(&note, card->deviation, 3);
    if (!status) status = str_printf(&note, "; mode%s at", card->modes.count == 1 ? "" : "s");
    for (int m = 0; !status && m < card->modes.count; m++) {
        status = str_add(&note, m ? ", " : " ");
        if (!status) status = text_rounded(&note, card->modes.place[m], 3);
    }
    if (!status)
        status = str_add(&note, "; # values, | the Gaussian of the same mean and deviation");
    if (!status) status = text_fill(text, note.data, 0, 0, width);
    if (!status) status = neuron_histogram(card, LINES, columns < 10 ? 10 : columns, text);
    str_free(&note);
    return status;
}

/* ---- contexts ---- */

/* Of a pair: the token, its tag, its output. */
static status_t add_token(const neuron_pair_t *pair, int side, table_t *table)
{
    str_t cell = {0};
    status_t status = cut(pair->text[side], CONTEXT, false, &cell);
    if (!status && *pair->tag[side]) status = str_printf(&cell, " (%s)", pair->tag[side]);
    if (!status) status = cell_take(table, &cell);
    str_free(&cell);
    return status;
}

static status_t pairs_table(const neuron_card_t *card, tables_t *tables)
{
    table_t *table;
    str_t note = {0};
    if (card->shown == 0) return NULL;
    status_t status = str_printf(
        &note,
        "the first %d of %d; distance of inputs over the layer's largest, of outputs over this "
        "neuron's median",
        card->shown, card->separated);
    if (!status)
        status = tables_append(tables, "Pairs of tokens that it separates most", "", note.data, 2,
                               &table);
    if (!status) status = neuron_pair_rows(card, add_token, table);
    str_free(&note);
    return status;
}

static status_t contexts_table(const neuron_places_t *places, tables_t *tables)
{
    table_t *table;
    str_t note = {0}, cell = {0};
    if (places->contexts == 0) return NULL;
    status_t status = str_printf(&note, "of %s; the token in double brackets", places->task);
    if (!status)
        status = tables_append(tables, "Contexts of its extremes", "", note.data, 1, &table);
    if (!status) status = CELL_HEADS(table, "context", "pre-activation");
    for (size_t i = 0; !status && i < places->contexts; i++) {
        const neuron_context_t *it = &places->context[i];
        status = cut(it->before, CONTEXT, true, &cell);
        if (!status) status = str_add(&cell, "[[");
        if (!status) status = cut(it->text, CONTEXT, false, &cell);
        if (!status) status = str_add(&cell, "]]");
        if (!status) status = cut(it->after, CONTEXT, false, &cell);
        if (!status) status = cell_take(table, &cell);
        if (!status) status = cell_number(table, it->value, 4);
    }
    str_free(&note);
    str_free(&cell);
    return status;
}

/* ---- cohorts, and what is not there ---- */

static status_t add_cohort(const neuron_cohort_t *it, size_t width, str_t *text)
{
    str_t line = {0};
    status_t status = str_printf(&line, "%s: ", it->name);
    if (!status && it->checkpoints.count == it->of && it->of > 1)
        status = str_printf(&line, "all %zu checkpoints", it->of);
    for (size_t i = 0;
         !status && (it->checkpoints.count < it->of || it->of == 1) && i < it->checkpoints.count;
         i++)
        status = str_printf(&line, "%s%s", i ? ", " : "", it->checkpoints.item[i]);
    if (!status && it->checkpoints.count < it->of)
        status = str_printf(&line, " (%zu of %zu)", it->checkpoints.count, it->of);
    if (!status) status = str_add(text, "  ");
    if (!status) status = text_fill(text, line.data, 2, 4, width);
    str_free(&line);
    return status;
}

static status_t add_cohorts(const neuron_places_t *places, size_t width, bool colour, str_t *text)
{
    status_t status = heading("Cohorts", colour, text);
    if (!status && places->cohorts == 0) status = str_add(text, "  none\n");
    for (size_t i = 0; !status && i < places->cohorts; i++)
        status = add_cohort(&places->cohort[i], width, text);
    return status;
}

static status_t add_absent(const neuron_card_t *card, size_t width, bool colour, str_t *text)
{
    if (card->absent.count == 0) return NULL;
    status_t status = heading("Not there", colour, text);
    for (size_t i = 0; !status && i < card->absent.count; i++) {
        status = str_add(text, "  ");
        if (!status) status = text_fill(text, card->absent.item[i], 2, 4, width);
    }
    return status;
}

static status_t add_title(const neuron_card_t *card, bool colour, str_t *text)
{
    str_t title = {0};
    status_t status = neuron_title(card, &title);
    if (!status) status = str_printf(&title, " at %s", card->checkpoint);
    if (!status)
        status = str_printf(text, "%s%s%s\n\n", colour ? "\033[1m" : "", title.data,
                            colour ? "\033[0m" : "");
    str_free(&title);
    return status;
}

status_t neuron_text(const neuron_card_t *card, const neuron_places_t *places, size_t width,
                     bool colour, str_t *text)
{
    tables_t first = {0}, second = {0};
    status_t status = add_title(card, colour, text);
    if (!status) status = statistics_table(card, places, &first);
    if (!status) status = tables_terminal(&first, width, colour, text);
    if (!status) status = add_distribution(card, width, colour, text);
    if (!status) status = quantiles_table(places, &second);
    if (!status) status = pairs_table(card, &second);
    if (!status) status = contexts_table(places, &second);
    if (!status && second.count) status = str_add(text, "\n");
    if (!status) status = tables_terminal(&second, width, colour, text);
    if (!status) status = add_cohorts(places, width, colour, text);
    if (!status) status = add_absent(card, width, colour, text);
    tables_free(&first);
    tables_free(&second);
    return status;
}
