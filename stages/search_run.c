/* Measuring the perplexities that a search asks for. */
#include <math.h>
#include <stdio.h>

#include "core/log.h"
#include "core/memory.h"
#include "eval/budget.h"
#include "eval/summary.h"
#include "par/agree.h"
#include "select/selection.h"
#include "stages/search_internal.h"

/* ---- perplexities ---- */

status_t search_hash_task(const search_work_t *work, hash_t *hash)
{
    const task_t *task = &work->task;
    char scoring[160];
    snprintf(scoring, sizeof scoring,
             "window %lld stride %lld windows %lld bos %d chunk %d arithmetic %s",
             (long long)task->window, (long long)task->stride, (long long)task->windows, task->bos,
             (int)config_integer(work->shared->stage->config, "resources.chunk"),
             arithmetic_name(work->shared->arithmetic));
    status_t status = hash_add_field(hash, "sequences", work->sequences.key);
    return status ? status : hash_add_field(hash, "scoring", scoring);
}

static status_t trial_key(const search_work_t *work, const site_t *site,
                          const condition_t *condition, char key[SHA256_HEX])
{
    hash_t *hash = NULL;
    status_t status = stage_key_create(&hash);
    if (!status) status = hash_add_field(hash, "model", site->hash);
    if (!status) status = search_hash_task(work, hash);
    if (!status) status = hash_add_field(hash, "condition", condition->key);
    if (!status) status = hash_finish(&hash, key);
    hash_destroy(&hash);
    return status;
}

static status_t open_model(search_work_t *work, const site_t *site)
{
    const stage_t *stage = work->shared->stage;
    if (work->model) return NULL;
    return model_open_shared(stage->comm, site->directory, memory_for_weights(stage->config),
                             memory_sharing(stage->config), &work->model);
}

/* Rank 0: the perplexity of one condition from its sums of log-probabilities. */
static status_t summarise(const sequences_t *sequences, const double *sum, double *perplexity)
{
    double *loss = NULL;
    loss_t summary = {0};
    status_t status = mem_new(&loss, sequences->count, "losses");
    if (!status) score_losses(sequences, sum, loss);
    if (!status) status = loss_summarise(loss, (int64_t)sequences->count, &summary);
    *perplexity = loss_perplexity(&summary);
    mem_free(&loss);
    return status;
}

/* Collective; perplexity on rank 0. What was scored of it before a stop is in a journal. */
static status_t score(search_work_t *work, const site_t *site, const condition_t *condition,
                      const char (*key)[SHA256_HEX], double *perplexity)
{
    const stage_t *stage = work->shared->stage;
    const intervention_t intervention = condition_intervention(condition);
    double *sum = NULL;
    char *prefix = NULL;
    status_t status = open_model(work, site);
    if (status) return status;
    const run_options_t options = {.condition = &intervention,
                                   .conditions = 1,
                                   .layers = site->shape.layers,
                                   .what = site->checkpoint,
                                   .memory = memory_for_states(stage->config, work->model),
                                   .team = stage->team,
                                   .arithmetic = work->shared->arithmetic};
    status = stage_path(stage, true, &prefix, "journal/selection/%s", work->rule->name);
    if (!status) status = agree(stage->comm, mem_new(&sum, work->sequences.count, "scores"));
    const score_journal_t journal = {prefix, key};
    if (!status)
        status = score_tokens(stage->comm, work->model, &work->sequences, &work->plan, &options,
                              &journal, condition->name, sum, NULL);
    if (!status && stage->rank == 0) status = summarise(&work->sequences, sum, perplexity);
    if (!status && stage->rank == 0) status = score_journal_remove(prefix);
    mem_free(&prefix);
    mem_free(&sum);
    return agree(stage->comm, status);
}

/* Collective: the perplexity under a condition, from earlier trials or measured now. */
static status_t measure(search_work_t *work, const site_t *site, const condition_t *condition,
                        double *perplexity, bool *earlier)
{
    const stage_t *stage = work->shared->stage;
    char key[1][SHA256_HEX] = {""};
    int known = 0;
    status_t status = trial_key(work, site, condition, *key);
    if (!status && stage->rank == 0) known = trials_find(&work->trials, *key, perplexity);
    status = agree(stage->comm, status);
    MPI_Bcast(&known, 1, MPI_INT, 0, stage->comm);
    if (!status && !known) {
        status = score(work, site, condition, (const char(*)[SHA256_HEX])key, perplexity);
        if (!status && stage->rank == 0) status = trials_add(&work->trials, *key, *perplexity);
        status = agree(stage->comm, status);
    }
    MPI_Bcast(perplexity, 1, MPI_DOUBLE, 0, stage->comm);
    *earlier = known;
    return status;
}

/* ---- cohorts ---- */

/* Neurons in layers that the condition leaves alone are never chosen. */
static void leave_layers(const condition_t *reference, matrix_t *matrix)
{
    for (int32_t l = 0; l < matrix->layers; l++) {
        bool meant = matrix->layer[l] >= reference->first && matrix->layer[l] < reference->end;
        for (int32_t n = 0; !meant && n < matrix->neurons; n++)
            matrix->value[(int64_t)l * matrix->neurons + n] = NAN;
    }
}

/* How many neurons of each layer: percent of those of the layer in which the condition has most, of
 * the others in proportion; at most those with a value. */
static void count_matched(const condition_t *reference, const matrix_t *matrix, double percent,
                          int64_t *count)
{
    int32_t most = 1;
    for (int32_t l = 0; l < matrix->layers; l++) {
        const int32_t *start = &reference->start[matrix->layer[l]];
        if (start[1] - start[0] > most) most = start[1] - start[0];
    }
    for (int32_t l = 0; l < matrix->layers; l++) {
        const int32_t *start = &reference->start[matrix->layer[l]];
        const double *value = matrix->value + (int64_t)l * matrix->neurons;
        double share = percent / 100 * (double)(start[1] - start[0]) / (double)most;
        int64_t defined = 0;
        for (int32_t n = 0; n < matrix->neurons; n++) defined += !isnan(value[n]);
        count[l] = (int64_t)floor(share * (double)matrix->neurons + 0.5);
        if (count[l] > defined) count[l] = defined;
    }
}

static status_t choose(const search_work_t *work, const site_t *site, const matrix_t *matrix,
                       double percent, cohort_t *cohort)
{
    const until_t *until = &work->rule->until;
    end_t end = until->highest ? END_HIGHEST : END_LOWEST;
    int64_t *count = NULL;
    if (!until->matched) return cohort_by_percent(matrix, end, percent, cohort);
    status_t status = mem_new(&count, (size_t)matrix->layers, "counts of neurons");
    if (!status) count_matched(&site->reference, matrix, percent, count);
    if (!status) status = cohort_by_counts(matrix, end, count, cohort);
    mem_free(&count);
    return status;
}

/* ---- the search ---- */

/* Collective: one m. */
static status_t try_share(search_work_t *work, site_t *site, const matrix_t *matrix, double percent)
{
    const stage_t *stage = work->shared->stage;
    const until_t *until = &work->rule->until;
    const condition_t *like = &site->reference;
    condition_t trial = {.name = (char *)work->rule->name,
                         .ablate = until->ablate ? ablate_of_name(until->ablate) : like->ablate,
                         .factor = until->ablate ? 0 : like->factor,
                         .layers = like->layers};
    cohort_t cohort = {0};
    double perplexity = NAN;
    bool earlier = false;
    status_t status = choose(work, site, matrix, percent, &cohort);
    if (!status)
        status = condition_set(&trial, &cohort, work->rule->name, stage->directory,
                               site->checkpoint, site->shape.layers, site->shape.mlp);
    status = agree(stage->comm, status);
    if (!status) status = measure(work, site, &trial, &perplexity, &earlier);
    if (!status) status = search_add(&site->search, percent, cohort.count, perplexity);
    status = agree(stage->comm, status);
    if (!status)
        log_info("cohort '%s' at %s: m = %.6g %%, %lld neurons: perplexity %.6g%s, wanted %.6g",
                 work->rule->name, site->checkpoint, percent, (long long)cohort.count, perplexity,
                 earlier ? ", known from an earlier trial" : "", site->search.target);
    condition_forget(&trial);
    cohort_destroy(&cohort);
    return status_wrap(status, "cohort '%s', m = %.6g %%", work->rule->name, percent);
}

/* Collective: what is to be matched. */
static status_t begin(search_work_t *work, site_t *site, const matrix_t *matrix)
{
    const stage_t *stage = work->shared->stage;
    const until_t *until = &work->rule->until;
    condition_t baseline = {.name = (char *)"baseline"};
    bool earlier;
    search_t *search = &site->search;
    *search = (search_t){.tolerance = until->tolerance,
                         .least = until->least,
                         .most = until->most,
                         .step = 50.0 / (matrix->neurons > 1 ? matrix->neurons - 1 : 1),
                         .trials_most = (size_t)until->trials,
                         .windows = (int64_t)work->sequences.count};
    status_t status = condition_set(&baseline, NULL, "", stage->directory, site->checkpoint,
                                    site->shape.layers, site->shape.mlp);
    status = agree(stage->comm, status);
    if (!status) status = measure(work, site, &baseline, &search->baseline, &earlier);
    if (!status) status = measure(work, site, &site->reference, &search->target, &earlier);
    if (!status)
        log_info("cohort '%s' at %s: perplexity %.6g of the baseline, %.6g of '%s'",
                 work->rule->name, site->checkpoint, search->baseline, search->target,
                 site->reference.name);
    condition_forget(&baseline);
    return status;
}

status_t search_site(search_work_t *work, site_t *site)
{
    const stage_t *stage = work->shared->stage;
    matrix_t matrix = {0};
    char *path = NULL;
    double percent;
    status_t status = selection_statistics_path(stage->directory, site->checkpoint, &path);
    if (!status) status = matrix_read(path, work->rule->statistic, &matrix);
    if (!status) leave_layers(&site->reference, &matrix);
    status = agree(stage->comm, status);
    if (!status) status = begin(work, site, &matrix);
    while (!status && search_next(&site->search, &percent))
        status = try_share(work, site, &matrix, percent);
    if (!status) {
        const trial_t *closest = search_closest(&site->search);
        percent = closest ? closest->percent : site->search.least;
        status = agree(stage->comm, choose(work, site, &matrix, percent, &site->cohort));
    }
    model_close(&work->model);
    matrix_destroy(&matrix);
    mem_free(&path);
    return status;
}
