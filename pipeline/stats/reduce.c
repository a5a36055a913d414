#include "stats/reduce.h"

#include <math.h>

#include "core/interrupt.h"
#include "core/log.h"
#include "core/memory.h"
#include "par/agree.h"
#include "par/work.h"
#include "stats/distance.h"
#include "stats/folds.h"
#include "stats/resample.h"

/* Of a sketch, wd_sampled's reference has no more values than this. */
enum { REFERENCE_MOST = 1 << 20 };

static int64_t references_of(const activations_t *a)
{
    return a->shape.sketched && a->tokens > REFERENCE_MOST ? REFERENCE_MOST : a->tokens;
}

/* Columns of a neuron's row: its statistics, quantiles, replicates; of a sketch the bound of its WD;
 * with folds its standard error. */
static size_t columns_of(const activations_t *a, const reduce_options_t *options)
{
    return STATISTICS + LEVELS + (size_t)options->replicates + a->shape.sketched +
           (a->shape.folds > 0);
}

/* A rank's neurons [first, first + count) of all, layer by layer; row: [count][columns], of each
 * neuron the columns. */
typedef struct {
    const activations_t *from;
    const reduce_options_t *options;
    size_t first, count, columns;
    double *row;
    source_t source;
    double *reference; /* [references], ascending */
    int64_t references;
    bootstrap_t *bootstrap; /* or NULL */
    folds_t *folds;         /* likewise */
    pairs_work_t pairs;     /* empty where there are none */
} share_t;

/* What tells how certain a WD is. */
static status_t create_resampling(share_t *share)
{
    const activations_t *a = share->from;
    const reduce_options_t *options = share->options;
    if (a->shape.folds)
        return folds_create(&share->folds, a->shape.folds, options->replicates, options->seed);
    if (!options->replicates) return NULL;
    if (a->shape.sketched)
        return status_new(EXIT_INPUT,
                          "%s: a bootstrap takes raw activations, or sketches with folds: collect "
                          "with mode raw or with collect.folds, or set reduce.bootstrap to 0",
                          store_path(a->store));
    if (a->windows < 2)
        return status_new(EXIT_INPUT, "%s: a bootstrap takes two windows at least; there are %lld",
                          store_path(a->store), (long long)a->windows);
    return bootstrap_create(&share->bootstrap, a->shape.type, a->windows, a->window,
                            options->replicates, options->seed);
}

/* What measuring a neuron takes, beside its values. */
static status_t create_means(share_t *share)
{
    const activations_t *a = share->from;
    const reduce_options_t *options = share->options;
    status_t status = source_create(&share->source, &a->shape);
    if (!status)
        status = mem_aligned(&share->reference, (size_t)share->references, "a reference sample");
    if (!status) reference_draw(options->seed, share->references, share->reference);
    if (!status) status = create_resampling(share);
    if (!status && a->pairs.pairs)
        status = pairs_work_create(&share->pairs, &a->pairs, options->pairs_store, a->neurons,
                                   share->source.width, &options->pairs);
    return status;
}

static status_t share_create(share_t *share, const activations_t *a,
                             const reduce_options_t *options, MPI_Comm comm)
{
    int rank, ranks;
    size_t total = 0, rows = 0;
    MPI_Comm_rank(comm, &rank);
    MPI_Comm_size(comm, &ranks);
    *share = (share_t){.from = a, .options = options};
    share->columns = columns_of(a, options);
    share->references = references_of(a);
    status_t status = mem_product((size_t)a->layers, (size_t)a->neurons, "neurons", &total);
    if (status) return status;
    work_share(rank, ranks, total, &share->first, &share->count);
    status = mem_product(share->count, share->columns, "statistics", &rows);
    if (!status) status = mem_new(&share->row, rows, "statistics");
    return status ? status : create_means(share);
}

static void share_destroy(share_t *share)
{
    mem_free(&share->row);
    source_destroy(&share->source);
    mem_free(&share->reference);
    bootstrap_destroy(&share->bootstrap);
    folds_destroy(&share->folds);
    pairs_work_destroy(&share->pairs);
}

/* How certain the WD of a sketch is. */
static status_t measure_folds(share_t *share, int64_t index, double *row)
{
    const source_t *source = &share->source;
    status_t status = folds_take(share->folds, &source->sketch[index],
                                 source->fold + index * source->shape.folds * FOLD_BINS);
    if (status) return status;
    row[share->columns - 1] = folds_error(share->folds);
    folds_resample(share->folds, row + STATISTICS + LEVELS);
    return NULL;
}

/* The neuron that the source has measured, the index-th of the block. */
static status_t measure_neuron(share_t *share, int64_t index, double *row)
{
    const source_t *source = &share->source;
    const sample_t *sample = &source->sample;
    statistics_measure(sample, &source->distribution, row);
    row[WD_SAMPLED] =
        distance_to_sample(sample, &source->distribution, share->reference, share->references);
    for (int q = 0; q < LEVELS; q++)
        row[STATISTICS + q] = sample_quantile(sample, statistics_levels[q]);
    if (share->bootstrap)
        bootstrap_measure(share->bootstrap, source->column, sample, row + STATISTICS + LEVELS);
    if (source->shape.sketched)
        row[STATISTICS + LEVELS + (size_t)share->options->replicates] = source->bound;
    return share->folds ? measure_folds(share, index, row) : NULL;
}

/* Reads the share's neurons from done on, as many as *step says and stand in one layer. */
static status_t read_block(share_t *share, size_t done, size_t *step)
{
    const activations_t *a = share->from;
    int64_t layer = (int64_t)(share->first + done) / a->neurons;
    int64_t neuron = (int64_t)(share->first + done) % a->neurons;
    if (*step > share->count - done) *step = share->count - done;
    if (*step > (size_t)(a->neurons - neuron)) *step = (size_t)(a->neurons - neuron);
    status_t status = source_load(&share->source, layer, neuron, (int64_t)*step);
    if (!status && a->pairs.pairs) status = pairs_work_begin(&share->pairs, layer);
    return status;
}

/* The i-th neuron of the block that was read from done on. */
static status_t measure_at(share_t *share, size_t done, size_t i)
{
    const activations_t *a = share->from;
    size_t number = share->first + done + i;
    int64_t layer = (int64_t)number / a->neurons, neuron = (int64_t)number % a->neurons;
    double *row = share->row + (done + i) * share->columns;
    status_t status = source_measure(&share->source, (int64_t)i);
    if (!status) status = measure_neuron(share, (int64_t)i, row);
    if (status)
        return status_wrap(status, "%s: layer %d, neuron %lld", store_path(a->store),
                           a->layer[layer], (long long)neuron);
    if (!a->pairs.pairs) return NULL;
    if (a->shape.sketched) status = pairs_work_load(&share->pairs, a->store, neuron);
    else pairs_work_pick(&share->pairs, share->source.column, a->shape.type);
    if (!status)
        row[DIFFICULTY] = pairs_work_measure(&share->pairs, neuron - (int64_t)i, (int64_t)i);
    return status;
}

static status_t measure_share(share_t *share)
{
    const activations_t *a = share->from;
    size_t all = (size_t)a->layers * (size_t)a->neurons;
    status_t status = NULL;
    for (size_t done = 0, step; !status && done < share->count; done += step) {
        step = (size_t)share->source.width;
        status = interrupt_check();
        if (!status) status = read_block(share, done, &step);
        for (size_t i = 0; !status && i < step; i++) status = measure_at(share, done, i);
        if (!status && a->pairs.pairs)
            status = pairs_work_write(&share->pairs, (int64_t)(share->first + done) % a->neurons,
                                      (int64_t)step);
        log_progress("neurons", "neurons", (done + step) * all / share->count, all);
    }
    return status;
}

/* A neuron's row to its place in the columns. */
static void put_row(const activations_t *a, size_t number, const double *row, size_t columns,
                    double *const *all)
{
    size_t layer = number / (size_t)a->neurons, neuron = number % (size_t)a->neurons;
    if (a->neuron && a->neuron[number] < 0) return;
    if (a->neuron) neuron = (size_t)a->neuron[number];
    for (size_t c = 0; c < columns; c++) all[c][layer * (size_t)a->mlp + neuron] = row[c];
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
                put_row(share->from, first + done + i, some + i * columns, columns, all);
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
    if (!status && (replicates || share->folds))
        status = mem_new(&reduced->error, total, "standard errors");
    for (size_t r = 0; !status && r < replicates; r++) *all++ = reduced->replicate + r * total;
    reduced->replicates = (int64_t)replicates;
    reduced->folds = share->from->shape.folds;
    if (!status && share->from->shape.sketched) {
        status = mem_new(&reduced->bound, total, "bounds");
        *all++ = reduced->bound;
    }
    if (share->folds) *all = reduced->error;
    return status;
}

/* On rank 0: what follows from the gathered columns. own: scratch [replicates]. */
static void derive(const activations_t *a, reduced_t *reduced, double *own)
{
    int wd = statistics_find("wd");
    size_t total = (size_t)(a->layers * a->mlp);
    for (size_t i = 0; a->neuron && i < (size_t)(a->layers * a->neurons); i++)
        reduced->undefined += a->neuron[i] >= 0;
    if (a->neuron) reduced->undefined -= (int64_t)total;
    for (size_t i = 0; i < total; i++) {
        reduced->undefined += isnan(reduced->value[wd][i]) != 0;
        for (int64_t r = 0; !reduced->folds && r < reduced->replicates; r++)
            own[r] = reduced->replicate[(size_t)r * total + i];
        if (reduced->replicates && !reduced->folds)
            reduced->error[i] = bootstrap_error(own, reduced->replicates);
    }
}

static status_t gather(const share_t *share, MPI_Comm comm, reduced_t *reduced)
{
    int rank;
    double **all = NULL, *own = NULL;
    const activations_t *a = share->from;
    size_t total = (size_t)(a->layers * a->neurons), placed = (size_t)(a->layers * a->mlp);
    MPI_Comm_rank(comm, &rank);
    status_t status = mem_new(&all, share->columns, "columns");
    if (!status) status = mem_new(&own, share->columns, "replicates");
    if (!status && rank == 0) status = make_room(share, placed, reduced, all);
    status = agree(comm, status);
    for (size_t c = 0; !status && rank == 0 && a->neuron && c < share->columns; c++)
        for (size_t i = 0; i < placed; i++) all[c][i] = NAN;
    if (!status) status = spread(share, comm, total, all);
    if (!status && rank == 0) derive(a, reduced, own);
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
        bytes += (double)source_width(&a->shape) * (double)options->pairs.most *
                 (sizeof(int32_t) + 2 * sizeof(float));
    if (options->replicates && a->shape.folds)
        bytes += (double)options->replicates * (double)a->shape.folds * sizeof(uint32_t);
    else if (options->replicates)
        bytes += (double)options->replicates * (double)a->windows * sizeof(uint32_t) +
                 (a->shape.type == DTYPE_F32 ? 28 * tokens : 20 * 65536.);
    return bytes;
}

double reduce_memory(const activations_t *a, const reduce_options_t *options, int ranks)
{
    double total = (double)a->layers * (double)a->neurons, share = total / ranks;
    double columns = (double)columns_of(a, options);
    /* Rank 0 gathers all rows in the end. */
    double gathered = total * columns * sizeof(double) / ranks;
    return source_bytes(&a->shape, share) + (double)references_of(a) * sizeof(double) +
           share * columns * sizeof(double) + gathered + extra_memory(a, options);
}

double reduce_disk(const activations_t *a, const reduce_options_t *options)
{
    double neurons = (double)a->layers * (double)a->neurons;
    double columns = (double)columns_of(a, options);
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
        step = share.source.width < SOME ? (size_t)share.source.width : SOME;
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
