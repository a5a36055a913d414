#include <stdio.h>
#include <string.h>

#include "core/file.h"
#include "core/log.h"
#include "core/memory.h"
#include "eval/budget.h"
#include "eval/tagged.h"
#include "par/agree.h"
#include "stages/evaluate.h"
#include "store/output.h"

bool evaluate_scores_of(const task_t *task)
{
    return task_traits[task->kind].dataset != NULL;
}

/* ---- what is there already ---- */

static status_t find_kept(evaluation_t *it, const task_t *task, const char *path)
{
    store_t *store = NULL;
    size_t kept = 0;
    status_t status = file_exists(path) ? output_open(path, it->stage->name, &store) : NULL;
    for (size_t c = 0; store && c < it->conditions.count; c++) {
        it->kept[c] = results_has(store, task, it->conditions.condition[c].name, it->score_key[c]);
        kept += it->kept[c];
    }
    if (kept && !it->stage->dry)
        log_info("%s: %zu of %zu conditions are there", path, kept, it->conditions.count);
    status_free(&status); /* a file that is no good has nothing to keep */
    store_close(&store);
    return NULL;
}

status_t evaluate_find_kept(evaluation_t *it, const task_t *task, const char *path)
{
    status_t status = NULL;
    if (it->stage->rank == 0) status = find_kept(it, task, path);
    status = agree(it->stage->comm, status);
    return status ? status
                  : share_bytes(it->stage->comm, it->kept, it->conditions.count * sizeof *it->kept);
}

void evaluate_fresh(const evaluation_t *it, intervention_t *fresh, size_t *place, size_t *count)
{
    *count = 0;
    for (size_t c = 0; c < it->conditions.count; c++) {
        if (it->kept[c]) continue;
        if (place) place[*count] = c;
        fresh[(*count)++] = it->conditions.intervention[c];
    }
}

/* ---- what is made ---- */

/* Of the conditions that are not kept; of all, on rank 0, as they are written. */
typedef struct {
    intervention_t *fresh; /* [conditions]; so many are used */
    size_t *place, count;
    char (*key)[SHA256_HEX];
    double *sum, *token;
    deviation_t *fresh_deviation;
    double *score, *nll;
    deviation_t *deviation;
} scores_of_task_t;

static status_t allocate(const evaluation_t *it, const results_t *results, scores_of_task_t *s)
{
    const sequences_t *sequences = results->sequences;
    size_t all = it->conditions.count, tokens = (size_t)sequences->offset[sequences->count];
    bool by_token = results_by_token(results->task), root = it->stage->rank == 0;
    bool deviates = it->arithmetic != ARITHMETIC_FLOAT32;
    status_t status = mem_new(&s->fresh, all, "conditions");
    if (!status) status = mem_new(&s->place, all, "conditions");
    if (!status) status = mem_new(&s->key, all, "conditions");
    if (status) return status;
    evaluate_fresh(it, s->fresh, s->place, &s->count);
    for (size_t i = 0; i < s->count; i++) memcpy(s->key[i], it->score_key[s->place[i]], SHA256_HEX);
    status = mem_new(&s->sum, s->count * sequences->count, "scores");
    if (!status && by_token) status = mem_new(&s->token, s->count * tokens, "scores");
    if (!status && deviates) status = mem_new(&s->fresh_deviation, s->count, "conditions");
    if (!status && root) status = mem_new(&s->score, all * sequences->count, "scores");
    if (!status && root && by_token) status = mem_new(&s->nll, all * sequences->tokens, "scores");
    if (!status && root && deviates) status = mem_new(&s->deviation, all, "conditions");
    return status;
}

static void release(scores_of_task_t *s)
{
    mem_free(&s->fresh);
    mem_free(&s->place);
    mem_free(&s->key);
    mem_free(&s->sum);
    mem_free(&s->token);
    mem_free(&s->fresh_deviation);
    mem_free(&s->score);
    mem_free(&s->nll);
    mem_free(&s->deviation);
}

static status_t run_fresh(const evaluation_t *it, const results_t *results,
                          const score_plan_t *plan, const char *prefix, scores_of_task_t *s)
{
    const run_options_t options = {.condition = s->fresh,
                                   .conditions = (int)s->count,
                                   .layers = it->model->shape.layers,
                                   .what = it->checkpoint,
                                   .memory = memory_for_states(it->stage->config, it->model),
                                   .team = it->stage->team,
                                   .arithmetic = it->arithmetic};
    const score_journal_t journal = {prefix, (const char(*)[SHA256_HEX])s->key};
    int32_t chunk = (int32_t)config_integer(it->stage->config, "resources.chunk");
    char label[256];
    status_t status = NULL;
    snprintf(label, sizeof label, "%s %s", it->checkpoint, results->task->name);
    if (s->fresh_deviation)
        status = deviation_of_scores(it->stage->comm, it->model, results->sequences, chunk,
                                     &options, label, s->fresh_deviation);
    return status ? status
                  : score_tokens(it->stage->comm, it->model, results->sequences, plan, &options,
                                 &journal, label, s->sum, s->token);
}

/* Fresh scores as they are written, and those that are taken over from path. Rank 0. */
static status_t put_together(const evaluation_t *it, const results_t *results, const char *path,
                             scores_of_task_t *s)
{
    const sequences_t *sequences = results->sequences;
    size_t tokens = (size_t)sequences->offset[sequences->count];
    store_t *store = NULL;
    status_t status = NULL;
    for (size_t i = 0; i < s->count; i++) {
        size_t c = s->place[i];
        results_scores(results->task, sequences, s->sum + i * sequences->count,
                       s->score + c * sequences->count);
        if (s->nll) tagged_place(sequences, s->token + i * tokens, s->nll + c * sequences->tokens);
        if (s->deviation) s->deviation[c] = s->fresh_deviation[i];
    }
    if (s->count < it->conditions.count) status = store_open(path, &store);
    for (size_t c = 0; !status && c < it->conditions.count; c++)
        if (it->kept[c])
            status = results_read(store, results->task, it->conditions.condition[c].name, sequences,
                                  s->score + c * sequences->count,
                                  s->nll ? s->nll + c * sequences->tokens : NULL,
                                  s->deviation ? s->deviation + c : NULL);
    store_close(&store);
    return status;
}

status_t evaluate_score(evaluation_t *it, results_t *results, const score_plan_t *plan,
                        const char *path, const char *key)
{
    scores_of_task_t s = {0};
    char *prefix = NULL;
    bool root = it->stage->rank == 0;
    status_t status = agree(it->stage->comm, allocate(it, results, &s));
    if (!status)
        status = stage_path(it->stage, true, &prefix, "journal/%s/%s", it->checkpoint,
                            results->task->name);
    if (!status && s.count) status = run_fresh(it, results, plan, prefix, &s);
    if (!status && root) status = put_together(it, results, path, &s);
    results->score = s.score;
    results->nll = s.nll;
    results->deviation = s.deviation;
    results->score_key = (const char(*)[SHA256_HEX])it->score_key;
    if (!status && root) status = results_write(results, path, key);
    if (!status && root) status = score_journal_remove(prefix);
    release(&s);
    mem_free(&prefix);
    return agree(it->stage->comm, status);
}
