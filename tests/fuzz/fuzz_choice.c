/* Any bytes as multiple-choice questions, in the shapes of published sets, and as their answers. */
#include "core/config.h"
#include "core/strings.h"
#include "tests/fuzz/fuzz.h"
#include "text/choice_items.h"

enum { FORMATS = 6, WITH_ANSWERS = 3 };

/* Keys of benchmarks, YAML. */
static const char *const keys[FORMATS] = {
    "",
    "query: '{question}', choices: '{choices.text}', gold: '{answerKey}', gold_is: label",
    "query: '{question.stem}', choices: '{question.choices.text}', "
    "labels: '{question.choices.label}', gold: '{answerKey|lstrip}', gold_is: label",
    "query: '{goal}', choices: ['{sol1}', '{sol2}'], gold: '{answer}', answers: [y]",
    "query: '{ctx_a} {ctx_b|capitalize}', choices: '{endings}', gold: '{label}', clean: wikihow, "
    "group: '{source_id|before:~}'",
    "query: '{choice}', choices: ['{sentence|before:_}{option1}', '{sentence|before:_}{option2}'], "
    "continuation: '{sentence|after:_|strip|upper}', gold: '{answer}', gold_is: position",
};

static void configure(choice_format_t format[FORMATS])
{
    config_t *config = NULL;
    str_t text = {0};
    char name[] = "b0";
    fuzz_require(!str_add(&text, "run: {name: a, directory: b}\nmodel: {path: c}\nbenchmarks:\n"));
    for (int i = 0; i < FORMATS; i++)
        fuzz_require(!str_printf(&text, "  b%d: {files: [x], format: choice%s%s}\n", i,
                                 *keys[i] ? ", " : "", keys[i]));
    fuzz_require(!config_parse("fuzz.yaml", text.data, text.length, NULL, &config));
    for (int i = 0; i < FORMATS; i++, name[1]++)
        fuzz_require(!choice_configure(config, name, &format[i]));
    config_close(&config);
    str_free(&text);
}

static void look_at(const choice_item_t *item)
{
    size_t count = item->choice.count;
    fuzz_require(count >= 2 && count <= CHOICE_MOST && item->line > 0);
    fuzz_require(item->context.count == count && item->continuation.count == count);
    fuzz_require(item->gold >= 0 && (size_t)item->gold < count);
    fuzz_require(item->term.length > 0 && item->term.length <= CHOICE_TERM_BYTES);
    for (size_t i = 0; i < count; i++) {
        const char *text = item->continuation.item[i];
        fuzz_require(*item->choice.item[i] && *text);
        fuzz_require(utf8_valid_prefix(text, strlen(text)) == strlen(text));
        text = item->context.item[i];
        fuzz_require(utf8_valid_prefix(text, strlen(text)) == strlen(text));
    }
}

static void read_all(const char *path, const char *answers, const choice_format_t *format)
{
    choice_items_t *items = NULL;
    choice_item_t item = {0};
    bool found = true;
    status_t status = choice_items_open(path, answers, format, &items);
    while (!status && found) {
        status = choice_items_next(items, &item, &found);
        if (!status && found) look_at(&item);
    }
    fuzz_refused(&status);
    choice_item_free(&item);
    choice_items_close(&items);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static choice_format_t format[FORMATS];
    if (!format[0].choices) configure(format);
    const char *path = fuzz_file(data, size);
    for (int i = 0; i < FORMATS; i++) read_all(path, i == WITH_ANSWERS ? path : NULL, &format[i]);
    return 0;
}
