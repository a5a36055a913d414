#include "par/usage.h"

#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

typedef struct {
    const char *name;
    double *bytes;
} field_t;

/* Fields of a file with lines "NAME: NUMBER kB"; those that it lacks stay as they are. */
static void read_fields(const char *path, const field_t *field, size_t fields)
{
    char line[256];
    FILE *file = fopen(path, "r");
    while (file && fgets(line, sizeof line, file))
        for (size_t i = 0; i < fields; i++) {
            size_t length = strlen(field[i].name);
            if (strncmp(line, field[i].name, length) != 0 || line[length] != ':') continue;
            *field[i].bytes = 1024 * strtod(line + length + 1, NULL);
        }
    if (file) fclose(file);
}

/* Memory of this process, now and at its peak; of it, shared with others; and its part of that, so
 * that the parts of all who share add up to it (proc(5): status, smaps_rollup). Where the system
 * does not tell the part, ranks of the node share equally. */
typedef struct {
    double now, peak, shared, part;
} resident_t;

static resident_t read_resident(int ranks)
{
    resident_t it = {0, 0, 0, -1};
    const field_t status[] = {{"VmRSS", &it.now}, {"VmHWM", &it.peak}, {"RssShmem", &it.shared}};
    const field_t rollup[] = {{"Pss_Shmem", &it.part}};
    read_fields("/proc/self/status", status, 3);
    read_fields("/proc/self/smaps_rollup", rollup, 1);
    if (it.part < 0) it.part = it.shared / ranks;
    return it;
}

/* proc(5), /proc/pid/clear_refs: 5 resets the peak. */
static void forget_peak(void)
{
    int file = open("/proc/self/clear_refs", O_WRONLY | O_CLOEXEC);
    if (file < 0) return;
    if (write(file, "5", 1) != 1) { /* then the peak is that of the process's life */
    }
    close(file);
}

void usage_start(usage_t *usage)
{
    forget_peak();
    *usage = (usage_t){MPI_Wtime(), 0};
}

/* Collective: the largest sum over a node's ranks of what is theirs, at the peak or now. */
static node_usage_t over_nodes(MPI_Comm comm, bool peak)
{
    MPI_Comm node;
    int rank;
    node_usage_t it = {0, 0, 0};
    MPI_Comm_split_type(comm, MPI_COMM_TYPE_SHARED, 0, MPI_INFO_NULL, &node);
    MPI_Comm_rank(node, &rank);
    MPI_Comm_size(node, &it.ranks);
    resident_t mine = read_resident(it.ranks);
    double whole = peak ? mine.peak : mine.now;
    it.memory = (whole > mine.shared ? whole - mine.shared : 0) + mine.part;
    MPI_Allreduce(MPI_IN_PLACE, &it.memory, 1, MPI_DOUBLE, MPI_SUM, node);
    MPI_Comm_free(&node);
    it.nodes = rank == 0;
    MPI_Allreduce(MPI_IN_PLACE, &it.memory, 1, MPI_DOUBLE, MPI_MAX, comm);
    MPI_Allreduce(MPI_IN_PLACE, &it.ranks, 1, MPI_INT, MPI_MAX, comm);
    MPI_Allreduce(MPI_IN_PLACE, &it.nodes, 1, MPI_INT, MPI_SUM, comm);
    return it;
}

void usage_stop(MPI_Comm comm, usage_t *usage)
{
    usage->memory = over_nodes(comm, true).memory;
    usage->seconds = MPI_Wtime() - usage->seconds;
}

/* proc(5), statm: pages that are resident, and of these shared. */
double usage_of_processes(const long *process, int count)
{
    double own = 0, shared = 0, page = (double)sysconf(_SC_PAGESIZE);
    for (int i = 0; i < count; i++) {
        char path[64];
        long resident = 0, of_it = 0;
        snprintf(path, sizeof path, "/proc/%ld/statm", process[i]);
        FILE *file = fopen(path, "r");
        if (file && fscanf(file, "%*d %ld %ld", &resident, &of_it) == 2) {
            own += page * (double)(resident - of_it);
            if (page * (double)of_it > shared) shared = page * (double)of_it;
        }
        if (file) fclose(file);
    }
    return own + shared;
}

node_usage_t usage_of_nodes(MPI_Comm comm)
{
    return over_nodes(comm, false);
}
