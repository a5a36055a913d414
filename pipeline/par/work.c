#include "par/work.h"

#include <stdlib.h>

#include "core/memory.h"

typedef struct {
    double cost;
    size_t unit;
} job_t;

static int costly_first(const void *left, const void *right)
{
    const job_t *a = left, *b = right;
    if (a->cost != b->cost) return a->cost > b->cost ? -1 : 1;
    return a->unit < b->unit ? -1 : a->unit > b->unit;
}

status_t work_assign(int ranks, size_t units, const double *cost, int *owner)
{
    job_t *job = NULL;
    double *load = NULL;
    status_t status = mem_new(&job, units, "work plan");
    if (!status) status = mem_new(&load, (size_t)ranks, "work plan");
    if (status) goto done;
    for (size_t i = 0; i < units; i++) job[i] = (job_t){cost[i], i};
    qsort(job, units, sizeof *job, costly_first);
    for (size_t i = 0; i < units; i++) {
        int least = 0;
        for (int r = 1; r < ranks; r++)
            if (load[r] < load[least]) least = r;
        owner[job[i].unit] = least;
        load[least] += job[i].cost;
    }
done:
    mem_free(&job);
    mem_free(&load);
    return status;
}

void work_share(int rank, int ranks, size_t units, size_t *first, size_t *count)
{
    size_t r = (size_t)rank, n = (size_t)ranks, whole = units / n, rest = units % n;
    *first = r * whole + (r < rest ? r : rest);
    *count = whole + (r < rest);
}
