/* Statistics of neurons, summarised by layer. */
#include <math.h>
#include <string.h>

#include "core/memory.h"
#include "findings/run_internal.h"
#include "stats/distance.h"
#include "stats/sample.h"

const double run_wd_levels[WD_LEVELS] = {0, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99, 1};
const char *const run_wd_names[WD_LEVELS] = {"wd_lowest", "wd_p5",  "wd_p25", "wd_median",
                                             "wd_p75",    "wd_p95", "wd_p99", "wd_highest"};
const char *const run_mean_names[MEANS] = {"mean", "variance", "skewness", "kurtosis",
                                           "negative_fraction"};

/* scratch: float64 [count]. */
static void summarise_wd(const double *wd, int64_t count, double *scratch, run_layer_t *layer)
{
    int64_t defined = 0;
    for (int64_t i = 0; i < count; i++)
        if (!isnan(wd[i])) scratch[defined++] = wd[i];
    layer->neurons = count;
    layer->undefined = count - defined;
    sort_doubles(scratch, defined);
    for (int l = 0; l < WD_LEVELS; l++)
        layer->wd[l] = defined ? quantile_of_sorted(scratch, defined, run_wd_levels[l]) : NAN;
}

static double mean_defined(const double *value, int64_t count)
{
    int64_t defined = 0;
    double sum = 0;
    for (int64_t i = 0; i < count; i++)
        if (!isnan(value[i])) sum += value[i], defined++;
    return defined ? sum / (double)defined : NAN;
}

/* A [layers][neurons] dataset whose shape must be that of the first one read. */
static status_t read_matrix(const store_t *store, const char *name, double **value,
                            uint64_t shape[2])
{
    store_info_t info = {0};
    status_t status = store_read(store, name, STORE_F64, value, &info);
    if (status) return status;
    if (shape[0] == 0 && info.dimensions == 2) memcpy(shape, info.shape, 2 * sizeof *shape);
    if (info.dimensions != 2 || info.shape[0] != shape[0] || info.shape[1] != shape[1])
        status = status_new(EXIT_INPUT, "%s: %s: shape [%llu][%llu] is expected", store_path(store),
                            name, (unsigned long long)shape[0], (unsigned long long)shape[1]);
    return status;
}

static status_t read_wd(const store_t *store, run_statistics_t *statistics, uint64_t shape[2])
{
    double *wd = NULL, *scratch = NULL;
    store_info_t layers = {0};
    status_t status = read_matrix(store, "/wd_exact", &wd, shape);
    if (!status) status = store_read(store, "/layers", STORE_I32, &statistics->number, &layers);
    if (!status && layers.count != shape[0])
        status = status_new(EXIT_INPUT, "%s: layers: %llu entries are expected", store_path(store),
                            (unsigned long long)shape[0]);
    if (!status) status = mem_new(&statistics->layer, shape[0] + 1, "layers");
    if (!status) status = mem_new(&scratch, shape[0] * shape[1], "WD");
    int64_t neurons = (int64_t)shape[1];
    for (uint64_t l = 0; !status && l < shape[0]; l++)
        summarise_wd(wd + l * shape[1], neurons, scratch, &statistics->layer[l]);
    if (!status)
        summarise_wd(wd, (int64_t)shape[0] * neurons, scratch, &statistics->layer[shape[0]]);
    statistics->layers = (int32_t)shape[0];
    mem_free(&scratch);
    mem_free(&wd);
    return status;
}

static status_t read_means(const store_t *store, run_statistics_t *statistics, uint64_t shape[2])
{
    status_t status = NULL;
    for (int m = 0; !status && m < MEANS; m++) {
        double *value = NULL;
        bool there = store_has(store, run_mean_names[m]);
        if (there) status = read_matrix(store, run_mean_names[m], &value, shape);
        for (uint64_t l = 0; !status && l <= shape[0]; l++) {
            bool all = l == shape[0];
            statistics->layer[l].mean[m] =
                !there ? NAN
                       : mean_defined(all ? value : value + l * shape[1],
                                      (int64_t)(all ? shape[0] * shape[1] : shape[1]));
        }
        mem_free(&value);
    }
    return status;
}

static status_t read_checkpoint(run_t *run, size_t checkpoint)
{
    run_statistics_t *statistics = &run->statistics[checkpoint];
    char *name = NULL;
    store_t *store = NULL;
    uint64_t shape[2] = {0};
    double tokens = 0;
    status_t status = str_format(&name, "statistics/%s.h5", run->checkpoints->item[checkpoint]);
    if (!status) status = run_open_file(run, name, &store);
    if (!status && store) {
        status = read_wd(store, statistics, shape);
        if (!status) status = read_means(store, statistics, shape);
        if (!status) status = store_get_number(store, "/", "tokens", &tokens);
        statistics->tokens = (int64_t)tokens;
        statistics->sketched = store_has(store, "/wd_bound");
        statistics->there = true;
    }
    store_close(&store);
    mem_free(&name);
    return status;
}

status_t run_read_statistics(run_t *run)
{
    size_t checkpoints = run->checkpoints->count;
    bool *absent = NULL;
    status_t status = mem_new(&run->statistics, checkpoints, "statistics");
    if (!status) status = mem_new(&absent, checkpoints, "checkpoints");
    for (size_t i = 0; !status && i < checkpoints; i++) {
        status = read_checkpoint(run, i);
        absent[i] = !run->statistics[i].there;
    }
    bool asked = config_has(run->config, "collect.corpus") || run->rules.count;
    if (!status && asked)
        status =
            run_add_missing(run, "statistics (stages collect, reduce)", run->checkpoints, absent);
    mem_free(&absent);
    return status;
}
