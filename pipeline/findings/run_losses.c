/* Losses of windows under each condition: perplexity. */
#include <math.h>

#include "core/memory.h"
#include "findings/run_internal.h"

/* loss: float64 [*windows], to be freed. */
static status_t read_loss(const store_t *store, const char *condition, double **loss,
                          int64_t *windows)
{
    char *name = NULL;
    store_info_t info = {0};
    status_t status = str_format(&name, "/%s/loss", condition);
    if (!status) status = store_read(store, name, STORE_F64, loss, &info);
    *windows = (int64_t)info.count;
    mem_free(&name);
    return status;
}

/* What the windows' losses are resampled as: a column for each condition, contrast and family of
 * draws; NaN where a condition is not there. */
typedef struct {
    reading_t *reading;
    int64_t windows;
    size_t columns;
    double *value; /* [windows][columns] */
    double
        *weight; /* [windows][columns]: with a tail, the window's scored tokens; NULL: all alike */
    replicates_t *replicates;
} table_t;

static double mean_of(const table_t *table, int64_t window, const size_t *member, size_t members)
{
    double sum = 0;
    for (size_t k = 0; k < members; k++)
        sum += table->value[(size_t)window * table->columns + member[k]];
    return sum / (double)members;
}

/* With a tail, windows count by their scored tokens: values become sums over tokens. */
static status_t weigh(table_t *table)
{
    const reading_t *reading = table->reading;
    int32_t *scored = NULL;
    store_info_t info = {0};
    size_t all = (size_t)table->windows * table->columns;
    if (!reading->run->task[reading->task].is->tail) return NULL;
    status_t status = store_read(reading->store, "/scored", STORE_I32, &scored, &info);
    if (!status && info.count != (uint64_t)table->windows)
        status = status_new(EXIT_INPUT, "%s: /scored does not fit the losses",
                            store_path(reading->store));
    if (!status) status = mem_new(&table->weight, all, "windows");
    for (size_t i = 0; !status && i < all; i++) {
        size_t window = i / table->columns;
        table->weight[i] = scored[window];
        table->value[i] *= table->weight[i];
    }
    mem_free(&scored);
    return status;
}

static status_t read_condition(table_t *table, size_t condition)
{
    reading_t *reading = table->reading;
    const char *name = reading->run->condition[condition].name;
    double *loss = NULL;
    int64_t count = 0;
    status_t status = read_loss(reading->store, name, &loss, &count);
    if (!status && table->value == NULL) {
        size_t all = 0;
        table->windows = count;
        status = mem_product((size_t)count, table->columns, "windows", &all);
        if (!status) status = mem_new(&table->value, all, "windows");
        for (size_t i = 0; !status && i < all; i++) table->value[i] = NAN;
    }
    if (!status && count != table->windows)
        status = status_new(EXIT_INPUT, "%lld windows, other conditions have %lld",
                            (long long)count, (long long)table->windows);
    if (!status) status = loss_summarise(loss, count, &reading->result[condition].loss);
    for (int64_t w = 0; !status && w < count; w++)
        table->value[(size_t)w * table->columns + condition] = loss[w];
    reading->result[condition].there = status == NULL;
    mem_free(&loss);
    return status_wrap(status, "%s: %s", store_path(reading->store), name);
}

static void combine(table_t *table)
{
    const run_t *run = table->reading->run;
    size_t first = run->conditions, then = first + run->contrasts;
    for (int64_t w = 0; w < table->windows; w++) {
        double *row = table->value + (size_t)w * table->columns;
        for (size_t k = 0; k < run->contrasts; k++)
            row[first + k] = mean_of(table, w, run->contrast[k].left, run->contrast[k].lefts) -
                             mean_of(table, w, run->contrast[k].right, run->contrast[k].rights);
        for (size_t d = 0; d < run->draws_count; d++)
            row[then + d] = mean_of(table, w, run->draws[d].member, run->draws[d].members);
    }
}

static status_t add_loss(table_t *table, size_t condition)
{
    loss_t *loss = &table->reading->result[condition].loss;
    loss->loss = table->replicates[condition].estimate;
    return replicates_interval(&table->replicates[condition], table->reading->run->resampling.level,
                               &loss->interval);
}

static status_t add_change(table_t *table, size_t index)
{
    reading_t *reading = table->reading;
    run_t *run = reading->run;
    const run_contrast_t *contrast = &run->contrast[index];
    replicates_t *replicates = &table->replicates[run->conditions + index];
    run_change_t change = {.checkpoint = reading->checkpoint,
                           .task = reading->task,
                           .contrast = index,
                           .term = -1,
                           .value = replicates->estimate,
                           .n = table->windows,
                           .gained = -1,
                           .lost = -1,
                           .p = NAN,
                           .holm = NAN};
    if (!contrast_is_there(contrast, reading->result)) return NULL;
    status_t status = replicates_interval(replicates, run->resampling.level, &change.interval);
    if (!status)
        status = mem_grow(&run->change, &run->change_capacity, run->changes + 1, "changes");
    if (status) return status;
    run->change[run->changes++] = change;
    if (contrast->baseline && contrast->lefts == 1) {
        run_result_t *result = &reading->result[contrast->left[0]];
        result->compared = true;
        result->change = (loss_t){table->windows, change.value, NAN, change.interval};
    }
    reading->change[index] = *replicates;
    *replicates = (replicates_t){0};
    return NULL;
}

/* Of draws that are all there. */
static status_t add_spread(table_t *table, size_t index)
{
    reading_t *reading = table->reading;
    run_t *run = reading->run;
    const run_draws_t *draws = &run->draws[index];
    const replicates_t *replicates = &table->replicates[run->conditions + run->contrasts + index];
    run_spread_t spread = {.checkpoint = reading->checkpoint,
                           .task = reading->task,
                           .draws = index,
                           .term = -1,
                           .n = table->windows};
    double *value = NULL;
    interval_t loss = {NAN, NAN};
    for (size_t k = 0; k < draws->members; k++)
        if (!reading->result[draws->member[k]].there) return NULL;
    status_t status = mem_new(&value, draws->members, "draws");
    for (size_t k = 0; !status && k < draws->members; k++)
        value[k] = loss_perplexity(&reading->result[draws->member[k]].loss);
    if (!status) status = replicates_interval(replicates, run->resampling.level, &loss);
    spread.interval = (interval_t){exp(loss.low), exp(loss.high)};
    if (!status) status = run_add_spread(run, &spread, value);
    mem_free(&value);
    return status;
}

status_t run_read_losses(reading_t *reading)
{
    run_t *run = reading->run;
    table_t table = {.reading = reading,
                     .columns = run->conditions + run->contrasts + run->draws_count};
    char *purpose = NULL;
    status_t status = run_purpose(reading, "windows", "", &purpose);
    for (size_t c = 0; !status && c < run->conditions; c++)
        if (store_has(reading->store, run->condition[c].name)) status = read_condition(&table, c);
    if (!status && table.value) {
        combine(&table);
        status = weigh(&table);
    }
    if (!status && table.value) {
        status = resample_means(table.value, table.weight, table.windows, table.columns,
                                &run->resampling, purpose, &table.replicates);
    }
    for (size_t c = 0; !status && table.value && c < run->conditions; c++)
        if (reading->result[c].there) status = add_loss(&table, c);
    for (size_t k = 0; !status && table.value && k < run->contrasts; k++)
        status = add_change(&table, k);
    for (size_t d = 0; !status && table.value && d < run->draws_count; d++)
        status = add_spread(&table, d);
    resampled_destroy(&table.replicates, table.columns);
    mem_free(&table.value);
    mem_free(&table.weight);
    mem_free(&purpose);
    return status;
}
