/* How fast this machine runs a model of a given shape: measured, by the executor itself, on one
 * layer and a piece of vocabulary with made-up weights. */
#ifndef WN_MODEL_RATE_H
#define WN_MODEL_RATE_H

#include <mpi.h>

#include "model/cost.h"

/* FLOP/s of one rank, with all its threads, while all ranks are at work; the same parts as
 * flops_t. */
typedef struct {
    double layers, ends;
} rate_t;

/* Collective over comm: for about so many seconds every rank runs the beginning of this chunk, as
 * many rows as there is time for, through a layer with weights of this type in this arithmetic
 * (and, where scored, through the vocabulary). The slowest rank's rates are everybody's. */
MUST_CHECK status_t rate_measure(MPI_Comm comm, team_t *team, const model_shape_t *shape,
                                 dtype_t type, arithmetic_t arithmetic, const chunk_t *chunk,
                                 bool scored, double seconds, rate_t *rate);

/* Seconds for so many operations at this rate. */
static inline double rate_seconds(const rate_t *rate, flops_t flops)
{
    return flops.layers / rate->layers + (flops.ends > 0 ? flops.ends / rate->ends : 0);
}

#endif
