/* The table of keys, for people. */
#include <string.h>

#include "core/config.h"
#include "core/options.h"

enum { WIDTH = 96 };

/* "a, b or c" of "a|b|c". */
static status_t add_choices(const char *choices, str_t *text)
{
    status_t status = NULL;
    while (!status && *choices) {
        size_t length = strcspn(choices, "|");
        status = str_append(text, choices, length);
        choices += length + (choices[length] == '|');
        bool last = !strchr(choices, '|');
        if (!status && *choices) status = str_add(text, last ? " or " : ", ");
    }
    return status;
}

static status_t add_range(const config_key_t *key, str_t *text)
{
    if (key->most >= 9e18) return str_printf(text, " of at least %.15g", key->least);
    return str_printf(text, " from %.15g to %.15g", key->least, key->most);
}

status_t config_values(const config_key_t *key, str_t *text)
{
    static const char *const names[] = {
        [CONFIG_TEXT] = "text",
        [CONFIG_CHOICE] = "",
        [CONFIG_INTEGER] = "integer",
        [CONFIG_NUMBER] = "number",
        [CONFIG_BOOLEAN] = "true or false",
        [CONFIG_TEXTS] = "text or list of texts",
        [CONFIG_CHOICES] = "",
        [CONFIG_INTEGERS] = "integer or list of integers",
        [CONFIG_NUMBERS] = "number or list of numbers",
    };
    status_t status = str_add(text, names[key->type]);
    if (!status && key->choices) status = add_choices(key->choices, text);
    if (!status && key->type == CONFIG_CHOICES) status = str_add(text, ", or a list of these");
    bool ranged = key->type == CONFIG_INTEGER || key->type == CONFIG_NUMBER ||
                  key->type == CONFIG_INTEGERS || key->type == CONFIG_NUMBERS;
    return !status && ranged ? add_range(key, text) : status;
}

static status_t add_key(const config_key_t *key, str_t *text)
{
    str_t words = {0};
    status_t status = str_printf(text, "  %s", key->path);
    if (!status && key->fallback == REQUIRED) status = str_add(text, " (required)");
    else if (!status && key->fallback)
        status = str_printf(text, " = %s", strcmp(key->fallback, " ") == 0 ? "' '" : key->fallback);
    if (!status) status = str_add(text, "\n      ");
    if (!status) status = str_printf(&words, "%s (", key->help);
    if (!status) status = config_values(key, &words);
    if (!status) status = str_add(&words, ")");
    if (!status) status = text_fill(text, words.data, 6, 6, WIDTH);
    str_free(&words);
    return status;
}

status_t config_help(const char *prefix, str_t *text)
{
    status_t status = NULL;
    for (size_t i = 0; !status && i < config_key_count; i++)
        if (strncmp(config_keys[i].path, prefix, strlen(prefix)) == 0)
            status = add_key(&config_keys[i], text);
    return status;
}
