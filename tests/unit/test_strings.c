/* Strings, UTF-8 against Unicode's table 3-7 and Python's decoder, orders, and suggestions. */
#include "tests/scratch.h"

#include "core/hash.h"
#include "core/strings.h"

static void grows(void **state)
{
    str_t str = {0};
    (void)state;
    expect_ok(str_append(&str, NULL, 0));
    assert_string_equal(str.data, "");
    expect_ok(str_append(&str, "a\0b", 3));
    expect_ok(str_printf(&str, "-%d-%s", 42, "x"));
    expect_ok(str_add(&str, "."));
    assert_int_equal(str.length, 9);
    assert_memory_equal(str.data, "a\0b-42-x.", 10);
    for (int i = 0; i < 1000; i++) expect_ok(str_add(&str, "0123456789"));
    assert_int_equal(str.length, 10009);
    assert_int_equal(strlen(str.data + 2), 10007);
    str_clear(&str);
    assert_int_equal(str.length, 0);
    assert_string_equal(str.data, "");
    str_free(&str);
    assert_null(str.data);
    str_free(&str);
}

static void copies(void **state)
{
    char *text = NULL;
    (void)state;
    expect_ok(str_copy_n(&text, "abcdef", 3));
    assert_string_equal(text, "abc");
    mem_free(&text);
    expect_ok(str_format(&text, "%05d|%s", 17, ""));
    assert_string_equal(text, "00017|");
    mem_free(&text);
    expect_ok(str_copy(&text, ""));
    assert_string_equal(text, "");
    mem_free(&text);
}

/* Order after sorting: runs of digits as numbers, whatever their length; of equal numbers, the
 * byte order decides. */
static void sorts(void **state)
{
    static const char *const natural[] = {"",
                                          "a",
                                          "a1",
                                          "a02",
                                          "a2",
                                          "a10",
                                          "a10b2",
                                          "a10b11",
                                          "a99999999999999999998",
                                          "a99999999999999999999",
                                          "a100000000000000000000",
                                          "b",
                                          "step0",
                                          "step9",
                                          "step10",
                                          "step143000",
                                          "\xc3\xa9"};
    static const char *const bytes[] = {"", "a", "a02", "a1", "a10", "a2", "b", "\xc3\xa9"};
    strings_t list = {0};
    (void)state;
    size_t n = sizeof natural / sizeof *natural;
    for (size_t i = 0; i < n; i++) expect_ok(strings_append(&list, natural[i * 7 % n]));
    strings_sort_natural(&list);
    for (size_t i = 0; i < n; i++) assert_string_equal(list.item[i], natural[i]);
    assert_int_equal(strings_find(&list, "step10"), 14);
    assert_int_equal(strings_find(&list, "step1"), -1);
    strings_free(&list);

    n = sizeof bytes / sizeof *bytes;
    for (size_t i = 0; i < n; i++) expect_ok(strings_append(&list, bytes[i * 3 % n]));
    strings_sort(&list);
    for (size_t i = 0; i < n; i++) assert_string_equal(list.item[i], bytes[i]);
    strings_free(&list);
    strings_sort(&list);
    strings_sort_natural(&list);
}

static void natural_order_is_an_order(void **state)
{
    static const char *const text[] = {"",     "0",    "00",   "1",   "01",  "001", "10",
                                       "010",  "a",    "a0",   "a00", "a1",  "a01", "a1b",
                                       "a01b", "a1b0", "1a",   "01a", "-",   "a-1", "a 1",
                                       "9",    "09x1", "9x01", "9x1", "9x10"};
    enum { N = sizeof text / sizeof *text };
    (void)state;
    for (int i = 0; i < N; i++)
        for (int j = 0; j < N; j++) {
            int a = natural_compare(text[i], text[j]), b = natural_compare(text[j], text[i]);
            assert_true((a > 0) - (a < 0) == (b < 0) - (b > 0));
            assert_true((a == 0) == (i == j));
            for (int k = 0; k < N; k++)
                if (a < 0 && natural_compare(text[j], text[k]) < 0 &&
                    natural_compare(text[i], text[k]) >= 0)
                    fail_msg("'%s' '%s' '%s'", text[i], text[j], text[k]);
        }
}

static void suggests(void **state)
{
    static const char *const known[] = {"window", "windows", "stride", "corpus", "mode", "type"};
    char longer[201];
    (void)state;
    assert_string_equal(nearest_name("windw", known, 6), "window");
    assert_string_equal(nearest_name("window", known, 6), "window");
    assert_string_equal(nearest_name("wnidows", known, 6), "windows");
    assert_string_equal(nearest_name("corpsu", known, 6), "corpus");
    assert_string_equal(nearest_name("tyep", known, 6), "type");
    assert_string_equal(nearest_name("strides", known, 6), "stride");
    assert_null(nearest_name("quantiles", known, 6));
    assert_null(nearest_name("x", known, 6));
    assert_null(nearest_name("", known, 6));
    assert_null(nearest_name("window", NULL, 0));
    /* a text too long to be a name is like none */
    memset(longer, 'w', 200);
    longer[200] = '\0';
    assert_null(nearest_name(longer, known, 6));
    longer[64] = '\0';
    assert_null(nearest_name(longer, known, 6));

    assert_string_equal(did_you_mean("windw", known, 6), "; did you mean window?");
    assert_string_equal(did_you_mean("quantiles", known, 6), "");
    assert_true(is_choice("raw|sketch|auto", "sketch") && is_choice("raw", "raw"));
    assert_false(is_choice("raw|sketch", "ra") || is_choice("raw|sketch", "raw|sketch"));
    assert_false(is_choice("raw|sketch", "") || is_choice("", "raw"));
    assert_string_equal(did_you_mean_choice("sktch", "raw|sketch"), "; did you mean sketch?");
    assert_string_equal(did_you_mean_choice("sktch", "raw"), "");
    assert_string_equal(did_you_mean_choice("x", ""), "");
}

/* ---- UTF-8 ---- */

/* Length of the well-formed sequence at s, of three bytes at most: Unicode, table 3-7. */
static size_t well_formed(const unsigned char *s)
{
    int second = s[1] >= 0x80 && s[1] <= 0xbf, third = s[2] >= 0x80 && s[2] <= 0xbf;
    if (s[0] <= 0x7f) return 1;
    if (s[0] >= 0xc2 && s[0] <= 0xdf) return second ? 2 : 0;
    if (s[0] == 0xe0) return s[1] >= 0xa0 && s[1] <= 0xbf && third ? 3 : 0;
    if (s[0] >= 0xe1 && s[0] <= 0xec) return second && third ? 3 : 0;
    if (s[0] == 0xed) return s[1] >= 0x80 && s[1] <= 0x9f && third ? 3 : 0;
    if (s[0] == 0xee || s[0] == 0xef) return second && third ? 3 : 0;
    return 0;
}

static void decodes_three_bytes(void **state)
{
    (void)state;
    for (uint32_t all = 0; all < 1u << 24; all++) {
        unsigned char s[3] = {(unsigned char)(all >> 16), (unsigned char)(all >> 8),
                              (unsigned char)all};
        uint32_t code_point = 0;
        size_t expected = well_formed(s), got = utf8_decode((const char *)s, 3, &code_point);
        if (got != expected) fail_msg("%02x %02x %02x: %zu", s[0], s[1], s[2], got);
        /* cut short, it is none */
        if (expected > 1)
            assert_int_equal(utf8_decode((const char *)s, expected - 1, &code_point), 0);
    }
    uint32_t none;
    assert_int_equal(utf8_decode("a", 0, &none), 0);
}

static void decodes_four_bytes(void **state)
{
    static const unsigned char edge[] = {0x00, 0x7f, 0x80, 0x8f, 0x90, 0xbf, 0xc0, 0xff};
    (void)state;
    for (unsigned first = 0xf0; first <= 0xff; first++)
        for (unsigned second = 0; second <= 0xff; second++)
            for (size_t i = 0; i < 64; i++) {
                unsigned char s[4] = {(unsigned char)first, (unsigned char)second, edge[i / 8],
                                      edge[i % 8]};
                unsigned low = first == 0xf0 ? 0x90 : 0x80, high = first == 0xf4 ? 0x8f : 0xbf;
                int good = first <= 0xf4 && second >= low && second <= high && s[2] >= 0x80 &&
                           s[2] <= 0xbf && s[3] >= 0x80 && s[3] <= 0xbf;
                uint32_t code_point;
                assert_int_equal(utf8_decode((const char *)s, 4, &code_point), good ? 4 : 0);
                assert_int_equal(utf8_decode((const char *)s, 3, &code_point), 0);
            }
}

static void encodes_every_code_point(void **state)
{
    (void)state;
    for (uint32_t c = 0; c <= 0x10ffff; c++) {
        char bytes[4];
        uint32_t back = 0xffffffff;
        if (c >= 0xd800 && c < 0xe000) continue;
        size_t n = utf8_encode(c, bytes);
        assert_int_equal(n, c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4);
        assert_int_equal(utf8_decode(bytes, n, &back), n);
        assert_int_equal(back, c);
    }
    char bytes[4];
    assert_int_equal(utf8_encode(0x1f600, bytes), 4);
    assert_memory_equal(bytes, "\xf0\x9f\x98\x80", 4);
}

static void finds_the_first_invalid_byte(void **state)
{
    (void)state;
    assert_int_equal(utf8_valid_prefix("", 0), 0);
    assert_int_equal(utf8_valid_prefix("abc", 3), 3);
    assert_int_equal(utf8_valid_prefix("a\xc3\xa9\xff z", 6), 3);
    assert_int_equal(utf8_valid_prefix("ab\xe2\x82", 4), 2);
    assert_int_equal(utf8_valid_prefix("\0\0\x80", 3), 2);
}

/* bytes.decode("utf-8", "replace") of CPython 3.11. */
static void replaces_as_python(void **state)
{
#define BAD "\xef\xbf\xbd"
    static const struct {
        const char *bytes;
        size_t length;
        const char *expected;
    } cases[] = {
        {"a\xff"
         "b",
         3, "a" BAD "b"},
        {"\xe2\x82", 2, BAD},
        {"\xe2\x82\xac", 3, "\xe2\x82\xac"},
        {"\xf0\x9f\x98", 3, BAD},
        {"\xf0\x9f\x98\x80", 4, "\xf0\x9f\x98\x80"},
        {"\xc0\x80", 2, BAD BAD},
        {"\xed\xa0\x80", 3, BAD BAD BAD},
        {"\xf4\x90\x80\x80", 4, BAD BAD BAD BAD},
        {"\xe0\x80\xaf", 3, BAD BAD BAD},
        {"\xf0\x80\x80\x80x", 5, BAD BAD BAD BAD "x"},
        {"\x80\x80\x80", 3, BAD BAD BAD},
        {"\xc3\xc3\xa9", 3, BAD "\xc3\xa9"},
        {"\xe1\x80\xe2\xf0\x91\x92\xf1\xbf"
         "A",
         9, BAD BAD BAD BAD "A"},
        {"", 0, ""},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        str_t str = {0};
        expect_ok(utf8_replace_invalid(cases[i].bytes, cases[i].length, &str));
        assert_string_equal(str.data, cases[i].expected);
        str_free(&str);
    }
    str_t str = {0};
    expect_ok(utf8_replace_invalid("\xfe\xff\0a", 4, &str));
    assert_int_equal(str.length, 8);
    assert_memory_equal(str.data, BAD BAD "\0a", 9);
    str_free(&str);
}

/* The same of all strings of one to four of these bytes, in the order of itertools.product, each
 * followed by a newline: SHA-256 of what CPython 3.11 gives. */
static void replaces_as_python_everywhere(void **state)
{
    static const char byte[] =
        "\x41\x80\x8f\x90\x9f\xa0\xbf\xc1\xc2\xdf\xe0\xe1\xed\xef\xf0\xf1\xf4"
        "\xf5\xff";
    enum { N = sizeof byte - 1 };
    char hex[SHA256_HEX], text[4];
    hash_t *hash = NULL;
    str_t str = {0};
    (void)state;
    expect_ok(hash_create(&hash));
    for (size_t length = 1, count = N; length <= 4; length++, count *= N)
        for (size_t i = 0; i < count; i++) {
            for (size_t k = length, rest = i; k-- > 0; rest /= N) text[k] = byte[rest % N];
            str_clear(&str);
            expect_ok(utf8_replace_invalid(text, length, &str));
            expect_ok(str_add(&str, "\n"));
            expect_ok(hash_add(hash, str.data, str.length));
        }
    expect_ok(hash_finish(&hash, hex));
    assert_string_equal(hex, "22a3d330ed2af8c00a9c8658420402a149900d3a621169aa13b913dda295519c");
    str_free(&str);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(grows),
        cmocka_unit_test(copies),
        cmocka_unit_test(sorts),
        cmocka_unit_test(natural_order_is_an_order),
        cmocka_unit_test(suggests),
        cmocka_unit_test(decodes_three_bytes),
        cmocka_unit_test(decodes_four_bytes),
        cmocka_unit_test(encodes_every_code_point),
        cmocka_unit_test(finds_the_first_invalid_byte),
        cmocka_unit_test(replaces_as_python),
        cmocka_unit_test(replaces_as_python_everywhere),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
