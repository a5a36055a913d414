/* What benchmarks of the executor run: token sequences, conditions, and the FLOPs they need. */
#ifndef WN_BENCH_WORKLOAD_H
#define WN_BENCH_WORKLOAD_H

#include <mpi.h>

#include "core/status.h"
#include "eval/sequences.h"
#include "model/executor.h"

enum { CHUNK = 2048 }; /* resources.chunk's default */

/* Windows of random tokens below vocabulary. */
MUST_CHECK status_t workload_windows(int windows, int window, int vocabulary,
                                     sequences_t *sequences);

/* The first pairs of each file of minimal pairs, with BLiMP's field names. */
MUST_CHECK status_t workload_pairs(const char *tokenizer, char *const *files, int count, int limit,
                                   sequences_t *sequences);

/* FLOPs that the forest and the tree of the conditions need (model/cost.h). */
MUST_CHECK status_t workload_flops(const model_t *model, const sequences_t *sequences,
                                   const intervention_t *condition, int conditions, double *flops);

/* Collective over comm. Seconds from all ranks' start to all ranks' end. */
MUST_CHECK status_t workload_time(MPI_Comm comm, model_t *model, const sequences_t *sequences,
                                  const intervention_t *condition, int conditions, double *seconds);

/* The baseline and others, each ablating one in a hundred neurons of its layers. */
typedef struct {
    intervention_t *condition;
    int count;
} conditions_set_t;

/* The baseline and others that differ in every layer. */
MUST_CHECK status_t workload_conditions(const model_t *model, int others, conditions_set_t *set);
/* The baseline, each of so many groups of layers alone, and the first group, the first two ... */
MUST_CHECK status_t workload_sweep(const model_t *model, int groups, conditions_set_t *set);
void workload_conditions_free(conditions_set_t *set);

#endif
