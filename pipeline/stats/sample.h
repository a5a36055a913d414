/* One neuron's values in ascending order: what every exact statistic is computed from, so that
 * none depends on the order of tokens. Sorting is linear: three passes of a radix sort for
 * float32, and a count over all 65,536 bit patterns for the two-byte types. */
#ifndef WN_STATS_SAMPLE_H
#define WN_STATS_SAMPLE_H

#include <stddef.h>
#include <stdint.h>

#include "core/dtype.h"
#include "core/status.h"

/* count values in groups of equal ones. value: float32 [groups], ascending, finite;
 * start: int64 [groups + 1], value[g] stands at ranks start[g] <= rank < start[g + 1]; NULL where
 * every group is a single value (then groups = count, and equal neighbours may occur). -0 and +0
 * may be two groups. Borrowed from the sorter that made it. */
typedef struct sample {
    const float *value;
    const int64_t *start;
    int64_t groups, count;
    int32_t *scratch; /* [2 * groups] for whoever measures, one call at a time; NULL: none */
    /* NULL; or of values that are known by intervals only, the same spread over these: places value
     * [groups] with ranks start [groups], between which the distribution function is linear. */
    const struct sample *spread;
} sample_t;

/* The longest column: ranks of two samples are compared as products below 2^63. */
#define SAMPLE_MOST ((int64_t)1 << 31)

/* Sorts columns of one type with up to capacity values; holds 16 bytes a value for F32, 2 MiB
 * for F16 and BF16. Any other type is an EXIT_BUG error. */
typedef struct sorter sorter_t;
MUST_CHECK status_t sorter_create(sorter_t **sorter, dtype_t type, int64_t capacity);
void sorter_destroy(sorter_t **sorter);

/* sample = the sorted values of column [count] (of the sorter's type; count <= capacity), valid
 * until the next call. A value that is not finite is an EXIT_NUMERIC error that names it and its
 * place in the column. */
MUST_CHECK status_t sorter_sort(sorter_t *sorter, const void *column, int64_t count,
                                sample_t *sample);

/* The unsigned order of keys is the order of the floats whose bits they were; and back. */
static inline uint32_t sample_key(uint32_t bits)
{
    return bits ^ ((uint32_t)((int32_t)bits >> 31) | 0x80000000u);
}

static inline uint32_t sample_bits(uint32_t key)
{
    return key ^ ((uint32_t)((int32_t)~key >> 31) | 0x80000000u);
}

/* The rank at which group g begins; g = groups gives count. */
static inline int64_t sample_rank(const sample_t *sample, int64_t group)
{
    return sample->start ? sample->start[group] : group;
}

/* The value of a rank (0 <= rank < count). */
float sample_at(const sample_t *sample, int64_t rank);

/* The values below zero alone: a view of the same memory, possibly empty. */
sample_t sample_negative(const sample_t *sample);

/* The sum over the values of groups [from, to) of (value - shift) - offset, in an order of
 * addition that depends on nothing but the sample. */
double sample_sum(const sample_t *sample, int64_t from, int64_t to, double shift, double offset);

/* numpy's linear interpolation between ranks: level in [0, 1]; NaN where the sample is empty. */
double sample_quantile(const sample_t *sample, double level);

/* The same of float64 values in ascending order. */
double quantile_of_sorted(const double *value, int64_t count, double level);

#endif
