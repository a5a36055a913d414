/* wn-inspect diff: what differs between two runs. */
#include "core/config.h"
#include "core/file.h"
#include "core/json_out.h"
#include "core/memory.h"
#include "core/missing.h"
#include "core/options.h"
#include "report/diff_tables.h"
#include "stages/inspect.h"
#include "stages/terminal.h"

/* Columns of tables, and rows at most; the defaults of report.*. */
enum { COLUMNS = 120, ROWS = 24, REPLICATES = 10000 };

/* ---- for programs ---- */

static json_t *interval(interval_t it, bool *failed)
{
    json_t *ends = json_array();
    json_add(ends, json_number(it.low), failed);
    json_add(ends, json_number(it.high), failed);
    return ends;
}

/* Values of keys are recorded as JSON: texts and lists of them; others are plain text. */
static json_t *setting_value(const char *value)
{
    json_t *it = value ? json_loads(value, JSON_DECODE_ANY, NULL) : NULL;
    return it ? it : json_words(value);
}

static void put_settings(json_t *root, const diff_t *diff, bool *failed)
{
    json_t *array = json_array();
    for (size_t i = 0; i < diff->settings; i++) {
        json_t *it = json_object();
        json_put(it, "key", json_string(diff->setting[i].key), failed);
        json_put(it, "first", setting_value(diff->setting[i].value[0]), failed);
        json_put(it, "second", setting_value(diff->setting[i].value[1]), failed);
        json_add(array, it, failed);
    }
    json_put(root, "settings", array, failed);
}

static void put_files(json_t *root, const diff_t *diff, bool *failed)
{
    json_t *array = json_array();
    for (size_t i = 0; i < diff->files; i++) {
        const diff_file_t *file = &diff->file[i];
        json_t *it = json_object();
        json_put(it, "file", json_string(file->name), failed);
        json_put(it, "state",
                 json_string(!file->there[1]   ? "only first"
                             : !file->there[0] ? "only second"
                             : file->same      ? "same"
                                               : "different"),
                 failed);
        json_add(array, it, failed);
    }
    json_put(root, "files", array, failed);
}

static void put_statistics(json_t *root, const diff_t *diff, bool *failed)
{
    json_t *array = json_array();
    for (size_t i = 0; i < diff->statistics; i++) {
        const diff_statistic_t *statistic = &diff->statistic[i];
        json_t *it = json_object();
        json_put(it, "checkpoint", json_string(statistic->checkpoint), failed);
        json_put(it, "statistic", json_string(comparables[statistic->statistic].name), failed);
        json_put(it, "n", json_integer(statistic->is.count), failed);
        json_put(it, "correlation", json_number(statistic->is.correlation), failed);
        json_put(it, "overlap", json_number(comparison_overlap(&statistic->is)), failed);
        json_put(it, "largest_difference", json_number(statistic->largest), failed);
        json_add(array, it, failed);
    }
    json_put(root, "statistics", array, failed);
}

static void put_cohorts(json_t *root, const diff_t *diff, bool *failed)
{
    json_t *array = json_array();
    for (size_t i = 0; i < diff->cohorts; i++) {
        const diff_cohort_t *cohort = &diff->cohort[i];
        json_t *it = json_object();
        json_put(it, "checkpoint", json_string(cohort->checkpoint), failed);
        json_put(it, "cohort", json_string(cohort->cohort), failed);
        json_put(it, "first", json_integer(cohort->neurons[0]), failed);
        json_put(it, "second", json_integer(cohort->neurons[1]), failed);
        json_put(it, "both", json_integer(cohort->both), failed);
        json_add(array, it, failed);
    }
    json_put(root, "cohorts", array, failed);
}

static json_t *result_object(const diff_result_t *result, bool *failed)
{
    json_t *it = json_object();
    json_put(it, "checkpoint", json_string(result->checkpoint), failed);
    json_put(it, "task", json_string(result->task), failed);
    json_put(it, "condition", json_string(result->condition), failed);
    json_put(it, "phenomenon", json_words(result->term), failed);
    json_put(it, "metric", json_string(result->metric), failed);
    json_put(it, "n_first", json_integer(result->n[0]), failed);
    json_put(it, "n_second", json_integer(result->n[1]), failed);
    json_put(it, "first", json_number(result->value[0]), failed);
    json_put(it, "second", json_number(result->value[1]), failed);
    json_put(it, "difference", json_number(result->difference), failed);
    json_put(it, "same", json_boolean(result->same), failed);
    json_put(it, "paired", json_boolean(result->paired), failed);
    if (result->paired) {
        json_put(it, "interval", interval(result->interval, failed), failed);
    } else {
        json_put(it, "interval_first", interval(result->own[0], failed), failed);
        json_put(it, "interval_second", interval(result->own[1], failed), failed);
    }
    json_put(it, "beyond", json_boolean(result->beyond), failed);
    if (result->gained < 0) return it;
    json_put(it, "gained", json_integer(result->gained), failed);
    json_put(it, "lost", json_integer(result->lost), failed);
    json_put(it, "p", json_number(result->p), failed);
    json_put(it, "p_holm", json_number(result->holm), failed);
    return it;
}

static void put_alone(json_t *root, const diff_t *diff, bool *failed)
{
    static const char *const keys[] = {"conditions_only_first", "conditions_only_second"};
    for (int side = 0; side < 2; side++) {
        json_t *array = json_array();
        for (size_t i = 0; i < diff->alone[side].count; i++)
            json_add(array, json_string(diff->alone[side].item[i]), failed);
        json_put(root, keys[side], array, failed);
    }
}

static status_t print_json(const diff_t *diff, FILE *out)
{
    bool failed = false;
    json_t *root = json_object(), *results = json_array();
    json_put(root, "first", json_string(diff->directory[0]), &failed);
    json_put(root, "second", json_string(diff->directory[1]), &failed);
    json_put(root, "differ", json_boolean(diff_any(diff)), &failed);
    json_put(root, "confidence", json_number(diff->resampling.level), &failed);
    json_put(root, "bootstrap", json_integer(diff->resampling.replicates), &failed);
    put_settings(root, diff, &failed);
    put_files(root, diff, &failed);
    put_statistics(root, diff, &failed);
    put_cohorts(root, diff, &failed);
    for (size_t i = 0; i < diff->results; i++)
        json_add(results, result_object(&diff->result[i], &failed), &failed);
    json_put(root, "results", results, &failed);
    put_alone(root, diff, &failed);
    return json_print(root, failed, out);
}

/* ---- for people ---- */

static status_t print_tables(const diff_t *diff, FILE *out)
{
    tables_t tables = {0};
    str_t text = {0}, summary = {0};
    str_t wrapped = {0};
    status_t status = diff_summary(diff, &summary);
    if (!status) status = text_fill(&wrapped, summary.data, 0, 0, COLUMNS);
    if (!status) status = diff_tables(diff, ROWS, &tables);
    if (!status) status = tables_terminal(&tables, COLUMNS, terminal_has_colour(), &text);
    if (!status &&
        fprintf(out, "first:  %s\nsecond: %s\n%s%s%s", diff->directory[0], diff->directory[1],
                wrapped.data, text.length ? "\n" : "", text.length ? text.data : "") < 0)
        status = status_new(EXIT_OUTPUT, "standard output cannot be written");
    str_free(&text);
    str_free(&summary);
    str_free(&wrapped);
    tables_free(&tables);
    return status;
}

/* ---- runs ---- */

status_t inspect_find_run(const char *path, char **directory)
{
    config_t *config = NULL;
    if (file_is_directory(path)) return str_copy(directory, path);
    if (!file_exists(path)) return file_missing(path, "no such directory or configuration");
    status_t status = config_open(path, NULL, &config);
    if (!status) status = str_copy(directory, config_text(config, "run.directory"));
    config_close(&config);
    return status;
}

status_t inspect_diff(const char *first, const char *second, bool json, FILE *out, bool *differ)
{
    const resampling_t options = {.level = 0.95, .replicates = REPLICATES, .seed = 1};
    char *directory[2] = {NULL, NULL};
    diff_t diff = {0};
    status_t status = inspect_find_run(first, &directory[0]);
    if (!status) status = inspect_find_run(second, &directory[1]);
    if (!status) status = diff_runs(directory[0], directory[1], &options, 1, &diff);
    *differ = !status && diff_any(&diff);
    if (!status) status = json ? print_json(&diff, out) : print_tables(&diff, out);
    diff_free(&diff);
    mem_free(&directory[0]);
    mem_free(&directory[1]);
    return status;
}
