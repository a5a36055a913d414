/* Minimal pairs from pickles: the rules for a pair, and what is refused. The pickles follow
 * Python's Lib/pickletools.py; the text forms are those of protocol 0, as in the published files. */
#include "tests/scratch.h"

#include "text/tse_pairs.h"

#define LITERAL(text) (text), sizeof(text) - 1

static void open_pickle(const char *directory, const char *bytes, size_t length,
                        tse_pairs_t **pairs, status_t *status)
{
    char *path = NULL;
    scratch_write(directory, "simple.pickle", bytes, length);
    expect_ok(path_join(directory, "simple.pickle", &path));
    *status = tse_pairs_open(path, pairs);
    mem_free(&path);
}

/* All pairs as "term:line good|bad\n". */
static void expect_pairs(const char *directory, const char *bytes, size_t length,
                         const char *expected)
{
    tse_pairs_t *pairs = NULL;
    minimal_pair_t pair;
    bool found;
    str_t text = {0};
    status_t status;
    open_pickle(directory, bytes, length, &pairs, &status);
    expect_ok(status);
    expect_ok(str_add(&text, ""));
    for (;;) {
        expect_ok(tse_pairs_next(pairs, &pair, &found));
        if (!found) break;
        assert_int_equal(strlen(pair.good), pair.good_length);
        assert_int_equal(strlen(pair.bad), pair.bad_length);
        expect_ok(
            str_printf(&text, "%s:%d %s|%s\n", pair.term, (int)pair.line, pair.good, pair.bad));
    }
    expect_ok(tse_pairs_next(pairs, &pair, &found));
    assert_false(found);
    assert_string_equal(text.data, expected);
    str_free(&text);
    tse_pairs_close(&pairs);
    assert_null(pairs);
}

/* Opening, or reading on, ends in this error. */
static void expect_refused(const char *directory, const char *bytes, size_t length,
                           const char *message)
{
    tse_pairs_t *pairs = NULL;
    minimal_pair_t pair;
    bool found = true;
    status_t status;
    open_pickle(directory, bytes, length, &pairs, &status);
    if (status) assert_null(pairs);
    while (!status && found) status = tse_pairs_next(pairs, &pair, &found);
    expect_error(status, EXIT_INPUT, message);
    tse_pairs_close(&pairs);
}

static void reads_cases_in_order(void **state)
{
    expect_pairs(*state,
                 LITERAL("(dp0\nS'sing'\np1\n(lp2\n(S'the author laughs'\np3\nS'the author laugh'\n"
                         "p4\ntp5\na(S'a'\nS'b'\nS'c'\ntasS'plur'\n(lsS'last'\n(l(g3\ng4\ntas."),
                 "sing:1 the author laughs|the author laugh\nsing:2 a|c\n"
                 "last:1 the author laughs|the author laugh\n");
    expect_pairs(*state, LITERAL("}."), "");
    /* pickle.dumps({'k': [('good', 'bad')]}, 4) of Python 3.11 */
    expect_pairs(*state,
                 LITERAL("\x80\x04\x95\x1a\0\0\0\0\0\0\0}\x94\x8c\x01k\x94]\x94\x8c\x04good\x94"
                         "\x8c\x03"
                         "bad\x94\x86\x94"
                         "as."),
                 "k:1 good|bad\n");
}

static void collapses_white_space(void **state)
{
    expect_pairs(*state,
                 LITERAL("}S'k'\n](V  the\\u00a0 author\tlaughs\\u2003\nVa\\u000ab\\u000d\\u0085\n"
                         "tas."),
                 "k:1 the author laughs|a b\n");
    expect_pairs(*state, LITERAL("}S'k'\n](V\xe9\\u3000\xe9\nVx\ntas."),
                 "k:1 \xc3\xa9 \xc3\xa9|x\n");
}

static void passes_over_missing_sentences(void **state)
{
    expect_pairs(*state,
                 LITERAL("}S'k'\n](S'a'\nS'None'\nta(S'None'\nS'b'\nta(S''\nS'b'\nta(S'a'\nS'  '\n"
                         "ta(NS'b'\nta(S'a'\nNS'b'\nta(S'None '\nS'b'\nta(S'Nones'\nS'none'\nta"
                         "s."),
                 "k:6 a|b\nk:8 Nones|none\n");
}

static void refuses_other_forms(void **state)
{
    expect_refused(*state, LITERAL("]."), "/simple.pickle: holds a list, a dict of cases");
    expect_refused(*state, LITERAL("}K\1]s."), "a case's name is an integer, a text is expected");
    expect_refused(*state, LITERAL("}S''\n]s."), "a case's name is not UTF-8 of 1 to 1000 bytes");
    expect_refused(*state, LITERAL("}S'\xff'\n]s."), "a case's name is not UTF-8");
    expect_refused(*state, LITERAL("}S'k'\n)s."), "case \"k\": holds a tuple, a list is expected");
    expect_refused(*state, LITERAL("}S'k'\n](S'a'\nS'b'\ntaS'x'\nas."),
                   "/simple.pickle: case \"k\", pair 2: a text, a tuple is expected");
    expect_refused(*state, LITERAL("}S'k'\n](S'a'\ntas."), "pair 1: a tuple of other than 2 or 3");
    expect_refused(*state, LITERAL("}S'k'\n](S'a'\nNNS'a'\ntas."), "a tuple of other than 2 or 3");
    expect_refused(*state, LITERAL("}S'k'\n](S'a'\nK\1tas."), "an integer, a text is expected");
    expect_refused(*state, LITERAL("}S'k'\n](S'a'\nS'\xff'\ntas."), "pair 1: not UTF-8");
    expect_refused(*state, LITERAL("cos\nsystem\n(S'true'\ntR."), "the global \"os.system\"");
    expect_refused(*state, LITERAL(""), "pickle: truncated");
}

/* Few bytes may describe very many pairs, since values are shared. */
static void bounds_what_is_shared(void **state)
{
    str_t pickle = {0};
    /* 1000 cases of one list of 1000 times one pair of a long sentence */
    expect_ok(str_add(&pickle, "](U\xff"));
    for (int i = 0; i < 255; i++) expect_ok(str_add(&pickle, "a"));
    expect_ok(str_add(&pickle, "2tp1\na"));
    for (int i = 1; i < 1000; i++) expect_ok(str_add(&pickle, "h\1a"));
    expect_ok(str_add(&pickle, "p2\n0}"));
    for (int i = 0; i < 1000; i++) expect_ok(str_printf(&pickle, "S'%d'\nh\2s", i));
    expect_ok(str_add(&pickle, "."));
    expect_refused(*state, pickle.data, pickle.length, "over 100 times the bytes of the file");

    /* the same without any text */
    str_clear(&pickle);
    expect_ok(str_add(&pickle, "](NNtp1\na"));
    for (int i = 1; i < 3000; i++) expect_ok(str_add(&pickle, "h\1a"));
    expect_ok(str_add(&pickle, "p2\n0}"));
    for (int i = 0; i < 3000; i++) expect_ok(str_printf(&pickle, "S'%d'\nh\2s", i));
    expect_ok(str_add(&pickle, "."));
    expect_refused(*state, pickle.data, pickle.length, "over 100 times the bytes of the file");

    str_clear(&pickle);
    expect_ok(str_add(&pickle, "}S'k'\n](S'"));
    for (int i = 0; i <= TSE_SENTENCE_BYTES; i++) expect_ok(str_add(&pickle, "a"));
    expect_ok(str_add(&pickle, "'\n2tas."));
    expect_refused(*state, pickle.data, pickle.length, "pair 1: a sentence of more than 64 KiB");
    str_free(&pickle);
}

#define with_scratch(test) cmocka_unit_test_setup_teardown(test, scratch_create, scratch_destroy)

int main(void)
{
    const struct CMUnitTest tests[] = {
        with_scratch(reads_cases_in_order),          with_scratch(collapses_white_space),
        with_scratch(passes_over_missing_sentences), with_scratch(refuses_other_forms),
        with_scratch(bounds_what_is_shared),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
