#include "core/missing.h"

#include <string.h>

#include "core/file.h"
#include "core/memory.h"

/* A name without the slashes at its end, as people write those of directories. */
static status_t trim(const char *path, char **trimmed)
{
    size_t length = strlen(path);
    while (length > 1 && path[length - 1] == '/') length--;
    return str_copy_n(trimmed, path, length);
}

status_t file_suggest(const char *path, str_t *text)
{
    char *own = NULL, *directory = NULL;
    strings_t names = {0};
    status_t status = trim(path, &own), unlisted = NULL;
    if (status) return status;
    const char *base = path_base(own), *near = NULL;
    int before = (int)(base - own);
    status = before ? str_copy_n(&directory, own, (size_t)before) : str_copy(&directory, ".");
    if (!status) unlisted = directory_list(directory, &names);
    if (!status && unlisted) {
        status = str_add(text, ", nor its directory");
    } else if (!status) {
        near = nearest_name(base, (const char *const *)names.item, names.count);
        if (near) status = str_printf(text, "; did you mean %.*s%s?", before, own, near);
    }
    status_free(&unlisted);
    strings_free(&names);
    mem_free(&directory);
    mem_free(&own);
    return status;
}

status_t file_missing(const char *path, const char *problem)
{
    str_t text = {0};
    status_t status = str_append(&text, "", 0);
    if (!status) status = file_suggest(path, &text);
    if (!status) status = status_new(EXIT_INPUT, "%s: %s%s", path, problem, text.data);
    str_free(&text);
    return status;
}
