/* The conditions of a run: what is ablated in which cohort. */
#ifndef WN_EVAL_CONDITION_H
#define WN_EVAL_CONDITION_H

#include "core/config.h"
#include "core/hash.h"
#include "core/status.h"
#include "model/executor.h"

typedef struct {
    char *name;         /* "baseline", "negative-top", or as configured */
    const char *cohort; /* borrowed from the configuration; NULL for the baseline */
    ablate_t ablate;
    double factor; /* ABLATE_SCALE, else 0 */
    /* once loaded: */
    char key[SHA256_HEX]; /* of the ablation, its neurons, the factor, their means */
    int32_t *neuron, *start;
    float *value; /* ABLATE_MEAN: their means over all tokens at the checkpoint */
} condition_t;

typedef struct {
    condition_t *condition;
    size_t count;
    intervention_t *intervention; /* [count], as the executor wants them, once loaded */
} conditions_t;

/* Reads evaluate.conditions; without any, the baseline alone. Names must differ; a cohort must be
 * one of select. Errors name the line. */
MUST_CHECK status_t conditions_read(const config_t *config, conditions_t *conditions);

/* Loads the neurons of every condition at a checkpoint from directory/selection/, and their means
 * where the ablation asks for them from directory/statistics/. A layer or neuron that the model
 * or the statistics lack is an EXIT_INPUT error. */
MUST_CHECK status_t conditions_load(conditions_t *conditions, const char *directory,
                                    const char *checkpoint, int layers, int neurons);
/* Where no cohort is chosen yet: neurons such that each condition with a cohort differs from all
 * others in every layer. For estimates only: keys are empty. */
MUST_CHECK status_t conditions_stand_in(conditions_t *conditions, int layers);
void conditions_free(conditions_t *conditions);

#endif
