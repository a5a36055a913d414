#include "stats/fixed.h"

#include "par/agree.h"

static void add_up(void *in, void *inout, int *length, MPI_Datatype *type)
{
    const fixed_t *from = in;
    fixed_t *to = inout;
    (void)type;
    for (int i = 0; i < *length; i++) to[i] += from[i];
}

static status_t check(const fixed_t *sum, size_t count, int ranks)
{
    fixed_t most = ((fixed_t)1 << 126) / ranks;
    for (size_t i = 0; i < count; i++)
        if (sum[i] >= most || sum[i] <= -most)
            return status_new(EXIT_NUMERIC, "a sum of %Lg: %d ranks add up to at most 2^62",
                              fixed_value(sum[i]), ranks);
    return NULL;
}

status_t fixed_reduce(MPI_Comm comm, fixed_t *sum, size_t count)
{
    enum { MOST = 1 << 20 };
    MPI_Datatype type;
    MPI_Op add;
    int rank, ranks;
    MPI_Comm_rank(comm, &rank);
    MPI_Comm_size(comm, &ranks);
    status_t status = agree(comm, check(sum, count, ranks));
    if (status) return status;
    MPI_Type_contiguous((int)sizeof *sum, MPI_BYTE, &type);
    MPI_Type_commit(&type);
    MPI_Op_create(add_up, 1, &add);
    for (size_t at = 0; at < count; at += MOST) {
        int some = (int)(count - at < MOST ? count - at : MOST);
        MPI_Reduce(rank == 0 ? MPI_IN_PLACE : sum + at, rank == 0 ? sum + at : NULL, some, type,
                   add, 0, comm);
    }
    MPI_Op_free(&add);
    MPI_Type_free(&type);
    return NULL;
}
