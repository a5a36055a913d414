/* The sketches of many neurons in memory that the ranks and threads of a node share: one table a
 * node. Each adds batches of values, neurons by groups of SKETCH_GROUP under a lock; all that is
 * added is an integer or an extreme, so that neither their order nor their number changes a bit. */
#ifndef WN_STATS_SKETCH_TABLE_H
#define WN_STATS_SKETCH_TABLE_H

#include <stdbool.h>

#include "par/team.h"
#include "stats/sketch.h"

enum { SKETCH_GROUP = 16, SKETCH_CARRIES = 8 };

/* Counts have 16 bits in low, of which a batch touches few cache lines, 16 more in high, and what is
 * beyond 2^32 in a list of few bins: enough for SKETCH_CARRIES * 2^32 values of a neuron, however
 * they fall, at half of what 64 bits take. */
typedef struct {
    size_t neurons;
    grid_t *grid;                      /* [neurons] */
    uint16_t *low, *high;              /* [neurons][SKETCH_BINS] */
    uint64_t (*carry)[SKETCH_CARRIES]; /* [neurons]: bin + 1 in the upper 16 bits, then count */
    tally_t *tally;                    /* [neurons] */
    uint32_t *lock; /* [neurons]: 1 at the first of a group that somebody adds to */
    uint32_t *full; /* one: a list of carries had no room, or a bin of a fold */
    size_t folds;
    uint32_t *fold; /* [folds][neurons][FOLD_BINS] */
} sketch_table_t;

/* Bytes for so many neurons: of each SKETCH_NEURON_BYTES, FOLD_BYTES for every fold, and little else. */
enum {
    SKETCH_NEURON_BYTES = 4 * SKETCH_BINS + 8 * SKETCH_CARRIES + sizeof(tally_t) + sizeof(grid_t),
    FOLD_BYTES = FOLD_BINS * sizeof(uint32_t)
};
MUST_CHECK status_t sketch_table_bytes(size_t neurons, size_t folds, size_t *bytes);

/* Lays the table out in memory of that size on a 64-byte boundary; every rank for itself. */
void sketch_table_place(sketch_table_t *table, void *memory, size_t neurons, size_t folds);
/* Empties neurons [first, first + count): by one rank or thread each, before any adds. */
void sketch_table_clear(sketch_table_t *table, size_t first, size_t count);

/* Room for the threads of a rank to add batches of any size. */
typedef struct sketcher sketcher_t;
/* team NULL: the caller alone; borrowed. */
MUST_CHECK status_t sketcher_create(team_t *team, sketcher_t **sketcher);
void sketcher_destroy(sketcher_t **sketcher);

/* Values of neurons [first, first + count), whose grids are set: column i is neuron first + i. Neurons
 * are always added by the same first and count, a layer's. */
typedef struct {
    size_t first, count;
    const float *value;  /* [rows][count] */
    size_t rows, window; /* whole windows of so many rows each: what the sums are rounded by */
    size_t fold;         /* of the windows, where the table has folds */
    double start; /* of [0, 1), where among the neurons to begin, so that ranks that add at once
                          do not wait for each other */
} sketch_batch_t;

void sketch_table_add(sketch_table_t *table, sketcher_t *sketcher, const sketch_batch_t *batch);

/* What is known of a neuron, its counts into count int64 [SKETCH_BINS]. Not while others add. */
void sketch_table_read(const sketch_table_t *table, size_t neuron, int64_t *count);

/* The same of its folds, int64 [folds][FOLD_BINS]. */
void sketch_table_read_folds(const sketch_table_t *table, size_t neuron, int64_t *count);

/* Adds a sketch to a neuron of a table, which nobody else adds to meanwhile; and its folds' counts
 * [folds][FOLD_BINS]. */
void sketch_table_add_sketch(sketch_table_t *table, size_t neuron, const sketch_t *sketch);
void sketch_table_add_folds(sketch_table_t *table, size_t neuron, const int64_t *count);

#endif
