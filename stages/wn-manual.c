/* wn-manual: manual pages, help and completion of all programs, and the command line of the driver. */
#include <stdio.h>
#include <string.h>

#include "core/config.h"
#include "core/version.h"
#include "stages/manual.h"
#include "stages/programs.h"
#include "stages/terminal.h"

/* ---- help ---- */

/* A command of wn, else a program's short or whole name, else a section or key of the configuration. */
static status_t topic_help(const char *topic, str_t *text)
{
    const program_t *wn = program_find("wn"), *program = program_find(topic);
    const command_t *command = command_find(wn, topic);
    if (command) return options_help(wn, command, text);
    if (!program) program = program_find(config_path("wn-%s", topic));
    if (strcmp(topic, "config") == 0) return config_help("", text);
    status_t status = program ? options_help(program, NULL, text) : NULL;
    if (!status && program && program_is_stage(program))
        status = str_add(text, "\nKeys of CONFIG: see wn help config.\n");
    if (status || program) return status;
    status = config_help(topic, text);
    if (!status && text->length == 0) {
        const option_t *topics = command_find(wn, "help")->option;
        status = option_check(topics, topic);
    }
    return status;
}

static status_t run_help(const arguments_t *arguments, str_t *text)
{
    const char *topic = arguments_value(arguments, "TOPIC");
    return topic ? topic_help(topic, text) : options_help(program_find("wn"), NULL, text);
}

/* ---- pages ---- */

static status_t run_page(const arguments_t *arguments, str_t *text)
{
    const char *known[16] = {"wn-config"}, *page = arguments_value(arguments, "PAGE");
    size_t count = 1;
    if (strcmp(page, "wn-config") == 0) return manual_config(text);
    if (program_find(page)) return manual_program(program_find(page), text);
    for (const program_t *const *program = programs; *program && count < 16; program++)
        known[count++] = (*program)->name;
    return status_new(EXIT_USAGE, "%s: no such page%s", page, did_you_mean(page, known, count));
}

static status_t run_pages(const arguments_t *arguments, str_t *text)
{
    (void)arguments;
    status_t status = NULL;
    for (const program_t *const *program = programs; !status && *program; program++)
        status = str_printf(text, "%s.1\n", (*program)->name);
    return status ? status : str_add(text, "wn-config.5\n");
}

static status_t run_completion(const arguments_t *arguments, str_t *text)
{
    bool zsh = strcmp(arguments_value(arguments, "SHELL"), "zsh") == 0;
    return zsh ? completion_zsh(text) : completion_bash(text);
}

/* ---- the driver's command line ---- */

/* As a word of a shell, in single quotes. */
static status_t shell_quote(const char *word, str_t *text)
{
    status_t status = str_add(text, "'");
    for (; !status && *word; word++)
        status = *word == '\'' ? str_add(text, "'\\''") : str_append(text, word, 1);
    return status ? status : str_add(text, "'");
}

static status_t add_word(const char *word, str_t *text)
{
    status_t status = str_add(text, " ");
    return status ? status : shell_quote(word, text);
}

/* "run" '--set' 'a=b' ... 'CONFIG': what has a value is followed by it; what may have one keeps '='. */
static status_t add_given(const given_t *given, str_t *text)
{
    const option_t *option = given->option;
    if (option_is_operand(option)) return add_word(given->value, text);
    if (!option->value) return add_word(option->name, text);
    if (option->flags & OPTION_ATTACHED)
        return add_word(config_path("%s%s%s", option->name, *given->value ? "=" : "", given->value),
                        text);
    status_t status = add_word(option->name, text);
    return status ? status : add_word(given->value, text);
}

static status_t run_parse(const arguments_t *arguments, str_t *text)
{
    const program_t *wn = program_find("wn");
    strings_t words = {0};
    arguments_t given = {0};
    status_t status = strings_append(&words, wn->name);
    if (!status) status = arguments_values(arguments, "WORD", &words);
    if (!status) status = options_parse(wn, (int)words.count, words.item, &given);
    if (!status && given.version) {
        status = str_add(text, "--version");
    } else if (!status && given.help) {
        status = str_add(text, "help");
        if (!status && given.command) status = add_word(given.command->name, text);
    } else if (!status) {
        status = str_add(text, given.command->name);
        for (size_t i = 0; !status && i < given.count; i++)
            status = add_given(&given.item[i], text);
    }
    if (!status) status = str_add(text, "\n");
    arguments_free(&given);
    strings_free(&words);
    return status;
}

/* ---- main ---- */

static const struct {
    const char *command;
    status_t (*run)(const arguments_t *arguments, str_t *text);
} runs[] = {
    {"help", run_help},   {"page", run_page}, {"pages", run_pages}, {"completion", run_completion},
    {"parse", run_parse},
};

static status_t run(int argc, char **argv)
{
    const program_t *program = program_find("wn-manual");
    arguments_t arguments;
    str_t text = {0};
    status_t status = options_parse(program, argc, argv, &arguments);
    if (status) return status;
    if (arguments.help) status = options_help(program, arguments.command, &text);
    else if (arguments.version) status = str_printf(&text, "%s %s\n", program->name, WN_VERSION);
    for (size_t i = 0; !status && !text.length && i < sizeof runs / sizeof *runs; i++)
        if (strcmp(runs[i].command, arguments.command->name) == 0)
            status = runs[i].run(&arguments, &text);
    if (!status && (fputs(text.data, stdout) < 0 || fflush(stdout) != 0))
        status = status_new(EXIT_OUTPUT, "standard output cannot be written");
    str_free(&text);
    arguments_free(&arguments);
    return status;
}

/* No MPI: the driver starts it before it knows how MPI programs are started. Errors of its command line are
 * the driver's. */
int main(int argc, char **argv)
{
    terminal_open("wn");
    status_t status = run(argc, argv);
    int code = (int)status_code(status);
    terminal_close(status_message(status));
    status_free(&status);
    return code;
}
