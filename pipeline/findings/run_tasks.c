/* The corpora, benchmarks, tasks and conditions of the configuration, and what their shards say
 * of them. */
#include <string.h>

#include "core/memory.h"
#include "findings/run_internal.h"

static status_t read_size(run_t *run, run_data_t *data)
{
    char *shard = NULL, *line = NULL;
    store_t *store = NULL;
    store_info_t ids = {0}, parts = {0};
    status_t status = str_format(&shard, "shards/%s.h5", data->name);
    if (!status) status = run_open_file(run, shard, &store);
    if (!status && store) {
        status = store_find(store, "/ids", &ids);
        bool documents = strcmp(data->what, "documents") == 0;
        if (!status) status = store_find(store, documents ? "/documents" : "/file", &parts);
        data->there = true;
        data->tokens = (int64_t)ids.count;
        data->parts = (int64_t)parts.count - documents;
    } else if (!status) {
        status = str_format(&line, "tokens of %s (stage shard)", data->name);
        if (!status) status = strings_append(&run->missing, line);
    }
    store_close(&store);
    mem_free(&line);
    mem_free(&shard);
    return status;
}

/* The shard stage makes what collect or a task uses, and nothing else. */
static bool is_used(const run_t *run, const char *name, bool benchmark)
{
    const char *collected = config_text(run->config, "collect.corpus");
    if (!benchmark && collected && strcmp(collected, name) == 0) return true;
    const char *const *also;
    size_t others = config_texts(run->config, "collect.also", &also);
    for (size_t i = 0; !benchmark && i < others; i++)
        if (strcmp(also[i], name) == 0) return true;
    for (size_t t = 0; t < run->plan.count; t++) {
        const char *section = task_traits[run->plan.task[t].kind].section;
        bool of = strcmp(section, "benchmarks") == 0;
        if (of == benchmark && strcmp(run->plan.task[t].data, name) == 0) return true;
    }
    return false;
}

static const char *parts_of(const run_t *run, const char *name, bool benchmark)
{
    if (!benchmark) return "documents";
    const char *format = config_text(run->config, config_path("benchmarks.%s.format", name));
    if (strcmp(format, "conllu") == 0) return "documents";
    return strcmp(format, "choice") == 0 ? "questions" : "pairs";
}

static status_t read_data(run_t *run)
{
    static const char *const section[] = {"corpora", "benchmarks"};
    size_t count[] = {config_count(run->config, section[0]), config_count(run->config, section[1])};
    status_t status = mem_new(&run->data, count[0] + count[1], "corpora and benchmarks");
    for (int benchmark = 0; !status && benchmark < 2; benchmark++)
        for (size_t i = 0; !status && i < count[benchmark]; i++) {
            const char *name = config_name(run->config, section[benchmark], i);
            if (!is_used(run, name, benchmark)) continue;
            run->data[run->data_count] = (run_data_t){
                .name = name, .benchmark = benchmark, .what = parts_of(run, name, benchmark)};
            status = read_size(run, &run->data[run->data_count++]);
        }
    return status;
}

static status_t check_groups(const char *path, const char *what, const int32_t *index,
                             int64_t items, size_t groups)
{
    for (int64_t i = 0; i < items; i++)
        if (index[i] < 0 || (size_t)index[i] >= groups)
            return status_new(EXIT_INPUT, "%s: item %lld: %s %d is not one of %zu", path,
                              (long long)i, what, index[i], groups);
    return NULL;
}

static status_t read_groups(run_task_t *task, const store_t *store)
{
    store_info_t file = {0}, term = {0};
    status_t status = store_read_texts(store, "/files", &task->files);
    if (!status) status = store_read_texts(store, "/terms", &task->terms);
    if (!status) status = store_read(store, "/file", STORE_I32, &task->file, &file);
    if (!status) status = store_read(store, "/term", STORE_I32, &task->term, &term);
    if (!status && file.count != term.count)
        status = status_new(EXIT_INPUT, "%s: %llu entries in file, %llu in term", store_path(store),
                            (unsigned long long)file.count, (unsigned long long)term.count);
    task->items = (int64_t)file.count;
    const char *path = store_path(store);
    if (!status) status = check_groups(path, "file", task->file, task->items, task->files.count);
    if (!status) status = check_groups(path, "term", task->term, task->items, task->terms.count);
    if (!status)
        status = cells_create(task->file, task->term, task->items, task->files.count,
                              task->terms.count, &task->cells);
    return status;
}

/* Of multiple choice: the mean over questions of one in so many choices. */
static status_t read_chance(run_task_t *task, const store_t *store)
{
    int64_t *choice = NULL;
    store_info_t info = {0};
    task->chance = 0.5;
    if (task->is->kind != TASK_CHOICE) return NULL;
    status_t status = store_read(store, "/choices", STORE_I64, &choice, &info);
    if (!status && info.count != (uint64_t)task->items + 1)
        status = status_new(EXIT_INPUT, "%s: /choices does not fit /file", store_path(store));
    task->chance = 0;
    for (int64_t i = 0; !status && i < task->items; i++)
        task->chance += 1 / (double)(choice[i + 1] - choice[i]) / (double)task->items;
    mem_free(&choice);
    return status;
}

static status_t read_shard(run_task_t *task, const store_t *store)
{
    /* Shards of an earlier version do not say. */
    status_t status = NULL;
    if (store_has_attribute(store, "/sequences", "convention"))
        status = store_get_text(store, "/sequences", "convention", &task->convention);
    task->ties_right = task->convention && strcmp(task->convention, "harness") == 0;
    if (!status) status = read_groups(task, store);
    return status ? status : read_chance(task, store);
}

static status_t read_task(run_t *run, size_t index, bool norm, run_task_t *task)
{
    const char *given = config_text(run->config, config_path("evaluate.tasks[%zu].name", index));
    task_kind_t kind = run->plan.task[index].kind;
    task->is = &run->plan.task[index];
    task->name = task->is->name;
    task->label = given ? given : task->is->data;
    task->norm = norm;
    task->counted = task_traits[kind].counted;
    task->metric = norm ? "acc_norm" : task_traits[kind].metric;
    char *shard = NULL;
    store_t *store = NULL;
    status_t status = str_format(&task->key, norm ? "%s-acc_norm" : "%s", task->name);
    if (!status) status = str_format(&shard, "shards/%s.h5", task->is->data);
    if (!status) status = run_open_file(run, shard, &store);
    task->shard = store != NULL;
    if (!status && store && task->counted) status = read_shard(task, store);
    store_close(&store);
    mem_free(&shard);
    return status;
}

static status_t read_conditions(run_t *run)
{
    status_t status = mem_new(&run->condition, run->planned.count, "conditions");
    for (size_t i = 0; !status && i < run->planned.count; i++) {
        const condition_t *planned = &run->planned.condition[i];
        bool ablates = planned->ablate != ABLATE_NONE;
        run->condition[i] = (run_condition_t){
            .name = planned->name,
            .ablate = ablates ? ablate_name(planned->ablate) : NULL,
            .cohort = planned->cohort,
        };
        run->conditions++;
    }
    return status;
}

status_t run_read_tasks(run_t *run)
{
    run->resampling = (resampling_t){
        .level = config_number(run->config, "report.confidence"),
        .replicates = config_integer(run->config, "report.bootstrap"),
        .seed = (uint64_t)config_integer(run->config, "report.seed"),
    };
    status_t status = tasks_read(run->config, &run->plan);
    if (!status) status = conditions_read(run->config, &run->planned);
    if (!status) status = read_data(run);
    if (!status) status = mem_new(&run->task, 2 * run->plan.count, "tasks");
    for (size_t i = 0; !status && i < run->plan.count; i++) {
        task_kind_t kind = run->plan.task[i].kind;
        if (!task_traits[kind].metric) continue;
        for (int norm = 0; !status && norm <= (kind == TASK_CHOICE); norm++)
            status = read_task(run, i, norm, &run->task[run->tasks++]);
    }
    return status ? status : read_conditions(run);
}
