/* The token sequences of a task: what the model runs over, and which tokens count. */
#ifndef WN_EVAL_SEQUENCES_H
#define WN_EVAL_SEQUENCES_H

#include <stdint.h>

#include "core/strings.h"
#include "eval/task.h"

/* Of perplexity, residual and extremes, windows of a corpus; of pairs, sentences (2i good, 2i + 1 bad); of pos, windows
 * that start anew at each document, the short last ones included (but for those of one token,
 * which have nothing to score); of choice, a question with each of its choices. */
typedef struct {
    int32_t *id;
    int64_t *offset; /* [count + 1] */
    int32_t *from;   /* [count] the first scored token; NULL: 1 everywhere */
    size_t count;
    size_t items;    /* windows, pairs or questions */
    size_t total;    /* windows of a corpus before the task's skip and most */
    char *key;       /* of the shard */
    char *tokenizer; /* digest of the tokenizer that made it */

    /* pos: the tokens of the whole shard; windows of tagged text: those of id */
    size_t tokens;
    int64_t *place; /* pos: [count] in the shard of each window's first token; one less after BOS */
    bool bos;       /* pos: windows begin with one */
    int32_t *tag;   /* [tokens] index into tags, -1: BOS; NULL where there are no tags */
    strings_t tags;
    /* choice */
    int64_t *choice;     /* [items + 1] first sequence of each question */
    int32_t *gold;       /* [items] the right choice, from 0 */
    int32_t *characters; /* [count] of each choice */
    /* pairs and choice: as the shard says, "original" or "harness"; NULL: not known */
    char *convention;
} sequences_t;

/* From shards/<data>.h5 in the run's directory. Not collective. EXIT_INPUT where it is missing,
 * does not fit together, or has nothing to score. */
MUST_CHECK status_t sequences_read(const task_t *task, const char *directory,
                                   sequences_t *sequences);
void sequences_free(sequences_t *sequences);
/* Bytes that they take. */
size_t sequences_bytes(const sequences_t *sequences);

/* Scored tokens of a sequence, and the place of the first one among all sequences' tokens. */
static inline int64_t sequences_first(const sequences_t *sequences, size_t s)
{
    return sequences->offset[s] + (sequences->from ? sequences->from[s] : 1);
}
static inline int64_t sequences_scored(const sequences_t *sequences, size_t s)
{
    return sequences->offset[s + 1] - sequences_first(sequences, s);
}

#endif
