/* Completion in bash: tables, written from those of options and keys, and a function that reads them. */
#include <string.h>

#include "core/config.h"
#include "stages/manual.h"
#include "stages/programs.h"

/* What the function does: finds the option whose value is being typed, or the operand, and offers what
 * fills it. bash splits words at '=' and expects what follows it alone. */
static const char function[] =
    "_wn_offer() # WORD CANDIDATE...\n"
    "{\n"
    "    local word=$1\n"
    "    shift\n"
    "    mapfile -t COMPREPLY < <(compgen -W \"$*\" -- \"$word\")\n"
    "}\n"
    "\n"
    "_wn_setting() # WORD\n"
    "{\n"
    "    case $1 in\n"
    "        *=*) _wn_offer \"${1#*=}\" $(_wn_values \"${1%%=*}\") ;;\n"
    "        *) compopt -o nospace 2> /dev/null\n"
    "           _wn_offer \"$1\" $(_wn_keys | sed 's/$/=/') ;;\n"
    "    esac\n"
    "}\n"
    "\n"
    "# The run's checkpoints, asked of the program, once a configuration was named.\n"
    "_wn_checkpoints() # PROGRAM WORD...\n"
    "{\n"
    "    local program=$1 word\n"
    "    shift\n"
    "    for word; do\n"
    "        [[ $word == *.y*ml && -r $word ]] || continue\n"
    "        case ${program##*/} in\n"
    "            wn) \"$program\" checkpoints \"$word\" 2> /dev/null ;;\n"
    "            *) \"$program\" \"$word\" --list-checkpoints 2> /dev/null ;;\n"
    "        esac\n"
    "        return\n"
    "    done\n"
    "}\n"
    "\n"
    "_wn_fill() # KIND WORD PROGRAM WORDS...\n"
    "{\n"
    "    case $1 in\n"
    "        '<file>') compopt -o filenames 2> /dev/null; mapfile -t COMPREPLY < <(compgen -f -- "
    "\"$2\") ;;\n"
    "        '<directory>') compopt -o filenames 2> /dev/null; mapfile -t COMPREPLY < <(compgen -d "
    "-- \"$2\") ;;\n"
    "        '<config>') compopt -o filenames 2> /dev/null\n"
    "                    mapfile -t COMPREPLY < <(compgen -f -X '!*.y*ml' -- \"$2\"; compgen -d -- "
    "\"$2\") ;;\n"
    "        '<key>') _wn_offer \"$2\" $(_wn_keys) ;;\n"
    "        '<setting>') _wn_setting \"$2\" ;;\n"
    "        '<checkpoint>') _wn_offer \"$2\" $(_wn_checkpoints \"${@:3}\") ;;\n"
    "        *) _wn_offer \"$2\" ${1//|/ } ;;\n"
    "    esac\n"
    "}\n"
    "\n"
    "_wn()\n"
    "{\n"
    "    local line=${COMP_LINE:0:COMP_POINT} words word of option kind i operands=0 first=1\n"
    "    COMPREPLY=()\n"
    "    read -ra words <<< \"$line\"\n"
    "    [[ $line != *[[:space:]] ]] || words+=('')\n"
    "    word=${words[-1]} of=${words[0]##*/}\n"
    "    if [ -n \"$(_wn_commands \"$of\")\" ]; then\n"
    "        if [ ${#words[@]} -le 2 ]; then\n"
    "            _wn_offer \"$word\" $(_wn_commands \"$of\") --help --version\n"
    "            return\n"
    "        fi\n"
    "        of=\"$of ${words[1]}\" first=2\n"
    "    fi\n"
    "    for ((i = first; i < ${#words[@]} - 1; i++)); do\n"
    "        option=${words[i]} kind=$(_wn_kind \"$of ${words[i]}\")\n"
    "        case $option,$kind in\n"
    "            --*=*,*) ;;\n"
    "            -*,?*) # its value is the next word, or the one that is typed\n"
    "                if [ $i -eq $((${#words[@]} - 2)) ]; then\n"
    "                    _wn_fill \"$kind\" \"$word\" \"${words[@]}\"\n"
    "                    _wn_trim \"$word\"\n"
    "                    return\n"
    "                fi\n"
    "                i=$((i + 1)) ;;\n"
    "            -*) ;;\n"
    "            *) operands=$((operands + 1)) ;;\n"
    "        esac\n"
    "    done\n"
    "    case $word in\n"
    "        --*=*) kind=$(_wn_kind \"$of ${word%%=*}=\")\n"
    "               [ -n \"$kind\" ] || kind=$(_wn_kind \"$of ${word%%=*}\")\n"
    "               _wn_fill \"$kind\" \"${word#*=}\" \"${words[@]}\"\n"
    "               _wn_trim \"${word#*=}\" ;;\n"
    "        -*) _wn_offer \"$word\" $(_wn_options \"$of\") --help --version ;;\n"
    "        *) _wn_fill \"$(_wn_kind \"$of $((operands + 1))\")\" \"$word\" \"${words[@]}\"\n"
    "           _wn_trim \"$word\" ;;\n"
    "    esac\n"
    "}\n"
    "\n"
    "# Candidates of a key's value stand alone already; a path with '=' in it is cut off up to "
    "there.\n"
    "_wn_trim() # WORD\n"
    "{\n"
    "    local i cut=${1%\"${1##*=}\"}\n"
    "    [[ $COMP_WORDBREAKS == *=* && -n $cut ]] || return 0\n"
    "    for i in \"${!COMPREPLY[@]}\"; do COMPREPLY[i]=${COMPREPLY[i]#\"$cut\"}; done\n"
    "}\n";

/* NAME() { case $1 in\n, and its end. */
static status_t begin(const char *name, str_t *text)
{
    return str_printf(text, "\n%s()\n{\n    case $1 in\n", name);
}

static status_t end(str_t *text)
{
    return str_add(text, "    esac\n}\n");
}

/* "wn run", "wn-shard". */
static status_t add_name(const program_t *program, const command_t *command, str_t *text)
{
    return str_printf(text, "        '%s%s%s", program->name, *command->name ? " " : "",
                      command->name);
}

static status_t add_commands(const program_t *program, str_t *text)
{
    if (!*program->command->name) return NULL;
    status_t status = str_printf(text, "        %s) echo", program->name);
    for (const command_t *command = program->command; !status && command->name; command++)
        status = str_printf(text, " %s", command->name);
    return status ? status : str_add(text, " ;;\n");
}

static status_t add_options(const program_t *program, str_t *text)
{
    status_t status = NULL;
    for (const command_t *command = program->command; !status && command->name; command++) {
        status = add_name(program, command, text);
        if (!status) status = str_add(text, "') echo");
        for (const option_t *option = command->option; !status && option->name; option++)
            if (!option_is_operand(option)) status = str_printf(text, " '%s'", option->name);
        if (!status) status = str_add(text, " ;;\n");
    }
    return status;
}

/* What fills each option with a value, "wn run --set", each that needs '=', "--dry-run=", and each
 * operand, by number; "-" where nothing does. */
static status_t add_kinds(const program_t *program, str_t *text)
{
    status_t status = NULL;
    for (const command_t *command = program->command; !status && command->name; command++) {
        int number = 0;
        for (const option_t *option = command->option; !status && option->name; option++) {
            bool operand = option_is_operand(option);
            number += operand;
            if (!operand && !option->value) continue;
            status = add_name(program, command, text);
            if (!status && operand) status = str_printf(text, " %d'", number);
            else if (!status)
                status = str_printf(text, " %s%s'", option->name,
                                    option->flags & OPTION_ATTACHED ? "=" : "");
            if (!status)
                status = str_printf(text, ") echo '%s' ;;\n", option->fills ? option->fills : "-");
        }
    }
    return status;
}

static status_t add_values(str_t *text)
{
    status_t status = NULL;
    for (size_t i = 0; !status && i < config_key_count; i++) {
        const config_key_t *key = &config_keys[i];
        const char *values = key->type == CONFIG_BOOLEAN ? "true|false" : key->choices;
        if (!values) continue;
        status = str_add(text, "        ");
        for (const char *at = key->path; !status && *at; at++)
            status = str_printf(text, strchr("[]", *at) ? "\\%c" : "%c", *at);
        if (!status) status = str_printf(text, ") echo '%s' | tr '|' ' ' ;;\n", values);
    }
    return status;
}

/* Those without a name or number of one's own. */
static status_t add_keys(str_t *text)
{
    status_t status = str_add(text, "\n_wn_keys()\n{\n    printf '%s\\n'");
    for (size_t i = 0; !status && i < config_key_count; i++)
        if (!strpbrk(config_keys[i].path, "*["))
            status = str_printf(text, " \\\n        %s", config_keys[i].path);
    return status ? status : str_add(text, "\n}\n");
}

status_t completion_bash(str_t *text)
{
    static const struct {
        const char *name;
        status_t (*add)(const program_t *program, str_t *text);
    } tables[] = {
        {"_wn_commands", add_commands}, {"_wn_options", add_options}, {"_wn_kind", add_kinds}};
    status_t status =
        str_add(text, "# Completion of wn and its programs in bash. Written by wn-manual.\n"
                      "# shellcheck shell=bash disable=SC2046,SC2086\n");
    for (size_t i = 0; !status && i < sizeof tables / sizeof *tables; i++) {
        status = begin(tables[i].name, text);
        for (const program_t *const *program = programs; !status && *program; program++)
            status = tables[i].add(*program, text);
        if (!status) status = end(text);
    }
    if (!status) status = begin("_wn_values", text);
    if (!status) status = add_values(text);
    if (!status) status = end(text);
    if (!status) status = add_keys(text);
    if (!status) status = str_printf(text, "\n%s\ncomplete -F _wn", function);
    for (const program_t *const *program = programs; !status && *program; program++)
        status = str_printf(text, " %s", (*program)->name);
    return status ? status : str_add(text, "\n");
}
