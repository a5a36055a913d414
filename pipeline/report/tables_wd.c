/* Quantiles of WD over neurons. */
#include "core/memory.h"
#include "report/cells.h"
#include "report/tables_internal.h"
#include "report/text.h"

static status_t wd_row(const run_layer_t *layer, table_t *table)
{
    static const int shown[] = {WD_HIGHEST, WD_P99, WD_P95, WD_MEDIAN, WD_P5};
    status_t status = NULL;
    for (size_t i = 0; !status && i < sizeof shown / sizeof *shown; i++)
        status = cell_number(table, layer->wd[shown[i]], 4);
    if (!status) status = cell_number(table, layer->mean[MEAN_NEGATIVE], 4);
    if (!status) status = cell_count(table, layer->neurons);
    return status ? status : cell_count(table, layer->undefined);
}

static const char *const wd_head[] = {"highest", "99 %",           "95 %",    "median",
                                      "5 %",     "negative share", "neurons", "undefined"};

static status_t wd_begin(const run_statistics_t *statistics, const char *title, const char *corner,
                         tables_t *tables, table_t **table)
{
    str_t note = {0};
    status_t status = str_add(&note, "quantiles over neurons, each measured on ");
    if (!status) status = text_count(&note, statistics->tokens);
    if (!status)
        status = str_add(&note, " tokens; negative share: mean share of pre-activations below 0; "
                                "undefined: neurons whose values are all equal");
    if (!status) status = tables_append(tables, title, "", note.data, 1, table);
    if (!status) status = cell_heads(*table, 1, &corner);
    if (!status) status = cell_heads(*table, sizeof wd_head / sizeof *wd_head, wd_head);
    str_free(&note);
    return status;
}

status_t tables_wd(const run_t *run, detail_t detail, tables_t *tables)
{
    size_t checkpoints = run->checkpoints->count;
    ptrdiff_t last = run_last_statistics(run);
    table_t *table;
    bool *candidate = NULL, *shown = NULL;
    if (last < 0) return NULL;
    status_t status = mem_new(&candidate, checkpoints, "rows");
    for (size_t i = 0; !status && i < checkpoints; i++) candidate[i] = run->statistics[i].there;
    if (!status)
        status = wd_begin(&run->statistics[last], "Wasserstein distance to N(0,1), all layers",
                          "checkpoint", tables, &table);
    if (!status) status = tables_choose_rows(run, candidate, detail.most, &shown, &table->note);
    for (size_t i = 0; !status && i < checkpoints; i++) {
        const run_statistics_t *statistics = &run->statistics[i];
        if (!shown[i]) continue;
        status = strings_append(&table->cell, run->checkpoints->item[i]);
        if (!status) status = wd_row(&statistics->layer[statistics->layers], table);
    }
    mem_free(&shown);
    mem_free(&candidate);
    return status;
}

status_t tables_layers(const run_t *run, tables_t *tables)
{
    ptrdiff_t last = run_last_statistics(run);
    if (last < 0) return NULL;
    const run_statistics_t *statistics = &run->statistics[last];
    table_t *table;
    char *title = NULL;
    status_t status = str_format(&title, "Wasserstein distance to N(0,1) by layer at %s",
                                 run->checkpoints->item[last]);
    if (!status) status = wd_begin(statistics, title, "layer", tables, &table);
    for (int32_t l = 0; !status && l < statistics->layers; l++) {
        str_t number = {0};
        status = str_printf(&number, "%d", statistics->number[l]);
        if (!status) status = cell_take(table, &number);
        if (!status) status = wd_row(&statistics->layer[l], table);
        str_free(&number);
    }
    mem_free(&title);
    return status;
}
