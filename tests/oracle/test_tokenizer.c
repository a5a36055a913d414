/* Ids and offsets of six real vocabularies against those of the tokenizers library 0.22.2,
 * which wrote $WN_SHARED/oracle/tokenizers/<name>/encodings.jsonl: one text a line with special
 * tokens, offsets in code points. */
#include <jansson.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/file.h"
#include "text/tokenizer.h"

static void check(status_t status)
{
    if (status) fail_msg("%s", status_message(status));
}

static const char *shared_directory(void)
{
    const char *given = getenv("WN_SHARED");
    return given ? given : "../shared";
}

static void check_line(tokenizer_t *tokenizer, const char *line, size_t length, size_t number)
{
    json_error_t error;
    json_t *root = json_loadb(line, length, JSON_ALLOW_NUL, &error);
    assert_non_null(root);
    const json_t *text = json_object_get(root, "text"), *ids = json_object_get(root, "ids");
    const json_t *offsets = json_object_get(root, "offsets");
    encoding_t encoding = {0}, plain = {0};
    check(tokenizer_encode(tokenizer, json_string_value(text), json_string_length(text),
                           ENCODE_SPECIAL | ENCODE_OFFSETS, &encoding));
    check(tokenizer_encode(tokenizer, json_string_value(text), json_string_length(text),
                           ENCODE_SPECIAL, &plain));
    if (encoding.count != json_array_size(ids))
        fail_msg("line %zu: %zu tokens, expected %zu", number, encoding.count,
                 json_array_size(ids));
    assert_int_equal(plain.count, encoding.count);
    for (size_t i = 0; i < encoding.count; i++) {
        const json_t *span = json_array_get(offsets, i);
        long long expected[3] = {json_integer_value(json_array_get(ids, i)),
                                 json_integer_value(json_array_get(span, 0)),
                                 json_integer_value(json_array_get(span, 1))};
        if (encoding.id[i] != expected[0] || plain.id[i] != expected[0])
            fail_msg("line %zu, token %zu: id %d, expected %lld", number, i, encoding.id[i],
                     expected[0]);
        if (encoding.span[i].start != expected[1] || encoding.span[i].end != expected[2])
            fail_msg("line %zu, token %zu: [%lld, %lld), expected [%lld, %lld)", number, i,
                     (long long)encoding.span[i].start, (long long)encoding.span[i].end,
                     expected[1], expected[2]);
    }
    encoding_free(&encoding);
    encoding_free(&plain);
    json_decref(root);
}

static void check_vocabulary(void **state)
{
    enum { TEXTS = 492 };
    char path[4096], expected[4096];
    snprintf(path, sizeof path, "%s/oracle/tokenizers/%s", shared_directory(),
             (const char *)*state);
    if (!file_is_directory(path)) {
        print_message("skipped: no reference results at %s\n", path);
        skip();
    }
    tokenizer_t *tokenizer = NULL;
    check(tokenizer_open(path, &tokenizer));
    snprintf(expected, sizeof expected, "%s/oracle/tokenizers/%s/encodings.jsonl",
             shared_directory(), (const char *)*state);
    str_t lines = {0};
    check(file_read(expected, (size_t)1 << 30, &lines));
    size_t number = 0;
    for (char *at = lines.data, *end; (end = strchr(at, '\n')); at = end + 1)
        check_line(tokenizer, at, (size_t)(end - at), ++number);
    assert_int_equal(number, TEXTS);
    str_free(&lines);
    tokenizer_close(&tokenizer);
}

int main(void)
{
    static char *const names[] = {"books",  "llama3", "mistral_v3", "mistral_v3_metaspace",
                                  "pythia", "qwen"};
    struct CMUnitTest tests[6];
    for (size_t i = 0; i < 6; i++)
        tests[i] = (struct CMUnitTest){names[i], check_vocabulary, NULL, NULL, names[i]};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
