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
#define MULTIVERSION \
    __attribute__((target_clones("default", "arch=x86-64-v3", "arch=x86-64-v4")))
#else
#define MULTIVERSION
#endif

enum { LANES = 16 };

/* Vectors of the compiler's own kind; any alignment of their element is enough. */
typedef float f32x16_t __attribute__((vector_size(64), aligned(4), may_alias));
typedef float f32x8_t __attribute__((vector_size(32), aligned(4), may_alias));
typedef double f64x8_t __attribute__((vector_size(64), aligned(8), may_alias));

#endif
