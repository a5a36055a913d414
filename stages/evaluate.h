/* The parts of wn-evaluate: which scores there are to make, and making them. wn-evaluate.c goes through
 * checkpoints and tasks. */
#ifndef WN_STAGES_EVALUATE_H
#define WN_STAGES_EVALUATE_H

#include "eval/score.h"
#include "eval/task.h"
#include "select/cohort.h"
#include "stages/pass.h"
#include "stages/results.h"

/* What a task runs over, whatever the checkpoint; and how fast this machine does it. */
typedef struct {
    sequences_t sequences;
    score_plan_t plan;
    pass_rate_t rate;
} work_t;

typedef struct {
    stage_t *stage;
    tasks_t tasks;
    work_t *work; /* [tasks]; in a dry run kept for the next checkpoint */
    conditions_t conditions;
    char *tokenizer; /* digest of the model's tokenizer */
    arithmetic_t arithmetic;
    /* of the checkpoint at hand */
    const char *checkpoint;
    char *model_path, hash[SHA256_HEX]; /* "": not yet known */
    model_shape_t shape;
    bool chosen; /* the cohorts are known */
    bool opened; /* the weights have been read, or in a dry run would have been */
    model_t *model;
    cohort_t cohort; /* of a task of extremes */
    /* of the task at hand */
    char (*score_key)[SHA256_HEX]; /* [conditions] */
    bool *kept; /* [conditions] whose scores the output that is there has already */
} evaluation_t;

/* ---- what results depend on (evaluate_keys.c); not collective ---- */

/* The key of a task's output. */
MUST_CHECK status_t evaluate_key(const evaluation_t *it, const task_t *task,
                                 const sequences_t *sequences, char key[SHA256_HEX]);
/* Fills it->score_key: of the scores under each condition, whatever else is in the task. */
MUST_CHECK status_t evaluate_score_keys(evaluation_t *it, const task_t *task,
                                        const sequences_t *sequences);

/* ---- scores (evaluate_scores.c) ---- */

/* Whether a task has scores, which are made condition by condition. */
bool evaluate_scores_of(const task_t *task);

/* Collective: fills it->kept from the output that is there, which is not up to date. */
MUST_CHECK status_t evaluate_find_kept(evaluation_t *it, const task_t *task, const char *path);

/* The interventions of the conditions that are not kept, in place [*count]; and which these are, place
 * may be NULL. */
void evaluate_fresh(const evaluation_t *it, intervention_t *fresh, size_t *place, size_t *count);

/* Collective: makes the scores of those conditions, takes the others over, and writes the output. The
 * model is open. */
MUST_CHECK status_t evaluate_score(evaluation_t *it, results_t *results, const score_plan_t *plan,
                                   const char *path, const char *key);

#endif
