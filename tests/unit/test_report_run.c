/* A small run written by hand, read and reported: every number in the files is worked out here. */
#include <jansson.h>
#include <math.h>

#include "report/contrasts.h"
#include "report/csv.h"
#include "report/harness.h"
#include "report/report.h"
#include "report/sweep.h"
#include "report/tables.h"
#include "tests/report_run.h"

/* ---- the run ---- */

static const char configuration[] =
    "run: {name: 'a run, small', directory: unused}\n"
    "model: {path: unused}\n"
    "corpora: {text: {files: [t.txt]}, spare: {files: [s.txt]}}\n"
    "benchmarks: {pairs: {files: [p.jsonl]}}\n"
    "collect: {corpus: text, window: 4}\n"
    "select:\n"
    "  top: {by: wd, take: highest, percent: 50}\n"
    "  all: {take: all}\n"
    "evaluate:\n"
    "  tasks: [{perplexity: text, window: 4}, {pairs: pairs, name: grammar}]\n"
    "  conditions: [baseline, {ablate: negative, cohort: top}]\n";

static void make_directory(const char *root, const char *name)
{
    char *path = NULL;
    expect_ok(path_join(root, name, &path));
    expect_ok(directory_create(path));
    mem_free(&path);
}

static void write_shards(const char *root)
{
    static const int32_t ids[12], file[] = {0, 0, 1, 1}, term[] = {0, 0, 0, 1};
    static const int64_t documents[] = {0, 5, 12};
    static const char *const files[] = {"a", "b"}, *const terms[] = {"npi", "agreement"};
    store_t *text = create(root, "shards/text.h5"), *pairs = create(root, "shards/pairs.h5");
    put(text, "/ids", STORE_I32, 12, 0, ids);
    put(text, "/documents", STORE_I64, 3, 0, documents);
    publish(text);
    put(pairs, "/ids", STORE_I32, 12, 0, ids);
    put(pairs, "/file", STORE_I32, 4, 0, file);
    put(pairs, "/term", STORE_I32, 4, 0, term);
    expect_ok(store_write_texts(pairs, "/files", 2, files));
    expect_ok(store_write_texts(pairs, "/terms", 2, terms));
    publish(pairs);
}

/* Losses 1 and 3 (perplexity e^2) and, clamped, 1.5 and 3.5: a change of exactly 0.5. */
static void write_results(const char *root)
{
    static const double loss[] = {1, 3}, clamped[] = {1.5, 3.5};
    static const int32_t scored[] = {3, 3};
    /* right, tie, wrong, right; clamped right, right, wrong, wrong */
    static const double score[] = {-1, -2, -5, -5, -4, -3, -1, -9};
    static const double worse[] = {-1, -2, -5, -6, -3, -2, -9, -1};
    store_t *store = create(root, "results/step0/perplexity-text.h5");
    put(store, "/scored", STORE_I32, 2, 0, scored);
    put(store, "/baseline/loss", STORE_F64, 2, 0, loss);
    put(store, "/negative-top/loss", STORE_F64, 2, 0, clamped);
    publish(store);
    store = create(root, "results/step0/grammar.h5");
    put(store, "/baseline/score", STORE_F64, 4, 2, score);
    put(store, "/negative-top/score", STORE_F64, 4, 2, worse);
    publish(store);
    store = create(root, "results/step8/grammar.h5");
    put(store, "/baseline/score", STORE_F64, 4, 2, score);
    publish(store);
}

static void write_statistics(const char *root)
{
    static const double wd[] = {1, 2, 3, 4, 5, NAN, 7, 9}, share[] = {0, 1, 0, 1, 1, 1, 1, 1};
    static const int32_t layers[] = {0, 2};
    static const int32_t layer[] = {0, 0, 2, 2}, neuron[] = {2, 3, 2, 3}, size[] = {2, 2};
    static const double stability[] = {1, 0.5, 0.75, 0.95};
    static const int64_t signs[] = {1, 7, 2, 8, 4, 4};
    static const double value[] = {3, 4, 7, 9}, threshold[] = {2.5, 7};
    store_t *store = create(root, "statistics/step0.h5");
    expect_ok(store_set_integer(store, "/", "tokens", 1000));
    put(store, "/layers", STORE_I32, 2, 0, layers);
    put(store, "/wd_exact", STORE_F64, 2, 4, wd);
    put(store, "/negative_fraction", STORE_F64, 2, 4, share);
    publish(store);
    store = create(root, "selection/top.h5");
    put(store, "/step0/layer", STORE_I32, 4, 0, layer);
    put(store, "/step0/neuron", STORE_I32, 4, 0, neuron);
    put(store, "/step0/value", STORE_F64, 4, 0, value);
    put(store, "/step0/layers", STORE_I32, 2, 0, layers);
    put(store, "/step0/threshold", STORE_F64, 2, 0, threshold);
    put(store, "/step0/size", STORE_I32, 2, 0, size);
    put(store, "/step0/stability", STORE_F64, 4, 0, stability);
    put(store, "/step0/pair_signs", STORE_I64, 2, 3, signs);
    publish(store);
}

static int create_run(void **state)
{
    static const char *const directory[] = {"shards",     "results/step0", "results/step8",
                                            "statistics", "selection",     "empty"};
    if (scratch_create(state)) return -1;
    for (size_t i = 0; i < sizeof directory / sizeof *directory; i++)
        make_directory(*state, directory[i]);
    write_shards(*state);
    write_results(*state);
    write_statistics(*state);
    return 0;
}

/* ---- reading ---- */

static const char *const checkpoint[] = {"step0", "step8"};

/* Fields of the first line of a CSV that starts with prefix. */
static void find_line(const char *csv, const char *prefix, char line[512])
{
    const char *at = csv;
    while (at && strncmp(at, prefix, strlen(prefix)) != 0) {
        at = strchr(at, '\n');
        if (at) at++;
    }
    if (!at || !*at) fail_msg("no line starts with %s in\n%s", prefix, csv);
    snprintf(line, 512, "%.*s", (int)strcspn(at, "\n"), at);
}

static void assert_numbers(const char *csv, const char *prefix, size_t count, const double *wanted)
{
    char line[512], *at = line + strlen(prefix);
    find_line(csv, prefix, line);
    for (size_t i = 0; i < count; i++) {
        double got = strtod(at, &at);
        if (!(fabs(got - wanted[i]) <= 1e-12 * fabs(wanted[i])))
            fail_msg("%s: number %zu is %.17g, expected %.17g", line, i, got, wanted[i]);
        if (*at == ',') at++;
    }
    if (*at) fail_msg("%s: '%s' is left over", line, at);
}

static void test_results_csv(void **state)
{
    opened_t opened;
    str_t csv = {0};
    char line[512];
    open_run(*state, configuration, 2, checkpoint, &opened);
    expect_ok(csv_results(&opened.run, &csv));
    /* Of two windows every fourth draw is the one twice, every fourth the other. */
    assert_numbers(csv.data, "step0,perplexity-text,baseline,all,,perplexity,", 4,
                   (double[]){exp(2), 2, exp(1), exp(3)});
    assert_numbers(csv.data, "step0,perplexity-text,baseline,all,,loss,", 4,
                   (double[]){2, 2, 1, 3});
    /* Both windows change by the same. */
    find_line(csv.data, "step0,perplexity-text,negative-top,all,,perplexity_ratio,", line);
    assert_non_null(strstr(line, ",2,,"));
    /* One of two right in each file, in three cells: agreement's single pair and npi's in file b are
     * always drawn, so that 1 to 3 of 4 are right. */
    assert_numbers(csv.data, "step0,grammar,baseline,all,,accuracy,", 4,
                   (double[]){0.5, 4, 0.25, 0.75});
    /* Wilson's interval, z^2 = 3.8414588206941285, where all draws are equal: 0 of 2, 2 of 2 */
    assert_numbers(csv.data, "step0,grammar,negative-top,file,b,accuracy,", 4,
                   (double[]){0, 2, 0, 0.6576197724933469});
    assert_numbers(csv.data, "step0,grammar,negative-top,file,a,accuracy,", 4,
                   (double[]){1, 2, 1 - 0.6576197724933469, 1});
    assert_numbers(csv.data, "step8,grammar,baseline,file,a,accuracy,", 4,
                   (double[]){0.5, 2, 0, 1});
    assert_null(strstr(csv.data, "step8,grammar,negative-top"));
    str_free(&csv);
    close_run(&opened);
}

/* Under the clamp item 1 becomes right and item 3 wrong; 1 of 2 and of 1 discordant items. */
static void test_contrasts_csv(void **state)
{
    opened_t opened;
    str_t csv = {0};
    char line[512];
    open_run(*state, configuration, 2, checkpoint, &opened);
    expect_ok(csv_contrasts(&opened.run, &csv));
    find_line(csv.data, "step0,perplexity-text,negative-top,baseline,all,,perplexity_ratio,", line);
    assert_non_null(strstr(line, ",1.648721270700128"));
    find_line(csv.data, "step0,grammar,negative-top,baseline,all,,accuracy_change,", line);
    assert_non_null(strstr(line, "accuracy_change,0,4,"));
    assert_non_null(strstr(line, ",1,1,1,1,1"));
    find_line(csv.data, "step0,grammar,negative-top,baseline,term,npi,accuracy_change,", line);
    assert_non_null(strstr(line, "accuracy_change,0.3333333333333333,3,"));
    assert_non_null(strstr(line, ",1,0,1,1,2"));
    assert_null(strstr(csv.data, "step8"));
    str_free(&csv);
    close_run(&opened);
}

static void test_statistics_csv(void **state)
{
    opened_t opened;
    str_t csv = {0};
    open_run(*state, configuration, 2, checkpoint, &opened);
    expect_ok(csv_statistics(&opened.run, &csv));
    /* tokens, neurons, undefined, then numpy.percentile(wd, [0 5 25 50 75 95 99 100]), and the
     * means, of which the file has the last alone */
    char line[512];
    find_line(csv.data, "step0,2,", line);
    assert_string_equal(line, "step0,2,1000,4,1,5,5.2,6,7,8,8.8,8.96,9,,,,,1");
    find_line(csv.data, "step0,all,", line);
    assert_string_equal(
        line, "step0,all,1000,8,1,1,1.3,2.5,4,6,8.399999999999999,8.879999999999999,9,,,,,0.75");
    assert_null(strstr(csv.data, "step8"));
    str_free(&csv);
    close_run(&opened);
}

/* Intervals: binomtest(k, n).proportion_ci(method="wilson") of SciPy 1.17.1. */
static void test_cohort_findings(void **state)
{
    static const double share[2][9] = {
        {0.1, 0.017876213095072896, 0.4041500267952385, 0.7, 0.39677814746114526, 0.892208732593699,
         0.2, 0.056682151454375274, 0.5098375284633583},
        {0.5, 0.27999563610326017, 0.7200043638967398, 0.25, 0.10182067491213048,
         0.49498316535508774, 0.25, 0.10182067491213048, 0.49498316535508774},
    };
    static const char *const begin[] = {"step0,top,separated,10,", "step0,top,controls,16,"};
    opened_t opened;
    str_t csv = {0};
    tables_t tables = {0};
    open_run(*state, configuration, 2, checkpoint, &opened);
    expect_ok(csv_pair_signs(&opened.run, &csv));
    const char *line = strchr(csv.data, '\n') + 1;
    for (int side = 0; side < 2; side++) {
        assert_int_equal(strncmp(line, begin[side], strlen(begin[side])), 0);
        line += strlen(begin[side]);
        for (int i = 0; i < 9; i++) {
            char *end;
            assert_true(fabs(strtod(line, &end) - share[side][i]) < 1e-12);
            line = end + 1;
        }
    }
    assert_int_equal(*line, '\0');
    expect_ok(tables_cohorts(&opened.run, &tables));
    expect_ok(tables_signs(&opened.run, &tables));
    assert_int_equal(tables.count, 2);
    assert_string_equal(tables.item[0].head.item[5], "stability, %");
    assert_string_equal(tables.item[0].cell.item[5], "80.0");
    assert_string_equal(tables.item[1].cell.item[4], "70.0 (39.7–89.2)");
    tables_free(&tables);
    str_free(&csv);
    close_run(&opened);
}

static void test_cohorts_and_missing(void **state)
{
    opened_t opened;
    open_run(*state, configuration, 2, checkpoint, &opened);
    assert_string_equal(opened.run.cohorts_csv.data, "checkpoint,cohort,layer,neuron,value\n"
                                                     "step0,top,0,2,3\nstep0,top,0,3,4\n"
                                                     "step0,top,2,2,7\nstep0,top,2,3,9\n");
    static const char *const missing[] = {
        "statistics (stages collect, reduce): step8",
        "cohort top (stage select): step8",
        "cohort all (stage select): all 2 checkpoints",
        "perplexity-text (stage evaluate): step8",
        "grammar under negative-top (stage evaluate): step8",
    };
    assert_int_equal(opened.run.missing.count, sizeof missing / sizeof *missing);
    for (size_t i = 0; i < sizeof missing / sizeof *missing; i++)
        assert_string_equal(opened.run.missing.item[i], missing[i]);
    assert_int_equal(opened.run.versions.count, 1);
    assert_string_equal(opened.run.versions.item[0], "1.2.3");
    close_run(&opened);
}

static double json_at(const json_t *root, size_t run, const char *part, const char *task,
                      const char *key)
{
    json_t *document = json_array_get(json_object_get(root, "runs"), run);
    json_t *value = json_object_get(json_object_get(json_object_get(document, part), task), key);
    if (!json_is_number(value)) fail_msg("run %zu: %s %s %s is no number", run, part, task, key);
    return json_number_value(value);
}

static void test_harness(void **state)
{
    opened_t opened;
    str_t text = {0};
    open_run(*state, configuration, 2, checkpoint, &opened);
    expect_ok(harness_json(&opened.run, &text));
    json_t *root = json_loads(text.data, 0, NULL);
    assert_non_null(root);
    assert_int_equal(json_array_size(json_object_get(root, "runs")), 3);
    assert_true(json_at(root, 0, "results", "grammar", "acc,none") == 0.5);
    /* of 1, 0, 0, 1: deviation sqrt(1 / 3), by sqrt(4) */
    assert_true(fabs(json_at(root, 0, "results", "grammar", "acc_stderr,none") - sqrt(1. / 12)) <
                1e-14);
    assert_true(fabs(json_at(root, 1, "results", "grammar_term_npi", "acc,none") - 2. / 3) < 1e-14);
    assert_true(json_at(root, 1, "results", "grammar_b", "acc,none") == 0);
    assert_true(json_at(root, 1, "n-samples", "grammar_b", "effective") == 2);
    assert_true(fabs(json_at(root, 0, "results", "perplexity-text", "perplexity,none") - exp(2)) <
                1e-13);
    assert_true(fabs(json_at(root, 0, "results", "perplexity-text", "loss_stderr,none") - 1) <
                1e-14);
    assert_true(json_at(root, 1, "results", "grammar_b", "sample_len") == 2);
    json_t *document = json_array_get(json_object_get(root, "runs"), 2);
    assert_string_equal(json_string_value(json_object_get(document, "checkpoint")), "step8");
    json_t *of = json_object_get(json_object_get(document, "intervals"), "grammar");
    assert_int_equal(json_array_size(json_object_get(of, "acc")), 2);
    of = json_object_get(json_object_get(document, "groups"), "grammar");
    assert_true(json_equal(of, json_object_get(json_object_get(document, "results"), "grammar")));
    of = json_object_get(json_object_get(document, "config"), "model_args");
    assert_string_equal(json_string_value(json_object_get(of, "checkpoint")), "step8");
    json_t *groups = json_object_get(document, "group_subtasks");
    assert_int_equal(json_array_size(json_object_get(groups, "grammar")), 2);
    assert_int_equal(json_array_size(json_object_get(groups, "grammar_term_agreement")), 1);
    json_decref(root);
    str_free(&text);
    close_run(&opened);
}

/* ---- writing ---- */

static void read_whole(const char *directory, const char *name, str_t *text)
{
    char *path = NULL;
    expect_ok(path_join(directory, name, &path));
    expect_ok(file_read(path, 1 << 24, text));
    mem_free(&path);
}

static void write_report(opened_t *opened, const char *root, const char *name, char **directory)
{
    report_t report;
    expect_ok(path_join(root, name, directory));
    expect_ok(report_write(&opened->run, *directory, &report));
    report_free(&report);
}

static void test_same_bytes(void **state)
{
    static const char *const name[] = {"results.csv",
                                       "results.json",
                                       "statistics.csv",
                                       "cohort_layers.csv",
                                       "cohorts.csv",
                                       "report.md",
                                       "tasks/grammar.csv",
                                       "index.html",
                                       "figures/training-grammar.gp",
                                       "figures/training-grammar.csv"};
    opened_t opened;
    char *one = NULL, *two = NULL;
    open_run(*state, configuration, 2, checkpoint, &opened);
    write_report(&opened, *state, "one", &one);
    close_run(&opened);
    open_run(*state, configuration, 2, checkpoint, &opened);
    write_report(&opened, *state, "two", &two);
    for (size_t i = 0; i < sizeof name / sizeof *name; i++) {
        str_t a = {0}, b = {0};
        read_whole(one, name[i], &a);
        read_whole(two, name[i], &b);
        assert_int_equal(a.length, b.length);
        assert_memory_equal(a.data, b.data, a.length);
        assert_true(a.length > 0);
        assert_null(strstr(a.data, *state)); /* no path of this machine */
        str_free(&a);
        str_free(&b);
    }
    mem_free(&one);
    mem_free(&two);
    close_run(&opened);
}

/* Nothing but a configuration gives a report, which says so. */
static void test_empty_run(void **state)
{
    opened_t opened;
    char *empty = NULL, *directory = NULL;
    str_t text = {0};
    expect_ok(path_join(*state, "empty", &empty));
    open_run(empty, configuration, 2, checkpoint, &opened);
    assert_false(run_has_results(&opened.run, SIZE_MAX));
    write_report(&opened, empty, "report", &directory);
    read_whole(directory, "report.md", &text);
    assert_non_null(strstr(text.data, "- tokens of pairs (stage shard)"));
    assert_null(strstr(text.data, "spare")); /* nothing uses it */
    assert_null(strstr(text.data, "## Figures"));
    assert_null(strstr(text.data, "## Results"));
    str_free(&text);
    mem_free(&directory);
    mem_free(&empty);
    close_run(&opened);
}

static void test_without_gnuplot(void **state)
{
    opened_t opened;
    report_t report;
    char *directory = NULL, *path = NULL, *image = NULL;
    expect_ok(str_copy(&path, getenv("PATH")));
    open_run(*state, configuration, 2, checkpoint, &opened);
    expect_ok(path_join(*state, "plain", &directory));
    setenv("PATH", *state, 1);
    status_t status = report_write(&opened.run, directory, &report);
    setenv("PATH", path, 1);
    expect_ok(status);
    assert_true(report.no_gnuplot);
    assert_true(report.figures.count > 0);
    for (size_t i = 0; i < report.figures.count; i++)
        assert_false(report.figures.item[i].svg || report.figures.item[i].png);
    expect_ok(path_join(directory, "figures/training-grammar.svg", &image));
    assert_false(file_exists(image));
    report_free(&report);
    mem_free(&image);
    mem_free(&directory);
    mem_free(&path);
    close_run(&opened);
}

/* ---- damage ---- */

static void expect_refused(const char *directory, exit_code_t code, const char *text)
{
    opened_t opened = {0};
    expect_ok(strings_append(&opened.checkpoints, "step0"));
    expect_ok(
        config_parse("test.yaml", configuration, strlen(configuration), NULL, &opened.config));
    expect_error(run_open(opened.config, directory, &opened.checkpoints, &opened.checkpoints,
                          &opened.run),
                 code, text);
    close_run(&opened);
}

static void test_contradictions(void **state)
{
    static const double three[] = {-1, -2, -5, -5, -4, -3};
    static const double infinite[] = {-1, -2, -5, -INFINITY, -4, -3, -1, -9};
    static const int32_t file[] = {0, 0, 1, 2};
    store_t *store = create(*state, "results/step0/grammar.h5");
    put(store, "/baseline/score", STORE_F64, 3, 2, three);
    publish(store);
    expect_refused(*state, EXIT_INPUT, "[4][2] is expected");
    store = create(*state, "results/step0/grammar.h5");
    put(store, "/baseline/score", STORE_F64, 4, 2, infinite);
    publish(store);
    expect_refused(*state, EXIT_NUMERIC, "item 1");
    store = create(*state, "shards/pairs.h5");
    static const char *const names[] = {"a", "b"};
    put(store, "/ids", STORE_I32, 4, 0, file);
    put(store, "/file", STORE_I32, 4, 0, file);
    put(store, "/term", STORE_I32, 4, 0, file);
    expect_ok(store_write_texts(store, "/files", 2, names));
    expect_ok(store_write_texts(store, "/terms", 2, names));
    publish(store);
    expect_refused(*state, EXIT_INPUT, "file 2 is not one of 2");
}

int main(int argc, char **argv)
{
    MPI_Init(&argc, &argv);
#define CASE(test) cmocka_unit_test_setup_teardown(test, create_run, scratch_destroy)
    const struct CMUnitTest tests[] = {
        CASE(test_results_csv),         CASE(test_statistics_csv),  CASE(test_contrasts_csv),
        CASE(test_cohorts_and_missing), CASE(test_cohort_findings), CASE(test_harness),
        CASE(test_same_bytes),          CASE(test_empty_run),       CASE(test_without_gnuplot),
        CASE(test_contradictions),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    MPI_Finalize();
    return failed;
}
