/* Named randomness: a stream is fixed by a seed and a purpose, never by the time or the rank.
 * Two purposes with one seed give unrelated streams. */
#ifndef WN_CORE_RANDOM_H
#define WN_CORE_RANDOM_H

#include <stddef.h>
#include <stdint.h>

#include "core/status.h"

/* xoshiro256** (Blackman and Vigna 2018), seeded by SplitMix64. */
typedef struct {
    uint64_t state[4];
} random_t;

/* purpose: a fixed text in the code, such as "cohort"; index: which one of that purpose
 * (a layer, a draw). */
random_t random_stream(uint64_t seed, const char *purpose, uint64_t index);

uint64_t random_bits(random_t *random);
/* Uniform in [0, bound), without bias (Lemire 2019); bound > 0. */
uint64_t random_below(random_t *random, uint64_t bound);
/* Uniform in [0, 1), 53 bits. */
double random_uniform(random_t *random);
/* Standard normal (Box-Muller, two uniforms each). */
double random_normal(random_t *random);

/* sample[0..count) = count distinct numbers of [0, population) in increasing order;
 * count <= population. Time O(population). */
MUST_CHECK status_t random_sample(random_t *random, int32_t population, int32_t count,
                                  int32_t *sample);
/* order[0..count) = a random permutation of 0..count-1. */
void random_permutation(random_t *random, size_t count, int64_t *order);

#endif
