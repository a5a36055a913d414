/* Memory that ranks of a node share. */
#ifndef WN_PAR_SHARE_H
#define WN_PAR_SHARE_H

#include <mpi.h>
#include <stddef.h>

#include "core/status.h"

/* Who shares a copy: all ranks of a node; those whose CPUs lie in one NUMA domain (all of the
 * node where a rank's lie in several); or nobody. */
typedef enum { SHARE_NODE, SHARE_NUMA, SHARE_NONE } share_scope_t;

/* One block for a group of ranks, filled once and then read by all: a file in memory that has no
 * name (Linux's memfd_create), so that /dev/shm, small in most containers, is not needed and
 * nothing is left of a process that is killed. A rank alone in its group has ordinary memory. */
typedef struct {
    void *data;      /* on a 64-byte boundary */
    size_t bytes;    /* of one copy */
    MPI_Comm group;  /* the ranks that use this copy */
    int rank, ranks; /* within group */
    int copies;      /* on this node */
    int node_ranks;  /* on this node */
    size_t mapped;   /* bytes; 0: data is ordinary memory */
} share_t;

/* A share_t that share_destroy may be called with. */
#define SHARE_CLOSED ((share_t){.group = MPI_COMM_NULL})

/* Collective over comm: forms the groups; no memory yet. Where the system lets ranks not share,
 * each becomes a group of its own, and the log says so. */
MUST_CHECK status_t share_open(MPI_Comm comm, share_scope_t scope, share_t *share);
/* Collective over the same comm, once, with the same bytes. An error on all ranks where the
 * copies are more than a node's free memory. what names the block in it ("copy of the
 * weights"). */
MUST_CHECK status_t share_allocate(MPI_Comm comm, size_t bytes, const char *what, share_t *share);
/* Collective over the group: what any rank wrote before is seen by all after. */
void share_sync(share_t *share);
/* Collective over the group. */
void share_destroy(share_t *share);

#endif
