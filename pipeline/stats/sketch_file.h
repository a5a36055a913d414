/* Sketches in files: written from the tables of all nodes, read neuron by neuron, merged.
 *
 * /sketch/counts int64 [layers][neurons][SKETCH_BINS] (deflated), /sketch/centre float32,
 * /sketch/scale float64, /sketch/minimum, /sketch/maximum float32, /sketch/negative int64
 * [layers][neurons], /sketch/sums int64 [layers][neurons][4][2]: the fixed-point sums of z to z^4,
 * upper and lower 64 bits. With folds, /sketch/folds int64 [layers][neurons][folds][FOLD_BINS]
 * (deflated). */
#ifndef WN_STATS_SKETCH_FILE_H
#define WN_STATS_SKETCH_FILE_H

#include "par/share.h"
#include "stats/sketch_table.h"
#include "store/store.h"

/* Bytes of a neuron in a file, from experience: its counts are deflated. */
enum { SKETCH_FILE_BYTES = 8192, FOLD_FILE_BYTES = 256 /* of each fold */ };

/* Collective over comm, on which the store was created. share is the memory of the ranks' table of
 * layers * neurons; what the tables of several groups hold is added up. EXIT_RESOURCE where the list
 * of large counts of a table was full. */
MUST_CHECK status_t sketch_write(store_t *store, MPI_Comm comm, share_t *share,
                                 const sketch_table_t *table, uint64_t layers, uint64_t neurons);

/* What a file holds. */
typedef struct {
    uint64_t layers, neurons, folds;
} sketch_shape_t;
MUST_CHECK status_t sketch_find(const store_t *store, sketch_shape_t *shape);

/* Reads neurons [first, first + number) of one layer into sketch [number], their counts into count
 * int64 [number][SKETCH_BINS]. Not collective. EXIT_INPUT where what is read does not fit
 * together: counts below 0, or of another number than tokens. */
MUST_CHECK status_t sketch_read(const store_t *store, uint64_t layer, uint64_t first,
                                uint64_t number, int64_t tokens, sketch_t *sketch, int64_t *count);

/* The counts of the folds of the same neurons, [number][folds][FOLD_BINS], of as many folds as the file
 * has. Not collective. EXIT_INPUT where one is below 0. */
MUST_CHECK status_t sketch_read_folds(const store_t *store, uint64_t layer, uint64_t first,
                                      uint64_t number, uint64_t folds, int64_t *count);

#endif
