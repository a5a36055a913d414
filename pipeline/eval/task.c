#include "eval/task.h"

#include <stdio.h>
#include <string.h>

#include "core/memory.h"
#include "core/strings.h"
#include "select/rules.h"
#include "text/mixture.h"

/* formats: that data of the kind may have, between bars. */
static const struct {
    const char *key, *section, *formats;
} kinds[] = {[TASK_PERPLEXITY] = {"perplexity", "corpora", "|text|jsonl|npy|megatron|"},
             [TASK_PAIRS] = {"pairs", "benchmarks", "|pairs|tse|"},
             [TASK_POS] = {"pos", "benchmarks", "|conllu|"},
             [TASK_CHOICE] = {"choice", "benchmarks", "|choice|"},
             [TASK_RESIDUAL] = {"residual", "corpora", ""},
             [TASK_EXTREMES] = {"extremes", "corpora", ""}};
enum { KINDS = sizeof kinds / sizeof kinds[0] };

static status_t check_format(const config_t *config, const char *key, const task_t *task)
{
    char bars[64];
    mixture_t mixture = {0};
    const char *section = kinds[task->kind].section;
    if (strcmp(section, "corpora") == 0) {
        status_t status = mixture_read(config, task->data, &mixture);
        mixture_free(&mixture);
        return status;
    }
    const char *format = config_text(config, config_path("%s.%s.format", section, task->data));
    snprintf(bars, sizeof bars, "|%s|", format);
    if (strstr(kinds[task->kind].formats, bars)) return NULL;
    return config_error(config, key, "%s.%s has the format %s, which is not for this kind of task",
                        section, task->data, format);
}

bool task_is_tagged(const config_t *config, const char *name)
{
    return config_count(config, config_path("corpora.%s", name)) == 0 &&
           config_count(config, config_path("benchmarks.%s", name)) > 0 &&
           strcmp(config_text(config, config_path("benchmarks.%s.format", name)), "conllu") == 0;
}

status_t task_check_data(const config_t *config, const char *key, const task_t *task)
{
    const char *known[64], *section = kinds[task->kind].section;
    size_t count = config_count(config, section);
    if (config_count(config, config_path("%s.%s", section, task->data)))
        return check_format(config, key, task);
    if (count > 64) count = 64;
    for (size_t i = 0; i < count; i++) known[i] = config_name(config, section, i);
    const char *near = nearest_name(task->data, known, count);
    return config_error(config, key, "%s has no '%s'%s%s%s", section, task->data,
                        near ? "; did you mean '" : "", near ? near : "", near ? "'?" : "");
}

status_t task_check_collected(const config_t *config, const char *key, const char *name)
{
    const task_t windows = {.kind = TASK_PERPLEXITY, .data = name};
    return task_is_tagged(config, name) ? NULL : task_check_data(config, key, &windows);
}

static status_t check_cohort(const config_t *config, const char *key, const char *cohort)
{
    rules_t rules;
    size_t index;
    char own[512]; /* the key's buffer is used anew before long */
    snprintf(own, sizeof own, "%s", key);
    status_t status = rules_read(config, NULL, &rules);
    if (!status) status = rules_resolve_one(&rules, config, own, cohort, &index);
    rules_destroy(&rules);
    return status;
}

/* What extremes alone has. */
static status_t read_neurons(const config_t *config, size_t index, task_t *task)
{
    const char *cohort = config_path("evaluate.tasks[%zu].cohort", index);
    task->cohort = config_text(config, cohort);
    task->count = config_integer(config, config_path("evaluate.tasks[%zu].count", index));
    task->context = config_integer(config, config_path("evaluate.tasks[%zu].context", index));
    task->parts = config_integer(config, config_path("evaluate.tasks[%zu].parts", index));
    task->part = config_integer(config, config_path("evaluate.tasks[%zu].part", index));
    if (task->kind != TASK_EXTREMES) return NULL;
    if (task->part > task->parts)
        return config_error(config, config_path("evaluate.tasks[%zu].part", index),
                            "there are parts: %lld", (long long)task->parts);
    if (task->cohort) return check_cohort(config, cohort, task->cohort);
    return config_error(config, config_path("evaluate.tasks[%zu].extremes", index),
                        "the cohort whose neurons are meant is expected beside it");
}

static status_t read_task(const config_t *config, size_t index, task_t *task)
{
    int found = 0;
    for (int kind = 0; kind < KINDS; kind++) {
        const char *data =
            config_text(config, config_path("evaluate.tasks[%zu].%s", index, kinds[kind].key));
        if (!data) continue;
        task->kind = (task_kind_t)kind;
        task->data = data;
        found++;
    }
    if (found != 1)
        return config_error(config, config_path("evaluate.tasks[%zu]", index),
                            "exactly one of perplexity, pairs, pos, choice, residual and extremes "
                            "is expected");
    const char *window = config_path("evaluate.tasks[%zu].window", index);
    const char *stride = config_path("evaluate.tasks[%zu].stride", index);
    const char *score = config_text(config, config_path("evaluate.tasks[%zu].score", index));
    task->window = config_integer(config, window);
    task->bos = config_boolean(config, config_path("evaluate.tasks[%zu].bos", index));
    task->stride =
        config_has(config, stride) ? config_integer(config, stride) : task->window - task->bos;
    task->tail = config_boolean(config, config_path("evaluate.tasks[%zu].tail", index));
    task->windows = config_integer(config, config_path("evaluate.tasks[%zu].windows", index));
    task->mean = strcmp(score, "mean") == 0;
    const char *name = config_text(config, config_path("evaluate.tasks[%zu].name", index));
    status_t status = task_check_data(
        config, config_path("evaluate.tasks[%zu].%s", index, kinds[task->kind].key), task);
    if (!status) status = read_neurons(config, index, task);
    if (status) return status;
    return name ? str_copy(&task->name, name)
                : str_format(&task->name, "%s-%s", kinds[task->kind].key, task->data);
}

status_t tasks_read(const config_t *config, tasks_t *tasks)
{
    *tasks = (tasks_t){.count = config_count(config, "evaluate.tasks")};
    status_t status = mem_new(&tasks->task, tasks->count, "tasks");
    for (size_t i = 0; !status && i < tasks->count; i++) {
        status = read_task(config, i, &tasks->task[i]);
        const char *name = tasks->task[i].name;
        for (size_t j = 0; !status && j < i; j++)
            if (strcmp(tasks->task[j].name, name) == 0)
                status = config_error(config, config_path("evaluate.tasks[%zu]", i),
                                      "a second task is named '%s'; give it a name", name);
        if (!status && strpbrk(name, "/\n"))
            status = config_error(config, config_path("evaluate.tasks[%zu].name", i),
                                  "'%s' holds a slash or a newline", name);
    }
    if (status) tasks_free(tasks);
    return status;
}

void tasks_free(tasks_t *tasks)
{
    for (size_t i = 0; tasks->task && i < tasks->count; i++) mem_free(&tasks->task[i].name);
    mem_free(&tasks->task);
    tasks->count = 0;
}
