#include "bench/common/measure.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

double processor_seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

double median(double *value, int count)
{
    qsort(value, (size_t)count, sizeof *value, by_value);
    return (value[(count - 1) / 2] + value[count / 2]) / 2;
}

void figure(const char *name, double value, const char *relation, double limit)
{
    if (relation) printf("figure %s %.5g %s %g\n", name, value, relation, limit);
    else printf("figure %s %.5g\n", name, value);
    fflush(stdout);
}
