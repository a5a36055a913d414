/* Templates over JSON objects: expected texts are written out by hand; the cleaning of HellaSwag
 * against what lm-evaluation-harness 0.4.13's preprocess (tasks/hellaswag/utils.py) gave. */
#include "tests/scratch.h"

#include "text/template.h"

static const char object_text[] =
    "{\"question\": \"Why?\", \"n\": 3, \"yes\": true, \"no\": false, \"nothing\": null,"
    " \"real\": 1.5, \"choices\": {\"text\": [\"red\", \"blue\"], \"label\": [\"A\", \"B\"]},"
    " \"stem\": {\"choices\": [{\"text\": \"one\", \"label\": \"1\"},"
    " {\"text\": \"two\", \"label\": \"2\"}]}, \"empty\": [], \"mixed\": [\"a\", 4],"
    " \"padded\": \" \\t\\u00a0Mixed cASE\\u3000\\n\", \"sentence\": \"A _ b _ c\","
    " \"accent\": \"\\u00e9T\\u00c9\", \"choice\": \"own\", \"snake\": \"_a__b_\", \"nul\": "
    "[\"a\\u0000b\"],"
    " \"deep\": [[\"x\"]], \"nested\": [{\"b\": [{\"c\": \"x\"}]}]}";

static json_t *object(void)
{
    json_t *root = json_loads(object_text, JSON_ALLOW_NUL, NULL);
    assert_non_null(root);
    return root;
}

static void test_expands(void **state)
{
    static const struct {
        const char *template, *expected;
    } cases[] = {
        {"", ""},
        {"plain", "plain"},
        {"Question: {question}\nAnswer:", "Question: Why?\nAnswer:"},
        {"{n}{yes}{no}", "3truefalse"},
        {"{choices.text.0}/{choices.text.1}", "red/blue"},
        {"{stem.choices.1.text}", "two"},
        {"{{{question}}} {{}}", "{Why?} {}"},
        {"[{padded|strip}]", "[Mixed cASE]"},
        {"[{padded|lstrip}]", "[Mixed cASE\xe3\x80\x80\n]"},
        {"[{padded|rstrip}]", "[ \t\xc2\xa0Mixed cASE]"},
        {"{padded|strip|capitalize}", "Mixed case"},
        {"{padded|strip|upper}{padded|strip|lower}", "MIXED CASEmixed case"},
        {"{accent|capitalize}{accent|upper}", "\xc3\x89t\xc3\xa9\xc3\x89T\xc3\x89"},
        {"[{sentence|before:_}][{sentence|after:_}]", "[A ][ b _ c]"},
        {"[{sentence|after:_|strip}]", "[b _ c]"},
        {"a{sentence|after:_|after:_|strip}z", "acz"},
        {"{snake|spaces}_{question|spaces}", " a  b _Why?"},
        {"{choice}", "own"},
    };
    json_t *root = object();
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        template_t *template = NULL;
        str_t text = {0};
        expect_ok(template_parse(cases[i].template, &template));
        expect_ok(template_expand(template, root, NULL, &text));
        assert_string_equal(text.data, cases[i].expected);
        str_free(&text);
        template_free(&template);
    }
    json_decref(root);
}

static void test_choice(void **state)
{
    json_t *root = object();
    template_t *template = NULL;
    str_t choice = {(char *)" Of Mine ", 9, 0}, text = {0};
    (void)state;
    expect_ok(template_parse("<{choice|strip|lower}> {question}", &template));
    expect_ok(template_expand(template, root, &choice, &text));
    assert_string_equal(text.data, "<of mine> Why?");
    str_free(&text);
    template_free(&template);
    json_decref(root);
}

static void test_lists(void **state)
{
    static const struct {
        const char *template, *expected;
    } cases[] = {
        {"{choices.text}", "red|blue|"},
        {"{choices.text|upper}", "RED|BLUE|"},
        {"{stem.choices.text}", "one|two|"},
        {"{stem.choices.label}", "1|2|"},
        {"{mixed}", "a|4|"},
        {"{question}", "Why?|"},
        {"{empty}", ""},
    };
    json_t *root = object();
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        template_t *template = NULL;
        strings_t texts = {0};
        str_t joined = {0};
        expect_ok(template_parse(cases[i].template, &template));
        assert_true(template_is_field(template));
        expect_ok(template_list(template, root, &texts));
        expect_ok(str_add(&joined, ""));
        for (size_t k = 0; k < texts.count; k++)
            expect_ok(str_printf(&joined, "%s|", texts.item[k]));
        assert_string_equal(joined.data, cases[i].expected);
        str_free(&joined);
        strings_free(&texts);
        template_free(&template);
    }
    template_t *template = NULL;
    expect_ok(template_parse("{a} ", &template));
    assert_false(template_is_field(template));
    template_free(&template);
    json_decref(root);
}

static void test_refuses(void **state)
{
    static const struct {
        const char *template, *message;
    } parsed[] =
        {
            {"{question", "a brace without its other one"},
            {"a } b", "a brace without its other one"},
            {"{a{b}", "a brace without its other one"},
            {"{}", "the name of a field is expected"},
            {"{|strip}", "the name of a field is expected"},
            {"{a|trim}", "{...|trim}: no such filter (known: strip"},
            {"{a|before:}", "{...|before:}: no such filter"},
            {"{a|}", "{...|}: no such filter"},
        },
      expanded[] =
          {
              {"{missing}", "the key \"missing\" is missing"},
              {"{nothing}", "the key \"nothing\" is missing"},
              {"{choices.texts}", "the key \"choices.texts\" is missing"},
              {"{choices.text.2}", "the key \"choices.text.2\" is missing"},
              {"{question.more}", "the key \"question.more\" is missing"},
              {"{real}", "holds something other than a text"},
              {"{choices}", "holds something other than a text"},
              {"{choices.text}", "holds a list, a text is expected"},
              {"{empty}", "holds an empty list"},
              {"{question|after:_}", "the key \"question\" holds no \"_\""},
          },
      listed[] = {
          {"{choices}", "holds something other than a text"},
          {"{missing}", "is missing"},
          {"{nul}", "holds a NUL character"},
          {"{deep}", "holds something other than a text"},
          {"{deep.a}", "is missing"},
          {"{nested.b.c}", "is in a list of lists"},
      };
    json_t *root = object();
    template_t *template = NULL;
    str_t text = {0};
    strings_t texts = {0};
    (void)state;
    for (size_t i = 0; i < sizeof parsed / sizeof *parsed; i++) {
        expect_error(template_parse(parsed[i].template, &template), EXIT_USAGE, parsed[i].message);
        assert_null(template);
    }
    for (size_t i = 0; i < sizeof expanded / sizeof *expanded; i++) {
        expect_ok(template_parse(expanded[i].template, &template));
        expect_error(template_expand(template, root, NULL, &text), EXIT_INPUT, expanded[i].message);
        template_free(&template);
    }
    for (size_t i = 0; i < sizeof listed / sizeof *listed; i++) {
        expect_ok(template_parse(listed[i].template, &template));
        expect_error(template_list(template, root, &texts), EXIT_INPUT, listed[i].message);
        template_free(&template);
    }
    strings_free(&texts);
    str_free(&text);
    json_decref(root);
}

static void test_wikihow(void **state)
{
    static const struct {
        const char *text, *expected;
    } cases[] = {
        {"", ""},
        {" plain \n", "plain"},
        {"How to sew [header] Cut. [title] Thread it. [step] Pull  the   end.",
         "How to sew Cut.. Thread it. Pull the  end."},
        {"Roof [title][title] x", "Roof. x"},
        {"a [b\nc] d [] e [f", "a [b\nc] d e [f"},
        {"[[x] y]", " y]"},
        {"[substeps] First", " First"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        str_t text = {0};
        expect_ok(str_add(&text, cases[i].text));
        expect_ok(template_clean_wikihow(&text));
        assert_string_equal(text.data, cases[i].expected);
        str_free(&text);
    }
}

/* Brackets that nothing closes, in a time that is not quadratic: half an hour it would be. */
static void test_open_brackets(void **state)
{
    enum { COUNT = 8 << 20 };
    str_t text = {0};
    (void)state;
    expect_ok(str_add(&text, "[a] "));
    for (int i = 0; i < COUNT; i++) expect_ok(str_append(&text, "[", 1));
    expect_ok(str_add(&text, "\n[b]"));
    expect_ok(template_clean_wikihow(&text));
    assert_int_equal(text.length, 1 + COUNT + 1);
    assert_int_equal(text.data[1], '[');
    assert_int_equal(text.data[COUNT], '[');
    str_free(&text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_expands), cmocka_unit_test(test_choice),
        cmocka_unit_test(test_lists),   cmocka_unit_test(test_refuses),
        cmocka_unit_test(test_wikihow), cmocka_unit_test(test_open_brackets),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
