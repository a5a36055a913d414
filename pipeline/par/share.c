#define _GNU_SOURCE /* memfd_create */
#include "par/share.h"

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/log.h"
#include "core/machine.h"
#include "core/memory.h"
#include "par/agree.h"

/* ---- a file without a name ---- */

/* Where others find rank 0's file, and which it is: another container's process may have the same
 * number. */
typedef struct {
    long process;
    int file;
    dev_t device;
    ino_t inode;
} address_t;

static int create_file(size_t bytes, address_t *address)
{
    struct stat info;
    int file = memfd_create("wn", MFD_CLOEXEC);
    if (file >= 0 && (ftruncate(file, (off_t)bytes) != 0 || fstat(file, &info) != 0)) {
        close(file);
        file = -1;
    }
    *address = (address_t){.process = getpid(), .file = file};
    if (file >= 0) address->device = info.st_dev, address->inode = info.st_ino;
    return file;
}

static int open_file(const address_t *address)
{
    char path[64];
    struct stat info;
    if (address->file < 0) return -1;
    snprintf(path, sizeof path, "/proc/%ld/fd/%d", address->process, address->file);
    int file = open(path, O_RDWR | O_CLOEXEC);
    if (file >= 0 && (fstat(file, &info) != 0 || info.st_dev != address->device ||
                      info.st_ino != address->inode)) {
        close(file);
        file = -1;
    }
    return file;
}

/* Collective over the group: each rank's descriptor of one new file, or -1 on all. */
static int share_file(const share_t *share, size_t bytes)
{
    address_t address;
    int file = share->rank == 0 ? create_file(bytes, &address) : -1;
    MPI_Bcast(&address, sizeof address, MPI_BYTE, 0, share->group);
    if (share->rank > 0) file = open_file(&address);
    int mine = file >= 0, all;
    MPI_Allreduce(&mine, &all, 1, MPI_INT, MPI_MIN, share->group);
    if (all || file < 0) return file;
    close(file);
    return -1;
}

/* ---- groups ---- */

static void split(MPI_Comm node, int colour, share_t *share)
{
    if (share->group != MPI_COMM_NULL) MPI_Comm_free(&share->group);
    MPI_Comm_split(node, colour, 0, &share->group);
    MPI_Comm_rank(share->group, &share->rank);
    MPI_Comm_size(share->group, &share->ranks);
    int first = share->rank == 0;
    MPI_Allreduce(&first, &share->copies, 1, MPI_INT, MPI_SUM, node);
}

/* This rank's NUMA domain, or 0 where a rank of the node has no single one. */
static int domain_of(MPI_Comm node)
{
    cpus_t cpus;
    cpus_allowed(&cpus);
    int mine = cpus_domain("", &cpus), lowest;
    MPI_Allreduce(&mine, &lowest, 1, MPI_INT, MPI_MIN, node);
    if (lowest >= 0) return mine;
    log_info("ranks that are not bound to one NUMA domain: all of a node share the weights");
    return 0;
}

status_t share_open(MPI_Comm comm, share_scope_t scope, share_t *share)
{
    MPI_Comm node;
    int rank;
    *share = SHARE_CLOSED;
    MPI_Comm_split_type(comm, MPI_COMM_TYPE_SHARED, 0, MPI_INFO_NULL, &node);
    MPI_Comm_rank(node, &rank);
    MPI_Comm_size(node, &share->node_ranks);
    int colour = scope == SHARE_NODE ? 0 : scope == SHARE_NUMA ? domain_of(node) : rank;
    split(node, colour, share);
    int able = 1, all;
    if (share->ranks > 1) {
        int file = share_file(share, 1);
        able = file >= 0;
        if (able) close(file);
    }
    MPI_Allreduce(&able, &all, 1, MPI_INT, MPI_MIN, node);
    if (!all) {
        if (rank == 0)
            log_warning("the %d ranks of a node cannot share memory (memfd_create, /proc/*/fd): "
                        "each keeps its own copy",
                        share->node_ranks);
        split(node, rank, share);
    }
    MPI_Comm_free(&node);
    return NULL;
}

/* ---- memory ---- */

/* Linux promises memory that it does not have, and kills who uses it. */
static status_t check_room(const share_t *share, const char *what)
{
    double room = machine_memory_free(""), needed = (double)share->bytes * share->copies;
    if (needed <= room) return NULL;
    return status_new(EXIT_RESOURCE,
                      "out of memory: %s: %.2f GB in %d %s on this node, which has %.2f GB free",
                      what, needed * 1e-9, share->copies, share->copies == 1 ? "copy" : "copies",
                      room * 1e-9);
}

/* Pages come from the NUMA domain of who first asks for them: each rank asks for a part. */
static status_t take_pages(const share_t *share, int file, const char *what)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE), pages = share->mapped / page;
    size_t first = pages * (size_t)share->rank / (size_t)share->ranks;
    size_t end = pages * ((size_t)share->rank + 1) / (size_t)share->ranks;
    if (first == end) return NULL;
    int code = posix_fallocate(file, (off_t)(first * page), (off_t)((end - first) * page));
    if (code == 0) return NULL;
    return status_new(EXIT_RESOURCE, "out of memory: %s: %.2f GB of shared memory: %s", what,
                      (double)share->bytes * 1e-9, strerror(code));
}

static status_t map_file(share_t *share, const char *what)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    size_t bytes = share->bytes > 0 ? (share->bytes + page - 1) / page * page : page;
    int file = share_file(share, bytes);
    if (file < 0)
        return status_new(EXIT_RESOURCE, "out of memory: %s: no shared memory of %.2f GB", what,
                          (double)bytes * 1e-9);
    void *data = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    status_t status = NULL;
    if (data == MAP_FAILED) {
        status = status_new(EXIT_RESOURCE, "out of memory: %s: cannot map %.2f GB: %s", what,
                            (double)bytes * 1e-9, strerror(errno));
    } else {
        share->data = data;
        share->mapped = bytes;
        status = take_pages(share, file, what);
    }
    close(file);
    return status;
}

status_t share_allocate(MPI_Comm comm, size_t bytes, const char *what, share_t *share)
{
    share->bytes = bytes;
    status_t status = agree(comm, check_room(share, what));
    if (status) return status;
    if (share->ranks > 1) status = map_file(share, what);
    else status = mem_aligned_(&share->data, bytes, 1, what);
    return agree(comm, status);
}

void share_sync(share_t *share)
{
    if (share->ranks < 2) return;
    atomic_thread_fence(memory_order_seq_cst);
    MPI_Barrier(share->group);
    atomic_thread_fence(memory_order_seq_cst);
}

void share_destroy(share_t *share)
{
    if (share->mapped > 0) munmap(share->data, share->mapped);
    else mem_free_(&share->data);
    if (share->group != MPI_COMM_NULL) MPI_Comm_free(&share->group);
    *share = SHARE_CLOSED;
}
