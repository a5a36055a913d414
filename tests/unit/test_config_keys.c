/* The table of keys: what the parser relies on, and what the reference promises. */
#include "tests/scratch.h"

#include "core/config.h"
#include "core/config_reference.h"

static bool is_one_of(const char *choices, const char *text)
{
    char all[512], one[256];
    snprintf(all, sizeof all, "|%s|", choices);
    snprintf(one, sizeof one, "|%s|", text);
    return strstr(all, one) != NULL;
}

/* Every default is one that could be given. */
static void defaults_are_valid(void **state)
{
    (void)state;
    for (size_t i = 0; i < config_key_count; i++) {
        const config_key_t *key = &config_keys[i];
        const char *text = key->fallback;
        if (!text || text == REQUIRED) continue;
        char *end = NULL;
        double number = strtod(text, &end);
        bool bounded = *text && *end == '\0' && number >= key->least && number <= key->most;
        bool whole = strspn(text, "-0123456789") == strlen(text);
        bool good = key->type == CONFIG_CHOICE    ? is_one_of(key->choices, text)
                    : key->type == CONFIG_BOOLEAN ? is_one_of("true|false", text)
                    : key->type == CONFIG_NUMBER  ? bounded
                    : key->type == CONFIG_INTEGER
                        ? bounded && whole
                        : key->type == CONFIG_TEXT || key->type == CONFIG_TEXTS;
        if (!good) fail_msg("%s: its default '%s' could not be given", key->path, text);
    }
}

static void keys_are_described(void **state)
{
    (void)state;
    for (size_t i = 0; i < config_key_count; i++) {
        const config_key_t *key = &config_keys[i];
        bool bounded = key->type == CONFIG_INTEGER || key->type == CONFIG_INTEGERS ||
                       key->type == CONFIG_NUMBER || key->type == CONFIG_NUMBERS;
        bool chosen = key->type == CONFIG_CHOICE || key->type == CONFIG_CHOICES;
        if (strlen(key->help) <= 10 || key->help[strlen(key->help) - 1] != '.')
            fail_msg("%s: its help is no sentence", key->path);
        if ((key->choices != NULL) != chosen)
            fail_msg("%s: choices are for CONFIG_CHOICE and CONFIG_CHOICES", key->path);
        if (bounded && !(key->least < key->most)) fail_msg("%s: has no range", key->path);
        for (size_t j = 0; j < i; j++)
            if (strcmp(key->path, config_keys[j].path) == 0) fail_msg("%s: twice", key->path);
    }
}

/* Keys of one section stand together: the reference is printed in the table's order. */
static void sections_stand_together(void **state)
{
    (void)state;
    for (size_t i = 1; i < config_key_count; i++) {
        size_t n = strcspn(config_keys[i].path, ".");
        if (strncmp(config_keys[i].path, config_keys[i - 1].path, n + 1) == 0) continue;
        for (size_t j = 0; j < i; j++)
            if (strncmp(config_keys[i].path, config_keys[j].path, n + 1) == 0)
                fail_msg("%s stands apart from its section", config_keys[i].path);
    }
}

/* The page is what `make configuration` writes, and has a row for every key. */
static void page_is_up_to_date(void **state)
{
    str_t page = {0}, text = {0};
    (void)state;
    expect_ok(file_read("docs/configuration.md", 1 << 22, &page));
    expect_ok(config_reference(&text));
    if (strcmp(page.data, text.data) != 0)
        fail_msg("docs/configuration.md is another: make configuration writes it anew");
    for (size_t i = 0; i < config_key_count; i++) {
        char row[256];
        snprintf(row, sizeof row, "\n| `%s` | ", config_keys[i].path);
        if (!strstr(page.data, row)) fail_msg("%s has no row", config_keys[i].path);
    }
    str_free(&page);
    str_free(&text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(defaults_are_valid),
        cmocka_unit_test(keys_are_described),
        cmocka_unit_test(sections_stand_together),
        cmocka_unit_test(page_is_up_to_date),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
