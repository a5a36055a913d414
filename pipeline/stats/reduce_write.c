/* The file of statistics. */
#include <math.h>

#include "core/memory.h"
#include "stats/reduce.h"

void reduced_destroy(reduced_t *reduced)
{
    for (int s = 0; s < STATISTICS; s++) mem_free(&reduced->value[s]);
    mem_free(&reduced->quantile);
    mem_free(&reduced->replicate);
    mem_free(&reduced->bound);
    mem_free(&reduced->error);
}

static status_t write_matrix(store_t *store, const activations_t *a, const char *name,
                             const char *unit, const char *description, const double *value)
{
    uint64_t shape[] = {(uint64_t)a->layers, (uint64_t)a->mlp};
    int64_t undefined = 0;
    for (uint64_t i = 0; i < shape[0] * shape[1]; i++) undefined += isnan(value[i]) != 0;
    status_t status = store_write(store, name, STORE_F64, 2, shape, value);
    if (!status) status = store_describe(store, name, "layers neurons", unit, description);
    return status ? status : store_set_integer(store, name, "undefined", undefined);
}

static status_t write_dropped(store_t *store, const activations_t *a)
{
    uint64_t shape = (uint64_t)a->layers;
    int64_t *dropped = NULL;
    status_t status = mem_new(&dropped, shape, "dropped pairs");
    for (int64_t l = 0; !status && l < a->layers; l++) dropped[l] = pairs_dropped(&a->pairs, l);
    if (!status) status = store_write(store, "pairs_dropped", STORE_I64, 1, &shape, dropped);
    if (!status)
        status =
            store_describe(store, "pairs_dropped", "layers", "pairs", "of equal inputs, by layer");
    if (!status) status = store_set_integer(store, "pairs_dropped", "pairs", a->pairs.pairs);
    mem_free(&dropped);
    return status;
}

/* How certain WD is. */
static status_t write_errors(store_t *store, const activations_t *a, const reduced_t *reduced)
{
    uint64_t shape[] = {(uint64_t)reduced->replicates, (uint64_t)a->layers, (uint64_t)a->mlp};
    const char *description = reduced->folds ? "standard error of wd_exact: jackknife over folds"
                                             : "standard error of wd_exact: bootstrap over windows";
    status_t status = write_matrix(store, a, "wd_error", "1", description, reduced->error);
    if (!status && reduced->folds)
        status = store_set_integer(store, "wd_error", "folds", reduced->folds);
    if (status || !reduced->replicates) return status;
    status = store_write(store, "wd_replicates", STORE_F64, 3, shape, reduced->replicate);
    if (!status)
        status = store_describe(store, "wd_replicates", "replicates layers neurons", "1",
                                reduced->folds
                                    ? "wd_exact of each replicate of the bootstrap over folds"
                                    : "wd_exact of each replicate of the bootstrap over windows");
    return status;
}

status_t reduce_write(store_t *store, const activations_t *a, const reduced_t *reduced)
{
    uint64_t shape[] = {LEVELS, (uint64_t)a->layers, (uint64_t)a->mlp};
    status_t status = store_write(store, "layers", STORE_I32, 1, shape + 1, a->layer);
    if (!status)
        status = store_describe(store, "layers", "layers", "1", "number of each layer, from 0");
    for (int s = 0; !status && s < STATISTICS; s++) {
        const statistic_t *of = &statistics[s];
        if (s != DIFFICULTY || a->pairs.pairs)
            status = write_matrix(store, a, of->name, of->unit, of->description, reduced->value[s]);
    }
    if (!status && a->pairs.pairs) status = write_dropped(store, a);
    if (!status && reduced->bound)
        status = write_matrix(store, a, "wd_bound", "1",
                              "how far wd_exact may be off, since values were counted in bins",
                              reduced->bound);
    if (!status && reduced->error) status = write_errors(store, a, reduced);
    if (!status) status = store_write(store, "quantiles", STORE_F64, 3, shape, reduced->quantile);
    if (!status)
        status = store_describe(store, "quantiles", "levels layers neurons", "1",
                                "linear interpolation");
    if (!status)
        status = store_set_numbers(store, "quantiles", "levels", statistics_levels, LEVELS);
    if (!status) status = store_write(store, "levels", STORE_F64, 1, shape, statistics_levels);
    if (!status)
        status = store_describe(store, "levels", "levels", "1", "probabilities of quantiles");
    if (!status) status = store_set_integer(store, "/", "tokens", a->tokens);
    if (!status) status = store_set_integer(store, "/", "undefined", reduced->undefined);
    return status;
}
