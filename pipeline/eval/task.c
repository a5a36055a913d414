#include "eval/task.h"

#include <stdio.h>
#include <string.h>

#include "core/memory.h"
#include "core/strings.h"
#include "select/rules.h"
#include "text/mixture.h"

#define WINDOW_LOSSES                                                           \
    .dataset = "loss", .axes = "windows", .unit = "nats a token", .loss = true, \
    .description = "mean negative log-probability of a window's scored tokens", \
    .sequences = "windows", .scored = "scored tokens of each window"

const task_traits_t task_traits[] = {
    [TASK_PERPLEXITY] = {"perplexity", "corpora", "|text|jsonl|npy|megatron|", WINDOW_LOSSES,
                         .metric = "perplexity", .items = "windows",
                         .interval = "bootstrap over windows"},
    [TASK_PAIRS] = {"pairs", "benchmarks", "|pairs|tse|", "score", "items sides", "nats",
                    "sum of log-probabilities of the scored tokens: good, bad", "sentences",
                    "scored tokens of each sentence: 2i good, 2i + 1 bad", .metric = "accuracy",
                    .items = "pairs", .interval = "bootstrap over pairs", .counted = true},
    [TASK_POS] = {"pos", "benchmarks", "|conllu|", WINDOW_LOSSES},
    [TASK_CHOICE] = {"choice", "benchmarks", "|choice|", "score", "choices", "nats",
                     "sum of log-probabilities of the scored tokens of each choice", "choices",
                     "scored tokens of each choice", .metric = "acc", .items = "questions",
                     .interval = "bootstrap over questions", .counted = true},
    [TASK_RESIDUAL] = {"residual", "corpora", ""},
    [TASK_EXTREMES] = {"extremes", "corpora", ""},
};
const int task_kinds = sizeof task_traits / sizeof task_traits[0];

static status_t check_format(const config_t *config, const char *key, const task_t *task)
{
    char bars[64];
    mixture_t mixture = {0};
    const char *section = task_traits[task->kind].section;
    if (strcmp(section, "corpora") == 0) {
        status_t status = mixture_read(config, task->data, &mixture);
        mixture_free(&mixture);
        return status;
    }
    const char *format = config_text(config, config_path("%s.%s.format", section, task->data));
    snprintf(bars, sizeof bars, "|%s|", format);
    if (strstr(task_traits[task->kind].formats, bars)) return NULL;
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
    const char *known[64], *section = task_traits[task->kind].section;
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

/* "exactly one of perplexity, pairs ... and extremes is expected" */
static status_t not_one_kind(const config_t *config, size_t index)
{
    char known[256] = "";
    for (int kind = 0; kind < task_kinds; kind++) {
        size_t at = strlen(known);
        snprintf(known + at, sizeof known - at, "%s%s",
                 kind == 0               ? ""
                 : kind < task_kinds - 1 ? ", "
                                         : " and ",
                 task_traits[kind].key);
    }
    return config_error(config, config_path("evaluate.tasks[%zu]", index),
                        "exactly one of %s is expected", known);
}

static status_t read_task(const config_t *config, size_t index, task_t *task)
{
    int found = 0;
    for (int kind = 0; kind < task_kinds; kind++) {
        const char *data = config_text(config, config_path("evaluate.tasks[%zu].%s", index,
                                                           task_traits[kind].key));
        if (!data) continue;
        task->kind = (task_kind_t)kind;
        task->data = data;
        found++;
    }
    if (found != 1) return not_one_kind(config, index);
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
        config, config_path("evaluate.tasks[%zu].%s", index, task_traits[task->kind].key), task);
    if (!status) status = read_neurons(config, index, task);
    if (status) return status;
    return name ? str_copy(&task->name, name)
                : str_format(&task->name, "%s-%s", task_traits[task->kind].key, task->data);
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
