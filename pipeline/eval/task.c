#include "eval/task.h"

#include <string.h>

#include "core/memory.h"
#include "core/strings.h"
#include "store/output.h"
#include "text/windows.h"

static const struct {
    const char *key, *section;
} kinds[] = {[TASK_PERPLEXITY] = {"perplexity", "corpora"}, [TASK_PAIRS] = {"pairs", "benchmarks"}};
enum { KINDS = sizeof kinds / sizeof kinds[0] };

status_t task_check_data(const config_t *config, const char *key, const task_t *task)
{
    const char *known[64], *section = kinds[task->kind].section;
    size_t count = config_count(config, section);
    if (config_count(config, config_path("%s.%s", section, task->data))) return NULL;
    if (count > 64) count = 64;
    for (size_t i = 0; i < count; i++) known[i] = config_name(config, section, i);
    const char *near = nearest_name(task->data, known, count);
    return config_error(config, key, "%s has no '%s'%s%s%s", section, task->data,
                        near ? "; did you mean '" : "", near ? near : "", near ? "'?" : "");
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
                            "exactly one of perplexity and pairs is expected");
    const char *window = config_path("evaluate.tasks[%zu].window", index);
    const char *stride = config_path("evaluate.tasks[%zu].stride", index);
    const char *score = config_text(config, config_path("evaluate.tasks[%zu].score", index));
    task->window = config_integer(config, window);
    task->stride = config_has(config, stride) ? config_integer(config, stride) : task->window;
    task->windows = config_integer(config, config_path("evaluate.tasks[%zu].windows", index));
    task->mean = strcmp(score, "mean") == 0;
    const char *name = config_text(config, config_path("evaluate.tasks[%zu].name", index));
    status_t status = task_check_data(
        config, config_path("evaluate.tasks[%zu].%s", index, kinds[task->kind].key), task);
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

/* ---- sequences ---- */

static status_t read_windows(const task_t *task, const store_t *store, sequences_t *sequences)
{
    store_info_t info;
    int32_t *id = NULL;
    status_t status = store_read(store, "/ids", STORE_I32, &id, &info);
    if (status) return status;
    size_t window = (size_t)task->window, stride = (size_t)task->stride;
    size_t count = windows_count(info.count, window, stride, !task->drop_last,
                                 (uint64_t)task->windows);
    if (count == 0)
        status = status_new(EXIT_INPUT,
                            "%s: %llu tokens do not fill one window of %zu; lower the window of "
                            "the task %s",
                            store_path(store), (unsigned long long)info.count, window, task->name);
    if (!status) status = mem_new(&sequences->id, count * window, "windows");
    if (!status) status = mem_new(&sequences->offset, count + 1, "windows");
    for (size_t w = 0; !status && w < count; w++) {
        memcpy(sequences->id + w * window, id + w * stride, window * sizeof *id);
        sequences->offset[w + 1] = (int64_t)((w + 1) * window);
    }
    sequences->count = sequences->items = count;
    mem_free(&id);
    return status;
}

static status_t read_sentences(const store_t *store, sequences_t *sequences)
{
    store_info_t ids, offsets;
    status_t status = store_read(store, "/ids", STORE_I32, &sequences->id, &ids);
    if (!status)
        status = store_read(store, "/sequences", STORE_I64, &sequences->offset, &offsets);
    if (status) return status;
    sequences->count = offsets.count ? offsets.count - 1 : 0;
    sequences->items = sequences->count / 2;
    const int64_t *offset = sequences->offset, tokens = (int64_t)ids.count;
    if (sequences->count % 2 || sequences->count == 0 || offset[0] != 0 ||
        offset[sequences->count] != tokens)
        return status_new(EXIT_INPUT, "%s: /sequences does not fit /ids", store_path(store));
    for (size_t s = 0; s < sequences->count; s++) {
        if (offset[s + 1] > tokens)
            return status_new(EXIT_INPUT, "%s: /sequences does not fit /ids", store_path(store));
        if (offset[s + 1] < offset[s] + 2)
            return status_new(EXIT_INPUT, "%s: sequence %zu has nothing to score",
                              store_path(store), s);
    }
    return NULL;
}

status_t sequences_read(const task_t *task, const char *directory, sequences_t *sequences)
{
    char *path = NULL;
    store_t *store = NULL;
    *sequences = (sequences_t){0};
    status_t status = str_format(&path, "%s/shards/%s.h5", directory, task->data);
    if (!status) status = output_open(path, "shard", &store);
    if (!status) status = store_get_text(store, "/", "key", &sequences->key);
    if (!status) status = store_get_text(store, "/", "tokenizer", &sequences->tokenizer);
    if (!status)
        status = task->kind == TASK_PERPLEXITY ? read_windows(task, store, sequences)
                                               : read_sentences(store, sequences);
    store_close(&store);
    mem_free(&path);
    if (status) sequences_free(sequences);
    return status;
}

void sequences_free(sequences_t *sequences)
{
    mem_free(&sequences->id);
    mem_free(&sequences->offset);
    mem_free(&sequences->key);
    mem_free(&sequences->tokenizer);
}
