/* Sketches against the exact statistics of the same values, on shapes that are hard for bins, and
 * against closed forms; sums and counts against plain arithmetic. WN_LONG=yes: 100 million values of
 * each neuron in place of one million. */
#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/random.h"
#include "stats/sketch_table.h"
#include "stats/statistics.h"
#include "tests/scratch.h"

enum { COUNT = 1 << 17, FIRST = 4096, WINDOW = 512, FOLDS = 3 };

/* ---- shapes ---- */

/* The i-th value of a shape; each is nasty in its own way. */
static float draw(int shape, random_t *random, int64_t i)
{
    double z = random_normal(random), u = random_uniform(random);
    switch (shape) {
    case 0: return (float)z;
    case 1: return (float)(1e4 + 1e-2 * z);                    /* |mean| >> sigma: a hundred ulps */
    case 2: return (float)(u < 0.3 ? -3.5 + 0.2 * z : z);      /* two modes */
    case 3: return (float)(z * z * z * 5);                     /* heavy tails */
    case 4: return (float)z / (float)sqrt(fmax(u, 1e-9));      /* tails without a variance */
    case 5: return u < 0.37 ? -0.123456f : 0.777777f;          /* two atoms */
    case 6: return (float)(int)(7 * u) * 0.1f - 0.2f;          /* seven atoms */
    case 7: return u < 0.999 ? 0.25f : (float)(300 * z);       /* an atom and rare, large values */
    case 8: return (float)(z * 3e-41);                         /* denormal */
    case 9: return (float)(z * 1e37);                          /* near the end of the range */
    case 10: return i < FIRST ? 0.5f : (float)z;               /* constant at first */
    case 11: return (float)(z * (i < FIRST ? 0.7 : 1));        /* narrower at first */
    case 12: return (float)(z + (i < FIRST ? 0.3 : 0));        /* elsewhere at first */
    case 13: return (float)(u < 0.5 ? -1e-3 * u : exp(3 * z)); /* skewed, half of it near zero */
    case 14: return (float)-log(1 - u);
    case 15: return (float)i;           /* drifts */
    case 16: return 3;                  /* constant */
    default: return i == 77777 ? 4 : 3; /* but for one */
    }
}
enum { SHAPES = 18 };

static const char *const shape_name[SHAPES] = {"normal",
                                               "far mean",
                                               "bimodal",
                                               "cubes",
                                               "no variance",
                                               "two atoms",
                                               "seven atoms",
                                               "atom and rare",
                                               "denormal",
                                               "huge",
                                               "constant at first",
                                               "narrow at first",
                                               "moved at first",
                                               "skewed",
                                               "exponential",
                                               "drift",
                                               "constant",
                                               "constant but one"};

/* Values of all shapes, (COUNT, SHAPES). */
static float *make_values(void)
{
    float *value = NULL;
    expect_ok(mem_aligned(&value, (size_t)COUNT * SHAPES, "test"));
    for (int s = 0; s < SHAPES; s++) {
        random_t random = random_stream(3, "test", (uint64_t)s);
        for (int64_t i = 0; i < COUNT; i++) value[i * SHAPES + s] = draw(s, &random, i);
    }
    return value;
}

/* ---- a table of one layer ---- */

typedef struct {
    void *memory;
    sketch_table_t table;
    sketcher_t *sketcher;
} fixture_t;

static fixture_t make_table(size_t neurons)
{
    fixture_t it = {0};
    size_t bytes = 0;
    expect_ok(sketch_table_bytes(neurons, FOLDS, &bytes));
    expect_ok(mem_aligned_(&it.memory, bytes, 1, "test"));
    expect_ok(sketcher_create(NULL, &it.sketcher));
    sketch_table_place(&it.table, it.memory, neurons, FOLDS);
    sketch_table_clear(&it.table, 0, neurons);
    return it;
}

/* rows of all neurons. */
static void add(fixture_t *it, const float *value, int64_t rows, size_t fold)
{
    const sketch_batch_t batch = {.count = it->table.neurons,
                                  .value = value,
                                  .rows = (size_t)rows,
                                  .window = WINDOW,
                                  .fold = fold,
                                  .start = (double)fold / FOLDS};
    sketch_table_add(&it->table, it->sketcher, &batch);
}

static size_t fold_of_window(int64_t window)
{
    return (size_t)(window * FOLDS / (COUNT / WINDOW));
}

static void free_table(fixture_t *it)
{
    sketcher_destroy(&it->sketcher);
    mem_free_(&it->memory);
}

static void exact(const float *column, int64_t count, sorter_t **sorter, sample_t *sample,
                  distribution_t *d)
{
    expect_ok(sorter_create(sorter, DTYPE_F32, count));
    expect_ok(sorter_sort(*sorter, column, count, sample));
    distribution_measure(sample, d);
}

static void copy_column(float *column, const float *value, int64_t count, size_t stride)
{
    for (int64_t i = 0; i < count; i++) column[i] = value[i * (int64_t)stride];
}

/* From the first values, as collect does. */
static void set_grids(sketch_table_t *table, const float *value, int64_t count)
{
    double *scale = NULL;
    float *column = NULL;
    expect_ok(mem_new(&scale, table->neurons, "test"));
    expect_ok(mem_new(&column, (size_t)count, "test"));
    for (size_t n = 0; n < table->neurons; n++) {
        sorter_t *sorter;
        sample_t sample;
        distribution_t d;
        copy_column(column, value + n, count, table->neurons);
        exact(column, count, &sorter, &sample, &d);
        table->grid[n].centre = (float)d.shift;
        scale[n] = d.deviation;
        sorter_destroy(&sorter);
    }
    expect_ok(grid_fill(scale, table->neurons));
    for (size_t n = 0; n < table->neurons; n++)
        table->grid[n] = grid_of(table->grid[n].centre, scale[n]);
    mem_free(&column);
    mem_free(&scale);
}

static void take_sketch(const sketch_table_t *table, size_t neuron, int64_t tokens, int64_t *count,
                        sketched_t *to)
{
    sketch_table_read(table, neuron, count);
    sketch_t sketch = {table->grid[neuron], table->tally[neuron], count, tokens};
    sketch_sample(&sketch, to);
}

/* ---- tests ---- */

/* Each value alone in its sketch, twice: where it is put is within the stated bound. */
static void test_bins(void **state)
{
    (void)state;
    static int64_t count[SKETCH_BINS];
    static sketched_t to;
    const grid_t grid = grid_of(0, 1);
    int before = -1;
    for (double z = -2e6; z < 2e6; z = z < -1e-4 ? z * 0.998 : z < 1e-4 ? z + 1e-5 : z * 1.002) {
        int bin = sketch_bin((float)z);
        assert_true(bin >= before && bin >= 0 && bin < SKETCH_BINS);
        before = bin;
        memset(count, 0, sizeof count);
        count[bin] = 3;
        /* extremes so far away that they bound nothing */
        count[0]++;
        count[SKETCH_BINS - 1]++;
        sketch_t sketch = {
            grid, {.least = -4e6f, .most = 4e6f, .negative = z < 0 ? 4 : 1}, count, 5};
        sketch_sample(&sketch, &to);
        assert_int_equal(to.sample.count, 5);
        double off = fabs((double)sample_at(&to.sample, 2) - (double)(float)z);
        if (fabs(z) < 1048576 && off > (1 + z * z) / 2048 * (1 + 1e-6))
            fail_msg("z %g: off by %g", z, off);
    }
    assert_int_equal(sketch_bin(0), SKETCH_HALF);
    assert_int_equal(sketch_bin(INFINITY), SKETCH_BINS - 1);
    assert_int_equal(sketch_bin(-INFINITY), 0);
}

static void test_grids(void **state)
{
    (void)state;
    static const double scale[] = {1, 0.1, 1e-45, 3e-41, 1e-38, 1e30, 3.4e38, 1.9999999, 2};
    for (size_t i = 0; i < sizeof scale / sizeof scale[0]; i++) {
        grid_t grid = grid_of(0.1f, scale[i]), again = grid_of(0.1f, grid_scale(&grid));
        double wanted = fmax(scale[i], (double)0.1f * ldexp(1, -40));
        assert_true(fabs(grid_scale(&grid) / wanted - 1) < 1e-7);
        assert_memory_equal(&grid, &again, sizeof grid);
    }
    double some[] = {1, 0, 3, 2, 1e-9};
    expect_ok(grid_fill(some, 5));
    assert_true(some[0] == 1 && some[1] == 1.5 * ldexp(1, -10) && some[4] == 1e-9);
    double none[] = {0, 0};
    expect_ok(grid_fill(none, 2));
    assert_true(none[0] == 1 && none[1] == 1);
}

static void assert_near(int shape, const char *what, double got, double want, double bound)
{
    if (isnan(want) ? !isnan(got) : !(fabs(got - want) <= bound))
        fail_msg("%s: %s: %.12g, exact %.12g, bound %.3g", shape_name[shape], what, got, want,
                 bound);
}

/* Shapes whose first values tell nothing of the rest: only their own bound holds. */
static bool misleads(int shape)
{
    return shape == 10 || shape == 15 || shape == 17;
}

/* The dip is as far from the exact one as the distribution functions are from each other, at most: by
 * the values of a bin, wherever they stand in it. */
static double largest_share(const sketched_t *to)
{
    int64_t most = 0;
    for (int64_t g = 0; g < to->sample.groups; g++) {
        int64_t count = to->start[g + 1] - to->start[g];
        most = count > most ? count : most;
    }
    return (double)most / (double)to->sample.count;
}

/* Shapes with densities that are about even over a bin: of them the dip is far better. */
static bool is_smooth(int shape)
{
    return shape == 0 || (shape >= 2 && shape <= 4) || shape == 8 || shape == 9 || shape == 11 ||
           shape == 12 || shape >= 14;
}

static void compare_statistics(int s, const float *column, const sketched_t *to)
{
    sorter_t *sorter;
    sample_t sample;
    distribution_t d;
    double want[STATISTICS], got[STATISTICS];
    const distribution_t *e = &to->distribution;
    exact(column, COUNT, &sorter, &sample, &d);
    statistics_measure(&sample, &d, want);
    statistics_measure(&to->sample, e, got);
    int wd = statistics_find("wd"), dip = statistics_find("dip"),
        tail = statistics_find("tail_weight");
    assert_near(s, "mean", e->mean, d.mean, 1e-6 * d.deviation);
    assert_near(s, "variance", e->variance, d.variance, 1e-6 * d.variance);
    assert_near(s, "skewness", e->skewness, d.skewness, 1e-4 * fmax(1, fabs(d.skewness)));
    assert_near(s, "kurtosis", e->kurtosis, d.kurtosis, 1e-4 * fmax(1, fabs(d.kurtosis)));
    assert_near(s, "wd", got[wd], want[wd], misleads(s) ? to->bound + 1e-6 : 1e-3);
    assert_near(s, "dip", got[dip], want[dip], largest_share(to));
    if (is_smooth(s)) assert_near(s, "dip", got[dip], want[dip], 1e-4);
    assert_near(s, "tail weight", got[tail], want[tail], misleads(s) ? 1 : 1e-3);
    if (distribution_varies(&d)) assert_near(s, "wd", got[wd], want[wd], to->bound + 1e-6);
    assert_true(e->minimum == d.minimum && e->maximum == d.maximum && e->count == d.count);
    assert_true(e->negative_fraction == d.negative_fraction);
    assert_int_equal(sample_negative(&to->sample).count, sample_negative(&sample).count);
    for (int q = 0; q < LEVELS; q++) {
        double x = sample_quantile(&sample, statistics_levels[q]);
        double y = sample_quantile(&to->sample, statistics_levels[q]),
               z = (x - d.mean) / d.deviation;
        if (!misleads(s) && distribution_varies(&d))
            assert_near(s, "quantile", y, x, 2 * (1 + z * z) / 2048 * d.deviation);
        if (q == 0 || q == LEVELS - 1) assert_true(x == y);
    }
    for (int64_t g = 1; g < to->sample.groups; g++)
        assert_true(to->value[g] > to->value[g - 1] && to->start[g] > to->start[g - 1]);
    sorter_destroy(&sorter);
}

static void test_hard_shapes(void **state)
{
    (void)state;
    float *value = make_values(), *column = NULL;
    static int64_t count[SKETCH_BINS];
    static sketched_t to;
    fixture_t it = make_table(SHAPES);
    expect_ok(mem_new(&column, COUNT, "test"));
    set_grids(&it.table, value, FIRST);
    add(&it, value, COUNT, 0);
    for (int s = 0; s < SHAPES; s++) {
        copy_column(column, value + s, COUNT, SHAPES);
        take_sketch(&it.table, (size_t)s, COUNT, count, &to);
        compare_statistics(s, column, &to);
    }
    free_table(&it);
    mem_free(&column);
    mem_free(&value);
}

static int64_t folds[2][FOLDS * FOLD_BINS];

/* Coarse bins of all folds together hold what their fine bins do. */
static void assert_folds_are_counts(const int64_t *count, const int64_t *fold)
{
    int64_t sum[FOLD_BINS] = {0};
    for (int i = 0; i < FOLDS * FOLD_BINS; i++) sum[i % FOLD_BINS] += fold[i];
    for (int b = 0; b < SKETCH_BINS; b++) sum[fold_bin(b)] -= count[b];
    for (int b = 0; b < FOLD_BINS; b++) assert_true(sum[b] == 0);
}

static void assert_same_tables(const sketch_table_t *a, const sketch_table_t *b)
{
    static int64_t one[SKETCH_BINS], other[SKETCH_BINS];
    for (size_t n = 0; n < a->neurons; n++) {
        sketch_table_read(a, n, one);
        sketch_table_read(b, n, other);
        assert_memory_equal(one, other, sizeof one);
        sketch_table_read_folds(a, n, folds[0]);
        sketch_table_read_folds(b, n, folds[1]);
        assert_memory_equal(folds[0], folds[1], sizeof folds[0]);
        assert_folds_are_counts(one, folds[0]);
        assert_memory_equal(a->tally[n].sum, b->tally[n].sum, sizeof a->tally[n].sum);
        assert_true(a->tally[n].least == b->tally[n].least &&
                    a->tally[n].most == b->tally[n].most &&
                    a->tally[n].negative == b->tally[n].negative);
    }
}

/* Batches of any size in any order, by several threads, from any neuron, and merged tables. */
static void test_order(void **state)
{
    (void)state;
    float *value = make_values();
    static int64_t count[SKETCH_BINS];
    team_t *team;
    fixture_t all = make_table(SHAPES), parts[3];
    set_grids(&all.table, value, FIRST);
    for (int64_t w = 0; w < COUNT / WINDOW; w++)
        add(&all, value + w * WINDOW * SHAPES, WINDOW, fold_of_window(w));
    for (int p = 0; p < 3; p++) {
        parts[p] = make_table(SHAPES);
        memcpy(parts[p].table.grid, all.table.grid, SHAPES * sizeof(grid_t));
    }
    expect_ok(team_create(3, &team));
    sketcher_destroy(&parts[1].sketcher);
    expect_ok(sketcher_create(team, &parts[1].sketcher));
    for (int64_t w = COUNT / WINDOW; w > 0;) {
        int64_t some = w % 7 + 1 < w ? w % 7 + 1 : w;
        int p = (int)(w % 3);
        while (fold_of_window(w - some) != fold_of_window(w - 1)) some--;
        w -= some;
        add(&parts[p], value + w * WINDOW * SHAPES, some * WINDOW, fold_of_window(w));
    }
    for (int p = 1; p < 3; p++)
        for (size_t n = 0; n < SHAPES; n++) {
            sketch_table_read(&parts[p].table, n, count);
            sketch_t sketch = {parts[p].table.grid[n], parts[p].table.tally[n], count, 0};
            sketch_table_add_sketch(&parts[0].table, n, &sketch);
            sketch_table_read_folds(&parts[p].table, n, folds[0]);
            sketch_table_add_folds(&parts[0].table, n, folds[0]);
        }
    assert_same_tables(&all.table, &parts[0].table);
    for (int p = 0; p < 3; p++) free_table(&parts[p]);
    team_destroy(&team);
    free_table(&all);
    mem_free(&value);
}

/* A count runs through 2^16 and 2^32 and is added to beyond. */
static void test_large_counts(void **state)
{
    (void)state;
    static int64_t count[SKETCH_BINS];
    static float value[WINDOW];
    fixture_t it = make_table(1);
    int64_t want = ((int64_t)1 << 32) - 5;
    count[SKETCH_HALF] = want;
    sketch_t sketch = {it.table.grid[0], TALLY_EMPTY, count, want};
    sketch_table_add_sketch(&it.table, 0, &sketch);
    for (int i = 0; i < 300; i++) add(&it, value, WINDOW, 0);
    want += 300 * WINDOW;
    sketch_table_read(&it.table, 0, count);
    assert_true(count[SKETCH_HALF] == want);
    sketch_table_add_sketch(&it.table, 0, &sketch);
    sketch_table_read(&it.table, 0, count);
    assert_true(count[SKETCH_HALF] == 2 * want && *it.table.full == 0);
    memset(count, 0, sizeof count);
    for (int b = 0; b < SKETCH_CARRIES; b++) count[b] = (int64_t)1 << 33;
    sketch_table_add_sketch(&it.table, 0, &sketch);
    assert_int_equal(*it.table.full, 1);
    free_table(&it);
}

/* Sums that fixed point cannot hold make the moments NaN, in any order. */
static void test_lost_sums(void **state)
{
    (void)state;
    static int64_t count[SKETCH_BINS];
    static sketched_t to;
    tally_t small = {.sum = {1, 2, 3, 4}, .least = -1, .most = 1}, large = small, sum = TALLY_EMPTY;
    large.sum[3] = tally_fix(1e25, 3);
    for (int i = 0; i < 30; i++) tally_add(&sum, &large);
    assert_true(sum.sum[3] == SUM_LOST && tally_fix(1e40, 3) == SUM_LOST);
    tally_add(&small, &sum);
    assert_true(small.sum[3] == SUM_LOST);
    count[SKETCH_HALF] = 2;
    sketch_t sketch = {grid_of(0, 1), small, count, 2};
    sketch_sample(&sketch, &to);
    assert_true(isnan(to.distribution.mean) && isnan(to.distribution.kurtosis));
    assert_true(to.distribution.minimum == -1 && isnan(to.bound));
}

static void test_empty(void **state)
{
    (void)state;
    static int64_t count[SKETCH_BINS];
    static sketched_t to;
    sketch_t sketch = {grid_of(0, 1), TALLY_EMPTY, count, 0};
    sketch_sample(&sketch, &to);
    assert_true(to.sample.count == 0 && isnan(to.distribution.mean) && isnan(to.bound));
}

/* ---- scale ---- */

/* Mixtures of two normal distributions: share of the first, means, deviations. */
static const double mixture[][5] = {
    {1, 0, 0, 1, 1},     {0.5, -2, 2, 1, 1},         {0.1, -8, 0, 0.3, 1},
    {0.95, 0, 0, 1, 10}, {0.3, 100, 101, 0.01, 0.5}, {0.999, 0, 40, 1, 0.1}};
enum { MIXTURES = sizeof mixture / sizeof mixture[0] };

static double raw_moment(const double *m, int which, int power)
{
    double mu = m[1 + which], s2 = m[3 + which] * m[3 + which];
    double all[] = {1, mu, mu * mu + s2, mu * mu * mu + 3 * mu * s2,
                    mu * mu * mu * mu + 6 * mu * mu * s2 + 3 * s2 * s2};
    return all[power];
}

/* mean, variance, skewness, kurtosis, and the distance by the trapezoidal rule over F - Phi. */
static void closed_form(const double *mix, double form[5])
{
    double m[5];
    memcpy(m, mix, sizeof m);
    form[0] = m[0] * m[1] + (1 - m[0]) * m[2];
    m[1] -= form[0], m[2] -= form[0];
    double moment[5], sum = 0;
    for (int p = 0; p < 5; p++)
        moment[p] = m[0] * raw_moment(m, 0, p) + (1 - m[0]) * raw_moment(m, 1, p);
    form[1] = moment[2];
    form[2] = moment[3] / pow(moment[2], 1.5);
    form[3] = moment[4] / (moment[2] * moment[2]) - 3;
    for (double x = -60; x < 60; x += 1e-3) {
        double at = x * sqrt(moment[2]);
        double f = m[0] * erfc(-(at - m[1]) / m[3] / sqrt(2)) / 2 +
                   (1 - m[0]) * erfc(-(at - m[2]) / m[4] / sqrt(2)) / 2;
        sum += fabs(f - erfc(-x / sqrt(2)) / 2) * 1e-3;
    }
    form[4] = sum;
}

/* Sampling itself is off by some 1 / sqrt(count): the bounds are those of the sketch and five
 * standard errors, of which that of the kurtosis, from the eighth moment, is left to 50 / sqrt(n). */
static void test_scale(void **state)
{
    (void)state;
    const int64_t total = getenv("WN_LONG") ? 100000000 : 1000000, batch = 64 * WINDOW;
    static int64_t count[SKETCH_BINS];
    static sketched_t to;
    float *value = NULL;
    random_t random = random_stream(9, "test", 0);
    fixture_t it = make_table(MIXTURES);
    expect_ok(mem_new(&value, (size_t)batch * MIXTURES, "test"));
    int64_t done = 0;
    for (; done < total; done += batch) {
        for (int64_t i = 0; i < batch; i++)
            for (int m = 0; m < MIXTURES; m++) {
                int which = random_uniform(&random) < mixture[m][0] ? 0 : 1;
                double z = random_normal(&random);
                value[i * MIXTURES + m] =
                    (float)(mixture[m][1 + which] + mixture[m][3 + which] * z);
            }
        if (done == 0) set_grids(&it.table, value, FIRST);
        add(&it, value, batch, 0);
    }
    double noise = 1 / sqrt((double)done);
    for (int m = 0; m < MIXTURES; m++) {
        double form[5];
        const distribution_t *d = &to.distribution;
        closed_form(mixture[m], form);
        take_sketch(&it.table, (size_t)m, done, count, &to);
        double wd = statistics[statistics_find("wd")].measure(&to.sample, d);
        double spread = fmax(1, form[3] + 3);
        print_message(
            "mixture %d, %lld values: wd %.7f, closed form %.7f (off by %.1e, bound %.1e)\n", m,
            (long long)done, wd, form[4], wd - form[4], to.bound);
        assert_true(fabs(d->mean - form[0]) / sqrt(form[1]) < 1e-6 + 5 * noise);
        assert_true(fabs(d->variance / form[1] - 1) < 1e-6 + 5 * noise * sqrt(spread));
        assert_true(fabs(d->skewness - form[2]) < 1e-4 + 5 * noise * spread * 2);
        assert_true(fabs(d->kurtosis - form[3]) < 1e-4 + 5 * noise * spread * spread * 4);
        assert_true(fabs(wd - form[4]) < 1e-4 + 5 * noise);
    }
    mem_free(&value);
    free_table(&it);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_bins),         cmocka_unit_test(test_grids),
        cmocka_unit_test(test_hard_shapes),  cmocka_unit_test(test_order),
        cmocka_unit_test(test_large_counts), cmocka_unit_test(test_lost_sums),
        cmocka_unit_test(test_empty),        cmocka_unit_test(test_scale),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
