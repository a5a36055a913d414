/* Completion in zsh: the arguments of each command as _arguments takes them. */
#include <string.h>

#include "core/config.h"
#include "stages/manual.h"
#include "stages/programs.h"

static const char functions[] =
    "_wn_checkpoints()\n"
    "{\n"
    "    local word\n"
    "    local -a names\n"
    "    for word in $_wn_line; do\n"
    "        [[ $word == *.y*ml && -r $word ]] || continue\n"
    "        if [[ ${_wn_line[1]:t} == wn ]]; then\n"
    "            names=(${(f)\"$(_call_program checkpoints $_wn_line[1] checkpoints $word)\"})\n"
    "        else\n"
    "            names=(${(f)\"$(_call_program checkpoints $_wn_line[1] $word "
    "--list-checkpoints)\"})\n"
    "        fi\n"
    "        break\n"
    "    done\n"
    "    compadd -a names\n"
    "}\n"
    "\n"
    "_wn_keys()\n"
    "{\n"
    "    compadd -- ${(k)_wn_values}\n"
    "}\n"
    "\n"
    "_wn_setting()\n"
    "{\n"
    "    if compset -P '*='; then\n"
    "        compadd -- ${(s:|:)_wn_values[${IPREFIX%=}]}\n"
    "    else\n"
    "        compadd -S = -- ${(k)_wn_values}\n"
    "    fi\n"
    "}\n";

/* Within the quotes of a specification: what _arguments would read, and quotes. */
static status_t add_escaped(const char *words, str_t *text)
{
    status_t status = NULL;
    for (; !status && *words; words++) {
        if (*words == '\'') status = str_add(text, "'\\''");
        else status = str_printf(text, strchr("[]:\\", *words) ? "\\%c" : "%c", *words);
    }
    return status;
}

/* ":CONFIG:_files ..." */
static status_t add_value(const option_t *option, const char *name, str_t *text)
{
    static const char *const actions[][2] = {{FILLS_FILE, "_files"},
                                             {FILLS_DIRECTORY, "_files -/"},
                                             {FILLS_CONFIG, "_files -g \"*.y(a|)ml\""},
                                             {FILLS_KEY, "_wn_keys"},
                                             {FILLS_SETTING, "_wn_setting"},
                                             {FILLS_CHECKPOINT, "_wn_checkpoints"}};
    status_t status = str_add(text, ":");
    if (!status) status = add_escaped(name, text);
    if (!status) status = str_add(text, ":");
    if (!status && !option->fills) return str_add(text, " ");
    if (!status && option_has_choices(option)) {
        status = str_add(text, "(");
        for (const char *at = option->fills; !status && *at; at++)
            status = str_append(text, *at == '|' ? " " : at, 1);
        return status ? status : str_add(text, ")");
    }
    for (size_t i = 0; !status && i < sizeof actions / sizeof *actions; i++)
        if (strcmp(actions[i][0], option->fills) == 0) status = str_add(text, actions[i][1]);
    return status;
}

static status_t add_argument(const option_t *option, str_t *text)
{
    bool operand = option_is_operand(option), many = option->flags & OPTION_REPEATS;
    bool attached = option->flags & OPTION_ATTACHED;
    status_t status = str_printf(text, " \\\n            '%s", many ? "*" : "");
    if (!status && !operand) {
        status = str_printf(text, "%s%s[", option->name, attached ? "=-" : "");
        if (!status) status = add_escaped(option->help, text);
        if (!status) status = str_add(text, attached ? "]:" : "]");
    } else if (!status && option->flags & OPTION_OMITTED && !many) {
        status = str_add(text, ":");
    }
    if (!status && (operand || option->value))
        status = add_value(option, operand ? option->name : option->value, text);
    return status ? status : str_add(text, "'");
}

static status_t add_arguments(const command_t *command, str_t *text)
{
    status_t status = str_add(text, "_arguments");
    for (const option_t *option = command->option; !status && option->name; option++)
        status = add_argument(option, text);
    return status
               ? status
               : str_add(text,
                         " \\\n            '--help[prints help]' '--version[prints the version]'");
}

static status_t add_program(const program_t *program, str_t *text)
{
    status_t status = str_printf(text, "    %s)\n", program->name);
    if (!*program->command->name) {
        if (!status) status = str_add(text, "        ");
        if (!status) status = add_arguments(program->command, text);
        return status ? status : str_add(text, " ;;\n");
    }
    if (!status)
        status = str_add(text, "        if ((CURRENT == 2)); then\n            commands=(");
    for (const command_t *command = program->command; !status && command->name; command++) {
        status = str_printf(text, "\n                '%s:", command->name);
        if (!status) status = add_escaped(command->brief, text);
        if (!status) status = str_add(text, "'");
    }
    if (!status)
        status =
            str_add(text,
                    ")\n            _describe command commands\n            return\n        fi\n"
                    "        local command=$words[2]\n        shift words\n        ((CURRENT--))\n "
                    "       case $command in\n");
    for (const command_t *command = program->command; !status && command->name; command++) {
        status = str_printf(text, "        %s)\n            ", command->name);
        if (!status) status = add_arguments(command, text);
        if (!status) status = str_add(text, " ;;\n");
    }
    return status ? status : str_add(text, "        esac ;;\n");
}

static status_t add_values(str_t *text)
{
    status_t status = str_add(text, "\ntypeset -gA _wn_values=(\n");
    for (size_t i = 0; !status && i < config_key_count; i++) {
        const config_key_t *key = &config_keys[i];
        const char *values = key->type == CONFIG_BOOLEAN ? "true|false" : key->choices;
        if (strpbrk(key->path, "*[")) continue;
        status = str_printf(text, "    %s '%s'\n", key->path, values ? values : "");
    }
    return status ? status : str_add(text, ")\n\n");
}

status_t completion_zsh(str_t *text)
{
    status_t status = str_add(text, "#compdef");
    for (const program_t *const *program = programs; !status && *program; program++)
        status = str_printf(text, " %s", (*program)->name);
    if (!status)
        status =
            str_add(text, "\n# Completion of wn and its programs in zsh. Written by wn-manual.\n");
    if (!status) status = add_values(text);
    if (!status) status = str_add(text, functions);
    if (!status)
        status = str_add(
            text, "\n_wn()\n{\n    local -a commands _wn_line=($words)\n    case $service in\n");
    for (const program_t *const *program = programs; !status && *program; program++)
        status = add_program(*program, text);
    return status ? status : str_add(text, "    esac\n}\n\n_wn \"$@\"\n");
}
