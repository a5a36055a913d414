/* Cards of neurons from files written by hand: every number is worked out here. */
#include <math.h>

#include "report/neuron.h"
#include "tests/report_run.h"

/* Layer 4, neuron 0 goes from -2 to 3 in even steps, neuron 1 is constant. */
enum { TOKENS = 1000, PAIRS = 4 };

static float value_at(int token)
{
    return -2 + 5 * (float)token / (TOKENS - 1);
}

static void write_activations(const char *root)
{
    static float value[2][TOKENS];
    static int32_t ids[TOKENS];
    static const int32_t layer[] = {4};
    static const int64_t pairs[2][PAIRS] = {{0, 10, 500, 3}, {999, 20, 400, 4}};
    static const double distance[] = {2, 4, 0, 1}; /* the third: equal inputs */
    const uint64_t shape[] = {1, 2, TOKENS};
    for (int t = 0; t < TOKENS; t++) value[0][t] = value_at(t), value[1][t] = 1;
    store_t *store = create(root, "activations/step8.h5");
    expect_ok(store_set_integer(store, "/", "tokens", TOKENS));
    expect_ok(store_write(store, "/preactivations", STORE_F32, 3, shape, value));
    put(store, "/layers", STORE_I32, 1, 0, layer);
    put(store, "/ids", STORE_I32, 10, 100, ids);
    put(store, "/pairs", STORE_I64, 2, PAIRS, pairs);
    put(store, "/input_distances", STORE_F64, 1, PAIRS, distance);
    publish(store);
}

static void write_statistics(const char *root)
{
    static const double wd[] = {0.25, NAN}, md[] = {1.5, NAN}, error[] = {0.125, NAN};
    static const int32_t layer[] = {4};
    store_t *store = create(root, "statistics/step8.h5");
    put(store, "/wd_exact", STORE_F64, 1, 2, wd);
    put(store, "/md", STORE_F64, 1, 2, md);
    put(store, "/wd_error", STORE_F64, 1, 2, error);
    put(store, "/layers", STORE_I32, 1, 0, layer);
    publish(store);
}

static void write_pairs(const char *root)
{
    static const int32_t layer[] = {4}, separated[] = {1, -1, -1, -1};
    static const int32_t tags[2][PAIRS] = {{0, 1, 0, 0}, {1, -1, 0, 0}};
    static const double distance[] = {2, 4, 0, 1}, median[] = {0.5, NAN};
    static const float outputs[2][2][2] = {{{-1, 2}}};
    static const char *const texts[] = {"a", "b", "c", "d", "e", "f", "g", "h"};
    static const char *const contexts[] = {"[[a]]", "[[b]]", "x [[c]] y", "[[d]] z",
                                           "[[e]]", "[[f]]", "[[g]]",     "[[h]]"};
    static const char *const tag_names[] = {"NOUN", "VERB"};
    const uint64_t shape[] = {1, 2, 2}, pair_shape[] = {1, 2, 2, 2};
    store_t *store = create(root, "pairs/step8.h5");
    expect_ok(store_set_number(store, "/", "similar", 10));
    put(store, "/layers", STORE_I32, 1, 0, layer);
    expect_ok(store_write(store, "/separated", STORE_I32, 3, shape, separated));
    expect_ok(store_write(store, "/outputs", STORE_F32, 4, pair_shape, outputs));
    put(store, "/output_medians", STORE_F64, 1, 2, median);
    put(store, "/input_distances", STORE_F64, 1, PAIRS, distance);
    put(store, "/tags", STORE_I32, 2, PAIRS, tags);
    expect_ok(store_write_texts(store, "/texts", 2 * PAIRS, texts));
    expect_ok(store_write_texts(store, "/contexts", 2 * PAIRS, contexts));
    expect_ok(store_write_texts(store, "/tag_names", 2, tag_names));
    publish(store);
}

static int create_files(void **state)
{
    if (scratch_create(state)) return -1;
    write_activations(*state);
    write_statistics(*state);
    write_pairs(*state);
    return 0;
}

static void assert_near(double got, double want)
{
    if (!(fabs(got - want) <= 1e-6)) fail_msg("%.17g, expected %.17g", got, want);
}

static void test_card(void **state)
{
    neuron_files_t files;
    neuron_card_t card;
    expect_ok(neuron_files_open(*state, "step8", &files));
    expect_ok(neuron_card_read(&files, 4, 0, &card));
    assert_true(card.measured && card.valued && !card.sketched);
    assert_int_equal(card.absent.count, 0);
    assert_int_equal(card.tokens, TOKENS);
    assert_int_equal(card.negative, 400); /* -2 + 5 t / 999 < 0: t < 399.6 */
    assert_near(card.mean, 0.5);
    assert_int_equal(card.rank, 1);
    assert_int_equal(card.of, 1); /* the other has no WD */
    assert_near(card.wd_error, 0.125);
    assert_true(isnan(card.wd_bound));
    int64_t sum = card.outside;
    for (int b = 0; b < NEURON_BINS; b++) {
        assert_true(llabs(card.count[b] - TOKENS / NEURON_BINS) <= 1); /* even */
        sum += card.count[b];
    }
    assert_int_equal(sum, TOKENS);
    assert_near(card.least, -2);
    assert_near(card.width, 5.0 / NEURON_BINS);
    neuron_card_free(&card);
    neuron_files_close(&files);
}

/* Output distances of the pairs of different inputs are 5, 50 / 999 and 5 / 999: the median is 50 / 999;
 * the largest input distance is 4. */
static void test_distances(void **state)
{
    neuron_files_t files;
    neuron_card_t card;
    expect_ok(neuron_files_open(*state, "step8", &files));
    expect_ok(neuron_card_read(&files, 4, 0, &card));
    assert_int_equal(card.pairs, PAIRS);
    assert_int_equal(card.dropped, 1);
    assert_int_equal(card.points, 3);
    static const double input[] = {0.5, 1, 0.25}, moved[] = {99.9, 1, 0.1};
    for (int i = 0; i < 3; i++) {
        assert_near(card.input[i], input[i]);
        assert_true(fabs(card.moved[i] - moved[i]) < 1e-3); /* values are float32 */
    }
    assert_true(fabs(card.difficulty - (99.9 * 2 + 1 + 0.1 * 4) / 3) < 1e-2);
    assert_int_equal(card.shown, 1);
    assert_int_equal(card.separated, 1);
    assert_string_equal(card.pair[0].context[0], "x [[c]] y");
    assert_string_equal(card.pair[0].tag[0], "VERB");
    assert_string_equal(card.pair[0].tag[1], "");
    assert_near(card.pair[0].output[1], 2);
    assert_near(card.pair[0].input, 1);
    assert_near(card.pair[0].moved, 6);
    neuron_card_free(&card);
    neuron_files_close(&files);
}

/* A constant neuron has no shape; its card is no error, nor are figures and tables. */
static void test_constant(void **state)
{
    neuron_files_t files;
    neuron_card_t card;
    figures_t figures = {0};
    tables_t tables = {0};
    expect_ok(neuron_files_open(*state, "step8", &files));
    expect_ok(neuron_card_read(&files, 4, 1, &card));
    assert_int_equal(card.rank, 0);
    assert_int_equal(card.modes.count, 0);
    assert_int_equal(card.points, 0);
    expect_ok(neuron_figures(&card, &figures));
    expect_ok(neuron_statistics_table(&card, &tables));
    expect_ok(neuron_pairs_table(&card, &tables));
    assert_int_equal(figures.count, 0);
    assert_int_equal(tables.count, 1);
    figures_free(&figures);
    tables_free(&tables);
    neuron_card_free(&card);
    neuron_files_close(&files);
}

static void test_figures(void **state)
{
    neuron_files_t files;
    neuron_card_t card;
    figures_t figures = {0};
    expect_ok(neuron_files_open(*state, "step8", &files));
    expect_ok(neuron_card_read(&files, 4, 0, &card));
    expect_ok(neuron_figures(&card, &figures));
    assert_int_equal(figures.count, 2);
    assert_string_equal(figures.item[0].name, "neuron-step8-L4-N0-values");
    assert_non_null(strstr(figures.item[1].data.data, "\n0.25,0.1"));
    assert_non_null(strstr(figures.item[1].data.data, "\n1,6,1\n"));
    figures_free(&figures);
    neuron_card_free(&card);
    neuron_files_close(&files);
}

static void test_absent(void **state)
{
    neuron_files_t files;
    neuron_card_t card;
    char *path = NULL;
    int32_t layer, neuron;
    bool found;
    expect_ok(path_join(*state, "activations/step8.h5", &path));
    unlink(path);
    mem_free(&path);
    expect_ok(neuron_files_open(*state, "step8", &files));
    expect_ok(neuron_at_level(&files, 0.5, &layer, &neuron, &found));
    assert_true(found && layer == 4 && neuron == 0);
    expect_ok(neuron_card_read(&files, 4, 0, &card));
    assert_false(card.valued);
    assert_int_equal(card.absent.count, 1);
    assert_non_null(strstr(card.absent.item[0], "activations/step8.h5 is not there"));
    neuron_card_free(&card);
    expect_error(neuron_card_read(&files, 5, 0, &card), EXIT_USAGE, "no layer 5, neuron 0");
    expect_error(neuron_card_read(&files, 4, 2, &card), EXIT_USAGE, "no layer 4, neuron 2");
    neuron_files_close(&files);
    expect_ok(neuron_files_open(*state, "step16", &files));
    expect_ok(neuron_at_level(&files, 0.5, &layer, &neuron, &found));
    assert_false(found);
    expect_ok(neuron_card_read(&files, 4, 0, &card));
    assert_int_equal(card.absent.count, 3);
    neuron_card_free(&card);
    neuron_files_close(&files);
}

int main(int argc, char **argv)
{
    MPI_Init(&argc, &argv);
#define CASE(test) cmocka_unit_test_setup_teardown(test, create_files, scratch_destroy)
    const struct CMUnitTest tests[] = {CASE(test_card), CASE(test_distances), CASE(test_constant),
                                       CASE(test_figures), CASE(test_absent)};
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    MPI_Finalize();
    return failed;
}
