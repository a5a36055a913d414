/* Python pickles as data. The reader yields a tree of plain values and executes nothing: what a
 * pickle would import or call appears as a value that names it, and only names that the caller
 * lists are let through. Any other opcode or global is an error that names it.
 *
 * Protocols 0 to 5, the opcodes of Python's Lib/pickletools.py for None, booleans, integers of 64
 * bits, texts, tuples, lists, dicts, globals, calls and persistent ids. Values that a pickle
 * shares are shared here too, never copied (a list may even hold itself), so that memory stays
 * within a constant factor of the pickle's length; whoever walks the tree bounds his own steps. */
#ifndef WN_CORE_PICKLE_H
#define WN_CORE_PICKLE_H

#include <stddef.h>
#include <stdint.h>

#include "core/status.h"

typedef enum {
    PICKLE_NONE,
    PICKLE_BOOL,       /* pickle_integer */
    PICKLE_INTEGER,    /* pickle_integer */
    PICKLE_TEXT,       /* pickle_text: UTF-8 from a str, any bytes from a str of Python 2 */
    PICKLE_TUPLE,      /* items in order */
    PICKLE_LIST,       /* items in order */
    PICKLE_DICT,       /* items are key, value, key, value, ...; OrderedDict() too */
    PICKLE_GLOBAL,     /* pickle_text: "module.name" */
    PICKLE_CALL,       /* items: a global, the tuple of its arguments */
    PICKLE_PERSISTENT, /* one item: the id */
} pickle_kind_t;

/* A value of one pickle: a number below pickle_count. Equal numbers are one shared value. */
typedef uint32_t pickle_ref_t;

typedef struct pickle pickle_t;

/* bytes: a whole pickle, not needed any more afterwards; path names it in messages;
 * globals: the "module.name"s that may appear, ended by NULL (or NULL: none).
 * EXIT_INPUT for anything that is damaged or not allowed. */
MUST_CHECK status_t pickle_parse(const char *path, const char *bytes, size_t length,
                                 const char *const *globals, pickle_t **pickle);
void pickle_destroy(pickle_t **pickle);

pickle_ref_t pickle_root(const pickle_t *pickle);
/* Number of distinct values. */
size_t pickle_count(const pickle_t *pickle);

pickle_kind_t pickle_kind(const pickle_t *pickle, pickle_ref_t value);
/* "a tuple", "an integer", ...: for messages. */
const char *pickle_kind_name(pickle_kind_t kind);

/* Of a BOOL or an INTEGER. */
int64_t pickle_integer(const pickle_t *pickle, pickle_ref_t value);
/* Of a TEXT or a GLOBAL: NUL-terminated (a text may hold further NULs), borrowed; length may be
 * NULL. */
const char *pickle_text(const pickle_t *pickle, pickle_ref_t value, size_t *length);
/* Of TUPLE, LIST, DICT, CALL, PERSISTENT: number of items (of a dict twice its pairs), and one. */
size_t pickle_items(const pickle_t *pickle, pickle_ref_t value);
pickle_ref_t pickle_item(const pickle_t *pickle, pickle_ref_t value, size_t index);

#endif
