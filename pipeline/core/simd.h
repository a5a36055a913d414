/* Function multiversioning: one C function, compiled for the instruction sets that matter and
 * chosen when the program loads. The compiler vectorises; reductions are written with a fixed
 * number of lanes (LANES) so that every version adds in the same order, and multiply-adds that
 * must round once are written as fma, so that the versions give the same bits. */
#ifndef WN_CORE_SIMD_H
#define WN_CORE_SIMD_H

#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__) && \
    !defined(__SANITIZE_ADDRESS__) && !defined(WN_NO_MULTIVERSION)
/* Levels of the psABI, which any maker's processor can have: a named one ("arch=haswell") would be
 * chosen on that maker's alone. */
#define MULTIVERSION __attribute__((target_clones("default", "arch=x86-64-v3", "arch=x86-64-v4")))
#else
#define MULTIVERSION
#endif

enum { LANES = 16 };

/* Vectors of the compiler's own kind; any alignment of their element is enough. A vector wider
 * than the CPU's registers is kept in memory by gcc 12, at great cost: 32 bytes at most outside
 * code for AVX-512 alone. */
typedef float f32x16_t __attribute__((vector_size(64), aligned(4), may_alias));
typedef float f32x8_t __attribute__((vector_size(32), aligned(4), may_alias));
typedef float f32x4_t __attribute__((vector_size(16), aligned(4), may_alias));
typedef double f64x4_t __attribute__((vector_size(32), aligned(8), may_alias));

/* A sum of float32 values in float64, in LANES lanes: value i goes to lane i % LANES. */
typedef struct {
    f64x4_t part[4];
} lanes_t;

static inline __attribute__((always_inline)) f64x4_t widen4(const float *x)
{
    return __builtin_convertvector(*(const f32x4_t *)x, f64x4_t);
}

static inline __attribute__((always_inline)) double lanes_total(lanes_t sum)
{
    f64x4_t a = sum.part[0] + sum.part[2], b = sum.part[1] + sum.part[3];
    a += b;
    return (a[0] + a[2]) + (a[1] + a[3]);
}

#endif
