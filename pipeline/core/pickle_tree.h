/* The values of a pickle while they are built: pickle.c runs the opcodes, this keeps the tree. */
#ifndef WN_CORE_PICKLE_TREE_H
#define WN_CORE_PICKLE_TREE_H

#include "core/pickle.h"
#include "core/strings.h"

/* 24 bytes: a pickle may hold a value in every byte. */
typedef struct {
    pickle_kind_t kind;
    uint32_t count;    /* items, or bytes of text */
    uint32_t capacity; /* of item */
    union {
        int64_t integer;
        size_t text;        /* offset in pickle->texts */
        pickle_ref_t *item; /* [count] */
    };
} pickle_value_t;

struct pickle {
    pickle_value_t *value; /* [count] */
    size_t count, capacity;
    str_t texts; /* each ended by a NUL */
    pickle_ref_t root;
};

/* The values that every tree begins with, so that one byte of pickle costs no new value. */
enum { REF_NONE, REF_FALSE, REF_TRUE, REF_EMPTY_TUPLE };

MUST_CHECK status_t tree_create(pickle_t **pickle);
MUST_CHECK status_t tree_integer(pickle_t *pickle, int64_t integer, pickle_ref_t *ref);
/* kind: TEXT or GLOBAL. The bytes are copied. */
MUST_CHECK status_t tree_text(pickle_t *pickle, pickle_kind_t kind, const char *bytes,
                              size_t length, pickle_ref_t *ref);
/* A value of these items (copied): TUPLE, LIST, DICT, CALL, PERSISTENT. */
MUST_CHECK status_t tree_items(pickle_t *pickle, pickle_kind_t kind, const pickle_ref_t *item,
                               size_t count, pickle_ref_t *ref);
/* Appends items to a LIST or DICT. */
MUST_CHECK status_t tree_extend(pickle_t *pickle, pickle_ref_t ref, const pickle_ref_t *item,
                                size_t count);

#endif
