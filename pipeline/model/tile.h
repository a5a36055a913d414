/* What the registers hold of a float32 matrix product: the only code that multiplies, for matrix
 * products and attention alike. Every element is one chain of fused multiply-adds over the inner
 * dimension, in order, so that its bits do not depend on the tile it lies in (AVX2 and AVX-512
 * agree; a CPU without fused multiply-add rounds otherwise). */
#ifndef WN_MODEL_TILE_H
#define WN_MODEL_TILE_H

#include <stddef.h>

/* The largest tiles, whatever the CPU; and the floats beyond its end that tile_interleave may write
 * to. */
enum { TILE_ROWS_MAX = 12, TILE_COLUMNS_MAX = 32, TILE_SLACK = 8 };

/* c (tile rows, tile columns), rows stride apart, = a b, added to what is there where add is set: a
 * is packed [depth][tile rows], b [depth][tile columns]. */
typedef void (*tile_product_t)(size_t depth, const float *a, const float *b, float *c,
                               size_t stride, int add);

/* Two heights of one width: tall is fast, flat wastes less where there are few rows. */
typedef struct {
    tile_product_t tall, flat;
    size_t tall_rows, flat_rows, columns;
    const char *name; /* of the instruction set: "avx512", "avx2", "generic" */
} tile_t;

/* The tiles of this CPU. */
tile_t tile_choose(void);

/* to [depth][tile], with room for TILE_SLACK floats more, = count <= tile rows of from, stride
 * apart, transposed; the columns of rows beyond count are 0. */
void tile_interleave(float *to, const float *from, size_t stride, size_t count, size_t tile,
                     size_t depth);

#endif
