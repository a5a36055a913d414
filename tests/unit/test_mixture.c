/* Mixtures: the proportions that the weights ask for, at every point; the order of documents; the
 * budgets; and what the configuration may say. */
#include "tests/scratch.h"

#include <math.h>

#include "core/random.h"
#include "text/mixture.h"

enum { PARTS = 3, DOCUMENTS = 400, LONGEST = 50 };

/* Documents of random lengths, some of them empty. */
static void make_documents(random_t *random, int64_t *document)
{
    document[0] = 0;
    for (int i = 0; i < DOCUMENTS; i++)
        document[i + 1] = document[i] + (int64_t)random_below(random, LONGEST + 1);
}

typedef struct {
    int64_t document[PARTS][DOCUMENTS + 1];
    component_t component[PARTS];
    mixture_t mixture;
} parts_t;

static void make_parts(parts_t *parts, uint64_t seed)
{
    static const double weight[PARTS] = {0.5, 3, 1.25};
    random_t random = random_stream(seed, "test", 0);
    parts->mixture = (mixture_t){.component = parts->component, .components = PARTS};
    for (int i = 0; i < PARTS; i++) {
        make_documents(&random, parts->document[i]);
        parts->component[i] = (component_t){.name = i == 0   ? "a"
                                                    : i == 1 ? "b"
                                                             : "c",
                                            .weight = weight[i],
                                            .document = parts->document[i],
                                            .documents = DOCUMENTS};
    }
}

/* Whether each pick is a document (the last may be cut), none comes twice, and, unless shuffled,
 * in order. */
static void check_picks(const parts_t *parts, const pick_t *pick, uint64_t count)
{
    bool seen[PARTS][DOCUMENTS] = {0};
    uint64_t last[PARTS] = {0};
    for (uint64_t i = 0; i < count; i++) {
        const int64_t *document = parts->document[pick[i].component];
        int d = 0;
        while (d < DOCUMENTS &&
               !(document[d] == (int64_t)pick[i].start && document[d + 1] > document[d]))
            d++;
        assert_true(d < DOCUMENTS && !seen[pick[i].component][d]);
        seen[pick[i].component][d] = true;
        uint64_t length = (uint64_t)(document[d + 1] - document[d]);
        assert_true(pick[i].count == length || (i + 1 == count && pick[i].count < length));
        assert_true(parts->mixture.shuffled || pick[i].start >= last[pick[i].component]);
        last[pick[i].component] = pick[i].start;
    }
}

static void test_proportions(void **state)
{
    (void)state;
    for (uint64_t seed = 0; seed < 4; seed++) {
        parts_t parts;
        pick_t *pick = NULL;
        uint64_t count, tokens;
        double given[PARTS] = {0}, all = 0, weights = 0.5 + 3 + 1.25;
        make_parts(&parts, seed);
        parts.mixture.tokens = 9000;
        parts.mixture.shuffled = seed % 2;
        parts.mixture.seed = seed;
        expect_ok(mixture_plan(&parts.mixture, &pick, &count, &tokens));
        assert_int_equal(tokens, 9000);
        check_picks(&parts, pick, count);
        for (uint64_t i = 0; i < count; i++) {
            given[pick[i].component] += (double)pick[i].count;
            all += (double)pick[i].count;
            for (int p = 0; p < PARTS; p++) {
                double due = all * parts.component[p].weight / weights;
                assert_true(fabs(given[p] - due) <= 4 * LONGEST);
            }
        }
        assert_true(all == 9000);
        mem_free(&pick);
    }
}

static void test_documents_as_budget(void **state)
{
    parts_t parts;
    pick_t *pick = NULL;
    uint64_t count, tokens, given[PARTS] = {0};
    (void)state;
    make_parts(&parts, 5);
    /* Without empty documents, which are passed over, counts are exact. */
    for (int p = 0; p < PARTS; p++)
        for (int d = 0; d <= DOCUMENTS; d++) parts.document[p][d] = 7 * d;
    parts.mixture.documents = 95;
    expect_ok(mixture_plan(&parts.mixture, &pick, &count, &tokens));
    assert_int_equal(count, 95);
    assert_int_equal(tokens, 7 * 95);
    for (uint64_t i = 0; i < count; i++) given[pick[i].component]++;
    assert_int_equal(given[0], 10);
    assert_int_equal(given[1], 60);
    assert_int_equal(given[2], 25);
    mem_free(&pick);
}

/* The same seed gives the same order, another one another; a permutation of all in the end. */
static void test_seeds(void **state)
{
    parts_t parts;
    pick_t *pick[3] = {NULL};
    uint64_t count[3], tokens[3];
    (void)state;
    make_parts(&parts, 1);
    parts.mixture.components = 1;
    parts.mixture.shuffled = true;
    for (int i = 0; i < 3; i++) {
        parts.mixture.seed = i < 2 ? 11 : 12;
        expect_ok(mixture_plan(&parts.mixture, &pick[i], &count[i], &tokens[i]));
        check_picks(&parts, pick[i], count[i]);
        assert_int_equal(tokens[i], parts.document[0][DOCUMENTS]);
    }
    uint64_t moved = 0;
    for (uint64_t i = 0; i < count[0]; i++) {
        assert_int_equal(pick[0][i].start, pick[1][i].start);
        moved += pick[0][i].start != pick[2][i].start;
    }
    assert_true(moved > count[0] / 2);
    for (int i = 0; i < 3; i++) mem_free(&pick[i]);
}

static void test_exhausted(void **state)
{
    parts_t parts;
    pick_t *pick = NULL;
    uint64_t count, tokens;
    (void)state;
    make_parts(&parts, 2);
    parts.component[1].documents = 10;
    expect_ok(mixture_plan(&parts.mixture, &pick, &count, &tokens));
    check_picks(&parts, pick, count);
    assert_true(tokens > 0 && tokens < 20 * LONGEST);
    mem_free(&pick);
    parts.mixture.tokens = 5000;
    expect_error(mixture_plan(&parts.mixture, &pick, &count, &tokens), EXIT_INPUT,
                 "corpora.b has no more to give after ");
    assert_null(pick);
    parts.mixture.tokens = 0;
    parts.mixture.documents = 1000;
    expect_error(mixture_plan(&parts.mixture, &pick, &count, &tokens), EXIT_INPUT,
                 "of 1000 documents of the mixture; lower its weight or the mixture's limit");
}

/* ---- the configuration ---- */

static config_t *configure(const char *corpora)
{
    str_t text = {0};
    config_t *config = NULL;
    expect_ok(
        str_printf(&text, "run: {name: a, directory: b}\nmodel: {path: c}\ncorpora:\n%s", corpora));
    expect_ok(config_parse("config.yaml", text.data, text.length, NULL, &config));
    str_free(&text);
    return config;
}

static void test_reads(void **state)
{
    config_t *config = configure("  a: {files: [x]}\n  b-2: {files: [y]}\n"
                                 "  m: {mix: {a: 0.25, b-2: 3}, tokens: 100, seed: 0}\n");
    mixture_t mixture;
    (void)state;
    assert_false(mixture_is(config, "a"));
    assert_true(mixture_is(config, "m"));
    expect_ok(mixture_read(config, "a", &mixture));
    assert_int_equal(mixture.components, 0);
    expect_ok(mixture_read(config, "m", &mixture));
    assert_int_equal(mixture.components, 2);
    assert_string_equal(mixture.component[0].name, "a");
    assert_string_equal(mixture.component[1].name, "b-2");
    assert_true(mixture.component[0].weight == 0.25 && mixture.component[1].weight == 3);
    assert_int_equal(mixture.tokens, 100);
    assert_true(mixture.shuffled && mixture.seed == 0);
    mixture_free(&mixture);
    config_close(&config);
}

/* A corpus of files with a seed, or with a budget: a mixture of its own documents, which ends with
 * them. */
static void test_own(void **state)
{
    config_t *config = configure("  a: {files: [x], seed: 0}\n  b: {files: [x], tokens: 30}\n"
                                 "  c: {files: [x], limit: 3}\n  d: {mix: {a: 1}, seed: 1}\n");
    static const int64_t document[] = {0, 10, 20, 30};
    mixture_t mixture;
    pick_t *pick = NULL;
    uint64_t count, tokens;
    (void)state;
    assert_true(mixture_is_own(config, "a") && mixture_is_own(config, "b"));
    assert_false(mixture_is_own(config, "c") || mixture_is_own(config, "d"));
    assert_false(mixture_is(config, "a"));
    expect_ok(mixture_read(config, "d", &mixture));
    assert_false(mixture.own);
    mixture_free(&mixture);
    expect_ok(mixture_read(config, "a", &mixture));
    assert_true(mixture.own && mixture.shuffled && mixture.components == 1);
    assert_string_equal(mixture.component[0].name, "a");
    mixture_free(&mixture);
    expect_ok(mixture_read(config, "b", &mixture));
    assert_true(mixture.own && !mixture.shuffled && mixture.tokens == 30);
    mixture.component[0].document = document;
    mixture.component[0].documents = 2;
    expect_ok(mixture_plan(&mixture, &pick, &count, &tokens));
    assert_true(count == 2 && tokens == 20);
    mem_free(&pick);
    mixture_free(&mixture);
    config_close(&config);
}

static void test_refuses(void **state)
{
    static const char *const cases[][2] = {
        {"  m: {limit: 1}\n", "config.yaml:4: corpora.m: either files or mix is expected"},
        {"  a: {files: [x]}\n  m: {files: [y], mix: {a: 1}}\n", "either files or mix is expected"},
        {"  abc: {files: [x]}\n  m: {mix: {abd: 1}}\n",
         "corpora has no 'abd'; did you mean 'abc'?"},
        {"  a: {files: [x]}\n  n: {mix: {a: 1}}\n  m: {mix: {n: 1}}\n",
         "'n' is a mixture itself; name what it is made of"},
        {"  m: {mix: {m: 1}}\n", "'m' is a mixture itself"},
        {"  a: {files: [x]}\n  m: {mix: {a: 0}}\n", "corpora.m.mix.a: a weight above 0"},
        {"  a: {files: [x]}\n  m: {mix: {a: 1}, tokens: 5, limit: 5}\n",
         "either tokens or limit is expected"},
        {"  m: {files: [x], tokens: 5, limit: 5}\n", "either tokens or limit is expected"},
        {"  m: {files: [x], join: \"\", seed: 5}\n",
         "corpora.m.seed: join makes one document of all"},
        {"  n: {files: [x]}\n  m: {mix: {n: 1}, files: [x], seed: 5}\n",
         "either files or mix is expected"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        config_t *config = configure(cases[i][0]);
        mixture_t mixture;
        expect_error(mixture_read(config, "m", &mixture), EXIT_USAGE, cases[i][1]);
        config_close(&config);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_proportions), cmocka_unit_test(test_documents_as_budget),
        cmocka_unit_test(test_seeds),       cmocka_unit_test(test_exhausted),
        cmocka_unit_test(test_reads),       cmocka_unit_test(test_own),
        cmocka_unit_test(test_refuses),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
