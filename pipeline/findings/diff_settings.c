/* Settings in which outputs of two runs differ. */
#include <stdio.h>
#include <string.h>

#include "core/config.h"
#include "core/memory.h"
#include "findings/diff_internal.h"

/* NULL value: not set. Unless this difference is known. */
static status_t add(diff_t *diff, const char *key, size_t length, const char *first,
                    const char *second)
{
    for (size_t i = 0; i < diff->settings; i++)
        if (strlen(diff->setting[i].key) == length &&
            strncmp(diff->setting[i].key, key, length) == 0)
            return NULL;
    status_t status = mem_grow(&diff->setting, &diff->setting_room, diff->settings + 1, "settings");
    if (status) return status;
    diff_setting_t *setting = &diff->setting[diff->settings++];
    *setting = (diff_setting_t){0};
    status = str_copy_n(&setting->key, key, length);
    if (!status && first) status = str_copy_n(&setting->value[0], first, strcspn(first, "\n"));
    if (!status && second) status = str_copy_n(&setting->value[1], second, strcspn(second, "\n"));
    return status;
}

/* ---- configurations ---- */

static const char *next_line(const char *line)
{
    line += strcspn(line, "\n");
    return line + (*line == '\n');
}

/* The value of line's key in another configuration, or NULL. */
static const char *value_in(const char *configuration, const char *line)
{
    size_t length = strcspn(line, ":") + 1;
    for (const char *at = configuration; *at; at = next_line(at))
        if (strncmp(at, line, length) == 0) return at + length + strspn(at + length, " ");
    return NULL;
}

static bool same_value(const char *a, const char *b)
{
    size_t length = strcspn(a, "\n");
    return length == strcspn(b, "\n") && strncmp(a, b, length) == 0;
}

/* Keys of one side's configuration that the stage depends on; alone: those that the other lacks. */
static status_t add_keys(diff_t *diff, const char *stage, char *const configuration[2], int side,
                         bool alone)
{
    status_t status = NULL;
    for (const char *line = configuration[side]; !status && *line; line = next_line(line)) {
        const char *value[2], *other = value_in(configuration[!side], line);
        size_t length = strcspn(line, ":");
        if (!config_concerns(stage, line) || (alone ? other != NULL : !other)) continue;
        value[side] = line + length + 1 + strspn(line + length + 1, " ");
        value[!side] = other;
        if (other && same_value(value[0], value[1])) continue;
        status = add(diff, line, length, value[0], value[1]);
    }
    return status;
}

/* ---- what else there is ---- */

bool diff_same_inputs(const char *a, const char *b)
{
    while (*a && *b) {
        size_t length = strcspn(a, " \n");
        if (length != strcspn(b, " \n") || strncmp(a, b, length) != 0) return false;
        a = next_line(a);
        b = next_line(b);
    }
    return !*a && !*b;
}

/* Of texts that differ, the first lines that do; of inputs, by their digests. */
static void skip_same_lines(const char *line[2], bool inputs)
{
    const char *end = inputs ? " \n" : "\n";
    while (line[0] && line[1] && *line[0] && *line[1]) {
        size_t length = strcspn(line[0], end);
        if (length != strcspn(line[1], end) || strncmp(line[0], line[1], length) != 0) return;
        line[0] = next_line(line[0]);
        line[1] = next_line(line[1]);
    }
}

static status_t get_optional(const store_t *store, const char *key, char **text)
{
    *text = NULL;
    return store_has_attribute(store, "/", key) ? store_get_text(store, "/", key, text) : NULL;
}

/* An attribute of text; whole: its name is told without the file's. */
static status_t add_attribute(diff_t *diff, const char *name, const char *key, bool whole,
                              const store_t *const store[2])
{
    char *value[2] = {NULL, NULL};
    str_t told = {0};
    bool inputs = strcmp(key, "inputs") == 0;
    status_t status = get_optional(store[0], key, &value[0]);
    if (!status) status = get_optional(store[1], key, &value[1]);
    bool same = !value[0] == !value[1];
    if (same && value[0])
        same = inputs ? diff_same_inputs(value[0], value[1]) : strcmp(value[0], value[1]) == 0;
    const char *line[] = {value[0], value[1]};
    skip_same_lines(line, inputs);
    if (!status && !same)
        status = str_printf(&told, "%s%s%s", whole ? "" : name, whole ? "" : ": ", key);
    if (!status && !same) status = add(diff, told.data, told.length, line[0], line[1]);
    mem_free(&value[0]);
    mem_free(&value[1]);
    str_free(&told);
    return status;
}

static status_t add_numerics(diff_t *diff, const store_t *const store[2])
{
    double number[2];
    char text[2][32];
    status_t status = store_get_number(store[0], "/", "numerics", &number[0]);
    if (!status) status = store_get_number(store[1], "/", "numerics", &number[1]);
    if (status || number[0] == number[1]) return status;
    for (int i = 0; i < 2; i++) snprintf(text[i], sizeof text[i], "%g", number[i]);
    return add(diff, "numerics", strlen("numerics"), text[0], text[1]);
}

/* The weights of a checkpoint are those of all its outputs. */
static status_t add_model(diff_t *diff, const char *name, const store_t *const store[2])
{
    char *checkpoint = NULL;
    status_t status = get_optional(store[0], "checkpoint", &checkpoint);
    if (!status)
        status = add_attribute(diff, checkpoint ? checkpoint : name, "model", false, store);
    mem_free(&checkpoint);
    return status;
}

status_t diff_add_settings(diff_t *diff, const char *name, const store_t *const store[2])
{
    char *configuration[2] = {NULL, NULL}, *stage = NULL;
    status_t status = store_get_text(store[0], "/", "stage", &stage);
    for (int side = 0; !status && side < 2; side++)
        status = store_get_text(store[side], "/", "configuration", &configuration[side]);
    if (!status) status = add_keys(diff, stage, configuration, 0, false);
    if (!status) status = add_keys(diff, stage, configuration, 0, true);
    if (!status) status = add_keys(diff, stage, configuration, 1, true);
    if (!status) status = add_attribute(diff, name, "version", true, store);
    if (!status) status = add_attribute(diff, name, "libraries", true, store);
    if (!status) status = add_numerics(diff, store);
    if (!status) status = add_attribute(diff, name, "tokenizer", true, store);
    if (!status) status = add_model(diff, name, store);
    if (!status) status = add_attribute(diff, name, "arithmetic", true, store);
    if (!status) status = add_attribute(diff, name, "inputs", false, store);
    mem_free(&stage);
    mem_free(&configuration[0]);
    mem_free(&configuration[1]);
    return status;
}
