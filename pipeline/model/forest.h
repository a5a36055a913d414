/* The plan of a forward pass: token sequences packed into chunks without padding.
 *
 * In a forest, every proper prefix of the sequences is one row, however many share it, and a
 * sequence's last token is no row at all: only its log-probability under its parent row is
 * wanted. Rows stand in depth-first order, cut into segments (unbranched stretches of a path),
 * so that the path to a segment is always what was visited last at smaller depths. A window is
 * the simplest tree: one segment.
 *
 * Chunks, rows and their order depend on the sequences and the chunk size alone. */
#ifndef WN_MODEL_FOREST_H
#define WN_MODEL_FOREST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/status.h"

/* Rows [first, first + count) of a chunk: tokens at positions depth, depth + 1, ... of a path
 * whose earlier part was visited before. */
typedef struct {
    int32_t first, count, depth;
} segment_t;

typedef struct {
    int32_t rows, segments, edges;
    int32_t deepest;     /* largest position + 1 */
    int32_t *token;      /* [rows] */
    int32_t *position;   /* [rows] */
    segment_t *segment;  /* [segments] */
    int32_t *edge_row;   /* [edges] in increasing order: the row that predicts ... */
    int32_t *edge_token; /* [edges] ... this token */
    double cost;         /* relative time, for sharing out */
} chunk_t;

typedef struct {
    chunk_t *chunk; /* [chunks] */
    size_t chunks;
    /* where results are: sequences of chunk c are sequence[first[c] .. first[c + 1]) */
    size_t *sequence, *first;
    int32_t *edge_of; /* [tokens] edge in its chunk which predicts the token; -1: the first */
} forest_t;

/* sequences: ids of sequence s are id[offset[s] .. offset[s + 1]). Each needs two tokens at
 * least (EXIT_BUG). chunk_rows: rows that a chunk may have; a longer sequence is a chunk of its
 * own. */
MUST_CHECK status_t forest_create(const int32_t *id, const int64_t *offset, size_t sequences,
                                  int32_t chunk_rows, forest_t **forest);

/* Windows whose every token is a row (for activations): chunk c holds as many whole windows as
 * fit; no edges. */
MUST_CHECK status_t forest_create_windows(const int32_t *id, size_t windows, int32_t window,
                                          int32_t chunk_rows, forest_t **forest);

/* One chunk of whole sequences of uneven lengths, in their order, every token a row; no edges. */
MUST_CHECK status_t forest_create_whole(const int32_t *id, const int64_t *offset, size_t sequences,
                                        forest_t **forest);

void forest_destroy(forest_t **forest);

#endif
