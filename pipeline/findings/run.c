#include "findings/run.h"

#include <string.h>

#include "core/file.h"
#include "core/memory.h"
#include "findings/run_internal.h"
#include "store/output.h"

/* So many names are listed where something is missing; the rest is counted. */
enum { NAMED = 6 };

/* The stage that writes a file, by the directory that it is in. */
static const char *maker(const char *name)
{
    static const char *const made[][2] = {{"shards/", "shard"},      {"activations/", "collect"},
                                          {"statistics/", "reduce"}, {"weights/", "reduce"},
                                          {"selection/", "select"},  {"results/", "evaluate"}};
    for (size_t i = 0; i < sizeof made / sizeof *made; i++)
        if (strncmp(name, made[i][0], strlen(made[i][0])) == 0) return made[i][1];
    return "report";
}

status_t run_open_file(run_t *run, const char *name, store_t **store)
{
    char *path = NULL, *version = NULL;
    *store = NULL;
    status_t status = path_join(run->directory, name, &path);
    if (!status && file_exists(path)) {
        status = output_open(path, maker(name), store);
        if (!status) status = store_get_text(*store, "/", "version", &version);
        if (!status && strings_find(&run->versions, version) < 0)
            status = strings_append(&run->versions, version);
        if (status) store_close(store);
    }
    mem_free(&version);
    mem_free(&path);
    return status;
}

status_t run_add_missing(run_t *run, const char *what, const strings_t *names, const bool *absent)
{
    size_t count = 0, told = 0;
    for (size_t i = 0; i < names->count; i++) count += absent[i];
    if (count == 0) return NULL;
    str_t line = {0};
    status_t status = str_printf(&line, "%s: ", what);
    if (!status && count == names->count && count > 1) {
        status = str_printf(&line, "all %zu checkpoints", count);
    } else {
        for (size_t i = 0; !status && i < names->count && told < NAMED; i++) {
            if (!absent[i]) continue;
            status = str_printf(&line, "%s%s", told ? ", " : "", names->item[i]);
            told++;
        }
        if (!status && count > told) status = str_printf(&line, " and %zu more", count - told);
    }
    if (!status) status = strings_append(&run->missing, line.data);
    str_free(&line);
    return status;
}

status_t run_open(const config_t *config, const char *directory, const strings_t *all,
                  const strings_t *chosen, run_t *run)
{
    *run = (run_t){.config = config, .directory = directory, .checkpoints = chosen};
    status_t status = rules_read(config, all, &run->rules);
    if (!status) status = run_read_tasks(run);
    if (!status) status = run_read_statistics(run);
    if (!status) status = run_read_cohorts(run);
    if (!status) status = run_read_comparisons(run);
    if (!status) status = run_read_drift(run);
    if (!status) status = run_read_weights(run);
    if (!status) status = run_read_contrasts(run);
    if (!status) status = run_read_results(run);
    if (!status) status = run_read_surprisal(run);
    if (!status) status = run_read_trajectory(run);
    if (!status) status = run_read_measures(run);
    strings_sort_natural(&run->versions);
    if (status) run_close(run);
    return status;
}

void run_close(run_t *run)
{
    size_t results = run->result ? run->checkpoints->count * run->tasks * run->conditions : 0;
    for (size_t i = 0; i < results; i++) {
        mem_free(&run->result[i].file);
        mem_free(&run->result[i].term);
    }
    for (size_t i = 0; run->statistics && i < run->checkpoints->count; i++) {
        mem_free(&run->statistics[i].number);
        mem_free(&run->statistics[i].layer);
    }
    for (size_t i = 0; i < run->tasks; i++) {
        run_task_t *task = &run->task[i];
        mem_free(&task->key);
        mem_free(&task->convention);
        mem_free(&task->file);
        mem_free(&task->term);
        cells_destroy(&task->cells);
        strings_free(&task->files);
        strings_free(&task->terms);
    }
    for (size_t i = 0; run->extremes_csv && i < run->plan.count; i++)
        str_free(&run->extremes_csv[i]);
    mem_free(&run->extremes_csv);
    for (size_t i = 0; i < run->contrasts; i++) {
        mem_free(&run->contrast[i].name);
        mem_free(&run->contrast[i].against);
        mem_free(&run->contrast[i].left);
        mem_free(&run->contrast[i].right);
    }
    for (size_t i = 0; i < run->draws_count; i++) {
        mem_free(&run->draws[i].name);
        mem_free(&run->draws[i].member);
    }
    mem_free(&run->contrast);
    mem_free(&run->draws);
    mem_free(&run->change);
    mem_free(&run->spread);
    mem_free(&run->dissociation);
    mem_free(&run->residual);
    for (size_t i = 0; run->point && i < run->checkpoints->count; i++)
        mem_free(&run->point[i].weights);
    mem_free(&run->point);
    mem_free(&run->emergence);
    mem_free(&run->correlation);
    mem_free(&run->surprisal);
    strings_free(&run->token_groups);
    for (size_t i = 0; i < run->turns; i++) mem_free(&run->turn[i].against);
    mem_free(&run->turn);
    mem_free(&run->drift);
    mem_free(&run->comparison);
    mem_free(&run->result);
    mem_free(&run->statistics);
    mem_free(&run->cohort);
    mem_free(&run->task);
    mem_free(&run->condition);
    mem_free(&run->data);
    str_free(&run->cohorts_csv);
    str_free(&run->sizes_csv);
    for (size_t i = 0; i < run->searches; i++) search_free(&run->search[i].is);
    mem_free(&run->search);
    strings_free(&run->missing);
    strings_free(&run->versions);
    strings_free(&run->products);
    rules_destroy(&run->rules);
    tasks_free(&run->plan);
    conditions_free(&run->planned);
    *run = (run_t){0};
}

const run_result_t *run_result(const run_t *run, size_t checkpoint, size_t task, size_t condition)
{
    return &run->result[(checkpoint * run->tasks + task) * run->conditions + condition];
}

ptrdiff_t run_baseline(const run_t *run)
{
    for (size_t c = 0; c < run->conditions; c++)
        if (!run->condition[c].ablate) return (ptrdiff_t)c;
    return -1;
}

const char *run_items_name(const run_task_t *task)
{
    return task_traits[task->is->kind].items;
}

const char *run_interval_name(const run_task_t *task)
{
    return task_traits[task->is->kind].interval;
}

static bool checkpoint_has(const run_t *run, size_t checkpoint, size_t task)
{
    for (size_t c = 0; c < run->conditions; c++)
        if (run_result(run, checkpoint, task, c)->there) return true;
    return false;
}

int run_groups(const run_t *run, size_t condition)
{
    return run->planned.condition[condition].layers.groups;
}

ptrdiff_t run_last_result(const run_t *run, size_t task)
{
    ptrdiff_t last = -1;
    for (size_t t = 0; task == SIZE_MAX && t < run->tasks; t++)
        if (run_last_result(run, t) > last) last = run_last_result(run, t);
    if (task == SIZE_MAX) return last;
    for (size_t i = run->checkpoints->count; i-- > 0;)
        if (checkpoint_has(run, i, task)) return (ptrdiff_t)i;
    return -1;
}

bool run_has_results(const run_t *run, size_t task)
{
    return run_last_result(run, task) >= 0;
}

ptrdiff_t run_last_statistics(const run_t *run)
{
    for (size_t i = run->checkpoints->count; i-- > 0;)
        if (run->statistics[i].there) return (ptrdiff_t)i;
    return -1;
}
