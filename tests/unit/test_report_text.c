/* Numbers and names in CSV, Markdown, HTML and gnuplot scripts. */
#include <math.h>

#include "report/text.h"
#include "tests/scratch.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))

static void assert_text(str_t *text, const char *wanted)
{
    assert_string_equal(text->data ? text->data : "", wanted);
    str_free(text);
}

static void test_csv_fields(void **state)
{
    (void)state;
    static const char *const field[][2] = {
        {"plain", "plain"},
        {"", "\"\""},
        {"a,b", "\"a,b\""},
        {"say \"no\"", "\"say \"\"no\"\"\""},
        {"two\nlines", "\"two\nlines\""},
        {" padded", "\" padded\""},
        {"in the middle", "in the middle"},
        {"\xc3\xa9t\xc3\xa9", "\xc3\xa9t\xc3\xa9"},
    };
    for (size_t i = 0; i < COUNT(field); i++) {
        str_t csv = {0};
        expect_ok(csv_text(&csv, field[i][0]));
        assert_text(&csv, field[i][1]);
    }
}

static void test_csv_line(void **state)
{
    (void)state;
    str_t csv = {0};
    expect_ok(csv_text(&csv, "a"));
    expect_ok(csv_number(&csv, 0.1));
    expect_ok(csv_number(&csv, NAN));
    expect_ok(csv_integer(&csv, -3));
    expect_ok(csv_end(&csv));
    expect_ok(csv_number(&csv, INFINITY));
    expect_ok(csv_integer(&csv, 1));
    expect_ok(csv_end(&csv));
    assert_text(&csv, "a,0.1,,-3\n\"\",1\n");
}

/* Whatever is written reads back as the same bits, and nothing shorter does. */
static void test_exact_numbers(void **state)
{
    (void)state;
    static const struct {
        double number;
        const char *text;
    } row[] = {{0.1, "0.1"},      {1.0 / 3, "0.3333333333333333"},
               {1e300, "1e+300"}, {12345678.0, "12345678"},
               {-0.5, "-0.5"},    {0.1 + 0.2, "0.30000000000000004"}};
    for (size_t i = 0; i < COUNT(row); i++) {
        str_t text = {0};
        expect_ok(text_exact(&text, row[i].number));
        assert_true(strtod(text.data, NULL) == row[i].number);
        assert_text(&text, row[i].text);
    }
}

static void test_rounded_numbers(void **state)
{
    (void)state;
    static const struct {
        double number;
        int digits;
        const char *text;
    } row[] = {
        {4241.2193, 4, "4241"},  {12.3, 4, "12.30"},       {0.045123, 4, "0.04512"},
        {123456.7, 4, "123457"}, {9.9996, 4, "10.00"},     {0, 4, "0"},
        {-0.25, 2, "-0.25"},     {1.00004, 5, "1.0000"},   {3.2e-7, 3, "3.20e-07"},
        {1.5e9, 2, "1.5e+09"},   {NAN, 4, "\xe2\x80\x93"}, {INFINITY, 4, "\xe2\x80\x93"},
    };
    for (size_t i = 0; i < COUNT(row); i++) {
        str_t text = {0};
        expect_ok(text_rounded(&text, row[i].number, row[i].digits));
        assert_text(&text, row[i].text);
    }
}

static void test_counts(void **state)
{
    (void)state;
    static const struct {
        int64_t count;
        const char *text;
    } row[] = {{0, "0"},       {999, "999"},        {1000, "1,000"},       {-1234, "-1,234"},
               {-123, "-123"}, {123456, "123,456"}, {1234567, "1,234,567"}};
    for (size_t i = 0; i < COUNT(row); i++) {
        str_t text = {0};
        expect_ok(text_count(&text, row[i].count));
        assert_text(&text, row[i].text);
    }
    str_t percent = {0};
    expect_ok(text_percent(&percent, 0.8725));
    assert_text(&percent, "87.2"); /* 87.25 in binary lies below */
}

static void test_markdown(void **state)
{
    (void)state;
    str_t text = {0};
    expect_ok(markdown_text(&text, "a|b <i>*x* subject_verb _y_ `c`\nd"));
    assert_text(&text, "a\\|b \\<i>\\*x\\* subject_verb \\_y\\_ \\`c\\` d");
}

static void test_html(void **state)
{
    (void)state;
    str_t text = {0};
    expect_ok(html_text(&text, "<a href=\"x\">R&D's</a>"));
    assert_text(&text, "&lt;a href=&quot;x&quot;&gt;R&amp;D&#39;s&lt;/a&gt;");
}

static void test_gnuplot(void **state)
{
    (void)state;
    str_t text = {0};
    expect_ok(gnuplot_text(&text, "it's \"a\\n\"\n`date`"));
    assert_text(&text, "'it''s \"a\\n\" `date`'");
    expect_ok(gnuplot_bold(&text, "a_b {c} 'd'"));
    assert_text(&text, "'{/:Bold a\\_b \\{c\\} ''d''}'");
}

static void test_file_names(void **state)
{
    (void)state;
    str_t text = {0};
    expect_ok(text_file_name(&text, "../a b/c.v1"));
    assert_text(&text, "_._a_b_c.v1");
}

static void test_width(void **state)
{
    (void)state;
    assert_int_equal(text_width(""), 0);
    assert_int_equal(text_width("abc"), 3);
    assert_int_equal(text_width("\xc3\xa9t\xc3\xa9 \xe2\x80\x93"), 5);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_csv_fields),    cmocka_unit_test(test_csv_line),
        cmocka_unit_test(test_exact_numbers), cmocka_unit_test(test_rounded_numbers),
        cmocka_unit_test(test_counts),        cmocka_unit_test(test_markdown),
        cmocka_unit_test(test_html),          cmocka_unit_test(test_gnuplot),
        cmocka_unit_test(test_file_names),    cmocka_unit_test(test_width),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
