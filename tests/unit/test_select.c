/* Cohorts by hand and against numpy.percentile (NumPy 2.4.6, "linear"); lists of neurons. */
#include <math.h>

#include "core/config.h"
#include "core/random.h"
#include "select/cohort.h"
#include "select/rules.h"
#include "stats/statistics.h"
#include "tests/scratch.h"

static int32_t layer_numbers[] = {2, 5};

/* Two layers of five neurons. */
static matrix_t small(double *value)
{
    return (matrix_t){2, 5, layer_numbers, value};
}

static void assert_neurons(const cohort_t *cohort, int64_t count, const int32_t (*want)[2])
{
    assert_int_equal(cohort->count, count);
    for (int64_t i = 0; i < count; i++) {
        assert_int_equal(cohort->layer[i], want[i][0]);
        assert_int_equal(cohort->neuron[i], want[i][1]);
    }
}

static void test_percent(void **state)
{
    (void)state;
    double value[] = {0.1, 0.5, 0.3, 0.2, 0.4, 9, NAN, 7, 7, NAN};
    matrix_t m = small(value);
    cohort_t c;
    /* percentile 75 of (.1 .. .5) is .4, which is not above itself; that of (7, 7, 9) is 8. */
    expect_ok(cohort_by_percent(&m, END_HIGHEST, 25, &c));
    assert_neurons(&c, 2, (int32_t[][2]){{2, 1}, {5, 0}});
    assert_true(fabs(c.threshold[0] - 0.4) < 1e-15 && c.threshold[1] == 8);
    assert_true(c.size[0] == 1 && c.size[1] == 1 && c.layers == 2 && c.number[1] == 5);
    assert_true(c.value[0] == 0.5 && c.value[1] == 9);
    cohort_destroy(&c);
    /* percentile 60 of the first is .34; of the second 7.4: none is below its own least. */
    expect_ok(cohort_by_percent(&m, END_LOWEST, 60, &c));
    assert_neurons(&c, 5, (int32_t[][2]){{2, 0}, {2, 2}, {2, 3}, {5, 2}, {5, 3}});
    cohort_destroy(&c);
    expect_ok(cohort_by_percent(&m, END_HIGHEST, 0, &c));
    assert_int_equal(c.count, 0);
    cohort_destroy(&c);
    for (int i = 0; i < 5; i++) value[i] = NAN;
    expect_ok(cohort_by_percent(&m, END_HIGHEST, 25, &c));
    assert_neurons(&c, 1, (int32_t[][2]){{5, 0}});
    assert_true(isnan(c.threshold[0]));
    cohort_destroy(&c);
}

/* The counts that one percent gives in layers of the published models (all values different). */
static void test_published_counts(void **state)
{
    (void)state;
    static const int32_t want[][2] = {{2048, 21}, {4096, 41}, {8192, 82}, {14336, 144}};
    static double value[14336];
    static int64_t order[14336];
    int32_t number[] = {0};
    for (size_t i = 0; i < 4; i++) {
        random_t random = random_stream(i, "test", 0);
        random_permutation(&random, (size_t)want[i][0], order);
        for (int32_t n = 0; n < want[i][0]; n++) value[n] = 0.01 * (double)order[n];
        matrix_t m = {1, want[i][0], number, value};
        cohort_t c;
        for (int end = END_HIGHEST; end <= END_LOWEST; end++) {
            expect_ok(cohort_by_percent(&m, (end_t)end, 1, &c));
            assert_int_equal(c.count, want[i][1]);
            for (int64_t k = 0; k < c.count; k++)
                assert_true(end == END_HIGHEST ? order[c.neuron[k]] >= want[i][0] - c.count
                                               : order[c.neuron[k]] < c.count);
            cohort_destroy(&c);
        }
    }
}

static void test_count(void **state)
{
    (void)state;
    double value[] = {1, 3, 2, 3, 3, NAN, 4, 5, NAN, 6};
    matrix_t m = small(value);
    cohort_t c;
    expect_ok(cohort_by_count(&m, END_HIGHEST, 2, &c));
    assert_neurons(&c, 4, (int32_t[][2]){{2, 1}, {2, 3}, {5, 7 - 5}, {5, 4}});
    assert_true(c.threshold[0] == 3 && c.threshold[1] == 5);
    cohort_destroy(&c);
    expect_ok(cohort_by_count(&m, END_LOWEST, 3, &c));
    assert_neurons(&c, 6, (int32_t[][2]){{2, 0}, {2, 1}, {2, 2}, {5, 1}, {5, 2}, {5, 4}});
    cohort_destroy(&c);
    expect_error(cohort_by_count(&m, END_LOWEST, 4, &c), EXIT_INPUT,
                 "layer 5: 4 neurons are wanted; the statistic is defined for 3");
    expect_ok(cohort_by_counts(&m, END_LOWEST, (int64_t[]){0, 1}, &c));
    assert_neurons(&c, 1, (int32_t[][2]){{5, 1}});
    assert_true(isnan(c.threshold[0]) && c.threshold[1] == 4 && c.size[0] == 0);
    cohort_destroy(&c);
    expect_ok(cohort_all(&m, &c));
    assert_int_equal(c.count, 10);
    assert_true(isnan(c.value[5]) && c.neuron[9] == 4 && isnan(c.threshold[0]));
    cohort_destroy(&c);
}

static void test_random(void **state)
{
    (void)state;
    enum { NEURONS = 50, DRAWS = 4000 };
    static double value[2 * NEURONS];
    static int hits[2][NEURONS], outside_hits[2][NEURONS];
    for (int i = 0; i < 2 * NEURONS; i++) value[i] = i * 7 % 53;
    matrix_t m = {2, NEURONS, layer_numbers, value};
    cohort_t like, c;
    expect_ok(cohort_by_count(&m, END_HIGHEST, 10, &like));
    for (uint64_t seed = 0; seed < DRAWS; seed++)
        for (int outside = 0; outside < 2; outside++) {
            expect_ok(cohort_random(&m, &like, outside, seed, &c));
            assert_true(c.count == 20 && c.size[0] == 10 && c.size[1] == 10);
            for (int64_t i = 0; i < c.count; i++) {
                assert_true(i % 10 == 0 || c.neuron[i] > c.neuron[i - 1]);
                (outside ? outside_hits : hits)[c.layer[i] == 5][c.neuron[i]]++;
            }
            cohort_destroy(&c);
        }
    for (int64_t i = 0; i < like.count; i++) /* never one of the other cohort */
        assert_int_equal(outside_hits[like.layer[i] == 5][like.neuron[i]], 0);
    /* Binomial: 800 of 4000 expected, deviation 25.3; outside 1000, deviation 27.4. */
    for (int l = 0; l < 2; l++)
        for (int n = 0; n < NEURONS; n++) {
            assert_in_range(hits[l][n], 800 - 130, 800 + 130);
            if (outside_hits[l][n]) assert_in_range(outside_hits[l][n], 1000 - 140, 1000 + 140);
        }
    /* A layer's draw does not depend on which other layers there are. */
    matrix_t last = {1, NEURONS, layer_numbers + 1, value + NEURONS};
    cohort_t only, part;
    expect_ok(cohort_by_count(&last, END_HIGHEST, 10, &only));
    expect_ok(cohort_random(&last, &only, false, 3, &part));
    expect_ok(cohort_random(&m, &like, false, 3, &c));
    assert_memory_equal(part.neuron, c.neuron + 10, 10 * sizeof *c.neuron);
    cohort_destroy(&part);
    expect_error(cohort_random(&last, &like, false, 3, &part), EXIT_INPUT, "other layers");
    cohort_destroy(&c);
    cohort_destroy(&only);
    cohort_destroy(&like);
    expect_ok(cohort_by_count(&m, END_HIGHEST, 30, &like));
    expect_error(cohort_random(&m, &like, true, 3, &c), EXIT_INPUT,
                 "layer 2: 30 neurons are wanted; 20 are outside the other cohort");
    cohort_destroy(&like);
}

static status_t parse(const char *text, neuron_list_t *list)
{
    return neuron_list_parse("my.csv", text, strlen(text), list);
}

static void test_list(void **state)
{
    (void)state;
    static const char *const same[] = {
        "2,3\n5,0\n2,1\n", "layer,neuron\n2,3\n5,0\n2,1",
        "# mine\n2 , 3 , 0.5\r\n\r\n5,0\r\n2,1\r\n",
        "\xef\xbb\xbf\"neuron\",value,layer\n3,x,2\n0,y,5\n\"1\",,2\n"};
    double value[] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9};
    matrix_t m = small(value);
    for (size_t i = 0; i < 4; i++) {
        neuron_list_t list;
        cohort_t c;
        expect_ok(parse(same[i], &list));
        expect_ok(cohort_listed(&m, &list, &c));
        assert_neurons(&c, 3, (int32_t[][2]){{2, 1}, {2, 3}, {5, 0}});
        assert_true(c.value[1] == 3 && c.size[0] == 2 && c.size[1] == 1);
        cohort_destroy(&c);
        neuron_list_destroy(&list);
    }
}

static void test_list_errors(void **state)
{
    (void)state;
    static const char *const bad[][2] = {
        {"", "my.csv: no neuron is listed"},
        {"layer,neuron\n", "my.csv: no neuron is listed"},
        {"2,3\n\n2\n", "my.csv: line 3: '2': \"layer,neuron\" is expected"},
        {"2,3\n2,-1\n", "my.csv: line 2: '-1' is not the number of a neuron"},
        {"2,3\n2,1e3\n", "my.csv: line 2: '1e3' is not the number of a neuron"},
        {"2,3\n2147483648,0\n", "my.csv: line 2: '2147483648' is not the number of a layer"},
        {"2,3\n,0\n", "my.csv: line 2: '' is not the number of a layer"},
        {"layers,neuron\n2,3\n", "my.csv: line 1: 'layers,neuron': numbers"},
        {"2,3\nlayer,neuron\n", "my.csv: line 2: 'layer' is not the number of a layer"},
    };
    static const char *const wrong[][2] = {
        {"2,3\n3,0\n", "my.csv: line 2: layer 3 is not among the 2 layers"},
        {"2,3\n5,5\n", "my.csv: line 2: neuron 5; a layer has 5, 0 to 4"},
        {"2,3\n2,2147483647\n", "my.csv: line 2: neuron 2147483647; a layer has 5"},
        {"layer,neuron\n2,3\n5,3\n2,3\n", "my.csv: line 4: layer 2, neuron 3 is listed twice"},
    };
    double value[10] = {0};
    matrix_t m = small(value);
    neuron_list_t list;
    cohort_t c;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        expect_error(parse(bad[i][0], &list), EXIT_INPUT, bad[i][1]);
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        expect_ok(parse(wrong[i][0], &list));
        expect_error(cohort_listed(&m, &list, &c), EXIT_INPUT, wrong[i][1]);
        neuron_list_destroy(&list);
    }
}

static status_t read_rules(const char *select, config_t **config, rules_t *rules)
{
    static const char *const known[] = {"step0", "step9"};
    strings_t checkpoints = {0}, none = {0};
    str_t text = {0};
    expect_ok(strings_append(&checkpoints, known[0]));
    expect_ok(strings_append(&checkpoints, known[1]));
    expect_ok(
        str_printf(&text, "run: {name: r, directory: d}\nmodel: {path: m}\nselect:\n%s", select));
    expect_ok(config_parse("run.yaml", text.data, text.length, &none, config));
    status_t status = rules_read(*config, &checkpoints, rules);
    str_free(&text);
    strings_free(&checkpoints);
    return status;
}

static void test_rules(void **state)
{
    (void)state;
    config_t *config = NULL;
    rules_t rules;
    expect_ok(read_rules("  random: {like: top, seed: 17, outside: true}\n"
                         "  top: {by: skewness, take: highest, percent: 1, from: step9}\n"
                         "  few: {take: lowest, count: 3}\n  every: {take: all}\n"
                         "  mine: {neurons: cohort.csv}\n",
                         &config, &rules));
    static const struct {
        const char *name;
        rule_kind_t kind;
        const char *text;
    } want[] = {
        {"random", RULE_RANDOM, "random, as many in each layer as top and outside of it, seed 17"},
        {"top", RULE_HIGHEST, "skewness above percentile 99 of its layer, frozen at step9"},
        {"few", RULE_LOWEST, "the 3 of lowest wd in each layer"},
        {"every", RULE_ALL, "every neuron"},
        {"mine", RULE_LISTED, "listed in cohort.csv"},
    };
    assert_int_equal(rules.count, 5);
    for (size_t i = 0; i < 5; i++) {
        ptrdiff_t at = rules_find(&rules, want[i].name);
        str_t text = {0};
        assert_true(at >= 0);
        assert_int_equal(rules.rule[at].kind, want[i].kind);
        expect_ok(rule_describe(&rules, (size_t)at, &text));
        assert_string_equal(text.data, want[i].text);
        str_free(&text);
    }
    assert_int_equal(rules_find(&rules, "none"), -1);
    rules_destroy(&rules);
    config_close(&config);
}

/* Entries that stand for several cohorts: their names, and what is each one's own. */
static void test_families(void **state)
{
    (void)state;
    config_t *config = NULL;
    rules_t rules;
    size_t first, count;
    expect_ok(read_rules("  random: {like: top, seed: 7, draws: 2}\n"
                         "  top: {by: md, take: highest, percent: [0.5, 20]}\n"
                         "  few: {take: lowest, count: [3]}\n"
                         "  alike: {like: top, match: variance}\n"
                         "  one: {like: top-p20, match: magnitude, from: step9}\n"
                         "  rest: {difference: [random-p20-d2, top-p20, few-n3]}\n",
                         &config, &rules));
    static const struct {
        const char *name, *text;
    } want[] = {
        {"random-p0.5-d1", "random, as many in each layer as top-p0.5, seed 7"},
        {"random-p0.5-d2", "random, as many in each layer as top-p0.5, seed 8"},
        {"random-p20-d1", "random, as many in each layer as top-p20, seed 7"},
        {"random-p20-d2", "random, as many in each layer as top-p20, seed 8"},
        {"top-p0.5", "md above percentile 99.5 of its layer"},
        {"top-p20", "md above percentile 80 of its layer"},
        {"few-n3", "the 3 of lowest wd in each layer"},
        {"alike-p0.5", "for each neuron of top-p0.5 the one outside of nearest variance"},
        {"alike-p20", "for each neuron of top-p20 the one outside of nearest variance"},
        {"one", "for each neuron of top-p20 the one outside of nearest |mean|, frozen at step9"},
        {"rest", "in random-p20-d2 but not in top-p20 or few-n3"},
    };
    assert_int_equal(rules.count, sizeof want / sizeof *want);
    for (size_t i = 0; i < rules.count; i++) {
        str_t text = {0};
        assert_string_equal(rules.rule[i].name, want[i].name);
        expect_ok(rule_describe(&rules, i, &text));
        assert_string_equal(text.data, want[i].text);
        str_free(&text);
    }
    expect_ok(rules_resolve(&rules, config, "select", "random", &first, &count));
    assert_true(first == 0 && count == 4 && rules.rule[3].draw == 2);
    expect_ok(rules_resolve(&rules, config, "select", "random-p20-d1", &first, &count));
    assert_true(first == 2 && count == 1);
    expect_error(rules_resolve_one(&rules, config, "select", "alike", &first), EXIT_USAGE,
                 "'alike' stands for 2 cohorts; name one, such as 'alike-p0.5'");
    rules_destroy(&rules);
    config_close(&config);
}

/* A rule's hash changes with all that it says, and with nothing else. */
static void test_rule_hash(void **state)
{
    (void)state;
    static const char *const different[] = {
        "  a: {take: highest, percent: 1}\n",
        "  a: {take: highest, percent: 1.00000000001}\n",
        "  a: {take: lowest, percent: 1}\n",
        "  a: {take: highest, percent: 1, by: md}\n",
        "  a: {take: highest, count: 1}\n",
        "  a: {take: all}\n",
        "  a: {neurons: x.csv}\n",
        "  a: {take: lowest, until: {condition: x, perplexity: y}}\n",
        "  a: {take: lowest, until: {condition: x, perplexity: y, tolerance: 0.3}}\n",
        "  a: {take: lowest, until: {condition: x, perplexity: y, counts: matched}}\n",
        "  a: {take: lowest, until: {condition: x, perplexity: y, ablate: both}}\n",
        "  a: {take: lowest, until: {condition: x, perplexity: y, stride: 5}}\n",
        "  a: {like: b}\n  b: {take: all}\n",
        "  a: {like: b, seed: 2}\n  b: {take: all}\n",
        "  a: {like: b, match: magnitude}\n  b: {take: all}\n",
        "  a: {like: b, outside: true}\n  b: {take: all}\n",
        "  a: {union: [b, c]}\n  b: {take: all}\n  c: {take: all}\n",
        "  a: {difference: [b, c]}\n  b: {take: all}\n  c: {take: all}\n",
    };
    enum { CASES = sizeof different / sizeof *different };
    char key[CASES + 1][SHA256_HEX];
    for (size_t i = 0; i <= CASES; i++) {
        config_t *config = NULL;
        rules_t rules;
        hash_t *hash = NULL;
        expect_ok(read_rules(i < CASES ? different[i]
                                       : "  z: {take: all}\n"
                                         "  a: {percent: [5, 1], take: highest}\n",
                             &config, &rules));
        expect_ok(hash_create(&hash));
        expect_ok(rule_hash(&rules, i < CASES ? 0 : 2, hash));
        expect_ok(hash_finish(&hash, key[i]));
        for (size_t j = 0; j < i && i < CASES; j++)
            if (strcmp(key[i], key[j]) == 0) fail_msg("%s%s", different[i], different[j]);
        rules_destroy(&rules);
        config_close(&config);
    }
    assert_string_equal(key[CASES], key[0]); /* one of a list, elsewhere, under another name */
}

/* Unions, intersections and differences against membership, neuron by neuron. */
static void test_combined(void **state)
{
    (void)state;
    enum { NEURONS = 30 };
    double value[2 * NEURONS];
    bool in[3][2 * NEURONS] = {{0}};
    cohort_t part[3], c;
    for (int i = 0; i < 2 * NEURONS; i++) value[i] = i;
    matrix_t m = {2, NEURONS, layer_numbers, value};
    for (int p = 0; p < 3; p++) {
        double other[2 * NEURONS];
        random_t random = random_stream((uint64_t)p, "test", 0);
        for (int i = 0; i < 2 * NEURONS; i++) other[i] = random_normal(&random);
        matrix_t by = {2, NEURONS, layer_numbers, other};
        expect_ok(cohort_by_count(&by, END_HIGHEST, 12 + p, &part[p]));
        for (int64_t i = 0; i < part[p].count; i++)
            in[p][(part[p].layer[i] == 5) * NEURONS + part[p].neuron[i]] = true;
    }
    for (int how = COMBINE_ANY; how <= COMBINE_FIRST_ALONE; how++) {
        int64_t at = 0, second = 0;
        expect_ok(cohort_combined(&m, (combine_t)how, part, 3, &c));
        for (int i = 0; i < 2 * NEURONS; i++) {
            bool a = in[0][i], b = in[1][i], d = in[2][i];
            bool wanted = how == COMBINE_ANY   ? a || b || d
                          : how == COMBINE_ALL ? a && b && d
                                               : a && !b && !d;
            if (!wanted) continue;
            assert_true(at < c.count && c.neuron[at] == i % NEURONS && c.value[at] == i);
            second += c.layer[at++] == 5;
        }
        assert_true(at == c.count && c.size[1] == second && c.size[0] == at - second && at > 0);
        cohort_destroy(&c);
    }
    matrix_t last = {1, NEURONS, layer_numbers + 1, value};
    expect_error(cohort_combined(&last, COMBINE_ANY, part, 3, &c), EXIT_INPUT, "other layers");
    for (int p = 0; p < 3; p++) cohort_destroy(&part[p]);
}

static void test_paired(void **state)
{
    (void)state;
    /* Layer 2: neurons 1 and 3 are matched; by value -0.4 has 0 (-0.5), then 2.1 has 2 (2); by
     * magnitude 0.4 has 0 as well, 2.1 has 2. Layer 5: of equal distances the lower neuron; what is
     * taken is gone. */
    double value[] = {-0.5, -0.4, 2, 2.1, 0.41, 1, 1, 2, 0, NAN};
    matrix_t m = small(value);
    neuron_list_t list;
    cohort_t like, c;
    expect_ok(parse("2,1\n2,3\n5,0\n5,1\n", &list));
    expect_ok(cohort_listed(&m, &list, &like));
    expect_ok(cohort_paired(&m, &like, false, &c));
    assert_neurons(&c, 4, (int32_t[][2]){{2, 0}, {2, 2}, {5, 2}, {5, 3}});
    assert_memory_equal(c.partner, ((int32_t[]){1, 3, 0, 1}), 4 * sizeof(int32_t));
    cohort_destroy(&c);
    expect_ok(cohort_paired(&m, &like, true, &c));
    assert_neurons(&c, 4, (int32_t[][2]){{2, 2}, {2, 4}, {5, 2}, {5, 3}});
    assert_memory_equal(c.partner, ((int32_t[]){3, 1, 0, 1}), 4 * sizeof(int32_t));
    cohort_destroy(&c);
    neuron_list_destroy(&list);
    cohort_destroy(&like);
    expect_ok(parse("5,0\n5,1\n5,2\n", &list));
    expect_ok(cohort_listed(&m, &list, &like));
    expect_error(cohort_paired(&m, &like, false, &c), EXIT_INPUT,
                 "layer 5: 3 neurons are wanted; 1 with a value are outside");
    neuron_list_destroy(&list);
    cohort_destroy(&like);
    expect_ok(parse("5,4\n", &list));
    expect_ok(cohort_listed(&m, &list, &like));
    expect_error(cohort_paired(&m, &like, false, &c), EXIT_INPUT, "layer 5, neuron 4 has no value");
    neuron_list_destroy(&list);
    cohort_destroy(&like);
}

/* The configuration's choices are the table of statistics, no more and no less. */
static void test_every_statistic(void **state)
{
    (void)state;
    str_t names = {0};
    for (int s = 0; s < STATISTICS; s++)
        expect_ok(str_printf(&names, "%s%s", s ? "|" : "", statistics[s].by));
    for (size_t i = 0; i < config_key_count; i++)
        if (strcmp(config_keys[i].path, "select.*.by") == 0)
            assert_string_equal(config_keys[i].choices, names.data);
    str_free(&names);
}

static void test_rule_errors(void **state)
{
    (void)state;
    static const char *const bad[][2] = {
        {"  a: {by: wd}\n", "exactly one of take, like, neurons, union"},
        {"  a: {take: all, neurons: x.csv}\n", "exactly one of take, like, neurons, union"},
        {"  b: {take: all}\n  a: {like: b, union: [b]}\n", "exactly one of take, like, neurons"},
        {"  a: {take: highest}\n", "one of percent, count and until is expected"},
        {"  a: {take: highest, percent: 1, count: 2}\n", "one of percent, count and until"},
        {"  a: {take: lowest, percent: 1, until: {condition: x, perplexity: y}}\n",
         "one of percent, count and until"},
        {"  a: {take: lowest, until: {condition: x, perplexity: y, least: 5, most: 5}}\n",
         "more than until.least, 5, is expected"},
        {"  a: {take: all, until: {condition: x, perplexity: y}}\n",
         "until does not go with take: all"},
        {"  b: {take: all}\n  a: {like: b, until: {condition: x, perplexity: y}}\n",
         "until goes with take only"},
        {"  a: {take: highest, percent: [1, 1]}\n", "a second cohort is named 'a-p1'"},
        {"  a: {take: highest, percent: [1, 2]}\n  a-p2: {take: all}\n",
         "a second cohort is named 'a-p2'"},
        {"  a: {take: highest, count: 1, draws: 2}\n", "draws does not go with take"},
        {"  b: {take: all}\n  a: {like: b, match: variance, draws: 2}\n",
         "draws does not go with match"},
        {"  b: {take: all}\n  a: {union: b, match: variance}\n", "match does not go with union"},
        {"  b: {take: highest, percent: [1, 2]}\n  a: {union: b}\n",
         "'b' stands for 2 cohorts; name one, such as 'b-p1'"},
        {"  b: {take: all}\n  a: {difference: b}\n", "two cohorts at least are expected"},
        {"  b: {take: all}\n  a: {union: [b, bb]}\n",
         "select has no cohort 'bb'; did you mean 'b'?"},
        {"  a: {union: [b]}\n  b: {like: c}\n  c: {difference: [b, a]}\n",
         "is made from itself in the end"},
        {"  a: {take: all, percent: 1}\n", "percent does not go with take: all"},
        {"  a: {like: b}\n", "select has no cohort 'b'"},
        {"  a: {like: b}\n  b: {like: a}\n", "matched to itself"},
        {"  a: {like: a}\n", "matched to itself"},
        {"  b: {take: all}\n  a: {like: b, count: 3}\n", "count does not go with like"},
        {"  a: {take: all, from: step8}\n", "step8"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        config_t *config = NULL;
        rules_t rules;
        status_t status = read_rules(bad[i][0], &config, &rules);
        if (!status || !strstr(status_message(status), "run.yaml"))
            fail_msg("the configuration is not named for: %s", bad[i][0]);
        expect_error(status, EXIT_USAGE, bad[i][1]);
        config_close(&config);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_percent),     cmocka_unit_test(test_published_counts),
        cmocka_unit_test(test_count),       cmocka_unit_test(test_random),
        cmocka_unit_test(test_list),        cmocka_unit_test(test_list_errors),
        cmocka_unit_test(test_rules),       cmocka_unit_test(test_every_statistic),
        cmocka_unit_test(test_rule_errors), cmocka_unit_test(test_families),
        cmocka_unit_test(test_rule_hash),   cmocka_unit_test(test_combined),
        cmocka_unit_test(test_paired),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
