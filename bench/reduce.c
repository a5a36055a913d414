/* Speed of the statistics of one neuron, in values a second on one core: of all that wn-reduce computes,
 * and of W1 to a sample alone, sorting included, which is what scipy.stats.wasserstein_distance does;
 * bench/reduce.py times that on the same shapes: a normal, a bimodal and a heavy-tailed one in turns.
 * Usage: reduce [values a neuron [neurons]]. */
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

#include "bench/common/measure.h"
#include "core/memory.h"
#include "core/random.h"
#include "stats/distance.h"
#include "stats/statistics.h"

enum { SHAPES = 3, ROUNDS = 3 };

static void fill(float *value, int64_t count, int shape)
{
    random_t random = random_stream(1, "bench", (uint64_t)shape);
    for (int64_t i = 0; i < count; i++) {
        double z = random_normal(&random), u = random_uniform(&random);
        double form[SHAPES] = {0.3 + z, u < 0.3 ? -3.5 + 0.4 * z : 0.1 * z - 0.2, z * z * z};
        value[i] = (float)form[shape];
    }
}

/* All that wn-reduce computes of a neuron; or the distance alone. */
static status_t measure(sorter_t *sorter, const void *column, int64_t count,
                        const double *reference, bool all, double *sum)
{
    sample_t sample;
    distribution_t distribution;
    double value[STATISTICS];
    status_t status = sorter_sort(sorter, column, count, &sample);
    if (status) return status;
    distribution_measure(&sample, &distribution);
    if (!all) *sum += distance_to_sample(&sample, &distribution, reference, count);
    if (!all) return NULL;
    statistics_measure(&sample, &distribution, value);
    value[WD_SAMPLED] = distance_to_sample(&sample, &distribution, reference, count);
    value[DIFFICULTY] = 0; /* which takes pairs of tokens, and time for those alone */
    for (int s = 0; s < STATISTICS; s++) *sum += value[s];
    for (int q = 0; q < LEVELS; q++) *sum += sample_quantile(&sample, statistics_levels[q]);
    return NULL;
}

/* The best of a few rounds over all neurons. */
static status_t time_type(dtype_t type, const float *value, char *column, int64_t count,
                          int64_t neurons)
{
    sorter_t *sorter = NULL;
    double *reference = NULL;
    double best[2] = {INFINITY, INFINITY}, sum = 0;
    char name[64];
    size_t stride = (size_t)count * dtype_size(type);
    for (int shape = 0; shape < SHAPES; shape++)
        dtype_round(column + (size_t)shape * stride, value + shape * count, (size_t)count, type);
    status_t status = sorter_create(&sorter, type, count);
    if (!status) status = mem_aligned(&reference, (size_t)count, "a reference sample");
    if (!status) reference_draw(1, count, reference);
    for (int round = 0; !status && round < 2 * ROUNDS; round++) {
        double begin = processor_seconds();
        bool all = round % 2 == 0;
        for (int64_t n = 0; !status && n < neurons; n++)
            status = measure(sorter, column + (size_t)(n % SHAPES) * stride, count, reference, all,
                             &sum);
        best[all] = fmin(best[all], processor_seconds() - begin);
    }
    double rate = 1e-6 * (double)(count * neurons) / best[1];
    if (!status)
        printf("reduce %s: %lld values a neuron, %.4f ms, %.1f million values/s; W1 to a sample "
               "alone: %.4f ms (check %.6f)\n",
               dtype_name(type), (long long)count, 1e3 * best[1] / (double)neurons, rate,
               1e3 * best[0] / (double)neurons, sum);
    snprintf(name, sizeof name, "reduce.%s.million_values_per_second", dtype_name(type));
    if (!status) figure(name, rate, ">=", type == DTYPE_F32 ? 40 : 120);
    snprintf(name, sizeof name, "reduce.%s.distance_ms", dtype_name(type));
    if (!status) figure(name, 1e3 * best[0] / (double)neurons, NULL, 0);
    mem_free(&reference);
    sorter_destroy(&sorter);
    return status;
}

int main(int argc, char **argv)
{
    int64_t count = argc > 1 ? atoll(argv[1]) : 131072, neurons = argc > 2 ? atoll(argv[2]) : 120;
    float *value = NULL;
    char *column = NULL;
    status_t status = mem_aligned(&value, SHAPES * (size_t)count, "values");
    if (!status) status = mem_aligned(&column, SHAPES * (size_t)count * sizeof *value, "columns");
    for (int shape = 0; !status && shape < SHAPES; shape++)
        fill(value + shape * count, count, shape);
    for (int type = DTYPE_F32; !status && type <= DTYPE_BF16; type++)
        status = time_type((dtype_t)type, value, column, count, neurons);
    mem_free(&column);
    mem_free(&value);
    if (!status) return EXIT_OK;
    fprintf(stderr, "reduce: %s\n", status_message(status));
    return (int)status_code(status);
}
