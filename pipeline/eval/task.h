/* The tasks of a run: which text is scored, and how. */
#ifndef WN_EVAL_TASK_H
#define WN_EVAL_TASK_H

#include <stdbool.h>
#include <stdint.h>

#include "core/config.h"
#include "core/hash.h"
#include "core/status.h"

/* Perplexity of a corpus; minimal pairs; surprisal by part of speech; multiple choice. Two that score
 * nothing: the residual stream on a corpus, and the contexts of extreme pre-activations. */
typedef enum {
    TASK_PERPLEXITY,
    TASK_PAIRS,
    TASK_POS,
    TASK_CHOICE,
    TASK_RESIDUAL,
    TASK_EXTREMES
} task_kind_t;

/* What makes a kind of task what it is: a new one is a row of the table in task.c, and a case of
 * sequences_read where its data are of a new kind. */
typedef struct {
    const char *key; /* in evaluate.tasks; names begin with it */
    const char *section,
        *formats; /* where its data are defined; formats they may have, between bars */
    /* Where it scores, each sequence gets a number under each condition (dataset NULL: it does not): the
     * mean negative log-probability of its scored tokens (loss), else the sum of their log-probabilities.
     * That dataset's axes, unit and description in results/; those of /scored, its scored tokens. */
    const char *dataset, *axes, *unit, *description;
    const char *sequences, *scored;
    bool loss;
    /* In reports: what its items are called, what intervals come from, and whether items are right or
     * wrong. metric NULL: reported otherwise. */
    const char *metric, *items, *interval;
    bool counted;
} task_traits_t;
extern const task_traits_t task_traits[];
extern const int task_kinds;

typedef struct {
    task_kind_t kind;
    char *name;       /* "perplexity-wiki", or as configured */
    const char *data; /* corpus or benchmark, borrowed from the configuration */
    int64_t window, stride, windows;
    int64_t skip, most; /* of these windows, without so many at first, at most so many; 0: all */
    bool drop_last;     /* drops a window that ends exactly at the end */
    bool tail;          /* perplexity: a last, shorter window of what is left */
    bool bos;           /* each window begins with BOS, which counts as one of its tokens */
    bool mean;          /* pairs: compares means per scored token, not sums */
    const char *cohort; /* extremes: of these neurons, borrowed */
    int64_t count, context; /* extremes: contexts at each end; tokens on each side of them */
    int64_t parts, part;    /* extremes: parts of the corpus; the one to be made, from 1; 0: all */
} task_t;

typedef struct {
    task_t *task;
    size_t count;
} tasks_t;

/* Reads evaluate.tasks. Each must be exactly one kind; names must differ; its data must be
 * defined, in a format that suits the kind. Errors name the line. */
MUST_CHECK status_t tasks_read(const config_t *config, tasks_t *tasks);
void tasks_free(tasks_t *tasks);

/* Whether a name stands for tagged text of benchmarks, which collect takes for a corpus whose tokens
 * have tags. */
bool task_is_tagged(const config_t *config, const char *name);

/* An error at the key, with the nearest name, unless task->data is defined. */
MUST_CHECK status_t task_check_data(const config_t *config, const char *key, const task_t *task);

/* The same of a name that collect takes: a corpus or tagged text. */
MUST_CHECK status_t task_check_collected(const config_t *config, const char *key, const char *name);

#endif
