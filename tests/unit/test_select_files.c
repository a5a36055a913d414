/* Cohorts from statistics on disk to files and back. */
#include <math.h>
#include <mpi.h>
#include <sys/stat.h>

#include "select/findings.h"
#include "select/selection.h"
#include "stats/statistics.h"
#include "tests/scratch.h"

/* Two layers of four neurons; wd by checkpoint. */
static const double wd[2][8] = {{4, 1, 2, 3, 5, 8, 7, 6}, {1, 4, 3, 2, 8, 5, NAN, 7}};
static const char *const checkpoint[] = {"step0", "step9"};

static void statistics_path(void *directory, int which, char **path)
{
    expect_ok(str_format(path, "%s/%s.h5", (char *)directory, checkpoint[which]));
}

/* The directory stands for its own subdirectory statistics, by a link. */
static void write_statistics(void *directory)
{
    static const int32_t layers[] = {1, 6};
    uint64_t shape[] = {2, 4};
    char *link = NULL;
    for (int which = 0; which < 2; which++) {
        char *path = NULL;
        store_t *store = NULL;
        statistics_path(directory, which, &path);
        expect_ok(store_create(path, MPI_COMM_SELF, &store));
        expect_ok(store_write(store, "wd_exact", STORE_F64, 2, shape, wd[which]));
        expect_ok(store_write(store, "layers", STORE_I32, 1, shape, layers));
        expect_ok(store_publish(&store));
        store_close(&store);
        mem_free(&path);
    }
    expect_ok(path_join(directory, "statistics", &link));
    assert_int_equal(symlink(".", link), 0);
    mem_free(&link);
}

static void assert_cohort(const store_t *store, int which, int64_t count, const int32_t *layer,
                          const int32_t *neuron)
{
    cohort_t c;
    expect_ok(selection_read(store, checkpoint[which], &c));
    assert_int_equal(c.count, count);
    for (int64_t i = 0; i < count; i++) {
        assert_int_equal(c.layer[i], layer[i]);
        assert_int_equal(c.neuron[i], neuron[i]);
    }
    cohort_destroy(&c);
}

static store_t *write_cohort(void *directory, const rules_t *rules, size_t rule)
{
    char *path = NULL;
    store_t *store = NULL;
    expect_ok(str_format(&path, "%s/%s.h5", (char *)directory, rules->rule[rule].name));
    expect_ok(store_create(path, MPI_COMM_SELF, &store));
    for (int which = 0; which < 2; which++)
        expect_ok(selection_write(store, rules, rule, directory, checkpoint[which]));
    expect_ok(store_publish(&store));
    store_close(&store);
    expect_ok(store_open(path, &store));
    mem_free(&path);
    return store;
}

static void test_write_and_read(void **state)
{
    rule_t rule[] = {
        {.name = "top", .kind = RULE_HIGHEST, .percent = 50},
        {.name = "frozen", .kind = RULE_LOWEST, .count = 1, .from = "step0"},
        {.name = "drawn", .kind = RULE_RANDOM, .like = 0, .outside = true, .seed = 4},
        {.name = "none", .kind = RULE_HIGHEST, .percent = 0},
    };
    rules_t rules = {.rule = rule, .count = 4};
    write_statistics(*state);
    store_t *store = write_cohort(*state, &rules, 0);
    assert_cohort(store, 0, 4, (int32_t[]){1, 1, 6, 6}, (int32_t[]){0, 3, 1, 2});
    assert_cohort(store, 1, 3, (int32_t[]){1, 1, 6}, (int32_t[]){1, 2, 0});
    cohort_t c;
    expect_ok(selection_read(store, "step9", &c));
    assert_true(c.layers == 2 && c.number[1] == 6 && c.threshold[0] == 2.5 && c.threshold[1] == 7);
    assert_true(c.size[0] == 2 && c.size[1] == 1 && c.value[2] == 8);
    cohort_destroy(&c);
    expect_error(selection_read(store, "step5", &c), EXIT_INPUT, "step5");
    char *text = NULL;
    expect_ok(store_get_text(store, "/step0", "rule", &text));
    assert_string_equal(text, "wd above percentile 50 of its layer");
    mem_free(&text);
    store_close(&store);
    store = write_cohort(*state, &rules, 1);
    for (int which = 0; which < 2; which++)
        assert_cohort(store, which, 2, (int32_t[]){1, 6}, (int32_t[]){1, 0});
    store_close(&store);
    store = write_cohort(*state, &rules, 2); /* outside the top half is the other half */
    assert_cohort(store, 0, 4, (int32_t[]){1, 1, 6, 6}, (int32_t[]){1, 2, 0, 3});
    store_close(&store);
    store = write_cohort(*state, &rules, 3);
    assert_cohort(store, 1, 0, NULL, NULL);
    store_close(&store);
}

/* Three replicates of the WD of step0; what the rule "top" (the upper half of each layer) chooses:
 * layer 1: {0, 3} {0, 3} {2, 3}; layer 6: {1, 2} {1, 3} {0, 3}. */
static void add_replicates(void *directory, const char *key)
{
    static const double replicate[3][8] = {
        {4, 1, 2, 3, 5, 8, 7, 6}, {9, 1, 2, 8, 1, 9, 2, 3}, {1, 2, 3, 4, 5, 1, NAN, 9}};
    static const int32_t layers[] = {1, 6};
    uint64_t shape[] = {3, 2, 4};
    char *path = NULL;
    store_t *store = NULL;
    statistics_path(directory, 0, &path);
    expect_ok(store_create(path, MPI_COMM_SELF, &store));
    expect_ok(store_set_text(store, "/", "key", key));
    expect_ok(store_write(store, "wd_exact", STORE_F64, 2, shape + 1, wd[0]));
    expect_ok(store_write(store, "wd_replicates", STORE_F64, 3, shape, replicate));
    expect_ok(store_write(store, "layers", STORE_I32, 1, shape + 1, layers));
    expect_ok(store_publish(&store));
    mem_free(&path);
}

/* The neuron's number is in the signs: l, 10 n, 1 of separated ones, of controls 0. */
static void add_pairs(void *directory, const char *key)
{
    static const int32_t layers[] = {1, 6};
    int32_t signs[2][4][3], none[2][4][3] = {{{0}}};
    uint64_t shape[] = {2, 4, 3};
    char *path = NULL;
    store_t *store = NULL;
    for (int l = 0; l < 2; l++)
        for (int n = 0; n < 4; n++) signs[l][n][0] = l, signs[l][n][1] = 10 * n, signs[l][n][2] = 1;
    expect_ok(path_join(directory, "pairs-step0.h5", &path));
    expect_ok(store_create(path, MPI_COMM_SELF, &store));
    expect_ok(store_set_text(store, "/", "key", key));
    expect_ok(store_write(store, "/layers", STORE_I32, 1, shape, layers));
    expect_ok(store_write(store, "/signs", STORE_I32, 3, shape, signs));
    expect_ok(store_write(store, "/control_signs", STORE_I32, 3, shape, none));
    expect_ok(store_publish(&store));
    mem_free(&path);
}

/* pairs/step0.h5 is a link to that file. */
static void link_pairs(void *directory, char pairs[1024])
{
    char target[1100], link[1100];
    snprintf(pairs, 1024, "%s/pairs", (char *)directory);
    snprintf(target, sizeof target, "%s/pairs-step0.h5", (char *)directory);
    snprintf(link, sizeof link, "%s/step0.h5", pairs);
    assert_int_equal(mkdir(pairs, 0700), 0);
    assert_int_equal(symlink(target, link), 0);
}

static void unlink_pairs(const char *pairs)
{
    char link[1100];
    snprintf(link, sizeof link, "%s/step0.h5", pairs);
    unlink(link);
    rmdir(pairs);
}

static void test_findings(void **state)
{
    rule_t rule[] = {{.name = "top", .kind = RULE_HIGHEST, .percent = 50},
                     {.name = "drawn", .kind = RULE_RANDOM, .like = 0, .seed = 4},
                     {.name = "frozen", .kind = RULE_HIGHEST, .count = 2, .from = "step0"}};
    static const double stability[] = {2. / 3, 1, 2. / 3, 1. / 3};
    static const int64_t signs[] = {2, 60, 4};
    rules_t rules = {.rule = rule, .count = 3};
    char pairs[1024];
    cohort_t cohort;
    findings_t findings;
    write_statistics(*state);
    add_replicates(*state, "one");
    add_pairs(*state, "one");
    link_pairs(*state, pairs);
    store_t *store = write_cohort(*state, &rules, 0);
    expect_ok(selection_read(store, "step0", &cohort)); /* (1, 0) (1, 3) (6, 1) (6, 2) */
    expect_ok(findings_read(store, "step0", &cohort, &findings));
    for (int i = 0; i < 4; i++) assert_true(fabs(findings.stability[i] - stability[i]) < 1e-15);
    assert_true(fabs(findings_stability(&findings, 4) - 2. / 3) < 1e-15);
    assert_true(findings.known);
    assert_memory_equal(findings.signs[SIDE_SEPARATED], signs, sizeof signs);
    assert_int_equal(findings.signs[SIDE_CONTROLS][SIGNS_MIXED], 0);
    findings_destroy(&findings);
    cohort_destroy(&cohort);
    expect_ok(selection_read(store, "step9", &cohort)); /* no replicates, no pairs there */
    expect_ok(findings_read(store, "step9", &cohort, &findings));
    assert_true(!findings.stability && !findings.known);
    assert_true(isnan(findings_stability(&findings, cohort.count)));
    cohort_destroy(&cohort);
    store_close(&store);
    store = write_cohort(*state, &rules, 1); /* chosen by chance: no stability, but signs */
    assert_true(!store_has(store, "/step0/stability") && store_has(store, "/step0/pair_signs"));
    store_close(&store);
    store = write_cohort(*state, &rules, 2); /* at step9 the stability is that of step0 */
    assert_true(store_has(store, "/step9/stability") && !store_has(store, "/step9/pair_signs"));
    store_close(&store);
    add_pairs(*state, "another");
    expect_ok(selection_apply(&rules, 0, *state, "step0", &cohort));
    expect_error(findings_make(rule, *state, "step0", &cohort, &findings), EXIT_INPUT,
                 "run the stage 'reduce' again");
    cohort_destroy(&cohort);
    unlink_pairs(pairs);
}

static void test_no_difficulty(void **state)
{
    rule_t rule = {.name = "hard", .kind = RULE_HIGHEST, .percent = 50, .statistic = DIFFICULTY};
    rules_t rules = {.rule = &rule, .count = 1};
    cohort_t cohort;
    write_statistics(*state);
    expect_error(selection_apply(&rules, 0, *state, "step0", &cohort), EXIT_INPUT,
                 "set collect.pairs");
}

static void test_missing_statistics(void **state)
{
    rule_t rule = {.name = "top", .kind = RULE_ALL};
    rules_t rules = {.rule = &rule, .count = 1};
    cohort_t c;
    expect_error(selection_apply(&rules, 0, *state, "step7", &c), EXIT_INPUT,
                 "statistics/step7.h5: no such file; run the stage 'reduce' first");
}

int main(int argc, char **argv)
{
    MPI_Init(&argc, &argv);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_write_and_read, scratch_create, scratch_destroy),
        cmocka_unit_test_setup_teardown(test_findings, scratch_create, scratch_destroy),
        cmocka_unit_test_setup_teardown(test_no_difficulty, scratch_create, scratch_destroy),
        cmocka_unit_test_setup_teardown(test_missing_statistics, scratch_create, scratch_destroy),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    MPI_Finalize();
    return failed;
}
