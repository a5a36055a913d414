/* What all benchmarks share: clocks, medians, figures, and the yardstick.
 *
 * Figures are lines "figure NAME VALUE [RELATION LIMIT]" on stdout among those for people;
 * bench/run gathers them into a table and a JSON file. */
#ifndef WN_BENCH_MEASURE_H
#define WN_BENCH_MEASURE_H

#include <mpi.h>

#include "core/status.h"

/* Processor seconds of this process: others on the machine do not count. */
double processor_seconds(void);

/* Sorts the values; count > 0. */
double median(double *value, int count);

/* Prints a figure; relation ">=" or "<=" says on which side of limit it should be, NULL: none is
 * asked. */
void figure(const char *name, double value, const char *relation, double limit);

/* OpenBLAS's sgemm on cubes of CUBE, one thread a rank: what the machine can do. Its rate drifts
 * where others use the machine, so it is taken again just before and after whatever is compared
 * with it. */
enum { CUBE = 2048 };
typedef struct {
    float *a, *b, *c;
} yardstick_t;

/* One thread for OpenBLAS from now on. */
void yardstick_one_thread(void);

MUST_CHECK status_t yardstick_create(yardstick_t *yardstick);
void yardstick_free(yardstick_t *yardstick);
/* Collective. GFLOP/s of all ranks together, each on cubes of its own, over about a second. */
double yardstick_rate(yardstick_t *yardstick, MPI_Comm comm);

#endif
