/* Where the values of neurons come from, in either mode of collect: the columns of raw activations,
 * or sketches. One neuron after the other becomes a sample with its distribution. */
#ifndef WN_STATS_SOURCE_H
#define WN_STATS_SOURCE_H

#include "stats/sketch.h"
#include "store/store.h"

/* What a file of activations holds. */
typedef struct {
    const store_t *store; /* borrowed */
    dtype_t type;         /* of raw values */
    bool sketched;
    int64_t layers, neurons, tokens;
    int64_t folds; /* of sketches */
} source_shape_t;

/* From /preactivations [layers][neurons][tokens], or /sketch and the attribute tokens. */
MUST_CHECK status_t source_find(const store_t *store, source_shape_t *shape);

/* A rank's way through blocks of neurons of a layer. */
typedef struct {
    source_shape_t shape;
    int64_t width;    /* neurons of a block at most */
    void *block;      /* raw: [width][tokens] of shape.type */
    sorter_t *sorter; /* likewise */
    sketch_t *sketch; /* [width] */
    int64_t *count;   /* [width][SKETCH_BINS] */
    int64_t *fold;    /* [width][folds][FOLD_BINS] */
    sketched_t *sketched;
    /* of the neuron that was measured last */
    sample_t sample;
    distribution_t distribution;
    const void *column; /* its values, [tokens]; NULL where they are not known */
    double bound;       /* of its distances, in standard deviations; 0 where the sample is exact */
} source_t;

/* width: as many neurons as take about 64 MB. */
MUST_CHECK status_t source_create(source_t *source, const source_shape_t *shape);
void source_destroy(source_t *source);
/* Before: the bytes of a neuron in the file (of a sketch about, deflated), neurons of a block, and
 * the bytes that a source holds while it goes through so many. */
double source_read(const source_shape_t *shape);
int64_t source_width(const source_shape_t *shape);
double source_bytes(const source_shape_t *shape, double neurons);

/* Reads count <= width neurons of a layer (an index). Not collective. */
MUST_CHECK status_t source_load(source_t *source, int64_t layer, int64_t neuron, int64_t count);

/* Fills in sample to bound for the index-th neuron of the block. A value that is not finite is an
 * EXIT_NUMERIC error. */
MUST_CHECK status_t source_measure(source_t *source, int64_t index);

#endif
