/* What becomes of the neurons of a cohort along training. */
#include <math.h>

#include "core/memory.h"
#include "findings/run_internal.h"
#include "select/selection.h"
#include "stats/statistics.h"

/* Place of a layer's number among the matrix's, or -1. */
static int32_t find_layer(const matrix_t *matrix, int32_t number)
{
    for (int32_t l = 0; l < matrix->layers; l++)
        if (matrix->layer[l] == number) return l;
    return -1;
}

/* rank [layers][neurons]: place of each value in its layer, 1 at the end; NaN where undefined. */
static status_t rank_layers(const matrix_t *matrix, end_t end, double *rank)
{
    double *value = NULL, *place = NULL;
    size_t neurons = (size_t)matrix->neurons;
    status_t status = mem_new(&value, neurons, "ranks");
    if (!status) status = mem_new(&place, neurons, "ranks");
    for (int32_t l = 0; !status && l < matrix->layers; l++) {
        const double *from = matrix->value + (size_t)l * neurons;
        double *to = rank + (size_t)l * neurons;
        int64_t count = 0, at = 0;
        for (size_t n = 0; n < neurons; n++)
            if (!isnan(from[n])) value[count++] = end == END_LOWEST ? from[n] : -from[n];
        status = ranks_of(value, count, place);
        for (size_t n = 0; !status && n < neurons; n++) to[n] = isnan(from[n]) ? NAN : place[at++];
    }
    mem_free(&place);
    mem_free(&value);
    return status;
}

double run_mean_over(const matrix_t *matrix, const double *value, const cohort_t *cohort,
                     int64_t *count)
{
    double sum = 0;
    *count = 0;
    for (int64_t i = 0; i < cohort->count; i++) {
        int32_t l = find_layer(matrix, cohort->layer[i]);
        if (l < 0 || cohort->neuron[i] >= matrix->neurons) continue;
        double here = value[(int64_t)l * matrix->neurons + cohort->neuron[i]];
        if (isnan(here)) continue;
        sum += here;
        ++*count;
    }
    return *count ? sum / (double)*count : NAN;
}

int64_t run_common_neurons(const cohort_t *a, const cohort_t *b)
{
    int64_t both = 0;
    for (int64_t i = 0, j = 0; i < a->count && j < b->count;) {
        int64_t x = ((int64_t)a->layer[i] << 32) + a->neuron[i];
        int64_t y = ((int64_t)b->layer[j] << 32) + b->neuron[j];
        both += x == y;
        i += x <= y;
        j += y <= x;
    }
    return both;
}

/* What the rule, not frozen, would choose here. Where it cannot be applied there is no such thing. */
static status_t choose_here(const rule_t *rule, const matrix_t *matrix, const cohort_t *cohort,
                            run_drift_t *drift)
{
    cohort_t own = {0};
    end_t end = rule->kind == RULE_HIGHEST ? END_HIGHEST : END_LOWEST;
    drift->own = drift->both = -1;
    if (rule->kind != RULE_HIGHEST && rule->kind != RULE_LOWEST) return NULL;
    status_t status = rule->count ? cohort_by_count(matrix, end, rule->count, &own)
                                  : cohort_by_percent(matrix, end, rule->percent, &own);
    if (!status) {
        drift->own = own.count;
        drift->both = run_common_neurons(cohort, &own);
    }
    status_excuse(&status, EXIT_INPUT);
    cohort_destroy(&own);
    return status;
}

static status_t measure(run_t *run, const cohort_t *cohort, run_drift_t *drift)
{
    const rule_t *rule = &run->rules.rule[drift->rule];
    const char *checkpoint = run->checkpoints->item[drift->checkpoint];
    matrix_t matrix = {0}, wd = {0};
    double *rank = NULL;
    char *path = NULL;
    int64_t count;
    status_t status = selection_statistics_path(run->directory, checkpoint, &path);
    if (!status) status = matrix_read(path, rule->statistic, &matrix);
    if (!status) status = matrix_read(path, statistics_find("wd"), &wd);
    if (!status) status = mem_new(&rank, (size_t)matrix.layers * (size_t)matrix.neurons, "ranks");
    if (!status)
        status = rank_layers(&matrix, rule->kind == RULE_LOWEST ? END_LOWEST : END_HIGHEST, rank);
    if (!status) {
        drift->neurons = cohort->count;
        drift->of = matrix.neurons;
        drift->rank = run_mean_over(&matrix, rank, cohort, &drift->ranked);
        drift->wd = run_mean_over(&wd, wd.value, cohort, &count);
        status = choose_here(rule, &matrix, cohort, drift);
    }
    mem_free(&rank);
    mem_free(&path);
    matrix_destroy(&wd);
    matrix_destroy(&matrix);
    return status;
}

static status_t follow(run_t *run, const rules_t *rules, size_t rule, const char *reference)
{
    cohort_t cohort = {0};
    status_t status = selection_apply(rules, rule, run->directory, reference, &cohort);
    for (size_t i = 0; !status && i < run->checkpoints->count; i++) {
        if (!run->statistics[i].there) continue;
        run_drift_t drift = {.rule = rule, .checkpoint = i, .reference = reference};
        status = measure(run, &cohort, &drift);
        if (!status)
            status = mem_grow(&run->drift, &run->drift_capacity, run->drifts + 1, "cohorts");
        if (!status) run->drift[run->drifts++] = drift;
    }
    cohort_destroy(&cohort);
    return status;
}

/* Whether a checkpoint that freezes a cohort is one of this report's, with statistics. */
static bool is_there(const run_t *run, const char *checkpoint)
{
    ptrdiff_t at = strings_find(run->checkpoints, checkpoint);
    return at >= 0 && run->statistics[at].there;
}

status_t run_read_drift(run_t *run)
{
    ptrdiff_t last = run_last_statistics(run);
    rules_t free_rules = {.count = run->rules.count};
    int measured = 0;
    for (size_t i = 0; i < run->checkpoints->count; i++) measured += run->statistics[i].there;
    if (measured < 2) return NULL;
    status_t status = mem_new(&free_rules.rule, run->rules.count, "rules");
    for (size_t r = 0; !status && r < run->rules.count; r++) {
        free_rules.rule[r] = run->rules.rule[r];
        free_rules.rule[r].from = NULL;
    }
    for (size_t r = 0; !status && r < run->rules.count; r++) {
        const char *from = run->rules.rule[r].from;
        if (run->rules.rule[r].kind == RULE_ALL || rules_search(&run->rules, r)) continue;
        if (!from) from = run->checkpoints->item[last];
        if (is_there(run, from)) status = follow(run, &free_rules, r, from);
    }
    mem_free(&free_rules.rule);
    return status;
}

double run_drift_overlap(const run_drift_t *drift)
{
    int64_t either = drift->neurons + drift->own - drift->both;
    return drift->own < 0 || either == 0 ? NAN : (double)drift->both / (double)either;
}
