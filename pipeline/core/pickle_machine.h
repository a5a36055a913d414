/* The stack machine that a pickle is a program for: bytes, stack, marks, memo. pickle.c holds the
 * opcodes that run on it. Every function here gives an EXIT_INPUT error that names the place. */
#ifndef WN_CORE_PICKLE_MACHINE_H
#define WN_CORE_PICKLE_MACHINE_H

#include <stdbool.h>

#include "core/pickle_tree.h"

/* A growing array of references: the stack, the memo, and the heights of the stack's marks. */
typedef struct {
    pickle_ref_t *item;
    size_t count, capacity;
} refs_t;

typedef struct {
    const char *path;
    const char *bytes; /* [length] */
    size_t length, at; /* at: the next byte */
    size_t start;      /* of the current opcode */
    const char *name;  /* its name, for messages */
    const char *const *globals;
    pickle_t *tree;
    refs_t stack, marks, memo;
    bool stopped;
} machine_t;

void machine_free(machine_t *machine);

/* The error for what is wrong at the current opcode. */
MUST_CHECK status_t machine_damaged(const machine_t *machine, const char *what);

/* The next length bytes. */
MUST_CHECK status_t machine_take(machine_t *machine, size_t length, const char **bytes);
/* A line without its end. */
MUST_CHECK status_t machine_take_line(machine_t *machine, const char **line, size_t *length);
/* An unsigned little-endian number of width bytes (at most 8). */
MUST_CHECK status_t machine_take_number(machine_t *machine, int width, uint64_t *number);
/* A line that is a decimal number, with the L of Python 2's long integers or without. */
MUST_CHECK status_t machine_take_decimal(machine_t *machine, int64_t *number);

MUST_CHECK status_t machine_push(machine_t *machine, pickle_ref_t ref);
/* Pushes a fresh value of these items, which may lie on the stack's free part. */
MUST_CHECK status_t machine_push_items(machine_t *machine, pickle_kind_t kind,
                                       const pickle_ref_t *item, size_t count);
MUST_CHECK status_t machine_push_mark(machine_t *machine);
/* Where the values above the last mark start. */
size_t machine_base(const machine_t *machine);
pickle_ref_t machine_top(const machine_t *machine);

/* At least count values lie above the last mark. */
MUST_CHECK status_t machine_need(const machine_t *machine, size_t count);
/* The value on top is of this kind. */
MUST_CHECK status_t machine_need_top(const machine_t *machine, pickle_kind_t kind);
/* Pops count values: *item, in place until the next push. */
MUST_CHECK status_t machine_pop(machine_t *machine, const pickle_ref_t **item, size_t count);
/* The same for the last mark and all values above it. */
MUST_CHECK status_t machine_pop_marked(machine_t *machine, const pickle_ref_t **item,
                                       size_t *count);

/* Stores the value on top at a place of the memo; gets what is stored at one. */
MUST_CHECK status_t machine_memo_put(machine_t *machine, size_t place);
MUST_CHECK status_t machine_memo_get(machine_t *machine, size_t place, pickle_ref_t *ref);

#endif
