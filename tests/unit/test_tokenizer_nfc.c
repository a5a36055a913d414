/* Normalisation to NFC against utf8proc's own, on characters of which the two editions of Unicode
 * agree, and the origins and the edition's limits as the tokenizers library 0.22.2 has them. */
#include "tests/scratch.h"

#include <utf8proc.h>

#include "core/random.h"
#include "text/nfc.h"

static void normalize(nfc_t *nfc, const char *text, size_t length, mapped_t *out)
{
    piece_t piece = {.bytes = text, .length = length};
    mapped_clear(out, true, SIZE_MAX);
    expect_ok(nfc_apply(nfc, &piece, out));
}

/* Marks, what they compose with, and some that they do not. (Not U+11A7, which utf8proc 2.8 takes
 * for a final consonant.) */
static uint32_t random_character(random_t *random)
{
    static const uint32_t some[] = {'a',    'e',     's',     0xe9,    0x1e69,  0x1100, 0x1161,
                                    0x11a8, 0xac00,  0xac01,  0x9c7,   0x9be,   0x344,  0xf71,
                                    0xf73,  0xf74,   0x212b,  0x958,   0xfb1d,  ' ',    0x3042,
                                    0x3099, 0x1d15e, 0x110a5, 0x110ba, 0x11131, 0x11127};
    if (random_below(random, 2)) return some[random_below(random, sizeof some / sizeof *some)];
    return 0x300 + (uint32_t)random_below(random, 0x70);
}

static void test_against_utf8proc(void **state)
{
    enum { TEXTS = 20000, LONGEST = 12 };
    random_t random = random_stream(4, "nfc test", 0);
    str_t text = {0};
    mapped_t out = {0};
    for (int i = 0; i < TEXTS; i++) {
        size_t count = 1 + random_below(&random, LONGEST);
        str_clear(&text);
        for (size_t j = 0; j < count; j++) {
            char bytes[4];
            expect_ok(str_append(&text, bytes, utf8_encode(random_character(&random), bytes)));
        }
        utf8proc_uint8_t *expected = utf8proc_NFC((const utf8proc_uint8_t *)text.data);
        normalize(*state, text.data, text.length, &out);
        if (strcmp((char *)expected, out.bytes.data) != 0)
            fail_msg("text %d: %s, expected %s", i, out.bytes.data, (char *)expected);
        if (nfc_normal_prefix(*state, text.data, text.length) == text.length)
            assert_string_equal(text.data, out.bytes.data);
        free(expected);
    }
    str_free(&text);
    mapped_free(&out);
}

static void test_every_code_point(void **state)
{
    mapped_t out = {0};
    for (uint32_t c = 1; c < 0x110000; c++) {
        char text[16] = "a";
        if ((c >= 0xd800 && c < 0xe000) || c >= 0x2fa20) continue;
        size_t length = 1 + utf8_encode(c, text + 1);
        utf8proc_uint8_t *expected = utf8proc_NFC((const utf8proc_uint8_t *)text);
        normalize(*state, text, length, &out);
        assert_string_equal(out.bytes.data, (char *)expected);
        free(expected);
    }
    mapped_free(&out);
}

/* What came after Unicode 9: marks stay where they are, nothing new is composed. */
static void test_edition(void **state)
{
    static const char *const unchanged[] = {
        "a\xcc\x95\xe1\xab\x80",            /* U+1AC0 (230), of Unicode 13, after U+0315 (232) */
        "\xf0\x91\xa4\xb5\xf0\x91\xa4\xb0", /* U+11935 U+11930 compose since Unicode 13 */
        "a\xcc\x95\xe0\xa2\x98",            /* U+0898, of Unicode 14 */
    };
    mapped_t out = {0};
    for (size_t i = 0; i < sizeof unchanged / sizeof *unchanged; i++) {
        normalize(*state, unchanged[i], strlen(unchanged[i]), &out);
        assert_string_equal(out.bytes.data, unchanged[i]);
    }
    mapped_free(&out);
}

static void expect_origins(nfc_t *nfc, const char *text, const char *normal, const int64_t *origin,
                           size_t count)
{
    mapped_t out = {0};
    normalize(nfc, text, strlen(text), &out);
    assert_string_equal(out.bytes.data, normal);
    assert_int_equal(out.characters, count);
    piece_t piece = mapped_piece(&out);
    for (size_t i = 0; i < count; i++)
        assert_int_equal(piece_origin(&piece, (int64_t)i), origin[i]);
    mapped_free(&out);
}

#define ORIGINS(...) \
    (const int64_t[]){__VA_ARGS__}, sizeof((int64_t[]){__VA_ARGS__}) / sizeof(int64_t)

/* A composed character counts as its first; marks that change places take the places. */
static void test_origins(void **state)
{
    expect_origins(*state, "xe\xcc\x81y", "x\xc3\xa9y", ORIGINS(0, 1, 3));
    expect_origins(*state, "x\xcd\x84y", "\xe1\xba\x8d\xcc\x81y", ORIGINS(0, 1, 2));
    expect_origins(*state,
                   "a\xcc\x95\xcc\x80"
                   "b",
                   "\xc3\xa0\xcc\x95"
                   "b",
                   ORIGINS(0, 2, 3));
    expect_origins(*state, "\xe1\x84\x80\xe1\x85\xa1\xe1\x86\xa8x", "\xea\xb0\x81x", ORIGINS(0, 3));
    expect_origins(*state, "\xe0\xbd\xb4\xe0\xbd\xb3", "\xe0\xbd\xb1\xe0\xbd\xb2\xe0\xbd\xb4",
                   ORIGINS(0, 0, 1));
}

static int create(void **state)
{
    return nfc_create((nfc_t **)state) ? -1 : 0;
}

static int destroy(void **state)
{
    nfc_destroy((nfc_t **)state);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_against_utf8proc),
        cmocka_unit_test(test_every_code_point),
        cmocka_unit_test(test_edition),
        cmocka_unit_test(test_origins),
    };
    return cmocka_run_group_tests(tests, create, destroy);
}
