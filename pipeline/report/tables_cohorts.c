/* Cohorts: how many neurons, how surely chosen, and the signs of the pairs that they separate. */
#include <math.h>

#include "core/memory.h"
#include "report/tables.h"
#include "report/text.h"

/* ---- sizes ---- */

double cohort_share(const run_t *run, size_t checkpoint, size_t rule)
{
    const run_cohort_t *cohort = &run->cohort[checkpoint * run->rules.count + rule];
    const run_statistics_t *statistics = &run->statistics[checkpoint];
    /* A frozen cohort comes from another checkpoint, which has as many neurons. */
    for (size_t i = 0; !statistics->there && i < run->checkpoints->count; i++)
        statistics = &run->statistics[i];
    if (!cohort->there || !statistics->there) return NAN;
    return (double)cohort->neurons / (double)statistics->layer[statistics->layers].neurons;
}

/* The last checkpoint that has the cohort, or -1. */
static ptrdiff_t last_with(const run_t *run, size_t rule)
{
    for (size_t i = run->checkpoints->count; i-- > 0;)
        if (run->cohort[i * run->rules.count + rule].there) return (ptrdiff_t)i;
    return -1;
}

static status_t cohort_row(const run_t *run, size_t rule, size_t checkpoint, bool stable,
                           table_t *table)
{
    const run_cohort_t *cohort = &run->cohort[checkpoint * run->rules.count + rule];
    str_t text[5] = {{0}};
    int columns = stable ? 5 : 4;
    status_t status = rule_describe(&run->rules, rule, &text[0]);
    if (!status && run->rules.rule[rule].from)
        status = str_printf(&text[0], ", at %s for all checkpoints", run->rules.rule[rule].from);
    if (!status) status = text_count(&text[1], cohort->neurons);
    if (!status) status = text_count(&text[2], cohort->fewest);
    if (!status && cohort->most > cohort->fewest) {
        status = str_add(&text[2], "–");
        if (!status) status = text_count(&text[2], cohort->most);
    }
    if (!status) status = text_percent(&text[3], cohort_share(run, checkpoint, rule));
    if (!status) status = text_percent(&text[4], cohort->stability);
    if (!status) status = strings_append(&table->cell, run->rules.rule[rule].name);
    for (int i = 0; !status && i < columns; i++)
        status = strings_append(&table->cell, text[i].data);
    for (int i = 0; i < 5; i++) str_free(&text[i]);
    return status;
}

/* Whether the stability of any cohort is known. */
static bool any_stable(const run_t *run)
{
    bool any = false;
    for (size_t r = 0; r < run->rules.count; r++) {
        ptrdiff_t last = last_with(run, r);
        any |= last >= 0 && !isnan(run->cohort[(size_t)last * run->rules.count + r].stability);
    }
    return any;
}

status_t tables_cohorts(const run_t *run, tables_t *tables)
{
    static const char *const head[] = {"cohort",    "neurons chosen", "neurons",
                                       "per layer", "% of all",       "stability, %"};
    table_t *table = NULL;
    bool stable = any_stable(run);
    status_t status = NULL;
    for (size_t r = 0; !status && r < run->rules.count; r++) {
        ptrdiff_t last = last_with(run, r);
        if (last < 0) continue;
        if (!table) {
            char *note = NULL;
            status =
                str_format(&note, "sizes at %s; every neuron: cohorts.csv%s",
                           run->checkpoints->item[last],
                           stable ? "; stability: mean share of bootstrap replicates over windows "
                                    "(of sketches: over folds) that choose a neuron again"
                                  : "; how stable they are is unknown without reduce.bootstrap");
            if (!status) status = tables_append(tables, "Cohorts", "", note, 2, &table);
            for (size_t i = 0; !status && i < (stable ? 6 : 5); i++)
                status = strings_append(&table->head, head[i]);
            mem_free(&note);
        }
        if (!status) status = cohort_row(run, r, (size_t)last, stable, table);
    }
    return status;
}

/* ---- signs of pairs ---- */

static const char *const side_name[SIDES] = {"separated", "controls"};

static status_t signs_row(const run_t *run, size_t rule, const run_cohort_t *cohort, int side,
                          table_t *table)
{
    const int64_t *signs = cohort->signs[side];
    int64_t count = signs[SIGNS_NEGATIVE] + signs[SIGNS_MIXED] + signs[SIGNS_POSITIVE];
    str_t text = {0};
    status_t status = strings_append(&table->cell, run->rules.rule[rule].name);
    if (!status) status = strings_append(&table->cell, side_name[side]);
    if (!status) status = text_count(&text, count);
    if (!status) status = strings_append(&table->cell, text.data);
    for (int s = 0; !status && s < SIGNS; s++) {
        interval_t interval = interval_share(signs[s], count, run->resampling.level);
        str_clear(&text);
        status = text_percent(&text, count ? (double)signs[s] / (double)count : NAN);
        if (!status && count) {
            status = str_add(&text, " (");
            if (!status) status = text_percent(&text, interval.low);
            if (!status) status = str_add(&text, "–");
            if (!status) status = text_percent(&text, interval.high);
            if (!status) status = str_add(&text, ")");
        }
        if (!status) status = strings_append(&table->cell, text.data);
    }
    str_free(&text);
    return status;
}

static status_t start_signs(const run_t *run, const char *checkpoint, tables_t *tables,
                            table_t **table)
{
    static const char *const head[] = {"cohort",           "pairs",    "n",
                                       "both negative, %", "mixed, %", "none negative, %"};
    char *note = NULL;
    status_t status = str_format(
        &note,
        "at %s; the pairs of similar inputs that each neuron of a cohort separates most, "
        "and similar pairs of equal frequency, position and shared text; intervals: %g %% "
        "(Wilson), as if all were independent",
        checkpoint, 100 * run->resampling.level);
    if (!status) status = tables_append(tables, "Signs of separated pairs", "", note, 2, table);
    for (size_t i = 0; !status && i < sizeof head / sizeof *head; i++)
        status = strings_append(&(*table)->head, head[i]);
    mem_free(&note);
    return status;
}

status_t tables_signs(const run_t *run, tables_t *tables)
{
    table_t *table = NULL;
    status_t status = NULL;
    for (size_t r = 0; !status && r < run->rules.count; r++) {
        ptrdiff_t last = last_with(run, r);
        if (last < 0) continue;
        const run_cohort_t *cohort = &run->cohort[(size_t)last * run->rules.count + r];
        if (!cohort->signs_known) continue;
        if (!table) status = start_signs(run, run->checkpoints->item[last], tables, &table);
        for (int side = 0; !status && side < SIDES; side++)
            status = signs_row(run, r, cohort, side, table);
    }
    return status;
}
