/* The neurons that a report shows: those of highest, median and lowest WD. */
#include <math.h>
#include <string.h>

#include "core/memory.h"
#include "report/cells.h"
#include "report/neuron.h"
#include "report/report_internal.h"
#include "report/text.h"

enum { NEURONS = 3 };
static const double level[NEURONS] = {1, 0.5, 0};
static const char *const level_name[NEURONS] = {"highest WD", "median WD", "lowest WD"};

/* Statistics down, neurons across. */
static status_t compare(const neuron_card_t *card, int cards, tables_t *tables)
{
    table_t *table;
    char *title = NULL;
    status_t status = str_format(&title, "Statistics of these neurons at %s", card->checkpoint);
    if (!status)
        status = tables_append(tables, title, "",
                               "wd_exact is WD; all of the neuron's values over the collected "
                               "tokens, as in the figures",
                               2, &table);
    if (!status) status = CELL_HEADS(table, "statistic", "what it is");
    for (int k = 0; !status && k < cards; k++) {
        str_t head = {0};
        status = neuron_title(&card[k], &head);
        if (!status) status = str_printf(&head, " (%s)", level_name[k]);
        if (!status) status = cell_heads(table, 1, (const char *const *)&head.data);
        str_free(&head);
    }
    for (int s = 0; !status && s < STATISTICS; s++) {
        if (isnan(card[0].statistic[s])) continue;
        status = cell_text(table, statistics[s].name);
        if (!status) status = cell_text(table, statistics[s].description);
        for (int k = 0; !status && k < cards; k++)
            status = cell_number(table, card[k].statistic[s], 4);
    }
    mem_free(&title);
    return status;
}

/* Pairs that are not asked for are not missed. */
static status_t tell_absent(const neuron_card_t *card, bool pairs, strings_t *absent)
{
    status_t status = NULL;
    for (size_t i = 0; !status && i < card->absent.count; i++) {
        str_t line = {0};
        if (!pairs && strstr(card->absent.item[i], "collect.pairs")) continue;
        status = str_printf(&line, "Single neurons: %s", card->absent.item[i]);
        if (!status && strings_find(absent, line.data) < 0)
            status = strings_append(absent, line.data);
        str_free(&line);
    }
    return status;
}

static status_t show(const neuron_card_t *card, int cards, bool pairs, report_t *report)
{
    status_t status = compare(card, cards, &report->neurons);
    for (int k = 0; !status && k < cards; k++) {
        status = neuron_figures(&card[k], &report->figures);
        if (!status) status = neuron_pairs_table(&card[k], &report->neurons);
        if (!status) status = tell_absent(&card[k], pairs, &report->absent);
    }
    /* The first neuron's pairs are open, the others on demand. */
    for (size_t i = 2; i < report->neurons.count; i++) report->neurons.item[i].folded = true;
    return status;
}

bool report_asks_pairs(const run_t *run)
{
    return !config_has(run->config, "collect.pairs") ||
           config_integer(run->config, "collect.pairs") > 0;
}

status_t report_neurons(const run_t *run, report_t *report)
{
    ptrdiff_t last = run_last_statistics(run);
    neuron_files_t files = {0};
    neuron_card_t card[NEURONS];
    int cards = 0;
    if (last < 0) return NULL;
    status_t status = neuron_files_open(run->directory, run->checkpoints->item[last], &files);
    for (int k = 0; !status && k < NEURONS; k++) {
        int32_t layer, neuron;
        bool found = false;
        status = neuron_at_level(&files, level[k], &layer, &neuron, &found);
        if (!status && found) status = neuron_card_read(&files, layer, neuron, &card[cards]);
        if (!status && found) cards++;
    }
    if (!status && cards) status = show(card, cards, report_asks_pairs(run), report);
    for (int k = 0; k < cards; k++) neuron_card_free(&card[k]);
    neuron_files_close(&files);
    return status;
}
