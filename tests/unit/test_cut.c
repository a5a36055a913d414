/* Cutting under small tokenizers that are made up so that a cut at the wrong place shows: tokens
 * that span spaces, a normalizer that puts a space before every text, added tokens that strip
 * white space or must stand alone. */
#include "tests/scratch.h"

#include "core/random.h"
#include "text/cut.h"

#define MARK "\xe2\x96\x81"

/* vocab and merges of a model of characters a b c d and the mark, with b_c one token. */
#define CHARACTERS                                                                        \
    "\"<unk>\":0,\"a\":1,\"b\":2,\"c\":3,\"d\":4,\"" MARK "\":5,\"" MARK "c\":6,\"b" MARK \
    "c\":7,\"ab\":8,\"" MARK "a\":9,\"" MARK "b\":10"
#define MERGES                                                                               \
    "[\"" MARK "\",\"c\"],[\"b\",\"" MARK "c\"],[\"a\",\"b\"],[\"" MARK "\",\"a\"],[\"" MARK \
    "\",\"b\"]"
#define MODEL                                                                                  \
    "\"model\":{\"type\":\"BPE\",\"unk_token\":\"<unk>\",\"fuse_unk\":true,\"byte_fallback\":" \
    "false,\"vocab\":{" CHARACTERS "},\"merges\":[" MERGES "]}"
#define REPLACE "{\"type\":\"Replace\",\"pattern\":{\"String\":\" \"},\"content\":\"" MARK "\"}"
#define PREPEND "{\"type\":\"Prepend\",\"prepend\":\"" MARK "\"}"
#define METASPACE(scheme, split)                                        \
    "\"pre_tokenizer\":{\"type\":\"Metaspace\",\"replacement\":\"" MARK \
    "\",\"prepend_scheme\":\"" scheme "\",\"split\":" split "},"
#define NORMALIZER(steps) "\"normalizer\":{\"type\":\"Sequence\",\"normalizers\":[" steps "]},"

static tokenizer_t *open_tokenizer(void **state, const char *parts)
{
    char *path = NULL;
    str_t json = {0};
    tokenizer_t *tokenizer = NULL;
    expect_ok(str_printf(&json, "{\"version\":\"1.0\",%s" MODEL "}", parts));
    scratch_write(*state, "tokenizer.json", json.data, json.length);
    expect_ok(path_join(*state, "tokenizer.json", &path));
    expect_ok(tokenizer_open(path, &tokenizer));
    scratch_remove(*state, "tokenizer.json");
    str_free(&json);
    mem_free(&path);
    return tokenizer;
}

static void random_text(random_t *random, const char *const *pieces, size_t count, str_t *text)
{
    str_clear(text);
    for (uint64_t left = 100 + random_below(random, 200); left > 0; left--)
        expect_ok(str_add(text, pieces[random_below(random, count)]));
}

/* Cuts of random texts, each compared with the whole; returns their number. */
static size_t check_cuts(void **state, const char *parts, const char *const *pieces, size_t count)
{
    tokenizer_t *tokenizer = open_tokenizer(state, parts);
    cutter_t *cutter = NULL;
    encoding_t whole = {0}, left = {0}, right = {0};
    random_t random = random_stream(3, "test", 0);
    str_t text = {0};
    size_t cuts = 0;
    expect_ok(cutter_create(tokenizer, &cutter));
    for (int i = 0; i < 200; i++) {
        cut_t cut;
        random_text(&random, pieces, count, &text);
        expect_ok(tokenizer_encode(tokenizer, text.data, text.length, ENCODE_SPECIAL, &whole));
        for (size_t from = 0; from < text.length; from = cut.end + 1, cuts++) {
            bool found;
            expect_ok(cutter_next(cutter, text.data, text.length, from, &cut, &found));
            if (!found) break;
            expect_ok(
                cutter_encode(tokenizer, text.data, cut.end, ENCODE_SPECIAL, true, false, &left));
            expect_ok(cutter_encode(tokenizer, text.data + cut.start, text.length - cut.start,
                                    ENCODE_SPECIAL, false, true, &right));
            assert_int_equal(left.count + right.count, whole.count);
            assert_memory_equal(left.id, whole.id, left.count * sizeof *left.id);
            assert_memory_equal(right.id, whole.id + left.count, right.count * sizeof *right.id);
        }
    }
    assert_true(cutter_can(cutter) || cuts == 0);
    encoding_free(&whole);
    encoding_free(&left);
    encoding_free(&right);
    str_free(&text);
    cutter_destroy(&cutter);
    tokenizer_close(&tokenizer);
    return cuts;
}

static const char *const spaced[] = {"a", "b", "c", "d", "x", " ", " ", "  ", MARK, "\n", "ab"};
enum { SPACED = sizeof spaced / sizeof *spaced };

/* Between b and a space the token b_c may stand: cuts are elsewhere. */
static void test_merges_across_spaces(void **state)
{
    assert_true(check_cuts(state, NORMALIZER(PREPEND "," REPLACE), spaced, SPACED) > 300);
    assert_true(check_cuts(state, NORMALIZER(REPLACE "," PREPEND), spaced, SPACED) > 300);
    assert_true(check_cuts(state, NORMALIZER(REPLACE), spaced, SPACED) > 300);
    assert_true(check_cuts(state, METASPACE("always", "false"), spaced, SPACED) > 300);
    assert_true(check_cuts(state, METASPACE("first", "false"), spaced, SPACED) > 300);
    assert_true(check_cuts(state, METASPACE("first", "true"), spaced, SPACED) > 300);
    assert_true(check_cuts(state, METASPACE("never", "true"), spaced, SPACED) > 300);
}

/* What is not understood is left whole. */
static void test_unknown_rules(void **state)
{
    static const char other[] =
        "{\"type\":\"Replace\",\"pattern\":{\"String\":\"a \"},\"content\":\"b\"}";
    static const char pattern[] = "\"pre_tokenizer\":{\"type\":\"Split\",\"pattern\":{\"Regex\":"
                                  "\"a[^a]+\"},\"behavior\":\"Isolated\",\"invert\":false},";
    char steps[300];
    assert_int_equal(check_cuts(state, "", spaced, SPACED), 0);
    assert_int_equal(check_cuts(state, pattern, spaced, SPACED), 0);
    snprintf(steps, sizeof steps, NORMALIZER("%s," REPLACE), other);
    assert_int_equal(check_cuts(state, steps, spaced, SPACED), 0);
    assert_int_equal(check_cuts(state, NORMALIZER(PREPEND), spaced, SPACED), 0);
    assert_int_equal(
        check_cuts(state, NORMALIZER(PREPEND) METASPACE("always", "true"), spaced, SPACED), 0);
}

#define ADDED(id, content, single, left, right, normal)                                      \
    "{\"id\":" id ",\"content\":\"" content "\",\"single_word\":" single ",\"lstrip\":" left \
    ",\"rstrip\":" right ",\"normalized\":" normal ",\"special\":true}"

static void test_added_tokens(void **state)
{
    static const char *const pieces[] = {"a",
                                         "b",
                                         "c",
                                         "d",
                                         " ",
                                         " ",
                                         " ",
                                         "  ",
                                         "\n",
                                         "ad",
                                         "<l>",
                                         "<r>",
                                         "<w>",
                                         "<n>",
                                         "c c",
                                         "xx",
                                         "ab ab",
                                         "abc dcb adc dab ",
                                         "bad cab dad bad cab dad bad "};
    static const char added[] =
        "\"added_tokens\":[" ADDED("11", "<l>", "false", "true", "false", "false") "," ADDED(
            "12", "<r>", "false", "false", "true",
            "false") "," ADDED("13", "<w>", "true", "false", "false",
                               "false") "," ADDED("14", "<n>", "false", "true", "true",
                                                  "true") "," ADDED("15", "d a", "false", "false",
                                                                    "false",
                                                                    "true") "," ADDED("16", "xx",
                                                                                      "true",
                                                                                      "false",
                                                                                      "false",
                                                                                      "false") "],";
    char parts[2000];
    size_t count = sizeof pieces / sizeof *pieces;
    snprintf(parts, sizeof parts, "%s%s", added, METASPACE("first", "true"));
    assert_true(check_cuts(state, parts, pieces, count) > 300);
    snprintf(parts, sizeof parts, "%s%s", added, NORMALIZER(REPLACE));
    assert_true(check_cuts(state, parts, pieces, count) > 300);
}

/* The special tokens stand once, around all parts. */
static void test_special_tokens(void **state)
{
    static const char parts[] = METASPACE(
        "first",
        "true") "\"post_processor\":{\"type\":\"TemplateProcessing\",\"single\":["
                "{\"SpecialToken\":{\"id\":\"<unk>\",\"type_id\":0}},{\"Sequence\":{\"id\":\"A\","
                "\"type_id\":0}},{\"SpecialToken\":{\"id\":\"d\",\"type_id\":0}}],\"pair\":[],"
                "\"special_tokens\":{\"<unk>\":{\"id\":\"<unk>\",\"ids\":[0],\"tokens\":[\"<unk>\"]"
                "},"
                "\"d\":{\"id\":\"d\",\"ids\":[4],\"tokens\":[\"d\"]}}},";
    assert_true(check_cuts(state, parts, spaced, SPACED) > 300);
    tokenizer_t *tokenizer = open_tokenizer(state, parts);
    encoding_t encoding = {0};
    static const int32_t expected[4][3] = {{0, 9, 4}, {0, 9, -1}, {9, 4, -1}, {9, -1, -1}};
    for (int i = 0; i < 4; i++) {
        expect_ok(
            cutter_encode(tokenizer, " a", 2, ENCODE_SPECIAL, i / 2 == 0, i % 2 == 0, &encoding));
        for (size_t k = 0; k < 3; k++)
            assert_int_equal(k < encoding.count ? encoding.id[k] : -1, expected[i][k]);
        expect_ok(cutter_encode(tokenizer, " a", 2, 0, i / 2 == 0, i % 2 == 0, &encoding));
        assert_int_equal(encoding.count, 1);
    }
    encoding_free(&encoding);
    tokenizer_close(&tokenizer);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_merges_across_spaces, scratch_create, scratch_destroy),
        cmocka_unit_test_setup_teardown(test_unknown_rules, scratch_create, scratch_destroy),
        cmocka_unit_test_setup_teardown(test_added_tokens, scratch_create, scratch_destroy),
        cmocka_unit_test_setup_teardown(test_special_tokens, scratch_create, scratch_destroy),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
