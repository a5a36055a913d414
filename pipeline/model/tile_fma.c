/* Compiled with -ffp-contract=fast: a product that is added is rounded once. */
#include "model/tile.h"

#include <string.h>

#include "core/simd.h"

/* ---- products ---- */

/* One source for every width: V is a vector of half a tile's columns. The accumulators are
 * named so that the compiler keeps each in a register. */
#define LOAD(r) V c##r##0 = *(V *)(c + r * stride), c##r##1 = *(V *)(c + r * stride + W)
#define ZERO(r) V c##r##0 = {0}, c##r##1 = {0}
#define STEP(r) c##r##0 += a[r] * b0, c##r##1 += a[r] * b1
#define STORE(r) *(V *)(c + r * stride) = c##r##0, *(V *)(c + r * stride + W) = c##r##1
#define LOOP(n, steps)                                       \
    for (size_t k = 0; k < depth; k++, a += n, b += 2 * W) { \
        V b0 = *(const V *)b, b1 = *(const V *)(b + W);      \
        steps;                                               \
    }
#define SIX(do) \
    do (0);     \
    do (1);     \
    do (2);     \
    do (3);     \
    do (4);     \
    do (5)
#define FOUR(do) \
    do (0);      \
    do (1);      \
    do (2);      \
    do (3)
#define TWELVE(do) \
    SIX(do);       \
    do (6);        \
    do (7);        \
    do (8);        \
    do (9);        \
    do (10);       \
    do (11)
#define TILE(n, all)       \
    if (add) {             \
        all(LOAD);         \
        LOOP(n, all(STEP)) \
        all(STORE);        \
    } else {               \
        all(ZERO);         \
        LOOP(n, all(STEP)) \
        all(STORE);        \
    }

#define V f32x8_t
#define W 8
static void tall_generic(size_t depth, const float *a, const float *b, float *c, size_t stride,
                         int add)
{
    TILE(6, SIX)
}
static void flat_generic(size_t depth, const float *a, const float *b, float *c, size_t stride,
                         int add){TILE(4, FOUR)}
#if defined(__x86_64__)
#define TARGET __attribute__((target("avx2,fma")))
TARGET static void tall_avx2(size_t depth, const float *a, const float *b, float *c, size_t stride,
                             int add){TILE(6, SIX)} TARGET
    static void flat_avx2(size_t depth, const float *a, const float *b, float *c, size_t stride,
                          int add){TILE(4, FOUR)}
#undef TARGET
#endif
#undef V
#undef W
#if defined(__x86_64__)
#define V f32x16_t
#define W 16
#define TARGET __attribute__((target("avx512f,avx512vl,avx512dq,avx512bw,prefer-vector-width=512")))
TARGET static void tall_avx512(size_t depth, const float *a, const float *b, float *c,
                               size_t stride, int add){TILE(12, TWELVE)} TARGET
    static void flat_avx512(size_t depth, const float *a, const float *b, float *c, size_t stride,
                            int add){TILE(4, FOUR)}
#undef TARGET
#undef V
#undef W
#endif

tile_t tile_choose(void)
{
#if defined(__x86_64__)
    __builtin_cpu_init();
    if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl") &&
        __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512bw"))
        return (tile_t){tall_avx512, flat_avx512, 12, 4, 32, "avx512"};
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"))
        return (tile_t){tall_avx2, flat_avx2, 6, 4, 16, "avx2"};
#endif
    return (tile_t){tall_generic, flat_generic, 6, 4, 16, "generic"};
}

/* ---- packing ---- */

/* The shuffles of an 8 x 8 transposition, pairs of rows at a time. */
#define LOW(a, b) __builtin_shufflevector(a, b, 0, 8, 1, 9, 4, 12, 5, 13)
#define HIGH(a, b) __builtin_shufflevector(a, b, 2, 10, 3, 11, 6, 14, 7, 15)
#define EVEN(a, b) __builtin_shufflevector(a, b, 0, 1, 8, 9, 4, 5, 12, 13)
#define ODD(a, b) __builtin_shufflevector(a, b, 2, 3, 10, 11, 6, 7, 14, 15)
#define LEFT(a, b) __builtin_shufflevector(a, b, 0, 1, 2, 3, 8, 9, 10, 11)
#define RIGHT(a, b) __builtin_shufflevector(a, b, 4, 5, 6, 7, 12, 13, 14, 15)

/* Transposes 8 rows of 8: column i of from goes to to + i * to_stride. */
static inline __attribute__((always_inline)) void transpose(float *to, size_t to_stride,
                                                            const float *const row[8], size_t at)
{
    f32x8_t a[8], b[8];
    for (int i = 0; i < 8; i += 2) {
        f32x8_t x = *(const f32x8_t *)(row[i] + at), y = *(const f32x8_t *)(row[i + 1] + at);
        a[i] = LOW(x, y);
        a[i + 1] = HIGH(x, y);
    }
    for (int i = 0; i < 8; i += 4) {
        b[i] = EVEN(a[i], a[i + 2]);
        b[i + 1] = ODD(a[i], a[i + 2]);
        b[i + 2] = EVEN(a[i + 1], a[i + 3]);
        b[i + 3] = ODD(a[i + 1], a[i + 3]);
    }
    for (size_t i = 0; i < 4; i++) /* in increasing order: see tile_interleave */
        *(f32x8_t *)(to + i * to_stride) = LEFT(b[i], b[i + 4]);
    for (size_t i = 0; i < 4; i++) *(f32x8_t *)(to + (i + 4) * to_stride) = RIGHT(b[i], b[i + 4]);
}

/* Whole tiles go 8 x 8. Groups of 8 rows may overlap (a tile of 12), and the only group of a tile
 * of fewer than 8 writes a few floats too many at each step, which the next step, or the next tile,
 * makes good: TILE_SLACK. */
MULTIVERSION
void tile_interleave(float *to, const float *from, size_t stride, size_t count, size_t tile,
                     size_t depth)
{
    size_t whole = count == tile ? depth / 8 * 8 : 0;
    if (count < tile) memset(to, 0, depth * tile * sizeof *to);
    for (size_t k = 0; k < whole; k += 8) {
        for (size_t group = 0; group < tile; group += 8) {
            size_t first = tile >= 8 && group + 8 > tile ? tile - 8 : group;
            const float *row[8];
            for (size_t i = 0; i < 8; i++)
                row[i] = from + (first + i < tile ? first + i : tile - 1) * stride;
            transpose(to + k * tile + first, tile, row, k);
        }
    }
    for (size_t r = 0; r < count; r++)
        for (size_t k = whole; k < depth; k++) to[k * tile + r] = from[r * stride + k];
}
