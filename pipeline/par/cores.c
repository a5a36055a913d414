#include "par/cores.h"

#include <math.h>

#include "core/log.h"
#include "core/machine.h"

void cores_of_node(MPI_Comm comm, int *ranks, int *cores)
{
    MPI_Comm node;
    cpus_t mine, all;
    cpus_allowed(&mine);
    MPI_Comm_split_type(comm, MPI_COMM_TYPE_SHARED, 0, MPI_INFO_NULL, &node);
    MPI_Comm_size(node, ranks);
    MPI_Allreduce(mine.word, all.word, MACHINE_CPUS / 64, MPI_UINT64_T, MPI_BOR, node);
    MPI_Comm_free(&node);
    double quota = ceil(machine_quota(""));
    *cores = cpus_cores("", &all);
    if (quota < *cores) *cores = (int)quota;
}

void cores_check(MPI_Comm comm, int threads)
{
    struct {
        double load;
        int rank;
    } mine, worst;
    int node[2], length; /* ranks, cores */
    char name[MPI_MAX_PROCESSOR_NAME] = "";
    cores_of_node(comm, &node[0], &node[1]);
    if (node[1] < 1) node[1] = 1;
    mine.load = (double)node[0] * threads / node[1];
    MPI_Comm_rank(comm, &mine.rank);
    MPI_Allreduce(&mine, &worst, 1, MPI_DOUBLE_INT, MPI_MAXLOC, comm);
    if (!(worst.load > 1)) return;
    MPI_Get_processor_name(name, &length);
    MPI_Bcast(node, 2, MPI_INT, worst.rank, comm);
    MPI_Bcast(name, sizeof name, MPI_CHAR, worst.rank, comm);
    if (mine.rank == 0)
        log_warning("%s: %d %s x %d %s share %d %s; more than cores makes it slower", name, node[0],
                    node[0] == 1 ? "rank" : "ranks", threads, threads == 1 ? "thread" : "threads",
                    node[1], node[1] == 1 ? "core" : "cores");
}
