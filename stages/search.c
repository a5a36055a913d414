#include "stages/search.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "core/file.h"
#include "core/log.h"
#include "core/memory.h"
#include "eval/score.h"
#include "model/checkpoints.h"
#include "par/agree.h"
#include "select/search_file.h"
#include "select/selection.h"
#include "stages/search_internal.h"
#include "stages/sequences.h"
#include "store/output.h"

/* ---- what is looked for ---- */

static void describe_task(search_work_t *work)
{
    const until_t *until = &work->rule->until;
    work->task = (task_t){.kind = TASK_PERPLEXITY,
                          .name = (char *)work->rule->name,
                          .data = until->corpus,
                          .window = until->window,
                          .stride = until->stride,
                          .windows = until->windows,
                          .bos = until->bos};
}

/* The condition at a checkpoint. Not collective. */
static status_t load_site(const search_work_t *work, site_t *site)
{
    const searcher_t *shared = work->shared;
    ptrdiff_t found = conditions_find(shared->conditions, work->rule->until.condition);
    const condition_t *planned = &shared->conditions->condition[found];
    condition_t *own = &site->reference;
    *own = (condition_t){
        .ablate = planned->ablate, .factor = planned->factor, .layers = planned->layers};
    status_t status = str_copy(&own->name, planned->name);
    if (!status) status = str_copy(&own->cohort, planned->cohort);
    if (!status)
        status = checkpoint_directory(shared->stage->config, site->checkpoint, &site->directory);
    if (!status) status = model_shape_read(site->directory, &site->shape);
    if (!status)
        status = condition_load(own, shared->stage->directory, site->checkpoint, site->shape.layers,
                                site->shape.mlp);
    return status;
}

/* A frozen cohort is looked for at its own checkpoint alone. Not collective. */
static status_t load_sites(search_work_t *work)
{
    const strings_t *checkpoints = work->shared->checkpoints;
    const char *from = work->rule->from;
    status_t status = mem_new(&work->site, checkpoints->count, "checkpoints");
    work->sites = !status ? from ? 1 : checkpoints->count : 0;
    for (size_t i = 0; !status && i < work->sites; i++) {
        work->site[i].checkpoint = from ? from : checkpoints->item[i];
        status = load_site(work, &work->site[i]);
    }
    return status;
}

static void free_work(search_work_t *work)
{
    for (size_t i = 0; work->site && i < work->sites; i++) {
        site_t *site = &work->site[i];
        mem_free(&site->directory);
        model_shape_free(&site->shape);
        condition_free(&site->reference);
        search_free(&site->search);
        cohort_destroy(&site->cohort);
    }
    mem_free(&work->site);
    sequences_free(&work->sequences);
    score_plan_free(&work->plan);
    trials_close(&work->trials);
    model_close(&work->model);
    mem_free(&work->path);
}

/* ---- whether it is there ---- */

status_t search_add_statistics(const stage_t *stage, const char *checkpoint, hash_t *hash)
{
    char *path = NULL, *key = NULL;
    status_t status = selection_statistics_path(stage->directory, checkpoint, &path);
    if (!status) status = stage_read_key(path, "reduce", &key);
    if (!status) status = hash_add_field(hash, checkpoint, key);
    mem_free(&key);
    mem_free(&path);
    return status;
}

static status_t make_key(const search_work_t *work, char key[SHA256_HEX])
{
    const searcher_t *shared = work->shared;
    hash_t *hash = NULL;
    status_t status = stage_key_create(&hash);
    if (!status) status = hash_add_field(hash, "stage", "select");
    for (size_t i = 0; !status && i < shared->checkpoints->count; i++)
        status = search_add_statistics(shared->stage, shared->checkpoints->item[i], hash);
    if (!status) status = rule_hash(shared->rules, work->index, hash);
    if (!status) status = search_hash_task(work, hash);
    for (size_t i = 0; !status && i < work->sites; i++) {
        status = hash_add_field(hash, "model", work->site[i].hash);
        if (!status) status = hash_add_field(hash, "condition", work->site[i].reference.key);
    }
    if (!status) status = hash_finish(&hash, key);
    hash_destroy(&hash);
    return status;
}

/* Collective. */
static status_t look(search_work_t *work, char key[SHA256_HEX], bool *current)
{
    const stage_t *stage = work->shared->stage;
    status_t status = NULL;
    *current = false;
    if (!stage_needs_key(stage, work->path)) return NULL;
    for (size_t i = 0; !status && i < work->sites; i++)
        status = model_hash(stage->comm, work->site[i].directory, work->site[i].hash);
    if (!status) status = agree(stage->comm, make_key(work, key));
    return status ? status : stage_is_current(stage, work->path, key, current);
}

/* ---- the estimate ---- */

static status_t estimate_site(search_work_t *work, const site_t *site, estimate_t *estimate)
{
    const searcher_t *shared = work->shared;
    const forest_t *forest = work->plan.forest;
    const intervention_t none = {.ablate = ABLATE_NONE};
    size_t tokens = (size_t)work->sequences.offset[work->sequences.count];
    size_t beside = sequences_bytes(&work->sequences) +
                    2 * score_bytes(&work->sequences, 1, false) + cost_forest_bytes(forest, tokens);
    const pass_t pass = {.directory = site->directory,
                         .shape = &site->shape,
                         .arithmetic = shared->arithmetic,
                         .forest = forest,
                         .owner = work->plan.owner,
                         .condition = &none,
                         .conditions = 1,
                         .layers = site->shape.layers,
                         .scored = true,
                         .beside = (double)beside,
                         .share = 1};
    return pass_estimate(shared->stage, &pass, &work->shared->rate, estimate);
}

/* As if every trial were made: as many passes as there are perplexities. */
static status_t estimate(search_work_t *work, estimate_t *sum)
{
    double passes = 2 + work->rule->until.trials;
    status_t status = NULL;
    *sum = estimate_nothing;
    sum->chunks = sum->rows = sum->flops = sum->read = sum->memory = sum->disk = sum->seconds = 0;
    for (size_t i = 0; !status && i < work->sites; i++) {
        estimate_t one;
        status = estimate_site(work, &work->site[i], &one);
        sum->chunks += passes * one.chunks;
        sum->rows += passes * one.rows;
        sum->flops += passes * one.flops;
        sum->read += passes * one.read;
        sum->seconds += passes * one.seconds;
        sum->memory = fmax(sum->memory, one.memory);
        sum->disk += 16.0 * work->site[i].shape.layers * work->site[i].shape.mlp;
    }
    sum->bound = "at most";
    sum->note = "as if a search made all its trials, and with all neurons";
    return status;
}

/* ---- the outcome ---- */

static status_t put_site(const search_work_t *work, store_t *store, const char *checkpoint,
                         const site_t *site)
{
    const searcher_t *shared = work->shared;
    status_t status = selection_put(store, shared->rules, work->index, shared->stage->directory,
                                    checkpoint, &site->cohort);
    /* of a frozen cohort where it was made */
    if (status || strcmp(checkpoint, site->checkpoint) != 0) return status;
    return search_write(store, checkpoint, &site->search);
}

/* Rank 0. */
static status_t write_cohort(const search_work_t *work, const char *key)
{
    const searcher_t *shared = work->shared;
    store_t *store = NULL;
    status_t status = stage_create(shared->stage, work->path, key, MPI_COMM_SELF, &store);
    if (!status) status = stage_write_arithmetic(store, shared->arithmetic);
    for (size_t i = 0; !status && i < shared->checkpoints->count; i++)
        status = put_site(work, store, shared->checkpoints->item[i],
                          &work->site[work->rule->from ? 0 : i]);
    if (!status) status = store_publish(&store);
    store_close(&store);
    return status;
}

/* Notes a search that must reach its target and does not. */
static status_t judge(search_work_t *work, const char *checkpoint, const search_t *search)
{
    str_t words = {0};
    char **text = &work->shared->unreached;
    const char *name = work->rule->name;
    if (search_answer(search) == SEARCH_REACHED) return NULL;
    status_t status = search_describe(search, &words);
    if (!status) log_warning("cohort '%s' at %s: %s", name, checkpoint, words.data);
    if (!status && !work->rule->until.closest && !*text)
        status = str_format(text,
                            "cohort '%s' at %s: %s; select.%s.until.otherwise: closest goes on "
                            "with the one that came closest",
                            name, checkpoint, words.data, work->rule->entry);
    str_free(&words);
    return status;
}

/* Rank 0: of a file that is up to date. */
static status_t judge_file(search_work_t *work)
{
    store_t *store = NULL;
    status_t status = output_open(work->path, "select", &store);
    for (size_t i = 0; !status && i < work->sites; i++) {
        search_t search;
        bool found;
        status = search_read(store, work->site[i].checkpoint, &search, &found);
        if (!status && found) status = judge(work, work->site[i].checkpoint, &search);
        search_free(&search);
    }
    store_close(&store);
    return status;
}

/* Collective. */
static status_t run(search_work_t *work, const char *key, const estimate_t *expected)
{
    const stage_t *stage = work->shared->stage;
    char *path = NULL, label[128];
    status_t status = stage_path(stage, true, &path, "selection/%s.trials", work->rule->name);
    if (!status && stage->rank == 0) status = trials_open(path, &work->trials);
    status = agree(stage->comm, status);
    for (size_t i = 0; !status && i < work->sites; i++) status = search_site(work, &work->site[i]);
    if (!status && stage->rank == 0) status = write_cohort(work, key);
    for (size_t i = 0; !status && stage->rank == 0 && i < work->sites; i++)
        status = judge(work, work->site[i].checkpoint, &work->site[i].search);
    status = agree(stage->comm, status);
    snprintf(label, sizeof label, "cohort '%s'", work->rule->name);
    if (!status) plan_compare(stage, label, expected);
    mem_free(&path);
    return status;
}

/* Collective. */
static status_t make(search_work_t *work, const char *key)
{
    const stage_t *stage = work->shared->stage;
    int32_t chunk = (int32_t)config_integer(stage->config, "resources.chunk");
    estimate_t expected;
    status_t status =
        agree(stage->comm,
              score_plan_create(&work->sequences, stage->plan->layout.ranks, chunk, &work->plan));
    if (!status) status = estimate(work, &expected);
    if (!status && stage->dry) return plan_add(stage, work->path, &expected);
    return status ? status : run(work, key, &expected);
}

/* Collective: tokenizer and arithmetic, once. */
static status_t prepare(searcher_t *it)
{
    if (it->tokenizer) return NULL;
    status_t status = stage_arithmetic(it->stage, &it->arithmetic);
    return status ? status : stage_tokenizer(it->stage, &it->tokenizer);
}

status_t search_cohort(searcher_t *it, size_t rule)
{
    search_work_t work = {.shared = it, .rule = &it->rules->rule[rule], .index = rule};
    const stage_t *stage = it->stage;
    char key[SHA256_HEX] = "";
    bool known = false, current = false;
    describe_task(&work);
    status_t status = stage_path(stage, true, &work.path, "selection/%s.h5", work.rule->name);
    if (!status) status = prepare(it);
    if (!status) {
        status = stage_sequences(stage, it->tokenizer, &work.task, &work.sequences);
        status = plan_input(stage, work.path, "shard", agree(stage->comm, status), &known);
    }
    if (!status && known)
        status =
            plan_input(stage, work.path, "select", agree(stage->comm, load_sites(&work)), &known);
    if (!status && known) status = look(&work, key, &current);
    if (!status && known && !current) status = make(&work, key);
    if (!status && current && stage->rank == 0 && !stage->dry) status = judge_file(&work);
    free_work(&work);
    return agree(stage->comm, status);
}

void searcher_free(searcher_t *it)
{
    mem_free(&it->tokenizer);
    mem_free(&it->unreached);
}
