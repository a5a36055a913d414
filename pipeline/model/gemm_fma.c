/* Compiled with -ffp-contract=fast: a product that is added is rounded once. */
#include "model/gemm.h"

#include <string.h>

#include "core/memory.h"
#include "core/simd.h"
#include "model/gemm_bfloat.h"
#include "model/kernels.h"
#include "model/onednn.h"

/* Blocks: DEPTH of the inner dimension, ROWS of x, which are packed once for all columns, COLUMNS
 * of W (a block of W stays in the second cache while the tiles of x pass through the first). A tile
 * is what the registers hold. */
enum { DEPTH = 384, ROWS = 2304, COLUMNS = 512, TILE_ROWS_MAX = 12, TILE_COLUMNS_MAX = 32 };

/* c (tile rows, tile columns), rows stride apart, (+)= a b: a is packed [depth][tile rows], b
 * [depth][tile columns]. */
typedef void (*tile_t)(size_t depth, const float *a, const float *b, float *c, size_t stride,
                       int add);

typedef struct {
    tile_t tile;
    size_t rows, columns;
    const char *name;
} kernel_t;

struct gemm {
    gemm_bfloat_t *bfloat; /* in bfloat16; then nothing below is used */
    kernel_t kernel;
    float *x;    /* [ROWS / tile rows][DEPTH][tile rows] */
    float *w;    /* [COLUMNS / tile columns][DEPTH][tile columns] */
    float *wide; /* [a tile's rows or columns][DEPTH]: weights expanded, rows of x made */
};

/* ---- the tile: the only code that multiplies ---- */

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
static void tile_generic(size_t depth, const float *a, const float *b, float *c, size_t stride,
                         int add)
{
    TILE(6, SIX)
}
#if defined(__x86_64__)
__attribute__((target("avx2,fma"))) static void tile_avx2(size_t depth, const float *a,
                                                          const float *b, float *c, size_t stride,
                                                          int add)
{
    TILE(6, SIX)
}
#endif
#undef V
#undef W
#if defined(__x86_64__)
#define V f32x16_t
#define W 16
__attribute__((target("avx512f,avx512vl,avx512dq,avx512bw,prefer-vector-width=512"))) static void
tile_avx512(size_t depth, const float *a, const float *b, float *c, size_t stride, int add)
{
    TILE(12, TWELVE)
}
#undef V
#undef W
#endif

static kernel_t choose(void)
{
#if defined(__x86_64__)
    __builtin_cpu_init();
    if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl") &&
        __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512bw"))
        return (kernel_t){tile_avx512, 12, 32, "avx512"};
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"))
        return (kernel_t){tile_avx2, 6, 16, "avx2"};
#endif
    return (kernel_t){tile_generic, 6, 16, "generic"};
}

const char *gemm_kernel(arithmetic_t arithmetic)
{
    return arithmetic == ARITHMETIC_BFLOAT16 ? onednn_kernel() : choose().name;
}

static const char *const arithmetics[ARITHMETIC_COUNT] = {"float32", "bfloat16"};

const char *arithmetic_name(arithmetic_t arithmetic)
{
    return arithmetics[arithmetic];
}

arithmetic_t arithmetic_of_name(const char *name)
{
    int it = 0;
    while (it < ARITHMETIC_COUNT && strcmp(name, arithmetics[it]) != 0) it++;
    return (arithmetic_t)it;
}

status_t arithmetic_check(arithmetic_t arithmetic)
{
    return arithmetic == ARITHMETIC_BFLOAT16 ? onednn_check() : NULL;
}

status_t gemm_create(arithmetic_t arithmetic, gemm_t **gemm)
{
    status_t status = mem_new(gemm, 1, "matrix product");
    if (status) return status;
    if (arithmetic == ARITHMETIC_BFLOAT16) {
        status = gemm_bfloat_create(&(*gemm)->bfloat);
        if (status) gemm_destroy(gemm);
        return status;
    }
    (*gemm)->kernel = choose();
    status = mem_aligned(&(*gemm)->x, (ROWS + TILE_ROWS_MAX) * DEPTH, "packed rows");
    if (!status)
        status = mem_aligned(&(*gemm)->w, (COLUMNS + TILE_COLUMNS_MAX) * DEPTH, "packed weights");
    if (!status) status = mem_aligned(&(*gemm)->wide, TILE_COLUMNS_MAX * DEPTH, "expanded weights");
    if (status) gemm_destroy(gemm);
    return status;
}

size_t gemm_bytes(arithmetic_t arithmetic)
{
    if (arithmetic == ARITHMETIC_BFLOAT16) return gemm_bfloat_bytes();
    size_t rows = ROWS + TILE_ROWS_MAX, columns = COLUMNS + 2 * TILE_COLUMNS_MAX;
    return sizeof(float) * DEPTH * (rows + columns);
}

void gemm_destroy(gemm_t **gemm)
{
    if (!*gemm) return;
    gemm_bfloat_destroy(&(*gemm)->bfloat);
    mem_free(&(*gemm)->x);
    mem_free(&(*gemm)->w);
    mem_free(&(*gemm)->wide);
    mem_free(gemm);
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
    for (size_t i = 0; i < 4; i++) /* in increasing order: see interleave */
        *(f32x8_t *)(to + i * to_stride) = LEFT(b[i], b[i + 4]);
    for (size_t i = 0; i < 4; i++) *(f32x8_t *)(to + (i + 4) * to_stride) = RIGHT(b[i], b[i + 4]);
}

/* to [depth][tile] = transposed rows of from, which are stride apart; rows beyond count are 0.
 * Whole tiles go 8 x 8. Groups of 8 rows may overlap (a tile of 12), and the only group of a tile
 * of 6 writes 2 floats too many at each step, which the next step, or the next tile, makes good:
 * buffers have room for it at their end. */
MULTIVERSION
static void interleave(float *to, const float *from, size_t stride, size_t count, size_t tile,
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

/* Rows [first, first + rows) of x, from column k on. */
static void pack_rows(gemm_t *it, const gemm_rows_t *x, size_t first, size_t rows, size_t k,
                      size_t depth)
{
    size_t tile = it->kernel.rows;
    for (size_t r = 0; r < rows; r += tile) {
        size_t count = rows - r < tile ? rows - r : tile, row = first + r;
        if (x->make) x->make(x->context, it->wide, DEPTH, row, count, k, depth);
        const float *from = x->make ? it->wide : x->data + row * x->stride + k;
        interleave(it->x + r * depth, from, x->make ? DEPTH : x->stride, count, tile, depth);
    }
}

/* A tile's columns of W, from input k on. */
static void pack_tile(gemm_t *it, const gemm_weights_t *weights, size_t column, size_t count,
                      size_t k, size_t depth, float *to)
{
    size_t tile = it->kernel.columns, width = dtype_size(weights->type);
    const char *data = weights->data;
    if (weights->transposed) {
        for (size_t d = 0; d < depth; d++) {
            const char *from = data + ((k + d) * weights->stride + column) * width;
            dtype_expand(to + d * tile, from, count, weights->type);
            for (size_t c = count; c < tile; c++) to[d * tile + c] = 0;
        }
        return;
    }
    for (size_t c = 0; c < count; c++)
        dtype_expand(it->wide + c * DEPTH, data + ((column + c) * weights->stride + k) * width,
                     depth, weights->type);
    interleave(to, it->wide, DEPTH, count, tile, depth);
}

static void pack_weights(gemm_t *it, const gemm_weights_t *weights, size_t first, size_t columns,
                         size_t k, size_t depth)
{
    size_t tile = it->kernel.columns;
    for (size_t c = 0; c < columns; c += tile) {
        size_t count = columns - c < tile ? columns - c : tile;
        pack_tile(it, weights, first + c, count, k, depth, it->w + c * depth);
    }
}

/* ---- blocks ---- */

/* A tile that sticks out of y is computed aside; its chains are the same. */
static void partial_tile(const kernel_t *kernel, size_t depth, const float *a, const float *b,
                         float *y, size_t stride, size_t rows, size_t columns, int add)
{
    float tile[TILE_ROWS_MAX * TILE_COLUMNS_MAX] = {0};
    for (size_t r = 0; add && r < rows; r++)
        memcpy(tile + r * kernel->columns, y + r * stride, columns * sizeof *y);
    kernel->tile(depth, a, b, tile, kernel->columns, add);
    for (size_t r = 0; r < rows; r++)
        memcpy(y + r * stride, tile + r * kernel->columns, columns * sizeof *y);
}

/* The lines of the tile of y that comes next, asked for while this one is computed: a row of y is a
 * page of memory or more, so that no hardware foresees them. */
static void fetch_tile(const kernel_t *kernel, const float *y, size_t stride, size_t rows)
{
    for (size_t r = 0; r < rows && r < kernel->rows; r++) {
        __builtin_prefetch(y + r * stride, 1);
        __builtin_prefetch(y + r * stride + kernel->columns - 1, 1);
    }
}

/* bias: NULL until the chains are complete. */
static void multiply_block(const gemm_t *it, size_t rows, size_t columns, size_t depth, float *y,
                           size_t stride, int add, const float *bias)
{
    const kernel_t *kernel = &it->kernel;
    for (size_t r = 0; r < rows; r += kernel->rows) {
        size_t height = rows - r < kernel->rows ? rows - r : kernel->rows;
        for (size_t c = 0; c < columns; c += kernel->columns) {
            size_t width = columns - c < kernel->columns ? columns - c : kernel->columns;
            const float *a = it->x + r * depth, *b = it->w + c * depth;
            float *to = y + r * stride + c;
            if (c + kernel->columns < columns)
                fetch_tile(kernel, to + kernel->columns, stride, height);
            else fetch_tile(kernel, y + (r + height) * stride, stride, rows - r - height);
            if (height == kernel->rows && width == kernel->columns)
                kernel->tile(depth, a, b, to, stride, add);
            else partial_tile(kernel, depth, a, b, to, stride, height, width, add);
        }
        if (bias) kernel_add_bias(y + r * stride, bias, height, columns, stride);
    }
}

void gemm_apply(gemm_t *gemm, const gemm_weights_t *weights, size_t first, size_t count,
                size_t inputs, const gemm_rows_t *x, size_t rows, const float *bias, float *y,
                size_t y_stride)
{
    if (gemm->bfloat) {
        gemm_bfloat_apply(gemm->bfloat, weights, first, count, inputs, x, rows, bias, y, y_stride);
        return;
    }
    for (size_t r = 0; r < rows; r += ROWS) {
        size_t height = rows - r < ROWS ? rows - r : ROWS;
        for (size_t k = 0; k < inputs; k += DEPTH) {
            size_t depth = inputs - k < DEPTH ? inputs - k : DEPTH;
            const float *last = k + depth == inputs ? bias : NULL;
            pack_rows(gemm, x, r, height, k, depth);
            for (size_t c = 0; c < count; c += COLUMNS) {
                size_t columns = count - c < COLUMNS ? count - c : COLUMNS;
                pack_weights(gemm, weights, first + c, columns, k, depth);
                multiply_block(gemm, height, columns, depth, y + r * y_stride + c, y_stride, k > 0,
                               last ? last + c : NULL);
            }
        }
    }
}
