/* wn-evaluate: every task under every condition at each checkpoint, one score an item. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "core/log.h"
#include "core/memory.h"
#include "eval/budget.h"
#include "model/checkpoints.h"
#include "par/agree.h"
#include "stages/evaluate.h"
#include "stages/measure.h"
#include "stages/sequences.h"

/* Collective. Whether the unit's output is there; its key, where it takes that to know. */
static status_t look(evaluation_t *it, const task_t *task, const sequences_t *sequences,
                     const char *path, char key[SHA256_HEX], bool *current)
{
    status_t status = NULL;
    *current = false;
    memset(it->kept, 0, it->conditions.count * sizeof *it->kept);
    if (!it->chosen || !stage_needs_key(it->stage, path)) return NULL;
    if (!it->hash[0]) status = model_hash(it->stage->comm, it->model_path, it->hash);
    if (!status) status = evaluate_key(it, task, sequences, key);
    if (!status) status = evaluate_score_keys(it, task, sequences);
    status = agree(it->stage->comm, status);
    if (!status) status = stage_is_current(it->stage, path, key, current);
    return status || *current || !evaluate_scores_of(task) ? status
                                                           : evaluate_find_kept(it, task, path);
}

/* ---- the estimate ---- */

/* Collective. */
static status_t estimate_task(const evaluation_t *it, const task_t *task, work_t *work,
                              estimate_t *estimate)
{
    const sequences_t *sequences = &work->sequences;
    const forest_t *forest = work->plan.forest;
    static const intervention_t none = {.ablate = ABLATE_NONE};
    bool scored = evaluate_scores_of(task), extremes = task->kind == TASK_EXTREMES;
    intervention_t *fresh = NULL;
    size_t count;
    status_t status = agree(it->stage->comm, mem_new(&fresh, it->conditions.count, "conditions"));
    if (status) return status;
    evaluate_fresh(it, fresh, NULL, &count);
    int conditions = extremes ? 1 : (int)count;
    size_t scores = scored ? score_bytes(sequences, conditions, results_by_token(task))
                           : measure_bytes(task, &it->shape, conditions, &it->cohort);
    size_t beside = sequences_bytes(sequences) + 2 * scores +
                    cost_forest_bytes(forest, (size_t)sequences->offset[sequences->count]);
    const pass_t pass = {.directory = it->model_path,
                         .shape = &it->shape,
                         .opened = it->opened,
                         .arithmetic = it->arithmetic,
                         .forest = forest,
                         .owner = work->plan.owner,
                         .condition = extremes ? &none : fresh,
                         .conditions = conditions,
                         .layers = extremes ? measure_layers(&it->cohort) : it->shape.layers,
                         .scored = scored,
                         .beside = (double)beside,
                         .share = 1 / (double)it->tasks.count};
    status = pass_estimate(it->stage, &pass, &work->rate, estimate);
    mem_free(&fresh);
    estimate->disk = scored ? results_bytes(task, sequences, it->conditions.count)
                            : measure_disk(task, &it->shape, it->conditions.count, &it->cohort);
    if (extremes && task->parts > 1) {
        estimate->bound = "at most";
        estimate->note = "all parts together, those that are there included";
    }
    if (!it->chosen) {
        estimate->bound = "at most";
        estimate->note = "select has not run: as if all conditions differed in every layer";
    }
    return status;
}

/* ---- the work ---- */

static status_t open_model(evaluation_t *it)
{
    if (it->model) return NULL;
    return model_open_shared(it->stage->comm, it->model_path, memory_for_weights(it->stage->config),
                             memory_sharing(it->stage->config), &it->model);
}

/* The file of a part of extremes, from 1, unless it is up to date: whole is the key of all of them. */
static status_t run_part(evaluation_t *it, const results_t *results, const score_plan_t *plan,
                         size_t part, size_t parts, const char *path, const char *whole)
{
    char number[64], key[SHA256_HEX];
    hash_t *hash = NULL;
    bool current = false;
    snprintf(number, sizeof number, "%zu of %zu", part, parts);
    status_t status = stage_key_create(&hash);
    if (!status) status = hash_add_field(hash, "whole", whole);
    if (!status) status = hash_add_field(hash, "part", number);
    if (!status) status = hash_finish(&hash, key);
    hash_destroy(&hash);
    status = agree(it->stage->comm, status);
    if (!status) status = stage_is_current(it->stage, path, key, &current);
    if (status || current) return status;
    status = open_model(it);
    return status ? status
                  : measure_extremes(results, it->model, plan, &it->cohort, part, parts, path, key);
}

/* Extremes part by part; once all are there, they are merged and removed. */
static status_t run_parts(evaluation_t *it, const results_t *results, const score_plan_t *plan,
                          const char *path, const char *key)
{
    const task_t *task = results->task;
    size_t chunks = plan->forest->chunks, only = (size_t)task->part;
    size_t parts = (size_t)task->parts < chunks ? (size_t)task->parts : chunks;
    strings_t paths = {0};
    status_t status = NULL;
    for (size_t part = 1; !status && part <= parts; part++) {
        char *of_part = NULL;
        status = stage_path(it->stage, true, &of_part, "results/%s/%s.part%zu.h5", it->checkpoint,
                            task->name, part);
        if (!status) status = agree(it->stage->comm, strings_append(&paths, of_part));
        if (!status && (only == 0 || only == part))
            status = run_part(it, results, plan, part, parts, of_part, key);
        mem_free(&of_part);
    }
    if (!status && !only)
        status = measure_merge_extremes(results, &it->shape, &it->cohort, &paths, path, key);
    for (size_t i = 0; !status && !only && it->stage->rank == 0 && i < paths.count; i++)
        unlink(paths.item[i]);
    strings_free(&paths);
    return agree(it->stage->comm, status);
}

static status_t run_work(evaluation_t *it, const task_t *task, const work_t *work, const char *path,
                         const char *key)
{
    results_t results = {.stage = it->stage,
                         .task = task,
                         .sequences = &work->sequences,
                         .conditions = &it->conditions,
                         .checkpoint = it->checkpoint,
                         .model = it->hash,
                         .tokenizer = it->tokenizer,
                         .layers = it->shape.layers,
                         .arithmetic = it->arithmetic};
    const score_plan_t *plan = &work->plan;
    if (task->kind == TASK_EXTREMES && task->parts > 1)
        return run_parts(it, &results, plan, path, key);
    bool run = !evaluate_scores_of(task) || memchr(it->kept, false, it->conditions.count);
    status_t status = run ? open_model(it) : NULL;
    if (status) return status;
    switch (task->kind) {
    case TASK_RESIDUAL: return measure_residual(&results, it->model, plan, path, key);
    case TASK_EXTREMES:
        return measure_extremes(&results, it->model, plan, &it->cohort, 0, 1, path, key);
    default: return evaluate_score(it, &results, plan, path, key);
    }
}

/* Not collective. */
static status_t read_work(const evaluation_t *it, const task_t *task, work_t *work)
{
    if (work->sequences.id) return NULL;
    return stage_sequences(it->stage, it->tokenizer, task, &work->sequences);
}

/* Not collective. */
static status_t plan_work(const evaluation_t *it, const task_t *task, work_t *work)
{
    bool windows = task->kind == TASK_RESIDUAL || task->kind == TASK_EXTREMES;
    int32_t chunk = (int32_t)config_integer(it->stage->config, "resources.chunk");
    int ranks = it->stage->plan->layout.ranks;
    if (work->plan.forest) return NULL;
    return windows ? score_plan_windows(&work->sequences, ranks, chunk, &work->plan)
                   : score_plan_create(&work->sequences, ranks, chunk, &work->plan);
}

static void free_work(work_t *work)
{
    sequences_free(&work->sequences);
    work->sequences = (sequences_t){0};
    score_plan_free(&work->plan);
}

static status_t make(evaluation_t *it, const task_t *task, work_t *work, const char *path,
                     const char *key)
{
    estimate_t estimate = estimate_nothing;
    char label[256];
    status_t status = agree(it->stage->comm, plan_work(it, task, work));
    if (!status) status = estimate_task(it, task, work, &estimate);
    it->opened = true;
    if (it->stage->dry || status) return status ? status : plan_add(it->stage, path, &estimate);
    status = run_work(it, task, work, path, key);
    snprintf(label, sizeof label, "%s %s", it->checkpoint, task->name);
    if (!status) plan_compare(it->stage, label, &estimate);
    return status;
}

static status_t run_task(evaluation_t *it, size_t index)
{
    const task_t *task = &it->tasks.task[index];
    work_t *work = &it->work[index];
    char *path = NULL, key[SHA256_HEX] = "";
    bool current = false, known = false;
    status_t status =
        stage_path(it->stage, true, &path, "results/%s/%s.h5", it->checkpoint, task->name);
    if (!status) {
        status = agree(it->stage->comm, read_work(it, task, work));
        status = plan_input(it->stage, path, "shard", status, &known);
    }
    if (!status && known && task->kind == TASK_EXTREMES) {
        status = agree(it->stage->comm,
                       measure_cohort(it->stage, task, it->checkpoint, &it->shape, &it->cohort));
        status = plan_input(it->stage, path, "select", status, &known);
    }
    if (!status && known) status = look(it, task, &work->sequences, path, key, &current);
    if (!status && known && !current) status = make(it, task, work, path, key);
    if (!it->stage->dry) free_work(work);
    cohort_destroy(&it->cohort);
    mem_free(&path);
    return status;
}

/* A dry run goes on without cohorts. */
static status_t load_conditions(evaluation_t *it)
{
    const model_shape_t *shape = &it->shape;
    status_t status = conditions_load(&it->conditions, it->stage->directory, it->checkpoint,
                                      shape->layers, shape->mlp);
    it->chosen = status == NULL;
    if (!it->stage->dry || status_code(status) != EXIT_INPUT) return status;
    status_free(&status);
    return conditions_stand_in(&it->conditions, shape->layers);
}

static status_t run_checkpoint(evaluation_t *it, const char *checkpoint)
{
    it->checkpoint = checkpoint;
    it->hash[0] = '\0';
    it->opened = false;
    status_t status = checkpoint_directory(it->stage->config, checkpoint, &it->model_path);
    if (!status) status = model_shape_read(it->model_path, &it->shape);
    if (!status) status = load_conditions(it);
    status = agree(it->stage->comm, status);
    for (size_t t = 0; !status && t < it->tasks.count; t++) status = run_task(it, t);
    model_shape_free(&it->shape);
    model_close(&it->model);
    mem_free(&it->model_path);
    return status;
}

static status_t name_conditions(const evaluation_t *it)
{
    status_t status = NULL;
    for (size_t c = 0; !status && c < it->conditions.count; c++)
        status = strings_append(&it->stage->plan->conditions, it->conditions.condition[c].name);
    return status;
}

static status_t run(stage_t *stage)
{
    evaluation_t it = {.stage = stage};
    status_t status = tasks_read(stage->config, &it.tasks);
    if (!status) status = mem_new(&it.work, it.tasks.count, "tasks");
    if (!status) status = conditions_read(stage->config, &it.conditions);
    if (!status) status = name_conditions(&it);
    if (!status) status = mem_new(&it.kept, it.conditions.count, "conditions");
    if (!status) status = mem_new(&it.score_key, it.conditions.count, "conditions");
    status = agree(stage->comm, status);
    if (!status && it.tasks.count == 0 && stage->rank == 0)
        log_info("evaluate.tasks is empty: nothing to do");
    if (!status && it.tasks.count) status = stage_arithmetic(stage, &it.arithmetic);
    if (!status && it.tasks.count) status = stage_tokenizer(stage, &it.tokenizer);
    for (size_t i = 0; !status && it.tasks.count && i < stage->chosen.count; i++)
        status = run_checkpoint(&it, stage->chosen.item[i]);
    for (size_t t = 0; it.work && t < it.tasks.count; t++) free_work(&it.work[t]);
    mem_free(&it.work);
    mem_free(&it.kept);
    mem_free(&it.score_key);
    tasks_free(&it.tasks);
    conditions_free(&it.conditions);
    mem_free(&it.tokenizer);
    return status;
}

int main(int argc, char **argv)
{
    return stage_main(argc, argv, "evaluate", run);
}
