/* The conditions of a run: what is ablated in which cohort, in which layers. An entry of
 * evaluate.conditions stands for several conditions where it lists ablations, factors or cohorts, or
 * divides the layers into groups; the name of each says what is its own. */
#ifndef WN_EVAL_CONDITION_H
#define WN_EVAL_CONDITION_H

#include "core/config.h"
#include "core/hash.h"
#include "core/status.h"
#include "model/executor.h"
#include "select/cohort.h"
#include "select/rules.h"

/* Of a model with L layers: with groups, of so many groups, those numbered [from, to), the k-th of
 * which has the layers [k L / groups, (k + 1) L / groups); else the layers [from, to); to 0: L. */
typedef struct {
    int groups;
    bool cumulative; /* groups: all from the first on */
    int from, to;
} condition_layers_t;

typedef struct {
    char *name;   /* "baseline", "negative-top", or as configured */
    char *cohort; /* NULL for the baseline */
    ablate_t ablate;
    double factor; /* ABLATE_SCALE, else 0 */
    condition_layers_t layers;
    /* once loaded: */
    int first, end;       /* the layers [first, end) */
    char key[SHA256_HEX]; /* of the ablation, its neurons, the factor, their means */
    int32_t *neuron, *start;
    float *value; /* ABLATE_MEAN: their means over all tokens at the checkpoint */
} condition_t;

typedef struct {
    condition_t *condition;
    size_t count;
    intervention_t *intervention; /* [count], as the executor wants them, once loaded */
} conditions_t;

/* Reads and expands evaluate.conditions; without any, the baseline alone. Names must differ; a
 * cohort must be one of select. Errors name the line. */
MUST_CHECK status_t conditions_read(const config_t *config, conditions_t *conditions);
void conditions_free(conditions_t *conditions);
void condition_free(condition_t *condition);

/* Index of a condition, or -1. */
ptrdiff_t conditions_find(const conditions_t *conditions, const char *name);

/* Whether every search of select is for a condition that ablates a cohort which is not made from the
 * search's own in the end; else an error that names the line. */
MUST_CHECK status_t conditions_check_searches(const conditions_t *conditions,
                                              const config_t *config, const rules_t *rules);

/* Loads the neurons of every condition at a checkpoint from directory/selection/, and their means
 * where the ablation asks for them from directory/statistics/. A layer or neuron that the model
 * or the statistics lack, and more groups than layers, are EXIT_INPUT errors. */
MUST_CHECK status_t conditions_load(conditions_t *conditions, const char *directory,
                                    const char *checkpoint, int layers, int neurons);
/* Where no cohort is chosen yet: neurons such that each condition with a cohort differs from all
 * others in every layer. For estimates only: keys are empty. */
MUST_CHECK status_t conditions_stand_in(conditions_t *conditions, int layers);

/* Loads one condition; */
MUST_CHECK status_t condition_load(condition_t *condition, const char *directory,
                                   const char *checkpoint, int layers, int neurons);
/* or with a cohort that is given (NULL: the baseline), which origin names in errors. */
MUST_CHECK status_t condition_set(condition_t *condition, const cohort_t *cohort,
                                  const char *origin, const char *directory, const char *checkpoint,
                                  int layers, int neurons);
/* As the executor wants it, of borrowed parts. */
intervention_t condition_intervention(const condition_t *condition);
/* Undoes loading. */
void condition_forget(condition_t *condition);

#endif
