/* Tables of one neuron. */
#include <math.h>

#include "core/memory.h"
#include "report/cells.h"
#include "report/neuron.h"
#include "report/text.h"

static status_t add_row(table_t *table, const char *name, const char *what, double value)
{
    status_t status = cell_text(table, name);
    if (!status) status = cell_text(table, what);
    return status ? status : cell_number(table, value, 4);
}

static status_t add_ranks(const neuron_card_t *card, table_t *table)
{
    char *what = NULL;
    if (card->rank == 0) return NULL;
    status_t status =
        str_format(&what,
                   "by WD from the highest, of %lld in its layer; %lld of %lld "
                   "in all layers",
                   (long long)card->of, (long long)card->all_rank, (long long)card->all);
    if (!status) status = cell_text(table, "rank");
    if (!status) status = cell_text(table, what);
    if (!status) status = cell_count(table, card->rank);
    mem_free(&what);
    return status;
}

status_t neuron_statistics_table(const neuron_card_t *card, tables_t *tables)
{
    str_t title = {0}, note = {0};
    table_t *table;
    if (!card->measured) return NULL;
    status_t status = neuron_title(card, &title);
    if (!status) status = str_printf(&note, "at %s", card->checkpoint);
    for (size_t i = 0; !status && i < card->cohorts.count; i++)
        status = str_printf(&note, "%s%s", i ? ", " : "; in cohorts ", card->cohorts.item[i]);
    if (!status) status = tables_append(tables, title.data, "", note.data, 2, &table);
    if (!status) status = CELL_HEADS(table, "statistic", "what it is", "value");
    if (!status) status = add_ranks(card, table);
    for (int s = 0; !status && s < STATISTICS; s++)
        if (!isnan(card->statistic[s]))
            status =
                add_row(table, statistics[s].name, statistics[s].description, card->statistic[s]);
    if (!status && !isnan(card->wd_error))
        status = add_row(table, "wd_error", "standard error of wd_exact", card->wd_error);
    if (!status && !isnan(card->wd_bound))
        status = add_row(table, "wd_bound", "how far wd_exact may be off, as it is from a sketch",
                         card->wd_bound);
    for (int m = 0; !status && card->valued && m < card->modes.count; m++)
        status = add_row(table, m ? "further mode" : "mode",
                         "peak of the density of pre-activations", card->modes.place[m]);
    str_free(&title);
    str_free(&note);
    return status;
}

/* "…text [[token]] text (NOUN)" */
static status_t add_token(const neuron_pair_t *pair, int side, table_t *table)
{
    str_t text = {0};
    status_t status = str_add(&text, pair->context[side]);
    if (!status && *pair->tag[side]) status = str_printf(&text, " (%s)", pair->tag[side]);
    if (!status) status = cell_take(table, &text);
    str_free(&text);
    return status;
}

status_t neuron_pair_rows(const neuron_card_t *card, neuron_token_t *write_token, table_t *table)
{
    status_t status = CELL_HEADS(table, "first token", "second token", "first output",
                                 "second output", "input distance", "output distance");
    for (int k = 0; !status && k < card->shown; k++) {
        const neuron_pair_t *pair = &card->pair[k];
        const double number[] = {pair->output[0], pair->output[1], pair->input, pair->moved};
        for (int side = 0; !status && side < 2; side++) status = write_token(pair, side, table);
        for (int i = 0; !status && i < 4; i++) status = cell_number(table, number[i], 3);
    }
    return status;
}

status_t neuron_pairs_table(const neuron_card_t *card, tables_t *tables)
{
    str_t title = {0}, note = {0};
    table_t *table;
    if (card->shown == 0) return NULL;
    status_t status = neuron_title(card, &title);
    if (!status) status = str_add(&title, ": the pairs that it separates most");
    if (!status)
        status =
            str_printf(&note,
                       "at %s; the first %d of %d, of the %g %% of pairs whose inputs are most "
                       "alike; tokens in double brackets within their text; outputs: "
                       "pre-activations; input distance over the layer's largest, output "
                       "distance over this neuron's median",
                       card->checkpoint, card->shown, card->separated, card->similar);
    if (!status) status = tables_append(tables, title.data, "", note.data, 2, &table);
    if (!status) status = neuron_pair_rows(card, add_token, table);
    str_free(&title);
    str_free(&note);
    return status;
}
