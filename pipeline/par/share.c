#include "par/share.h"

#include <stdint.h>
#include <sys/statvfs.h>

#include "core/log.h"
#include "core/memory.h"
#include "par/agree.h"

/* Open MPI backs shared windows with files in /dev/shm and is killed by SIGBUS when that is full
 * (64 MB in a default container), so room is checked first, with a tenth to spare. Where there
 * is no /dev/shm the MPI library has another place, which it checks itself. */
static bool has_room(size_t bytes)
{
    struct statvfs info;
    if (statvfs("/dev/shm", &info) != 0) return true;
    return (double)info.f_bavail * (double)info.f_frsize > 1.1 * (double)bytes;
}

static void *align(void *pointer)
{
    return (void *)(((uintptr_t)pointer + 63) & ~(uintptr_t)63);
}

/* Rank 0 of the node has the whole block, the others a view of it. */
static status_t create_window(share_t *share)
{
    MPI_Aint size = share->rank == 0 ? (MPI_Aint)share->bytes + 64 : 0;
    int unit;
    void *base = NULL;
    int code = MPI_Win_allocate_shared(size, 1, MPI_INFO_NULL, share->node, &base, &share->window);
    if (code == MPI_SUCCESS) code = MPI_Win_shared_query(share->window, 0, &size, &unit, &base);
    if (code != MPI_SUCCESS)
        return status_new(EXIT_RESOURCE, "MPI cannot share %zu bytes on this node", share->bytes);
    MPI_Win_lock_all(MPI_MODE_NOCHECK, share->window);
    share->data = align(base);
    return NULL;
}

status_t share_create(MPI_Comm comm, size_t bytes, const char *what, share_t *share)
{
    *share = (share_t){.bytes = bytes, .node = MPI_COMM_NULL, .window = MPI_WIN_NULL};
    MPI_Comm_split_type(comm, MPI_COMM_TYPE_SHARED, 0, MPI_INFO_NULL, &share->node);
    MPI_Comm_rank(share->node, &share->rank);
    MPI_Comm_size(share->node, &share->ranks);
    int room = share->rank == 0 ? has_room(bytes) : 0;
    MPI_Bcast(&room, 1, MPI_INT, 0, share->node);
    share->shared = room && share->ranks > 1;
    status_t status = NULL;
    if (share->shared) {
        status = create_window(share);
    } else {
        if (share->ranks > 1 && share->rank == 0)
            log_warning("/dev/shm has no room for %.2f GB: every rank keeps its own %s",
                        (double)bytes * 1e-9, what);
        status = mem_aligned_(&share->owned, bytes, 1, what);
        share->data = share->owned;
    }
    status = agree(comm, status);
    if (status) share_destroy(share);
    return status;
}

void share_sync(share_t *share)
{
    if (!share->shared) return;
    MPI_Win_sync(share->window);
    MPI_Barrier(share->node);
    MPI_Win_sync(share->window);
}

void share_destroy(share_t *share)
{
    if (share->window != MPI_WIN_NULL) {
        MPI_Win_unlock_all(share->window);
        MPI_Win_free(&share->window);
    }
    mem_free_(&share->owned);
    if (share->node != MPI_COMM_NULL) MPI_Comm_free(&share->node);
    share->data = NULL;
}
