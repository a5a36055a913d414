/* The help of a program, from its table. */
#include <string.h>

#include "core/options.h"

enum { WIDTH = 96, COLUMN = 24 };

status_t text_fill(str_t *text, const char *words, size_t at, size_t indent, size_t width)
{
    bool first = true;
    status_t status = NULL;
    for (words += strspn(words, " "); !status && *words; words += strspn(words, " ")) {
        size_t length = strcspn(words, " ");
        if (!first && at + 1 + length > width) {
            status = str_printf(text, "\n%*s", (int)indent, "");
            at = indent;
        } else if (!first) {
            status = str_add(text, " ");
            at++;
        }
        if (!status) status = str_append(text, words, length);
        at += length;
        first = false;
        words += length;
    }
    return status ? status : str_add(text, "\n");
}

/* ---- usage ---- */

/* "--set KEY=VALUE", "--dry-run[=FORMAT]", "CONFIG". */
static status_t add_form(const option_t *option, str_t *text)
{
    status_t status = str_add(text, option->name);
    if (status || !option->value) return status;
    bool attached = option->flags & OPTION_ATTACHED;
    return str_printf(text, "%s%s%s", attached ? "[=" : " ", option->value, attached ? "]" : "");
}

static bool is_optional(const option_t *option)
{
    if (option_is_operand(option)) return option->flags & OPTION_OMITTED;
    return !(option->flags & OPTION_NEEDED);
}

/* Stands for a blank at which no line is broken. */
enum { HARD_BLANK = 1 };

static void replace(str_t *text, size_t from, char old, char new)
{
    for (size_t i = from; i < text->length; i++)
        if (text->data[i] == old) text->data[i] = new;
}

static status_t add_usage(const option_t *option, str_t *text)
{
    status_t status = str_add(text, is_optional(option) ? " [" : " ");
    size_t from = text->length;
    if (!status) status = add_form(option, text);
    if (!status) replace(text, from, ' ', HARD_BLANK);
    if (!status && is_optional(option)) status = str_add(text, "]");
    return status || !(option->flags & OPTION_REPEATS) ? status : str_add(text, "...");
}

static status_t add_usages(const program_t *program, const command_t *command, str_t *text)
{
    status_t status =
        str_printf(text, "%s%s%s", program->name, *command->name ? " " : "", command->name);
    for (int operands = 1; operands >= 0; operands--)
        for (const option_t *option = command->option; !status && option->name; option++)
            if (option_is_operand(option) == operands) status = add_usage(option, text);
    return status;
}

static status_t add_usage_lines(const program_t *program, const command_t *command, bool first,
                                str_t *text)
{
    str_t line = {0};
    size_t from = text->length;
    status_t status = add_usages(program, command, &line);
    if (!status) status = str_add(text, first ? "usage: " : "       ");
    if (!status) status = text_fill(text, line.data, 7, 11, WIDTH);
    if (!status) replace(text, from, HARD_BLANK, ' ');
    str_free(&line);
    return status;
}

/* ---- lists ---- */

/* A term and what it means, in two columns; a long term has a line of its own. */
static status_t add_entry(const char *term, const char *meaning, str_t *text)
{
    size_t used = 2 + strlen(term);
    status_t status = str_printf(text, "  %s", term);
    if (!status && used + 1 > COLUMN) status = str_printf(text, "\n%*s", COLUMN, "");
    else if (!status) status = str_printf(text, "%*s", (int)(COLUMN - used), "");
    return status ? status : text_fill(text, meaning, COLUMN, COLUMN, WIDTH);
}

static status_t add_option(const option_t *option, str_t *text)
{
    str_t form = {0}, help = {0};
    status_t status = add_form(option, &form);
    if (!status) status = str_add(&help, option->help);
    if (!status && !option_is_operand(option) && option->flags & OPTION_REPEATS)
        status = str_add(&help, " (repeatable)");
    if (!status) status = add_entry(form.data, help.data, text);
    str_free(&form);
    str_free(&help);
    return status;
}

static status_t add_topics(const program_t *program, str_t *text)
{
    status_t status = NULL;
    for (const topic_t *topic = program->topic; !status && topic->title; topic++) {
        status = str_printf(text, "\n%s:\n", topic->title);
        for (size_t i = 0; !status && topic->entry[i][0]; i++)
            status = add_entry(topic->entry[i][0], topic->entry[i][1], text);
    }
    return status;
}

static status_t add_command(const program_t *program, const command_t *command, str_t *text)
{
    status_t status = add_usage_lines(program, command, true, text);
    if (!status) status = str_add(text, "\n");
    if (!status) status = text_fill(text, command->help, 0, 0, WIDTH);
    if (!status) status = str_add(text, "\n");
    for (const option_t *option = command->option; !status && option->name; option++)
        status = add_option(option, text);
    return status;
}

status_t options_help(const program_t *program, const command_t *command, str_t *text)
{
    const command_t *all = program->command;
    status_t status = NULL;
    if (!*all->name) command = all;
    if (command) {
        status = add_command(program, command, text);
    } else {
        for (const command_t *one = all; !status && one->name; one++)
            status = add_usage_lines(program, one, one == all, text);
        if (!status) status = str_add(text, "\n");
        if (!status) status = text_fill(text, program->help, 0, 0, WIDTH);
        if (!status) status = str_add(text, "\n");
        for (const command_t *one = all; !status && one->name; one++)
            status = add_entry(one->name, one->brief, text);
    }
    if (!status)
        status = add_entry("--help, --version", "this, or the version, and nothing else", text);
    return status || (command && *command->name) ? status : add_topics(program, text);
}
