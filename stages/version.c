#include <stdio.h>

#include <mpi.h>

#include "core/version.h"
#include "model/gemm.h"
#include "revision.h"
#include "stages/stage.h"

void print_version(const char *program)
{
    char mpi[MPI_MAX_LIBRARY_VERSION_STRING];
    int length;
    MPI_Get_library_version(mpi, &length);
    for (int i = 0; i < length; i++)
        if (mpi[i] == '\n' || mpi[i] == ',') mpi[i] = '\0';
    printf("%s %s (revision %s)\nMPI: %s\nHDF5: %s\nmatrix product: %s\n", program, WN_VERSION, WN_REVISION, mpi,
           store_library_version(), gemm_kernel());
}
