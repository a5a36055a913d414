#include "text/choice_items.h"

#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "text/input.h"
#include "text/json_lines.h"

struct choice_items {
    lines_t *lines, *answers; /* answers: may be NULL */
    const choice_format_t *format;
    char *stem;
};

/* ---- the format ---- */

static status_t parse_key(const config_t *config, const char *name, const char *key,
                          template_t **template)
{
    const char *path = config_path("benchmarks.%s.%s", name, key);
    const char *text = config_text(config, path);
    *template = NULL;
    if (!text) return NULL;
    status_t status = template_parse(text, template), problem = status;
    if (!problem) return NULL;
    status = config_error(config, path, "%s", status_message(problem));
    status_free(&problem);
    return status;
}

static status_t parse_choices(const config_t *config, const char *name, choice_format_t *format)
{
    const char *const *texts, *path = config_path("benchmarks.%s.choices", name);
    size_t count = config_texts(config, path, &texts);
    status_t status = mem_new(&format->choice, count, "choices");
    for (size_t i = 0; !status && i < count; i++) {
        status_t problem = template_parse(texts[i], &format->choice[i]);
        format->choices++;
        if (problem) status = config_error(config, path, "%s", status_message(problem));
        status_free(&problem);
    }
    if (!status && count == 1 && !template_is_field(format->choice[0]))
        status = config_error(config, path,
                              "a single choice is expected to be a field that holds "
                              "a list, as {choices.text}");
    return status;
}

status_t choice_configure(const config_t *config, const char *name, choice_format_t *format)
{
    static const char *const kinds[] = {"index", "position", "letter", "label", "text"};
    const char *kind = config_text(config, config_path("benchmarks.%s.gold_is", name));
    const char *clean = config_text(config, config_path("benchmarks.%s.clean", name));
    *format = (choice_format_t){.wikihow = strcmp(clean, "wikihow") == 0};
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (strcmp(kind, kinds[i]) == 0) format->gold_is = (gold_t)i;
    status_t status = parse_key(config, name, "query", &format->context);
    if (!status) status = parse_key(config, name, "continuation", &format->continuation);
    if (!status) status = parse_key(config, name, "gold", &format->gold);
    if (!status) status = parse_key(config, name, "labels", &format->labels);
    if (!status) status = parse_key(config, name, "group", &format->term);
    if (!status) status = parse_choices(config, name, format);
    if (!status && !template_is_field(format->labels))
        status = config_error(config, config_path("benchmarks.%s.labels", name),
                              "a field that holds a list is expected, as {choices.label}");
    if (status) choice_format_free(format);
    return status;
}

void choice_format_free(choice_format_t *format)
{
    template_free(&format->context);
    template_free(&format->continuation);
    template_free(&format->gold);
    template_free(&format->labels);
    template_free(&format->term);
    for (size_t i = 0; i < format->choices; i++) template_free(&format->choice[i]);
    mem_free(&format->choice);
    format->choices = 0;
}

/* ---- the files ---- */

status_t choice_items_open(const char *path, const char *answers, const choice_format_t *format,
                           choice_items_t **items)
{
    status_t status = mem_new(items, 1, "questions");
    if (status) return status;
    (*items)->format = format;
    status = lines_open(path, &(*items)->lines);
    if (!status && answers) status = lines_open(answers, &(*items)->answers);
    if (!status) status = input_stem(path, &(*items)->stem);
    if (status) choice_items_close(items);
    return status;
}

void choice_items_close(choice_items_t **items)
{
    if (!*items) return;
    lines_close(&(*items)->lines);
    lines_close(&(*items)->answers);
    mem_free(&(*items)->stem);
    mem_free(items);
}

uint64_t choice_items_position(const choice_items_t *items)
{
    return lines_position(items->lines);
}

static void clear_texts(strings_t *texts)
{
    for (size_t i = 0; i < texts->count; i++) mem_free(&texts->item[i]);
    texts->count = 0;
}

void choice_item_free(choice_item_t *item)
{
    strings_free(&item->choice);
    strings_free(&item->context);
    strings_free(&item->continuation);
    str_free(&item->term);
}

/* ---- a question ---- */

/* Appends a template's text, which may not hold NULs. */
static status_t expand(const template_t *template, const json_t *object, const char *choice,
                       bool clean, strings_t *texts)
{
    str_t text = {0}, chosen = {0};
    if (choice) chosen = (str_t){(char *)choice, strlen(choice), 0};
    status_t status = template_expand(template, object, choice ? &chosen : NULL, &text);
    if (!status && clean) status = template_clean_wikihow(&text);
    if (!status && strlen(text.data) < text.length)
        status = status_new(EXIT_INPUT, "a text holds a NUL character");
    if (!status) status = strings_append(texts, text.data);
    str_free(&text);
    return status;
}

static status_t read_choices(const choice_format_t *format, const json_t *object,
                             choice_item_t *item)
{
    strings_t list = {0};
    status_t status = NULL;
    if (format->choices == 1) {
        status = template_list(format->choice[0], object, &list);
        for (size_t i = 0; !status && i < list.count; i++) {
            str_t text = {0};
            status = str_add(&text, list.item[i]);
            if (!status && format->wikihow) status = template_clean_wikihow(&text);
            if (!status) status = strings_append(&item->choice, text.data);
            str_free(&text);
        }
        strings_free(&list);
    } else {
        for (size_t i = 0; !status && i < format->choices; i++)
            status = expand(format->choice[i], object, NULL, format->wikihow, &item->choice);
    }
    size_t count = item->choice.count;
    if (!status && (count < 2 || count > CHOICE_MOST))
        status =
            status_new(EXIT_INPUT, "%zu choices, from 2 to %d are expected", count, CHOICE_MOST);
    return status;
}

/* What is before each choice, and what of it is scored. */
static status_t expand_choices(const choice_format_t *format, const json_t *object,
                               choice_item_t *item)
{
    status_t status = NULL;
    size_t total = 0;
    for (size_t i = 0; !status && i < item->choice.count; i++) {
        const char *choice = item->choice.item[i];
        if (!*choice) status = status_new(EXIT_INPUT, "choice %zu is empty", i + 1);
        if (!status)
            status = expand(format->context, object, choice, format->wikihow, &item->context);
        if (!status)
            status = expand(format->continuation, object, choice, false, &item->continuation);
        if (status) break;
        const char *continuation = item->continuation.item[i];
        total += strlen(item->context.item[i]) + strlen(continuation);
        if (!*continuation)
            status = status_new(EXIT_INPUT, "the continuation of choice %zu is empty", i + 1);
        else if (total > CHOICE_BYTES)
            status = status_new(EXIT_INPUT, "contexts and continuations of more than %d MiB",
                                CHOICE_BYTES >> 20);
    }
    return status;
}

static status_t find_text(const strings_t *texts, const char *what, const char *gold,
                          ptrdiff_t *index)
{
    *index = strings_find(texts, gold);
    if (*index >= 0) return NULL;
    return status_new(EXIT_INPUT, "the right choice \"%.80s\" is none of the %s", gold, what);
}

/* The number that a text is by itself, or -1. */
static ptrdiff_t number_of(const char *text)
{
    size_t digits = strspn(text, "0123456789");
    return digits && digits < 10 && !text[digits] ? strtol(text, NULL, 10) : -1;
}

static status_t find_gold(const choice_format_t *format, const json_t *object, const char *gold,
                          choice_item_t *item)
{
    strings_t labels = {0};
    status_t status = NULL;
    ptrdiff_t index = -1;
    switch (format->gold_is) {
    case GOLD_INDEX:
        index = strcmp(gold, "false") == 0 ? 0 : strcmp(gold, "true") == 0 ? 1 : number_of(gold);
        break;
    case GOLD_POSITION: index = number_of(gold) - 1; break;
    case GOLD_LETTER: index = *gold >= 'A' && *gold <= 'Z' && !gold[1] ? *gold - 'A' : -1; break;
    case GOLD_TEXT: status = find_text(&item->choice, "choices", gold, &index); break;
    case GOLD_LABEL:
        status = template_list(format->labels, object, &labels);
        if (!status) status = find_text(&labels, "labels", gold, &index);
        break;
    }
    strings_free(&labels);
    if (!status && (index < 0 || (size_t)index >= item->choice.count))
        status = status_new(EXIT_INPUT, "the right choice \"%.80s\" is none of %zu choices", gold,
                            item->choice.count);
    item->gold = (int32_t)index;
    return status;
}

/* Puts the next line of the answers into the object. */
static status_t take_answer(choice_items_t *items, json_t *object)
{
    const char *line;
    size_t length;
    if (!items->answers) return NULL;
    status_t status = lines_next(items->answers, &line, &length);
    if (status) return status;
    if (length == 0)
        return status_new(EXIT_INPUT, "%s has no line for it", lines_path(items->answers));
    json_t *text = json_stringn(line, line_text(line, length));
    if (!text)
        return status_new(EXIT_INPUT, "%s:%lld: not UTF-8", lines_path(items->answers),
                          (long long)lines_number(items->answers));
    if (json_object_set_new(object, "answer", text) == 0) return NULL;
    return status_new(EXIT_RESOURCE, "out of memory: an answer");
}

/* A line more than there are questions tells that the files do not belong together. */
static status_t check_answers_end(choice_items_t *items)
{
    const char *line;
    size_t length = 0;
    if (!items->answers) return NULL;
    status_t status = lines_next(items->answers, &line, &length);
    if (status || length == 0) return status;
    return status_new(EXIT_INPUT, "%s has more lines than %s has questions",
                      lines_path(items->answers), lines_path(items->lines));
}

static status_t read_item(choice_items_t *items, json_t *object, choice_item_t *item)
{
    const choice_format_t *format = items->format;
    str_t gold = {0};
    clear_texts(&item->choice);
    clear_texts(&item->context);
    clear_texts(&item->continuation);
    str_clear(&item->term);
    status_t status = take_answer(items, object);
    if (!status) status = read_choices(format, object, item);
    if (!status) status = expand_choices(format, object, item);
    if (!status) status = template_expand(format->gold, object, NULL, &gold);
    if (!status) status = find_gold(format, object, gold.data, item);
    if (!status && format->term) status = template_expand(format->term, object, NULL, &item->term);
    else if (!status) status = str_add(&item->term, items->stem);
    if (!status && (item->term.length > CHOICE_TERM_BYTES || item->term.length == 0 ||
                    strlen(item->term.data) < item->term.length))
        status = status_new(EXIT_INPUT, "a group's name of 1 to %d bytes is expected",
                            CHOICE_TERM_BYTES);
    str_free(&gold);
    return status;
}

status_t choice_items_next(choice_items_t *items, choice_item_t *item, bool *found)
{
    json_t *object = NULL;
    status_t status = json_lines_next(items->lines, false, &object);
    *found = !status && object;
    if (!status && !object) status = check_answers_end(items);
    if (!*found) return status;
    item->line = lines_number(items->lines);
    status = read_item(items, object, item);
    json_decref(object);
    return status_wrap(status, "%s:%lld", lines_path(items->lines), (long long)item->line);
}
