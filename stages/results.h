/* Evaluate's output: results/<checkpoint>/<task>.h5. */
#ifndef WN_STAGES_RESULTS_H
#define WN_STAGES_RESULTS_H

#include "eval/condition.h"
#include "eval/sequences.h"
#include "stages/stage.h"

/* What was scored, and what made the scores. */
typedef struct {
    const stage_t *stage;
    const task_t *task;
    const sequences_t *sequences;
    const conditions_t *conditions;
    const char *checkpoint, *model, *tokenizer; /* name; digests */
    int layers;
    const double *score;                 /* [conditions][sequences] as results_scores makes them */
    const double *nll;                   /* [conditions][tokens of the shard]: pos, else NULL */
    const char (*score_key)[SHA256_HEX]; /* [conditions] of all that its scores depend on */
    arithmetic_t arithmetic;
    const deviation_t *deviation; /* [conditions] from float32; NULL in float32 */
} results_t;

/* Creates the file and writes what made it. One rank. */
MUST_CHECK status_t results_create(const results_t *results, const char *path, const char *key,
                                   store_t **store);
/* The attributes of a condition's group, which is there: what was ablated. */
MUST_CHECK status_t results_describe(const results_t *results, size_t condition, store_t *store);

/* Whether a task's results need the scores of single tokens. */
bool results_by_token(const task_t *task);

/* score [sequences], as it is written, of the sums of a condition's log-probabilities. */
void results_scores(const task_t *task, const sequences_t *sequences, const double *sum,
                    double *score);

/* Whether a file that was written earlier has the scores of a condition by this key. */
bool results_has(const store_t *store, const task_t *task, const char *condition,
                 const char *score_key);
/* Reads them: score [sequences]; nll [tokens of the shard] and deviation, unless these are NULL. */
MUST_CHECK status_t results_read(const store_t *store, const task_t *task, const char *condition,
                                 const sequences_t *sequences, double *score, double *nll,
                                 deviation_t *deviation);

/* Bytes of the file, but for some that HDF5 needs itself. */
double results_bytes(const task_t *task, const sequences_t *sequences, size_t conditions);

/* Writes the file. One rank. */
MUST_CHECK status_t results_write(const results_t *results, const char *path, const char *key);

#endif
