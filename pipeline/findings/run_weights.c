/* How far weights have turned between checkpoints. */
#include <math.h>
#include <string.h>

#include "core/memory.h"
#include "findings/run_internal.h"
#include "stats/distance.h"
#include "stats/sample.h"

/* scratch: float64 [count]. */
static void summarise(const double *value, int64_t count, double *scratch, run_turn_t *turn)
{
    static const double level[TURN_LEVELS] = {0.05, 0.5, 0.95};
    int64_t defined = 0;
    double sum = 0;
    for (int64_t i = 0; i < count; i++)
        if (!isnan(value[i])) sum += scratch[defined++] = value[i];
    sort_doubles(scratch, defined);
    turn->neurons = count;
    turn->undefined = count - defined;
    turn->mean = defined ? sum / (double)defined : NAN;
    for (int l = 0; l < TURN_LEVELS; l++)
        turn->quantile[l] = quantile_of_sorted(scratch, defined, level[l]);
}

static status_t add(run_t *run, const run_turn_t *about, const char *against, const double *value,
                    int64_t count, double *scratch)
{
    status_t status = mem_grow(&run->turn, &run->turn_capacity, run->turns + 1, "weights");
    if (status) return status;
    run_turn_t *turn = &run->turn[run->turns];
    *turn = *about;
    status = str_copy(&turn->against, against);
    if (status) return status;
    run->turns++;
    summarise(value, count, scratch, turn);
    return NULL;
}

static status_t read_part(run_t *run, const store_t *store, run_turn_t *about, const char *against)
{
    const char *name = weights_part_names[about->part];
    store_info_t info = {0}, layers = {0};
    double *value = NULL, *scratch = NULL;
    int32_t *layer = NULL;
    if (!store_has(store, name)) return NULL;
    status_t status = store_read(store, name, STORE_F64, &value, &info);
    if (!status) status = store_read(store, "/layers", STORE_I32, &layer, &layers);
    if (!status && (info.dimensions != 2 || info.shape[0] != layers.count))
        status = status_new(EXIT_INPUT, "%s: %s: one row for each of %llu layers is expected",
                            store_path(store), name, (unsigned long long)layers.count);
    if (!status) status = mem_new(&scratch, info.count, "weights");
    for (uint64_t l = 0; !status && l < layers.count; l++) {
        about->layer = layer[l];
        status =
            add(run, about, against, value + l * info.shape[1], (int64_t)info.shape[1], scratch);
    }
    about->layer = -1;
    if (!status) status = add(run, about, against, value, (int64_t)info.count, scratch);
    mem_free(&scratch);
    mem_free(&layer);
    mem_free(&value);
    return status;
}

static status_t read_file(run_t *run, size_t checkpoint, against_t kind, bool *absent)
{
    run_turn_t about = {.kind = kind, .checkpoint = checkpoint};
    char *name = NULL, *against = NULL;
    store_t *store = NULL;
    status_t status = str_format(&name, "weights/%s/%s.h5", run->checkpoints->item[checkpoint],
                                 against_names[kind]);
    if (!status) status = run_open_file(run, name, &store);
    *absent = !store;
    if (!status && store) status = store_get_text(store, "/", "against", &against);
    for (int p = 0; !status && store && p < WEIGHTS_PARTS; p++) {
        about.part = (weights_part_t)p;
        status = read_part(run, store, &about, against);
    }
    store_close(&store);
    mem_free(&against);
    mem_free(&name);
    return status;
}

status_t run_read_weights(run_t *run)
{
    const char *wanted = config_text(run->config, "reduce.weights");
    size_t count = run->checkpoints->count;
    bool *absent = NULL;
    if (strcmp(wanted, "none") == 0) return NULL;
    status_t status = mem_new(&absent, count, "checkpoints");
    for (int kind = AGAINST_PREVIOUS; !status && kind <= AGAINST_LAST; kind++) {
        char *what = NULL;
        size_t first = kind == AGAINST_PREVIOUS, end = kind == AGAINST_LAST ? count - 1 : count;
        if (strcmp(wanted, "both") != 0 && strcmp(wanted, against_names[kind]) != 0) continue;
        for (size_t i = 0; !status && i < count; i++) {
            status = read_file(run, i, (against_t)kind, &absent[i]);
            absent[i] &= i >= first && i < end; /* the others may have none */
        }
        if (!status)
            status = str_format(&what, "weights against the %s checkpoint (stage reduce)",
                                against_names[kind]);
        if (!status) status = run_add_missing(run, what, run->checkpoints, absent);
        mem_free(&what);
    }
    mem_free(&absent);
    return status;
}
