/* compare_h5 [--but ATTRIBUTE,...] A B: whether two HDF5 files of ours hold the same, byte for byte: the
 * same objects with the same types, shapes, data and attributes (but for some). Where their bytes
 * lie in the file does not count. Every difference is a line; exit status 1 with any, 2 where a
 * file cannot be read. */
#include <stdio.h>
#include <string.h>

#include "core/file.h"
#include "core/memory.h"
#include "store/store.h"

typedef struct {
    const store_t *store[2];
    const char *but; /* names of attributes that may differ, or "" */
    unsigned long long objects, differences;
} comparison_t;

static void differ(comparison_t *it, const char *object, const char *what)
{
    it->differences++;
    printf("%s: %s: %s\n", store_path(it->store[0]), object, what);
}

static bool same_names(const strings_t *a, const strings_t *b)
{
    if (a->count != b->count) return false;
    for (size_t i = 0; i < a->count; i++)
        if (strcmp(a->item[i], b->item[i]) != 0) return false;
    return true;
}

/* An attribute is a text or numbers. */
static status_t compare_attribute(comparison_t *it, const char *object, const char *key)
{
    char *text[2] = {NULL, NULL};
    double *number[2] = {NULL, NULL};
    size_t count[2] = {0, 0};
    status_t status = NULL;
    bool same = true;
    for (int i = 0; !status && i < 2; i++) {
        status = store_get_text(it->store[i], object, key, &text[i]);
        if (!status) continue;
        status_free(&status);
        status = store_get_numbers(it->store[i], object, key, &number[i], &count[i]);
    }
    if (!status && text[0] && text[1]) same = strcmp(text[0], text[1]) == 0;
    else if (!status)
        same = number[0] && number[1] && count[0] == count[1] &&
               memcmp(number[0], number[1], count[0] * sizeof(double)) == 0;
    if (!status && !same) {
        differ(it, object, key);
        for (int i = 0; i < 2; i++)
            if (text[i]) printf("    %s\n", text[i]);
    }
    for (int i = 0; i < 2; i++) {
        mem_free(&text[i]);
        mem_free(&number[i]);
    }
    return status;
}

/* Whether the name is one of those that commas divide. */
static bool is_exempt(const comparison_t *it, const char *name)
{
    size_t length = strlen(name);
    for (const char *at = strstr(it->but, name); at; at = strstr(at + 1, name))
        if ((at == it->but || at[-1] == ',') && (at[length] == ',' || at[length] == '\0'))
            return true;
    return false;
}

static status_t compare_attributes(comparison_t *it, const char *object)
{
    strings_t key[2] = {{0}, {0}};
    status_t status = store_attributes(it->store[0], object, &key[0]);
    if (!status) status = store_attributes(it->store[1], object, &key[1]);
    if (!status && !same_names(&key[0], &key[1])) differ(it, object, "other attributes");
    else
        for (size_t i = 0; !status && i < key[0].count; i++)
            if (!is_exempt(it, key[0].item[i]))
                status = compare_attribute(it, object, key[0].item[i]);
    strings_free(&key[0]);
    strings_free(&key[1]);
    return status;
}

static status_t compare_texts(comparison_t *it, const char *object)
{
    strings_t text[2] = {{0}, {0}};
    status_t status = store_read_texts(it->store[0], object, &text[0]);
    if (!status) status = store_read_texts(it->store[1], object, &text[1]);
    if (!status && !same_names(&text[0], &text[1])) differ(it, object, "other texts");
    strings_free(&text[0]);
    strings_free(&text[1]);
    return status;
}

static status_t compare_data(comparison_t *it, const char *object, const store_info_t *info)
{
    static const size_t width[STORE_TYPES] = {4, 8, 4, 8, 2, 2};
    char *data[2] = {NULL, NULL};
    status_t status = store_read(it->store[0], object, info->type, &data[0], NULL);
    if (!status) status = store_read(it->store[1], object, info->type, &data[1], NULL);
    if (!status && info->count && memcmp(data[0], data[1], info->count * width[info->type]) != 0)
        differ(it, object, "other data");
    mem_free(&data[0]);
    mem_free(&data[1]);
    return status;
}

static status_t compare_dataset(comparison_t *it, const char *object, const store_info_t *a,
                                const store_info_t *b)
{
    bool same = a->type == b->type && a->dimensions == b->dimensions;
    for (int i = 0; same && i < a->dimensions; i++) same = a->shape[i] == b->shape[i];
    if (!same) {
        differ(it, object, "another type or shape");
        return NULL;
    }
    return a->type < STORE_TYPES ? compare_data(it, object, a) : compare_texts(it, object);
}

static status_t compare_group(comparison_t *it, const char *group);

static status_t compare_object(comparison_t *it, const char *object)
{
    store_info_t info[2];
    status_t not_a = store_find(it->store[0], object, &info[0]);
    status_t not_b = store_find(it->store[1], object, &info[1]), status = NULL;
    it->objects++;
    if (!not_a && !not_b) {
        status = compare_dataset(it, object, &info[0], &info[1]);
        if (!status) status = compare_attributes(it, object);
    } else if (not_a && not_b) {
        status = compare_group(it, object);
    } else {
        differ(it, object, "a dataset in one file only");
    }
    status_free(&not_a);
    status_free(&not_b);
    return status;
}

static status_t compare_group(comparison_t *it, const char *group)
{
    strings_t name[2] = {{0}, {0}};
    status_t status = store_list(it->store[0], group, &name[0]);
    if (!status) status = store_list(it->store[1], group, &name[1]);
    if (!status) status = compare_attributes(it, group);
    if (!status && !same_names(&name[0], &name[1])) differ(it, group, "other members");
    for (size_t i = 0; !status && i < name[0].count; i++) {
        char *object = NULL;
        if (strings_find(&name[1], name[0].item[i]) < 0) continue;
        status = path_join(group, name[0].item[i], &object);
        if (!status) status = compare_object(it, object);
        mem_free(&object);
    }
    strings_free(&name[0]);
    strings_free(&name[1]);
    return status;
}

int main(int argc, char **argv)
{
    comparison_t it = {.but = ""};
    store_t *store[2] = {NULL, NULL};
    if (argc == 5 && strcmp(argv[1], "--but") == 0) {
        it.but = argv[2];
        argv += 2;
        argc -= 2;
    }
    if (argc != 3) {
        fputs("usage: compare_h5 [--but ATTRIBUTE,...] A B\n", stderr);
        return 2;
    }
    status_t status = store_open(argv[1], &store[0]);
    if (!status) status = store_open(argv[2], &store[1]);
    it.store[0] = store[0];
    it.store[1] = store[1];
    if (!status) status = compare_group(&it, "/");
    if (!status && it.objects == 0) status = status_new(EXIT_INPUT, "%s: nothing in it", argv[1]);
    if (status) fprintf(stderr, "compare_h5: %s\n", status_message(status));
    int code = status ? 2 : it.differences > 0;
    status_free(&status);
    store_close(&store[0]);
    store_close(&store[1]);
    return code;
}
