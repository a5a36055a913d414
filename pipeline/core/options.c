#include "core/options.h"

#include <stdio.h>
#include <string.h>

#include "core/memory.h"

bool option_has_choices(const option_t *option)
{
    return option->fills && option->fills[0] != '<';
}

bool option_is_operand(const option_t *option)
{
    return option->name[0] != '-';
}

const command_t *command_find(const program_t *program, const char *name)
{
    for (const command_t *command = program->command; command->name; command++)
        if (strcmp(command->name, name) == 0) return command;
    return NULL;
}

/* ---- errors ---- */

enum { CANDIDATES = 64 };

static status_t unknown_option(const command_t *command, const char *word)
{
    const char *known[CANDIDATES] = {"--help", "--version"};
    size_t count = 2;
    for (const option_t *option = command ? command->option : NULL; option && option->name;
         option++)
        if (!option_is_operand(option) && count < CANDIDATES) known[count++] = option->name;
    char name[CANDIDATES];
    snprintf(name, sizeof name, "%.*s", (int)strcspn(word, "="), word);
    return status_new(EXIT_USAGE, "%s: unknown option%s", name, did_you_mean(name, known, count));
}

static status_t unknown_command(const program_t *program, const char *word)
{
    const char *known[CANDIDATES];
    size_t count = 0;
    for (const command_t *command = program->command; command->name && count < CANDIDATES;
         command++)
        known[count++] = command->name;
    return status_new(EXIT_USAGE, "%s: unknown command%s", word, did_you_mean(word, known, count));
}

static status_t no_command(const program_t *program)
{
    str_t names = {0};
    status_t status = NULL;
    for (const command_t *command = program->command; !status && command->name; command++)
        status = str_printf(&names, "%s%s", command == program->command ? "" : " ", command->name);
    if (!status)
        status = status_new(EXIT_USAGE, "a command is expected, one of %s; see %s --help",
                            names.data, program->name);
    str_free(&names);
    return status;
}

status_t option_check(const option_t *option, const char *value)
{
    if (!option_has_choices(option) || is_choice(option->fills, value)) return NULL;
    const char *between = option->flags & OPTION_ATTACHED ? "=" : " ";
    return status_new(EXIT_USAGE, "%s%s%s: none of %s%s", option->name, between, value,
                      option->fills, did_you_mean_choice(value, option->fills));
}

/* ---- parsing ---- */

typedef struct {
    const program_t *program;
    arguments_t *to;
    const option_t *operand; /* the next one; NULL before the command, and after the last */
} parser_t;

static bool was_given(const arguments_t *arguments, const option_t *option)
{
    for (size_t i = 0; i < arguments->count; i++)
        if (arguments->item[i].option == option) return true;
    return false;
}

/* value: NULL for none. */
static status_t add(parser_t *parser, const option_t *option, const char *value)
{
    arguments_t *to = parser->to;
    status_t status = value && !(option->flags & OPTION_OPEN) ? option_check(option, value) : NULL;
    if (!status) status = mem_grow(&to->item, &to->capacity, to->count + 1, "arguments");
    if (!status) to->item[to->count++] = (given_t){option, value ? value : ""};
    return status;
}

static const option_t *next_operand(const option_t *option)
{
    while (option->name && !option_is_operand(option)) option++;
    return option->name ? option : NULL;
}

static void begin_command(parser_t *parser, const command_t *command)
{
    parser->to->command = command;
    parser->operand = next_operand(command->option);
}

static status_t take_operand(parser_t *parser, const char *word)
{
    if (!parser->to->command) {
        const command_t *command = command_find(parser->program, word);
        if (!command) return unknown_command(parser->program, word);
        begin_command(parser, command);
        return NULL;
    }
    const option_t *operand = parser->operand;
    if (!operand) return status_new(EXIT_USAGE, "%s: one word too many", word);
    if (!(operand->flags & OPTION_REPEATS)) parser->operand = next_operand(operand + 1);
    return add(parser, operand, word);
}

/* The option that a word names, up to '='. */
static const option_t *named(const command_t *command, const char *word)
{
    size_t length = strcspn(word, "=");
    for (const option_t *option = command ? command->option : NULL; option && option->name;
         option++)
        if (strlen(option->name) == length && strncmp(option->name, word, length) == 0)
            return option;
    return NULL;
}

/* *used = whether the value is the next word. */
static status_t take_option(parser_t *parser, const char *word, const char *next, bool *used)
{
    const option_t *option = named(parser->to->command, word);
    const char *equals = strchr(word, '=');
    *used = false;
    if (!option) return unknown_option(parser->to->command, word);
    if (!option->value && equals)
        return status_new(EXIT_USAGE, "%s: no value is expected after it", option->name);
    if (!option->value || (option->flags & OPTION_ATTACHED && !equals))
        return add(parser, option, NULL);
    if (!equals && !next)
        return status_new(EXIT_USAGE, "%s: a value is expected after it, %s", option->name,
                          option->value);
    *used = !equals;
    return add(parser, option, equals ? equals + 1 : next);
}

/* What must be given and was not. */
static status_t check_needed(const program_t *program, const arguments_t *arguments)
{
    if (!arguments->command) return no_command(program);
    for (const option_t *option = arguments->command->option; option->name; option++) {
        bool operand = option_is_operand(option);
        bool needed = operand ? !(option->flags & OPTION_OMITTED) : option->flags & OPTION_NEEDED;
        if (!needed || was_given(arguments, option)) continue;
        const char *space = *arguments->command->name ? " " : "";
        return status_new(EXIT_USAGE, "%s%s%s is expected, %s; see %s%s%s --help", option->name,
                          operand ? "" : " ", operand ? "" : option->value, option->help,
                          program->name, space, arguments->command->name);
    }
    return NULL;
}

status_t options_parse(const program_t *program, int argc, char *const *argv,
                       arguments_t *arguments)
{
    parser_t parser = {.program = program, .to = arguments};
    *arguments = (arguments_t){0};
    if (!*program->command->name) begin_command(&parser, program->command);
    status_t status = NULL;
    bool words = false;
    for (int i = 1; !status && i < argc; i++) {
        const char *word = argv[i];
        bool used = false;
        if (!words && strcmp(word, "--") == 0) words = true;
        else if (words || word[0] != '-' || !word[1]) status = take_operand(&parser, word);
        else if (strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0) arguments->help = true;
        else if (strcmp(word, "--version") == 0) arguments->version = true;
        else status = take_option(&parser, word, i + 1 < argc ? argv[i + 1] : NULL, &used);
        i += used;
    }
    if (!status && !arguments->help && !arguments->version)
        status = check_needed(program, arguments);
    if (status) arguments_free(arguments);
    return status;
}

void arguments_free(arguments_t *arguments)
{
    mem_free(&arguments->item);
    *arguments = (arguments_t){0};
}

/* ---- what was given ---- */

const char *arguments_value(const arguments_t *arguments, const char *name)
{
    for (size_t i = arguments->count; i-- > 0;)
        if (strcmp(arguments->item[i].option->name, name) == 0) return arguments->item[i].value;
    return NULL;
}

bool arguments_have(const arguments_t *arguments, const char *name)
{
    return arguments_value(arguments, name) != NULL;
}

status_t arguments_values(const arguments_t *arguments, const char *name, strings_t *values)
{
    status_t status = NULL;
    for (size_t i = 0; !status && i < arguments->count; i++)
        if (strcmp(arguments->item[i].option->name, name) == 0)
            status = strings_append(values, arguments->item[i].value);
    return status;
}
