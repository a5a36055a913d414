/* Any bytes up to a NUL as a template, and what follows as the JSON object that it is filled from. */
#include <jansson.h>

#include "core/strings.h"
#include "tests/fuzz/fuzz.h"
#include "text/template.h"

static void fill(const template_t *template, const json_t *object)
{
    str_t text = {0}, choice = {0};
    strings_t list = {0};
    fuzz_require(!str_add(&choice, "a choice"));
    status_t status = template_expand(template, object, &choice, &text);
    if (!status) fuzz_require(utf8_valid_prefix(text.data, text.length) == text.length);
    fuzz_refused(&status);
    if (template_is_field(template)) {
        status = template_list(template, object, &list);
        for (size_t i = 0; !status && i < list.count; i++) {
            size_t length = strlen(list.item[i]);
            fuzz_require(utf8_valid_prefix(list.item[i], length) == length);
        }
        fuzz_refused(&status);
    }
    strings_free(&list);
    str_free(&text);
    str_free(&choice);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    template_t *template = NULL;
    char *text = NULL;
    size_t length;
    const char *part = fuzz_part(&data, &size, &length);
    /* A configuration's texts are UTF-8: YAML knows no others. */
    if (utf8_valid_prefix(part, length) < length) return 0;
    json_t *object = json_loadb((const char *)data, size, JSON_ALLOW_NUL, NULL);
    fuzz_require(!str_copy_n(&text, part, length));
    status_t status = template_parse(text, &template);
    if (!status && object) fill(template, object);
    fuzz_refused_as(EXIT_USAGE, &status);
    template_free(&template);
    json_decref(object);
    free(text);
    return 0;
}
