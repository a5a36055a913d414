/* The search for m against functions whose crossings are known. */
#include <math.h>
#include <mpi.h>

#include "core/random.h"
#include "select/search_file.h"
#include "tests/scratch.h"

static double line(double m)
{
    return 10 + m;
}
static double step(double m)
{
    return m < 37 ? 10.5 : 14;
}
/* Up to 14 at 20, down to 9 at 60, up again to 13 at 100. */
static double wave(double m)
{
    return m < 20 ? 10 + m / 5 : m < 60 ? 14 - (m - 20) / 8 : 9 + (m - 60) / 10;
}
static double flat(double m)
{
    (void)m;
    return 10.2;
}
/* Above the target only between 40 and 45. */
static double ridge(double m)
{
    return m > 40 && m < 45 ? 30 : 10.1;
}
static double high(double m)
{
    return 50 + m;
}

typedef struct {
    const char *name;
    double (*perplexity)(double m);
    double target, tolerance, least, most;
    size_t trials_most;
    search_answer_t answer;
    double percent, within; /* of the closest trial */
    size_t trials;          /* 0: any number */
} case_t;

static search_t run(const case_t *it)
{
    search_t search = {.baseline = 10,
                       .target = it->target,
                       .tolerance = it->tolerance,
                       .least = it->least,
                       .most = it->most,
                       .step = 0.01,
                       .trials_most = it->trials_most};
    double percent;
    while (search_next(&search, &percent)) {
        assert_true(percent >= it->least && percent <= it->most);
        for (size_t i = 0; i < search.trials; i++) /* none twice */
            assert_true(search.trial[i].percent != percent);
        expect_ok(search_add(&search, percent, (int64_t)(percent * 10), it->perplexity(percent)));
        assert_true(search.trials <= it->trials_most);
    }
    return search;
}

static void finds_crossings(void **state)
{
    static const case_t cases[] = {
        /* a rise of 30, within 0.3: 100, 50, 25, 37.5, 31.25, 28.125, 29.69, 30.47, 30.08 */
        {"line", line, 40, 0.01, 0, 100, 50, SEARCH_REACHED, 30, 0.3, 9},
        {"line, few trials", line, 40, 0.01, 0, 100, 4, SEARCH_BETWEEN, 25, 10, 4},
        {"line, exactly", line, 35, 0, 0, 100, 50, SEARCH_REACHED, 25, 0, 3},
        {"line, from above 0", line, 40, 0.01, 20, 60, 50, SEARCH_REACHED, 30, 0.3, 4},
        {"line, out of reach", line, 200, 0.01, 0, 100, 9, SEARCH_BELOW, 100, 0, 9},
        {"line, within a narrow range", line, 40, 0.01, 35, 36, 50, SEARCH_ABOVE, 35, 0, 0},
        {"a step", step, 12, 0.01, 0, 100, 50, SEARCH_BETWEEN, 25, 0, 0},
        {"a wave, at the first crossing", wave, 13.5, 0.01, 0, 100, 50, SEARCH_REACHED, 17.5, 0.4,
         0},
        {"flat", flat, 12, 0.01, 0, 100, 12, SEARCH_BELOW, 100, 0, 12},
        {"a ridge among low ones", ridge, 12, 0.01, 0, 100, 60, SEARCH_BETWEEN, 100, 0, 0},
        {"all too high", high, 12, 0.01, 1, 100, 8, SEARCH_ABOVE, 1, 0, 8},
        {"nothing to match", line, 10, 0.01, 0, 100, 8, SEARCH_NOT_RAISED, 0, 0, 0},
        {"less than nothing", line, 9, 0.5, 0, 100, 8, SEARCH_NOT_RAISED, 0, 0, 0},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const case_t *it = &cases[i];
        search_t search = run(it);
        const trial_t *closest = search_closest(&search);
        if (search_answer(&search) != it->answer)
            fail_msg("%s: %s", it->name, search_answer_name(search_answer(&search)));
        if (it->trials && search.trials != it->trials)
            fail_msg("%s: %zu trials", it->name, search.trials);
        if (it->answer == SEARCH_NOT_RAISED) assert_null(closest);
        else if (fabs(closest->percent - it->percent) > it->within)
            fail_msg("%s: %g", it->name, closest->percent);
        if (it->answer == SEARCH_REACHED)
            assert_true(fabs(it->perplexity(closest->percent) - it->target) <=
                        it->tolerance * (it->target - 10));
        search_free(&search);
    }
}

/* Functions that only grow are always matched, in so many halvings. */
static void bisects(void **state)
{
    (void)state;
    for (uint64_t seed = 0; seed < 200; seed++) {
        random_t random = random_stream(seed, "test", 0);
        double crossing = 100 * random_uniform(&random), percent;
        search_t search = {.baseline = 10,
                           .target = 10 + crossing,
                           .tolerance = 1e-3,
                           .most = 100,
                           .step = 1e-9,
                           .trials_most = 100};
        while (search_next(&search, &percent))
            expect_ok(search_add(&search, percent, 1, 10 + percent));
        assert_int_equal(search_answer(&search), SEARCH_REACHED);
        assert_true(search.trials <= 2 + (size_t)ceil(log2(100 / (1e-3 * crossing))));
        search_free(&search);
    }
}

static void speaks(void **state)
{
    static const case_t reached = {"", line, 40, 0.01, 0, 100, 50, SEARCH_REACHED, 0, 0, 0};
    static const case_t below = {"", line, 200, 0.01, 0, 100, 2, SEARCH_BELOW, 0, 0, 0};
    static const case_t not_raised = {"", line, 9, 0.01, 0, 100, 2, SEARCH_NOT_RAISED, 0, 0, 0};
    static const struct {
        const case_t *is;
        const char *text;
    } cases[] = {
        {&reached,
         "m = 30.0781 % (300 neurons) has perplexity 40.0781, wanted 40 within 0.3; 9 values of "
         "m from 0 to 100 %"},
        {&below,
         "the perplexity stays below; no m reached it; m = 100 % (1000 neurons) has perplexity "
         "110, wanted 200 within 1.9; 2 values of m from 0 to 100 %"},
        {&not_raised, "the condition does not raise the perplexity: 9, without it 10"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        str_t text = {0};
        search_t search = run(cases[i].is);
        expect_ok(search_describe(&search, &text));
        assert_string_equal(text.data, cases[i].text);
        str_free(&text);
        search_free(&search);
    }
}

static void is_kept(void **state)
{
    static const case_t cases[] = {{"", wave, 13.5, 0.01, 0, 100, 50, SEARCH_REACHED, 0, 0, 0},
                                   {"", line, 9, 0.01, 0, 100, 2, SEARCH_NOT_RAISED, 0, 0, 0}};
    for (size_t i = 0; i < 2; i++) {
        char *path = NULL;
        store_t *store = NULL;
        bool found = false;
        double next;
        search_t search = run(&cases[i]), got;
        expect_ok(path_join(*state, "cohort.h5", &path));
        expect_ok(store_create(path, MPI_COMM_SELF, &store));
        expect_ok(search_write(store, "step7", &search));
        expect_ok(store_write(store, "/step8/layer", STORE_I32, 1, &(uint64_t){0}, NULL));
        expect_ok(store_publish(&store));
        expect_ok(store_open(path, &store));
        expect_ok(search_read(store, "step8", &got, &found));
        assert_false(found);
        expect_ok(search_read(store, "step7", &got, &found));
        assert_true(found && got.trials == search.trials);
        for (size_t t = 0; t < got.trials; t++) {
            assert_true(got.trial[t].percent == search.trial[t].percent);
            assert_true(got.trial[t].perplexity == search.trial[t].perplexity);
            assert_true(got.trial[t].neurons == search.trial[t].neurons);
        }
        assert_int_equal(search_answer(&got), cases[i].answer);
        assert_false(search_next(&got, &next));
        store_close(&store);
        search_free(&got);
        search_free(&search);
        scratch_remove(*state, "cohort.h5");
        mem_free(&path);
    }
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(finds_crossings),
        cmocka_unit_test(bisects),
        cmocka_unit_test(speaks),
        cmocka_unit_test_setup_teardown(is_kept, scratch_create, scratch_destroy),
    };
    MPI_Init(&argc, &argv);
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    MPI_Finalize();
    return failed;
}
