/* Cohorts from statistics on disk to files and back. */
#include <math.h>
#include <mpi.h>

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
    rules_t rules = {rule, 4};
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

static void test_missing_statistics(void **state)
{
    rule_t rule = {.name = "top", .kind = RULE_ALL};
    rules_t rules = {&rule, 1};
    cohort_t c;
    expect_error(selection_apply(&rules, 0, *state, "step7", &c), EXIT_INPUT,
                 "statistics/step7.h5: no such file; run the stage 'reduce' first");
}

int main(int argc, char **argv)
{
    MPI_Init(&argc, &argv);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_write_and_read, scratch_create, scratch_destroy),
        cmocka_unit_test_setup_teardown(test_missing_statistics, scratch_create, scratch_destroy),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    MPI_Finalize();
    return failed;
}
