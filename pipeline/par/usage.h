/* What a stretch of work took: time, and memory of the nodes. */
#ifndef WN_PAR_USAGE_H
#define WN_PAR_USAGE_H

#include <mpi.h>

#include "core/status.h"

/* From usage_start to usage_stop: seconds; bytes of the node that held most, at its peak. What ranks of a node share counts once. The peak is that since usage_start where
 * the system can forget an earlier one (Linux), else that of the processes' lives; 0: not known. */
typedef struct {
    double seconds, memory;
} usage_t;

void usage_start(usage_t *usage);
/* Collective over comm. */
void usage_stop(MPI_Comm comm, usage_t *usage);

/* Collective: what the processes of the node that holds most hold now; and the ranks that the
 * largest node has, and the number of nodes. */
typedef struct {
    double memory;
    int ranks, nodes;
} node_usage_t;
node_usage_t usage_of_nodes(MPI_Comm comm);

/* What processes of this node hold now, roughly: what they share counts once. Not collective. */
double usage_of_processes(const long *process, int count);

#endif
