/* From activations, raw or sketched, to the statistics of every neuron. */
#ifndef WN_STATS_REDUCE_H
#define WN_STATS_REDUCE_H

#include <mpi.h>

#include "stats/activations.h"
#include "stats/statistics.h"

typedef struct {
    uint64_t seed;         /* of wd_sampled's reference and of the bootstrap */
    int64_t replicates;    /* of the bootstrap, over windows or folds; 0: none */
    pairs_options_t pairs; /* used where there are pairs */
    store_t *pairs_store;  /* where pairs_define made room; collective over the same ranks */
} reduce_options_t;

/* On rank 0 (NULL elsewhere): value [STATISTICS] of float64 [layers][mlp] (wd_sampled and md
 * among them, md NaN without pairs; all NaN of neurons that were not collected), quantile float64 [LEVELS][layers][mlp], replicate float64
 * [replicates][layers][mlp], and error [layers][neurons] of WD; they are NULL without
 * replicates, but that with folds error is there (by the jackknife); and of sketches, bound
 * [layers][neurons] of WD. */
typedef struct {
    double *value[STATISTICS];
    double *quantile, *replicate, *error, *bound;
    int64_t replicates, folds;
    int64_t undefined; /* neurons that were collected and whose values are all equal */
} reduced_t;

/* Collective: the ranks divide the neurons; each is computed by one, from its own values alone, so
 * that results do not depend on the number of ranks. Memory: some 32 bytes a token (with
 * replicates, some 60), or one block of the file, on each rank; on rank 0 all results as well. A
 * value that is not finite is an EXIT_NUMERIC error that names layer, neuron and token, on all
 * ranks. */
MUST_CHECK status_t reduce_activations(const activations_t *activations,
                                       const reduce_options_t *options, MPI_Comm comm,
                                       reduced_t *reduced);
/* Before: the bytes that each of so many ranks will hold, and those of the files of
 * statistics and of pairs, texts about. */
double reduce_memory(const activations_t *activations, const reduce_options_t *options, int ranks);
double reduce_disk(const activations_t *activations, const reduce_options_t *options);
/* Collective: neurons per second of one rank while all are at work, from reading and measuring some
 * of its own for about so many seconds; the slowest rank's. */
MUST_CHECK status_t reduce_rate(const activations_t *activations, const reduce_options_t *options,
                                MPI_Comm comm, double seconds, double *rate);
void reduced_destroy(reduced_t *reduced);

/* Rank 0: writes everything of reduced into a store of its own: the entries of the table as f64
 * [layers][neurons], each with the attribute undefined, how many are NaN; /quantiles f64
 * [levels][layers][neurons] with the attribute levels; /layers int32 [layers]; with pairs /md among
 * the former, and /pairs_dropped int64 [layers]; with replicates /wd_error and /wd_replicates f64
 * [replicates][layers][neurons]; with folds /wd_error; and the attributes tokens and undefined of the file. */
MUST_CHECK status_t reduce_write(store_t *store, const activations_t *activations,
                                 const reduced_t *reduced);

#endif
