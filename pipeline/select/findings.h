/* What is known of a cohort's neurons beside the statistic that chose them: how surely they were
 * chosen, and on which side of zero the pairs of tokens lie that they separate. */
#ifndef WN_SELECT_FINDINGS_H
#define WN_SELECT_FINDINGS_H

#include "select/cohort.h"
#include "select/rules.h"
#include "stats/separation.h"
#include "store/store.h"

enum { SIDE_SEPARATED, SIDE_CONTROLS, SIDES };

typedef struct {
    /* [cohort's count] share of the bootstrap's replicates whose WD the rule chooses the neuron by
     * as well; NULL where the cohort is not chosen by WD or there are no replicates */
    double *stability;
    /* pairs of all neurons of the cohort with each sign: the most separated ones of similar inputs,
     * and their controls. known: the checkpoint has pairs */
    bool known;
    int64_t signs[SIDES][SIGNS];
} findings_t;

/* Of a cohort that a rule chose for a checkpoint, from statistics/ and pairs/ below the run's
 * directory. A file of pairs that was not made with the statistics is an EXIT_INPUT error. */
MUST_CHECK status_t findings_make(const rule_t *rule, const char *directory, const char *checkpoint,
                                  const cohort_t *cohort, findings_t *findings);
void findings_destroy(findings_t *findings);

/* Into and from the checkpoint's group of selection/<cohort>.h5: stability float64 [n] and
 * pair_signs int64 [2][3], each where it is known. */
MUST_CHECK status_t findings_write(store_t *store, const char *checkpoint, const cohort_t *cohort,
                                   const findings_t *findings);
MUST_CHECK status_t findings_read(const store_t *store, const char *checkpoint,
                                  const cohort_t *cohort, findings_t *findings);

/* Mean over the cohort; NaN where it is unknown or the cohort is empty. */
double findings_stability(const findings_t *findings, int64_t count);

#endif
