#include "select/cohort_internal.h"

#include <math.h>
#include <stdlib.h>

#include "core/memory.h"
#include "core/random.h"
#include "stats/distance.h"

void matrix_destroy(matrix_t *matrix)
{
    mem_free(&matrix->layer);
    mem_free(&matrix->value);
    *matrix = (matrix_t){0};
}

void cohort_destroy(cohort_t *cohort)
{
    mem_free(&cohort->layer);
    mem_free(&cohort->neuron);
    mem_free(&cohort->value);
    mem_free(&cohort->number);
    mem_free(&cohort->threshold);
    mem_free(&cohort->size);
    mem_free(&cohort->partner);
    *cohort = (cohort_t){0};
}

status_t choice_create(choice_t *choice, const matrix_t *matrix)
{
    *choice = (choice_t){.matrix = matrix};
    size_t neurons = 0, layers = (size_t)matrix->layers;
    status_t status = mem_product(layers, (size_t)matrix->neurons, "neurons", &neurons);
    if (!status) status = mem_new(&choice->taken, neurons, "a choice of neurons");
    if (!status) status = mem_new(&choice->threshold, layers, "thresholds");
    for (size_t l = 0; !status && l < layers; l++) choice->threshold[l] = NAN;
    return status;
}

status_t choice_finish(choice_t *choice, status_t status, cohort_t *cohort)
{
    const matrix_t *m = choice->matrix;
    int64_t count = 0, all = (int64_t)m->layers * m->neurons, place = 0;
    *cohort = (cohort_t){0};
    for (int64_t i = 0; !status && i < all; i++) count += choice->taken[i];
    if (!status) status = mem_new(&cohort->layer, (size_t)count, "a cohort");
    if (!status) status = mem_new(&cohort->neuron, (size_t)count, "a cohort");
    if (!status) status = mem_new(&cohort->value, (size_t)count, "a cohort");
    if (!status) status = mem_new(&cohort->number, (size_t)m->layers, "a cohort");
    if (!status) status = mem_new(&cohort->size, (size_t)m->layers, "a cohort");
    if (!status && choice->partner) status = mem_new(&cohort->partner, (size_t)count, "a cohort");
    for (int32_t l = 0; !status && l < m->layers; l++) cohort->number[l] = m->layer[l];
    for (int64_t i = 0; !status && i < all; i++) {
        if (!choice->taken[i]) continue;
        cohort->layer[place] = m->layer[i / m->neurons];
        cohort->neuron[place] = (int32_t)(i % m->neurons);
        if (cohort->partner) cohort->partner[place] = choice->partner[i];
        cohort->value[place++] = m->value[i];
        cohort->size[i / m->neurons]++;
    }
    if (!status) {
        cohort->count = count;
        cohort->layers = m->layers;
        cohort->threshold = choice->threshold;
        choice->threshold = NULL;
    } else {
        cohort_destroy(cohort);
    }
    mem_free(&choice->taken);
    mem_free(&choice->threshold);
    mem_free(&choice->partner);
    return status;
}

/* sorted = the defined values of a layer in ascending order; returns their number. */
static int64_t defined_values(const double *value, int32_t neurons, double *sorted)
{
    int64_t count = 0;
    for (int32_t n = 0; n < neurons; n++)
        if (!isnan(value[n])) sorted[count++] = value[n];
    sort_doubles(sorted, count);
    return count;
}

status_t cohort_by_percent(const matrix_t *m, end_t end, double percent, cohort_t *cohort)
{
    choice_t choice;
    double *sorted = NULL;
    status_t status = choice_create(&choice, m);
    if (!status) status = mem_new(&sorted, (size_t)m->neurons, "sorted values");
    for (int32_t l = 0; !status && l < m->layers; l++) {
        const double *value = m->value + (int64_t)l * m->neurons;
        bool *taken = choice.taken + (int64_t)l * m->neurons;
        int64_t count = defined_values(value, m->neurons, sorted);
        double level = (end == END_HIGHEST ? 100 - percent : percent) / 100;
        double threshold = quantile_of_sorted(sorted, count, level);
        for (int32_t n = 0; n < m->neurons; n++) /* false where either is NaN */
            taken[n] = end == END_HIGHEST ? value[n] > threshold : value[n] < threshold;
        choice.threshold[l] = threshold;
    }
    mem_free(&sorted);
    return choice_finish(&choice, status, cohort);
}

/* Takes the count nearest to one end; sorted holds the layer's defined values, at least count. */
static double take_count(const double *value, int32_t neurons, end_t end, int64_t count,
                         const double *sorted, int64_t defined, bool *taken)
{
    double last = sorted[end == END_HIGHEST ? defined - count : count - 1];
    for (int32_t n = 0; n < neurons; n++) {
        taken[n] = end == END_HIGHEST ? value[n] > last : value[n] < last;
        count -= taken[n];
    }
    for (int32_t n = 0; n < neurons && count > 0; n++)
        if (value[n] == last) {
            taken[n] = true;
            count--;
        }
    return last;
}

status_t cohort_by_counts(const matrix_t *m, end_t end, const int64_t *count, cohort_t *cohort)
{
    choice_t choice;
    double *sorted = NULL;
    status_t status = choice_create(&choice, m);
    if (!status) status = mem_new(&sorted, (size_t)m->neurons, "sorted values");
    for (int32_t l = 0; !status && l < m->layers; l++) {
        int64_t place = (int64_t)l * m->neurons;
        if (count[l] == 0) continue;
        int64_t defined = defined_values(m->value + place, m->neurons, sorted);
        if (defined < count[l])
            status = status_new(EXIT_INPUT,
                                "layer %d: %lld neurons are wanted; the statistic is "
                                "defined for %lld",
                                m->layer[l], (long long)count[l], (long long)defined);
        else
            choice.threshold[l] = take_count(m->value + place, m->neurons, end, count[l], sorted,
                                             defined, choice.taken + place);
    }
    mem_free(&sorted);
    return choice_finish(&choice, status, cohort);
}

status_t cohort_by_count(const matrix_t *m, end_t end, int64_t count, cohort_t *cohort)
{
    int64_t *counts = NULL;
    status_t status = mem_new(&counts, (size_t)m->layers, "counts of neurons");
    for (int32_t l = 0; !status && l < m->layers; l++) counts[l] = count;
    if (!status) status = cohort_by_counts(m, end, counts, cohort);
    mem_free(&counts);
    return status;
}

status_t cohort_all(const matrix_t *m, cohort_t *cohort)
{
    choice_t choice;
    status_t status = choice_create(&choice, m);
    for (int64_t i = 0; !status && i < (int64_t)m->layers * m->neurons; i++) choice.taken[i] = true;
    return choice_finish(&choice, status, cohort);
}

/* Takes count of the neurons that are not barred. sample: scratch of [neurons]. */
static status_t take_random(random_t *random, const bool *barred, int32_t neurons, int32_t count,
                            int32_t *sample, bool *taken)
{
    int32_t population = 0, drawn = 0, place = 0;
    for (int32_t n = 0; n < neurons; n++) population += !barred[n];
    if (count > population)
        return status_new(EXIT_INPUT, "%d neurons are wanted; %d are outside the other cohort",
                          count, population);
    status_t status = random_sample(random, population, count, sample);
    for (int32_t n = 0; !status && n < neurons && drawn < count; n++) {
        if (barred[n]) continue;
        if (sample[drawn] == place++) {
            taken[n] = true;
            drawn++;
        }
    }
    return status;
}

status_t check_same_neurons(const matrix_t *m, const cohort_t *like)
{
    bool same = like->layers == m->layers;
    for (int32_t l = 0; same && l < m->layers; l++) same = like->number[l] == m->layer[l];
    if (!same) return status_new(EXIT_INPUT, "the other cohort was chosen from other layers");
    for (int64_t i = 0; i < like->count; i++)
        if (like->neuron[i] >= m->neurons)
            return status_new(EXIT_INPUT, "neuron %d of the other cohort; a layer has %d here",
                              like->neuron[i], m->neurons);
    return NULL;
}

status_t cohort_random(const matrix_t *m, const cohort_t *like, bool outside, uint64_t seed,
                       cohort_t *cohort)
{
    choice_t choice;
    bool *barred = NULL;
    int32_t *sample = NULL;
    int64_t place = 0; /* in like */
    status_t status = choice_create(&choice, m);
    if (!status) status = mem_new(&barred, (size_t)m->neurons, "barred neurons");
    if (!status) status = mem_new(&sample, (size_t)m->neurons, "drawn neurons");
    if (!status) status = check_same_neurons(m, like);
    for (int32_t l = 0; !status && l < m->layers; l++) {
        int64_t end = place + like->size[l];
        for (int32_t n = 0; n < m->neurons; n++) barred[n] = false;
        for (; place < end; place++) barred[like->neuron[place]] = outside;
        random_t random = random_stream(seed, "cohort", (uint64_t)m->layer[l]);
        status = status_wrap(take_random(&random, barred, m->neurons, like->size[l], sample,
                                         choice.taken + (int64_t)l * m->neurons),
                             "layer %d", m->layer[l]);
    }
    mem_free(&sample);
    mem_free(&barred);
    return choice_finish(&choice, status, cohort);
}

/* Place of a layer's number among the matrix's, or -1. */
static int32_t find_layer(const matrix_t *m, int32_t number)
{
    for (int32_t l = 0; l < m->layers; l++)
        if (m->layer[l] == number) return l;
    return -1;
}

status_t cohort_listed(const matrix_t *m, const neuron_list_t *list, cohort_t *cohort)
{
    choice_t choice;
    status_t status = choice_create(&choice, m);
    for (int64_t i = 0; !status && i < list->count; i++) {
        const neuron_place_t *at = &list->place[i];
        int32_t l = find_layer(m, at->layer);
        bool *taken = NULL;
        if (l < 0)
            status = status_new(EXIT_INPUT,
                                "%s: line %lld: layer %d is not among the %d layers "
                                "that have statistics",
                                list->path, (long long)at->line, at->layer, m->layers);
        else if (at->neuron >= m->neurons)
            status =
                status_new(EXIT_INPUT, "%s: line %lld: neuron %d; a layer has %d, 0 to %d",
                           list->path, (long long)at->line, at->neuron, m->neurons, m->neurons - 1);
        else taken = choice.taken + (int64_t)l * m->neurons + at->neuron;
        if (taken && *taken)
            status = status_new(EXIT_INPUT, "%s: line %lld: layer %d, neuron %d is listed twice",
                                list->path, (long long)at->line, at->layer, at->neuron);
        if (taken) *taken = true;
    }
    return choice_finish(&choice, status, cohort);
}
