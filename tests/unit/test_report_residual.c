/* Residual streams and extremes in a report of results written by hand; numbers worked out here. */
#include "report/residual.h"
#include "tests/report_run.h"

static const char *const checkpoint[] = {"step0", "step8"};
static const char configuration[] =
    "run: {name: a, directory: unused}\n"
    "model: {path: unused}\n"
    "corpora: {text: {files: [t.txt]}}\n"
    "select: {top: {by: wd, take: highest, percent: 50}}\n"
    "evaluate:\n"
    "  tasks: [{residual: text, name: streams}, {extremes: text, cohort: top, name: ends}]\n"
    "  conditions: [baseline, {ablate: both, cohort: top}]\n";

/* One layer of four channels: what enters it, what leaves it. */
static void write_streams(const char *root)
{
    static const double mean[] = {3, 0, 0, 0, 1, 1, 1, 1}, variance[] = {0, 9, 9, 9, 0, 0, 0, 12};
    static const float low[] = {3, -5, -6, -7, 1, 1, 1, -4}, high[] = {3, 5, 6, 7, 1, 1, 1, 8};
    static const double none[8], shift[] = {0, 0, 0, 0, 1, 5, 1, 3};
    static const char *const condition[] = {"baseline", "both-top"};
    store_t *store = create(root, "results/step8/streams.h5");
    expect_ok(store_set_integer(store, "/", "tokens", 1000));
    for (int c = 0; c < 2; c++) {
        char name[64];
#define NAME(text) (snprintf(name, sizeof name, "/%s/stream/" text, condition[c]), name)
        put(store, NAME("mean"), STORE_F64, 2, 4, mean);
        put(store, NAME("variance"), STORE_F64, 2, 4, variance);
        put(store, NAME("minimum"), STORE_F32, 2, 4, low);
        put(store, NAME("maximum"), STORE_F32, 2, 4, high);
        put(store, NAME("shift"), STORE_F64, 2, 4, c ? shift : none);
    }
    put(store, "/both-top/middle/mean", STORE_F64, 1, 4, mean);
    put(store, "/both-top/middle/variance", STORE_F64, 1, 4, variance);
    put(store, "/both-top/middle/minimum", STORE_F32, 1, 4, low);
    put(store, "/both-top/middle/maximum", STORE_F32, 1, 4, high);
    expect_ok(store_publish(&store));
}

/* Two neurons, two places in a list; the second neuron has one. */
static void write_ends(const char *root)
{
    static const int32_t layer[] = {0, 2}, neuron[] = {5, 6};
    static const float value[] = {-3, -2.5F, -1, 0}, up[] = {0.5F, 0.25F, 2, 0};
    static const int32_t token[] = {7, 8, 9, -1}, window[] = {0, 1, 2, -1};
    static const int32_t position[] = {3, 4, 5, -1};
    static const double share[] = {0.25, 0.5}, product[] = {-0.125, 2};
    static const char *const before[] = {"the ", "a, b", "", ""}, *const text[] = {"x", "y", "z",
                                                                                   ""};
    store_t *store = create(root, "results/step8/ends.h5");
    put(store, "/layer", STORE_I32, 2, 0, layer);
    put(store, "/neuron", STORE_I32, 2, 0, neuron);
    put(store, "/gate_negative_up_positive/value", STORE_F32, 2, 2, value);
    put(store, "/gate_negative_up_positive/up", STORE_F32, 2, 2, up);
    put(store, "/gate_negative_up_positive/token", STORE_I32, 2, 2, token);
    put(store, "/gate_negative_up_positive/window", STORE_I32, 2, 2, window);
    put(store, "/gate_negative_up_positive/position", STORE_I32, 2, 2, position);
    put(store, "/gate_negative_up_positive/share", STORE_F64, 2, 0, share);
    put(store, "/gate_negative_up_positive/mean_product", STORE_F64, 2, 0, product);
    expect_ok(store_write_texts(store, "/gate_negative_up_positive/before", 4, before));
    expect_ok(store_write_texts(store, "/gate_negative_up_positive/text", 4, text));
    expect_ok(store_write_texts(store, "/gate_negative_up_positive/after", 4, before));
    expect_ok(store_publish(&store));
}

static int create_run(void **state)
{
    if (scratch_create(state)) return -1;
    write_streams(*state);
    write_ends(*state);
    return 0;
}

/* Mean squares: (9 + 9 + 9 + 9) / 4; (1 + 1 + 1 + 13) / 4; shifts (1 + 25 + 1 + 9) / 4. */
static void test_streams(void **state)
{
    opened_t opened;
    str_t csv = {0};
    tables_t tables = {0};
    open_run(*state, configuration, 2, checkpoint, &opened);
    expect_ok(csv_residual(&opened.run, 0, &csv));
    assert_non_null(strstr(csv.data, "\nstep8,baseline,stream,0,1000,4,3,-7,7,0,"));
    assert_non_null(strstr(csv.data, "\nstep8,both-top,stream,1,1000,4,2,-4,8,3,1,5,3,3,0,1\n"));
    assert_non_null(strstr(csv.data, "\nstep8,both-top,middle,0,1000,4,3,-7,7,,,,,,,\n"));
    expect_ok(tables_residual(&opened.run, &tables));
    assert_int_equal(tables.count, 2);
    assert_int_equal(table_rows(&tables.item[0]), 2);
    static const char *const cell[] = {"0", "3.000", "0", "after the last", "2.000", "3.000"};
    for (int i = 0; i < 6; i++) assert_string_equal(tables.item[0].cell.item[i], cell[i]);
    assert_int_equal(table_rows(&tables.item[1]), 1);
    assert_string_equal(tables.item[1].cell.item[2], "1: 5.00");
    tables_free(&tables);
    str_free(&csv);
    close_run(&opened);
}

static void test_extremes(void **state)
{
    opened_t opened;
    open_run(*state, configuration, 2, checkpoint, &opened);
    assert_string_equal(opened.run.extremes_csv[1].data,
                        "checkpoint,layer,neuron,list,rank,value,up,token,window,position,before,"
                        "text,after,share,mean_product\n"
                        "step8,0,5,gate_negative_up_positive,1,-3,0.5,7,0,3,\"the \",x,\"the \","
                        "0.25,-0.125\n"
                        "step8,0,5,gate_negative_up_positive,2,-2.5,0.25,8,1,4,\"a, b\",y,"
                        "\"a, b\",0.25,-0.125\n"
                        "step8,2,6,gate_negative_up_positive,1,-1,2,9,2,5,,z,,0.5,2\n");
    assert_int_equal(opened.run.extremes_csv[0].length, 0);
    close_run(&opened);
}

static void test_missing(void **state)
{
    opened_t opened;
    str_t missing = {0};
    open_run(*state, configuration, 2, checkpoint, &opened);
    for (size_t i = 0; i < opened.run.missing.count; i++)
        expect_ok(str_printf(&missing, "%s\n", opened.run.missing.item[i]));
    assert_non_null(strstr(missing.data, "streams (stage evaluate): step0\n"));
    assert_non_null(strstr(missing.data, "ends (stage evaluate): step0\n"));
    str_free(&missing);
    close_run(&opened);
}

int main(int argc, char **argv)
{
#define CASE(test) cmocka_unit_test_setup_teardown(test, create_run, scratch_destroy)
    const struct CMUnitTest tests[] = {CASE(test_streams), CASE(test_extremes), CASE(test_missing)};
    MPI_Init(&argc, &argv);
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    MPI_Finalize();
    return failed;
}
