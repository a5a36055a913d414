#include "core/config_reference.h"

#include <string.h>

#include "core/config.h"

/* What stands above each part of the table, by how its paths begin. */
static const struct {
    const char *start, *intro;
} parts[] = {
    {"run", "What the run is called and where its files go."},
    {"paths", "Where files lie while they are made."},
    {"model", "Which model, at which points of its training."},
    {"corpora", "Texts, each under a name of your choice, which stands for `*`."},
    {"benchmarks", "Collections with right answers or tags, each under a name of your choice."},
    {"collect", "Which pre-activations are taken, on what text, and how they are kept."},
    {"reduce", "What is reduced from them."},
    {"select", "Cohorts of neurons, each under a name of your choice. An entry has `take` with "
               "`percent`, `count` or `until`, or `like`, or one of `union`, `intersection`, "
               "`difference`, `neurons`."},
    {"evaluate", "Tasks, and the conditions under which the model does them. A task has one of "
                 "`perplexity`, `pairs`, `choice`, `pos`, `residual`, `extremes`."},
    {"resources", "How a run uses its machine. Only `chunk` has a part in results."},
    {"report", "What is compared, and how certain it is."},
};

static const char head[] =
    "# Configuration\n\n"
    "A run is one YAML file of these keys; `--set KEY=VALUE` of `wn run` and of every stage "
    "replaces one.\n"
    "A path is written as nested maps: `collect.window` is `collect: {window: 128}`. `*` stands "
    "for a name\n"
    "that you choose, `[]` for an entry of a list: `corpora.*.files` may be\n"
    "`corpora: {wiki: {files: [a.txt]}}`. Where a list is expected, a single value will do.\n\n"
    "A key that is not here, a value of another type or out of range is an error that names file, "
    "line and\n"
    "key, and nothing starts. Relative paths are relative to the directory you call it in.\n\n"
    "This page is written by `make configuration` from the table that the programs read\n"
    "(`pipeline/core/config_keys.c`); a test holds it to that.\n";

/* In a table's cell, lines and bars mean something. */
static status_t add_cell(str_t *text, const char *words)
{
    status_t status = NULL;
    for (; !status && *words; words++)
        status = *words == '|' ? str_add(text, "\\|") : str_append(text, words, 1);
    return status;
}

static status_t add_choices(str_t *text, const char *choices)
{
    status_t status = NULL;
    while (!status && *choices) {
        int length = (int)strcspn(choices, "|");
        status = str_printf(text, "`%.*s`%s", length, choices, choices[length] ? ", " : "");
        choices += length + (choices[length] == '|');
    }
    return status;
}

static bool is_list(config_type_t type)
{
    return type >= CONFIG_TEXTS;
}

/* Up to which value nothing is out of range. */
static bool has_most(const config_key_t *key)
{
    return key->most < 9e18;
}

/* "integer, 2 to 1048576", "`raw`, `sketch`", "list of texts". */
static status_t add_type(str_t *text, const config_key_t *key)
{
    static const char *const names[] = {
        [CONFIG_TEXT] = "text",      [CONFIG_INTEGER] = "integer",
        [CONFIG_NUMBER] = "number",  [CONFIG_BOOLEAN] = "true or false",
        [CONFIG_TEXTS] = "texts",    [CONFIG_INTEGERS] = "integers",
        [CONFIG_NUMBERS] = "numbers"};
    if (key->choices) {
        status_t status = is_list(key->type) ? str_add(text, "list of ") : NULL;
        return status ? status : add_choices(text, key->choices);
    }
    status_t status =
        str_printf(text, "%s%s", is_list(key->type) ? "list of " : "", names[key->type]);
    if (status || (key->least == 0 && key->most == 0)) return status;
    return has_most(key) ? str_printf(text, ", %.15g to %.15g", key->least, key->most)
                         : str_printf(text, ", from %.15g", key->least);
}

static status_t add_default(str_t *text, const config_key_t *key)
{
    if (key->fallback == REQUIRED) return str_add(text, "required");
    if (!key->fallback) return NULL;
    /* A blank alone would not be seen. */
    return str_printf(text, *key->fallback == ' ' ? "`\"%s\"`" : "`%s`", key->fallback);
}

static status_t add_key(str_t *text, const config_key_t *key)
{
    status_t status = str_printf(text, "| `%s` | ", key->path);
    if (!status) status = add_type(text, key);
    if (!status) status = str_add(text, " | ");
    if (!status) status = add_default(text, key);
    if (!status) status = str_add(text, " | ");
    if (!status) status = add_cell(text, key->help);
    return status ? status : str_add(text, " |\n");
}

/* A section begins where the first word of a path is another. */
static status_t add_section(str_t *text, const char *path)
{
    int length = (int)strcspn(path, ".");
    status_t status = str_printf(text, "\n## %.*s\n\n", length, path);
    for (size_t p = 0; !status && p < sizeof parts / sizeof *parts; p++)
        if ((int)strlen(parts[p].start) == length && memcmp(parts[p].start, path, length) == 0)
            status = str_printf(text, "%s\n\n", parts[p].intro);
    return status ? status
                  : str_add(text, "| key | value | default | what |\n| --- | --- | --- | --- |\n");
}

status_t config_reference(str_t *text)
{
    status_t status = str_add(text, head);
    const char *last = "";
    for (size_t k = 0; !status && k < config_key_count; k++) {
        const char *path = config_keys[k].path;
        size_t length = strcspn(path, ".") + 1;
        if (strncmp(path, last, length) != 0) status = add_section(text, path);
        if (!status) status = add_key(text, &config_keys[k]);
        last = path;
    }
    return status;
}
