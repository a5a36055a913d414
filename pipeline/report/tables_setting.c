/* What was run: model, data, software. */
#include <string.h>

#include "core/file.h"
#include "core/memory.h"
#include "model/architecture.h"
#include "model/checkpoints.h"
#include "report/tables.h"
#include "report/text.h"

static status_t add(table_t *table, const char *name, const char *value)
{
    status_t status = strings_append(&table->cell, name);
    return status ? status : strings_append(&table->cell, value);
}

/* A path as it was configured; of an absolute one, which is this machine's own, the last part. */
static const char *shown_path(const char *path)
{
    return path[0] == '/' ? path_base(path) : path;
}

static status_t add_model(const run_t *run, table_t *table)
{
    const char *last = run->checkpoints->item[run->checkpoints->count - 1];
    model_shape_t shape = {0};
    char *directory = NULL, *text = NULL;
    status_t status = add(table, "model", shown_path(config_text(run->config, "model.path")));
    if (!status) status = checkpoint_directory(run->config, last, &directory);
    if (!status) {
        status = model_shape_read(directory, &shape);
        if (!status) {
            status = str_format(&text,
                                "%s: %d layers, width %d, %d neurons a layer, %d heads, "
                                "vocabulary %d",
                                shape.facts->model_type, shape.layers, shape.width, shape.mlp,
                                shape.heads, shape.vocabulary);
            if (!status) status = add(table, "architecture", text);
            model_shape_free(&shape);
        }
        /* A model that is gone does not stop a report on what it gave. */
        status_excuse(&status, EXIT_INPUT);
    }
    mem_free(&text);
    mem_free(&directory);
    return status;
}

static status_t add_checkpoints(const run_t *run, table_t *table)
{
    const strings_t *names = run->checkpoints;
    str_t text = {0};
    status_t status = str_printf(&text, "%zu: ", names->count);
    for (size_t i = 0; !status && i < names->count; i++) {
        bool gap = names->count > 12 && i >= 3 && i < names->count - 3;
        if (gap && i > 3) continue;
        status = str_printf(&text, "%s%s", i ? ", " : "", gap ? "…" : names->item[i]);
    }
    if (!status) status = add(table, "checkpoints", text.data);
    str_free(&text);
    return status;
}

/* Checkpoints that repeat the weights of others. */
static status_t add_same(const run_t *run, table_t *table)
{
    str_t text = {0};
    status_t status = NULL;
    for (size_t i = 0; !status && i < run->checkpoints->count; i++)
        if (run->point[i].same_as >= 0)
            status =
                str_printf(&text, "%s%s as %s", text.length ? ", " : "", run->checkpoints->item[i],
                           run->checkpoints->item[run->point[i].same_as]);
    if (!status && text.length)
        status = str_add(&text, "; they count once where checkpoints are counted");
    if (!status && text.length) status = add(table, "EQUAL WEIGHTS", text.data);
    str_free(&text);
    return status;
}

/* Which part of its files the configuration takes; nothing where it takes all. */
static status_t describe_choice(const run_t *run, const run_data_t *data, str_t *text)
{
    const char *section = data->benchmark ? "benchmarks" : "corpora";
    bool each = data->benchmark && strcmp(data->what, "documents") != 0;
    long long limit = config_integer(run->config, config_path("%s.%s.limit", section, data->name));
    if (limit == 0) return NULL;
    return str_printf(text, ", the first %lld %s", limit, each ? "of each file" : "of its files");
}

static status_t add_data(const run_t *run, table_t *table)
{
    status_t status = NULL;
    for (size_t i = 0; !status && i < run->data_count; i++) {
        const run_data_t *data = &run->data[i];
        str_t name = {0}, text = {0};
        if (!data->there) continue;
        status = str_printf(&name, "%s %s", data->benchmark ? "benchmark" : "corpus", data->name);
        if (!status) status = text_count(&text, data->tokens);
        if (!status) status = str_add(&text, " tokens in ");
        if (!status) status = text_count(&text, data->parts);
        /* "1 document" */
        if (!status)
            status = str_printf(&text, " %.*s", (int)strlen(data->what) - (data->parts == 1),
                                data->what);
        if (!status) status = describe_choice(run, data, &text);
        if (!status) status = add(table, name.data, text.data);
        str_free(&name);
        str_free(&text);
    }
    return status;
}

static status_t add_activations(const run_t *run, table_t *table)
{
    ptrdiff_t last = run_last_statistics(run);
    const char *corpus = config_text(run->config, "collect.corpus");
    str_t text = {0};
    if (last < 0 || !corpus) return NULL;
    status_t status = text_count(&text, run->statistics[last].tokens);
    if (!status)
        status = str_printf(
            &text, " tokens of %s a neuron, windows of %lld, stride %lld, kept as %s", corpus,
            (long long)config_integer(run->config, "collect.window"),
            (long long)config_integer(run->config, config_has(run->config, "collect.stride")
                                                       ? "collect.stride"
                                                       : "collect.window"),
            run->statistics[last].sketched ? "sketches" : config_text(run->config, "collect.type"));
    if (!status) status = add(table, "pre-activations", text.data);
    str_free(&text);
    return status;
}

static status_t describe_windows(const task_t *task, str_t *text)
{
    status_t status =
        str_printf(text, "exp of the mean %s; windows of %lld",
                   task->tail ? "token loss, with a last, shorter window"
                              : "over windows of the mean token loss; a shorter rest is left out",
                   (long long)task->window);
    if (!status && task->stride != task->window - task->bos)
        status = str_printf(text, ", stride %lld", (long long)task->stride);
    return status ? status : str_add(text, task->bos ? " tokens with BOS" : " tokens without BOS");
}

static status_t describe_scoring(const run_task_t *task, str_t *text)
{
    bool harness = task->convention && strcmp(task->convention, "harness") == 0;
    const char *tie = task->ties_right ? "good >= bad" : "good > bad, a tie is wrong";
    const char *convention = harness ? "all of a space and the sentence after BOS or EOS is scored "
                                       "(lm-evaluation-harness's convention)"
                                     : "first token not scored (original convention)";
    if (!task->counted) return describe_windows(task->is, text);
    if (task->is->kind == TASK_PAIRS)
        return str_printf(text, "%s of log-probabilities, %s; right: %s",
                          task->is->mean ? "mean per token" : "sum", convention, tie);
    return str_printf(text,
                      "%s: the choice of the highest sum of log-probabilities%s, the first of "
                      "equals (lm-evaluation-harness's convention); guesses get %.1f %%",
                      task->metric, task->norm ? " over its code points" : "", 100 * task->chance);
}

static status_t add_scoring(const run_t *run, table_t *table)
{
    status_t status = NULL;
    for (size_t t = 0; !status && t < run->tasks; t++) {
        const run_task_t *task = &run->task[t];
        str_t name = {0}, text = {0};
        status = str_printf(&name, "%s %s",
                            !task->counted                 ? "perplexity on"
                            : task->is->kind == TASK_PAIRS ? "pairs of"
                                                           : "questions of",
                            task->label);
        if (!status) status = describe_scoring(task, &text);
        if (!status) status = add(table, name.data, text.data);
        str_free(&name);
        str_free(&text);
    }
    return status;
}

static status_t add_surprisal(const run_t *run, table_t *table)
{
    status_t status = NULL;
    for (size_t t = 0; !status && t < run->plan.count; t++) {
        const task_t *task = &run->plan.task[t];
        str_t name = {0}, text = {0};
        if (task->kind != TASK_POS) continue;
        status = str_printf(&name, "surprisal on %s", task->data);
        if (!status)
            status =
                str_printf(&text,
                           "negative log-probability of each token but the first of a window, "
                           "in nats; windows of %lld tokens %s BOS start anew at each document",
                           (long long)task->window, task->bos ? "with" : "without");
        if (!status) status = add(table, name.data, text.data);
        str_free(&name);
        str_free(&text);
    }
    return status;
}

static status_t add_intervals(const run_t *run, table_t *table)
{
    str_t text = {0};
    status_t status = str_printf(&text, "%g %%, bootstrap (BCa) of ", 100 * run->resampling.level);
    if (!status) status = text_count(&text, run->resampling.replicates);
    if (!status)
        status = str_printf(&text,
                            " replicates, seed %llu: items drawn anew within each file and "
                            "phenomenon, windows as a whole; Wilson's where all items are right or "
                            "all wrong; fewer than 20 windows make them too narrow",
                            (unsigned long long)run->resampling.seed);
    if (!status) status = add(table, "intervals of scores", text.data);
    str_free(&text);
    return status;
}

static status_t add_software(const run_t *run, table_t *table)
{
    str_t text = {0};
    status_t status = NULL;
    for (size_t i = 0; !status && i < run->versions.count; i++)
        status = str_printf(&text, "%s%s", i ? ", " : "", run->versions.item[i]);
    if (!status && run->versions.count) status = add(table, "software (wn)", text.data);
    str_free(&text);
    return status;
}

/* What matrix products were computed in and, if not in float32, how far that is from it. */
static status_t add_products(const run_t *run, table_t *table)
{
    const deviation_t *deviation = &run->deviation;
    str_t text = {0};
    status_t status = NULL;
    for (size_t i = 0; !status && i < run->products.count; i++)
        status = str_printf(&text, "%s%s", i ? ", " : "", run->products.item[i]);
    if (!status && deviation->count) {
        status = str_printf(&text,
                            "; log-probabilities of tokens differ from float32 by %.2g nats (root "
                            "mean square), at most %.2g, over ",
                            deviation->rms, deviation->largest);
        if (!status) status = text_count(&text, deviation->count);
        if (!status) status = str_add(&text, " tokens");
    }
    if (!status && text.length) status = add(table, "matrix products", text.data);
    str_free(&text);
    return status;
}

status_t tables_setting(const run_t *run, tables_t *tables)
{
    table_t *table;
    status_t status = tables_append(tables, "Model, data and scoring", "", "", 2, &table);
    if (!status) status = strings_append(&table->head, "what");
    if (!status) status = strings_append(&table->head, "value");
    if (!status) status = add(table, "run", config_text(run->config, "run.name"));
    if (!status) status = add_model(run, table);
    if (!status) status = add_checkpoints(run, table);
    if (!status) status = add_same(run, table);
    if (!status) status = add_data(run, table);
    if (!status) status = add_activations(run, table);
    if (!status) status = add_scoring(run, table);
    if (!status) status = add_surprisal(run, table);
    if (!status && run->tasks + run->surprisals) status = add_intervals(run, table);
    if (!status) status = add_products(run, table);
    return status ? status : add_software(run, table);
}
