#include <stdio.h>

#include "stages/evaluate.h"

static status_t add_cohort(const evaluation_t *it, const task_t *task, hash_t *hash)
{
    char lists[64];
    size_t bytes = (size_t)it->cohort.count * sizeof(int32_t);
    snprintf(lists, sizeof lists, "count %lld context %lld", (long long)task->count,
             (long long)task->context);
    status_t status = hash_add_field(hash, "lists", lists);
    if (!status) status = hash_add(hash, it->cohort.layer, bytes);
    return status ? status : hash_add(hash, it->cohort.neuron, bytes);
}

/* A hash over what the scores of any condition depend on. */
static status_t begin_key(const evaluation_t *it, const task_t *task, const sequences_t *sequences,
                          hash_t **hash)
{
    char scoring[160];
    int chunk = (int)config_integer(it->stage->config, "resources.chunk");
    snprintf(scoring, sizeof scoring,
             "kind %d window %lld stride %lld windows %lld bos %d mean %d chunk %d "
             "arithmetic %s",
             (int)task->kind, (long long)task->window, (long long)task->stride,
             (long long)task->windows, task->bos, task->mean, chunk,
             arithmetic_name(it->arithmetic));
    status_t status = stage_key_create(hash);
    if (!status) status = hash_add_field(*hash, "stage", "evaluate");
    if (!status) status = hash_add_field(*hash, "model", it->hash);
    if (!status) status = hash_add_field(*hash, "sequences", sequences->key);
    if (!status) status = hash_add_field(*hash, "scoring", scoring);
    return status || !task->tail ? status : hash_add_field(*hash, "tail", "true");
}

status_t evaluate_key(const evaluation_t *it, const task_t *task, const sequences_t *sequences,
                      char key[SHA256_HEX])
{
    hash_t *hash = NULL;
    status_t status = begin_key(it, task, sequences, &hash);
    if (!status && task->kind == TASK_EXTREMES) status = add_cohort(it, task, hash);
    /* with the tokens' ids, tags, windows and positions */
    if (!status && task->kind == TASK_POS) status = hash_add_field(hash, "tokens", "2");
    for (size_t c = 0; !status && task->kind != TASK_EXTREMES && c < it->conditions.count; c++)
        status =
            hash_add_field(hash, it->conditions.condition[c].name, it->conditions.condition[c].key);
    if (!status) status = hash_finish(&hash, key);
    hash_destroy(&hash);
    return status;
}

status_t evaluate_score_keys(evaluation_t *it, const task_t *task, const sequences_t *sequences)
{
    status_t status = NULL;
    for (size_t c = 0; !status && c < it->conditions.count; c++) {
        hash_t *hash = NULL;
        status = begin_key(it, task, sequences, &hash);
        if (!status) status = hash_add_field(hash, "condition", it->conditions.condition[c].key);
        if (!status) status = hash_finish(&hash, it->score_key[c]);
        hash_destroy(&hash);
    }
    return status;
}
