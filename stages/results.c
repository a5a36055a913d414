#include "stages/results.h"

#include <stdio.h>
#include <string.h>

#include "core/memory.h"
#include "eval/choice.h"
#include "eval/score.h"
#include "eval/tagged.h"

bool results_by_token(const task_t *task)
{
    return task->kind == TASK_POS;
}

double results_bytes(const task_t *task, const sequences_t *sequences, size_t conditions)
{
    enum { FILE_BYTES = 4 << 10, CONDITION_BYTES = 3 << 9 }; /* HDF5's own and attributes */
    double count = (double)sequences->count, items = (double)sequences->items;
    double each = CONDITION_BYTES + count * sizeof(double), shared = count * sizeof(int32_t);
    if (task->kind == TASK_POS)
        each += (double)sequences->tokens * sizeof(double) + (double)sequences->tags.count * 16;
    if (task->kind == TASK_POS) shared += (double)sequences->tokens * 4 * sizeof(int32_t);
    if (task->kind == TASK_CHOICE)
        shared += items * (sizeof(int64_t) + sizeof(int32_t)) + count * sizeof(int32_t);
    return FILE_BYTES + shared + (double)conditions * each;
}

/* ---- the scores of one condition ---- */

void results_scores(const task_t *task, const sequences_t *sequences, const double *sum,
                    double *score)
{
    bool mean = task->kind == TASK_PAIRS && task->mean;
    bool loss = task_traits[task->kind].loss;
    if (loss) score_losses(sequences, sum, score);
    for (size_t s = 0; !loss && s < sequences->count; s++)
        score[s] = mean ? sum[s] / (double)sequences_scored(sequences, s) : sum[s];
}

static status_t write_scores(const results_t *results, size_t index, store_t *store)
{
    const task_t *task = results->task;
    const sequences_t *sequences = results->sequences;
    bool pairs = task->kind == TASK_PAIRS, mean = pairs && task->mean;
    uint64_t shape[2] = {pairs ? sequences->items : sequences->count, 2};
    char name[512];
    snprintf(name, sizeof name, "/%s/%s", results->conditions->condition[index].name,
             task_traits[task->kind].dataset);
    status_t status = store_write(store, name, STORE_F64, pairs ? 2 : 1, shape,
                                  results->score + index * sequences->count);
    return status ? status
                  : store_describe(store, name, task_traits[task->kind].axes,
                                   mean ? "nats a token" : task_traits[task->kind].unit,
                                   mean ? "mean log-probability per scored token: good, bad"
                                        : task_traits[task->kind].description);
}

static status_t write_tagged(const results_t *results, size_t index, store_t *store)
{
    const sequences_t *sequences = results->sequences;
    const char *condition = results->conditions->condition[index].name;
    const double *nll = results->nll + index * sequences->tokens;
    uint64_t tokens = sequences->tokens, tags = sequences->tags.count;
    double *mean = NULL;
    int64_t *count = NULL;
    char name[512];
    status_t status = mem_new(&mean, sequences->tags.count, "tags");
    if (!status) status = mem_new(&count, sequences->tags.count, "tags");
    if (!status) tagged_means(sequences, nll, mean, count);
    snprintf(name, sizeof name, "/%s/nll", condition);
    if (!status) status = store_write(store, name, STORE_F64, 1, &tokens, nll);
    if (!status)
        status = store_describe(store, name, "tokens", "nats",
                                "negative log-probability of each token of the shard; NaN: not "
                                "scored");
    snprintf(name, sizeof name, "/%s/mean", condition);
    if (!status) status = store_write(store, name, STORE_F64, 1, &tags, mean);
    if (!status)
        status = store_describe(store, name, "tags", "nats a token",
                                "mean negative log-probability by tag of /tags");
    snprintf(name, sizeof name, "/%s/count", condition);
    if (!status) status = store_write(store, name, STORE_I64, 1, &tags, count);
    if (!status)
        status = store_describe(store, name, "tags", "tokens", "scored tokens by tag of /tags");
    mem_free(&mean);
    mem_free(&count);
    return status;
}

static status_t write_answers(const results_t *results, size_t index, store_t *store)
{
    const sequences_t *sequences = results->sequences;
    choice_counts_t counts = choice_count(sequences, results->score + index * sequences->count);
    double questions = (double)counts.questions;
    char name[512];
    snprintf(name, sizeof name, "/%s", results->conditions->condition[index].name);
    status_t status = store_set_number(store, name, "acc", (double)counts.correct / questions);
    if (!status)
        status = store_set_number(store, name, "acc_norm", (double)counts.correct_norm / questions);
    return status;
}

status_t results_describe(const results_t *results, size_t index, store_t *store)
{
    const condition_t *condition = &results->conditions->condition[index];
    char name[512], layers[32];
    int64_t neurons = condition->start ? condition->start[results->layers] : 0;
    snprintf(name, sizeof name, "/%s", condition->name);
    snprintf(layers, sizeof layers, "%d-%d", condition->first, condition->end - 1);
    status_t status = store_set_text(store, name, "ablate", ablate_name(condition->ablate));
    if (!status)
        status = store_set_text(store, name, "cohort", condition->cohort ? condition->cohort : "");
    if (!status && condition->ablate == ABLATE_SCALE)
        status = store_set_number(store, name, "factor", condition->factor);
    if (!status) status = store_set_text(store, name, "layers", layers);
    if (!status) status = store_set_integer(store, name, "neurons", neurons);
    if (!status) status = store_set_text(store, name, "key", condition->key);
    if (!status && results->deviation)
        status = stage_write_deviation(store, name, &results->deviation[index]);
    return status;
}

static status_t write_condition(const results_t *results, size_t index, store_t *store)
{
    char name[512];
    status_t status = write_scores(results, index, store);
    if (!status && results->task->kind == TASK_POS) status = write_tagged(results, index, store);
    if (!status && results->task->kind == TASK_CHOICE)
        status = write_answers(results, index, store);
    if (!status) status = results_describe(results, index, store);
    snprintf(name, sizeof name, "/%s", results->conditions->condition[index].name);
    return status ? status : store_set_text(store, name, "scores", results->score_key[index]);
}

/* ---- a condition that is there ---- */

bool results_has(const store_t *store, const task_t *task, const char *condition,
                 const char *score_key)
{
    char name[512], *found = NULL;
    snprintf(name, sizeof name, "/%s/%s", condition, task_traits[task->kind].dataset);
    if (!store_has(store, name)) return false;
    snprintf(name, sizeof name, "/%s", condition);
    status_t status = store_get_text(store, name, "scores", &found);
    bool has = !status && strcmp(found, score_key) == 0;
    status_free(&status);
    mem_free(&found);
    return has;
}

static status_t read_all(const store_t *store, const char *name, uint64_t count, double *values)
{
    store_info_t info;
    const uint64_t zero[2] = {0};
    status_t status = store_find(store, name, &info);
    if (status) return status;
    if (info.count != count)
        return status_new(EXIT_INPUT, "%s: %s: %llu values, %llu are expected", store_path(store),
                          name, (unsigned long long)info.count, (unsigned long long)count);
    return store_get(store, name, STORE_F64, zero, info.shape, values);
}

status_t results_read(const store_t *store, const task_t *task, const char *condition,
                      const sequences_t *sequences, double *score, double *nll,
                      deviation_t *deviation)
{
    char name[512];
    snprintf(name, sizeof name, "/%s/%s", condition, task_traits[task->kind].dataset);
    status_t status = read_all(store, name, sequences->count, score);
    snprintf(name, sizeof name, "/%s/nll", condition);
    if (!status && nll) status = read_all(store, name, sequences->tokens, nll);
    snprintf(name, sizeof name, "/%s", condition);
    return status || !deviation ? status : stage_read_deviation(store, name, deviation);
}

/* ---- what all conditions share ---- */

static status_t write_made_by(const results_t *results, store_t *store)
{
    const char *convention = results->sequences->convention;
    status_t status = store_set_text(store, "/", "checkpoint", results->checkpoint);
    if (!status) status = store_set_text(store, "/", "model", results->model);
    if (!status) status = store_set_text(store, "/", "tokenizer", results->tokenizer);
    if (!status) status = store_set_text(store, "/", "task", results->task->name);
    if (!status) status = stage_write_arithmetic(store, results->arithmetic);
    if (!status && convention) status = store_set_text(store, "/", "convention", convention);
    return status;
}

static status_t write_scored(const results_t *results, store_t *store)
{
    const task_traits_t *traits = &task_traits[results->task->kind];
    const sequences_t *sequences = results->sequences;
    uint64_t shape = sequences->count;
    int32_t *scored = NULL;
    status_t status = mem_new(&scored, sequences->count, "scored tokens");
    for (size_t s = 0; !status && s < sequences->count; s++)
        scored[s] = (int32_t)sequences_scored(sequences, s);
    if (!status) status = store_write(store, "/scored", STORE_I32, 1, &shape, scored);
    if (!status)
        status = store_describe(store, "/scored", traits->sequences, "tokens", traits->scored);
    mem_free(&scored);
    return status;
}

static status_t write_questions(const sequences_t *sequences, store_t *store)
{
    uint64_t items = sequences->items, bounds = items + 1, count = sequences->count;
    status_t status = store_write(store, "/choices", STORE_I64, 1, &bounds, sequences->choice);
    if (!status)
        status = store_describe(store, "/choices", "items+1", "choice",
                                "first choice of each question, then their number");
    if (!status) status = store_write(store, "/gold", STORE_I32, 1, &items, sequences->gold);
    if (!status)
        status = store_describe(store, "/gold", "items", "index",
                                "the right one among each question's choices, from 0");
    if (!status)
        status = store_write(store, "/characters", STORE_I32, 1, &count, sequences->characters);
    if (!status)
        status = store_describe(store, "/characters", "choices", "character",
                                "code points of each choice");
    return status;
}

static status_t write_token_column(store_t *store, const char *name, uint64_t tokens,
                                   const int32_t *value, const char *unit, const char *description)
{
    status_t status = store_write(store, name, STORE_I32, 1, &tokens, value);
    return status ? status : store_describe(store, name, "tokens", unit, description);
}

/* What each token of the shard is, so that its scores can be grouped anew without the shard. */
static status_t write_tags(const sequences_t *sequences, store_t *store)
{
    uint64_t tokens = sequences->tokens;
    int32_t *id = NULL, *window = NULL, *position = NULL;
    status_t status = store_write_texts(store, "/tags", sequences->tags.count,
                                        (const char *const *)sequences->tags.item);
    if (!status) status = store_describe(store, "/tags", "tags", "text", "parts of speech");
    if (!status) status = mem_new(&id, tokens, "tokens");
    if (!status) status = mem_new(&window, tokens, "tokens");
    if (!status) status = mem_new(&position, tokens, "tokens");
    if (!status) tagged_tokens(sequences, id, window, position);
    if (!status)
        status = write_token_column(store, "/ids", tokens, id, "id",
                                    "token ids of the shard; -1: in no window");
    if (!status)
        status = write_token_column(store, "/tag", tokens, sequences->tag, "index",
                                    "part of speech of each token: an index into /tags");
    if (!status)
        status = write_token_column(store, "/window", tokens, window, "window",
                                    "window of each token; -1: none");
    if (!status)
        status = write_token_column(store, "/position", tokens, position, "tokens",
                                    "tokens before it in its window; -1: in no window");
    mem_free(&id);
    mem_free(&window);
    mem_free(&position);
    return status;
}

status_t results_create(const results_t *results, const char *path, const char *key,
                        store_t **store)
{
    status_t status = stage_create(results->stage, path, key, MPI_COMM_SELF, store);
    return status ? status : write_made_by(results, *store);
}

status_t results_write(const results_t *results, const char *path, const char *key)
{
    store_t *store = NULL;
    status_t status = results_create(results, path, key, &store);
    if (!status) status = write_scored(results, store);
    if (!status && results->task->kind == TASK_CHOICE)
        status = write_questions(results->sequences, store);
    if (!status && results->task->kind == TASK_POS) status = write_tags(results->sequences, store);
    for (size_t c = 0; !status && c < results->conditions->count; c++)
        status = write_condition(results, c, store);
    if (!status) status = store_publish(&store);
    store_close(&store);
    return status;
}
