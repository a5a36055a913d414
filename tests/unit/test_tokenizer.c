/* The tokenizer as a whole: ids and offsets of small tokenizers of every kind, as the tokenizers
 * library 0.22.2 has them (tests/data/tokenizers/make_cases.py), and the files and texts that it
 * must refuse. */
#include "tests/encoded.h"

#include <jansson.h>

#include "core/log.h"
#include "core/random.h"

static tokenizer_t *open_text(const char *directory, const char *json)
{
    tokenizer_t *tokenizer = NULL;
    scratch_write(directory, "tokenizer.json", json, strlen(json));
    expect_ok(tokenizer_open(directory, &tokenizer));
    return tokenizer;
}

static void refuse_text(const char *directory, const char *json, const char *message)
{
    tokenizer_t *tokenizer = NULL;
    scratch_write(directory, "tokenizer.json", json, strlen(json));
    expect_error(tokenizer_open(directory, &tokenizer), EXIT_INPUT, message);
    assert_null(tokenizer);
}

/* Encodes the text twice, with an empty and with a filled cache, with and without offsets. */
static void check_text(tokenizer_t *tokenizer, const json_t *expected, size_t line)
{
    const json_t *text = json_object_get(expected, "text");
    const json_t *ids = json_object_get(expected, "ids");
    const json_t *offsets = json_object_get(expected, "offsets");
    for (int round = 0; round < 3; round++) {
        encoding_t encoding = {0};
        int flags = ENCODE_SPECIAL | (round == 1 ? 0 : ENCODE_OFFSETS);
        expect_ok(tokenizer_encode(tokenizer, json_string_value(text), json_string_length(text),
                                   flags, &encoding));
        if (encoding.count != json_array_size(ids))
            fail_msg("case %zu, %s: %zu tokens, expected %zu", line, json_string_value(text),
                     encoding.count, json_array_size(ids));
        for (size_t i = 0; i < encoding.count; i++) {
            const json_t *span = json_array_get(offsets, i);
            int64_t start = json_integer_value(json_array_get(span, 0));
            int64_t end = json_integer_value(json_array_get(span, 1));
            if (encoding.id[i] != json_integer_value(json_array_get(ids, i)) ||
                (round != 1 && (encoding.span[i].start != start || encoding.span[i].end != end)))
                fail_msg("case %zu, %s, token %zu: %d", line, json_string_value(text), i,
                         encoding.id[i]);
        }
        encoding_free(&encoding);
    }
}

static void test_cases(void **state)
{
    enum { CASES = 80 };
    str_t lines = {0};
    expect_ok(file_read("tests/data/tokenizers/cases.jsonl", 1 << 24, &lines));
    size_t line = 0;
    for (char *at = lines.data, *end; (end = strchr(at, '\n')); at = end + 1) {
        json_t *root = json_loadb(at, (size_t)(end - at), 0, NULL);
        json_t *texts = json_object_get(root, "texts"), *text;
        char *json = json_dumps(json_object_get(root, "tokenizer"), 0);
        tokenizer_t *tokenizer = open_text(*state, json);
        size_t i;
        line++;
        json_array_foreach(texts, i, text) check_text(tokenizer, text, line);
        tokenizer_close(&tokenizer);
        free(json);
        json_decref(root);
    }
    assert_int_equal(line, CASES);
    str_free(&lines);
    scratch_remove(*state, "tokenizer.json");
}

/* The demo's tokenizer; expectations from the library. */
static void test_demo(void **state)
{
    (void)state;
    tokenizer_t *tokenizer = NULL;
    size_t length;
    expect_ok(tokenizer_open("tests/data/demo/model/tokenizer.json", &tokenizer));
    assert_int_equal(tokenizer_size(tokenizer), 640);
    EXPECT_IDS(tokenizer, "The keys to the cabinet are on the table.", ENCODE_SPECIAL, 336, 280, 69,
               89, 83, 257, 79, 259, 328, 66, 270, 338, 346, 292, 78, 259, 563, 421, 14);
    EXPECT_IDS(tokenizer, "She didn't see 12 birds\n\nor \xc3\xa9t\xc3\xa9<|endoftext|> x", 0, 51,
               258, 221, 68, 400, 78, 7, 84, 494, 221, 17, 18, 261, 288, 68, 83, 199, 199, 269, 221,
               128, 103, 84, 128, 103, 0, 221, 88);
    expect_ids(tokenizer, "", ENCODE_SPECIAL | ENCODE_OFFSETS, NULL, 0);
    assert_int_equal(tokenizer_find(tokenizer, "<|endoftext|>"), 0);
    assert_int_equal(tokenizer_find(tokenizer, "\xc4\xa0the"), 259);
    assert_int_equal(tokenizer_find(tokenizer, "absent"), -1);
    assert_memory_equal(tokenizer_token(tokenizer, 259, &length), " the", 4);
    assert_int_equal(length, 4);
    assert_memory_equal(tokenizer_token(tokenizer, 128, &length), "\xc3", 1);
    assert_int_equal(length, 1);
    assert_null(tokenizer_token(tokenizer, 640, &length));
    assert_null(tokenizer_token(tokenizer, -1, &length));
    assert_int_equal(tokenizer_bos(tokenizer), -1); /* no tokenizer_config.json there */
    assert_int_equal(strlen(tokenizer_hash(tokenizer)), SHA256_HEX - 1);
    tokenizer_close(&tokenizer);
    assert_null(tokenizer);
}

static void test_bad_text(void **state)
{
    static const char small[] = "{\"added_tokens\":[],\"model\":{\"type\":\"BPE\",\"vocab\":{\"a\":"
                                "0,\"\xc3\xa9\":1},\"merges\":[]}}";
    tokenizer_t *tokenizer = open_text(*state, small);
    encoding_t encoding = {0};
    expect_error(tokenizer_encode(tokenizer, "aa\xff", 3, 0, &encoding), EXIT_INPUT,
                 "not valid UTF-8 at byte 2 (0xFF)");
    expect_error(tokenizer_encode(tokenizer, "a\xc3", 2, 0, &encoding), EXIT_INPUT, "at byte 1");
    expect_error(tokenizer_encode(tokenizer, "\xed\xa0\x80", 3, 0, &encoding), EXIT_INPUT,
                 "byte 0");
    expect_error(tokenizer_encode(tokenizer, "aab", 3, 0, &encoding), EXIT_INPUT,
                 "character U+0062 has no token");
    expect_error(tokenizer_encode(tokenizer, "a\xe2\x82\xac", 4, 0, &encoding), EXIT_INPUT,
                 "U+20AC");
    expect_error(tokenizer_encode(tokenizer, "a\0a", 3, 0, &encoding), EXIT_INPUT, "U+0000");
    EXPECT_IDS(tokenizer,
               "\xc3\xa9"
               "a",
               0, 1, 0); /* and it still works */
    encoding_free(&encoding);
    tokenizer_close(&tokenizer);
    scratch_remove(*state, "tokenizer.json");
}

/* Rules that blow a text up are stopped; so are patterns that try everything. */
static void test_runaway_rules(void **state)
{
    enum { LENGTH = 2000 };
    str_t json = {0};
    char text[LENGTH];
    encoding_t encoding = {0};
    memset(text, 'a', sizeof text);
    expect_ok(str_add(&json, "{\"normalizer\":{\"type\":\"Sequence\",\"normalizers\":["));
    for (int i = 0; i < 20; i++)
        expect_ok(str_printf(&json,
                             "%s{\"type\":\"Replace\",\"pattern\":{\"String\":\"a\"},"
                             "\"content\":\"aaaaaaaa\"}",
                             i ? "," : ""));
    expect_ok(str_add(&json, "]},\"model\":{\"vocab\":{\"a\":0},\"merges\":[]}}"));
    tokenizer_t *tokenizer = open_text(*state, json.data);
    expect_error(tokenizer_encode(tokenizer, text, LENGTH, 0, &encoding), EXIT_INPUT,
                 "a normalised text grows beyond");
    tokenizer_close(&tokenizer);
    tokenizer =
        open_text(*state, "{\"pre_tokenizer\":{\"type\":\"Split\",\"behavior\":\"Isolated\","
                          "\"invert\":false,\"pattern\":{\"Regex\":\"(?:a+)+[bc]\"}},"
                          "\"model\":{\"vocab\":{\"a\":0},\"merges\":[]}}");
    expect_error(tokenizer_encode(tokenizer, text, LENGTH, 0, &encoding), EXIT_INPUT,
                 "(?:a+)+[bc]");
    tokenizer_close(&tokenizer);
    encoding_free(&encoding);
    str_free(&json);
    scratch_remove(*state, "tokenizer.json");
}

#define MODEL \
    "\"model\":{\"type\":\"BPE\",\"vocab\":{\"a\":0,\"b\":1,\"ab\":2},\"merges\":[\"a b\"]}"

static void test_refused_files(void **state)
{
    static const char *const refused[][2] = {
        {"", "tokenizer.json, line"},
        {"[]", "holds no JSON object"},
        {"{}", "\"model\" is missing"},
        {"{\"version\":\"2.0\"," MODEL "}", "version 2.0"},
        {"{\"truncation\":{}," MODEL "}", "truncation is not supported"},
        {"{\"padding\":{}," MODEL "}", "padding is not supported"},
        {"{\"normalizer\":{\"type\":\"NFKC\"}," MODEL "}", "normalizer NFKC is not supported"},
        {"{\"normalizer\":{\"type\":\"NFC\",\"x\":1}," MODEL "}", "option \"x\""},
        {"{\"normalizer\":{\"type\":\"Replace\",\"content\":\"\",\"pattern\":{\"String\":\"\"}}"
         "," MODEL "}",
         "an empty pattern"},
        {"{\"normalizer\":3," MODEL "}", "normalizer: \"type\""},
        {"{\"pre_tokenizer\":{\"type\":\"Whitespace\"}," MODEL "}", "pre_tokenizer Whitespace"},
        {"{\"pre_tokenizer\":{\"type\":\"Split\",\"behavior\":\"Removed\"}," MODEL "}",
         "behavior \"Removed\""},
        {"{\"pre_tokenizer\":{\"type\":\"Split\",\"behavior\":\"Isolated\",\"invert\":false,"
         "\"pattern\":{\"Regex\":\"(\"}}," MODEL "}",
         "regular expression ("},
        {"{\"pre_tokenizer\":{\"type\":\"ByteLevel\",\"trim_offsets\":true}," MODEL "}",
         "\"add_prefix_space\" is missing"},
        {"{\"pre_tokenizer\":{\"type\":\"Metaspace\",\"replacement\":\"__\"}," MODEL "}",
         "not one character"},
        {"{\"pre_tokenizer\":{\"type\":\"Metaspace\",\"replacement\":\"_\",\"prepend_scheme\":"
         "\"x\"}," MODEL "}",
         "prepend_scheme \"x\""},
        {"{\"post_processor\":{\"type\":\"RobertaProcessing\"}," MODEL "}",
         "post_processor RobertaProcessing"},
        {"{\"post_processor\":{\"type\":\"TemplateProcessing\",\"single\":[],\"special_tokens\":{}}"
         "," MODEL "}",
         "has no A"},
        {"{\"post_processor\":{\"type\":\"TemplateProcessing\",\"single\":[{\"SpecialToken\":{"
         "\"id\":\"x\"}}],"
         "\"special_tokens\":{}}," MODEL "}",
         "special token x is not described"},
        {"{\"added_tokens\":[{\"id\":3,\"content\":\"c\"}]," MODEL "}",
         "\"single_word\" is missing"},
        {"{\"model\":{\"type\":\"Unigram\",\"vocab\":[]}}", "model Unigram is not supported"},
        {"{\"model\":{\"type\":\"BPE\",\"dropout\":0.5,\"vocab\":{},\"merges\":[]}}", "dropout"},
        {"{\"model\":{\"type\":\"BPE\",\"end_of_word_suffix\":\"</"
         "w>\",\"vocab\":{},\"merges\":[]}}",
         "end_of_word_suffix"},
        {"{\"model\":{\"type\":\"BPE\",\"vocab\":{\"a\":0},\"merges\":[\"a b\"]}}",
         "merged token b is not in the vocabulary"},
        {"{\"model\":{\"type\":\"BPE\",\"vocab\":{\"a\":0,\"b\":1},\"merges\":[[\"a\",\"b\"]]}}",
         "merge result ab is not in the vocabulary"},
        {"{\"model\":{\"type\":\"BPE\",\"vocab\":{\"a\":0},\"merges\":[\"a\"]}}",
         "merge 0 is \"a\""},
        {"{\"model\":{\"type\":\"BPE\",\"vocab\":{\"a\":0},\"merges\":[3]}}",
         "merge 0 is not a pair"},
        {"{\"model\":{\"type\":\"BPE\",\"vocab\":{\"a\":0,\"b\":0},\"merges\":[]}}",
         "both have id 0"},
        {"{\"model\":{\"type\":\"BPE\",\"vocab\":{\"a\":2000000000},\"merges\":[]}}",
         "has id 2000000000"},
        {"{\"model\":{\"type\":\"BPE\",\"vocab\":{\"a\":-1},\"merges\":[]}}", "has id -1"},
        {"{\"model\":{\"type\":\"BPE\",\"vocab\":{\"a\":0.5},\"merges\":[]}}", "is not an integer"},
    };
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++)
        refuse_text(*state, refused[i][0], refused[i][1]);
    str_t deep = {0};
    expect_ok(str_add(&deep, "{\"normalizer\":"));
    for (int i = 0; i < 100; i++)
        expect_ok(str_add(&deep, "{\"type\":\"Sequence\",\"normalizers\":["));
    for (int i = 0; i < 100; i++) expect_ok(str_add(&deep, "]}"));
    expect_ok(str_add(&deep, "," MODEL "}"));
    refuse_text(*state, deep.data, "nested too deep");
    str_free(&deep);
    scratch_remove(*state, "tokenizer.json");
    tokenizer_t *tokenizer = NULL;
    expect_error(tokenizer_open(*state, &tokenizer), EXIT_INPUT, "vocab.json");
}

static void ignore_line(log_level_t level, const char *text)
{
    (void)level, (void)text;
}

/* Damaged files are refused or read, never worse (the sanitizers look on). */
static void test_damaged_files(void **state)
{
    enum { TRIALS = 400 };
    str_t lines = {0};
    random_t random = random_stream(3, "damage", 0);
    log_set_sink(&(log_sink_t){.line = ignore_line}); /* ids that are not as declared are told */
    expect_ok(file_read("tests/data/tokenizers/cases.jsonl", 1 << 24, &lines));
    size_t line = (size_t)(strchr(lines.data, '\n') - lines.data);
    const char *start = strchr(lines.data, ':') + 1; /* {"tokenizer":{...},"texts":... */
    for (int trial = 0; trial < TRIALS; trial++) {
        size_t length = (size_t)(strstr(start, ",\"texts\"") - start);
        assert_true(length < line);
        char *copy = NULL;
        expect_ok(str_copy_n(&copy, start, length));
        if (trial % 2) length = random_below(&random, length);
        else copy[random_below(&random, length)] = (char)random_below(&random, 256);
        scratch_write(*state, "tokenizer.json", copy, length);
        tokenizer_t *tokenizer = NULL;
        encoding_t encoding = {0};
        status_t status = tokenizer_open(*state, &tokenizer);
        if (!status)
            status = tokenizer_encode(tokenizer, copy, utf8_valid_prefix(copy, length),
                                      ENCODE_SPECIAL | ENCODE_OFFSETS, &encoding);
        status_free(&status);
        encoding_free(&encoding);
        tokenizer_close(&tokenizer);
        mem_free(&copy);
    }
    log_set_sink(NULL);
    str_free(&lines);
    scratch_remove(*state, "tokenizer.json");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_cases, scratch_create, scratch_destroy),
        cmocka_unit_test(test_demo),
        cmocka_unit_test_setup_teardown(test_bad_text, scratch_create, scratch_destroy),
        cmocka_unit_test_setup_teardown(test_runaway_rules, scratch_create, scratch_destroy),
        cmocka_unit_test_setup_teardown(test_refused_files, scratch_create, scratch_destroy),
        cmocka_unit_test_setup_teardown(test_damaged_files, scratch_create, scratch_destroy),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
