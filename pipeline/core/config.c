#include "core/config.h"

#include <assert.h>
#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/file.h"
#include "core/memory.h"
#include "core/yaml.h"

struct config {
    char *file;
    node_t *root;
};

/* Two names and what the table puts around them fit in a path. */
enum { PATH_LENGTH = 512, NAME_LENGTH = 100 };

/* ---- the table ---- */

/* Length of the first component of a path: up to '.', or up to "[]" / from it. */
static size_t component(const char *path)
{
    size_t n = strcspn(path, path[0] == '[' ? "]" : ".[");
    return path[0] == '[' && path[n] ? n + 1 : n;
}

/* Whether a concrete path fits a pattern; with prefix, whether it fits the pattern's start and
 * more follows (*rest is then what follows). */
static bool fits(const char *pattern, const char *path, const char **rest)
{
    while (*path) {
        size_t n = component(pattern), m = component(path);
        if (n == 0 || m == 0) return false;
        bool free_name = n == 1 && pattern[0] == '*';
        bool entry = pattern[0] == '[' && path[0] == '[';
        if (!free_name && !entry && (n != m || strncmp(pattern, path, n) != 0)) return false;
        if (free_name && path[0] == '[') return false;
        pattern += n, path += m;
        if (*path == '.') path++;
        if (*pattern == '.' && *path) pattern++;
    }
    *rest = pattern;
    return true;
}

static const config_key_t *key_of(const char *path)
{
    const char *rest;
    for (size_t i = 0; i < config_key_count; i++)
        if (fits(config_keys[i].path, path, &rest) && *rest == '\0') return &config_keys[i];
    return NULL;
}

/* The component that follows path in some key of the table: its start, or NULL. */
static const char *follower(size_t index, const char *path, size_t *length)
{
    const char *rest;
    if (!fits(config_keys[index].path, path, &rest) || *rest == '\0') return NULL;
    if (*rest == '.') rest++;
    *length = component(rest);
    return rest;
}

static bool is_container(const char *path)
{
    size_t length;
    for (size_t i = 0; i < config_key_count; i++)
        if (follower(i, path, &length)) return true;
    return false;
}

static bool is_list_container(const char *path)
{
    size_t length;
    for (size_t i = 0; i < config_key_count; i++) {
        const char *next = follower(i, path, &length);
        if (next) return *next == '[';
    }
    return false;
}

static bool has_free_names(const char *path)
{
    size_t length;
    for (size_t i = 0; i < config_key_count; i++) {
        const char *next = follower(i, path, &length);
        if (next) return *next == '*';
    }
    return false;
}

/* ---- the tree ---- */

static node_t *find(const config_t *config, const char *path)
{
    node_t *node = config->root;
    char name[PATH_LENGTH];
    while (node && *path) {
        size_t n = component(path);
        if (path[0] == '[') {
            size_t index = strtoul(path + 1, NULL, 10);
            node = node->kind == NODE_LIST && index < node->count ? node->child[index] : NULL;
        } else {
            snprintf(name, sizeof name, "%.*s", (int)n, path);
            node = node_child(node, name);
        }
        path += n;
        if (*path == '.') path++;
    }
    return node;
}

static status_t error_at(const config_t *config, const node_t *node, const char *path,
                         const char *problem)
{
    if (node && node->line > 0)
        return status_new(EXIT_USAGE, "%s:%d: %s: %s", config->file, node->line, path, problem);
    if (node) return status_new(EXIT_USAGE, "--set %s: %s", path, problem);
    return status_new(EXIT_USAGE, "%s: %s: %s", config->file, path, problem);
}

status_t config_error(const config_t *config, const char *path, const char *format, ...)
{
    char problem[1024], owner[PATH_LENGTH];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(problem, sizeof problem, format, arguments);
    va_end(arguments);
    /* A value that comes from a default has no line: its nearest ancestor has. */
    snprintf(owner, sizeof owner, "%s", path);
    const node_t *node = find(config, owner);
    while (!node && strpbrk(owner, ".[")) {
        size_t n = strlen(owner);
        while (n && owner[n - 1] != '.' && owner[n - 1] != '[') n--;
        owner[n ? n - 1 : 0] = '\0';
        node = find(config, owner);
    }
    return error_at(config, node, path, problem);
}

/* ---- checking ---- */

static bool is_integer(const char *text, int64_t *value)
{
    char *end;
    errno = 0;
    *value = strtoll(text, &end, 10);
    return *text && !isspace((unsigned char)*text) && *end == '\0' && errno == 0;
}

static bool is_number(const char *text, double *value)
{
    char *end;
    *value = strtod(text, &end);
    return *text && !isspace((unsigned char)*text) && *end == '\0' && isfinite(*value);
}

static status_t check_number(const config_t *config, const config_key_t *key, const node_t *node,
                             const char *path)
{
    bool whole = key->type == CONFIG_INTEGER || key->type == CONFIG_INTEGERS;
    char problem[PATH_LENGTH];
    int64_t integer = 0;
    double number = 0;
    bool ok = whole ? is_integer(node->text, &integer) : is_number(node->text, &number);
    if (whole) number = (double)integer;
    if (ok && number >= key->least && number <= key->most) return NULL;
    if (key->most >= 9e18)
        snprintf(problem, sizeof problem, "'%.100s' is not %s of at least %.15g", node->text,
                 whole ? "an integer" : "a number", key->least);
    else
        snprintf(problem, sizeof problem, "'%.100s' is not %s from %.15g to %.15g", node->text,
                 whole ? "an integer" : "a number", key->least, key->most);
    return error_at(config, node, path, problem);
}

static status_t check_scalar(const config_t *config, const config_key_t *key, const node_t *node,
                             const char *path)
{
    char problem[PATH_LENGTH];
    if (node->kind != NODE_SCALAR)
        return error_at(config, node, path,
                        node->kind == NODE_MAP ? "a single value is expected, not a map"
                                               : "a single value is expected, not a list");
    switch (key->type) {
    case CONFIG_INTEGER:
    case CONFIG_INTEGERS:
    case CONFIG_NUMBERS:
    case CONFIG_NUMBER: return check_number(config, key, node, path);
    case CONFIG_BOOLEAN:
        if (is_choice("true|false", node->text)) return NULL;
        snprintf(problem, sizeof problem, "'%.100s' is neither true nor false", node->text);
        return error_at(config, node, path, problem);
    case CONFIG_CHOICE:
    case CONFIG_CHOICES:
        if (is_choice(key->choices, node->text)) return NULL;
        snprintf(problem, sizeof problem, "'%.100s' is none of %s%s", node->text, key->choices,
                 did_you_mean_choice(node->text, key->choices));
        return error_at(config, node, path, problem);
    default: return NULL;
    }
}

static status_t check_leaf(const config_t *config, const config_key_t *key, const node_t *node,
                           const char *path)
{
    bool list = key->type >= CONFIG_TEXTS;
    if (!list || node->kind != NODE_LIST) return check_scalar(config, key, node, path);
    if (node->count == 0) return error_at(config, node, path, "the list is empty");
    status_t status = NULL;
    for (size_t i = 0; !status && i < node->count; i++)
        status = check_scalar(config, key, node->child[i], path);
    return status;
}

static status_t unknown_key(const config_t *config, const node_t *node, const char *parent,
                            const char *name)
{
    const char *candidate[64];
    char storage[64][64], problem[PATH_LENGTH], path[PATH_LENGTH];
    size_t count = 0, length;
    for (size_t i = 0; i < config_key_count && count < 64; i++) {
        const char *next = follower(i, parent, &length);
        if (!next || *next == '*' || *next == '[') continue;
        snprintf(storage[count], sizeof storage[count], "%.*s", (int)length, next);
        candidate[count] = storage[count];
        /* keys of one section stand together */
        count += count == 0 || strcmp(storage[count], storage[count - 1]) != 0;
    }
    const char *near = nearest_name(name, candidate, count);
    snprintf(path, sizeof path, "%s%s%s", parent, *parent ? "." : "", name);
    if (strpbrk(name, ".["))
        snprintf(problem, sizeof problem, "unknown key; in a file, keys are nested, not joined");
    else if (near) snprintf(problem, sizeof problem, "unknown key; did you mean '%s'?", near);
    else snprintf(problem, sizeof problem, "unknown key");
    return error_at(config, node, path, problem);
}

static bool is_name(const char *text)
{
    size_t n = strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_");
    return n > 0 && n <= NAME_LENGTH && text[n] == '\0';
}

static status_t check(const config_t *config, const node_t *node, const char *path);

static status_t check_required(const config_t *config, const node_t *node, const char *path)
{
    size_t length;
    char whole[PATH_LENGTH];
    for (size_t i = 0; i < config_key_count; i++) {
        const char *next = follower(i, path, &length);
        if (!next || next[length] != '\0' || config_keys[i].fallback != REQUIRED) continue;
        if (*next == '*' || *next == '[' || node_child(node, next)) continue;
        snprintf(whole, sizeof whole, "%s%s%s", path, *path ? "." : "", next);
        return error_at(config, node->line ? node : NULL, whole, "this key is required");
    }
    return NULL;
}

static status_t check_children(const config_t *config, const node_t *node, const char *path)
{
    char below[PATH_LENGTH];
    bool list = node->kind == NODE_LIST, names = has_free_names(path);
    status_t status = NULL;
    for (size_t i = 0; !status && i < node->count; i++) {
        const node_t *child = node->child[i];
        if (list) snprintf(below, sizeof below, "%s[%zu]", path, i);
        else snprintf(below, sizeof below, "%s%s%s", path, *path ? "." : "", node->key[i]);
        if (!list && names && !is_name(node->key[i]))
            return error_at(config, child, below,
                            "a name may hold letters, digits, '-' and '_' only, at most 100");
        /* A key that looks like a path ("run.name") would be found in the table. */
        if (!list && (!is_name(node->key[i]) || (!key_of(below) && !is_container(below))))
            return unknown_key(config, child, path, node->key[i]);
        status = check(config, child, below);
    }
    if (!status && !list) status = check_required(config, node, path);
    return status;
}

static status_t check(const config_t *config, const node_t *node, const char *path)
{
    const config_key_t *key = key_of(path);
    bool entry = has_suffix(path, "]");
    if (key && !(entry && node->kind == NODE_MAP)) return check_leaf(config, key, node, path);
    if (is_list_container(path)) {
        if (node->kind != NODE_LIST) return error_at(config, node, path, "a list is expected");
    } else if (node->kind != NODE_MAP) {
        return error_at(config, node, path, "a map of keys is expected");
    }
    return check_children(config, node, path);
}

/* Required sections that are wholly absent ("run"). */
static status_t check_sections(const config_t *config)
{
    for (size_t i = 0; i < config_key_count; i++) {
        const config_key_t *key = &config_keys[i];
        if (key->fallback != REQUIRED || strpbrk(key->path, "*[") || find(config, key->path))
            continue;
        return status_new(EXIT_USAGE, "%s: %s: this key is required", config->file, key->path);
    }
    return NULL;
}

/* ---- overrides ---- */

/* Line 0 says in messages that a value came from the command line. */
static void forget_lines(node_t *node)
{
    node->line = 0;
    for (size_t i = 0; i < node->count; i++) forget_lines(node->child[i]);
}

static status_t apply_override(config_t *config, const char *override)
{
    const char *equals = strchr(override, '=');
    char path[PATH_LENGTH], name[PATH_LENGTH];
    if (!equals || equals == override || (size_t)(equals - override) >= sizeof path)
        return status_new(EXIT_USAGE, "--set %s: key=value is expected", override);
    snprintf(path, sizeof path, "%.*s", (int)(equals - override), override);
    node_t *value = NULL, *node = config->root;
    char *source = NULL;
    /* A one-entry map makes any value, an empty one too, valid YAML. */
    status_t status = str_format(&source, "v: %s", equals + 1);
    if (!status) status = yaml_parse("--set", source, strlen(source), &value);
    mem_free(&source);
    if (status) return status_wrap(status, "--set %s", override);
    node_t *leaf = value->child[0];
    value->child[0] = NULL;
    node_destroy(&value);
    forget_lines(leaf);
    const char *at = path;
    while (!status) {
        size_t n = component(at);
        bool last = at[n] == '\0';
        snprintf(name, sizeof name, "%.*s", (int)n, at);
        if (at[0] == '[') {
            size_t index = strtoul(at + 1, NULL, 10);
            bool number = n > 2 && strspn(at + 1, "0123456789") == n - 2 && at[n - 1] == ']';
            if (node->kind != NODE_LIST || !number || index >= node->count) {
                status = status_new(EXIT_USAGE, "--set %s: the list has no such entry", override);
            } else if (last) {
                node_destroy(&node->child[index]);
                node->child[index] = leaf;
                return NULL;
            } else {
                node = node->child[index];
            }
        } else if (node->kind != NODE_MAP || n == 0) {
            status = status_new(EXIT_USAGE, "--set %s: no such key", override);
        } else if (last) {
            return node_set_child(node, name, leaf);
        } else {
            node_t *next = node_child(node, name);
            if (!next) {
                status = node_new_map(0, &next);
                if (!status) status = node_set_child(node, name, next);
            }
            node = next;
        }
        at += n;
        if (*at == '.') at++;
    }
    node_destroy(&leaf);
    return status;
}

status_t config_parse(const char *path, const char *text, size_t length, const strings_t *overrides,
                      config_t **config)
{
    status_t status = mem_new(config, 1, "configuration");
    if (status) return status;
    status = str_copy(&(*config)->file, path);
    if (!status) status = yaml_parse(path, text, length, &(*config)->root);
    if (!status && (*config)->root->kind != NODE_MAP)
        status = status_new(EXIT_USAGE, "%s:1: a map of keys is expected", path);
    for (size_t i = 0; !status && overrides && i < overrides->count; i++)
        status = apply_override(*config, overrides->item[i]);
    if (!status) status = node_gather((*config)->root);
    if (!status) status = check(*config, (*config)->root, "");
    if (!status) status = check_sections(*config);
    if (status) config_close(config);
    return status;
}

status_t config_open(const char *path, const strings_t *overrides, config_t **config)
{
    str_t text = {0};
    status_t status = file_read(path, CONFIG_BYTES, &text);
    if (!status) status = config_parse(path, text.data, text.length, overrides, config);
    str_free(&text);
    return status;
}

void config_close(config_t **config)
{
    if (!*config) return;
    node_destroy(&(*config)->root);
    mem_free(&(*config)->file);
    mem_free(config);
}

/* ---- getters ---- */

const char *config_path(const char *format, ...)
{
    static _Thread_local char buffer[8][PATH_LENGTH];
    static _Thread_local unsigned turn;
    char *path = buffer[turn++ % 8];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(path, PATH_LENGTH, format, arguments);
    va_end(arguments);
    return path;
}

const char *config_text(const config_t *config, const char *path)
{
    const config_key_t *key = key_of(path);
    assert(key && "a key that the table lacks");
    const node_t *node = find(config, path);
    if (node) return node->kind == NODE_SCALAR ? node->text : NULL;
    return key->fallback == REQUIRED ? NULL : key->fallback;
}

bool config_has(const config_t *config, const char *path)
{
    return find(config, path) || config_text(config, path);
}

int64_t config_integer(const config_t *config, const char *path)
{
    const char *text = config_text(config, path);
    return text ? strtoll(text, NULL, 10) : 0;
}

double config_number(const config_t *config, const char *path)
{
    const char *text = config_text(config, path);
    return text ? strtod(text, NULL) : NAN;
}

bool config_boolean(const config_t *config, const char *path)
{
    const char *text = config_text(config, path);
    return text && strcmp(text, "true") == 0;
}

size_t config_texts(const config_t *config, const char *path, const char *const **texts)
{
    const node_t *node = find(config, path);
    if (node && node->kind == NODE_LIST) {
        *texts = node->texts;
        return node->count;
    }
    const config_key_t *key = key_of(path);
    *texts = node ? (const char *const *)&node->text : &key->fallback;
    return config_text(config, path) ? 1 : 0;
}

size_t config_count(const config_t *config, const char *path)
{
    const node_t *node = find(config, path);
    return node ? node->count : 0;
}

const char *config_name(const config_t *config, const char *path, size_t index)
{
    const node_t *node = find(config, path);
    return node && node->kind == NODE_MAP && index < node->count ? node->key[index] : NULL;
}

const char *config_scalar(const config_t *config, const char *path)
{
    const node_t *node = find(config, path);
    return node && node->kind == NODE_SCALAR ? node->text : NULL;
}

/* ---- the record ---- */

static status_t dump_text(const char *value, str_t *text)
{
    status_t status = str_add(text, "\"");
    for (; !status && *value; value++) {
        if (*value == '\n') status = str_add(text, "\\n");
        else if (*value == '"' || *value == '\\') status = str_printf(text, "\\%c", *value);
        else status = str_append(text, value, 1);
    }
    return status ? status : str_add(text, "\"");
}

static status_t dump_value(const node_t *node, str_t *text)
{
    if (node->kind == NODE_SCALAR) return dump_text(node->text, text);
    status_t status = str_add(text, "[");
    for (size_t i = 0; !status && i < node->count; i++) {
        if (i) status = str_add(text, ", ");
        if (!status) status = dump_value(node->child[i], text);
    }
    return status ? status : str_add(text, "]");
}

/* Whether a path lies in a map that is not there, below an entry that is: what such a map would
 * default to says nothing of the entry. */
static bool in_absent_map(const config_t *config, const config_key_t *key, const char *path)
{
    char parent[PATH_LENGTH];
    if (!strpbrk(key->path, "*[")) return false;
    snprintf(parent, sizeof parent, "%s", path);
    char *dot = strrchr(parent, '.');
    if (!dot) return false;
    *dot = '\0';
    return !find(config, parent);
}

/* Lines of one key for every concrete path that its pattern stands for: done + what of the
 * pattern is left. */
static status_t dump_key(const config_t *config, const config_key_t *key, const char *done,
                         const char *left, const char *prefix, str_t *text)
{
    char path[PATH_LENGTH];
    size_t n = component(left);
    status_t status = NULL;
    if (n == 0) {
        const node_t *node = find(config, done);
        if (strncmp(done, prefix, strlen(prefix)) != 0) return NULL;
        if (!node && (!key->fallback || key->fallback == REQUIRED)) return NULL;
        if (!node && in_absent_map(config, key, done)) return NULL;
        if (node && node->kind == NODE_MAP) return NULL;
        status = str_printf(text, "%s: ", done);
        if (!status) status = node ? dump_value(node, text) : dump_text(key->fallback, text);
        return status ? status : str_add(text, "\n");
    }
    const char *rest = left + n + (left[n] == '.');
    const char *dot = *done ? "." : "";
    if (left[0] != '*' && left[0] != '[') {
        snprintf(path, sizeof path, "%s%s%.*s", done, dot, (int)n, left);
        return dump_key(config, key, path, rest, prefix, text);
    }
    const node_t *node = find(config, done);
    for (size_t i = 0; !status && node && i < node->count; i++) {
        if (left[0] == '[') snprintf(path, sizeof path, "%s[%zu]", done, i);
        else snprintf(path, sizeof path, "%s%s%s", done, dot, node->key[i]);
        if (left[0] == '[' && *rest && node->child[i]->kind == NODE_SCALAR) continue;
        status = dump_key(config, key, path, rest, prefix, text);
    }
    return status;
}

status_t config_dump(const config_t *config, const char *prefix, str_t *text)
{
    status_t status = str_append(text, "", 0);
    for (size_t i = 0; !status && i < config_key_count; i++)
        status = dump_key(config, &config_keys[i], "", config_keys[i].path, prefix, text);
    return status;
}
