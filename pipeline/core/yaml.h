/* A YAML document as a tree whose nodes know their line. */
#ifndef WN_CORE_YAML_H
#define WN_CORE_YAML_H

#include <stddef.h>

#include "core/status.h"

typedef enum { NODE_SCALAR, NODE_LIST, NODE_MAP } node_kind_t;

typedef struct node {
    node_kind_t kind;
    int line;               /* 1-based; 0: not from a file */
    char *text;             /* scalar: its text, unquoted */
    size_t count, capacity; /* list, map: number of children */
    struct node **child;    /* list, map: [count], owned */
    char **key;             /* map: [count] */
    const char **texts;     /* list, after node_gather: [count], the children's texts */
} node_t;

/* name stands for the source in messages. A duplicate key, a non-scalar key, or more than one
 * document is an error with its line. An empty text is an empty map. */
MUST_CHECK status_t yaml_parse(const char *name, const char *text, size_t length, node_t **root);
void node_destroy(node_t **node);

/* The child of a map, or NULL. */
node_t *node_child(const node_t *map, const char *key);
/* Adds or replaces a child; takes it over, also on failure. */
MUST_CHECK status_t node_set_child(node_t *map, const char *key, node_t *child);
/* Gathers the texts of every list below a node that will not change any more. */
MUST_CHECK status_t node_gather(node_t *node);
MUST_CHECK status_t node_new_map(int line, node_t **map);

#endif
