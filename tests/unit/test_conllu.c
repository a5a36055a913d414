/* Tagged text: documents and words of small files written by hand, and tags of tokens against a
 * plain search over all words (the definition). */
#include "tests/scratch.h"

#include "core/random.h"
#include "text/conllu.h"

static const char tokenizer_path[] = "tests/data/demo/model/tokenizer.json";

#define ROW(id, form, upos, deprel) id "\t" form "\t_\t" upos "\t_\t_\t0\t" deprel "\t_\t_\n"

typedef struct {
    conllu_t *conllu;
    strings_t upos, deprel;
    str_t text, words;
    int64_t line;
    char *path;
} reader_t;

static void open_bytes(void **state, const char *text, size_t length, reader_t *reader)
{
    *reader = (reader_t){0};
    scratch_write(*state, "tagged.conllu", text, length);
    expect_ok(path_join(*state, "tagged.conllu", &reader->path));
    expect_ok(conllu_open(reader->path, &reader->upos, &reader->deprel, &reader->conllu));
}

static void open_text(void **state, const char *text, reader_t *reader)
{
    open_bytes(state, text, strlen(text), reader);
}

static void close_text(reader_t *reader)
{
    conllu_close(&reader->conllu);
    unlink(reader->path);
    mem_free(&reader->path);
    strings_free(&reader->upos);
    strings_free(&reader->deprel);
    str_free(&reader->text);
    str_free(&reader->words);
}

/* The next document as "text|start-end:UPOS/deprel ...", or NULL. */
static char *describe(reader_t *reader)
{
    static char line[2000];
    bool found;
    size_t length;
    str_clear(&reader->text);
    str_clear(&reader->words);
    expect_ok(conllu_next(reader->conllu, &reader->text, &reader->words, &reader->line, &found));
    if (!found) return NULL;
    length = (size_t)snprintf(line, sizeof line, "%s|", reader->text.data);
    for (size_t at = 0; at < reader->words.length; at += sizeof(tagged_word_t)) {
        tagged_word_t word;
        memcpy(&word, reader->words.data + at, sizeof word);
        length += (size_t)snprintf(line + length, sizeof line - length, "%d-%d:%s/%s ", word.start,
                                   word.end, reader->upos.item[word.upos],
                                   reader->deprel.item[word.deprel]);
    }
    return line;
}

static void test_documents(void **state)
{
    reader_t reader;
    open_text(
        state,
        "# sent_id = 0\n# text = Before all.\n" ROW("1", "Before", "ADV",
                                                    "advmod") ROW("2", "all", "PRON", "root")
            ROW("3", ".", "PUNCT",
                "punct") "\n"
                         "# newdoc id = a\n# sent_id = 1\n# text = \xc3\x89t\xc3\xa9 !\r\n" ROW(
                             "1", "\xc3\x89t\xc3\xa9", "NOUN", "root")
                             ROW("2", "!", "PUNCT",
                                 "punct") "\n"
                                          "# newpar\n# text = I can't see it.\n" ROW(
                                              "1", "I", "PRON", "nsubj") ROW("2-3", "can't", "_",
                                                                             "_") ROW("2", "ca",
                                                                                      "AUX", "aux")
                                              ROW("3", "n't", "PART", "advmod") ROW("4", "see",
                                                                                    "VERB", "root")
                                                  ROW("4.1", "hidden", "VERB",
                                                      "conj") ROW("5", "it", "PRON", "obj")
                                                      ROW("6", ".", "PUNCT",
                                                          "punct") "\n\n"
                                                                   "# text = moved\n# newdoc\n" ROW(
                                                                       "1", "moved", "VERB",
                                                                       "root") "\n"
                                                                               "# text = no blank "
                                                                               "line\n" ROW(
                                                                                   "1", "no", "DET",
                                                                                   "det")
                                                                                   ROW("2",
                                                                                       "blank line",
                                                                                       "NOUN",
                                                                                       "root:x"),
        &reader);
    assert_string_equal(describe(&reader),
                        "Before all.|0-6:ADV/advmod 7-10:PRON/root 10-11:PUNCT/punct ");
    assert_int_equal(reader.line, 2);
    assert_string_equal(describe(&reader),
                        "\xc3\x89t\xc3\xa9 ! I can't see it.|0-3:NOUN/root 4-5:PUNCT/punct "
                        "6-7:PRON/nsubj 8-13:AUX/aux 14-17:VERB/root 18-20:PRON/obj "
                        "20-21:PUNCT/punct ");
    assert_int_equal(reader.line, 9);
    assert_string_equal(describe(&reader), "moved no blank line|0-5:VERB/root 6-8:DET/det "
                                           "9-19:NOUN/root:x ");
    assert_null(describe(&reader));
    assert_null(describe(&reader));
    assert_string_equal(reader.upos.item[0], "ADJ");
    assert_string_equal(reader.upos.item[UPOS_X], "X");
    assert_string_equal(reader.upos.item[UPOS_SPECIAL], "SPECIAL");
    assert_int_equal(reader.upos.count, UPOS_SPECIAL + 1);
    assert_string_equal(reader.deprel.item[DEPREL_X], "X");
    assert_string_equal(reader.deprel.item[DEPREL_SPECIAL], "SPECIAL");
    close_text(&reader);
}

/* Words are looked for from left to right; one that is not there is left out, a range as a whole. */
static void test_words_that_are_not_there(void **state)
{
    reader_t reader;
    open_text(state,
              "# text = a b a c\n" ROW("1", "b", "X", "dep") ROW("2", "a", "ADP", "case")
                  ROW("3", "b", "NOUN", "obj") ROW("4-5", "zz", "_", "_") ROW("4", "a", "ADJ", "x")
                      ROW("5", "c", "ADJ", "x") ROW("6", "c", "NEW", "y") "\n",
              &reader);
    assert_string_equal(describe(&reader), "a b a c|2-3:X/dep 4-5:ADP/case 6-7:NEW/y ");
    close_text(&reader);
}

static void test_nothing(void **state)
{
    reader_t reader;
    open_text(state, "", &reader);
    assert_null(describe(&reader));
    close_text(&reader);
    open_text(state, "# newdoc\n# newdoc\n\n\n# global = x\n", &reader);
    assert_null(describe(&reader));
    close_text(&reader);
}

static void test_damaged(void **state)
{
    static const struct {
        const char *text, *message;
    } cases[] = {
        {ROW("1", "a", "X", "x"), "tagged.conllu:1: a word before its sentence's \"# text\""},
        {"# text = a\n1\ta\t_\tX\n", ":2: a row of ten columns with a word in it is expected"},
        {"# text = a\n" ROW("1", "", "X", "x"), ":2: a row of ten columns with a word in it"},
        {"# text = a\n" ROW("x", "a", "X", "x"), ":2: the first column is no word's number"},
        {"# text = a\n" ROW("1-", "a", "X", "x"), ":2: the first column is no word's number"},
        {"# text = a\n" ROW("2-2", "a", "X", "x"), ":2: the first column is no word's number"},
        {"# text = a\n" ROW("-1", "a", "X", "x"), ":2: the first column is no word's number"},
        {"# text = a\n" ROW("99999999999999999999", "a", "X", "x"), ":2: the first column"},
        {"# text = a\n" ROW("1", "a", "", "x"), ":2: not a tag"},
        {"# text = a\n\n" ROW("1", "a", "X", "x"), ":3: a word before"},
        {"# text = a\xff\n", ":1: invalid UTF-8 at byte 10"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        reader_t reader;
        bool found;
        open_text(state, cases[i].text, &reader);
        expect_error(conllu_next(reader.conllu, &reader.text, &reader.words, &reader.line, &found),
                     EXIT_INPUT, cases[i].message);
        assert_false(found);
        close_text(&reader);
    }
}

/* "X" and a NUL is not "X". */
static void test_nul_in_tag(void **state)
{
    static const char text[] = "# text = a\n" ROW("1", "a", "X\0", "x");
    reader_t reader;
    bool found;
    open_bytes(state, text, sizeof text - 1, &reader);
    expect_error(conllu_next(reader.conllu, &reader.text, &reader.words, &reader.line, &found),
                 EXIT_INPUT, ":2: not a tag");
    close_text(&reader);
}

/* Every word that is not in its sentence is looked for in all of it. */
static void test_long_sentence(void **state)
{
    str_t text = {0};
    reader_t reader;
    bool found;
    for (int over = 0; over < 2; over++) {
        str_clear(&text);
        expect_ok(str_add(&text, "# text = "));
        for (int i = 0; i < CONLLU_SENTENCE_BYTES + over; i++) expect_ok(str_append(&text, "a", 1));
        expect_ok(str_add(&text, "\n"));
        for (int i = 1; i < 1000; i++) expect_ok(str_add(&text, ROW("1", "b", "X", "x")));
        open_text(state, text.data, &reader);
        status_t status =
            conllu_next(reader.conllu, &reader.text, &reader.words, &reader.line, &found);
        if (over) expect_error(status, EXIT_INPUT, ":1: a sentence of more than 256 KiB");
        else expect_ok(status);
        assert_int_equal(reader.words.length, 0);
        close_text(&reader);
    }
    str_free(&text);
}

static void test_too_many_tags(void **state)
{
    str_t text = {0};
    reader_t reader;
    bool found;
    expect_ok(str_add(&text, "# text = a a\n"));
    for (int i = 1; i <= CONLLU_NAMES; i++)
        expect_ok(str_printf(&text, "%d\ta\t_\tX\t_\t_\t0\tr%d\t_\t_\n", i, i));
    str_t sentence = {0};
    expect_ok(str_add(&sentence, "# text = "));
    for (int i = 1; i <= CONLLU_NAMES; i++) expect_ok(str_add(&sentence, "a "));
    expect_ok(str_printf(&sentence, "\n%s", strchr(text.data, '\n') + 1));
    open_text(state, sentence.data, &reader);
    expect_error(conllu_next(reader.conllu, &reader.text, &reader.words, &reader.line, &found),
                 EXIT_INPUT, "more than 1000 tags");
    close_text(&reader);
    str_free(&text);
    str_free(&sentence);
}

/* ---- tags of tokens ---- */

static int64_t overlap(const tagged_word_t *word, const span_t *span)
{
    int64_t start = word->start > span->start ? word->start : span->start;
    int64_t end = word->end < span->end ? word->end : span->end;
    return end - start;
}

static void expect_mark(const span_t *span, const tagged_word_t *word, size_t count,
                        const int32_t *mark)
{
    int32_t upos = UPOS_X, deprel = DEPREL_X;
    int64_t best = 0;
    for (size_t i = 0; i < count; i++) {
        if (overlap(&word[i], span) <= best) continue;
        best = overlap(&word[i], span);
        upos = word[i].upos;
        deprel = word[i].deprel;
    }
    if (span->start == span->end) upos = UPOS_SPECIAL, deprel = DEPREL_SPECIAL;
    assert_int_equal(mark[0], upos);
    assert_int_equal(mark[1], deprel);
    assert_int_equal(mark[2], span->start);
    assert_int_equal(mark[3], span->end);
}

static void test_marks(void **state)
{
    static const char *const pieces[] = {"the ",     "farmer", "s", " ",    "  ", "knows", "\n",
                                         "\xc3\xa9", "songs",  ".", "1984", "qu", "ick"};
    tokenizer_t *tokenizer = NULL;
    token_row_t row = {0};
    const conllu_state_t how = {.special = true};
    int kinds[3] = {0};
    (void)state;
    expect_ok(tokenizer_open(tokenizer_path, &tokenizer));
    for (uint64_t seed = 0; seed < 50; seed++) {
        random_t random = random_stream(seed, "test", 0);
        str_t text = {0};
        tagged_word_t word[200];
        size_t count = 0;
        for (int i = 0; i < 60; i++) expect_ok(str_add(&text, pieces[random_below(&random, 13)]));
        /* Words at random places, in order and apart, that need not be those of the tokenizer. */
        for (int32_t at = 0; at < (int32_t)text.length && count < 200; count++) {
            int32_t start = at + (int32_t)random_below(&random, 3);
            at = start + 1 + (int32_t)random_below(&random, 6);
            word[count] = (tagged_word_t){start, at, (int32_t)random_below(&random, 17),
                                          (int32_t)random_below(&random, 9)};
        }
        noted_text_t noted = {text.data, (const char *)word, text.length, count * sizeof *word};
        encoding_t plain = {0};
        expect_ok(tokenizer_encode(tokenizer, text.data, text.length,
                                   ENCODE_SPECIAL | ENCODE_OFFSETS, &plain));
        expect_ok(conllu_encode(&how, tokenizer, &noted, &row));
        assert_int_equal(row.encoding.count, plain.count);
        assert_memory_equal(row.encoding.id, plain.id, plain.count * sizeof *plain.id);
        for (size_t i = 0; i < plain.count; i++) {
            expect_mark(&plain.span[i], word, count, row.mark + 4 * i);
            kinds[row.mark[4 * i] == UPOS_X ? 0 : row.mark[4 * i] == UPOS_SPECIAL ? 1 : 2]++;
        }
        encoding_free(&plain);
        str_free(&text);
    }
    assert_true(kinds[0] > 10 && kinds[2] > 100); /* of each kind enough to tell something */
    encoding_free(&row.encoding);
    mem_free(&row.mark);
    tokenizer_close(&tokenizer);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_documents, scratch_create, scratch_destroy),
        cmocka_unit_test_setup_teardown(test_words_that_are_not_there, scratch_create,
                                        scratch_destroy),
        cmocka_unit_test_setup_teardown(test_nothing, scratch_create, scratch_destroy),
        cmocka_unit_test_setup_teardown(test_damaged, scratch_create, scratch_destroy),
        cmocka_unit_test_setup_teardown(test_nul_in_tag, scratch_create, scratch_destroy),
        cmocka_unit_test_setup_teardown(test_long_sentence, scratch_create, scratch_destroy),
        cmocka_unit_test_setup_teardown(test_too_many_tags, scratch_create, scratch_destroy),
        cmocka_unit_test(test_marks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
