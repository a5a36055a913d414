/* The configuration of a run: one YAML file, checked whole against one table of keys before
 * anything starts. After config_open every value has its type and range, so that the getters
 * need no error path: asking for a key that the table lacks is a bug and aborts a debug build.
 *
 * A key's path in the table has "*" for a name the user chooses and "[]" for a list's entries:
 * "corpora.*.files", "evaluate.tasks[].window". A concrete path has the name and the index:
 * "corpora.wiki.files", "evaluate.tasks[0].window". */
#ifndef WN_CORE_CONFIG_H
#define WN_CORE_CONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/status.h"
#include "core/strings.h"

typedef enum {
    CONFIG_TEXT,    /* any text */
    CONFIG_CHOICE,  /* one of choices */
    CONFIG_INTEGER, /* within [least, most] */
    CONFIG_NUMBER,  /* within [least, most] */
    CONFIG_BOOLEAN, /* true or false */
    /* lists, for which a single value stands as well: */
    CONFIG_TEXTS,
    CONFIG_CHOICES,  /* of choices */
    CONFIG_INTEGERS, /* within [least, most] */
    CONFIG_NUMBERS   /* within [least, most] */
} config_type_t;

typedef struct {
    const char *path;
    config_type_t type;
    const char *fallback; /* NULL: none (config_has tells); REQUIRED: must be given */
    double least, most;   /* of integers and numbers */
    const char *choices;  /* "raw|sketch" */
    const char *help;     /* one sentence, for --help and the reference */
} config_key_t;

#define REQUIRED ((const char *)1)

/* The table (config_keys.c), in the order of the reference. */
extern const config_key_t config_keys[];
extern const size_t config_key_count;

/* A configuration is small: a longer file is not one. */
enum { CONFIG_BYTES = 16 << 20 };

typedef struct config config_t;

/* Reads and checks path, with overrides ("collect.window=64") applied first. Every error
 * names file (or --set), line, key and what was expected: EXIT_USAGE. */
MUST_CHECK status_t config_open(const char *path, const strings_t *overrides, config_t **config);
/* The same from text that was read elsewhere; path stands for it in messages. */
MUST_CHECK status_t config_parse(const char *path, const char *text, size_t length,
                                 const strings_t *overrides, config_t **config);
void config_close(config_t **config);

/* Whether the key was given or has a default. */
bool config_has(const config_t *config, const char *path);
/* Borrowed; NULL where there is none. */
const char *config_text(const config_t *config, const char *path);
int64_t config_integer(const config_t *config, const char *path);
double config_number(const config_t *config, const char *path);
bool config_boolean(const config_t *config, const char *path);
/* The entries of a list, as they are written; borrowed until the config closes. */
size_t config_texts(const config_t *config, const char *path, const char *const **texts);

/* Entries of a map with free names ("corpora") or of a list of maps ("evaluate.tasks"). */
size_t config_count(const config_t *config, const char *path);
/* Name of the index-th entry of a map, borrowed. */
const char *config_name(const config_t *config, const char *path, size_t index);
/* An entry of a list that is plain text ("baseline") rather than a map, or NULL. */
const char *config_scalar(const config_t *config, const char *path);

/* An EXIT_USAGE error about the value at path, with file and line in front. */
MUST_CHECK status_t config_error(const config_t *config, const char *path, const char *format, ...)
    PRINTF_LIKE(3, 4);

/* Appends "path: value" lines of every key in effect (given or default) whose path starts with
 * prefix, in the table's order: the record that outputs carry. */
MUST_CHECK status_t config_dump(const config_t *config, const char *prefix, str_t *text);

/* Whether the outputs of a stage ("collect") can depend on a key, given as a line of the record. */
bool config_concerns(const char *stage, const char *line);

/* Appends for each key of the table whose path starts with prefix ("": all), for people: the path,
 * "(required)" or its default, and below it the help and what it may be. */
MUST_CHECK status_t config_help(const char *prefix, str_t *text);

/* Appends what a key's values are: "an integer of at least 0", "one of raw, sketch", "texts". */
MUST_CHECK status_t config_values(const config_key_t *key, str_t *text);

/* Formats a concrete path into a buffer that the next few calls reuse (not for keeping). */
const char *config_path(const char *format, ...) PRINTF_LIKE(1, 2);

#endif
