#include "eval/residual.h"

#include <math.h>
#include <string.h>

#include "core/memory.h"
#include "par/agree.h"
#include "stats/fixed.h"

/* Of one channel at one place under one condition. */
typedef struct {
    fixed_t *sum, *square, *shift; /* [conditions in flight][places][width] */
    float *minimum, *maximum;
} totals_t;

typedef struct {
    int places;
    totals_t totals;
} station_t;

typedef struct {
    residual_streams_t *out;
    const score_plan_t *plan;
    station_t stream, middle;
    int conditions;       /* in flight, the reference in front not counted */
    bool out_of_range;    /* a sum */
    double *sum, *square; /* [width], of a chunk */
} measure_t;

/* ---- sums of a chunk ---- */

static void sum_rows(const measure_t *it, const float *x, size_t rows, float *restrict least,
                     float *restrict most)
{
    size_t width = (size_t)it->out->width;
    double *restrict sum = it->sum, *restrict square = it->square;
    for (size_t d = 0; d < width; d++) {
        sum[d] = square[d] = 0;
        least[d] = most[d] = x[d];
    }
    for (size_t t = 0; t < rows; t++, x += width)
        for (size_t d = 0; d < width; d++) {
            double value = (double)x[d];
            sum[d] += value;
            square[d] += value * value;
            least[d] = x[d] < least[d] ? x[d] : least[d];
            most[d] = x[d] > most[d] ? x[d] : most[d];
        }
}

static void add(measure_t *it, fixed_t *sum, const double *value)
{
    bool good = true;
    for (int d = 0; d < it->out->width; d++) good &= fixed_add(&sum[d], value[d]);
    if (!good) it->out_of_range = true;
}

/* Adds the stream of one state to the conditions that are in it; state_of counts the reference. */
static void add_state(measure_t *it, station_t *station, int place, const chunk_t *chunk,
                      const int *state_of, int state, const float *x, float *least, float *most)
{
    size_t width = (size_t)it->out->width;
    bool summed = false;
    for (int c = 0; c < it->conditions; c++) {
        if (state_of[c + 1] != state) continue;
        totals_t *totals = &station->totals;
        size_t at = ((size_t)c * (size_t)station->places + (size_t)place) * width;
        if (!summed) sum_rows(it, x, (size_t)chunk->rows, least, most);
        summed = true;
        add(it, totals->sum + at, it->sum);
        add(it, totals->square + at, it->square);
        for (size_t d = 0; d < width; d++) {
            totals->minimum[at + d] = fminf(totals->minimum[at + d], least[d]);
            totals->maximum[at + d] = fmaxf(totals->maximum[at + d], most[d]);
        }
    }
}

/* The squares of a condition's differences from the reference. */
static void add_shift(measure_t *it, int condition, int place, const chunk_t *chunk, const float *x,
                      const float *reference)
{
    size_t width = (size_t)it->out->width;
    size_t at = ((size_t)condition * (size_t)it->stream.places + (size_t)place) * width;
    double *restrict sum = it->sum;
    memset(sum, 0, width * sizeof *sum);
    for (int32_t t = 0; t < chunk->rows; t++, x += width, reference += width)
        for (size_t d = 0; d < width; d++) {
            double apart = (double)x[d] - (double)reference[d];
            sum[d] += apart * apart;
        }
    add(it, it->stream.totals.shift + at, it->sum);
}

/* ---- what the executor calls ---- */

static status_t finish_chunk(const measure_t *it)
{
    if (!it->out_of_range) return NULL;
    return status_new(EXIT_NUMERIC, "the residual stream's squares add up to more than 2^62");
}

static status_t enter(void *context, int layer, const chunk_t *chunk, const int *state_of,
                      float *const *stream)
{
    measure_t *it = context;
    float *least = NULL, *most = NULL;
    status_t status = mem_new(&least, (size_t)it->out->width, "extreme values");
    if (!status) status = mem_new(&most, (size_t)it->out->width, "extreme values");
    for (int c = 0; !status && c < it->conditions; c++) {
        int state = state_of[c + 1];
        bool first = true; /* of its state */
        for (int b = 0; b < c; b++) first &= state_of[b + 1] != state;
        if (first)
            add_state(it, &it->stream, layer, chunk, state_of, state, stream[state], least, most);
        if (state != state_of[0])
            add_shift(it, c, layer, chunk, stream[state], stream[state_of[0]]);
    }
    mem_free(&least);
    mem_free(&most);
    return status ? status : finish_chunk(it);
}

static status_t middle(void *context, int layer, const chunk_t *chunk, const int *state_of,
                       int state, const float *stream)
{
    measure_t *it = context;
    float *least = NULL, *most = NULL;
    if (!it->out->has_middle) return NULL;
    status_t status = mem_new(&least, (size_t)it->out->width, "extreme values");
    if (!status) status = mem_new(&most, (size_t)it->out->width, "extreme values");
    if (!status) add_state(it, &it->middle, layer, chunk, state_of, state, stream, least, most);
    mem_free(&least);
    mem_free(&most);
    return status ? status : finish_chunk(it);
}

/* ---- totals to results ---- */

static status_t totals_create(totals_t *totals, size_t count, bool shift)
{
    status_t status = mem_new(&totals->sum, count, "sums");
    if (!status) status = mem_new(&totals->square, count, "sums");
    if (!status && shift) status = mem_new(&totals->shift, count, "sums");
    if (!status) status = mem_new(&totals->minimum, count, "extreme values");
    if (!status) status = mem_new(&totals->maximum, count, "extreme values");
    for (size_t i = 0; !status && i < count; i++) {
        totals->minimum[i] = INFINITY;
        totals->maximum[i] = -INFINITY;
    }
    return status;
}

static void totals_destroy(totals_t *totals)
{
    mem_free(&totals->sum);
    mem_free(&totals->square);
    mem_free(&totals->shift);
    mem_free(&totals->minimum);
    mem_free(&totals->maximum);
}

static void reduce_extremes(MPI_Comm comm, int rank, float *value, size_t count, MPI_Op op)
{
    enum { MOST = 1 << 24 };
    for (size_t at = 0; at < count; at += MOST) {
        int some = (int)(count - at < MOST ? count - at : MOST);
        MPI_Reduce(rank == 0 ? MPI_IN_PLACE : value + at, rank == 0 ? value + at : NULL, some,
                   MPI_FLOAT, op, 0, comm);
    }
}

/* The ranks' totals become those of rank 0. */
static status_t gather(MPI_Comm comm, totals_t *totals, size_t count)
{
    int rank;
    MPI_Comm_rank(comm, &rank);
    status_t status = fixed_reduce(comm, totals->sum, count);
    if (!status) status = fixed_reduce(comm, totals->square, count);
    if (!status && totals->shift) status = fixed_reduce(comm, totals->shift, count);
    if (status) return status;
    reduce_extremes(comm, rank, totals->minimum, count, MPI_MIN);
    reduce_extremes(comm, rank, totals->maximum, count, MPI_MAX);
    return NULL;
}

/* Rank 0: the conditions in flight are those from first on. */
static void settle(const totals_t *totals, size_t first, size_t count, int64_t tokens,
                   channels_t *channels)
{
    long double n = (long double)tokens;
    for (size_t i = 0; i < count; i++) {
        long double sum = fixed_value(totals->sum[i]), square = fixed_value(totals->square[i]);
        long double variance = (square - sum / n * sum) / n;
        channels->mean[first + i] = (double)(sum / n);
        channels->variance[first + i] = variance > 0 ? (double)variance : 0;
        channels->minimum[first + i] = totals->minimum[i];
        channels->maximum[first + i] = totals->maximum[i];
        if (totals->shift)
            channels->shift[first + i] = sqrt((double)(fixed_value(totals->shift[i]) / n));
    }
}

static status_t channels_create(channels_t *channels, size_t count, bool shift)
{
    status_t status = mem_new(&channels->mean, count, "channels");
    if (!status) status = mem_new(&channels->variance, count, "channels");
    if (!status) status = mem_new(&channels->minimum, count, "channels");
    if (!status) status = mem_new(&channels->maximum, count, "channels");
    if (!status && shift) status = mem_new(&channels->shift, count, "channels");
    return status;
}

static void channels_destroy(channels_t *channels)
{
    mem_free(&channels->mean);
    mem_free(&channels->variance);
    mem_free(&channels->minimum);
    mem_free(&channels->maximum);
    mem_free(&channels->shift);
}

/* ---- the passes ---- */

/* A group of conditions with the reference in front. */
static status_t run_group(measure_t *it, MPI_Comm comm, model_t *model,
                          const run_options_t *options, const char *label)
{
    const stream_t stream = {enter, middle, it};
    run_options_t own = *options;
    executor_t *executor = NULL;
    size_t *mine = NULL, count, flying = (size_t)it->conditions * (size_t)it->out->width;
    int rank;
    MPI_Comm_rank(comm, &rank);
    own.stream = &stream;
    status_t status = score_plan_share(it->plan, rank, &mine, &count);
    if (!status)
        status = totals_create(&it->stream.totals, flying * (size_t)it->stream.places, true);
    if (!status && it->out->has_middle)
        status = totals_create(&it->middle.totals, flying * (size_t)it->middle.places, false);
    if (!status) status = executor_create(model, it->plan->forest, &own, &executor);
    status = agree(comm, status);
    if (!status)
        status = agree(comm, executor_run_share(executor, comm, it->plan->forest, mine, count, NULL,
                                                label));
    if (!status) status = gather(comm, &it->stream.totals, flying * (size_t)it->stream.places);
    if (!status && it->out->has_middle)
        status = gather(comm, &it->middle.totals, flying * (size_t)it->middle.places);
    executor_destroy(&executor);
    mem_free(&mine);
    return status;
}

static status_t run_groups(measure_t *it, MPI_Comm comm, model_t *model,
                           const run_options_t *options, const char *label)
{
    residual_streams_t *out = it->out;
    intervention_t *some = NULL;
    run_options_t own = *options;
    int rank;
    MPI_Comm_rank(comm, &rank);
    status_t status = agree(comm, mem_new(&some, (size_t)options->conditions + 1, "conditions"));
    for (int first = 0; !status && first < options->conditions; first += it->conditions) {
        size_t place = (size_t)first * (size_t)out->width;
        own.conditions = options->conditions - first + 1;
        memcpy(some + 1, options->condition + first, (size_t)(own.conditions - 1) * sizeof *some);
        own.condition = some;
        int flying = 0;
        status = agree(comm, executor_conditions(&model->shape, it->plan->forest, &own, &flying));
        MPI_Allreduce(MPI_IN_PLACE, &flying, 1, MPI_INT, MPI_MIN, comm);
        own.conditions = flying < 2 ? 2 : flying; /* one besides the reference at least */
        it->conditions = own.conditions - 1;
        if (!status) status = run_group(it, comm, model, &own, label);
        for (int m = 0; !status && rank == 0 && m <= out->has_middle; m++) {
            station_t *station = m ? &it->middle : &it->stream;
            size_t places = (size_t)station->places;
            settle(&station->totals, place * places,
                   (size_t)it->conditions * places * (size_t)out->width, out->tokens,
                   m ? &out->middle : &out->stream);
        }
        totals_destroy(&it->stream.totals);
        totals_destroy(&it->middle.totals);
    }
    mem_free(&some);
    return status;
}

static int64_t rows_of(const forest_t *forest)
{
    int64_t rows = 0;
    for (size_t c = 0; c < forest->chunks; c++) rows += forest->chunk[c].rows;
    return rows;
}

status_t residual_measure(MPI_Comm comm, model_t *model, const score_plan_t *plan,
                          const run_options_t *options, const char *label,
                          residual_streams_t *streams)
{
    const model_shape_t *shape = &model->shape;
    measure_t it = {.out = streams, .plan = plan};
    int rank;
    MPI_Comm_rank(comm, &rank);
    *streams = (residual_streams_t){.conditions = options->conditions,
                                    .layers = shape->layers,
                                    .width = shape->width,
                                    .tokens = rows_of(plan->forest),
                                    .has_middle = shape->residual != RESIDUAL_PARALLEL};
    it.stream.places = shape->layers + 1;
    it.middle.places = shape->layers;
    size_t count = (size_t)options->conditions * (size_t)shape->width;
    status_t status = mem_new(&it.sum, (size_t)shape->width, "sums");
    if (!status) status = mem_new(&it.square, (size_t)shape->width, "sums");
    if (!status && rank == 0)
        status = channels_create(&streams->stream, count * (size_t)it.stream.places, true);
    if (!status && rank == 0 && streams->has_middle)
        status = channels_create(&streams->middle, count * (size_t)it.middle.places, false);
    status = agree(comm, status);
    if (!status) status = run_groups(&it, comm, model, options, label);
    mem_free(&it.sum);
    mem_free(&it.square);
    if (status) residual_destroy(streams);
    return status;
}

void residual_destroy(residual_streams_t *streams)
{
    channels_destroy(&streams->stream);
    channels_destroy(&streams->middle);
    *streams = (residual_streams_t){0};
}
