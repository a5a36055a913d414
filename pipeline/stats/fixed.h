/* Sums that do not depend on the order of their terms: integers of 128 bits that count 2^-64. */
#ifndef WN_STATS_FIXED_H
#define WN_STATS_FIXED_H

#include <math.h>
#include <mpi.h>
#include <stdbool.h>
#include <stddef.h>

#include "core/status.h"

typedef __int128 fixed_t;

/* Adds value, rounded to a multiple of 2^-64; false where that, or the sum, is beyond 2^62. */
static inline bool fixed_add(fixed_t *sum, double value)
{
    if (!(fabs(value) < 0x1p62)) return false;
    fixed_t term = (fixed_t)rint(value * 0x1p64), most = (fixed_t)1 << 126;
    *sum += term; /* both are below 2^126 */
    return *sum<most && * sum> - most;
}

static inline long double fixed_value(fixed_t sum)
{
    return (long double)sum * 0x1p-64L;
}

/* Collective: on rank 0 sum [count] becomes the ranks' sums added up, exactly. Sums that could leave
 * the range are an EXIT_NUMERIC error on all ranks. */
MUST_CHECK status_t fixed_reduce(MPI_Comm comm, fixed_t *sum, size_t count);

#endif
