/* YAML trees: kinds, lines, and every refusal with its line. */
#include "tests/scratch.h"

#include "core/yaml.h"

static node_t *parse(const char *text)
{
    node_t *root = NULL;
    expect_ok(yaml_parse("run.yaml", text, strlen(text), &root));
    assert_non_null(root);
    return root;
}

static void expect_refused(const char *text, const char *message)
{
    node_t *root = NULL;
    expect_error(yaml_parse("run.yaml", text, strlen(text), &root), EXIT_USAGE, message);
    assert_null(root);
}

static void builds_a_tree(void **state)
{
    node_t *root = parse("# comment\n"
                         "run:\n"
                         "  name: a b   # more\n"
                         "  quoted: \"x\\n\\u00e9\"\n"
                         "  single: 'it''s'\n"
                         "list: [1, two,\n"
                         "       {k: v}]\n"
                         "empty:\n"
                         "block: |\n"
                         "  line\n");
    (void)state;
    assert_int_equal(root->kind, NODE_MAP);
    assert_int_equal(root->count, 4);
    const node_t *run = node_child(root, "run");
    assert_int_equal(run->kind, NODE_MAP);
    assert_int_equal(run->line, 3);
    assert_string_equal(node_child(run, "name")->text, "a b");
    assert_int_equal(node_child(run, "name")->line, 3);
    assert_string_equal(node_child(run, "quoted")->text, "x\n\xc3\xa9");
    assert_string_equal(node_child(run, "single")->text, "it's");
    const node_t *list = node_child(root, "list");
    assert_int_equal(list->kind, NODE_LIST);
    assert_int_equal(list->count, 3);
    assert_string_equal(list->child[1]->text, "two");
    assert_int_equal(list->child[2]->kind, NODE_MAP);
    assert_int_equal(list->child[2]->line, 7);
    assert_string_equal(node_child(root, "empty")->text, "");
    assert_string_equal(node_child(root, "block")->text, "line\n");
    assert_null(node_child(root, "none"));
    assert_null(node_child(list, "k"));
    assert_null(node_child(NULL, "k"));
    node_destroy(&root);
    assert_null(root);
    node_destroy(&root);
}

static void nothing_is_an_empty_map(void **state)
{
    static const char *const texts[] = {"", "\n\n", "# only a comment\n"};
    (void)state;
    for (int i = 0; i < 3; i++) {
        node_t *root = parse(texts[i]);
        assert_int_equal(root->kind, NODE_MAP);
        assert_int_equal(root->count, 0);
        node_destroy(&root);
    }
}

static void copies_aliases(void **state)
{
    node_t *root = parse("a: &x {k: [1, 2]}\nb: *x\n");
    (void)state;
    assert_string_equal(node_child(node_child(root, "b"), "k")->child[1]->text, "2");
    node_destroy(&root);
}

static void refuses(void **state)
{
    (void)state;
    expect_refused("a: 1\nb: 2\na: 3\n", "run.yaml:3: 'a' is given twice");
    expect_refused("x:\n  k: 1\n  k: 2\n", "run.yaml:3: 'k' is given twice");
    expect_refused("a: 1\n[1, 2]: 3\n", "run.yaml:2: a key must be plain text");
    expect_refused("a: 1\n---\nb: 2\n", "run.yaml: more than one YAML document");
    expect_refused("a: 1\n b: 2\n", "run.yaml:2: not valid YAML: ");
    expect_refused("a: [1, 2\nb: 3\n", "run.yaml:2: not valid YAML: ");
    expect_refused("a: \"open\n", "not valid YAML: ");
    expect_refused("a: *nowhere\n", "run.yaml:1: not valid YAML: found undefined alias");
    expect_refused("a: 1\n\tb: 2\n", "not valid YAML: ");
    expect_refused("a: \xff\xfe\n", "not valid YAML: ");
    expect_refused("a: &x [*x]\n", "run.yaml:1: the document is too large or nested too deeply");
}

/* Ten lines that stand for a billion nodes. */
static void bounds_expansion(void **state)
{
    str_t text = {0};
    (void)state;
    expect_ok(str_add(&text, "a0: &a0 [1, 1, 1, 1, 1, 1, 1, 1, 1, 1]\n"));
    for (int i = 1; i < 10; i++) {
        expect_ok(str_printf(&text, "a%d: &a%d [", i, i));
        for (int k = 0; k < 10; k++) expect_ok(str_printf(&text, "%s*a%d", k ? ", " : "", i - 1));
        expect_ok(str_add(&text, "]\n"));
    }
    expect_refused(text.data, "the document is too large");
    str_free(&text);
}

static void bounds_depth(void **state)
{
    str_t text = {0};
    (void)state;
    for (int i = 0; i < 100000; i++) expect_ok(str_add(&text, "["));
    node_t *root = NULL;
    expect_error(yaml_parse("run.yaml", text.data, text.length, &root), EXIT_USAGE, "run.yaml:1:");
    str_clear(&text);
    for (int i = 0; i < 70; i++) expect_ok(str_add(&text, "["));
    for (int i = 0; i < 70; i++) expect_ok(str_add(&text, "]"));
    expect_refused(text.data, "nested too deeply");
    str_free(&text);
}

/* What libyaml takes quadratic time for, and a text that aliases would copy many times over. */
static void bounds_time_and_memory(void **state)
{
    str_t text = {0};
    (void)state;
    for (int i = 0; i < 500000; i++) expect_ok(str_printf(&text, "- &a%d x\n", i));
    expect_refused(text.data, "run.yaml:20000: the document is too large");
    str_clear(&text);
    for (int i = 0; i < 500000; i++) expect_ok(str_printf(&text, "%%TAG !a%d! b\n", i));
    expect_ok(str_add(&text, "---\na"));
    expect_refused(text.data, "run.yaml: more than 100 lines start with a %");
    str_clear(&text);
    expect_ok(str_add(&text, "a: &a "));
    for (int i = 0; i < 1 << 16; i++) expect_ok(str_add(&text, "a long text here"));
    for (int i = 0; i < 10000; i++) expect_ok(str_printf(&text, "\nb%d: *a", i));
    expect_refused(text.data, "the document is too large");
    str_free(&text);
}

static void sets_children(void **state)
{
    node_t *map = NULL;
    (void)state;
    expect_ok(node_new_map(5, &map));
    for (int i = 0; i < 100; i++) {
        node_t *child = NULL;
        char key[16];
        snprintf(key, sizeof key, "k%d", i % 60);
        expect_ok(node_new_map(i, &child));
        expect_ok(node_set_child(map, key, child));
    }
    assert_int_equal(map->count, 60);
    assert_int_equal(node_child(map, "k0")->line, 60);
    assert_int_equal(node_child(map, "k59")->line, 59);
    node_destroy(&map);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(builds_a_tree),          cmocka_unit_test(nothing_is_an_empty_map),
        cmocka_unit_test(copies_aliases),         cmocka_unit_test(refuses),
        cmocka_unit_test(bounds_expansion),       cmocka_unit_test(bounds_depth),
        cmocka_unit_test(bounds_time_and_memory), cmocka_unit_test(sets_children),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
