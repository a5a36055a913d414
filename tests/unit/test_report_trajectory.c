/* A small trajectory written by hand: emergence, overlap, checkpoints that repeat others, correlations
 * over the rest (SciPy 1.17's pearsonr and spearmanr). */
#include <math.h>

#include "report/trajectory.h"
#include "tests/report_run.h"

static const char configuration[] = "run: {name: trajectory, directory: unused}\n"
                                    "model: {path: unused}\n"
                                    "corpora: {text: {files: [t.txt]}}\n"
                                    "benchmarks: {pairs: {files: [p.jsonl]}}\n"
                                    "select:\n"
                                    "  top: {by: wd, take: highest, count: 2}\n"
                                    "  random: {like: top, seed: 3}\n"
                                    "evaluate:\n"
                                    "  tasks: [{pairs: pairs, name: grammar}]\n"
                                    "  conditions: [baseline, {ablate: negative, cohort: top}]\n"
                                    "report: {bootstrap: 100}\n";

/* step8 repeats step4 in its weights' digest, step16 in its WD. */
enum { POINTS = 7, NEURONS = 4, ITEMS = 10 };
static const char *const names[POINTS] = {"step1",  "step2",  "step4", "step8",
                                          "step16", "step32", "step64"};
static const char *const digests[POINTS] = {"a", "b", "c", "c", "d", "e", "f"};
static const double wd[POINTS][NEURONS] = {
    {0.1, 0.2, 0.3, 0.1}, {0.2, 0.3, 0.4, 0.1}, {0.5, 0.3, 0.4, 0.1}, {0.6, 0.3, 0.4, 0.1},
    {0.5, 0.3, 0.4, 0.1}, {0.6, 0.7, 0.2, 0.1}, {0.9, 0.8, 0.2, 0.1},
};
static const int32_t chosen[POINTS][2] = {{1, 2}, {1, 2}, {0, 2}, {0, 2}, {0, 2}, {0, 1}, {0, 1}};
static const int right[POINTS] = {5, 4, 6, 6, 6, 9, 8}, clamped[POINTS] = {5, 5, 5, 5, 5, 6, 3};

static void write_shard(const char *root)
{
    static const int32_t zero[ITEMS];
    static const char *const file[] = {"a"};
    store_t *store = create(root, "shards/pairs.h5");
    put(store, "/ids", STORE_I32, ITEMS, 0, zero);
    put(store, "/file", STORE_I32, ITEMS, 0, zero);
    put(store, "/term", STORE_I32, ITEMS, 0, zero);
    expect_ok(store_write_texts(store, "/files", 1, file));
    expect_ok(store_write_texts(store, "/terms", 1, file));
    publish(store);
}

static void put_scores(store_t *store, const char *name, int good)
{
    double score[ITEMS][2];
    for (int i = 0; i < ITEMS; i++) score[i][0] = i < good ? -1 : -3, score[i][1] = -2;
    put(store, name, STORE_F64, ITEMS, 2, score);
}

static void write_point(const char *root, int i)
{
    static const int32_t layer[1];
    char name[64];
    snprintf(name, sizeof name, "statistics/%s.h5", names[i]);
    store_t *store = create(root, name);
    expect_ok(store_set_integer(store, "/", "tokens", 10));
    put(store, "/layers", STORE_I32, 1, 0, layer);
    put(store, "/wd_exact", STORE_F64, 1, NEURONS, wd[i]);
    publish(store);
    snprintf(name, sizeof name, "results/%s/grammar.h5", names[i]);
    store = create(root, name);
    expect_ok(store_set_text(store, "/", "model", digests[i]));
    put_scores(store, "/baseline/score", right[i]);
    put_scores(store, "/negative-top/score", clamped[i]);
    publish(store);
}

static void write_cohorts(const char *root)
{
    static const int32_t layers[2], size[] = {2};
    static const double value[2], threshold[1];
    for (int random = 0; random < 2; random++) {
        store_t *store = create(root, random ? "selection/random.h5" : "selection/top.h5");
        for (int i = 0; i < POINTS; i++) {
            static const int32_t same[] = {1, 3};
            char name[6][64];
            static const char *const part[] = {"layer",  "neuron",    "value",
                                               "layers", "threshold", "size"};
            for (int p = 0; p < 6; p++) snprintf(name[p], 64, "/%s/%s", names[i], part[p]);
            put(store, name[0], STORE_I32, 2, 0, layers);
            put(store, name[1], STORE_I32, 2, 0, random ? same : chosen[i]);
            put(store, name[2], STORE_F64, 2, 0, value);
            put(store, name[3], STORE_I32, 1, 0, layers);
            put(store, name[4], STORE_F64, 1, 0, threshold);
            put(store, name[5], STORE_I32, 1, 0, size);
        }
        publish(store);
    }
}

static int create_run(void **state)
{
    if (scratch_create(state)) return -1;
    write_shard(*state);
    for (int i = 0; i < POINTS; i++) write_point(*state, i);
    write_cohorts(*state);
    return 0;
}

static void assert_close(double got, double want)
{
    if (!(fabs(got - want) <= 1e-12)) fail_msg("%.17g, expected %.17g", got, want);
}

static const run_correlation_t *find(const run_t *run, const char *rule, const char *chosen_at,
                                     bool change)
{
    for (size_t i = 0; i < run->correlations; i++) {
        const run_correlation_t *row = &run->correlation[i];
        const char *at = row->chosen_at ? row->chosen_at : "each";
        if (strcmp(run->rules.rule[row->rule].name, rule) == 0 && strcmp(at, chosen_at) == 0 &&
            (row->contrast >= 0) == change)
            return row;
    }
    fail_msg("no correlation of %s, chosen at %s", rule, chosen_at);
    return NULL;
}

static void check_correlations(const run_t *run)
{
    const run_correlation_t *own = find(run, "top", "each", false);
    const run_correlation_t *last = find(run, "top", "step64", false);
    const run_correlation_t *change = find(run, "top", "each", true);
    assert_int_equal(own->n, 5);
    assert_close(own->pearson, 0.8410098180364367);
    assert_close(own->spearman, 0.7999999999999999);
    assert_close(own->pearson_interval.low, -0.1599060634113179);
    assert_close(own->pearson_interval.high, 0.9892545699952563);
    assert_close(last->pearson, 0.8704224215462929);
    assert_close(last->spearman, 0.7999999999999999);
    assert_close(change->pearson, -0.9568965517241377);
}

static void check_csv(const run_t *run)
{
    str_t csv = {0};
    expect_ok(csv_emergence(run, &csv));
    assert_non_null(strstr(csv.data, "\nstep1,1,,top,2,0.25,0.3333333333333333,0.15"));
    assert_non_null(strstr(csv.data, "\nstep8,8,step4,top,2,0.5,0.3333333333333333,"));
    assert_non_null(strstr(csv.data, "\nstep16,16,step4,top,2,0.45,"));
    assert_non_null(strstr(csv.data, "\nstep64,64,,top,2,0.8500000000000001,1,"));
    assert_non_null(strstr(csv.data, "\nstep64,64,,random,2,0.45"));
    str_clear(&csv);
    expect_ok(csv_correlations(run, &csv));
    assert_non_null(strstr(csv.data, "\ntop,each,grammar,all,,accuracy,baseline,5,"));
    assert_non_null(strstr(csv.data, "\ntop,step64,grammar,all,,accuracy_change,negative-top,5,"));
    str_free(&csv);
}

static void test_trajectory(void **state)
{
    opened_t opened;
    tables_t tables = {0};
    open_run(*state, configuration, POINTS, names, &opened);
    const run_t *run = &opened.run;
    for (int i = 0; i < POINTS; i++) {
        assert_int_equal(run->point[i].same_as, i == 3 || i == 4 ? 2 : -1);
        assert_string_equal(run->point[i].weights, digests[i]);
    }
    check_correlations(run);
    check_csv(run);
    expect_ok(tables_trajectory(run, &tables));
    assert_int_equal(tables.count, 3);
    assert_int_equal(tables.item[0].head.count, 4); /* checkpoint, median, top, random */
    assert_int_equal(tables.item[1].head.count, 2); /* random ones do not change */
    assert_non_null(strstr(tables.item[0].cell.item[3 * 4], "step8 (= step4)"));
    tables_free(&tables);
    json_t *root = json_object();
    assert_true(json_trajectory(run, root));
    const json_t *point = json_array_get(json_object_get(root, "trajectory"), 4);
    assert_string_equal(json_string_value(json_object_get(point, "same_weights_as")), "step4");
    assert_int_equal(json_integer_value(json_object_get(point, "step")), 16);
    json_decref(root);
    close_run(&opened);
}

int main(int argc, char **argv)
{
    MPI_Init(&argc, &argv);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_trajectory, create_run, scratch_destroy)};
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    MPI_Finalize();
    return failed;
}
