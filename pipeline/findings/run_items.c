/* Items that are right or wrong under each condition: minimal pairs, multiple choice. */
#include <math.h>

#include "core/memory.h"
#include "eval/choice.h"
#include "findings/run_internal.h"
#include "stats/significance.h"

/* Of a multiple-choice task's results. */
typedef struct {
    int64_t *choice; /* [items + 1] */
    int32_t *gold, *characters;
    int64_t choices;
} questions_t;

static void questions_free(questions_t *questions)
{
    mem_free(&questions->choice);
    mem_free(&questions->gold);
    mem_free(&questions->characters);
}

static status_t unfit(const store_t *store, const char *what, const run_task_t *task)
{
    return status_new(EXIT_INPUT, "%s: %s does not fit the %lld items of %s", store_path(store),
                      what, (long long)task->items, task->is->data);
}

static status_t read_questions(const run_task_t *task, const store_t *store, questions_t *questions)
{
    store_info_t choices = {0}, golds = {0}, characters = {0};
    status_t status = store_read(store, "/choices", STORE_I64, &questions->choice, &choices);
    if (!status) status = store_read(store, "/gold", STORE_I32, &questions->gold, &golds);
    if (!status)
        status = store_read(store, "/characters", STORE_I32, &questions->characters, &characters);
    if (status) return status;
    if (golds.count != (uint64_t)task->items) return unfit(store, "/gold", task);
    if (choices.count != golds.count + 1) return unfit(store, "/choices", task);
    questions->choices = (int64_t)characters.count;
    for (int64_t i = 0; i < task->items; i++) {
        int64_t first = questions->choice[i], end = questions->choice[i + 1];
        if (first < 0 || end <= first || end > questions->choices)
            return unfit(store, "/choices", task);
    }
    return NULL;
}

static status_t read_score(const run_task_t *task, const store_t *store, const char *condition,
                           int64_t rows, int dimensions, double **score)
{
    char *name = NULL;
    store_info_t info = {0};
    status_t status = str_format(&name, "/%s/score", condition);
    if (!status) status = store_read(store, name, STORE_F64, score, &info);
    if (!status && (info.dimensions != dimensions || info.shape[0] != (uint64_t)rows ||
                    (dimensions == 2 && info.shape[1] != 2)))
        status = status_new(EXIT_INPUT, "%s: %s: shape [%lld]%s is expected, as %s has items",
                            store_path(store), name, (long long)rows, dimensions == 2 ? "[2]" : "",
                            task->is->data);
    for (uint64_t i = 0; !status && i < info.count; i++)
        if (!isfinite((*score)[i]))
            status = status_new(EXIT_NUMERIC, "%s: %s: item %llu: a score is not finite",
                                store_path(store), condition,
                                (unsigned long long)i / (unsigned long long)dimensions);
    mem_free(&name);
    return status;
}

/* right [items] = 1 where the item is; *ties: pairs of equal scores. */
static status_t read_right(const run_task_t *task, const questions_t *questions,
                           const store_t *store, const char *condition, int16_t *right,
                           int64_t *ties)
{
    bool pairs = task->is->kind == TASK_PAIRS;
    double *score = NULL;
    status_t status = read_score(task, store, condition, pairs ? task->items : questions->choices,
                                 pairs ? 2 : 1, &score);
    for (int64_t i = 0; !status && i < task->items; i++) {
        if (pairs) {
            bool tie = score[2 * i] == score[2 * i + 1];
            right[i] = score[2 * i] > score[2 * i + 1] || (tie && task->ties_right);
            *ties += tie;
            continue;
        }
        int64_t first = questions->choice[i];
        size_t count = (size_t)(questions->choice[i + 1] - first);
        const int32_t *characters = task->norm ? questions->characters + first : NULL;
        right[i] = choice_pick(score + first, characters, count) == (size_t)questions->gold[i];
    }
    mem_free(&score);
    return status;
}

/* ---- summaries ---- */

static accuracy_t *group_of(const run_task_t *task, run_result_t *result, size_t group)
{
    if (group == 0) return &result->all;
    size_t files = task->files.count;
    return group <= files ? &result->file[group - 1] : &result->term[group - 1 - files];
}

static status_t summarise(reading_t *reading, size_t condition, const int16_t *right, int64_t ties)
{
    run_t *run = reading->run;
    const run_task_t *task = &run->task[reading->task];
    run_result_t *result = &reading->result[condition];
    replicates_t *replicates = NULL;
    char *purpose = NULL;
    size_t groups = cells_groups(&task->cells);
    status_t status = mem_new(&result->file, task->files.count, "files");
    if (!status) status = mem_new(&result->term, task->terms.count, "phenomena");
    for (int64_t i = 0; !status && i < task->items; i++) {
        result->all.correct += right[i];
        result->file[task->file[i]].correct += right[i];
        result->term[task->term[i]].correct += right[i];
    }
    result->all.ties = ties;
    if (!status) status = run_purpose(reading, "share", run->condition[condition].name, &purpose);
    if (!status)
        status = resample_items(&task->cells, right, 1, 1, &run->resampling, purpose, &replicates);
    for (size_t g = 0; !status && g < groups; g++) {
        accuracy_t *accuracy = group_of(task, result, g);
        accuracy->count = cells_items(&task->cells, g);
        status = resampled_interval(&replicates[g], accuracy->count, true, run->resampling.level,
                                    &accuracy->interval);
    }
    result->there = true;
    resampled_destroy(&replicates, groups);
    mem_free(&purpose);
    return status;
}

/* outcome [items] = rights * (items right under the left) - lefts * (under the right). */
static void subtract(const run_contrast_t *contrast, const int16_t *right, int64_t items,
                     int16_t *outcome)
{
    for (int64_t i = 0; i < items; i++) {
        int left = 0, other = 0;
        for (size_t k = 0; k < contrast->lefts; k++)
            left += right[(int64_t)contrast->left[k] * items + i];
        for (size_t k = 0; k < contrast->rights; k++)
            other += right[(int64_t)contrast->right[k] * items + i];
        outcome[i] = (int16_t)((int)contrast->rights * left - (int)contrast->lefts * other);
    }
}

static status_t add_change(reading_t *reading, size_t index, ptrdiff_t term, const int16_t *outcome,
                           const replicates_t *replicates)
{
    run_t *run = reading->run;
    const run_task_t *task = &run->task[reading->task];
    const run_contrast_t *contrast = &run->contrast[index];
    run_change_t change = {.checkpoint = reading->checkpoint,
                           .task = reading->task,
                           .contrast = index,
                           .term = term,
                           .value = replicates->estimate,
                           .gained = -1,
                           .lost = -1,
                           .p = NAN,
                           .holm = NAN};
    change.n = cells_items(&task->cells, term < 0 ? 0 : 1 + task->files.count + (size_t)term);
    if (contrast->lefts == 1 && contrast->rights == 1) {
        change.gained = change.lost = 0;
        for (int64_t i = 0; i < task->items; i++) {
            if (term >= 0 && task->term[i] != term) continue;
            change.gained += outcome[i] > 0;
            change.lost += outcome[i] < 0;
        }
        change.p = mcnemar_test(change.gained, change.lost);
    }
    status_t status =
        resampled_interval(replicates, change.n, false, run->resampling.level, &change.interval);
    if (!status)
        status = mem_grow(&run->change, &run->change_capacity, run->changes + 1, "changes");
    if (!status) run->change[run->changes++] = change;
    return status;
}

static status_t compare(reading_t *reading, size_t index, const int16_t *right, int16_t *outcome)
{
    run_t *run = reading->run;
    const run_task_t *task = &run->task[reading->task];
    const run_contrast_t *contrast = &run->contrast[index];
    size_t groups = cells_groups(&task->cells), first = 1 + task->files.count;
    int16_t most = (int16_t)(contrast->lefts * contrast->rights);
    replicates_t *replicates = NULL;
    char *name = NULL, *purpose = NULL;
    if (!contrast_is_there(contrast, reading->result)) return NULL;
    subtract(contrast, right, task->items, outcome);
    status_t status = str_format(&name, "%s %s", contrast->name, contrast->against);
    if (!status) status = run_purpose(reading, "change", name, &purpose);
    if (!status)
        status = resample_items(&task->cells, outcome, most, 1 / (double)most, &run->resampling,
                                purpose, &replicates);
    if (!status) status = add_change(reading, index, -1, outcome, &replicates[0]);
    for (size_t t = 0; !status && task->terms.count > 1 && t < task->terms.count; t++)
        status = add_change(reading, index, (ptrdiff_t)t, outcome, &replicates[first + t]);
    if (!status) {
        reading->change[index] = replicates[0];
        replicates[0] = (replicates_t){0};
    }
    resampled_destroy(&replicates, groups);
    mem_free(&purpose);
    mem_free(&name);
    return status;
}

/* ---- draws ---- */

static status_t add_spread(reading_t *reading, size_t index, ptrdiff_t term,
                           const replicates_t *replicates)
{
    run_t *run = reading->run;
    const run_task_t *task = &run->task[reading->task];
    const run_draws_t *draws = &run->draws[index];
    run_spread_t spread = {
        .checkpoint = reading->checkpoint, .task = reading->task, .draws = index, .term = term};
    spread.n = cells_items(&task->cells, term < 0 ? 0 : 1 + task->files.count + (size_t)term);
    double *value = NULL;
    status_t status = mem_new(&value, draws->members, "draws");
    for (size_t k = 0; !status && k < draws->members; k++) {
        const run_result_t *result = &reading->result[draws->member[k]];
        value[k] = accuracy_value(term < 0 ? &result->all : &result->term[term]);
    }
    if (!status)
        status =
            resampled_interval(replicates, spread.n, true, run->resampling.level, &spread.interval);
    if (!status) status = run_add_spread(run, &spread, value);
    mem_free(&value);
    return status;
}

/* The mean over draws of an item's being right, drawn by items. */
static status_t spread(reading_t *reading, size_t index, const int16_t *right, int16_t *outcome)
{
    run_t *run = reading->run;
    const run_task_t *task = &run->task[reading->task];
    const run_draws_t *draws = &run->draws[index];
    size_t groups = cells_groups(&task->cells), first = 1 + task->files.count;
    int16_t most = (int16_t)draws->members;
    replicates_t *replicates = NULL;
    char *purpose = NULL;
    for (size_t k = 0; k < draws->members; k++)
        if (!reading->result[draws->member[k]].there) return NULL;
    for (int64_t i = 0; i < task->items; i++) {
        outcome[i] = 0;
        for (size_t k = 0; k < draws->members; k++)
            outcome[i] = (int16_t)(outcome[i] + right[(int64_t)draws->member[k] * task->items + i]);
    }
    status_t status = run_purpose(reading, "draws", draws->name, &purpose);
    if (!status)
        status = resample_items(&task->cells, outcome, most, 1 / (double)most, &run->resampling,
                                purpose, &replicates);
    if (!status) status = add_spread(reading, index, -1, &replicates[0]);
    for (size_t t = 0; !status && task->terms.count > 1 && t < task->terms.count; t++)
        status = add_spread(reading, index, (ptrdiff_t)t, &replicates[first + t]);
    resampled_destroy(&replicates, groups);
    mem_free(&purpose);
    return status;
}

status_t run_read_items(reading_t *reading)
{
    run_t *run = reading->run;
    const run_task_t *task = &run->task[reading->task];
    questions_t questions = {0};
    int16_t *right = NULL, *outcome = NULL;
    size_t all = 0;
    status_t status = mem_product(run->conditions, (size_t)task->items, "items", &all);
    if (!status) status = mem_new(&right, all, "items");
    if (!status) status = mem_new(&outcome, (size_t)task->items, "items");
    if (!status && task->is->kind != TASK_PAIRS)
        status = read_questions(task, reading->store, &questions);
    for (size_t c = 0; !status && c < run->conditions; c++) {
        const char *condition = run->condition[c].name;
        int16_t *of = right + c * (size_t)task->items;
        int64_t ties = 0;
        if (!store_has(reading->store, condition)) continue;
        status = read_right(task, &questions, reading->store, condition, of, &ties);
        if (!status) status = summarise(reading, c, of, ties);
    }
    for (size_t k = 0; !status && k < run->contrasts; k++)
        status = compare(reading, k, right, outcome);
    for (size_t d = 0; !status && d < run->draws_count; d++)
        status = spread(reading, d, right, outcome);
    questions_free(&questions);
    mem_free(&right);
    mem_free(&outcome);
    return status;
}
