#include <cblas.h>

#include "bench/common/measure.h"
#include "core/memory.h"

enum { CUBES = 5 }; /* in a measurement */

/* Another CBLAS has no such function, and takes the number of threads from the environment. */
extern void openblas_set_num_threads(int threads) __attribute__((weak));

void yardstick_one_thread(void)
{
    if (openblas_set_num_threads) openblas_set_num_threads(1);
}

status_t yardstick_create(yardstick_t *it)
{
    size_t count = (size_t)CUBE * CUBE;
    *it = (yardstick_t){0};
    yardstick_one_thread();
    status_t status = mem_aligned(&it->a, count, "cube");
    if (!status) status = mem_aligned(&it->b, count, "cube");
    if (!status) status = mem_aligned(&it->c, count, "cube");
    for (size_t i = 0; !status && i < count; i++) it->a[i] = it->b[i] = 0.001f * (float)(i % 97);
    if (status) yardstick_free(it);
    return status;
}

void yardstick_free(yardstick_t *it)
{
    mem_free(&it->a);
    mem_free(&it->b);
    mem_free(&it->c);
}

static void multiply(yardstick_t *it, int times)
{
    for (int i = 0; i < times; i++)
        cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasTrans, CUBE, CUBE, CUBE, 1, it->a, CUBE,
                    it->b, CUBE, 0, it->c, CUBE);
}

double yardstick_rate(yardstick_t *it, MPI_Comm comm)
{
    int ranks;
    MPI_Comm_size(comm, &ranks);
    multiply(it, 1); /* warms up */
    MPI_Barrier(comm);
    double start = MPI_Wtime();
    multiply(it, CUBES);
    MPI_Barrier(comm);
    return 2e-9 * CUBE * CUBE * CUBE * CUBES * ranks / (MPI_Wtime() - start);
}
