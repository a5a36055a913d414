#include "stats/folds.h"

#include <math.h>
#include <string.h>

#include "core/memory.h"
#include "core/random.h"
#include "stats/distance.h"
#include "stats/resample.h"

struct folds {
    int64_t folds, replicates;
    uint32_t *often; /* [replicates][folds] how often each is drawn */
    double *without; /* [folds] WD without each */
    double *weight;  /* [folds] its values */
    /* of a neuron */
    const int64_t *fold;      /* [folds][FOLD_BINS] */
    int64_t whole[FOLD_BINS]; /* counts of all folds */
    int64_t count[FOLD_BINS]; /* those at hand */
    int fine;                 /* bins that hold something, ascending: */
    int bin[SKETCH_BINS];
    float place[SKETCH_BINS];
    double share[SKETCH_BINS]; /* of the coarse bin's values */
    float value[SKETCH_BINS];  /* of the sample at hand */
    int64_t start[SKETCH_BINS + 1];
};

status_t folds_create(folds_t **folds, int64_t count, int64_t replicates, uint64_t seed)
{
    size_t draws = 0;
    status_t status = mem_new(folds, 1, "folds");
    if (status) return status;
    folds_t *it = *folds;
    it->folds = count;
    it->replicates = replicates;
    status = mem_product((size_t)count, (size_t)replicates, "draws of folds", &draws);
    if (!status) status = mem_new(&it->often, draws, "draws of folds");
    if (!status) status = mem_new(&it->without, (size_t)count, "folds");
    if (!status) status = mem_new(&it->weight, (size_t)count, "folds");
    for (int64_t r = 0; !status && r < replicates; r++) {
        random_t random = random_stream(seed, "bootstrap", (uint64_t)r);
        for (int64_t f = 0; f < count; f++)
            it->often[r * count + (int64_t)random_below(&random, (uint64_t)count)]++;
    }
    if (status) folds_destroy(folds);
    return status;
}

void folds_destroy(folds_t **folds)
{
    folds_t *it = *folds;
    if (!it) return;
    mem_free(&it->often);
    mem_free(&it->without);
    mem_free(&it->weight);
    mem_free(folds);
}

status_t folds_take(folds_t *it, const sketch_t *sketch, const int64_t *fold)
{
    int64_t fine[FOLD_BINS] = {0};
    it->fold = fold;
    it->fine = 0;
    for (int b = 0; b < FOLD_BINS; b++) it->whole[b] = 0;
    for (int64_t f = 0; f < it->folds; f++) {
        it->weight[f] = 0;
        for (int b = 0; b < FOLD_BINS; b++) {
            it->whole[b] += fold[f * FOLD_BINS + b];
            it->weight[f] += (double)fold[f * FOLD_BINS + b];
        }
    }
    for (int b = 0; b < SKETCH_BINS; b++) {
        if (sketch->count[b] == 0) continue;
        fine[fold_bin(b)] += sketch->count[b];
        it->bin[it->fine] = fold_bin(b);
        it->place[it->fine] = (float)sketch_middle(sketch, b);
        it->share[it->fine++] = (double)sketch->count[b] / (double)it->whole[fold_bin(b)];
    }
    if (memcmp(fine, it->whole, sizeof fine) != 0)
        return status_new(EXIT_INPUT, "the folds do not add up to the counts of all values");
    return NULL;
}

/* The WD of the counts at hand. Ranks are in units so small that a value's share is many of them. */
static double distance(folds_t *it)
{
    const double most = 0x1p52;
    sample_t sample = {.value = it->value, .start = it->start};
    distribution_t d;
    double before = 0, all = 0, unit = 1;
    for (int b = 0; b < FOLD_BINS; b++) all += (double)it->count[b];
    while (all > 0 && all * unit * 2 <= most) unit *= 2;
    for (int i = 0; i < it->fine; i++) {
        int64_t rank = llrint(before * unit);
        before += (double)it->count[it->bin[i]] * it->share[i];
        if (llrint(before * unit) <= rank) continue;
        it->value[sample.groups] = it->place[i];
        it->start[sample.groups++] = rank;
    }
    sample.count = it->start[sample.groups] = llrint(before * unit);
    distribution_measure(&sample, &d);
    return distance_to_normal(&sample, &d);
}

double folds_error(folds_t *it)
{
    memcpy(it->count, it->whole, sizeof it->whole);
    double whole = distance(it);
    for (int64_t f = 0; f < it->folds; f++) {
        for (int b = 0; b < FOLD_BINS; b++)
            it->count[b] = it->whole[b] - it->fold[f * FOLD_BINS + b];
        it->without[f] = distance(it);
    }
    return jackknife_error(it->without, it->weight, it->folds, whole);
}

void folds_resample(folds_t *it, double *replicate)
{
    for (int64_t r = 0; r < it->replicates; r++) {
        const uint32_t *often = folds_drawn(it, r);
        memset(it->count, 0, sizeof it->count);
        for (int64_t f = 0; f < it->folds; f++)
            for (int b = 0; often[f] && b < FOLD_BINS; b++)
                it->count[b] += (int64_t)often[f] * it->fold[f * FOLD_BINS + b];
        replicate[r] = distance(it);
    }
}

const uint32_t *folds_drawn(const folds_t *it, int64_t replicate)
{
    return it->often + replicate * it->folds;
}
