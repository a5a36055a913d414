/* Comparisons in a report of a run written by hand; every number is worked out here. */
#include <math.h>

#include "report/compare.h"
#include "tests/report_run.h"

static const char *const checkpoint[] = {"step0", "step4", "step8"};

/* One layer, number 3, of four neurons. */
static void write_statistics(const char *root, const char *name, const double wd[4],
                             const double skewness[4])
{
    static const int32_t layer[] = {3};
    const uint64_t shape[] = {1, 4};
    char path[64];
    snprintf(path, sizeof path, "statistics/%s.h5", name);
    store_t *store = create(root, path);
    expect_ok(store_set_integer(store, "/", "tokens", 10));
    expect_ok(store_write(store, "/layers", STORE_I32, 1, shape, layer));
    expect_ok(store_write(store, "/wd_exact", STORE_F64, 2, shape, wd));
    if (skewness) expect_ok(store_write(store, "/skewness", STORE_F64, 2, shape, skewness));
    publish(store);
}

static void write_weights(const char *root)
{
    static const int32_t layer[] = {3};
    static const double input[] = {0.125, NAN, 0.5, 0.25}, output[] = {0, 0, 0, 1};
    const uint64_t shape[] = {1, 4};
    store_t *store = create(root, "weights/step4/previous.h5");
    expect_ok(store_set_text(store, "/", "against", "step0"));
    expect_ok(store_write(store, "/layers", STORE_I32, 1, shape, layer));
    expect_ok(store_write(store, "/input", STORE_F64, 2, shape, input));
    expect_ok(store_write(store, "/output", STORE_F64, 2, shape, output));
    publish(store);
}

static int create_run(void **state)
{
    if (scratch_create(state)) return -1;
    write_statistics(*state, "step0", (double[]){1, 2, 3, 4}, (double[]){-9, 0, 1, 2});
    write_statistics(*state, "step4", (double[]){4, 1, 2, 3}, NULL);
    write_statistics(*state, "step8", (double[]){4, 3, NAN, 1}, NULL);
    char *other = NULL;
    expect_ok(path_join(*state, "other", &other));
    write_statistics(other, "step8", (double[]){1, 2, 3, 4}, NULL);
    mem_free(&other);
    write_weights(*state);
    return 0;
}

/* The text is to be freed after the run is closed. */
static char *open_here(const char *directory, opened_t *opened)
{
    char *text = NULL;
    expect_ok(str_format(&text,
                         "run: {name: a, directory: unused}\n"
                         "model: {path: unused}\n"
                         "reduce: {weights: previous}\n"
                         "select:\n"
                         "  top: {by: wd, take: highest, count: 2}\n"
                         "  low: {by: wd, take: lowest, count: 1, from: step0}\n"
                         "  drawn: {like: top}\n"
                         "report: {percent: 50, compare: [%s/other, %s/none]}\n",
                         directory, directory));
    open_run(directory, text, 3, checkpoint, opened);
    return text;
}

static void assert_line(const str_t *csv, const char *line)
{
    const char *at = strstr(csv->data, line);
    if (!at || at[-1] != '\n' || (at[strlen(line)] != '\n'))
        fail_msg("no line %s in\n%s", line, csv->data);
}

/* WD and skewness at step0 have the same order; against |skewness| the first of WD is the last: the
 * ranks 1 2 3 4 and 4 1 2 3 correlate by 1 - 6 (9 + 1 + 1 + 1) / 60 = -0.2. Above the median each time
 * two of four, one of them in common: 1 of 3. */
static void test_comparisons(void **state)
{
    opened_t opened;
    str_t csv = {0};
    char *line = NULL;
    char *text = open_here(*state, &opened);
    expect_ok(csv_comparisons(&opened.run, &csv));
    assert_line(&csv, "step0,itself,step0,wd,skewness,3,4,1,2,2,2,1");
    assert_line(&csv, "step0,itself,step0,wd,abs_skewness,all,4,-0.2,2,2,1,0.3333333333333333");
    assert_line(&csv, "step4,previous,step0,wd,wd,3,4,-0.2,2,2,1,0.3333333333333333");
    /* step4 and step8 without neuron 2: ranks 3 1 2 and 3 2 1; above 2.5 and above 3 */
    assert_line(&csv, "step4,last,step8,wd,wd,3,3,0.5,2,1,1,0.5");
    expect_ok(str_format(&line, "step8,run,%s/other,wd,wd,3,3,-1,1,2,0,0", (char *)*state));
    assert_line(&csv, line);
    assert_null(strstr(csv.data, "step8,last"));
    assert_null(strstr(csv.data, "step4,run"));
    str_free(&csv);
    mem_free(&line);
    close_run(&opened);
    mem_free(&text);
}

/* The top of step8 is neurons 0 and 1. */
static void test_drift(void **state)
{
    opened_t opened;
    str_t csv = {0};
    char *text = open_here(*state, &opened);
    expect_ok(csv_drift(&opened.run, &csv));
    assert_line(&csv, "top,step8,step0,2,2,0,0,2,3.5,4,1.5");
    assert_line(&csv, "top,step8,step4,2,2,1,0.3333333333333333,2,2.5,4,2.5");
    assert_line(&csv, "top,step8,step8,2,2,2,1,2,1.5,4,3.5");
    assert_line(&csv, "low,step0,step0,1,1,1,1,1,1,4,1");
    assert_line(&csv, "low,step0,step8,1,1,0,0,1,3,4,4");
    if (!strstr(csv.data, "drawn,step8,step0,2,,,,2,")) fail_msg("%s", csv.data);
    str_free(&csv);
    close_run(&opened);
    mem_free(&text);
}

static void test_weights(void **state)
{
    opened_t opened;
    str_t csv = {0};
    char *text = open_here(*state, &opened);
    expect_ok(csv_weights(&opened.run, &csv));
    assert_line(&csv, "step4,previous,step0,input,3,4,1,0.1375,0.25,0.475,0.2916666666666667");
    assert_non_null(strstr(csv.data, "step4,previous,step0,output,all,4,0,0,0,"));
    str_free(&csv);
    close_run(&opened);
    mem_free(&text);
}

/* What is asked for and not there is said, and the tables have a row for what is. */
static void test_missing_and_tables(void **state)
{
    opened_t opened;
    tables_t tables = {0};
    str_t missing = {0};
    char *text = open_here(*state, &opened);
    for (size_t i = 0; i < opened.run.missing.count; i++)
        expect_ok(str_printf(&missing, "%s\n", opened.run.missing.item[i]));
    assert_non_null(strstr(missing.data, "weights against the previous checkpoint (stage reduce): "
                                         "step8\n"));
    assert_non_null(strstr(missing.data, "other or here: step0, step4\n"));
    assert_non_null(strstr(missing.data, "none or here: all 3 checkpoints\n"));
    expect_ok(tables_comparisons(&opened.run, &tables));
    expect_ok(tables_between(&opened.run, &tables));
    expect_ok(tables_drift(&opened.run, &tables));
    expect_ok(tables_weights(&opened.run, &tables));
    static const size_t rows[] = {1, 4, 3, 3, 3, 2}; /* step8 has WD alone: no table of pairs */
    assert_int_equal(tables.count, 6);
    for (size_t i = 0; i < 6; i++) assert_int_equal(table_rows(&tables.item[i]), rows[i]);
    tables_free(&tables);
    str_free(&missing);
    close_run(&opened);
    mem_free(&text);
}

int main(int argc, char **argv)
{
#define CASE(test) cmocka_unit_test_setup_teardown(test, create_run, scratch_destroy)
    const struct CMUnitTest tests[] = {CASE(test_comparisons), CASE(test_drift), CASE(test_weights),
                                       CASE(test_missing_and_tables)};
    MPI_Init(&argc, &argv);
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    MPI_Finalize();
    return failed;
}
