/* The tasks of a run: which text is scored, and how. */
#ifndef WN_EVAL_TASK_H
#define WN_EVAL_TASK_H

#include <stdbool.h>
#include <stdint.h>

#include "core/config.h"
#include "core/hash.h"
#include "core/status.h"

typedef enum { TASK_PERPLEXITY, TASK_PAIRS } task_kind_t;

typedef struct {
    task_kind_t kind;
    char *name;       /* "perplexity-wiki", or as configured */
    const char *data; /* corpus or benchmark, borrowed from the configuration */
    int64_t window, stride, windows;
    bool drop_last;   /* drops a window that ends exactly at the end */
    bool mean;        /* pairs: compares means per scored token, not sums */
} task_t;

typedef struct {
    task_t *task;
    size_t count;
} tasks_t;

/* Reads evaluate.tasks. Each must be exactly one kind; names must differ; its data must be
 * defined. Errors name the line. */
MUST_CHECK status_t tasks_read(const config_t *config, tasks_t *tasks);
void tasks_free(tasks_t *tasks);

/* An error at the key, with the nearest name, unless task->data is defined. */
MUST_CHECK status_t task_check_data(const config_t *config, const char *key, const task_t *task);

/* The token sequences of a task, from shards/<data>.h5: windows of a corpus, or the sentences of
 * pairs (2i good, 2i + 1 bad). A sequence's first token is not scored. */
typedef struct {
    int32_t *id;
    int64_t *offset; /* [count + 1] */
    size_t count;
    size_t items;    /* windows, or pairs */
    char *key;       /* of the shard */
    char *tokenizer; /* digest of the tokenizer that made it */
} sequences_t;

MUST_CHECK status_t sequences_read(const task_t *task, const char *directory,
                                   sequences_t *sequences);
void sequences_free(sequences_t *sequences);

#endif
