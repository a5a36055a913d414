/* Cutting texts under six real vocabularies: the ids of the parts, one after another, are those of
 * the whole, for every cut of made-up texts full of traps and of the reference texts joined at
 * random. The oracle is the tokenizer itself on the whole text, which other tests compare with the
 * reference. */
#include "tests/scratch.h"

#include <jansson.h>

#include "core/random.h"
#include "text/cut.h"

static const char *shared_directory(void)
{
    const char *given = getenv("WN_SHARED");
    return given ? given : "../shared";
}

/* What makes pre-tokenisers, normalisers and added tokens do something. */
static const char *const traps[] = {
    " ",
    " ",
    " ",
    " ",
    "  ",
    "\n",
    "\n\n",
    "\t",
    "\r\n",
    "a",
    "b",
    "the",
    "The",
    "ing",
    "I",
    "'",
    "'s",
    "'re",
    "'LL",
    "'t",
    "\xe2\x80\x99s",
    "1",
    "23",
    "4567",
    "\xd9\xa1",
    "\xe2\x85\xa7",
    ".",
    ",",
    "!?",
    "...",
    "(",
    ")",
    "-",
    "_",
    "\xe2\x96\x81",
    "\xe2\x96\x81\xe2\x96\x81",
    "\xc2\xa0",
    "\xe3\x80\x80",
    "\xe1\xa0\x8e",
    "\xe2\x80\x8b",
    "\xc3\xa9",
    "e\xcc\x81",
    "\xcc\x81",
    "\xcc\xb8\xcc\x81",
    "\xe4\xb8\xad\xe6\x96\x87",
    "\xe3\x80\x82",
    "\xef\xbc\x8c",
    "\xed\x95\x9c",
    "\xe1\x84\x92\xe1\x85\xa1\xe1\x86\xab",
    "\xe0\xa4\x95\xe0\xa5\x8d\xe0\xa4\xb7",
    "\xe0\xa5\x98",
    "\xf0\x9f\x98\x80",
    "\xf0\x9d\x92\x9c",
    "<|endoftext|>",
    "<s>",
    "</s>",
    "<|begin_of_text|>",
    "<|im_start|>",
    "<unk>",
    "[INST]",
    "\xcd\xbe",
    "\xe2\x84\xab",
    "\xe1\xbf\xaf",
    "\xe2\x80\x80",
    "if (x == 1) {",
    "return 0;",
    "        ",
    "\x01",
    "\x1c",
};

static void make_text(random_t *random, const json_t *lines, str_t *text)
{
    size_t pieces = 20 + random_below(random, 300);
    bool plain = random_below(random, 3) == 0;
    str_clear(text);
    for (size_t i = 0; i < pieces; i++) {
        bool line = json_array_size(lines) && random_below(random, 20) == 0;
        if (plain && random_below(random, 8)) {
            expect_ok(str_printf(text, "%s%c%c", random_below(random, 6) ? " " : "",
                                 (char)('a' + random_below(random, 26)),
                                 (char)('a' + random_below(random, 26))));
        } else if (line) {
            const json_t *from =
                json_array_get(lines, random_below(random, json_array_size(lines)));
            if (json_string_length(from) < 2000)
                expect_ok(str_append(text, json_string_value(from), json_string_length(from)));
        } else {
            expect_ok(str_add(text, traps[random_below(random, sizeof traps / sizeof *traps)]));
        }
    }
}

static void append(str_t *ids, const encoding_t *encoding)
{
    expect_ok(str_append(ids, (const char *)encoding->id, encoding->count * sizeof(int32_t)));
}

static void expect_same(const str_t *parts, const encoding_t *whole, const str_t *text, size_t at)
{
    size_t bytes = whole->count * sizeof(int32_t);
    if (parts->length == bytes && memcmp(parts->data, whole->id, bytes) == 0) return;
    size_t from = at > 30 ? at - 30 : 0;
    fail_msg("cut at byte %zu: \"%.*s\" | \"%.30s\"", at, (int)(at - from), text->data + from,
             text->data + at);
}

/* Each cut by itself, found from what may be seen of the text, then all of them together. */
static size_t check_text(tokenizer_t *tokenizer, cutter_t *cutter, random_t *random,
                         const str_t *text, const encoding_t *whole)
{
    enum { FLAGS = ENCODE_SPECIAL };
    encoding_t encoding = {0};
    str_t ids = {0}, all = {0};
    size_t cuts = 0, start = 0;
    for (size_t from = 0;; cuts++) {
        cut_t cut;
        bool found;
        size_t seen = text->length - random_below(random, text->length - from + 1);
        expect_ok(cutter_next(cutter, text->data, seen, from, &cut, &found));
        if (!found && seen < text->length)
            expect_ok(cutter_next(cutter, text->data, text->length, from, &cut, &found));
        if (!found) break;
        assert_true(cut.end >= from && cut.end > 0 && cut.start >= cut.end);
        assert_true(cut.start < text->length);
        str_clear(&ids);
        expect_ok(cutter_encode(tokenizer, text->data, cut.end, FLAGS, true, false, &encoding));
        append(&ids, &encoding);
        expect_ok(cutter_encode(tokenizer, text->data + cut.start, text->length - cut.start, FLAGS,
                                false, true, &encoding));
        append(&ids, &encoding);
        expect_same(&ids, whole, text, cut.end);
        if (cut.end > start) {
            expect_ok(cutter_encode(tokenizer, text->data + start, cut.end - start, FLAGS,
                                    start == 0, false, &encoding));
            append(&all, &encoding);
            start = cut.start;
        }
        from = cut.start + (cut.start == cut.end);
    }
    expect_ok(cutter_encode(tokenizer, text->data + start, text->length - start, FLAGS, start == 0,
                            true, &encoding));
    append(&all, &encoding);
    expect_same(&all, whole, text, start);
    encoding_free(&encoding);
    str_free(&ids);
    str_free(&all);
    return cuts;
}

static json_t *read_texts(const char *path)
{
    str_t lines = {0};
    json_t *texts = json_array();
    expect_ok(file_read(path, (size_t)1 << 30, &lines));
    for (char *at = lines.data, *end; (end = strchr(at, '\n')); at = end + 1) {
        json_t *root = json_loadb(at, (size_t)(end - at), JSON_ALLOW_NUL, NULL);
        assert_non_null(root);
        assert_int_equal(json_array_append(texts, json_object_get(root, "text")), 0);
        json_decref(root);
    }
    str_free(&lines);
    return texts;
}

static void check_vocabulary(void **state)
{
    enum { TEXTS = 40, CUTS = 300 };
    char path[4096];
    snprintf(path, sizeof path, "%s/oracle/tokenizers/%s", shared_directory(),
             (const char *)*state);
    if (!file_is_directory(path)) {
        print_message("skipped: no reference results at %s\n", path);
        skip();
    }
    tokenizer_t *tokenizer = NULL;
    cutter_t *cutter = NULL;
    str_t text = {0};
    encoding_t whole = {0};
    random_t random = random_stream(5, "test", 0);
    size_t cuts = 0;
    expect_ok(tokenizer_open(path, &tokenizer));
    expect_ok(cutter_create(tokenizer, &cutter));
    strcat(path, "/encodings.jsonl");
    json_t *lines = read_texts(path);
    for (int i = 0; i < TEXTS; i++) {
        make_text(&random, lines, &text);
        expect_ok(tokenizer_encode(tokenizer, text.data, text.length, ENCODE_SPECIAL, &whole));
        cuts += check_text(tokenizer, cutter, &random, &text, &whole);
    }
    if (cuts < CUTS) fail_msg("%zu cuts, too few to tell anything", cuts);
    json_decref(lines);
    encoding_free(&whole);
    str_free(&text);
    cutter_destroy(&cutter);
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
