/* Sharing out work: every unit has one owner, and the loads are as close as theory promises. */
#include "tests/scratch.h"

#include <math.h>

#include "core/random.h"
#include "par/work.h"

/* The largest load. */
static double makespan(int ranks, size_t units, const double *cost, const int *owner)
{
    double load[64] = {0}, most = 0;
    for (size_t i = 0; i < units; i++) {
        assert_true(owner[i] >= 0 && owner[i] < ranks);
        load[owner[i]] += cost[i];
    }
    for (int r = 0; r < ranks; r++) most = fmax(most, load[r]);
    return most;
}

/* Graham's example where longest-first is at its worst: 2k + 1 jobs on k ranks. */
static void worked_example(void **state)
{
    static const double cost[] = {5, 3, 3, 4, 5, 3, 4};
    static const int expected[] = {0, 0, 1, 2, 1, 0, 2};
    int owner[7];
    (void)state;
    /* by hand: 5 to 0, 5 to 1, 4 to 2, 4 to 2, then the threes to 0, 1, 0 */
    expect_ok(work_assign(3, 7, cost, owner));
    for (int i = 0; i < 7; i++) assert_int_equal(owner[i], expected[i]);
    assert_true(makespan(3, 7, cost, owner) == 11);
}

/* The best possible largest load, by trying every assignment. */
static double best(int ranks, int units, const double *cost)
{
    double least = INFINITY;
    int owner[8] = {0};
    for (;;) {
        least = fmin(least, makespan(ranks, (size_t)units, cost, owner));
        int i = 0;
        while (i < units && ++owner[i] == ranks) owner[i++] = 0;
        if (i == units) return least;
    }
}

/* Graham 1969: at most 4/3 - 1/(3 ranks) times the best. */
static void close_to_the_best(void **state)
{
    random_t random = random_stream(1, "test of work", 0);
    (void)state;
    for (int trial = 0; trial < 300; trial++) {
        int ranks = 2 + trial % 3, units = 1 + trial % 8, owner[8];
        double cost[8];
        for (int i = 0; i < units; i++) cost[i] = (double)random_below(&random, 20);
        expect_ok(work_assign(ranks, (size_t)units, cost, owner));
        double bound = (4.0 / 3 - 1.0 / (3 * ranks)) * best(ranks, units, cost);
        assert_true(makespan(ranks, (size_t)units, cost, owner) <= bound + 1e-9);
    }
}

static void many_units(void **state)
{
    enum { UNITS = 5000 };
    static double cost[UNITS];
    static int owner[UNITS], again[UNITS];
    random_t random = random_stream(2, "test of work", 0);
    double total = 0;
    (void)state;
    for (int i = 0; i < UNITS; i++) total += cost[i] = 1 + random_uniform(&random);
    for (int ranks = 1; ranks <= 64; ranks *= 4) {
        expect_ok(work_assign(ranks, UNITS, cost, owner));
        assert_true(makespan(ranks, UNITS, cost, owner) <= total / ranks + 2);
        expect_ok(work_assign(ranks, UNITS, cost, again));
        assert_memory_equal(owner, again, sizeof owner);
    }
    expect_ok(work_assign(4, 0, cost, owner));
}

static void contiguous_shares(void **state)
{
    (void)state;
    for (int ranks = 1; ranks <= 9; ranks++)
        for (size_t units = 0; units <= 40; units++) {
            size_t next = 0, least = (size_t)-1, most = 0;
            for (int rank = 0; rank < ranks; rank++) {
                size_t first, count;
                work_share(rank, ranks, units, &first, &count);
                assert_int_equal(first, next);
                next = first + count;
                if (count < least) least = count;
                if (count > most) most = count;
            }
            assert_int_equal(next, units);
            assert_true(most - least <= 1);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(worked_example),
        cmocka_unit_test(close_to_the_best),
        cmocka_unit_test(many_units),
        cmocka_unit_test(contiguous_shares),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
