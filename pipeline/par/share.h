/* Memory that the ranks of a node share. */
#ifndef WN_PAR_SHARE_H
#define WN_PAR_SHARE_H

#include <mpi.h>
#include <stdbool.h>
#include <stddef.h>

#include "core/status.h"

/* One block for all ranks of a node (MPI_Comm_split_type, MPI_COMM_TYPE_SHARED), filled once and
 * then read by all. Where the node has one rank, or its shared memory (/dev/shm) is too small,
 * each rank has a block of its own. */
typedef struct {
    void *data;
    size_t bytes;
    MPI_Comm node;   /* the ranks that share it */
    int rank, ranks; /* within node */
    bool shared;     /* false: this rank's own */
    MPI_Win window;
    void *owned;
} share_t;

/* Collective over comm. data is on a 64-byte boundary. */
MUST_CHECK status_t share_create(MPI_Comm comm, size_t bytes, const char *what, share_t *share);
/* Collective over the node: what any rank wrote before is seen by all after. */
void share_sync(share_t *share);
/* Collective. */
void share_destroy(share_t *share);

#endif
