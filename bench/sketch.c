/* bench/sketch: what sketching pre-activations costs beside the forward pass that makes them.
 *
 * usage: build/bench/sketch [-r REPEATS] [-w WINDOWS] MODEL
 * MODEL is a directory as build/bench/random_model writes it. WINDOWS (4) windows of 2,048 tokens go
 * through all layers on one core, in turns without anything taken and into sketches of all neurons;
 * the median over REPEATS (5) of the processor time of the two counts. */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "bench/common/measure.h"
#include "bench/common/workload.h"
#include "core/memory.h"
#include "stats/sketch_table.h"

enum { REPEATS_MOST = 99, WINDOW = 2048, FOLDS = 20 };

typedef struct {
    model_t *model;
    sequences_t sequences;
    forest_t *forest;
    sketch_table_t table;
    sketcher_t *sketcher;
    void *memory;
    double seconds; /* in take */
    bool gridded;
} bench_t;

/* The first chunk's values fix the grids. */
static status_t set_grids(bench_t *it, size_t first, size_t neurons, const float *value,
                          size_t rows)
{
    float *column = NULL;
    sorter_t *sorter = NULL;
    status_t status = mem_aligned(&column, rows, "a column");
    if (!status) status = sorter_create(&sorter, DTYPE_F32, (int64_t)rows);
    for (size_t n = 0; !status && n < neurons; n++) {
        sample_t sample;
        distribution_t d;
        for (size_t t = 0; t < rows; t++) column[t] = value[t * neurons + n];
        status = sorter_sort(sorter, column, (int64_t)rows, &sample);
        if (status) break;
        distribution_measure(&sample, &d);
        it->table.grid[first + n] = grid_of((float)d.shift, d.deviation);
    }
    sorter_destroy(&sorter);
    mem_free(&column);
    return status;
}

static status_t take(void *context, int layer, const chunk_t *chunk, const float *preactivation,
                     const float *input)
{
    (void)input;
    bench_t *it = context;
    size_t neurons = (size_t)it->model->shape.mlp, first = (size_t)layer * neurons;
    if (!it->gridded) return set_grids(it, first, neurons, preactivation, (size_t)chunk->rows);
    double begin = processor_seconds();
    const sketch_batch_t batch = {.first = first,
                                  .count = neurons,
                                  .value = preactivation,
                                  .rows = (size_t)chunk->rows,
                                  .window = WINDOW};
    sketch_table_add(&it->table, it->sketcher, &batch);
    it->seconds += processor_seconds() - begin;
    return NULL;
}

static status_t run(bench_t *it, bool sketch, size_t chunks, double *seconds)
{
    const intervention_t baseline = {.ablate = ABLATE_NONE};
    const probe_t probe = {.take = take, .context = it};
    const run_options_t options = {.condition = &baseline,
                                   .conditions = 1,
                                   .layers = it->model->shape.layers,
                                   .probe = sketch ? &probe : NULL,
                                   .what = "bench"};
    executor_t *executor = NULL;
    status_t status = executor_create(it->model, it->forest, &options, &executor);
    double begin = processor_seconds();
    it->seconds = 0;
    for (size_t c = 0; !status && c < chunks; c++)
        status = executor_run(executor, &it->forest->chunk[c], NULL, NULL);
    *seconds = processor_seconds() - begin;
    executor_destroy(&executor);
    return status;
}

static status_t prepare(bench_t *it, const char *directory, int windows)
{
    size_t neurons = 0, bytes = 0;
    double seconds;
    status_t status = model_open(MPI_COMM_WORLD, directory, 0, &it->model);
    if (status) return status;
    neurons = (size_t)it->model->shape.layers * (size_t)it->model->shape.mlp;
    status = workload_windows(windows, WINDOW, it->model->shape.vocabulary, &it->sequences);
    if (!status)
        status = forest_create_windows(it->sequences.id, it->sequences.count, WINDOW, CHUNK,
                                       &it->forest);
    if (!status) status = sketch_table_bytes(neurons, FOLDS, &bytes);
    if (!status) status = mem_aligned_(&it->memory, bytes, 1, "sketches");
    if (!status) status = sketcher_create(NULL, &it->sketcher);
    if (status) return status;
    sketch_table_place(&it->table, it->memory, neurons, FOLDS);
    sketch_table_clear(&it->table, 0, neurons);
    printf("sketch: %zu neurons, %d bytes each, %.2f GB\n", neurons,
           (int)(SKETCH_NEURON_BYTES + FOLDS * FOLD_BYTES), 1e-9 * (double)bytes);
    status = run(it, true, 1, &seconds);
    it->gridded = true;
    return status;
}

static status_t compare(bench_t *it, int repeats)
{
    double share[REPEATS_MOST], each[REPEATS_MOST], bare = 0, whole = 0;
    double values = (double)it->table.neurons * (double)it->sequences.count * WINDOW;
    status_t status = NULL;
    for (int r = 0; !status && r < repeats; r++) {
        status = run(it, false, it->forest->chunks, &bare);
        if (!status) status = run(it, true, it->forest->chunks, &whole);
        each[r] = 1e9 * it->seconds / values;
        share[r] = whole / bare - 1;
        printf(
            "sketch: %.2f ns a value beside %.2f of the forward pass: %.1f %% (whole: %.1f %%)\n",
            each[r], 1e9 * bare / values, 100 * it->seconds / bare, 100 * share[r]);
        share[r] = it->seconds / bare;
    }
    if (status) return status;
    figure("sketch.ns_a_value", median(each, repeats), NULL, 0);
    figure("sketch.share_of_forward", median(share, repeats), "<=", 0.1);
    return NULL;
}

int main(int argc, char **argv)
{
    bench_t it = {0};
    int repeats = 5, windows = 4, letter;
    MPI_Init(&argc, &argv);
    while ((letter = getopt(argc, argv, "r:w:")) != -1) {
        if (letter == 'r') repeats = atoi(optarg);
        if (letter == 'w') windows = atoi(optarg);
    }
    if (optind + 1 != argc || repeats < 1 || repeats > REPEATS_MOST || windows < 1) {
        fprintf(stderr, "usage: sketch [-r REPEATS] [-w WINDOWS] MODEL\n");
        return EXIT_USAGE;
    }
    status_t status = prepare(&it, argv[optind], windows);
    if (!status) status = compare(&it, repeats);
    if (status) fprintf(stderr, "sketch: error: %s\n", status_message(status));
    int code = (int)status_code(status);
    status_free(&status);
    sketcher_destroy(&it.sketcher);
    mem_free_(&it.memory);
    forest_destroy(&it.forest);
    sequences_free(&it.sequences);
    model_close(&it.model);
    MPI_Finalize();
    return code;
}
