/* The page of a small run as HTML: well formed by rules of our own, whole by itself, and true. */
#include <ctype.h>

#include "report/headline.h"
#include "report/palette.h"
#include "report/report.h"
#include "report/svg.h"
#include "tests/report_run.h"

static const char *const checkpoint[] = {"step0", "step8"};

static const char configuration[] =
    "run: {name: 'a <page>', directory: unused}\n"
    "model: {path: unused}\n"
    "benchmarks: {pairs: {files: [p.jsonl]}}\n"
    "select:\n"
    "  top: {by: wd, take: highest, percent: 50}\n"
    "  random: {like: top, seed: 3}\n"
    "evaluate:\n"
    "  tasks: [{pairs: pairs, name: grammar}]\n"
    "  conditions: [baseline, {ablate: negative, cohort: [top, random]}]\n"
    "report: {bootstrap: 200}\n";

static const char no_baseline[] = "run: {name: a, directory: unused}\n"
                                  "model: {path: unused}\n"
                                  "benchmarks: {pairs: {files: [p.jsonl]}}\n"
                                  "select: {top: {by: wd, take: highest, percent: 50}}\n"
                                  "evaluate:\n"
                                  "  tasks: [{pairs: pairs, name: grammar}]\n"
                                  "  conditions: [{ablate: negative, cohort: top}]\n"
                                  "report: {bootstrap: 200}\n";

enum { ITEMS = 40 };

/* The first `right` pairs are right. */
static void put_scores(store_t *store, const char *name, int right)
{
    double score[ITEMS][2];
    for (int i = 0; i < ITEMS; i++) score[i][0] = i < right ? -1 : -3, score[i][1] = -2;
    put(store, name, STORE_F64, ITEMS, 2, score);
}

static void write_cohort(const char *root, const char *name, const int32_t neuron[2])
{
    static const int32_t zero[2], size[] = {2};
    static const double value[2];
    char path[64];
    snprintf(path, sizeof path, "selection/%s.h5", name);
    store_t *store = create(root, path);
    put(store, "/step8/layer", STORE_I32, 2, 0, zero);
    put(store, "/step8/neuron", STORE_I32, 2, 0, neuron);
    put(store, "/step8/value", STORE_F64, 2, 0, value);
    put(store, "/step8/layers", STORE_I32, 1, 0, zero);
    put(store, "/step8/threshold", STORE_F64, 1, 0, value);
    put(store, "/step8/size", STORE_I32, 1, 0, size);
    publish(store);
}

/* Of 40 pairs 30 are right, 20 under the clamp of the top, 30 of random ones. */
static int create_run(void **state)
{
    static int32_t zero[ITEMS], term[ITEMS];
    static const char *const file[] = {"a"}, *const terms[] = {"one & two", "three"};
    static const double wd[] = {0.1, 0.2, 0.3, 0.4};
    static const int32_t top[] = {2, 3}, random[] = {0, 1};
    if (scratch_create(state)) return -1;
    for (int i = 0; i < ITEMS; i++) term[i] = i % 2;
    store_t *store = create(*state, "shards/pairs.h5");
    put(store, "/ids", STORE_I32, ITEMS, 0, zero);
    put(store, "/file", STORE_I32, ITEMS, 0, zero);
    put(store, "/term", STORE_I32, ITEMS, 0, term);
    expect_ok(store_write_texts(store, "/files", 1, file));
    expect_ok(store_write_texts(store, "/terms", 2, terms));
    publish(store);
    for (int i = 0; i < 2; i++) {
        char path[64];
        snprintf(path, sizeof path, "statistics/%s.h5", checkpoint[i]);
        store = create(*state, path);
        expect_ok(store_set_integer(store, "/", "tokens", 100));
        put(store, "/layers", STORE_I32, 1, 0, zero);
        put(store, "/wd_exact", STORE_F64, 1, 4, wd);
        publish(store);
    }
    write_cohort(*state, "top", top);
    write_cohort(*state, "random", random);
    store = create(*state, "results/step8/grammar.h5");
    put_scores(store, "/baseline/score", 30);
    put_scores(store, "/negative-top/score", 20);
    put_scores(store, "/negative-random/score", 30);
    publish(store);
    return 0;
}

static void make_page(const char *root, const char *yaml, str_t *html)
{
    opened_t opened;
    report_t report;
    char *directory = NULL, *page = NULL;
    expect_ok(path_join(root, "report", &directory));
    open_run(root, yaml, 2, checkpoint, &opened);
    expect_ok(report_write(&opened.run, directory, &report));
    expect_ok(path_join(directory, "index.html", &page));
    expect_ok(file_read(page, 1 << 24, html));
    report_free(&report);
    close_run(&opened);
    mem_free(&directory);
    mem_free(&page);
}

/* ---- rules of HTML ---- */

static bool is_void(const char *tag)
{
    static const char *const names[] = {"meta", "br", "hr", "link", "img", "input"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strcmp(tag, names[i]) == 0) return true;
    return false;
}

/* The value of an attribute within a tag, into value; false where it has none. */
static bool attribute(const char *tag, size_t length, const char *name, char value[256])
{
    char wanted[64];
    for (int quote = 0; quote < 2; quote++) {
        snprintf(wanted, sizeof wanted, " %s=%c", name, quote ? '\'' : '"');
        const char *at = strstr(tag, wanted);
        if (!at || at >= tag + length) continue;
        at += strlen(wanted);
        snprintf(value, 256, "%.*s", (int)strcspn(at, quote ? "'" : "\""), at);
        return true;
    }
    return false;
}

/* Elements are closed in the order in which they were opened; ids differ; nothing is loaded from elsewhere;
 * every image has a name, in words and as a title. */
static void check_structure(const char *html)
{
    char open[64][16], value[256];
    size_t depth = 0;
    strings_t ids = {0};
    for (const char *at = strchr(html, '<'); at; at = strchr(at + 1, '<')) {
        size_t length = strcspn(at, ">");
        char tag[16] = "";
        bool end = at[1] == '/', alone = at[length - 1] == '/';
        if (at[1] == '!') continue;
        sscanf(at + 1 + end, "%15[A-Za-z0-9]", tag);
        assert_true(*tag && at[length] == '>'); /* no stray '<' in texts */
        if (attribute(at, length, "id", value)) {
            if (strings_find(&ids, value) >= 0) fail_msg("two elements have the id %s", value);
            expect_ok(strings_append(&ids, value));
        }
        if (attribute(at, length, "src", value)) fail_msg("%s loads %s", tag, value);
        if (attribute(at, length, "href", value) && strncmp(value, "figures/", 8) != 0 &&
            value[0] != '#')
            fail_msg("%s refers to %s", tag, value);
        if (strcmp(tag, "svg") == 0 && !end) {
            assert_true(attribute(at, length, "aria-label", value) && *value);
            assert_int_equal(strncmp(at + length + 1, "<title>", 7), 0);
        }
        if (end) {
            if (depth == 0 || strcmp(open[depth - 1], tag) != 0)
                fail_msg("</%s> closes <%s>", tag, depth ? open[depth - 1] : "");
            depth--;
        } else if (!alone && !is_void(tag)) {
            assert_true(depth < 64);
            snprintf(open[depth++], 16, "%s", tag);
        }
        if (strcmp(tag, "script") == 0 && !end) at = strstr(at, "</script") - 1;
        if (strcmp(tag, "style") == 0 && !end) at = strstr(at, "</style") - 1;
    }
    assert_int_equal(depth, 0);
    /* What is referred to is there, as are colours. */
    for (const char *at = strstr(html, "href=\"#"); at; at = strstr(at + 1, "href=\"#")) {
        snprintf(value, sizeof value, "%.*s", (int)strcspn(at + 7, "\""), at + 7);
        if (strings_find(&ids, value) < 0) fail_msg("nothing has the id %s", value);
    }
    for (const char *at = strstr(html, "var(--c-"); at; at = strstr(at + 1, "var(--c-")) {
        char wanted[256];
        snprintf(wanted, sizeof wanted, "%.*s:#", (int)strcspn(at + 4, ")"), at + 4);
        if (!strstr(html, wanted)) fail_msg("no colour is %s", wanted);
    }
    assert_null(strstr(html, "url(http"));
    assert_null(strstr(html, "@import"));
    strings_free(&ids);
}

/* ---- tests ---- */

static void test_page(void **state)
{
    str_t html = {0};
    make_page(*state, configuration, &html);
    check_structure(html.data);
    assert_non_null(strstr(html.data, "<h1>a &lt;page&gt;</h1>"));
    assert_non_null(strstr(html.data, "prefers-color-scheme:dark"));
    static const char *const there[] = {"setting",    "distribution", "neurons",
                                        "conditions", "training",     "missing"};
    static const char *const not_there[] = {"surprisal", "layers"};
    char wanted[64];
    for (size_t i = 0; i < sizeof there / sizeof *there; i++) {
        snprintf(wanted, sizeof wanted, "<section id=\"%s\">", there[i]);
        if (!strstr(html.data, wanted)) fail_msg("no section %s", there[i]);
    }
    for (size_t i = 0; i < sizeof not_there / sizeof *not_there; i++) {
        snprintf(wanted, sizeof wanted, "<section id=\"%s\">", not_there[i]);
        assert_null(strstr(html.data, wanted));
    }
    assert_non_null(strstr(html.data, "Excess surprisal by part of speech: not configured"));
    assert_non_null(strstr(html.data, "activations/step8.h5 is not there"));
    str_free(&html);
}

/* 30 right, then 20 of the same: a quarter less; the interval leaves 0 out. Random ones change nothing, and
 * there is one draw. */
static void test_headline(void **state)
{
    opened_t opened;
    strings_t text = {0};
    str_t all = {0};
    open_run(*state, configuration, 2, checkpoint, &opened);
    expect_ok(headline_write(&opened.run, &text));
    static const char begin[] =
        "At step8, clamping the negative pre-activations to 0 in the 2 neurons "
        "of highest WD (50 % of each layer) changes accuracy on 40 pairs of "
        "grammar by −25.0 points (95 % interval −";
    if (strncmp(text.item[0], begin, strlen(begin)) != 0) fail_msg("%s", text.item[0]);
    assert_non_null(strstr(text.item[0], "; in 2 random neurons (one draw), by 0.0 ("));
    for (size_t i = 1; i < text.count; i++) expect_ok(str_printf(&all, "%s\n", text.item[i]));
    assert_null(strstr(all.data, "first change includes 0"));
    assert_non_null(strstr(all.data, "Without ablation 75.0 % are right ("));
    assert_non_null(strstr(all.data, "There is one draw of random neurons"));
    assert_non_null(strstr(all.data, "negative-top against negative-random: −25.0 points"));
    str_free(&all);
    strings_free(&text);
    close_run(&opened);
    open_run(*state, no_baseline, 2, checkpoint, &opened);
    expect_ok(headline_write(&opened.run, &text));
    assert_non_null(
        strstr(text.item[0], "accuracy on 40 pairs of grammar is 50 % (95 % interval "));
    assert_non_null(strstr(text.item[1], "No baseline is among the conditions"));
    strings_free(&text);
    close_run(&opened);
}

static void test_shorter_pages(void **state)
{
    str_t html = {0};
    char *path = NULL;
    expect_ok(path_join(*state, "results/step8/grammar.h5", &path));
    unlink(path);
    make_page(*state, configuration, &html);
    check_structure(html.data);
    assert_non_null(strstr(html.data, "No condition has results"));
    str_free(&html);
    char *empty = NULL;
    expect_ok(path_join(*state, "empty", &empty));
    expect_ok(directory_create(empty));
    make_page(empty, configuration, &html);
    check_structure(html.data);
    assert_non_null(strstr(html.data, "Nothing is there yet but a configuration."));
    str_free(&html);
    mem_free(&path);
    mem_free(&empty);
}

/* Ids and references get the prefix, colours of the palette become variables, what shows nothing goes. */
static void test_svg(void **state)
{
    (void)state;
    str_t html = {0};
    char svg[1024];
    snprintf(svg, sizeof svg,
             "<?xml version=\"1.0\"?>\n<svg \n width=\"520\" viewBox=\"0 0 520 "
             "300\">\n<title>x</title>\n"
             "<desc>by gnuplot</desc>\n<defs>\n\t<path id='gpPt1' d='M0,0'/><filter "
             "id='f'><a/></filter>\n"
             "</defs>\n<g fill=\"none\" color=\"black\">\n</g>\n"
             "<g stroke='rgb(  0, 114, 178)'><use xlink:href='#gpPt1' color='rgb(1, 2, 3)'/></g>\n"
             "<text fill=\"%s\"> a b</text></svg>",
             colours[COLOUR_NOTE].light);
    expect_ok(svg_inline(svg, "A & B", "f7-", &html));
    assert_string_equal(
        html.data,
        "<svg role=\"img\" xmlns:xlink=\"http://www.w3.org/1999/xlink\" viewBox=\"0 0 520 300\" "
        "aria-label=\"A &amp; B\"><title>A &amp; B</title><defs><path id='f7-gpPt1' "
        "d='M0,0'/></defs>"
        "<g stroke='var(--c-blue)'><use xlink:href='#f7-gpPt1' color='rgb(1, 2, 3)'/></g>"
        "<text fill=\"var(--c-soft)\"> a b</text></svg>");
    str_free(&html);
    expect_error(svg_inline("no image", "A", "f", &html), EXIT_INPUT, "A: not an SVG image");
    str_free(&html);
}

int main(int argc, char **argv)
{
    MPI_Init(&argc, &argv);
#define CASE(test) cmocka_unit_test_setup_teardown(test, create_run, scratch_destroy)
    const struct CMUnitTest tests[] = {CASE(test_page), CASE(test_headline),
                                       CASE(test_shorter_pages), cmocka_unit_test(test_svg)};
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    MPI_Finalize();
    return failed;
}
