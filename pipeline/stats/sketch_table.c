#include "stats/sketch_table.h"

#include <math.h>
#include <sched.h>
#include <string.h>

#include "core/memory.h"
#include "core/simd.h"
#include "par/work.h"

/* Values of a neuron that are binned before they are counted. */
enum { SLICE = 2048 };

typedef struct {
    uint16_t bin[SLICE][SKETCH_GROUP];
    float padded[SLICE][SKETCH_GROUP]; /* the values of a group that is not full */
} scratch_t;

struct sketcher {
    team_t *team;
    scratch_t *scratch; /* [threads] */
};

status_t sketch_table_bytes(size_t neurons, size_t folds, size_t *bytes)
{
    size_t each = SKETCH_NEURON_BYTES + sizeof(uint32_t), all = 0;
    status_t status = mem_product(folds, FOLD_BYTES, "folds of sketches", &all);
    if (!status) status = mem_product(neurons, each + all, "sketches", bytes);
    if (!status) *bytes += 9 * 64; /* each part begins a cache line */
    return status;
}

void sketch_table_place(sketch_table_t *table, void *memory, size_t neurons, size_t folds)
{
    enum { PARTS = 8 };
    char *at = memory;
    void *part[PARTS];
    const size_t bytes[PARTS] = {2 * SKETCH_BINS,      2 * SKETCH_BINS,
                                 sizeof *table->carry, sizeof(tally_t),
                                 sizeof(grid_t),       sizeof(uint32_t),
                                 folds * FOLD_BYTES,   0};
    for (int i = 0; i < PARTS; i++) {
        part[i] = at;
        at += (neurons * bytes[i] + 63) / 64 * 64;
    }
    *table = (sketch_table_t){.neurons = neurons,
                              .low = part[0],
                              .high = part[1],
                              .carry = part[2],
                              .tally = part[3],
                              .grid = part[4],
                              .lock = part[5],
                              .fold = part[6],
                              .full = part[7],
                              .folds = folds};
}

/* Where a neuron's counts of a fold are. */
static uint32_t *fold_of(const sketch_table_t *table, size_t fold, size_t neuron)
{
    return table->fold + (fold * table->neurons + neuron) * FOLD_BINS;
}

void sketch_table_clear(sketch_table_t *table, size_t first, size_t count)
{
    memset(table->low + first * SKETCH_BINS, 0, count * SKETCH_BINS * sizeof *table->low);
    memset(table->high + first * SKETCH_BINS, 0, count * SKETCH_BINS * sizeof *table->high);
    memset(table->carry + first, 0, count * sizeof *table->carry);
    memset(table->lock + first, 0, count * sizeof *table->lock);
    for (size_t f = 0; f < table->folds; f++)
        memset(fold_of(table, f, first), 0, count * FOLD_BYTES);
    for (size_t n = first; n < first + count; n++) {
        table->tally[n] = TALLY_EMPTY;
        table->grid[n] = (grid_t){0, 1, 1};
    }
    if (first == 0) *table->full = 0;
}

status_t sketcher_create(team_t *team, sketcher_t **sketcher)
{
    status_t status = mem_new(sketcher, 1, "sketches");
    if (status) return status;
    (*sketcher)->team = team;
    status = mem_aligned(&(*sketcher)->scratch, team ? (size_t)team_threads(team) : 1, "bins");
    if (status) sketcher_destroy(sketcher);
    return status;
}

void sketcher_destroy(sketcher_t **sketcher)
{
    if (*sketcher) mem_free(&(*sketcher)->scratch);
    mem_free(sketcher);
}

/* ---- values to bins and sums ---- */

/* A group's grids, and what a run of its values adds up to. */
typedef struct {
    float power[SKETCH_GROUP], shift[SKETCH_GROUP], reciprocal[SKETCH_GROUP];
    float least[SKETCH_GROUP], most[SKETCH_GROUP];
    int32_t negative[SKETCH_GROUP];
    double sum[SKETCH_MOMENTS][SKETCH_GROUP];
} group_t;

/* Rows of value are far apart, and the counts of so many neurons are never in cache: both are asked
 * for ahead, of the counts a line a row, those of |z| < 2 neuron by neuron. */
enum { AHEAD = 12, WARM = 2048, LINE = 32 /* counts */, LINES = 2 * WARM / LINE };

/* Each neuron has a lane of its own: its sums are made in the order of its values. warm: the first
 * of the group's counts to be asked for. */
MULTIVERSION
static void bin_rows(group_t *group, const float *value, size_t stride, size_t rows,
                     uint16_t (*bin)[SKETCH_GROUP], const uint16_t *warm)
{
    group_t g = *group;
    for (size_t t = 0; t < rows; t++, value += stride) {
        __builtin_prefetch(value + AHEAD * stride);
        __builtin_prefetch(warm + t / LINES * SKETCH_BINS + t % LINES * LINE, 1);
#pragma omp simd
        for (int l = 0; l < SKETCH_GROUP; l++) {
            float x = value[l], z = (x * g.power[l] - g.shift[l]) * g.reciprocal[l];
            double first = (double)z, second = first * first;
            g.least[l] = x < g.least[l] ? x : g.least[l];
            g.most[l] = x > g.most[l] ? x : g.most[l];
            g.negative[l] += x < 0;
            bin[t][l] = (uint16_t)sketch_bin(z);
            g.sum[0][l] += first;
            g.sum[1][l] += second;
            g.sum[2][l] += second * first;
            g.sum[3][l] += second * second;
        }
    }
    *group = g;
}

static void start_group(const sketch_table_t *table, size_t first, size_t count, group_t *group)
{
    *group = (group_t){0};
    for (size_t l = 0; l < SKETCH_GROUP; l++) {
        group->least[l] = INFINITY;
        group->most[l] = -INFINITY;
        if (l >= count) continue;
        const grid_t *grid = &table->grid[first + l];
        group->power[l] = grid->power;
        group->shift[l] = grid->centre * grid->power;
        group->reciprocal[l] = grid->reciprocal;
    }
}

/* Ends a window: its sums go to the tallies. */
static void end_window(group_t *group, tally_t *tally)
{
    for (size_t l = 0; l < SKETCH_GROUP; l++) {
        tally_t window = {
            .negative = group->negative[l], .least = group->least[l], .most = group->most[l]};
        for (int p = 0; p < SKETCH_MOMENTS; p++) window.sum[p] = tally_fix(group->sum[p][l], p);
        tally_add(&tally[l], &window);
    }
    memset(group->sum, 0, sizeof group->sum);
    memset(group->negative, 0, sizeof group->negative);
}

/* ---- bins to counts ---- */

/* times * 2^32 values of a bin. */
static void add_carry(sketch_table_t *table, size_t neuron, int bin, uint64_t times)
{
    const uint64_t key = (uint64_t)(bin + 1) << 48;
    for (int i = 0; i < SKETCH_CARRIES; i++) {
        uint64_t *carry = &table->carry[neuron][i];
        if (*carry && *carry >> 48 != key >> 48) continue;
        *carry = (*carry ? *carry : key) + times;
        return;
    }
    __atomic_store_n(table->full, 1, __ATOMIC_RELAXED);
}

static void count_folds(sketch_table_t *table, uint32_t *fold, const uint16_t *bin, size_t rows)
{
    uint32_t most = 0;
    for (size_t t = 0; t < rows; t++) {
        uint32_t count = ++fold[fold_bin(bin[t * SKETCH_GROUP])];
        most |= count == 0;
    }
    if (most) __atomic_store_n(table->full, 1, __ATOMIC_RELAXED);
}

static void count_bins(sketch_table_t *table, size_t neuron, const uint16_t *bin, size_t rows)
{
    uint16_t *low = table->low + neuron * SKETCH_BINS, *high = table->high + neuron * SKETCH_BINS;
    for (size_t t = 0; t < rows; t++) {
        int b = bin[t * SKETCH_GROUP];
        if (__builtin_expect(++low[b] == 0, 0) && ++high[b] == 0) add_carry(table, neuron, b, 1);
    }
}

static void take_lock(uint32_t *lock)
{
    for (int tries = 0; __atomic_exchange_n(lock, 1, __ATOMIC_ACQUIRE); tries++)
        if (tries > 100) sched_yield();
}

static void give_lock(uint32_t *lock)
{
    __atomic_store_n(lock, 0, __ATOMIC_RELEASE);
}

static const float *pad(scratch_t *scratch, const float *value, size_t stride, size_t rows,
                        size_t count)
{
    memset(scratch->padded, 0, rows * sizeof scratch->padded[0]);
    for (size_t t = 0; t < rows; t++)
        memcpy(scratch->padded[t], value + t * stride, count * sizeof *value);
    return scratch->padded[0];
}

/* Adds neurons [first, first + count) of a batch. */
static void add_group(sketch_table_t *table, scratch_t *scratch, const sketch_batch_t *batch,
                      size_t first, size_t count)
{
    group_t sums;
    tally_t tally[SKETCH_GROUP];
    const float *value = batch->value + (first - batch->first);
    const uint16_t *warm = table->low + first * SKETCH_BINS + SKETCH_HALF - WARM;
    start_group(table, first, count, &sums);
    for (size_t l = 0; l < SKETCH_GROUP; l++) tally[l] = TALLY_EMPTY;
    for (size_t done = 0, some; done < batch->rows; done += some) {
        some = batch->rows - done < SLICE ? batch->rows - done : SLICE;
        const float *at = value + done * batch->count;
        size_t step = batch->count;
        if (count < SKETCH_GROUP) at = pad(scratch, at, step, some, count), step = SKETCH_GROUP;
        for (size_t t = 0, run; t < some; t += run) {
            run = batch->window - (done + t) % batch->window;
            if (run > some - t) run = some - t;
            bin_rows(&sums, at + t * step, step, run, scratch->bin + t, warm);
            if ((done + t + run) % batch->window == 0) end_window(&sums, tally);
        }
        take_lock(&table->lock[first]);
        for (size_t l = 0; l < count; l++) count_bins(table, first + l, scratch->bin[0] + l, some);
        for (size_t l = 0; table->folds && l < count; l++)
            count_folds(table, fold_of(table, batch->fold, first + l), scratch->bin[0] + l, some);
        give_lock(&table->lock[first]);
    }
    take_lock(&table->lock[first]);
    for (size_t l = 0; l < count; l++) tally_add(&table->tally[first + l], &tally[l]);
    give_lock(&table->lock[first]);
}

typedef struct {
    sketch_table_t *table;
    sketcher_t *sketcher;
    const sketch_batch_t *batch;
} adding_t;

static void add_share(void *context, int thread)
{
    const adding_t *it = context;
    const sketch_batch_t *batch = it->batch;
    size_t groups = (batch->count + SKETCH_GROUP - 1) / SKETCH_GROUP, mine, some;
    size_t start = (size_t)(batch->start * (double)groups);
    work_share(thread, it->sketcher->team ? team_threads(it->sketcher->team) : 1, groups, &mine,
               &some);
    for (size_t i = mine; i < mine + some; i++) {
        size_t at = (start + i) % groups * SKETCH_GROUP, left = batch->count - at;
        add_group(it->table, &it->sketcher->scratch[thread], batch, batch->first + at,
                  left < SKETCH_GROUP ? left : SKETCH_GROUP);
    }
}

void sketch_table_add(sketch_table_t *table, sketcher_t *sketcher, const sketch_batch_t *batch)
{
    adding_t adding = {table, sketcher, batch};
    if (sketcher->team) team_run(sketcher->team, add_share, &adding);
    else add_share(&adding, 0);
}

void sketch_table_read(const sketch_table_t *table, size_t neuron, int64_t *count)
{
    const uint16_t *low = table->low + neuron * SKETCH_BINS,
                   *high = table->high + neuron * SKETCH_BINS;
    for (int b = 0; b < SKETCH_BINS; b++) count[b] = (int64_t)high[b] << 16 | low[b];
    for (int i = 0; i < SKETCH_CARRIES; i++) {
        uint64_t carry = table->carry[neuron][i];
        if (carry) count[(carry >> 48) - 1] += (int64_t)(carry & (((uint64_t)1 << 48) - 1)) << 32;
    }
}

void sketch_table_add_sketch(sketch_table_t *table, size_t neuron, const sketch_t *sketch)
{
    uint16_t *low = table->low + neuron * SKETCH_BINS, *high = table->high + neuron * SKETCH_BINS;
    for (int b = 0; b < SKETCH_BINS; b++) {
        if (sketch->count[b] == 0) continue;
        uint64_t sum = (uint64_t)sketch->count[b] + ((uint64_t)high[b] << 16 | low[b]);
        low[b] = (uint16_t)sum;
        high[b] = (uint16_t)(sum >> 16);
        if (sum >> 32) add_carry(table, neuron, b, sum >> 32);
    }
    tally_add(&table->tally[neuron], &sketch->tally);
}

void sketch_table_read_folds(const sketch_table_t *table, size_t neuron, int64_t *count)
{
    for (size_t f = 0; f < table->folds; f++)
        for (size_t b = 0; b < FOLD_BINS; b++) *count++ = fold_of(table, f, neuron)[b];
}

void sketch_table_add_folds(sketch_table_t *table, size_t neuron, const int64_t *count)
{
    for (size_t f = 0; f < table->folds; f++)
        for (size_t b = 0; b < FOLD_BINS; b++) {
            uint64_t sum = (uint64_t)*count++ + fold_of(table, f, neuron)[b];
            fold_of(table, f, neuron)[b] = (uint32_t)sum;
            if (sum >> 32) __atomic_store_n(table->full, 1, __ATOMIC_RELAXED);
        }
}
