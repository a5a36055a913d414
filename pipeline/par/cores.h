/* Whether the ranks of a node have a core for each of their threads. */
#ifndef WN_PAR_CORES_H
#define WN_PAR_CORES_H

#include <mpi.h>

/* Collective: the ranks of this node, and the cores that they may run on together: bound to, and
 * within the CPU time of their control group, rounded up. */
void cores_of_node(MPI_Comm comm, int *ranks, int *cores);

/* Collective: warns once, on rank 0, when on any node ranks x threads are more than its cores;
 * names the node where the proportion is worst. */
void cores_check(MPI_Comm comm, int threads);

#endif
