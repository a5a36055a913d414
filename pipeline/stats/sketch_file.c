#include "stats/sketch_file.h"

#include <math.h>

#include "core/memory.h"
#include "par/agree.h"
#include "par/work.h"

/* Neurons whose counts are written together, and the level of their deflation: a higher one takes
 * many times as long for a few per cent. */
enum { ROUND = 256, LEVEL = 1 };

static const struct {
    const char *name, *description;
    store_type_t type;
} column[] = {
    {"/sketch/centre", "value that lies in the middle of bin 4736", STORE_F32},
    {"/sketch/scale", "unit of bins and sums: z = (value - centre) / scale", STORE_F64},
    {"/sketch/minimum", "smallest pre-activation", STORE_F32},
    {"/sketch/maximum", "largest pre-activation", STORE_F32},
    {"/sketch/negative", "tokens with a pre-activation < 0", STORE_I64},
};
enum { CENTRE, SCALE, MINIMUM, MAXIMUM, NEGATIVE, COLUMNS };

/* What is counted of each neuron: [layers][neurons][folds][width], for the counts of all tokens
 * without folds. */
typedef struct {
    const char *name, *axes, *description;
    size_t folds, width;
    void (*read)(const sketch_table_t *table, size_t neuron, int64_t *count);
} counts_t;

static counts_t counts_of_all(void)
{
    return (counts_t){
        "/sketch/counts", "layers neurons bins", "pre-activations by layer, neuron, bin", 0,
        SKETCH_BINS,      sketch_table_read};
}

static counts_t counts_of_folds(size_t folds)
{
    return (counts_t){"/sketch/folds",
                      "layers neurons folds coarse_bins",
                      "pre-activations by layer, neuron, fold, coarse bin",
                      folds,
                      FOLD_BINS,
                      sketch_table_read_folds};
}

/* Numbers of a neuron. */
static size_t numbers_of(const counts_t *counts)
{
    return counts->folds ? counts->folds * counts->width : counts->width;
}

static status_t define(store_t *store, const counts_t *counts, uint64_t layers, uint64_t neurons)
{
    uint64_t shape[4] = {layers, neurons, counts->folds, counts->width};
    uint64_t chunk[4] = {1, 1, counts->folds, counts->width};
    int dimensions = 4;
    if (!counts->folds) {
        shape[2] = chunk[2] = counts->width;
        dimensions = 3;
    }
    status_t status =
        store_define_packed(store, counts->name, STORE_I64, dimensions, shape, chunk, LEVEL);
    return status
               ? status
               : store_describe(store, counts->name, counts->axes, "tokens", counts->description);
}

/* ---- writing ---- */

typedef struct {
    const sketch_table_t *table;
    MPI_Comm comm, leaders, group; /* leaders: the first rank of each group; NULL on others */
    bool leads, writes;            /* this rank is such a one; is of rank 0's group */
    int group_rank, group_ranks;
    int64_t *round, *own;      /* [ROUND][numbers]: on leaders; of this rank's part */
    tally_t *tally, *gathered; /* on rank 0: [all neurons]; [leaders][ROUND] */
} writer_t;

static void writer_destroy(writer_t *it)
{
    if (it->leaders != MPI_COMM_NULL) MPI_Comm_free(&it->leaders);
    mem_free(&it->round);
    mem_free(&it->own);
    mem_free(&it->tally);
    mem_free(&it->gathered);
}

static status_t writer_create(writer_t *it, MPI_Comm comm, const share_t *share,
                              const sketch_table_t *table)
{
    int rank, first, leaders = 0;
    MPI_Comm_rank(comm, &rank);
    first = rank;
    *it = (writer_t){.table = table, .comm = comm, .group = share->group};
    it->group_rank = share->rank;
    it->group_ranks = share->ranks;
    it->leads = share->rank == 0;
    MPI_Bcast(&first, 1, MPI_INT, 0, share->group);
    it->writes = first == 0;
    MPI_Comm_split(comm, it->leads ? 0 : MPI_UNDEFINED, rank, &it->leaders);
    if (it->leads) MPI_Comm_size(it->leaders, &leaders);
    const counts_t all = counts_of_all(), folds = counts_of_folds(table->folds);
    size_t values = numbers_of(&all) > numbers_of(&folds) ? numbers_of(&all) : numbers_of(&folds);
    values *= ROUND;
    status_t status = NULL;
    if (it->leads) status = mem_aligned(&it->round, values, "counts");
    if (!status) status = mem_aligned(&it->own, values, "counts");
    if (!status && rank == 0) status = mem_new(&it->tally, table->neurons, "sums");
    if (!status && rank == 0) status = mem_new(&it->gathered, (size_t)leaders * ROUND, "sums");
    return agree(comm, status);
}

/* The counts of neurons [first, first + count), of all groups, on rank 0. */
static void add_up(writer_t *it, const counts_t *counts, size_t first, size_t count)
{
    int rank;
    const size_t numbers = numbers_of(counts);
    MPI_Comm_rank(it->leaders, &rank);
    for (size_t n = 0; n < count; n++) counts->read(it->table, first + n, it->round + n * numbers);
    MPI_Reduce(rank == 0 ? MPI_IN_PLACE : it->round, it->round, (int)(count * numbers), MPI_INT64_T,
               MPI_SUM, 0, it->leaders);
}

/* Their tallies. */
static void add_tallies(writer_t *it, size_t first, size_t count)
{
    int rank, leaders, bytes = (int)(count * sizeof(tally_t));
    MPI_Comm_rank(it->leaders, &rank);
    MPI_Comm_size(it->leaders, &leaders);
    MPI_Gather(it->table->tally + first, bytes, MPI_BYTE, it->gathered, bytes, MPI_BYTE, 0,
               it->leaders);
    for (size_t n = 0; rank == 0 && n < count; n++) {
        it->tally[first + n] = TALLY_EMPTY;
        for (size_t l = 0; l < (size_t)leaders; l++)
            tally_add(&it->tally[first + n], &it->gathered[l * count + n]);
    }
}

/* Rank 0 shares the counts out among its group, which deflates and writes them. */
static status_t write_round(writer_t *it, store_t *store, const counts_t *counts, uint64_t layer,
                            uint64_t neuron, size_t count)
{
    const size_t numbers = numbers_of(counts);
    size_t mine = 0, number = 0;
    if (it->writes) {
        work_share(it->group_rank, it->group_ranks, count, &mine, &number);
        for (int r = 1; it->leads && r < it->group_ranks; r++) {
            size_t from, some;
            work_share(r, it->group_ranks, count, &from, &some);
            MPI_Send(it->round + from * numbers, (int)(some * numbers), MPI_INT64_T, r, 0,
                     it->group);
        }
        if (!it->leads)
            MPI_Recv(it->own, (int)(number * numbers), MPI_INT64_T, 0, 0, it->group,
                     MPI_STATUS_IGNORE);
    }
    uint64_t start[] = {layer, neuron + mine, 0, 0};
    uint64_t size[] = {1, number, counts->folds ? counts->folds : counts->width, counts->width};
    if (number == 0) size[0] = size[1] = 0, start[1] = neuron;
    return store_put(store, counts->name, start, size,
                     it->leads && it->writes ? it->round : it->own);
}

static status_t write_counts(writer_t *it, store_t *store, const counts_t *counts, uint64_t layers,
                             uint64_t neurons)
{
    status_t status = define(store, counts, layers, neurons);
    for (uint64_t l = 0; !status && l < layers; l++)
        for (uint64_t n = 0; !status && n < neurons; n += ROUND) {
            size_t count = neurons - n < ROUND ? (size_t)(neurons - n) : ROUND;
            if (it->leads) add_up(it, counts, (size_t)(l * neurons + n), count);
            status = write_round(it, store, counts, l, n, count);
        }
    return status;
}

static void fill_column(const writer_t *it, int which, void *values)
{
    for (size_t n = 0; n < it->table->neurons; n++) {
        const tally_t *tally = &it->tally[n];
        const grid_t *grid = &it->table->grid[n];
        if (which == CENTRE) ((float *)values)[n] = grid->centre;
        if (which == SCALE) ((double *)values)[n] = grid_scale(grid);
        if (which == MINIMUM) ((float *)values)[n] = tally->least;
        if (which == MAXIMUM) ((float *)values)[n] = tally->most;
        if (which == NEGATIVE) ((int64_t *)values)[n] = tally->negative;
    }
}

static status_t write_columns(writer_t *it, store_t *store, const uint64_t *shape)
{
    void *values = NULL;
    int64_t *sums = NULL;
    for (size_t n = 0; it->leads && n < it->table->neurons; n += ROUND)
        add_tallies(it, n, it->table->neurons - n < ROUND ? it->table->neurons - n : ROUND);
    bool root = it->tally != NULL;
    status_t status = root ? mem_aligned_(&values, it->table->neurons, 8, "sums") : NULL;
    if (!status && root) status = mem_new(&sums, 2 * SKETCH_MOMENTS * it->table->neurons, "sums");
    status = agree(it->comm, status);
    for (int c = 0; !status && c < COLUMNS; c++) {
        if (root) fill_column(it, c, values);
        status = store_write(store, column[c].name, column[c].type, 2, shape, values);
        if (!status)
            status =
                store_describe(store, column[c].name, "layers neurons", "1", column[c].description);
    }
    for (size_t n = 0; !status && root && n < it->table->neurons; n++)
        for (int p = 0; p < SKETCH_MOMENTS; p++) {
            int64_t *to = sums + 2 * (n * SKETCH_MOMENTS + (size_t)p);
            to[0] = (int64_t)(it->tally[n].sum[p] >> 64);
            to[1] = (int64_t)(uint64_t)it->tally[n].sum[p];
        }
    const uint64_t of_sums[] = {shape[0], shape[1], SKETCH_MOMENTS, 2};
    if (!status) status = store_write(store, "/sketch/sums", STORE_I64, 4, of_sums, sums);
    if (!status)
        status = store_describe(store, "/sketch/sums", "layers neurons powers halves", "1",
                                "sums of z, z^2, z^3, z^4, times 2^64, 2^56, 2^48, 2^40: upper 64 "
                                "bits (signed), lower 64 bits (unsigned)");
    mem_free(&sums);
    mem_free_(&values);
    return status;
}

status_t sketch_write(store_t *store, MPI_Comm comm, share_t *share, const sketch_table_t *table,
                      uint64_t layers, uint64_t neurons)
{
    writer_t writer;
    const uint64_t shape[] = {layers, neurons};
    share_sync(share);
    status_t status = NULL;
    if (*table->full)
        status = status_new(EXIT_RESOURCE,
                            "more than %d bins of a neuron, or one of a fold, have more than 2^32 "
                            "values each: divide the corpus into more parts or folds",
                            (int)SKETCH_CARRIES);
    status = agree(comm, status);
    if (status) return status;
    const counts_t all = counts_of_all(), folds = counts_of_folds(table->folds);
    status = writer_create(&writer, comm, share, table);
    if (!status) status = write_counts(&writer, store, &all, layers, neurons);
    if (!status && table->folds) status = write_counts(&writer, store, &folds, layers, neurons);
    if (!status) status = write_columns(&writer, store, shape);
    writer_destroy(&writer);
    return status;
}

/* ---- reading ---- */

static status_t unfit(const store_t *store, const char *name, const char *expected)
{
    return status_new(EXIT_INPUT, "%s: %s: %s expected", store_path(store), name, expected);
}

status_t sketch_find(const store_t *store, sketch_shape_t *shape)
{
    store_info_t info;
    status_t status = store_find(store, "/sketch/counts", &info);
    if (status) return status;
    if (info.dimensions != 3 || info.type != STORE_I64 || info.shape[2] != SKETCH_BINS)
        return unfit(store, "/sketch/counts", "int64 [layers][neurons][9473] is");
    *shape = (sketch_shape_t){info.shape[0], info.shape[1], 0};
    if (!store_has(store, "/sketch/folds")) return NULL;
    status = store_find(store, "/sketch/folds", &info);
    if (!status && (info.dimensions != 4 || info.type != STORE_I64 ||
                    info.shape[0] != shape->layers || info.shape[1] != shape->neurons ||
                    info.shape[2] > INT32_MAX || info.shape[3] != FOLD_BINS))
        return unfit(store, "/sketch/folds", "int64 [layers][neurons][folds][297] is");
    shape->folds = info.shape[2];
    return status;
}

typedef struct {
    float *centre, *least, *most;
    double *scale;
    int64_t *negative, *sums;
} columns_t;

static status_t read_columns(const store_t *store, uint64_t layer, uint64_t first, uint64_t number,
                             columns_t *columns)
{
    void *to[COLUMNS] = {0};
    static const size_t size[COLUMNS] = {4, 8, 4, 4, 8};
    const uint64_t start[] = {layer, first, 0, 0}, count[] = {1, number, SKETCH_MOMENTS, 2};
    store_info_t info;
    status_t status = NULL;
    for (int c = 0; !status && c < COLUMNS; c++) {
        status = store_find(store, column[c].name, &info);
        if (!status && info.dimensions != 2)
            status = unfit(store, column[c].name, "[layers][neurons] is");
        if (!status) status = mem_aligned_(&to[c], number, size[c], "sketches");
        if (!status) status = store_get(store, column[c].name, column[c].type, start, count, to[c]);
    }
    *columns = (columns_t){.centre = to[CENTRE],
                           .least = to[MINIMUM],
                           .most = to[MAXIMUM],
                           .scale = to[SCALE],
                           .negative = to[NEGATIVE]};
    if (!status) status = store_find(store, "/sketch/sums", &info);
    if (!status && (info.dimensions != 4 || info.shape[2] != SKETCH_MOMENTS || info.shape[3] != 2))
        status = unfit(store, "/sketch/sums", "[layers][neurons][4][2] is");
    if (!status) status = mem_aligned(&columns->sums, number * 2 * SKETCH_MOMENTS, "sketches");
    return status ? status
                  : store_get(store, "/sketch/sums", STORE_I64, start, count, columns->sums);
}

static void columns_free(columns_t *columns)
{
    mem_free(&columns->centre);
    mem_free(&columns->least);
    mem_free(&columns->most);
    mem_free(&columns->scale);
    mem_free(&columns->negative);
    mem_free(&columns->sums);
}

/* Takes one neuron; false where its parts do not fit together. */
static bool take_neuron(const columns_t *columns, uint64_t n, int64_t tokens, int64_t *count,
                        sketch_t *sketch)
{
    double scale = columns->scale[n];
    tally_t tally = {
        .negative = columns->negative[n], .least = columns->least[n], .most = columns->most[n]};
    if (!isfinite(columns->centre[n]) || !(scale > 0) || isinf(scale)) return false;
    for (int p = 0; p < SKETCH_MOMENTS; p++) {
        const int64_t *words = columns->sums + 2 * (n * SKETCH_MOMENTS + (uint64_t)p);
        tally.sum[p] = (sum_t)((unsigned __int128)words[0] << 64 | (uint64_t)words[1]);
    }
    int64_t left = tokens;
    for (int b = 0; b < SKETCH_BINS; b++) {
        if (count[b] < 0 || count[b] > left) return false;
        left -= count[b];
    }
    bool extremes =
        tokens == 0 || (isfinite(tally.least) && isfinite(tally.most) && tally.least <= tally.most);
    *sketch = (sketch_t){grid_of(columns->centre[n], scale), tally, count, tokens};
    return left == 0 && extremes && tally.negative >= 0 && tally.negative <= tokens;
}

status_t sketch_read(const store_t *store, uint64_t layer, uint64_t first, uint64_t number,
                     int64_t tokens, sketch_t *sketch, int64_t *count)
{
    columns_t columns = {0};
    const uint64_t start[] = {layer, first, 0}, size[] = {1, number, SKETCH_BINS};
    status_t status = store_get(store, "/sketch/counts", STORE_I64, start, size, count);
    if (!status) status = read_columns(store, layer, first, number, &columns);
    for (uint64_t n = 0; !status && n < number; n++)
        if (!take_neuron(&columns, n, tokens, count + n * SKETCH_BINS, &sketch[n]))
            status = status_new(EXIT_INPUT,
                                "%s: /sketch: row %llu, neuron %llu does not fit together, or is "
                                "not of %lld tokens",
                                store_path(store), (unsigned long long)layer,
                                (unsigned long long)(first + n), (long long)tokens);
    columns_free(&columns);
    return status;
}

status_t sketch_read_folds(const store_t *store, uint64_t layer, uint64_t first, uint64_t number,
                           uint64_t folds, int64_t *count)
{
    const uint64_t start[] = {layer, first, 0, 0}, size[] = {1, number, folds, FOLD_BINS};
    status_t status = store_get(store, "/sketch/folds", STORE_I64, start, size, count);
    for (uint64_t i = 0; !status && i < number * folds * FOLD_BINS; i++)
        if (count[i] < 0) return unfit(store, "/sketch/folds", "no count below 0 is");
    return status;
}
