#include "core/pickle_tree.h"

#include <string.h>

#include "core/memory.h"

static status_t add_value(pickle_t *pickle, pickle_value_t value, pickle_ref_t *ref)
{
    status_t status =
        mem_grow(&pickle->value, &pickle->capacity, pickle->count + 1, "pickle values");
    if (status) return status;
    *ref = (pickle_ref_t)pickle->count;
    pickle->value[pickle->count++] = value;
    return NULL;
}

status_t tree_create(pickle_t **pickle)
{
    pickle_ref_t ref;
    status_t status = mem_new(pickle, 1, "pickle");
    if (!status) status = add_value(*pickle, (pickle_value_t){.kind = PICKLE_NONE}, &ref);
    for (int truth = 0; truth <= 1 && !status; truth++)
        status = add_value(*pickle, (pickle_value_t){.kind = PICKLE_BOOL, .integer = truth}, &ref);
    if (!status) status = add_value(*pickle, (pickle_value_t){.kind = PICKLE_TUPLE}, &ref);
    return status;
}

void pickle_destroy(pickle_t **pickle)
{
    pickle_t *tree = *pickle;
    if (!tree) return;
    for (size_t i = 0; i < tree->count; i++)
        if (tree->value[i].capacity) mem_free(&tree->value[i].item);
    mem_free(&tree->value);
    str_free(&tree->texts);
    mem_free(pickle);
}

status_t tree_integer(pickle_t *pickle, int64_t integer, pickle_ref_t *ref)
{
    return add_value(pickle, (pickle_value_t){.kind = PICKLE_INTEGER, .integer = integer}, ref);
}

status_t tree_text(pickle_t *pickle, pickle_kind_t kind, const char *bytes, size_t length,
                   pickle_ref_t *ref)
{
    size_t offset = pickle->texts.length;
    status_t status = str_append(&pickle->texts, bytes, length);
    if (!status) status = str_append(&pickle->texts, "", 1);
    if (status) return status;
    return add_value(
        pickle, (pickle_value_t){.kind = kind, .count = (uint32_t)length, .text = offset}, ref);
}

status_t tree_items(pickle_t *pickle, pickle_kind_t kind, const pickle_ref_t *item, size_t count,
                    pickle_ref_t *ref)
{
    pickle_value_t value = {.kind = kind, .count = (uint32_t)count, .capacity = (uint32_t)count};
    status_t status = NULL;
    if (count) status = mem_new(&value.item, count, "pickle items");
    if (status) return status;
    if (count) memcpy(value.item, item, count * sizeof *item);
    status = add_value(pickle, value, ref);
    if (status && count) mem_free(&value.item);
    return status;
}

status_t tree_extend(pickle_t *pickle, pickle_ref_t ref, const pickle_ref_t *item, size_t count)
{
    pickle_value_t *value = &pickle->value[ref];
    size_t capacity = value->capacity;
    if (!count) return NULL;
    if (!capacity) value->item = NULL;
    status_t status = mem_grow(&value->item, &capacity, value->count + count, "pickle items");
    if (status) return status;
    memcpy(value->item + value->count, item, count * sizeof *item);
    value->capacity = (uint32_t)capacity;
    value->count += (uint32_t)count;
    return NULL;
}

pickle_ref_t pickle_root(const pickle_t *pickle)
{
    return pickle->root;
}

size_t pickle_count(const pickle_t *pickle)
{
    return pickle->count;
}

pickle_kind_t pickle_kind(const pickle_t *pickle, pickle_ref_t value)
{
    return pickle->value[value].kind;
}

const char *pickle_kind_name(pickle_kind_t kind)
{
    static const char *const name[] = {
        [PICKLE_NONE] = "None",          [PICKLE_BOOL] = "a boolean",
        [PICKLE_INTEGER] = "an integer", [PICKLE_TEXT] = "a text",
        [PICKLE_TUPLE] = "a tuple",      [PICKLE_LIST] = "a list",
        [PICKLE_DICT] = "a dict",        [PICKLE_GLOBAL] = "a global",
        [PICKLE_CALL] = "a call",        [PICKLE_PERSISTENT] = "a persistent id",
    };
    return name[kind];
}

int64_t pickle_integer(const pickle_t *pickle, pickle_ref_t value)
{
    return pickle->value[value].integer;
}

const char *pickle_text(const pickle_t *pickle, pickle_ref_t value, size_t *length)
{
    if (length) *length = pickle->value[value].count;
    return pickle->texts.data + pickle->value[value].text;
}

size_t pickle_items(const pickle_t *pickle, pickle_ref_t value)
{
    return pickle->value[value].count;
}

pickle_ref_t pickle_item(const pickle_t *pickle, pickle_ref_t value, size_t index)
{
    return pickle->value[value].item[index];
}
