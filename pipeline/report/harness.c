#include "report/harness.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/json_out.h"
#include "core/memory.h"
#include "core/version.h"
#include "report/contrasts.h"
#include "report/trajectory.h"

typedef struct {
    json_t *results, *groups, *subtasks, *configs, *versions, *shots, *better, *samples, *intervals;
    bool failed;
} parts_t;

static void put(parts_t *parts, json_t *object, const char *key, json_t *value)
{
    json_put(object, key, value, &parts->failed);
}

/* The harness's word where there is no standard error. */
static json_t *error_number(double value)
{
    return isfinite(value) ? json_real(value) : json_string("N/A");
}

/* The entries every task and subtask has. */
static void put_common(parts_t *parts, const char *name, const char *metric, int64_t n)
{
    json_t *better = json_object_get(parts->better, name), *samples = json_object();
    better = better ? json_incref(better) : json_object();
    put(parts, better, metric, json_boolean(strcmp(metric, "perplexity") != 0));
    put(parts, samples, "original", json_integer(n));
    put(parts, samples, "effective", json_integer(n));
    put(parts, parts->better, name, better);
    put(parts, parts->samples, name, samples);
    put(parts, parts->versions, name, json_integer(NUMERICS_VERSION));
    put(parts, parts->shots, name, json_integer(0));
}

/* Our own, and so beside its results: the harness has standard errors only. */
static void put_interval(parts_t *parts, const char *name, const char *metric, interval_t interval)
{
    json_t *of = json_object_get(parts->intervals, name), *ends = json_array();
    of = of ? json_incref(of) : json_object();
    json_add(ends, json_finite(interval.low), &parts->failed);
    json_add(ends, json_finite(interval.high), &parts->failed);
    put(parts, of, metric, ends);
    put(parts, parts->intervals, name, of);
}

/* What a result has besides its metrics. */
static void put_names(parts_t *parts, json_t *result, const char *name, const char *alias,
                      int64_t n)
{
    put(parts, result, "name", json_string(name));
    put(parts, result, "alias", json_string(alias));
    put(parts, result, "sample_len", json_integer(n));
}

/* A task of multiple choice comes twice: acc_norm joins acc. */
static void put_accuracy(parts_t *parts, const run_task_t *task, const char *name,
                         const char *alias, const accuracy_t *accuracy)
{
    const char *metric = task->norm ? "acc_norm" : "acc";
    json_t *result = json_object_get(parts->results, name);
    double value = accuracy_value(accuracy), n = (double)accuracy->count;
    char key[2][32];
    result = result ? json_incref(result) : json_object();
    snprintf(key[0], sizeof key[0], "%s,none", metric);
    snprintf(key[1], sizeof key[1], "%s_stderr,none", metric);
    put_names(parts, result, name, alias, accuracy->count);
    put(parts, result, key[0], json_finite(value));
    put(parts, result, key[1], error_number(sqrt(value * (1 - value) / (n - 1))));
    put_interval(parts, name, metric, accuracy->interval);
    put(parts, parts->results, name, result);
    put_common(parts, name, metric, accuracy->count);
}

static void put_perplexity(parts_t *parts, const run_task_t *task, const loss_t *loss)
{
    json_t *result = json_object();
    double perplexity = loss_perplexity(loss);
    double error = loss->deviation / sqrt((double)loss->windows);
    put_names(parts, result, task->name, task->name, loss->windows);
    put(parts, result, "perplexity,none", json_finite(perplexity));
    /* To first order, as exp' = exp. */
    put(parts, result, "perplexity_stderr,none", error_number(perplexity * error));
    put_interval(parts, task->name, "perplexity", loss_perplexity_interval(loss));
    put(parts, result, "loss,none", json_finite(loss->loss));
    put(parts, result, "loss_stderr,none", error_number(error));
    put(parts, parts->results, task->name, result);
    put_common(parts, task->name, "perplexity", loss->windows);
    put(parts, json_object_get(parts->better, task->name), "loss", json_false());
}

/* ---- items: the task, its phenomena, its files ---- */

static status_t file_name(const run_task_t *task, size_t file, char **name)
{
    return str_format(name, "%s_%s", task->name, task->files.item[file]);
}

/* Which files have items of each term: member [terms * files]. */
static status_t find_members(const run_task_t *task, bool **member)
{
    status_t status = mem_new(member, task->terms.count * task->files.count, "terms");
    for (int64_t i = 0; !status && i < task->items; i++)
        (*member)[(size_t)task->term[i] * task->files.count + (size_t)task->file[i]] = true;
    return status;
}

static status_t put_files(parts_t *parts, const run_task_t *task, const run_result_t *result)
{
    status_t status = NULL;
    for (size_t f = 0; !status && f < task->files.count; f++) {
        char *name = NULL;
        status = file_name(task, f, &name);
        if (!status) put_accuracy(parts, task, name, task->files.item[f], &result->file[f]);
        mem_free(&name);
    }
    return status;
}

/* member NULL: all files. */
static status_t put_members(parts_t *parts, const run_task_t *task, const char *group,
                            const bool *member)
{
    json_t *list = json_array();
    status_t status = NULL;
    for (size_t f = 0; !status && f < task->files.count; f++) {
        char *name = NULL;
        if (member && !member[f]) continue;
        status = file_name(task, f, &name);
        if (!status) json_add(list, json_string(name), &parts->failed);
        mem_free(&name);
    }
    put(parts, parts->subtasks, group, list);
    put(parts, parts->groups, group, json_incref(json_object_get(parts->results, group)));
    return status;
}

static status_t put_terms(parts_t *parts, const run_task_t *task, const run_result_t *result)
{
    bool *member = NULL;
    status_t status = find_members(task, &member);
    for (size_t t = 0; !status && t < task->terms.count; t++) {
        char *name = NULL;
        status = str_format(&name, "%s_term_%s", task->name, task->terms.item[t]);
        if (!status) put_accuracy(parts, task, name, task->terms.item[t], &result->term[t]);
        if (!status) status = put_members(parts, task, name, member + t * task->files.count);
        mem_free(&name);
    }
    mem_free(&member);
    return status;
}

static status_t put_items(parts_t *parts, const run_task_t *task, const run_result_t *result)
{
    put_accuracy(parts, task, task->name, task->name, &result->all);
    status_t status = put_members(parts, task, task->name, NULL);
    if (!status) status = put_terms(parts, task, result);
    return status ? status : put_files(parts, task, result);
}

/* ---- documents ---- */

static void put_config(parts_t *parts, const run_t *run, size_t index)
{
    const run_task_t *task = &run->task[index];
    bool first = !json_object_get(parts->configs, task->name);
    json_t *config = json_object(), *metrics = json_array(), *metric = json_object();
    const char *name = !task->counted ? "perplexity" : task->norm ? "acc_norm" : "acc";
    if (!first) {
        json_t *known = json_object_get(parts->configs, task->name);
        json_decref(config), json_decref(metrics);
        config = json_incref(known);
        metrics = json_incref(json_object_get(known, "metric_list"));
    }
    put(parts, config, "task", json_string(task->name));
    put(parts, config, "dataset_name", json_string(task->is->data));
    put(parts, config, "output_type",
        json_string(task->counted ? "multiple_choice" : "loglikelihood_rolling"));
    put(parts, config, "num_fewshot", json_integer(0));
    put(parts, metric, "metric", json_string(name));
    put(parts, metric, "aggregation",
        json_string(task->counted ? "mean" : "exp_mean_over_windows"));
    put(parts, metric, "higher_is_better", json_boolean(task->counted));
    json_add(metrics, metric, &parts->failed);
    put(parts, config, "metric_list", metrics);
    if (task->is->kind == TASK_PAIRS) {
        put(parts, config, "scoring",
            json_string(task->ties_right
                            ? "all tokens scored; correct when good >= bad"
                            : "first token not scored; correct when good > bad strictly"));
        put(parts, config, "score", json_string(task->is->mean ? "mean" : "sum"));
    } else if (!task->counted) {
        put(parts, config, "window", json_integer(task->is->window));
        put(parts, config, "stride", json_integer(task->is->stride));
    }
    put(parts, parts->configs, task->name, config);
}

/* Which model this was, as the harness has it: model, its arguments, and names of both. */
static status_t put_model(parts_t *parts, json_t *document, const run_t *run,
                          const char *checkpoint, const char *condition)
{
    char *name = NULL, *plain = NULL;
    json_t *config = json_object(), *arguments = json_object();
    status_t status = str_format(&name, "%s/%s", checkpoint, condition);
    if (!status) status = str_format(&plain, "%s__%s", checkpoint, condition);
    put(parts, arguments, "path", json_string(config_text(run->config, "model.path")));
    put(parts, arguments, "checkpoint", json_string(checkpoint));
    put(parts, arguments, "condition", json_string(condition));
    put(parts, config, "model", json_string("wn"));
    put(parts, config, "model_args", arguments);
    put(parts, config, "model_dtype", json_string(config_text(run->config, "model.arithmetic")));
    put(parts, config, "device", json_string("cpu"));
    put(parts, config, "bootstrap_iters",
        json_integer(config_integer(run->config, "report.bootstrap")));
    put(parts, document, "config", config);
    put(parts, document, "model_source", json_string("wn"));
    put(parts, document, "model_name", json_string(status ? "" : name));
    put(parts, document, "model_name_sanitized", json_string(status ? "" : plain));
    mem_free(&plain);
    mem_free(&name);
    return status;
}

static status_t add_run(const run_t *run, size_t checkpoint, size_t condition, json_t *runs)
{
    const run_condition_t *of = &run->condition[condition];
    parts_t parts = {json_object(), json_object(), json_object(), json_object(), json_object(),
                     json_object(), json_object(), json_object(), json_object(), false};
    json_t *document = json_object();
    bool any = false;
    status_t status = NULL;
    for (size_t t = 0; !status && t < run->tasks; t++) {
        const run_result_t *result = run_result(run, checkpoint, t, condition);
        if (!result->there) continue;
        any = true;
        if (run->task[t].counted) status = put_items(&parts, &run->task[t], result);
        else put_perplexity(&parts, &run->task[t], &result->loss);
        put_config(&parts, run, t);
    }
    put(&parts, document, "checkpoint", json_string(run->checkpoints->item[checkpoint]));
    put(&parts, document, "condition", json_string(of->name));
    put(&parts, document, "ablate", json_words(of->ablate));
    put(&parts, document, "cohort", json_words(of->cohort));
    if (!status)
        status = put_model(&parts, document, run, run->checkpoints->item[checkpoint], of->name);
    put(&parts, document, "results", parts.results);
    put(&parts, document, "groups", parts.groups);
    put(&parts, document, "group_subtasks", parts.subtasks);
    put(&parts, document, "configs", parts.configs);
    put(&parts, document, "versions", parts.versions);
    put(&parts, document, "n-shot", parts.shots);
    put(&parts, document, "higher_is_better", parts.better);
    put(&parts, document, "n-samples", parts.samples);
    put(&parts, document, "intervals", parts.intervals);
    if (!any) json_decref(document);
    else json_add(runs, document, &parts.failed);
    return parts.failed ? status_first(status, status_new(EXIT_RESOURCE, "out of memory for JSON"))
                        : status;
}

status_t harness_json(const run_t *run, str_t *json)
{
    json_t *root = json_object(), *runs = json_array();
    status_t status = NULL;
    for (size_t i = 0; !status && i < run->checkpoints->count; i++)
        for (size_t c = 0; !status && c < run->conditions; c++) status = add_run(run, i, c, runs);
    bool failed = false;
    json_put(root, "format", json_string("lm-evaluation-harness 0.4, one document a run"), &failed);
    json_put(root, "name", json_string(config_text(run->config, "run.name")), &failed);
    json_put(root, "software", json_string("wn " WN_VERSION), &failed);
    json_put(root, "runs", runs, &failed);
    failed |= !json_contrasts(run, root) || !json_trajectory(run, root);
    char *text =
        status || failed ? NULL : json_dumps(root, JSON_INDENT(1) | JSON_REAL_PRECISION(15));
    if (!status && !text) status = status_new(EXIT_RESOURCE, "out of memory for JSON");
    if (!status) status = str_add(json, text);
    if (!status) status = str_add(json, "\n");
    free(text);
    json_decref(root);
    return status;
}
