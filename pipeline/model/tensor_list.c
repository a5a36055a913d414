#include "model/tensor_list.h"

#include <stdlib.h>
#include <string.h>

#include "core/memory.h"

status_t tensor_list_add(tensor_list_t *list, const tensor_t *tensor, const char *problem)
{
    listed_tensor_t added = {.tensor = *tensor};
    added.tensor.name = NULL;
    status_t status = mem_grow(&list->item, &list->capacity, list->count + 1, "list of tensors");
    if (!status) status = str_copy(&added.tensor.name, tensor->name);
    if (!status && problem) status = str_copy(&added.problem, problem);
    if (status) mem_free(&added.tensor.name);
    else list->item[list->count++] = added;
    return status;
}

static int by_name(const void *a, const void *b)
{
    const listed_tensor_t *x = a, *y = b;
    return strcmp(x->tensor.name, y->tensor.name);
}

status_t tensor_list_sort(tensor_list_t *list, const char *path)
{
    if (list->count) qsort(list->item, list->count, sizeof *list->item, by_name);
    for (size_t i = 1; i < list->count; i++)
        if (by_name(&list->item[i - 1], &list->item[i]) == 0)
            return status_new(EXIT_INPUT, "%s: tensor \"%s\" is listed twice", path,
                              list->item[i].tensor.name);
    return NULL;
}

static int name_against(const void *key, const void *element)
{
    const listed_tensor_t *listed = element;
    return strcmp(key, listed->tensor.name);
}

const listed_tensor_t *tensor_list_find(const tensor_list_t *list, const char *name)
{
    if (!list->count) return NULL;
    return bsearch(name, list->item, list->count, sizeof *list->item, name_against);
}

void tensor_list_free(tensor_list_t *list)
{
    for (size_t i = 0; i < list->count; i++) {
        mem_free(&list->item[i].tensor.name);
        mem_free(&list->item[i].problem);
    }
    mem_free(&list->item);
    list->count = list->capacity = 0;
}

status_t tensor_problem_type(const char *type, char **problem)
{
    return str_format(problem, "its type is %s; F32, F16, BF16 and F64 are read", type);
}

status_t tensor_problem_dimensions(size_t dimensions, char **problem)
{
    return str_format(problem, "it has %zu dimensions; at most %d are read", dimensions,
                      TENSOR_DIMENSIONS);
}
