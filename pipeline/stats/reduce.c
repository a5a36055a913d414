#include "stats/reduce.h"

#include <limits.h>
#include <math.h>

#include "core/log.h"
#include "core/memory.h"
#include "par/agree.h"
#include "par/work.h"
#include "store/output.h"

/* Neurons are read in blocks of about this many bytes. */
enum { BLOCK_BYTES = 64 << 20, COLUMNS = STATISTICS + LEVELS };

static const store_type_t store_type_of[DTYPE_COUNT] = {STORE_F32, STORE_F16, STORE_BF16,
                                                        STORE_F64};

static status_t check_shape(const activations_t *a, const store_info_t *info,
                            const store_info_t *layers)
{
    bool typed = info->type == STORE_F32 || info->type == STORE_F16 || info->type == STORE_BF16;
    if (info->dimensions == 3 && typed && layers->dimensions == 1 &&
        layers->count == info->shape[0] && info->shape[1] <= INT32_MAX &&
        info->shape[2] <= (uint64_t)SAMPLE_MOST)
        return NULL;
    return status_new(EXIT_INPUT,
                      "%s: /preactivations f32, f16 or bf16 [layers][neurons][tokens] "
                      "and /layers [layers] are expected",
                      store_path(a->store));
}

status_t activations_open(const char *path, activations_t *a)
{
    store_info_t info = {0}, layers = {0};
    *a = (activations_t){0};
    status_t status = output_open(path, "collect", &a->store);
    if (!status) status = store_find(a->store, "/preactivations", &info);
    if (!status) status = store_read(a->store, "/layers", STORE_I32, &a->layer, &layers);
    if (!status) status = check_shape(a, &info, &layers);
    if (status) {
        activations_close(a);
        return status;
    }
    a->type = info.type == STORE_F32 ? DTYPE_F32 : info.type == STORE_F16 ? DTYPE_F16 : DTYPE_BF16;
    a->layers = (int64_t)info.shape[0];
    a->neurons = (int64_t)info.shape[1];
    a->tokens = (int64_t)info.shape[2];
    return NULL;
}

void activations_close(activations_t *a)
{
    store_close(&a->store);
    mem_free(&a->layer);
}

/* A rank's neurons [first, first + count) of all, layer by layer; row: [count][COLUMNS]. */
typedef struct {
    const activations_t *from;
    size_t first, count;
    double *row;
    sorter_t *sorter;
    void *block; /* [width][tokens] */
    int64_t width;
} share_t;

static int64_t block_width(const activations_t *a)
{
    size_t bytes = (size_t)a->tokens * dtype_size(a->type);
    int64_t width = bytes ? (int64_t)((BLOCK_BYTES + bytes - 1) / bytes) : 1;
    return width < a->neurons ? width : a->neurons;
}

static status_t share_create(share_t *share, const activations_t *a, MPI_Comm comm)
{
    int rank, ranks;
    size_t total = 0, rows = 0, bytes = (size_t)a->tokens * dtype_size(a->type);
    MPI_Comm_rank(comm, &rank);
    MPI_Comm_size(comm, &ranks);
    *share = (share_t){.from = a, .width = block_width(a)};
    status_t status = mem_product((size_t)a->layers, (size_t)a->neurons, "neurons", &total);
    if (status) return status;
    work_share(rank, ranks, total, &share->first, &share->count);
    status = mem_product(share->count, COLUMNS, "statistics", &rows);
    if (!status) status = mem_new(&share->row, rows, "statistics");
    if (!status) status = sorter_create(&share->sorter, a->type, a->tokens);
    if (!status)
        status = mem_aligned_(&share->block, (size_t)share->width, bytes, "a block of activations");
    return status;
}

static void share_destroy(share_t *share)
{
    mem_free(&share->row);
    mem_free_(&share->block);
    sorter_destroy(&share->sorter);
}

static status_t measure_neuron(share_t *share, const void *column, int64_t layer, int64_t neuron,
                               double *row)
{
    const activations_t *a = share->from;
    sample_t sample;
    distribution_t distribution;
    status_t status = sorter_sort(share->sorter, column, a->tokens, &sample);
    if (status)
        return status_wrap(status, "%s: layer %d, neuron %lld", store_path(a->store),
                           a->layer[layer], (long long)neuron);
    distribution_measure(&sample, &distribution);
    statistics_measure(&sample, &distribution, row);
    for (int q = 0; q < LEVELS; q++)
        row[STATISTICS + q] = sample_quantile(&sample, statistics_levels[q]);
    return NULL;
}

/* Reads the share's neurons from done on, as many as *step says and stand in one layer. */
static status_t read_block(share_t *share, size_t done, size_t *step)
{
    const activations_t *a = share->from;
    int64_t layer = (int64_t)(share->first + done) / a->neurons;
    int64_t neuron = (int64_t)(share->first + done) % a->neurons;
    if (*step > share->count - done) *step = share->count - done;
    if (*step > (size_t)(a->neurons - neuron)) *step = (size_t)(a->neurons - neuron);
    uint64_t start[] = {(uint64_t)layer, (uint64_t)neuron, 0};
    uint64_t count[] = {1, *step, (uint64_t)a->tokens};
    return store_get(a->store, "/preactivations", store_type_of[a->type], start, count,
                     share->block);
}

/* The i-th neuron of the block that was read from done on. */
static status_t measure_at(share_t *share, size_t done, size_t i)
{
    const activations_t *a = share->from;
    size_t bytes = (size_t)a->tokens * dtype_size(a->type), number = share->first + done + i;
    return measure_neuron(share, (char *)share->block + i * bytes, (int64_t)number / a->neurons,
                          (int64_t)number % a->neurons, share->row + (done + i) * COLUMNS);
}

static status_t measure_share(share_t *share)
{
    status_t status = NULL;
    for (size_t done = 0, step; !status && done < share->count; done += step) {
        step = (size_t)share->width;
        status = read_block(share, done, &step);
        for (size_t i = 0; !status && i < step; i++) status = measure_at(share, done, i);
        log_progress("neurons", done + step, share->count);
    }
    return status;
}

/* Rank 0 takes every rank's rows in order, a bounded message at a time, and spreads them over the
 * columns. all: [COLUMNS] of [neurons], on rank 0. */
static status_t spread(const share_t *share, MPI_Comm comm, size_t total, double *const *all)
{
    enum { ROWS = 1 << 16 };
    int rank, ranks;
    double *row = NULL;
    MPI_Comm_rank(comm, &rank);
    MPI_Comm_size(comm, &ranks);
    status_t status =
        rank == 0 ? mem_new(&row, (size_t)ROWS * COLUMNS, "gathered statistics") : NULL;
    status = agree(comm, status);
    for (int from = 0; !status && from < ranks; from++) {
        size_t first, count;
        work_share(from, ranks, total, &first, &count);
        for (size_t done = 0, step; done < count; done += step) {
            step = count - done < ROWS ? count - done : ROWS;
            const double *rows = from == 0 && rank == 0 ? share->row + done * COLUMNS : row;
            if (rank == from && from != 0)
                MPI_Send(share->row + done * COLUMNS, (int)(step * COLUMNS), MPI_DOUBLE, 0, 0,
                         comm);
            if (rank == 0 && from != 0)
                MPI_Recv(row, (int)(step * COLUMNS), MPI_DOUBLE, from, 0, comm, MPI_STATUS_IGNORE);
            for (size_t i = 0; rank == 0 && i < step; i++)
                for (int c = 0; c < COLUMNS; c++)
                    all[c][first + done + i] = rows[i * COLUMNS + (size_t)c];
        }
    }
    mem_free(&row);
    return status;
}

static status_t gather(const share_t *share, MPI_Comm comm, reduced_t *reduced)
{
    int rank;
    double *all[COLUMNS] = {NULL};
    size_t total = (size_t)(share->from->layers * share->from->neurons);
    status_t status = NULL;
    MPI_Comm_rank(comm, &rank);
    if (rank == 0) {
        for (int s = 0; !status && s < STATISTICS; s++)
            status = mem_new(&reduced->value[s], total, "statistics");
        if (!status) status = mem_new(&reduced->quantile, total * LEVELS, "quantiles");
        for (int c = 0; !status && c < COLUMNS; c++)
            all[c] = c < STATISTICS ? reduced->value[c]
                                    : reduced->quantile + (size_t)(c - STATISTICS) * total;
    }
    status = agree(comm, status);
    if (!status) status = spread(share, comm, total, all);
    int wd = statistics_find("wd");
    for (size_t i = 0; !status && rank == 0 && i < total; i++)
        reduced->undefined += isnan(reduced->value[wd][i]) != 0;
    if (!status) MPI_Bcast(&reduced->undefined, 1, MPI_INT64_T, 0, comm);
    return status;
}

status_t reduce_activations(const activations_t *a, MPI_Comm comm, reduced_t *reduced)
{
    share_t share;
    *reduced = (reduced_t){0};
    status_t status = share_create(&share, a, comm);
    if (!status) status = measure_share(&share);
    status = agree(comm, status);
    if (!status) status = gather(&share, comm, reduced);
    share_destroy(&share);
    if (status) reduced_destroy(reduced);
    return status;
}

/* ---- beforehand ---- */

double reduce_memory(const activations_t *a, int ranks)
{
    enum { PATTERN_BYTES = 1 << 20 };
    double tokens = (double)a->tokens, total = (double)a->layers * (double)a->neurons;
    double share = total / ranks, width = (double)block_width(a);
    double sorter = a->type == DTYPE_F32 ? 2 * sizeof(float) * tokens : PATTERN_BYTES;
    /* Rank 0 gathers all rows in the end. */
    double gathered = total * COLUMNS * sizeof(double) / ranks;
    return (width < share ? width : share) * tokens * (double)dtype_size(a->type) + sorter +
           share * COLUMNS * sizeof(double) + gathered;
}

double reduce_disk(const activations_t *a)
{
    return (double)a->layers * (double)a->neurons * COLUMNS * sizeof(double);
}

status_t reduce_rate(const activations_t *a, MPI_Comm comm, double seconds, double *rate)
{
    enum { SOME = 64 }; /* neurons: as many as stand together in the file */
    share_t share;
    double reading = 0, time = 0, each = 0;
    size_t step, measured = 0;
    status_t status = share_create(&share, a, comm);
    if (!status && share.count) {
        step = share.width < SOME ? (size_t)share.width : SOME;
        double start = MPI_Wtime();
        status = read_block(&share, 0, &step);
        reading = (MPI_Wtime() - start) / (double)step;
        start = MPI_Wtime();
        while (!status && measured < step && time < seconds) {
            status = measure_at(&share, 0, measured++);
            time = MPI_Wtime() - start;
        }
        each = reading + time / (double)measured;
    }
    share_destroy(&share);
    status = agree(comm, status);
    if (!status) MPI_Allreduce(MPI_IN_PLACE, &each, 1, MPI_DOUBLE, MPI_MAX, comm);
    *rate = each > 0 ? 1 / each : HUGE_VAL;
    return status;
}

void reduced_destroy(reduced_t *reduced)
{
    for (int s = 0; s < STATISTICS; s++) mem_free(&reduced->value[s]);
    mem_free(&reduced->quantile);
}

status_t reduce_write(store_t *store, const activations_t *a, const reduced_t *reduced)
{
    uint64_t shape[] = {LEVELS, (uint64_t)a->layers, (uint64_t)a->neurons};
    status_t status = store_write(store, "layers", STORE_I32, 1, shape + 1, a->layer);
    if (!status) status = store_describe(store, "layers", "1", "number of each layer, from 0");
    for (int s = 0; !status && s < STATISTICS; s++) {
        const statistic_t *of = &statistics[s];
        status = store_write(store, of->name, STORE_F64, 2, shape + 1, reduced->value[s]);
        if (!status) status = store_describe(store, of->name, of->unit, of->description);
    }
    if (!status) status = store_write(store, "quantiles", STORE_F64, 3, shape, reduced->quantile);
    if (!status) status = store_describe(store, "quantiles", "1", "linear interpolation");
    if (!status)
        status = store_set_numbers(store, "quantiles", "levels", statistics_levels, LEVELS);
    if (!status) status = store_set_integer(store, "/", "tokens", a->tokens);
    if (!status) status = store_set_integer(store, "/", "undefined", reduced->undefined);
    return status;
}
