#include "report/compare.h"
#include "report/text.h"

static status_t add_layer(str_t *csv, int32_t layer)
{
    return layer < 0 ? csv_text(csv, "all") : csv_integer(csv, layer);
}

status_t csv_comparisons(const run_t *run, str_t *csv)
{
    status_t status = str_add(csv, "checkpoint,kind,against,statistic,with,layer,n,correlation,"
                                   "first,second,both,overlap\n");
    for (size_t i = 0; !status && i < run->comparisons; i++) {
        const run_comparison_t *c = &run->comparison[i];
        const char *const text[] = {run->checkpoints->item[c->checkpoint], against_names[c->kind],
                                    c->against, comparables[c->first].name,
                                    comparables[c->second].name};
        const int64_t count[] = {c->is.first, c->is.second, c->is.both};
        for (int t = 0; !status && t < 5; t++) status = csv_text(csv, text[t]);
        if (!status) status = add_layer(csv, c->layer);
        if (!status) status = csv_integer(csv, c->is.count);
        if (!status) status = csv_number(csv, c->is.correlation);
        for (int k = 0; !status && k < 3; k++) status = csv_integer(csv, count[k]);
        if (!status) status = csv_number(csv, comparison_overlap(&c->is));
        if (!status) status = csv_end(csv);
    }
    return status;
}

/* Nothing where there is no such number. */
static status_t add_count(str_t *csv, int64_t count)
{
    return count < 0 ? csv_text(csv, "") : csv_integer(csv, count);
}

status_t csv_drift(const run_t *run, str_t *csv)
{
    status_t status = str_add(csv, "cohort,chosen_at,checkpoint,neurons,own,both,overlap,ranked,"
                                   "mean_rank,of,mean_wd\n");
    for (size_t i = 0; !status && i < run->drifts; i++) {
        const run_drift_t *d = &run->drift[i];
        status = csv_text(csv, run->rules.rule[d->rule].name);
        if (!status) status = csv_text(csv, d->reference);
        if (!status) status = csv_text(csv, run->checkpoints->item[d->checkpoint]);
        if (!status) status = csv_integer(csv, d->neurons);
        if (!status) status = add_count(csv, d->own);
        if (!status) status = add_count(csv, d->both);
        if (!status) status = csv_number(csv, run_drift_overlap(d));
        if (!status) status = csv_integer(csv, d->ranked);
        if (!status) status = csv_number(csv, d->rank);
        if (!status) status = csv_integer(csv, d->of);
        if (!status) status = csv_number(csv, d->wd);
        if (!status) status = csv_end(csv);
    }
    return status;
}

status_t csv_weights(const run_t *run, str_t *csv)
{
    status_t status =
        str_add(csv, "checkpoint,kind,against,part,layer,neurons,undefined,p5,median,p95,mean\n");
    for (size_t i = 0; !status && i < run->turns; i++) {
        const run_turn_t *t = &run->turn[i];
        status = csv_text(csv, run->checkpoints->item[t->checkpoint]);
        if (!status) status = csv_text(csv, against_names[t->kind]);
        if (!status) status = csv_text(csv, t->against);
        if (!status) status = csv_text(csv, weights_part_names[t->part]);
        if (!status) status = add_layer(csv, t->layer);
        if (!status) status = csv_integer(csv, t->neurons);
        if (!status) status = csv_integer(csv, t->undefined);
        for (int l = 0; !status && l < TURN_LEVELS; l++) status = csv_number(csv, t->quantile[l]);
        if (!status) status = csv_number(csv, t->mean);
        if (!status) status = csv_end(csv);
    }
    return status;
}
