/* What a weight file's header lists, in the form that every format's reader fills and
 * weights.c keeps: readable tensors, and others with the reason why they are not. */
#ifndef WN_MODEL_TENSOR_LIST_H
#define WN_MODEL_TENSOR_LIST_H

#include "core/file.h"
#include "model/weights.h"

typedef struct {
    tensor_t tensor;
    char *problem; /* NULL, or why this tensor cannot be read ("type I64; ...") */
} listed_tensor_t;

/* {0} is empty. */
typedef struct {
    listed_tensor_t *item;
    size_t count, capacity;
} tensor_list_t;

/* Appends every tensor that file (number index of its set) lists, after checking that each
 * lies within the file; an error names the file. One function of this type per format. */
typedef status_t (*tensor_reader_t)(const file_t *file, int index, tensor_list_t *list);

/* Appends a tensor; its name and the problem (NULL where there is none) are copied. */
MUST_CHECK status_t tensor_list_add(tensor_list_t *list, const tensor_t *tensor,
                                    const char *problem);

/* Sorts by name; two of one name are an error that gives the path. */
MUST_CHECK status_t tensor_list_sort(tensor_list_t *list, const char *path);

/* In a sorted list; NULL where there is none of that name. */
const listed_tensor_t *tensor_list_find(const tensor_list_t *list, const char *name);

void tensor_list_free(tensor_list_t *list);

/* Why elements of a type that is not read (named as in its file) are not. */
MUST_CHECK status_t tensor_problem_type(const char *type, char **problem);
/* Why so many dimensions are not read. */
MUST_CHECK status_t tensor_problem_dimensions(size_t dimensions, char **problem);

#endif
