/* Between the makers of cohorts. */
#ifndef WN_SELECT_COHORT_INTERNAL_H
#define WN_SELECT_COHORT_INTERNAL_H

#include "select/cohort.h"

/* A cohort being made: every rule marks the neurons it takes, bool [layers][neurons]. partner, where
 * it is not NULL, int32 [layers][neurons]. */
typedef struct {
    const matrix_t *matrix;
    bool *taken;
    double *threshold;
    int32_t *partner;
} choice_t;

MUST_CHECK status_t choice_create(choice_t *choice, const matrix_t *matrix);

/* Ends the choice: cohort = what was taken, unless status is an error. */
MUST_CHECK status_t choice_finish(choice_t *choice, status_t status, cohort_t *cohort);

/* An error unless a cohort was chosen from the same layers, of no more neurons. */
MUST_CHECK status_t check_same_neurons(const matrix_t *matrix, const cohort_t *cohort);

#endif
