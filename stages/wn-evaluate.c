/* wn-evaluate: every task under every condition at each checkpoint, one score an item. */
#include <stdio.h>
#include <string.h>

#include "core/log.h"
#include "core/memory.h"
#include "eval/budget.h"
#include "eval/score.h"
#include "model/checkpoints.h"
#include "par/agree.h"
#include "stages/results.h"
#include "stages/sequences.h"

typedef struct {
    stage_t *stage;
    tasks_t tasks;
    conditions_t conditions;
    char *tokenizer; /* digest of the model's tokenizer */
    /* of the checkpoint at hand */
    const char *checkpoint;
    char *model_path, hash[SHA256_HEX];
    model_t *model; /* opened when the first task needs it */
} evaluation_t;

/* ---- what belongs together ---- */

static status_t make_key(const evaluation_t *it, const task_t *task, const sequences_t *sequences,
                         char key[SHA256_HEX])
{
    hash_t *hash = NULL;
    char scoring[128];
    int chunk = (int)config_integer(it->stage->config, "resources.chunk");
    snprintf(scoring, sizeof scoring,
             "kind %d window %lld stride %lld windows %lld bos %d mean %d chunk %d",
             (int)task->kind, (long long)task->window, (long long)task->stride,
             (long long)task->windows, task->bos, task->mean, chunk);
    status_t status = stage_key_create(&hash);
    if (!status) status = hash_add_field(hash, "stage", "evaluate");
    if (!status) status = hash_add_field(hash, "model", it->hash);
    if (!status) status = hash_add_field(hash, "sequences", sequences->key);
    if (!status) status = hash_add_field(hash, "scoring", scoring);
    for (size_t c = 0; !status && c < it->conditions.count; c++)
        status =
            hash_add_field(hash, it->conditions.condition[c].name, it->conditions.condition[c].key);
    if (!status) status = hash_finish(&hash, key);
    hash_destroy(&hash);
    return status;
}

/* ---- the work ---- */

static status_t score(evaluation_t *it, const task_t *task, const sequences_t *sequences,
                      const char *path, const char *key)
{
    double *sum = NULL, *token = NULL;
    size_t conditions = it->conditions.count, tokens = (size_t)sequences->offset[sequences->count];
    char label[256];
    status_t status = NULL;
    if (!it->model)
        status = model_open_shared(it->stage->comm, it->model_path,
                                   memory_for_weights(it->stage->config),
                                   memory_sharing(it->stage->config), &it->model);
    if (status) return status;
    run_options_t options = {.condition = it->conditions.intervention,
                             .conditions = (int)conditions,
                             .layers = it->model->shape.layers,
                             .what = it->checkpoint,
                             .memory = memory_for_states(it->stage->config, it->model),
                             .team = it->stage->team};
    int32_t chunk = (int32_t)config_integer(it->stage->config, "resources.chunk");
    snprintf(label, sizeof label, "%s %s", it->checkpoint, task->name);
    status = mem_new(&sum, conditions * sequences->count, "scores");
    if (!status && results_by_token(task)) status = mem_new(&token, conditions * tokens, "scores");
    status = agree(it->stage->comm, status);
    if (!status)
        status =
            score_tokens(it->stage->comm, it->model, sequences, chunk, &options, label, sum, token);
    const results_t results = {it->stage,
                               task,
                               sequences,
                               &it->conditions,
                               it->checkpoint,
                               it->hash,
                               it->tokenizer,
                               it->model->shape.layers,
                               sum,
                               token};
    if (!status && it->stage->rank == 0) status = results_write(&results, path, key);
    mem_free(&sum);
    mem_free(&token);
    return agree(it->stage->comm, status);
}

static status_t run_task(evaluation_t *it, const task_t *task)
{
    char *path = NULL, key[SHA256_HEX];
    bool current = false;
    sequences_t sequences;
    status_t status = stage_sequences(it->stage, it->tokenizer, task, &sequences);
    if (!status) status = make_key(it, task, &sequences, key);
    status = agree(it->stage->comm, status);
    if (!status)
        status = stage_path(it->stage, true, &path, "results/%s/%s.h5", it->checkpoint, task->name);
    if (!status) status = stage_is_current(it->stage, path, key, &current);
    if (!status && !current) status = score(it, task, &sequences, path, key);
    sequences_free(&sequences);
    mem_free(&path);
    return status;
}

static status_t run_checkpoint(evaluation_t *it, const char *checkpoint)
{
    model_shape_t shape = {0};
    it->checkpoint = checkpoint;
    status_t status = checkpoint_directory(it->stage->config, checkpoint, &it->model_path);
    if (!status) status = model_shape_read(it->model_path, &shape);
    if (!status)
        status = conditions_load(&it->conditions, it->stage->directory, checkpoint, shape.layers,
                                 shape.mlp);
    status = agree(it->stage->comm, status);
    if (!status) status = model_hash(it->stage->comm, it->model_path, it->hash);
    for (size_t t = 0; !status && t < it->tasks.count; t++)
        status = run_task(it, &it->tasks.task[t]);
    model_shape_free(&shape);
    model_close(&it->model);
    mem_free(&it->model_path);
    return status;
}

static status_t run(stage_t *stage)
{
    evaluation_t it = {.stage = stage};
    status_t status = tasks_read(stage->config, &it.tasks);
    if (!status) status = conditions_read(stage->config, &it.conditions);
    status = agree(stage->comm, status);
    if (!status && it.tasks.count == 0 && stage->rank == 0)
        log_info("evaluate.tasks is empty: nothing to do");
    if (!status && it.tasks.count) status = stage_tokenizer(stage, &it.tokenizer);
    for (size_t i = 0; !status && it.tasks.count && i < stage->chosen.count; i++)
        status = run_checkpoint(&it, stage->chosen.item[i]);
    tasks_free(&it.tasks);
    conditions_free(&it.conditions);
    mem_free(&it.tokenizer);
    return status;
}

int main(int argc, char **argv)
{
    return stage_main(argc, argv, "evaluate",
                      "Scores every task under every condition at each checkpoint.", run);
}
