/* Neurons listed by a person or another program, in a CSV file. */
#ifndef WN_SELECT_NEURON_LIST_H
#define WN_SELECT_NEURON_LIST_H

#include <stddef.h>
#include <stdint.h>

#include "core/status.h"

typedef struct {
    int32_t layer, neuron; /* from 0 */
    int64_t line;          /* from 1, for messages */
} neuron_place_t;

typedef struct {
    char *path;
    neuron_place_t *place; /* [count], in the file's order */
    int64_t count;
    size_t capacity;
} neuron_list_t;

/* Reads lines of "layer,neuron" and any further columns, which are passed over. A first line that
 * does not start with a digit names the columns, in any order, layer and neuron among them. Blank
 * lines and those that start with # are skipped. Errors name file and line. */
MUST_CHECK status_t neuron_list_read(const char *path, neuron_list_t *list);
/* The same of text that was read elsewhere; path stands for it in messages. */
MUST_CHECK status_t neuron_list_parse(const char *path, const char *text, size_t length,
                                      neuron_list_t *list);
void neuron_list_destroy(neuron_list_t *list);

#endif
