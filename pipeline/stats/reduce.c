#include "stats/reduce.h"

#include <limits.h>
#include <math.h>

#include "core/log.h"
#include "core/memory.h"
#include "par/agree.h"
#include "par/work.h"
#include "stats/distance.h"
#include "stats/resample.h"
#include "store/output.h"

/* Neurons are read in blocks of about this many bytes. */
enum { BLOCK_BYTES = 64 << 20, PATTERNS = 1 << 16 };

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

static status_t read_windows(activations_t *a)
{
    store_info_t ids = {0};
    if (!store_has(a->store, "/ids")) return NULL;
    status_t status = store_find(a->store, "/ids", &ids);
    if (!status && (ids.dimensions != 2 || ids.count != (uint64_t)a->tokens))
        status = status_new(EXIT_INPUT, "%s: /ids: %lld tokens by window and position are expected",
                            store_path(a->store), (long long)a->tokens);
    a->windows = (int64_t)ids.shape[0];
    a->window = (int64_t)ids.shape[1];
    return status;
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
    status = read_windows(a);
    if (!status) status = pairs_read(a->store, a->layers, a->tokens, &a->pairs);
    if (status) activations_close(a);
    return status;
}

void activations_close(activations_t *a)
{
    store_close(&a->store);
    mem_free(&a->layer);
    pairs_destroy(&a->pairs);
}

/* A rank's neurons [first, first + count) of all, layer by layer; row: [count][columns], of each
 * neuron its statistics, quantiles and replicates. */
typedef struct {
    const activations_t *from;
    const reduce_options_t *options;
    size_t first, count, columns;
    double *row;
    sorter_t *sorter;
    void *block; /* [width][tokens] */
    int64_t width;
    double *reference;      /* [tokens] */
    bootstrap_t *bootstrap; /* or NULL */
    pairs_work_t pairs;     /* empty where there are none */
} share_t;

static int64_t block_width(const activations_t *a)
{
    size_t bytes = (size_t)a->tokens * dtype_size(a->type);
    int64_t width = bytes ? (int64_t)((BLOCK_BYTES + bytes - 1) / bytes) : 1;
    return width < a->neurons ? width : a->neurons;
}

/* What measuring a neuron takes, beside its values. */
static status_t create_means(share_t *share)
{
    const activations_t *a = share->from;
    const reduce_options_t *options = share->options;
    status_t status = sorter_create(&share->sorter, a->type, a->tokens);
    if (!status) status = mem_aligned(&share->reference, (size_t)a->tokens, "a reference sample");
    if (!status) reference_draw(options->seed, a->tokens, share->reference);
    if (!status && options->replicates && a->windows < 2)
        status = status_new(EXIT_INPUT,
                            "%s: a bootstrap takes two windows at least; there are "
                            "%lld",
                            store_path(a->store), (long long)a->windows);
    if (!status && options->replicates)
        status = bootstrap_create(&share->bootstrap, a->type, a->windows, a->window,
                                  options->replicates, options->seed);
    if (!status && a->pairs.pairs)
        status = pairs_work_create(&share->pairs, &a->pairs, options->pairs_store, a->neurons,
                                   share->width, &options->pairs);
    return status;
}

static status_t share_create(share_t *share, const activations_t *a,
                             const reduce_options_t *options, MPI_Comm comm)
{
    int rank, ranks;
    size_t total = 0, rows = 0, bytes = (size_t)a->tokens * dtype_size(a->type);
    MPI_Comm_rank(comm, &rank);
    MPI_Comm_size(comm, &ranks);
    *share = (share_t){.from = a, .options = options, .width = block_width(a)};
    share->columns = STATISTICS + LEVELS + (size_t)options->replicates;
    status_t status = mem_product((size_t)a->layers, (size_t)a->neurons, "neurons", &total);
    if (status) return status;
    work_share(rank, ranks, total, &share->first, &share->count);
    status = mem_product(share->count, share->columns, "statistics", &rows);
    if (!status) status = mem_new(&share->row, rows, "statistics");
    if (!status)
        status = mem_aligned_(&share->block, (size_t)share->width, bytes, "a block of activations");
    return status ? status : create_means(share);
}

static void share_destroy(share_t *share)
{
    mem_free(&share->row);
    mem_free_(&share->block);
    sorter_destroy(&share->sorter);
    mem_free(&share->reference);
    bootstrap_destroy(&share->bootstrap);
    pairs_work_destroy(&share->pairs);
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
    row[WD_SAMPLED] = distance_to_sample(&sample, &distribution, share->reference, a->tokens);
    for (int q = 0; q < LEVELS; q++)
        row[STATISTICS + q] = sample_quantile(&sample, statistics_levels[q]);
    if (share->bootstrap)
        bootstrap_measure(share->bootstrap, column, &sample, row + STATISTICS + LEVELS);
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
    status_t status =
        store_get(a->store, "/preactivations", store_type_of[a->type], start, count, share->block);
    if (!status && a->pairs.pairs) status = pairs_work_begin(&share->pairs, layer);
    return status;
}

/* The i-th neuron of the block that was read from done on. */
static status_t measure_at(share_t *share, size_t done, size_t i)
{
    const activations_t *a = share->from;
    size_t number = share->first + done + i;
    int64_t layer = (int64_t)number / a->neurons, neuron = (int64_t)number % a->neurons;
    const void *column = (char *)share->block + i * (size_t)a->tokens * dtype_size(a->type);
    double *row = share->row + (done + i) * share->columns;
    status_t status = measure_neuron(share, column, layer, neuron, row);
    if (status || !a->pairs.pairs) return status;
    pairs_work_pick(&share->pairs, column, a->type);
    row[DIFFICULTY] = pairs_work_measure(&share->pairs, neuron - (int64_t)i, (int64_t)i);
    return NULL;
}

static status_t measure_share(share_t *share)
{
    const activations_t *a = share->from;
    status_t status = NULL;
    for (size_t done = 0, step; !status && done < share->count; done += step) {
        step = (size_t)share->width;
        status = read_block(share, done, &step);
        for (size_t i = 0; !status && i < step; i++) status = measure_at(share, done, i);
        if (!status && a->pairs.pairs)
            status = pairs_work_write(&share->pairs, (int64_t)(share->first + done) % a->neurons,
                                      (int64_t)step);
        log_progress("neurons", done + step, share->count);
    }
    return status;
}

/* Rank 0 takes every rank's rows in order, a bounded message at a time, and spreads them over the
 * columns. all: [columns] of [neurons], on rank 0. */
static status_t spread(const share_t *share, MPI_Comm comm, size_t total, double *const *all)
{
    enum { VALUES = 1 << 21 };
    int rank, ranks;
    double *row = NULL;
    size_t columns = share->columns, rows = columns < VALUES ? VALUES / columns : 1;
    MPI_Comm_rank(comm, &rank);
    MPI_Comm_size(comm, &ranks);
    status_t status = rank == 0 ? mem_new(&row, rows * columns, "gathered statistics") : NULL;
    status = agree(comm, status);
    for (int from = 0; !status && from < ranks; from++) {
        size_t first, count;
        work_share(from, ranks, total, &first, &count);
        for (size_t done = 0, step; done < count; done += step) {
            step = count - done < rows ? count - done : rows;
            const double *some = from == 0 && rank == 0 ? share->row + done * columns : row;
            if (rank == from && from != 0)
                MPI_Send(share->row + done * columns, (int)(step * columns), MPI_DOUBLE, 0, 0,
                         comm);
            if (rank == 0 && from != 0)
                MPI_Recv(row, (int)(step * columns), MPI_DOUBLE, from, 0, comm, MPI_STATUS_IGNORE);
            for (size_t i = 0; rank == 0 && i < step; i++)
                for (size_t c = 0; c < columns; c++)
                    all[c][first + done + i] = some[i * columns + c];
        }
    }
    mem_free(&row);
    return status;
}

/* On rank 0: room for everything, and all [columns] of [neurons] in it. */
static status_t make_room(const share_t *share, size_t total, reduced_t *reduced, double **all)
{
    size_t values = 0, replicates = (size_t)share->options->replicates;
    status_t status = NULL;
    for (int s = 0; !status && s < STATISTICS; s++) {
        status = mem_new(&reduced->value[s], total, "statistics");
        *all++ = reduced->value[s];
    }
    if (!status) status = mem_new(&reduced->quantile, total * LEVELS, "quantiles");
    for (size_t q = 0; !status && q < LEVELS; q++) *all++ = reduced->quantile + q * total;
    if (!status) status = mem_product(total, replicates, "replicates", &values);
    if (!status && replicates) status = mem_new(&reduced->replicate, values, "replicates");
    if (!status && replicates) status = mem_new(&reduced->error, total, "standard errors");
    for (size_t r = 0; !status && r < replicates; r++) *all++ = reduced->replicate + r * total;
    reduced->replicates = (int64_t)replicates;
    return status;
}

/* On rank 0: what follows from the gathered columns. own: scratch [replicates]. */
static void derive(reduced_t *reduced, size_t total, double *own)
{
    int wd = statistics_find("wd");
    for (size_t i = 0; i < total; i++) {
        reduced->undefined += isnan(reduced->value[wd][i]) != 0;
        for (int64_t r = 0; r < reduced->replicates; r++)
            own[r] = reduced->replicate[(size_t)r * total + i];
        if (reduced->replicates) reduced->error[i] = bootstrap_error(own, reduced->replicates);
    }
}

static status_t gather(const share_t *share, MPI_Comm comm, reduced_t *reduced)
{
    int rank;
    double **all = NULL, *own = NULL;
    size_t total = (size_t)(share->from->layers * share->from->neurons);
    MPI_Comm_rank(comm, &rank);
    status_t status = mem_new(&all, share->columns, "columns");
    if (!status) status = mem_new(&own, share->columns, "replicates");
    if (!status && rank == 0) status = make_room(share, total, reduced, all);
    status = agree(comm, status);
    if (!status) status = spread(share, comm, total, all);
    if (!status && rank == 0) derive(reduced, total, own);
    if (!status) MPI_Bcast(&reduced->undefined, 1, MPI_INT64_T, 0, comm);
    mem_free(&own);
    mem_free(&all);
    return status;
}

status_t reduce_activations(const activations_t *a, const reduce_options_t *options, MPI_Comm comm,
                            reduced_t *reduced)
{
    share_t share;
    *reduced = (reduced_t){0};
    status_t status = share_create(&share, a, options, comm);
    if (!status) status = measure_share(&share);
    status = agree(comm, status);
    if (!status) status = gather(&share, comm, reduced);
    share_destroy(&share);
    if (status) reduced_destroy(reduced);
    return status;
}

/* ---- beforehand ---- */

/* What pairs and replicates hold beside everything else. */
static double extra_memory(const activations_t *a, const reduce_options_t *options)
{
    double pairs = (double)a->pairs.pairs, tokens = (double)a->tokens;
    double bytes = pairs * (double)pairs_bytes(a->layers);
    if (pairs > 0)
        bytes += (double)block_width(a) * (double)options->pairs.most *
                 (sizeof(int32_t) + 2 * sizeof(float));
    if (options->replicates)
        bytes += (double)options->replicates * (double)a->windows * sizeof(uint32_t) +
                 (a->type == DTYPE_F32 ? 28 * tokens : 20 * PATTERNS);
    return bytes;
}

double reduce_memory(const activations_t *a, const reduce_options_t *options, int ranks)
{
    double tokens = (double)a->tokens, total = (double)a->layers * (double)a->neurons;
    double share = total / ranks, width = (double)block_width(a);
    double columns = STATISTICS + LEVELS + (double)options->replicates;
    double sorter = a->type == DTYPE_F32 ? 16 * tokens : 26 * PATTERNS;
    /* Rank 0 gathers all rows in the end. */
    double gathered = total * columns * sizeof(double) / ranks;
    return (width < share ? width : share) * tokens * (double)dtype_size(a->type) + sorter +
           tokens * sizeof(double) + share * columns * sizeof(double) + gathered +
           extra_memory(a, options);
}

double reduce_disk(const activations_t *a, const reduce_options_t *options)
{
    double neurons = (double)a->layers * (double)a->neurons;
    double columns = STATISTICS + LEVELS + (double)options->replicates;
    double pairs = a->pairs.pairs ? (double)pairs_file_bytes(options->pairs.most) : 0;
    enum { NUMBERS = 36, TEXTS = 128 }; /* of a pair; texts take as much as the longest: about */
    return neurons * (columns * sizeof(double) + pairs) +
           (double)a->pairs.pairs * ((double)a->layers * sizeof(double) + NUMBERS + TEXTS);
}

status_t reduce_rate(const activations_t *a, const reduce_options_t *options, MPI_Comm comm,
                     double seconds, double *rate)
{
    enum { SOME = 64 }; /* neurons: as many as stand together in the file */
    share_t share;
    double reading = 0, time = 0, each = 0;
    size_t step, measured = 0;
    status_t status = share_create(&share, a, options, comm);
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
