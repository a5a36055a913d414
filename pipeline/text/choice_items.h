/* Multiple-choice questions from JSON lines, in whatever fields a data set has them
 * (text/template.h). */
#ifndef WN_TEXT_CHOICE_ITEMS_H
#define WN_TEXT_CHOICE_ITEMS_H

#include "core/config.h"
#include "text/template.h"

/* How the right choice is named. */
typedef enum {
    GOLD_INDEX,    /* a number from 0; false and true are 0 and 1 */
    GOLD_POSITION, /* a number from 1 */
    GOLD_LETTER,   /* A, B, C ... */
    GOLD_LABEL,    /* one of the labels */
    GOLD_TEXT      /* the choice itself */
} gold_t;

typedef struct {
    template_t *context;      /* before the continuation; may hold {choice} */
    template_t *continuation; /* what is scored */
    template_t **choice;      /* [choices], or one that is a field with a list */
    size_t choices;
    template_t *gold, *labels, *term; /* labels: for GOLD_LABEL; term: NULL: the file's name */
    gold_t gold_is;
    bool wikihow; /* cleans the context and the choices so */
} choice_format_t;

/* Reads "benchmarks.<name>"; errors name the line. */
MUST_CHECK status_t choice_configure(const config_t *config, const char *name,
                                     choice_format_t *format);
void choice_format_free(choice_format_t *format);

/* One question; buffers are reused from call to call. */
typedef struct {
    strings_t choice;                /* the choices' texts */
    strings_t context, continuation; /* of each choice */
    int32_t gold;                    /* index of the right one */
    str_t term;
    int64_t line;
} choice_item_t;

/* At most so many choices, bytes of a group's name, and bytes of all contexts and continuations. */
enum { CHOICE_MOST = 1000, CHOICE_TERM_BYTES = 1000, CHOICE_BYTES = 64 << 20 };

typedef struct choice_items choice_items_t;

/* answers: path of a file with a line for each question, which holds what gold would: such a line
 * is {answer} in that template; NULL: none. */
MUST_CHECK status_t choice_items_open(const char *path, const char *answers,
                                      const choice_format_t *format, choice_items_t **items);
void choice_items_close(choice_items_t **items);

/* The next question; *found is false at the end. EXIT_INPUT with file and line: not JSON, a field
 * that is missing or of another type, fewer than two choices or an empty one, a right choice that
 * is none of them. */
MUST_CHECK status_t choice_items_next(choice_items_t *items, choice_item_t *item, bool *found);
void choice_item_free(choice_item_t *item);

/* Bytes of the file taken so far: for progress. */
uint64_t choice_items_position(const choice_items_t *items);

#endif
