/* The command lines of programs: one table of commands and options for each, from which come the
 * parser, --help, the manual pages and the completion of shells. */
#ifndef WN_CORE_OPTIONS_H
#define WN_CORE_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>

#include "core/status.h"
#include "core/strings.h"

/* An option ("--set"), or an operand: a word without dashes, in capitals ("CONFIG"). */
typedef struct {
    const char *name;
    const char *value; /* what its value is called: "KEY=VALUE"; NULL: it has none */
    /* How a shell completes the value: choices "a|b" (nothing else is valid), or one of the kinds
     * below; NULL: not at all. */
    const char *fills;
    enum {
        OPTION_REPEATS = 1, /* each that is given counts, else the last; an operand: once or more */
        OPTION_NEEDED = 2,  /* must be given; operands must, unless OPTION_OMITTED */
        OPTION_ATTACHED = 4, /* its value may be missing, and only ever follows '=' */
        OPTION_OMITTED = 8,  /* an operand that may be missing */
        OPTION_OPEN = 16,    /* other values than the choices are valid, too */
    } flags;
    const char *help; /* sentences or a clause, without a newline */
} option_t;

#define FILLS_FILE "<file>"
#define FILLS_CONFIG "<config>" /* a YAML file */
#define FILLS_DIRECTORY "<directory>"
#define FILLS_KEY "<key>"         /* of the configuration */
#define FILLS_SETTING "<setting>" /* such a key, '=' and a value */
#define FILLS_CHECKPOINT "<checkpoint>"

/* An EXIT_USAGE error, with the nearest, where a value is none of an option's choices. */
MUST_CHECK status_t option_check(const option_t *option, const char *value);

/* Whether fills is a list of choices. */
bool option_has_choices(const option_t *option);
bool option_is_operand(const option_t *option);

typedef struct {
    const char *name;       /* "run"; "" where a program has no commands */
    const char *brief;      /* a clause: "runs the stages of an experiment" */
    const char *help;       /* sentences */
    const option_t *option; /* operands in their order, options; ended by {0} */
} command_t;

/* A section of help and manual about other things than options: exit codes, environment. Its
 * entries are terms and what they mean. */
typedef struct {
    const char *title;       /* "Exit codes" */
    const char *(*entry)[2]; /* ended by {NULL} */
} topic_t;

typedef struct {
    const char *name;         /* "wn-collect" */
    const char *brief;        /* a clause for the list of manual pages */
    const char *help;         /* sentences */
    const command_t *command; /* ended by {0} */
    const topic_t *topic;     /* ended by {0} */
} program_t;

/* What was given on a command line: options in their order, and operands. Borrows from argv. */
typedef struct {
    const option_t *option;
    const char *value; /* of options without one: "" */
} given_t;

typedef struct {
    const command_t *command; /* NULL: none was given, which --help and --version allow */
    bool help, version;       /* --help, -h and --version, which every program has */
    given_t *item;
    size_t count, capacity;
} arguments_t;

/* Takes apart argv [argc] (argv[0] is the program's name), "--name=value" like "--name value"; after
 * "--" all words are operands. What the table does not have or lacks is an EXIT_USAGE error, which
 * suggests the nearest name. With --help or --version nothing else is demanded. */
MUST_CHECK status_t options_parse(const program_t *program, int argc, char *const *argv,
                                  arguments_t *arguments);
void arguments_free(arguments_t *arguments);

/* The option's or operand's value, the last one that was given, or NULL where none was. */
const char *arguments_value(const arguments_t *arguments, const char *name);
bool arguments_have(const arguments_t *arguments, const char *name);
/* Appends every value of an option. */
MUST_CHECK status_t arguments_values(const arguments_t *arguments, const char *name,
                                     strings_t *values);

/* Appends the program's whole help; or, where command is not NULL, that of this command. */
MUST_CHECK status_t options_help(const program_t *program, const command_t *command, str_t *text);

/* The command of this name, or NULL. */
const command_t *command_find(const program_t *program, const char *name);

/* Appends words broken at blanks into lines of at most width characters, all but the first
 * indented; at: columns that are in use on the first. Ends with a newline. */
MUST_CHECK status_t text_fill(str_t *text, const char *words, size_t at, size_t indent,
                              size_t width);

#endif
