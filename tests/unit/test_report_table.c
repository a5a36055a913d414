/* A table in its three forms, against texts written by hand. */
#include "report/table.h"
#include "tests/scratch.h"

static void fill(table_t *table, size_t heads, const char *const *head, size_t cells,
                 const char *const *cell)
{
    for (size_t i = 0; i < heads; i++) expect_ok(strings_append(&table->head, head[i]));
    for (size_t i = 0; i < cells; i++) expect_ok(strings_append(&table->cell, cell[i]));
}

static const char *const head[] = {"name", "baseline", "negative-top1", "negative-random20"};
static const char *const cell[] = {"step0", "1.5", "22.75", "", "step512", "10.0", "3", "4"};

static void make(tables_t *tables)
{
    table_t *table;
    expect_ok(tables_append(tables, "Results <1>", "", "n = 3", 1, &table));
    fill(table, 4, head, 8, cell);
}

static void assert_text(str_t *text, const char *wanted)
{
    assert_string_equal(text->data, wanted);
    str_free(text);
}

static void test_markdown(void **state)
{
    (void)state;
    tables_t tables = {0};
    str_t text = {0};
    make(&tables);
    expect_ok(table_markdown(&tables.item[0], 3, &text));
    assert_text(&text, "### Results \\<1>\n\nn = 3\n\n"
                       "| name | baseline | negative-top1 | negative-random20 |\n"
                       "| --- | ---: | ---: | ---: |\n"
                       "| step0 | 1.5 | 22.75 |  |\n"
                       "| step512 | 10.0 | 3 | 4 |\n\n");
    tables_free(&tables);
}

/* Numbers end in blanks as wide as the digits and the point that they lack (U+2008, U+2007); an interval
 * stands below its number; a folded table is opened by its title. */
static void test_html(void **state)
{
    (void)state;
    tables_t tables = {0};
    str_t text = {0};
    table_t *table;
    static const char *const heads[] = {"a", "b"};
    static const char *const cells[] = {"x&y", "1", "z", "2.25 (1–3) *"};
    expect_ok(tables_append(&tables, "T", "p", "n", 1, &table));
    fill(table, 2, heads, 4, cells);
    expect_ok(table_html(table, 2, &text));
    assert_text(&text,
                "<h2>T: p</h2>\n<p class=\"note\">n</p>\n"
                "<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"T: p\"><table>\n"
                "<thead><tr><th scope=\"col\">a</th><th scope=\"col\" class=\"n\">b</th>"
                "</tr></thead>\n<tbody>\n"
                "<tr><th scope=\"row\">x&amp;y</th>"
                "<td class=\"n\">1\xe2\x80\x88\xe2\x80\x87\xe2\x80\x87</td></tr>\n"
                "<tr><th scope=\"row\">z</th>"
                "<td class=\"n\">2.25<small>(1–3) *</small></td></tr>\n"
                "</tbody></table></div>\n");
    table->folded = true;
    expect_ok(table_html(table, 2, &text));
    assert_non_null(strstr(text.data, "<details><summary>T: p <small>(2 rows)</small></summary>"));
    assert_non_null(strstr(text.data, "</table></div>\n</details>\n"));
    str_free(&text);
    tables_free(&tables);
}

static void test_terminal(void **state)
{
    (void)state;
    tables_t tables = {0};
    str_t text = {0};
    make(&tables);
    expect_ok(tables_terminal(&tables, 80, false, &text));
    assert_text(&text, "Results <1>\n"
                       "n = 3\n"
                       "                   -- negative ---\n"
                       "name     baseline   top1  random20\n"
                       "step0         1.5  22.75\n"
                       "step512      10.0      3         4\n");
    tables_free(&tables);
}

/* Too wide: folded, the names repeated; a shared beginning is never lost. */
static void test_folding(void **state)
{
    (void)state;
    tables_t tables = {0};
    str_t text = {0};
    make(&tables);
    expect_ok(tables_terminal(&tables, 26, false, &text));
    assert_text(&text, "Results <1>\n"
                       "n = 3\n"
                       "name     baseline\n"
                       "step0         1.5\n"
                       "step512      10.0\n"
                       "\n"
                       "         -- negative ---\n"
                       "name      top1  random20\n"
                       "step0    22.75\n"
                       "step512      3         4\n");
    expect_ok(tables_terminal(&tables, 10, false, &text));
    assert_text(&text, "Results <1>\n"
                       "n = 3\n"
                       "name     baseline\n"
                       "step0         1.5\n"
                       "step512      10.0\n"
                       "\n"
                       "         negative\n"
                       "name         top1\n"
                       "step0       22.75\n"
                       "step512         3\n"
                       "\n"
                       "         negative\n"
                       "name     random20\n"
                       "step0\n"
                       "step512         4\n");
    tables_free(&tables);
}

/* Parts of one title share the heads. */
static void test_parts(void **state)
{
    (void)state;
    static const char *const heads[] = {"step", "all"}, *const cells[] = {"0", "1"};
    tables_t tables = {0};
    str_t text = {0};
    table_t *table;
    expect_ok(tables_append(&tables, "By term", "npi", "n = 2", 1, &table));
    fill(table, 2, heads, 2, cells);
    expect_ok(tables_append(&tables, "By term", "binding", "", 1, &table));
    fill(table, 2, heads, 2, cells);
    expect_ok(tables_terminal(&tables, 80, true, &text));
    assert_text(&text, "\033[1mBy term\033[0m\n\033[2mstep  all\n\033[0mnpi: n = 2\n0       1\n"
                       "binding\n0       1\n");
    tables_free(&tables);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_markdown), cmocka_unit_test(test_html),
        cmocka_unit_test(test_terminal), cmocka_unit_test(test_folding),
        cmocka_unit_test(test_parts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
