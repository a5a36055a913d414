/* Manual pages, in the language of mdoc(7). */
#include <ctype.h>
#include <string.h>

#include "core/config.h"
#include "core/version.h"
#include "stages/manual.h"
#include "stages/programs.h"

/* ---- text ---- */

/* A word as an argument of a macro: in quotes, with what roff would read escaped; "\&" keeps a word
 * from being taken for a macro or for punctuation. */
static status_t add_word(const char *word, str_t *text)
{
    status_t status = str_add(text, "\"");
    if (!status && (strlen(word) <= 3 || !isalnum((unsigned char)word[0])))
        status = str_add(text, "\\&");
    for (; !status && *word; word++) {
        if (*word == '"') status = str_add(text, "\\(dq");
        else if (*word == '\\') status = str_add(text, "\\e");
        else if (*word == '-') status = str_add(text, "\\-");
        else status = str_append(text, word, 1);
    }
    return status ? status : str_add(text, "\"");
}

/* Sentences, each on lines of its own, as roff wants it; ends with a newline. */
static status_t add_text(const char *words, str_t *text)
{
    status_t status = NULL;
    bool start = true;
    for (; !status && *words; words++) {
        if (start && (*words == '.' || *words == '\'')) status = str_add(text, "\\&");
        start = false;
        if (!status && *words == '\\') status = str_add(text, "\\e");
        else if (!status && words[0] == '.' && words[1] == ' ' && words[2]) {
            status = str_add(text, ".\n");
            words++;
            start = true;
        } else if (!status) status = str_append(text, words, 1);
    }
    return status ? status : str_add(text, "\n");
}

/* The capitals of a title. */
static status_t add_upper(const char *words, str_t *text)
{
    status_t status = NULL;
    for (; !status && *words; words++) {
        char c = (char)toupper((unsigned char)*words);
        status = str_append(text, &c, 1);
    }
    return status;
}

static status_t add_head(const char *name, const char *section, const char *brief, str_t *text)
{
    status_t status = str_add(text, ".Dd " WN_DATE "\n.Dt ");
    if (!status) status = add_upper(name, text);
    if (!status)
        status = str_printf(text, " %s\n.Os \"wn %s\"\n.Sh NAME\n.Nm %s\n.Nd ", section, WN_VERSION,
                            name);
    return status ? status : str_printf(text, "%s\n", brief);
}

/* ---- options ---- */

/* "Op Fl \-set Ar KEY=VALUE"; of operands "Ar CONFIG". */
static status_t add_form(const option_t *option, str_t *text)
{
    bool operand = option_is_operand(option), attached = option->flags & OPTION_ATTACHED;
    status_t status = str_add(text, operand ? "Ar " : "Fl ");
    if (!status) status = add_word(operand ? option->name : option->name + 1, text);
    if (!status && option->value) status = str_add(text, attached ? " Ns Oo = Ns Ar " : " Ar ");
    if (!status && option->value) status = add_word(option->value, text);
    return status || !option->value || !attached ? status : str_add(text, " Oc");
}

static status_t add_synopsis(const program_t *program, const command_t *command, str_t *text)
{
    status_t status = str_add(text, ".Nm\n");
    if (!status && *command->name) {
        status = str_add(text, ".Cm ");
        if (!status) status = add_word(command->name, text);
        if (!status) status = str_add(text, "\n");
    }
    for (int operands = 1; operands >= 0; operands--)
        for (const option_t *option = command->option; !status && option->name; option++) {
            if (option_is_operand(option) != operands) continue;
            bool optional =
                operands ? option->flags & OPTION_OMITTED : !(option->flags & OPTION_NEEDED);
            status = str_add(text, optional ? ".Oo " : ".");
            if (!status) status = add_form(option, text);
            if (!status && optional) status = str_add(text, " Oc");
            if (!status && option->flags & OPTION_REPEATS) status = str_add(text, " Ns ...");
            if (!status) status = str_add(text, "\n");
        }
    (void)program;
    return status;
}

static status_t add_options(const command_t *command, str_t *text)
{
    if (!command->option->name) return NULL;
    status_t status = str_add(text, ".Bl -tag -width Ds\n");
    for (const option_t *option = command->option; !status && option->name; option++) {
        str_t help = {0};
        status = str_printf(
            &help, "%s%s", option->help,
            option->flags & OPTION_REPEATS && !option_is_operand(option) ? " (repeatable)" : "");
        if (!status) status = str_add(text, ".It ");
        if (!status) status = add_form(option, text);
        if (!status) status = str_add(text, "\n");
        if (!status) status = add_text(help.data, text);
        str_free(&help);
    }
    return status ? status : str_add(text, ".El\n");
}

static status_t add_commands(const program_t *program, str_t *text)
{
    status_t status = str_add(text, ".Sh COMMANDS\n");
    for (const command_t *command = program->command; !status && command->name; command++) {
        status = str_add(text, ".Ss ");
        if (!status) status = add_word(command->name, text);
        if (!status) status = str_add(text, "\n");
        if (!status) status = add_text(command->help, text);
        if (!status) status = add_options(command, text);
    }
    return status;
}

static status_t add_topics(const program_t *program, str_t *text)
{
    status_t status = NULL;
    for (const topic_t *topic = program->topic; !status && topic->title; topic++) {
        bool codes = strncmp(topic->title, "Exit", 4) == 0;
        status = str_printf(text, ".Sh %s\n", codes ? "EXIT STATUS" : "ENVIRONMENT");
        if (!status) status = str_add(text, ".Bl -tag -width Ds\n");
        for (size_t i = 0; !status && topic->entry[i][0]; i++) {
            status = str_add(text, codes ? ".It " : ".It Ev ");
            if (!status) status = add_word(topic->entry[i][0], text);
            if (!status) status = str_add(text, "\n");
            if (!status) status = add_text(topic->entry[i][1], text);
        }
        if (!status) status = str_add(text, ".El\n");
    }
    return status;
}

/* Every other page, in the order of sections and names. */
static status_t add_references(const char *own, str_t *text)
{
    const char *name[16];
    size_t count = 0;
    status_t status = str_add(text, ".Sh SEE ALSO\n");
    for (const program_t *const *program = programs; *program && count < 16; program++) {
        size_t at = count++;
        while (at && strcmp(name[at - 1], (*program)->name) > 0) name[at] = name[at - 1], at--;
        name[at] = (*program)->name;
    }
    for (size_t i = 0; !status && i < count; i++)
        if (strcmp(name[i], own) != 0) status = str_printf(text, ".Xr %s 1 ,\n", name[i]);
    if (!status && strcmp(own, "wn-config") != 0) return str_add(text, ".Xr wn-config 5\n");
    text->length -= 3; /* the last comma */
    return status ? status : str_add(text, "\n");
}

status_t manual_program(const program_t *program, str_t *text)
{
    bool single = !*program->command->name;
    status_t status = add_head(program->name, "1", program->brief, text);
    if (!status) status = str_add(text, ".Sh SYNOPSIS\n");
    for (const command_t *command = program->command; !status && command->name; command++)
        status = add_synopsis(program, command, text);
    if (!status) status = str_add(text, ".Sh DESCRIPTION\n");
    if (!status) status = add_text(program->help, text);
    if (!status && single) status = str_add(text, ".Pp\nIts options:\n");
    if (!status && single) status = add_options(program->command, text);
    if (!status)
        status = str_add(text, ".Pp\n.Fl \\-help\nprints all this,\n.Fl \\-version\nthe version of "
                               "the program and its libraries.\n");
    if (!status && !single) status = add_commands(program, text);
    if (!status) status = add_topics(program, text);
    return status ? status : add_references(program->name, text);
}

/* ---- the configuration ---- */

static status_t add_key(const config_key_t *key, str_t *text)
{
    str_t values = {0};
    bool required = key->fallback == REQUIRED;
    status_t status = str_add(text, ".It Cm ");
    if (!status) status = add_word(key->path, text);
    if (!status) status = str_add(text, "\n");
    if (!status) status = add_text(key->help, text);
    if (!status) status = config_values(key, &values);
    if (!status) status = str_add(text, ".br\n");
    if (!status && required) status = str_add(&values, "; required");
    if (!status && !required && key->fallback)
        status = str_printf(&values, "; by default \"%s\"", key->fallback);
    if (!status) status = add_text(values.data, text);
    str_free(&values);
    return status;
}

status_t manual_config(str_t *text)
{
    status_t status = add_head("wn-config", "5", "configuration of a run", text);
    if (!status) status = str_add(text, ".Sh DESCRIPTION\n");
    if (!status)
        status = add_text(
            "A run is one YAML file, which is checked whole before anything starts. Its keys "
            "are nested: collect.window is the key window of the section collect. * "
            "stands for a name of one's own, [] for each entry of a list. Of a list of "
            "texts or numbers a single one may be given. Any key can be overridden on "
            "the command line: --set collect.window=1024.",
            text);
    size_t section = 0;
    for (size_t i = 0; !status && i < config_key_count; i++) {
        const char *path = config_keys[i].path;
        if (i == 0 || strncmp(path, config_keys[i - 1].path, section + 1) != 0) {
            section = strcspn(path, ".[");
            if (i) status = str_add(text, ".El\n");
            if (!status) status = str_add(text, ".Sh ");
            str_t name = {0};
            if (!status) status = str_append(&name, path, section);
            if (!status) status = add_upper(name.data, text);
            str_free(&name);
            if (!status) status = str_add(text, "\n.Bl -tag -width Ds\n");
        }
        if (!status) status = add_key(&config_keys[i], text);
    }
    if (!status) status = str_add(text, ".El\n");
    return status ? status : add_references("wn-config", text);
}
