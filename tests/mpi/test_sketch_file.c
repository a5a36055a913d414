/* Sketches of several ranks, in one table or in one each, to a file and back: the same on any number
 * of ranks. */
#include <math.h>
#include <string.h>

#include "core/random.h"
#include "par/agree.h"
#include "stats/sketch_file.h"
#include "tests/scratch.h"

enum { LAYERS = 2, NEURONS = 300, WINDOWS = 24, WINDOW = 16, ALL = LAYERS * NEURONS, FOLDS = 5 };

static int rank, ranks;
static char path[1024];

static float value_of(int neuron, int token)
{
    random_t random = random_stream(5, "test", (uint64_t)(neuron * 100000 + token));
    return (float)(random_normal(&random) * (1 + neuron % 7) + neuron);
}

/* Window w of a layer, (WINDOW, NEURONS). */
static void fill(float *value, int layer, int w)
{
    for (int t = 0; t < WINDOW; t++)
        for (int n = 0; n < NEURONS; n++)
            value[t * NEURONS + n] = value_of(layer * NEURONS + n, w * WINDOW + t);
}

static void add(sketch_table_t *table, sketcher_t *sketcher, int layer, int w, const float *value)
{
    const sketch_batch_t batch = {.first = (size_t)layer * NEURONS,
                                  .count = NEURONS,
                                  .value = value,
                                  .rows = WINDOW,
                                  .window = WINDOW,
                                  .fold = (size_t)w * FOLDS / WINDOWS};
    sketch_table_add(table, sketcher, &batch);
}

static void set_up(share_scope_t scope, share_t *share, sketch_table_t *table)
{
    size_t bytes = 0;
    expect_ok(sketch_table_bytes(ALL, FOLDS, &bytes));
    expect_ok(share_open(MPI_COMM_WORLD, scope, share));
    expect_ok(share_allocate(MPI_COMM_WORLD, bytes, "sketches", share));
    sketch_table_place(table, share->data, ALL, FOLDS);
    if (share->rank == 0) {
        sketch_table_clear(table, 0, ALL);
        for (int n = 0; n < ALL; n++) table->grid[n] = grid_of((float)n, 1 + n % 7);
    }
    share_sync(share);
}

/* Rank r takes windows r, r + ranks, ...; all of them begin at the same neurons, to be in each
 * other's way. */
static void write_file(share_scope_t scope)
{
    static float value[WINDOW * NEURONS];
    share_t share;
    sketch_table_t table;
    sketcher_t *sketcher;
    store_t *store;
    set_up(scope, &share, &table);
    expect_ok(sketcher_create(NULL, &sketcher));
    for (int w = rank; w < WINDOWS; w += ranks)
        for (int l = 0; l < LAYERS; l++) {
            fill(value, l, w);
            add(&table, sketcher, l, w, value);
        }
    expect_ok(store_create(path, MPI_COMM_WORLD, &store));
    expect_ok(sketch_write(store, MPI_COMM_WORLD, &share, &table, LAYERS, NEURONS));
    expect_ok(store_publish(&store));
    sketcher_destroy(&sketcher);
    share_destroy(&share);
}

/* What one rank alone makes of all windows. */
static void check_file(void)
{
    static float value[WINDOW * NEURONS];
    static int64_t got[SKETCH_BINS], want[SKETCH_BINS], folds[2][FOLDS * FOLD_BINS];
    void *memory;
    size_t bytes = 0;
    sketch_table_t table;
    sketcher_t *sketcher;
    store_t *store;
    sketch_shape_t shape;
    expect_ok(sketch_table_bytes(ALL, FOLDS, &bytes));
    expect_ok(mem_aligned_(&memory, bytes, 1, "test"));
    sketch_table_place(&table, memory, ALL, FOLDS);
    sketch_table_clear(&table, 0, ALL);
    for (int n = 0; n < ALL; n++) table.grid[n] = grid_of((float)n, 1 + n % 7);
    expect_ok(sketcher_create(NULL, &sketcher));
    for (int w = 0; w < WINDOWS; w++)
        for (int l = 0; l < LAYERS; l++) {
            fill(value, l, w);
            add(&table, sketcher, l, w, value);
        }
    expect_ok(store_open(path, &store));
    expect_ok(sketch_find(store, &shape));
    assert_true(shape.layers == LAYERS && shape.neurons == NEURONS && shape.folds == FOLDS);
    for (size_t n = 0; n < ALL; n++) {
        sketch_t sketch;
        expect_ok(sketch_read(store, n / NEURONS, n % NEURONS, 1, WINDOWS * WINDOW, &sketch, got));
        sketch_table_read(&table, n, want);
        assert_memory_equal(got, want, sizeof got);
        expect_ok(sketch_read_folds(store, n / NEURONS, n % NEURONS, 1, FOLDS, folds[0]));
        sketch_table_read_folds(&table, n, folds[1]);
        assert_memory_equal(folds[0], folds[1], sizeof folds[0]);
        const tally_t *tally = &table.tally[n];
        assert_memory_equal(sketch.tally.sum, tally->sum, sizeof tally->sum);
        assert_true(sketch.tally.negative == tally->negative &&
                    sketch.tally.least == tally->least && sketch.tally.most == tally->most);
        assert_memory_equal(&sketch.grid, &table.grid[n], sizeof sketch.grid);
    }
    sketch_t sketch;
    expect_error(sketch_read(store, 1, 7, 1, WINDOWS * WINDOW - 1, &sketch, got), EXIT_INPUT,
                 "row 1, neuron 7 does not fit together, or is not of 383 tokens");
    store_close(&store);
    sketcher_destroy(&sketcher);
    mem_free_(&memory);
}

static void test_one_table(void **state)
{
    (void)state;
    write_file(SHARE_NODE);
    if (rank == 0) check_file();
    MPI_Barrier(MPI_COMM_WORLD);
}

/* As on so many nodes. */
static void test_a_table_each(void **state)
{
    (void)state;
    write_file(SHARE_NONE);
    if (rank == 0) check_file();
    MPI_Barrier(MPI_COMM_WORLD);
}

static void test_full_table(void **state)
{
    (void)state;
    share_t share;
    sketch_table_t table;
    store_t *store;
    set_up(SHARE_NONE, &share, &table);
    if (rank == ranks - 1) *table.full = 1;
    expect_ok(store_create(path, MPI_COMM_WORLD, &store));
    expect_error(sketch_write(store, MPI_COMM_WORLD, &share, &table, LAYERS, NEURONS),
                 EXIT_RESOURCE, "more than 8 bins of a neuron");
    store_close(&store);
    share_destroy(&share);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_one_table),
        cmocka_unit_test(test_a_table_each),
        cmocka_unit_test(test_full_table),
    };
    const char *directory = getenv("TMPDIR");
    long number = (long)getpid();
    MPI_Init(&argc, &argv);
    MPI_Comm_rank(MPI_COMM_WORLD, &rank);
    MPI_Comm_size(MPI_COMM_WORLD, &ranks);
    MPI_Bcast(&number, 1, MPI_LONG, 0, MPI_COMM_WORLD);
    snprintf(path, sizeof path, "%s/wn-test-sketch-%ld.h5", directory ? directory : "/tmp", number);
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    if (rank == 0) unlink(path);
    MPI_Finalize();
    return failed;
}
