/* Cohorts that are made from others. */
#include <math.h>

#include "core/memory.h"
#include "select/cohort_internal.h"

/* ---- sets ---- */

status_t cohort_combined(const matrix_t *m, combine_t how, const cohort_t *cohorts, size_t count,
                         cohort_t *cohort)
{
    choice_t choice;
    int32_t *hits = NULL;
    int64_t neurons = (int64_t)m->layers * m->neurons;
    status_t status = choice_create(&choice, m);
    if (!status) status = mem_new(&hits, (size_t)neurons, "cohorts of each neuron");
    for (size_t c = 0; !status && c < count; c++) {
        int64_t place = 0;
        status = check_same_neurons(m, &cohorts[c]);
        for (int32_t l = 0; !status && l < m->layers; l++)
            for (int64_t end = place + cohorts[c].size[l]; place < end; place++) {
                int64_t i = (int64_t)l * m->neurons + cohorts[c].neuron[place];
                hits[i] += how == COMBINE_FIRST_ALONE && c ? -1 : 1;
            }
    }
    int32_t wanted = how == COMBINE_ALL ? (int32_t)count : 1;
    for (int64_t i = 0; !status && i < neurons; i++) choice.taken[i] = hits[i] >= wanted;
    mem_free(&hits);
    return choice_finish(&choice, status, cohort);
}

/* ---- pairs ---- */

/* The neuron nearest to a value among those that are free, or -1. */
static int32_t nearest(const double *value, const bool *free, int32_t neurons, double to,
                       bool magnitude)
{
    int32_t found = -1;
    double least = INFINITY;
    for (int32_t n = 0; n < neurons; n++) {
        double distance = fabs((magnitude ? fabs(value[n]) : value[n]) - to);
        if (!free[n] || !(distance < least)) continue; /* not where it is NaN */
        least = distance;
        found = n;
    }
    return found;
}

static status_t pair_layer(choice_t *choice, int32_t l, const int32_t *neuron, int32_t size,
                           bool magnitude, bool *free)
{
    const matrix_t *m = choice->matrix;
    int64_t place = (int64_t)l * m->neurons;
    const double *value = m->value + place;
    for (int32_t n = 0; n < m->neurons; n++) free[n] = true;
    for (int32_t i = 0; i < size; i++) free[neuron[i]] = false;
    for (int32_t i = 0; i < size; i++) {
        double to = magnitude ? fabs(value[neuron[i]]) : value[neuron[i]];
        if (isnan(to))
            return status_new(EXIT_INPUT, "layer %d, neuron %d has no value to be matched",
                              m->layer[l], neuron[i]);
        int32_t found = nearest(value, free, m->neurons, to, magnitude);
        if (found < 0)
            return status_new(EXIT_INPUT,
                              "layer %d: %d neurons are wanted; %d with a value are outside the "
                              "other cohort",
                              m->layer[l], size, i);
        free[found] = false;
        choice->taken[place + found] = true;
        choice->partner[place + found] = neuron[i];
    }
    return NULL;
}

status_t cohort_paired(const matrix_t *m, const cohort_t *like, bool magnitude, cohort_t *cohort)
{
    choice_t choice;
    bool *free = NULL;
    int64_t place = 0; /* in like */
    status_t status = choice_create(&choice, m);
    if (!status)
        status = mem_new(&choice.partner, (size_t)m->layers * (size_t)m->neurons, "partners");
    if (!status) status = mem_new(&free, (size_t)m->neurons, "free neurons");
    if (!status) status = check_same_neurons(m, like);
    for (int32_t l = 0; !status && l < m->layers; l++) {
        status = pair_layer(&choice, l, like->neuron + place, like->size[l], magnitude, free);
        place += like->size[l];
    }
    mem_free(&free);
    return choice_finish(&choice, status, cohort);
}
