/* The hand-written scanners against PCRE2 running the patterns that they stand for: every code
 * point, in several surroundings, and random texts. And what the translation of regular
 * expressions must refuse. */
#include "tests/scratch.h"

#include "core/random.h"
#include "text/pattern.h"
#include "text/scan.h"

enum { CODE_POINTS = 0x110000 };

static void add_character(str_t *text, uint32_t code_point)
{
    char bytes[4];
    expect_ok(str_append(text, bytes, utf8_encode(code_point, bytes)));
}

static void expect_same_words(const char *regex, const str_t *text)
{
    scanner_t *scanner = NULL;
    pattern_t *pattern = NULL;
    expect_ok(scanner_create(regex, &scanner));
    expect_ok(pattern_create(regex, false, &pattern));
    assert_non_null(scanner);
    size_t start, end;
    for (size_t at = 0; at < text->length; at = end) {
        expect_ok(pattern_match(pattern, text->data, text->length, at, &start, &end));
        assert_int_equal(start, at);
        size_t scanned = scanner_next(scanner, text->data, text->length, at);
        if (scanned != end)
            fail_msg("byte %zu: the word ends at %zu, expected %zu: %.*s", at, scanned, end,
                     (int)(end - at), text->data + at);
    }
    scanner_destroy(&scanner);
    pattern_destroy(&pattern);
}

static void test_every_code_point(void **state)
{
    static const char *const around[] = {"a%b", " %% ", "1%'s", ".%'S", "\n%x", "' %\n", "%\r\n%"};
    str_t text = {0};
    for (uint32_t c = 0; c < CODE_POINTS; c++) {
        if (c >= 0xd800 && c < 0xe000) continue;
        if (c >= 0x3400 && c % 16 && c < 0xa000) continue; /* a sample of 28,000 ideographs */
        if (c >= 0xe0200 && c % 256) continue;             /* private use and unassigned */
        for (const char *at = around[c % 7]; *at; at++)
            if (*at == '%') add_character(&text, c);
            else expect_ok(str_append(&text, at, 1));
    }
    expect_same_words((const char *)*state, &text);
    str_free(&text);
}

/* Short texts, so that what happens at their ends is seen as well. */
static void test_random_texts(void **state)
{
    static const uint32_t hot[] = {' ',    ' ',    ' ',    '\n',    '\r',   '\t',    '\'',
                                   's',    'S',    'l',    'L',     'r',    'e',     'E',
                                   'v',    't',    'm',    'd',     'a',    'z',     '1',
                                   '.',    '!',    0xa0,   0x17f,   0x212a, 0xe9,    0x180e,
                                   0x2028, 0x3000, 0x661,  0x4e00,  0x301,  0x1f600, 0x85,
                                   0xbd,   0x200d, 0x1c89, 0x11f04, 0xfb05, 0xfb06};
    enum { TEXTS = 20000, LONGEST = 24 };
    random_t random = random_stream(2, "scan test", 0);
    str_t text = {0};
    scanner_t *scanner = NULL;
    pattern_t *pattern = NULL;
    expect_ok(scanner_create((const char *)*state, &scanner));
    expect_ok(pattern_create((const char *)*state, false, &pattern));
    for (int i = 0; i < TEXTS; i++) {
        size_t start, end, count = 1 + random_below(&random, LONGEST);
        str_clear(&text);
        for (size_t j = 0; j < count; j++)
            add_character(&text, hot[random_below(&random, sizeof hot / sizeof *hot)]);
        for (size_t at = 0; at < text.length; at = end) {
            expect_ok(pattern_match(pattern, text.data, text.length, at, &start, &end));
            size_t scanned = scanner_next(scanner, text.data, text.length, at);
            if (scanned != end || start != at)
                fail_msg("text %d, byte %zu: the word ends at %zu, expected %zu", i, at, scanned,
                         end);
        }
    }
    scanner_destroy(&scanner);
    pattern_destroy(&pattern);
    str_free(&text);
}

static void test_unknown_pattern(void **state)
{
    (void)state;
    scanner_t *scanner = NULL;
    expect_ok(scanner_create("\\s+", &scanner));
    assert_null(scanner);
}

static void expect_match(const char *regex, const char *text, size_t start, size_t end)
{
    pattern_t *pattern = NULL;
    size_t found_start, found_end;
    expect_ok(pattern_create(regex, false, &pattern));
    expect_ok(pattern_match(pattern, text, strlen(text), 0, &found_start, &found_end));
    assert_int_equal(found_start, start);
    if (start <= strlen(text)) assert_int_equal(found_end, end);
    pattern_destroy(&pattern);
}

/* What Oniguruma matches and PCRE2 would not, by itself; checked with the tokenizers library. */
static void test_translation(void **state)
{
    (void)state;
    expect_match("\\s", "\xe1\xa0\x8e", 4, 0);    /* U+180E is no white space */
    expect_match("\\p{L}", "\xe1\xb2\x89", 0, 3); /* U+1C89, of Unicode 16 */
    expect_match("[^\\s\\p{L}]", "\xe1\xb2\x89", 4, 0);
    expect_match("\\P{L}+", "\xe1\xb2\x89.", 3, 4);
    expect_match("\\p{Nd}", "\xf0\x96\x84\xb0", 0, 4); /* U+16130, of Unicode 16 */
    expect_match("\\w+", ".a_\xcc\x81\x31.", 1, 6);    /* marks are of words */
    expect_match("\\W", "a_\xcc\x81", 5, 0);
    expect_match("\\w+", ".\xc2\xb2\xc2\xb3\xc2\xb9\xc2\xbc\xc2\xbd\xc2\xbe.", 1, 13);
    expect_match("\\W", "\xc2\xbd\xe2\x85\x93", 2, 5); /* of fractions, only those of Latin-1 */
    expect_match("[\\w]", "\xc2\xbd", 3, 0);           /* and not in a class */
    expect_match("[\\u0041-\\x43]+", "xABCD", 1, 4);
    expect_match("(?i:'LL)", "I'll", 1, 4);
    expect_match("(?i:k)(ss\xc3\xa9)", "\xe2\x84\xaass\xc3\xa9", 0, 7);
    expect_match("a{2}b{1,}c{0,2}", "aaabbc", 1, 6);
    expect_match(".", "\n.", 1, 2);
}

static void test_refusals(void **state)
{
    (void)state;
    static const char *const refused[][2] = {
        {"^a", "an anchor to lines"},
        {"a$", "an anchor to lines"},
        {"[a&&b]", "an intersection"},
        {"[[a]]", "a class within a class"},
        {"[[:alpha:]]", "a class within"},
        {"[]a]", "a class that starts with ]"},
        {"[a", "a class without end"},
        {"\\p{Han}", "this property"},
        {"\\p{Mn}", "this property"},
        {"[\\P{L}]", "a negated property in a class"},
        {"\\b", "this escape"},
        {"\\1", "this escape"},
        {"\\h", "this escape"},
        {"(?m:a)", "this group"},
        {"(?<n>a)", "this group"},
        {"a{2}+", "this interval"},
        {"a{,2}", "this interval"},
        {"\\xe9", "a byte of a character"},
        {"a\\", "this escape"},
        {"", "is empty"},
        {"(a", "missing closing parenthesis"},
        {"(?i:\xc3\x9f)", "a letter beyond ASCII"},
        {"(?i:aSt)", "what may be one"},
        {"a(?i)f(i)fl", "what may be one"},
    };
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
        pattern_t *pattern = NULL;
        expect_error(pattern_create(refused[i][0], false, &pattern), EXIT_INPUT, refused[i][1]);
        assert_null(pattern);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_prestate(test_every_code_point, (void *)gpt2_pattern),
        cmocka_unit_test_prestate(test_every_code_point, (void *)llama3_pattern),
        cmocka_unit_test_prestate(test_every_code_point, (void *)qwen_pattern),
        cmocka_unit_test_prestate(test_random_texts, (void *)gpt2_pattern),
        cmocka_unit_test_prestate(test_random_texts, (void *)llama3_pattern),
        cmocka_unit_test_prestate(test_random_texts, (void *)qwen_pattern),
        cmocka_unit_test(test_unknown_pattern),
        cmocka_unit_test(test_translation),
        cmocka_unit_test(test_refusals),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
