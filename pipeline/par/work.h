/* Who does which unit of work. Units are numbered by the plan; their results do not depend on
 * the rank that computes them. */
#ifndef WN_PAR_WORK_H
#define WN_PAR_WORK_H

#include <mpi.h>
#include <stddef.h>
#include <stdint.h>

#include "core/status.h"

/* owner[i] = rank of unit i: longest processing time first, ties by number (Graham 1969), so
 * that the ranks' sums of cost are close. The same on every rank; not collective. */
MUST_CHECK status_t work_assign(int ranks, size_t units, const double *cost, int *owner);

/* The contiguous share [*first, *first + *count) of units for a rank: sizes differ by at most
 * one. Not collective. */
void work_share(int rank, int ranks, size_t units, size_t *first, size_t *count);

#endif
