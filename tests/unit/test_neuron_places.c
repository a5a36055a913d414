/* Where a neuron stands, from files written by hand, and its card as text. */
#include <math.h>

#include "report/neuron_places.h"
#include "tests/report_run.h"

enum { NEURONS = 4 };

/* Layers 3 and 5; the neuron that is looked at is 2 of layer 5. */
static void write_statistics(const char *root, const char *name)
{
    static const double wd[] = {9, 9, 9, 9, 0.1, 0.4, 0.3, NAN},
                        mean[] = {0, 0, 0, 0, -1, -2, -3, 5};
    static const int32_t layer[] = {3, 5};
    static const double level[] = {0, 0.5, 1};
    double quantile[3][2][NEURONS] = {{{0}}};
    const uint64_t shape[] = {3, 2, NEURONS};
    for (int i = 0; i < 3; i++) quantile[i][1][2] = 10 + i;
    store_t *store = create(root, name);
    put(store, "/wd_exact", STORE_F64, 2, NEURONS, wd);
    put(store, "/mean", STORE_F64, 2, NEURONS, mean);
    put(store, "/layers", STORE_I32, 2, 0, layer);
    expect_ok(store_write(store, "quantiles", STORE_F64, 3, shape, quantile));
    expect_ok(store_set_numbers(store, "quantiles", "levels", level, 3));
    publish(store);
}

static void write_group(store_t *store, const char *checkpoint, int32_t layer, int32_t neuron)
{
    static const double value[] = {1}, threshold[] = {0};
    static const int32_t layers[] = {5}, size[] = {1};
    char name[64];
#define AT(what) (snprintf(name, sizeof name, "/%s/%s", checkpoint, what), name)
    put(store, AT("layer"), STORE_I32, 1, 0, &layer);
    put(store, AT("neuron"), STORE_I32, 1, 0, &neuron);
    put(store, AT("value"), STORE_F64, 1, 0, value);
    put(store, AT("layers"), STORE_I32, 1, 0, layers);
    put(store, AT("threshold"), STORE_F64, 1, 0, threshold);
    put(store, AT("size"), STORE_I32, 1, 0, size);
    expect_ok(store_set_text(store, checkpoint, "rule", "by hand"));
    expect_ok(store_set_text(store, checkpoint, "statistic", "none"));
#undef AT
}

/* "always" has it at both checkpoints, "once" at step9 alone, "never" another neuron. */
static void write_cohorts(const char *root)
{
    static const struct {
        const char *file;
        int32_t neuron[2]; /* at step9 and step10 */
    } cohorts[] = {{"selection/always.h5", {2, 2}},
                   {"selection/once.h5", {2, 1}},
                   {"selection/never.h5", {1, 1}}};
    for (size_t i = 0; i < 3; i++) {
        store_t *store = create(root, cohorts[i].file);
        write_group(store, "step9", 5, cohorts[i].neuron[0]);
        write_group(store, "step10", 5, cohorts[i].neuron[1]);
        publish(store);
    }
}

/* Of two neurons the second is ours. */
static void write_extremes(const char *root)
{
    static const int32_t layer[] = {5, 5}, neuron[] = {0, 2};
    static const float lowest[] = {-9, -8, -4, -3}, highest[] = {9, 8, 7, NAN};
    static const char *const before[] = {"a ", "b ", "c ", "d "},
                             *const text[] = {"1", "2", "3", "4"},
                             *const after[] = {" w", " x", " y", " z"};
    store_t *store = create(root, "results/step10/extremes-text.h5");
    put(store, "/layer", STORE_I32, 2, 0, layer);
    put(store, "/neuron", STORE_I32, 2, 0, neuron);
    put(store, "/negative/value", STORE_F32, 2, 2, lowest);
    put(store, "/positive/value", STORE_F32, 2, 2, highest);
    for (int list = 0; list < 2; list++) {
        expect_ok(
            store_write_texts(store, list ? "/positive/before" : "/negative/before", 4, before));
        expect_ok(store_write_texts(store, list ? "/positive/text" : "/negative/text", 4, text));
        expect_ok(store_write_texts(store, list ? "/positive/after" : "/negative/after", 4, after));
    }
    publish(store);
}

static int create_files(void **state)
{
    if (scratch_create(state)) return -1;
    write_statistics(*state, "statistics/step9.h5");
    write_statistics(*state, "statistics/step10.h5");
    write_cohorts(*state);
    write_extremes(*state);
    return 0;
}

static void finds_places(void **state)
{
    neuron_files_t files;
    neuron_card_t card;
    neuron_places_t places;
    strings_t names = {0};
    expect_ok(neuron_checkpoints(*state, &names));
    assert_int_equal(names.count, 2);
    assert_string_equal(names.item[1], "step10");
    strings_free(&names);
    expect_ok(neuron_files_open(*state, "step10", &files));
    expect_ok(neuron_card_read(&files, 5, 2, &card));
    expect_ok(neuron_places_read(&files, &card, &places));
    int wd = statistics_find("wd"), mean = statistics_find("mean"), md = statistics_find("md");
    assert_int_equal(places.rank[wd], 2); /* of 0.1, 0.4, 0.3 */
    assert_int_equal(places.of[wd], 3);
    assert_int_equal(places.rank[mean], 4);
    assert_int_equal(places.of[mean], 4);
    assert_int_equal(places.rank[md], 0);
    assert_true(places.level[1] == 0.5 && places.quantile[1] == 11 && isnan(places.quantile[3]));

    assert_int_equal(places.cohorts, 2);
    assert_string_equal(places.cohort[0].name, "always");
    assert_int_equal(places.cohort[0].checkpoints.count, 2);
    assert_string_equal(places.cohort[1].name, "once");
    assert_int_equal(places.cohort[1].checkpoints.count, 1);
    assert_int_equal(places.cohort[1].of, 2);
    assert_string_equal(places.cohort[1].checkpoints.item[0], "step9");

    assert_int_equal(places.contexts, 3); /* one value is missing */
    assert_string_equal(places.task, "extremes-text");
    assert_true(places.context[0].value == -4 && places.context[2].value == 7);
    assert_string_equal(places.context[1].before, "d ");
    assert_string_equal(places.context[2].after, " y");
    neuron_places_free(&places);
    neuron_card_free(&card);
    neuron_files_close(&files);
}

static void says_which_there_are(void **state)
{
    neuron_files_t files;
    expect_ok(neuron_files_open(*state, "step9", &files));
    expect_ok(neuron_check(&files, 3, 0));
    expect_ok(neuron_check(&files, 5, NEURONS - 1));
    expect_error(neuron_check(&files, 4, 0), EXIT_USAGE, "--layer 4: the layers of step9 are 3, 5");
    expect_error(neuron_check(&files, 5, NEURONS), EXIT_USAGE,
                 "--neuron 4: the neurons of a layer are 0 to 3");
    neuron_files_close(&files);
}

static void writes_text(void **state)
{
    neuron_files_t files;
    neuron_card_t card;
    neuron_places_t places;
    str_t text = {0};
    expect_ok(neuron_files_open(*state, "step10", &files));
    expect_ok(neuron_card_read(&files, 5, 2, &card));
    expect_ok(neuron_places_read(&files, &card, &places));
    expect_ok(neuron_text(&card, &places, 80, false, &text));
    static const char *const lines[] = {"Layer 5, neuron 2 at step10\n",
                                        "\nwd_exact   0.3000     2   3        50.0\n",
                                        "\nmean       -3.000     4   4           0\n",
                                        "\n 0 %  50 %  100 %\n10.0  11.0   12.0\n",
                                        "\nc [[3]] y      -4.000\n",
                                        "\n  always: all 2 checkpoints\n  once: step9 (1 of 2)\n",
                                        "\nNot there\n"};
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++)
        if (!strstr(text.data, lines[i])) fail_msg("'%s' is not in:\n%s", lines[i], text.data);
    assert_null(strchr(text.data, '\033'));
    str_clear(&text);
    expect_ok(neuron_text(&card, &places, 80, true, &text));
    assert_non_null(strstr(text.data, "\033[1mCohorts\033[0m"));
    str_free(&text);
    neuron_places_free(&places);
    neuron_card_free(&card);
    neuron_files_close(&files);
}

/* Values as a Gaussian has them: bars end where the marks are; all in one bin: one bar. */
static void draws_histogram(void **state)
{
    (void)state;
    neuron_card_t card = {.valued = true, .mean = 0, .deviation = 1, .least = -3.6, .width = 0.1};
    str_t text = {0};
    for (int b = 0; b < NEURON_BINS; b++) {
        double from = -3.6 + 0.1 * b;
        /* the integral of the density, by Simpson's rule */
        double share = 0.1 / 6 *
                       (exp(-from * from / 2) + 4 * exp(-(from + 0.05) * (from + 0.05) / 2) +
                        exp(-(from + 0.1) * (from + 0.1) / 2)) /
                       sqrt(2 * acos(-1));
        card.count[b] = llround(1e6 * share);
        card.tokens += card.count[b];
    }
    expect_ok(neuron_histogram(&card, 18, 40, &text));
    int lines = 0;
    for (char *line = strtok(text.data, "\n"); line; line = strtok(NULL, "\n"), lines++) {
        const char *mark = strchr(line, '|');
        assert_non_null(mark);
        assert_true(mark[1] == '\0' && (mark[-1] == '#' || mark[-1] == ' '));
        if (lines == 0) assert_string_equal(line, "      -3.6  |");
        if (lines == 8 || lines == 9) assert_int_equal(mark - line, 12 + 40);
    }
    assert_int_equal(lines, 18);
    str_free(&text);

    memset(card.count, 0, sizeof card.count);
    card.count[40] = card.tokens;
    text = (str_t){0};
    expect_ok(neuron_histogram(&card, 18, 40, &text));
    const char *bar = strchr(text.data, '#');
    assert_int_equal(strspn(bar, "#|"), 40);
    assert_null(strchr(bar + 40, '#'));
    str_clear(&text);
    card.valued = false;
    expect_ok(neuron_histogram(&card, 18, 40, &text));
    assert_int_equal(text.length, 0);
    str_free(&text);
}

int main(int argc, char **argv)
{
    MPI_Init(&argc, &argv);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(finds_places, create_files, scratch_destroy),
        cmocka_unit_test_setup_teardown(says_which_there_are, create_files, scratch_destroy),
        cmocka_unit_test_setup_teardown(writes_text, create_files, scratch_destroy),
        cmocka_unit_test(draws_histogram)};
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    MPI_Finalize();
    return failed;
}
