#include "model/checkpoints.h"

#include <string.h>

#include "core/file.h"
#include "core/memory.h"
#include "core/missing.h"

/* "path/" and "path" name the same thing. */
static status_t base_name(const char *path, strings_t *names)
{
    size_t length = strlen(path);
    while (length > 1 && path[length - 1] == '/') length--;
    size_t start = length;
    while (start > 0 && path[start - 1] != '/') start--;
    return strings_append_n(names, path + start, length - start);
}

status_t checkpoint_check(const config_t *config, const char *key, const strings_t *names,
                          const char *wanted)
{
    if (strings_find(names, wanted) >= 0) return NULL;
    const char *near = nearest_name(wanted, (const char *const *)names->item, names->count);
    return config_error(config, key, "there is no checkpoint '%s'%s%s%s", wanted,
                        near ? "; did you mean '" : "", near ? near : "", near ? "'?" : "");
}

/* An unknown directory: suggests a neighbour of the same parent. */
static status_t unknown(const config_t *config, const char *root, const char *name)
{
    strings_t there = {0};
    status_t status = directory_list(root, &there);
    status_excuse(&status, EXIT_INPUT);
    if (!status) status = checkpoint_check(config, "model.checkpoints", &there, name);
    if (!status)
        status = config_error(config, "model.checkpoints", "'%s' is not a directory", name);
    strings_free(&there);
    return status;
}

static status_t match(const config_t *config, const char *root, const char *pattern,
                      strings_t *names)
{
    char *whole = NULL;
    strings_t paths = {0}, found = {0};
    status_t status = path_join(root, pattern, &whole);
    if (!status) status = file_glob(whole, &paths);
    status_excuse(&status, EXIT_INPUT); /* said below, with the line */
    for (size_t i = 0; !status && i < paths.count; i++)
        if (file_is_directory(paths.item[i]))
            status = strings_append(&found, path_base(paths.item[i]));
    if (!status && found.count == 0)
        status = config_error(config, "model.checkpoints", "no directory matches '%s'", whole);
    strings_sort_natural(&found);
    for (size_t i = 0; !status && i < found.count; i++)
        if (strings_find(names, found.item[i]) < 0) status = strings_append(names, found.item[i]);
    strings_free(&found);
    strings_free(&paths);
    mem_free(&whole);
    return status;
}

static status_t no_directory(const config_t *config, const char *path)
{
    str_t near = {0};
    status_t status = str_append(&near, "", 0);
    if (!status) status = file_suggest(path, &near);
    if (!status)
        status = config_error(config, "model.path", "'%s' is not a directory%s", path, near.data);
    str_free(&near);
    return status;
}

/* Names become names of files, fields of tables and lines of lists. */
static status_t check_names(const config_t *config, const strings_t *names)
{
    for (size_t i = 0; i < names->count; i++) {
        const char *name = names->item[i];
        for (const char *at = name; *at; at++)
            if ((unsigned char)*at < ' ' || *at == 0x7f)
                return config_error(config, "model.checkpoints",
                                    "'%.*s...': a name without control characters is expected",
                                    (int)(at - name), name);
    }
    return NULL;
}

static status_t find_names(const config_t *config, strings_t *names)
{
    const char *root = config_text(config, "model.path");
    const char *const *wanted;
    size_t count = config_texts(config, "model.checkpoints", &wanted);
    if (!file_is_directory(root)) return no_directory(config, root);
    if (count == 0) return base_name(root, names);
    status_t status = NULL;
    for (size_t i = 0; !status && i < count; i++) {
        char *directory = NULL;
        if (is_glob(wanted[i])) {
            status = match(config, root, wanted[i], names);
            continue;
        }
        status = path_join(root, wanted[i], &directory);
        if (!status && !file_is_directory(directory)) status = unknown(config, root, wanted[i]);
        else if (!status && strings_find(names, wanted[i]) >= 0)
            status = config_error(config, "model.checkpoints", "'%s' is listed twice", wanted[i]);
        else if (!status && strchr(wanted[i], '/'))
            status = config_error(config, "model.checkpoints",
                                  "'%s': a name without '/' is expected", wanted[i]);
        else if (!status) status = strings_append(names, wanted[i]);
        mem_free(&directory);
    }
    return status;
}

status_t checkpoint_names(const config_t *config, strings_t *names)
{
    status_t status = find_names(config, names);
    return status ? status : check_names(config, names);
}

status_t checkpoint_directory(const config_t *config, const char *name, char **directory)
{
    const char *root = config_text(config, "model.path");
    if (!config_has(config, "model.checkpoints")) return str_copy(directory, root);
    return path_join(root, name, directory);
}

/* *path = a copy of the directory where it holds a tokenizer, else NULL. */
static status_t find_tokenizer(const char *directory, char **path)
{
    static const char *const names[] = {"tokenizer.json", "merges.txt"};
    status_t status = NULL;
    *path = NULL;
    for (size_t i = 0; !status && !*path && i < 2; i++) {
        char *file = NULL;
        status = path_join(directory, names[i], &file);
        if (!status && file_exists(file)) status = str_copy(path, directory);
        mem_free(&file);
    }
    return status;
}

status_t checkpoint_tokenizer(const config_t *config, const strings_t *names, char **path)
{
    const char *given = config_text(config, "model.tokenizer");
    const char *root = config_text(config, "model.path");
    if (given) return str_copy(path, given);
    status_t status = find_tokenizer(root, path);
    if (status || *path) return status;
    char *directory = NULL;
    status = checkpoint_directory(config, names->item[0], &directory);
    if (!status) status = find_tokenizer(directory, path);
    if (!status && !*path)
        status =
            config_error(config, "model.path", "no tokenizer.json in %s or %s", root, directory);
    mem_free(&directory);
    return status;
}
