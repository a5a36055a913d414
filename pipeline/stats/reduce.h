/* From raw activations to the statistics of every neuron. */
#ifndef WN_STATS_REDUCE_H
#define WN_STATS_REDUCE_H

#include <mpi.h>

#include "stats/statistics.h"
#include "store/store.h"

/* What collect wrote: /preactivations [layers][neurons][tokens] in type, /layers. */
typedef struct {
    store_t *store;
    dtype_t type;
    int64_t layers, neurons, tokens;
    int32_t *layer; /* [layers], numbers in the model */
} activations_t;

MUST_CHECK status_t activations_open(const char *path, activations_t *activations);
void activations_close(activations_t *activations);

/* On rank 0 (NULL elsewhere): value [STATISTICS] of float64 [layers][neurons], quantile float64
 * [LEVELS][layers][neurons]. */
typedef struct {
    double *value[STATISTICS];
    double *quantile;
    int64_t undefined; /* neurons whose values are all equal */
} reduced_t;

/* Collective: the ranks divide the neurons; each is computed by one, from its own values alone, so
 * that results do not depend on the number of ranks. Memory: some 16 bytes a token, or one block
 * of the file, on each rank. A value that is not finite is an EXIT_NUMERIC error that names layer,
 * neuron and token, on all ranks. */
MUST_CHECK status_t reduce_activations(const activations_t *activations, MPI_Comm comm,
                                       reduced_t *reduced);
/* Before: the bytes that each of so many ranks will hold, and the bytes of the file of statistics. */
double reduce_memory(const activations_t *activations, int ranks);
double reduce_disk(const activations_t *activations);
/* Collective: neurons per second of one rank while all are at work, from reading and measuring some
 * of its own for about so many seconds; the slowest rank's. */
MUST_CHECK status_t reduce_rate(const activations_t *activations, MPI_Comm comm, double seconds,
                                double *rate);
void reduced_destroy(reduced_t *reduced);

/* Rank 0: writes everything of reduced into a store of its own: the entries of the table as f64
 * [layers][neurons], /quantiles f64 [levels][layers][neurons] with the attribute levels, /layers
 * int32 [layers], and the attributes tokens and undefined of the file. */
MUST_CHECK status_t reduce_write(store_t *store, const activations_t *activations,
                                 const reduced_t *reduced);

#endif
