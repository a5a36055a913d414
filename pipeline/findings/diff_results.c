/* Results of two runs: the same task under the same condition at the same checkpoint, on the same items
 * where they are the same. */
#include <math.h>
#include <string.h>

#include "core/memory.h"
#include "findings/diff_scores.h"
#include "stats/significance.h"

/* One task's results at a checkpoint. */
typedef struct {
    diff_t *diff;
    const char *checkpoint, *task;
    scored_t side[2];
    bool paired; /* both sides' items are the same */
} reading_t;

static status_t add_result(const reading_t *reading, const char *condition, const char *term,
                           const diff_result_t *result)
{
    diff_t *diff = reading->diff;
    status_t status = mem_grow(&diff->result, &diff->result_room, diff->results + 1, "results");
    if (status) return status;
    diff_result_t *it = &diff->result[diff->results++];
    *it = *result;
    status = str_copy(&it->checkpoint, reading->checkpoint);
    if (!status) status = str_copy(&it->task, reading->task);
    if (!status) status = str_copy(&it->condition, condition);
    return status || !term ? status : str_copy(&it->term, term);
}

static diff_result_t no_result(const reading_t *reading, const char *metric)
{
    return (diff_result_t){.metric = metric,
                           .paired = reading->paired,
                           .value = {NAN, NAN},
                           .interval = {NAN, NAN},
                           .own = {{NAN, NAN}, {NAN, NAN}},
                           .gained = -1,
                           .lost = -1,
                           .p = NAN,
                           .holm = NAN};
}

/* Of a difference that is nothing at all, bit for bit, no interval is wanted. */
static void judge(diff_result_t *it)
{
    it->difference = it->value[1] - it->value[0];
    if (it->paired) it->beyond = it->interval.low > 0 || it->interval.high < 0;
    else it->beyond = it->own[0].high < it->own[1].low || it->own[1].high < it->own[0].low;
    if (it->same) it->interval = (interval_t){0, 0}, it->beyond = false;
}

static status_t purpose_of(const reading_t *reading, const char *condition, const char *metric,
                           char **purpose)
{
    return str_format(purpose, "diff %s %s %s %s", reading->checkpoint, reading->task, condition,
                      metric);
}

/* ---- shares of items ---- */

/* Of the items of a group of one side: those that are right. */
static int64_t count_right(const scored_t *side, const int16_t *right, ptrdiff_t term)
{
    int64_t count = 0;
    for (int64_t i = 0; i < side->items; i++)
        if (term < 0 || side->term[i] == term) count += right[i];
    return count;
}

static size_t group_of(const scored_t *side, ptrdiff_t term)
{
    return term < 0 ? 0 : 1 + side->cells.files + (size_t)term;
}

static void set_share(diff_result_t *it, int which, const scored_t *side, const int16_t *right,
                      ptrdiff_t term)
{
    it->n[which] = cells_items(&side->cells, group_of(side, term));
    it->value[which] = (double)count_right(side, right, term) / (double)it->n[which];
}

/* right[2]: of both sides; replicates: of the difference, by group of the first side. */
static status_t add_paired(const reading_t *reading, const char *condition, const char *metric,
                           bool same, int16_t *const right[2], const replicates_t *replicates,
                           ptrdiff_t term)
{
    const scored_t *side = &reading->side[0];
    diff_result_t it = no_result(reading, metric);
    it.same = same;
    it.gained = it.lost = 0;
    for (int which = 0; which < 2; which++) set_share(&it, which, side, right[which], term);
    for (int64_t i = 0; i < side->items; i++) {
        if (term >= 0 && side->term[i] != term) continue;
        it.gained += right[1][i] > right[0][i];
        it.lost += right[1][i] < right[0][i];
    }
    it.p = mcnemar_test(it.gained, it.lost);
    status_t status = resampled_interval(&replicates[group_of(side, term)], it.n[0], false,
                                         reading->diff->resampling.level, &it.interval);
    judge(&it);
    return status ? status
                  : add_result(reading, condition, term < 0 ? NULL : side->terms.item[term], &it);
}

static status_t compare_pairwise(const reading_t *reading, const char *condition,
                                 const char *metric, bool same, int16_t *const right[2],
                                 const char *purpose)
{
    const scored_t *side = &reading->side[0];
    int16_t *outcome = NULL;
    replicates_t *replicates = NULL;
    status_t status = mem_new(&outcome, (size_t)side->items, "items");
    for (int64_t i = 0; !status && i < side->items; i++)
        outcome[i] = (int16_t)(right[1][i] - right[0][i]);
    if (!status)
        status = resample_items(&side->cells, outcome, 1, 1, &reading->diff->resampling, purpose,
                                &replicates);
    if (!status) status = add_paired(reading, condition, metric, same, right, replicates, -1);
    for (size_t t = 0; !status && side->terms.count > 1 && t < side->terms.count; t++)
        status = add_paired(reading, condition, metric, same, right, replicates, (ptrdiff_t)t);
    resampled_destroy(&replicates, cells_groups(&side->cells));
    mem_free(&outcome);
    return status;
}

/* The place of a phenomenon on the other side, or -1: it has none. */
static ptrdiff_t term_there(const reading_t *reading, ptrdiff_t term)
{
    return strings_find(&reading->side[1].terms, reading->side[0].terms.item[term]);
}

static status_t add_apart(const reading_t *reading, const char *condition, const char *metric,
                          int16_t *const right[2], replicates_t *const replicates[2],
                          ptrdiff_t term)
{
    ptrdiff_t terms[] = {term, term < 0 ? -1 : term_there(reading, term)};
    diff_result_t it = no_result(reading, metric);
    status_t status = NULL;
    if (term >= 0 && terms[1] < 0) return NULL;
    for (int which = 0; !status && which < 2; which++) {
        const scored_t *side = &reading->side[which];
        set_share(&it, which, side, right[which], terms[which]);
        status = resampled_interval(&replicates[which][group_of(side, terms[which])], it.n[which],
                                    true, reading->diff->resampling.level, &it.own[which]);
    }
    judge(&it);
    const char *name = term < 0 ? NULL : reading->side[0].terms.item[term];
    return status ? status : add_result(reading, condition, name, &it);
}

static status_t compare_apart(const reading_t *reading, const char *condition, const char *metric,
                              int16_t *const right[2], const char *purpose)
{
    replicates_t *replicates[2] = {NULL, NULL};
    status_t status = NULL;
    for (int which = 0; !status && which < 2; which++)
        status = resample_items(&reading->side[which].cells, right[which], 1, 1,
                                &reading->diff->resampling, purpose, &replicates[which]);
    if (!status) status = add_apart(reading, condition, metric, right, replicates, -1);
    for (size_t t = 0;
         !status && t < reading->side[0].terms.count && reading->side[0].terms.count > 1; t++)
        status = add_apart(reading, condition, metric, right, replicates, (ptrdiff_t)t);
    for (int which = 0; which < 2; which++)
        resampled_destroy(&replicates[which], cells_groups(&reading->side[which].cells));
    return status;
}

/* norm: acc_norm of multiple choice. */
static status_t compare_shares(const reading_t *reading, const char *condition, bool norm)
{
    int16_t *right[2] = {NULL, NULL};
    char *purpose = NULL;
    bool pairs = reading->side[0].kind == SCORED_PAIRS, same = false;
    const char *metric = pairs ? "accuracy" : norm ? "acc_norm" : "acc";
    status_t status = purpose_of(reading, condition, metric, &purpose);
    for (int which = 0; !status && which < 2; which++)
        status = scored_right(&reading->side[which], condition, norm, &right[which]);
    if (!status) status = scored_same(reading->side, condition, &same);
    if (!status && reading->paired)
        status = compare_pairwise(reading, condition, metric, same, right, purpose);
    else if (!status) status = compare_apart(reading, condition, metric, right, purpose);
    mem_free(&right[0]);
    mem_free(&right[1]);
    mem_free(&purpose);
    return status;
}

/* ---- losses ---- */

/* The interval of a weighted mean: value [windows] are sums. */
static status_t mean_interval(const reading_t *reading, const double *value, const double *weight,
                              int64_t windows, const char *purpose, interval_t *interval)
{
    replicates_t *replicates = NULL;
    status_t status =
        resample_means(value, weight, windows, 1, &reading->diff->resampling, purpose, &replicates);
    if (!status)
        status = replicates_interval(replicates, reading->diff->resampling.level, interval);
    resampled_destroy(&replicates, 1);
    return status;
}

static double ratio(const double *value, const double *weight, int64_t windows)
{
    double above = 0, below = 0;
    for (int64_t i = 0; i < windows; i++) above += value[i], below += weight[i];
    return above / below;
}

static status_t compare_losses(const reading_t *reading, const char *condition)
{
    losses_t losses[2] = {0};
    char *purpose = NULL;
    diff_result_t it = no_result(reading, "loss");
    status_t status = purpose_of(reading, condition, "loss", &purpose);
    for (int which = 0; !status && which < 2; which++) {
        status = scored_losses(&reading->side[which], condition, &losses[which]);
        it.n[which] = losses[which].windows;
        if (!status)
            it.value[which] = ratio(losses[which].sum, losses[which].tokens, losses[which].windows);
    }
    if (!status) status = scored_same(reading->side, condition, &it.same);
    it.paired = reading->paired && it.n[0] == it.n[1];
    if (!status && it.paired) {
        double *difference = losses[1].sum;
        for (int64_t i = 0; i < losses[0].windows; i++) difference[i] -= losses[0].sum[i];
        status = mean_interval(reading, difference, losses[0].tokens, losses[0].windows, purpose,
                               &it.interval);
    } else {
        for (int which = 0; !status && which < 2; which++)
            status = mean_interval(reading, losses[which].sum, losses[which].tokens,
                                   losses[which].windows, purpose, &it.own[which]);
    }
    judge(&it);
    if (!status) status = add_result(reading, condition, NULL, &it);
    losses_free(&losses[0]);
    losses_free(&losses[1]);
    mem_free(&purpose);
    return status;
}

/* ---- a file ---- */

static status_t compare_condition(const reading_t *reading, const char *condition)
{
    if (reading->side[0].kind == SCORED_LOSSES || reading->side[0].kind == SCORED_TOKENS)
        return compare_losses(reading, condition);
    status_t status = compare_shares(reading, condition, false);
    if (!status && reading->side[0].kind == SCORED_CHOICE)
        status = compare_shares(reading, condition, true);
    return status;
}

static status_t note_alone(diff_t *diff, const scored_t side[2], int which)
{
    status_t status = NULL;
    for (size_t i = 0; !status && i < side[which].conditions.count; i++) {
        const char *condition = side[which].conditions.item[i];
        if (strings_find(&side[!which].conditions, condition) < 0 &&
            strings_find(&diff->alone[which], condition) < 0)
            status = strings_append(&diff->alone[which], condition);
    }
    return status;
}

/* "results/CHECKPOINT/TASK.h5" */
static status_t take_names(const char *name, char **checkpoint, char **task)
{
    const char *from = name + strlen("results/");
    status_t status = str_copy_n(checkpoint, from, strcspn(from, "/"));
    return status ? status : diff_stem(name, task);
}

status_t diff_add_results(diff_t *diff, const char *name, const store_t *const store[2])
{
    char *checkpoint = NULL, *task = NULL;
    reading_t reading = {.diff = diff};
    status_t status = take_names(name, &checkpoint, &task);
    reading.checkpoint = checkpoint;
    reading.task = task;
    for (int which = 0; !status && which < 2; which++)
        status = scored_open(diff->directory[which], store[which], &reading.side[which]);
    bool comparable = !status && reading.side[0].kind == reading.side[1].kind &&
                      reading.side[0].kind != SCORED_OTHERWISE;
    if (comparable) status = scored_same_items(diff, reading.side, &reading.paired);
    for (int which = 0; !status && comparable && which < 2; which++)
        status = note_alone(diff, reading.side, which);
    for (size_t i = 0; !status && comparable && i < reading.side[0].conditions.count; i++) {
        const char *condition = reading.side[0].conditions.item[i];
        if (strings_find(&reading.side[1].conditions, condition) >= 0)
            status = status_wrap(compare_condition(&reading, condition), "%s: %s", name, condition);
    }
    scored_close(&reading.side[0]);
    scored_close(&reading.side[1]);
    mem_free(&checkpoint);
    mem_free(&task);
    return status;
}
