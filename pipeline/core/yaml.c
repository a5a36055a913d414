#include "core/yaml.h"

#include <stdbool.h>
#include <string.h>
#include <yaml.h>

#include "core/memory.h"
#include "core/strings.h"

/* Aliases are expanded into copies; this bounds what a small file can grow to, and the time that
 * libyaml takes, which is quadratic in depth, in anchors and in directives. */
enum { NODES_MAX = 20000, DEPTH_MAX = 64, TEXT_MAX = 32 << 20, DIRECTIVES_MAX = 100 };

typedef struct {
    const char *name;
    yaml_document_t *document;
    size_t nodes, text; /* so far; bytes of text */
} source_t;

void node_destroy(node_t **node)
{
    node_t *it = *node;
    if (!it) return;
    for (size_t i = 0; i < it->count; i++) {
        node_destroy(&it->child[i]);
        if (it->key) mem_free(&it->key[i]);
    }
    mem_free(&it->text);
    mem_free(&it->child);
    mem_free(&it->key);
    mem_free(&it->texts);
    mem_free(node);
}

status_t node_gather(node_t *node)
{
    status_t status = NULL;
    if (node->kind == NODE_LIST) status = mem_new(&node->texts, node->count, "list");
    for (size_t i = 0; !status && i < node->count; i++) {
        if (node->texts) node->texts[i] = node->child[i]->text;
        status = node_gather(node->child[i]);
    }
    return status;
}

static status_t new_node(node_kind_t kind, int line, node_t **node)
{
    status_t status = mem_new(node, 1, "YAML node");
    if (!status) (*node)->kind = kind, (*node)->line = line;
    return status;
}

status_t node_new_map(int line, node_t **map)
{
    return new_node(NODE_MAP, line, map);
}

node_t *node_child(const node_t *map, const char *key)
{
    if (map && map->kind == NODE_MAP)
        for (size_t i = 0; i < map->count; i++)
            if (strcmp(map->key[i], key) == 0) return map->child[i];
    return NULL;
}

/* Takes child over, also on failure; key may be NULL in a list. */
static status_t append(node_t *parent, const char *key, node_t *child)
{
    size_t capacity = parent->capacity;
    char *name = NULL;
    status_t status = mem_grow(&parent->child, &capacity, parent->count + 1, "YAML nodes");
    if (!status && key) {
        capacity = parent->key ? parent->capacity : 0;
        status = mem_grow(&parent->key, &capacity, parent->count + 1, "YAML keys");
    }
    if (!status && key) status = str_copy(&name, key);
    if (status) {
        node_destroy(&child);
        return status;
    }
    parent->capacity = capacity;
    if (key) parent->key[parent->count] = name;
    parent->child[parent->count++] = child;
    return NULL;
}

status_t node_set_child(node_t *map, const char *key, node_t *child)
{
    for (size_t i = 0; i < map->count; i++) {
        if (strcmp(map->key[i], key) != 0) continue;
        node_destroy(&map->child[i]);
        map->child[i] = child;
        return NULL;
    }
    return append(map, key, child);
}

static status_t too_large(const char *name, int line)
{
    return status_new(EXIT_USAGE, "%s:%d: the document is too large or nested too deeply", name,
                      line);
}

static status_t convert(source_t *source, int index, int depth, node_t **node);

static status_t convert_pair(source_t *source, const yaml_node_pair_t *pair, int depth, node_t *map)
{
    const yaml_node_t *key = yaml_document_get_node(source->document, pair->key);
    int line = (int)key->start_mark.line + 1;
    if (key->type != YAML_SCALAR_NODE)
        return status_new(EXIT_USAGE, "%s:%d: a key must be plain text", source->name, line);
    const char *name = (const char *)key->data.scalar.value;
    source->text += key->data.scalar.length;
    if (node_child(map, name))
        return status_new(EXIT_USAGE, "%s:%d: '%s' is given twice", source->name, line, name);
    node_t *child = NULL;
    status_t status = convert(source, pair->value, depth + 1, &child);
    if (!status) status = append(map, name, child);
    return status;
}

static status_t convert(source_t *source, int index, int depth, node_t **node)
{
    const yaml_node_t *from = yaml_document_get_node(source->document, index);
    int line = (int)from->start_mark.line + 1;
    if (from->type == YAML_SCALAR_NODE) source->text += from->data.scalar.length;
    if (++source->nodes > NODES_MAX || depth > DEPTH_MAX || source->text > TEXT_MAX)
        return too_large(source->name, line);
    static const node_kind_t kinds[] = {[YAML_SCALAR_NODE] = NODE_SCALAR,
                                        [YAML_SEQUENCE_NODE] = NODE_LIST,
                                        [YAML_MAPPING_NODE] = NODE_MAP};
    status_t status = new_node(kinds[from->type], line, node);
    if (status) return status;
    if (from->type == YAML_SCALAR_NODE) {
        status = str_copy_n(&(*node)->text, (const char *)from->data.scalar.value,
                            from->data.scalar.length);
    } else if (from->type == YAML_SEQUENCE_NODE) {
        const int *item = from->data.sequence.items.start, *end = from->data.sequence.items.top;
        for (; !status && item < end; item++) {
            node_t *child = NULL;
            status = convert(source, *item, depth + 1, &child);
            if (!status) status = append(*node, NULL, child);
            else node_destroy(&child);
        }
    } else {
        const yaml_node_pair_t *pair = from->data.mapping.pairs.start;
        for (; !status && pair < from->data.mapping.pairs.top; pair++)
            status = convert_pair(source, pair, depth, *node);
    }
    if (status) node_destroy(node);
    return status;
}

static status_t parser_error(const char *name, const yaml_parser_t *parser)
{
    return status_new(EXIT_USAGE, "%s:%d: not valid YAML: %s", name,
                      (int)parser->problem_mark.line + 1,
                      parser->problem ? parser->problem : "unreadable");
}

/* Whether more lines than that start with a percent sign, as directives do. */
static bool too_many_directives(const char *text, size_t length)
{
    int count = 0;
    for (size_t i = 0; i < length && count <= DIRECTIVES_MAX; i++)
        count += text[i] == '%' && (i == 0 || text[i - 1] == '\n' || text[i - 1] == '\r');
    return count > DIRECTIVES_MAX;
}

/* Looks at the size before libyaml's loader does. A text that is not YAML is left to the loader. */
static status_t check_size(const char *name, const char *text, size_t length)
{
    yaml_parser_t parser;
    yaml_event_t event;
    int depth = 0, nodes = 0, line = 0;
    bool more = true;
    if (too_many_directives(text, length))
        return status_new(EXIT_USAGE, "%s: more than %d lines start with a %%", name,
                          DIRECTIVES_MAX);
    if (!yaml_parser_initialize(&parser))
        return status_new(EXIT_RESOURCE, "out of memory: YAML parser");
    yaml_parser_set_input_string(&parser, (const unsigned char *)text, length);
    while (more && depth <= DEPTH_MAX && nodes <= NODES_MAX && yaml_parser_parse(&parser, &event)) {
        yaml_event_type_t type = event.type;
        bool starts = type == YAML_SEQUENCE_START_EVENT || type == YAML_MAPPING_START_EVENT;
        line = (int)event.start_mark.line + 1;
        more = type != YAML_STREAM_END_EVENT;
        nodes += starts || type == YAML_SCALAR_EVENT || type == YAML_ALIAS_EVENT;
        depth += starts;
        depth -= type == YAML_SEQUENCE_END_EVENT || type == YAML_MAPPING_END_EVENT;
        yaml_event_delete(&event);
    }
    yaml_parser_delete(&parser);
    return depth > DEPTH_MAX || nodes > NODES_MAX ? too_large(name, line) : NULL;
}

status_t yaml_parse(const char *name, const char *text, size_t length, node_t **root)
{
    yaml_parser_t parser;
    yaml_document_t document, rest;
    *root = NULL;
    status_t status = check_size(name, text, length);
    if (status) return status;
    if (!yaml_parser_initialize(&parser))
        return status_new(EXIT_RESOURCE, "out of memory: YAML parser");
    yaml_parser_set_input_string(&parser, (const unsigned char *)text, length);
    if (!yaml_parser_load(&parser, &document)) {
        status = parser_error(name, &parser);
    } else {
        source_t source = {name, &document, 0, 0};
        if (yaml_document_get_root_node(&document)) status = convert(&source, 1, 0, root);
        else status = node_new_map(0, root);
        if (!status) {
            if (!yaml_parser_load(&parser, &rest)) {
                status = parser_error(name, &parser);
            } else {
                if (yaml_document_get_root_node(&rest))
                    status = status_new(EXIT_USAGE, "%s: more than one YAML document", name);
                yaml_document_delete(&rest);
            }
        }
        yaml_document_delete(&document);
    }
    yaml_parser_delete(&parser);
    if (status) node_destroy(root);
    return status;
}
