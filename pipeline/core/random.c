#include "core/random.h"

#include <math.h>
#include <string.h>
#define XXH_INLINE_ALL
#include <xxhash.h>

#include "core/memory.h"

static uint64_t split_mix(uint64_t *state)
{
    uint64_t z = *state += 0x9e3779b97f4a7c15u;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
    z = (z ^ z >> 27) * 0x94d049bb133111ebu;
    return z ^ z >> 31;
}

random_t random_stream(uint64_t seed, const char *purpose, uint64_t index)
{
    uint64_t name = XXH64(purpose, strlen(purpose), seed);
    uint64_t state = XXH64(&index, sizeof index, name);
    random_t random;
    for (int i = 0; i < 4; i++) random.state[i] = split_mix(&state);
    return random;
}

static uint64_t rotate(uint64_t x, int k)
{
    return x << k | x >> (64 - k);
}

uint64_t random_bits(random_t *random)
{
    uint64_t *s = random->state, result = rotate(s[1] * 5, 7) * 9, t = s[1] << 17;
    s[2] ^= s[0];
    s[3] ^= s[1];
    s[1] ^= s[2];
    s[0] ^= s[3];
    s[2] ^= t;
    s[3] = rotate(s[3], 45);
    return result;
}

uint64_t random_below(random_t *random, uint64_t bound)
{
    unsigned __int128 product = (unsigned __int128)random_bits(random) * bound;
    if ((uint64_t)product < bound) {
        uint64_t least = -bound % bound;
        while ((uint64_t)product < least) product = (unsigned __int128)random_bits(random) * bound;
    }
    return (uint64_t)(product >> 64);
}

double random_uniform(random_t *random)
{
    return (double)(random_bits(random) >> 11) * 0x1p-53;
}

double random_normal(random_t *random)
{
    double radius = sqrt(-2 * log(1 - random_uniform(random)));
    return radius * cos(6.283185307179586477 * random_uniform(random));
}

status_t random_sample(random_t *random, int32_t population, int32_t count, int32_t *sample)
{
    /* Selection sampling (Knuth, TAOCP 2, 3.4.2, algorithm S), with exact integer odds. */
    if (count > population)
        return status_new(EXIT_BUG, "a sample of %d from %d", count, population);
    int32_t taken = 0;
    for (int32_t i = 0; i < population && taken < count; i++)
        if (random_below(random, (uint64_t)(population - i)) < (uint64_t)(count - taken))
            sample[taken++] = i;
    return NULL;
}

void random_permutation(random_t *random, size_t count, int64_t *order)
{
    for (size_t i = 0; i < count; i++) {
        size_t j = random_below(random, i + 1);
        order[i] = order[j];
        order[j] = (int64_t)i;
    }
}
