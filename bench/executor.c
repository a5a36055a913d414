/* bench/executor: how near the executor comes to the machine's own rate of matrix products, and
 * what further conditions cost.
 *
 * usage: mpirun -n 2 build/bench/executor [-r REPEATS] [-p PAIRS] [-f FEW] MODEL TOKENIZER FILES...
 * MODEL is a GPT-NeoX as build/bench/random_model writes it; FILES are minimal pairs. Windows of
 * 2,048 tokens and the first PAIRS (100) of each file run under one condition, the first FEW (20)
 * also under seven and under a sweep of 17. Only FLOPs that the plan needs are counted. The
 * medians over REPEATS (3) count; the yardstick is taken before and after each run, one condition
 * before and after several. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "bench/common/measure.h"
#include "bench/common/workload.h"
#include "core/memory.h"
#include "par/agree.h"

enum { OTHERS = 6, GROUPS = 8, REPEATS_MOST = 99 };

static const intervention_t baseline = {.ablate = ABLATE_NONE};

typedef struct {
    int rank, ranks, repeats, pairs, few;
    model_t *model;
    yardstick_t yardstick;
} bench_t;

/* ---- against the yardstick ---- */

static status_t against_yardstick(bench_t *it, const char *what, const sequences_t *sequences)
{
    double share[REPEATS_MOST], rate[REPEATS_MOST], flops = 0, seconds = 0, drift = 0;
    char name[64];
    status_t status = workload_flops(it->model, sequences, &baseline, 1, &flops);
    for (int r = 0; !status && r < it->repeats; r++) {
        double before = yardstick_rate(&it->yardstick, MPI_COMM_WORLD);
        status = workload_time(MPI_COMM_WORLD, it->model, sequences, &baseline, 1, &seconds);
        if (status) break;
        double after = yardstick_rate(&it->yardstick, MPI_COMM_WORLD);
        rate[r] = (before + after) / 2;
        drift = fmax(drift, fabs(after - before) / rate[r]);
        share[r] = 1e-9 * flops / seconds / rate[r];
        if (it->rank == 0)
            printf("%s: %zu sequences, %.1f s, %.3f of sgemm's %.1f GFLOP/s\n", what,
                   sequences->count, seconds, share[r], rate[r]);
    }
    if (status || it->rank != 0) return status;
    snprintf(name, sizeof name, "executor.%s", what);
    figure(name, median(share, it->repeats), ">=", 0.8);
    snprintf(name, sizeof name, "executor.%s.sgemm_gflops", what);
    figure(name, median(rate, it->repeats), NULL, 0);
    /* Much of it, or a share above 1, says that others used the machine: measure again. */
    snprintf(name, sizeof name, "executor.%s.sgemm_drift", what);
    figure(name, drift, NULL, 0);
    return NULL;
}

/* ---- several conditions ---- */

static status_t against_one(bench_t *it, const char *what, const sequences_t *sequences,
                            const conditions_set_t *set)
{
    double excess[REPEATS_MOST], one = 0, all = 0, before = 0, several = 0, after = 0;
    char name[64];
    status_t status = workload_flops(it->model, sequences, &baseline, 1, &one);
    if (!status) status = workload_flops(it->model, sequences, set->condition, set->count, &all);
    double needed = all / one;
    if (!status)
        status = workload_time(MPI_COMM_WORLD, it->model, sequences, &baseline, 1, &before);
    for (int r = 0; !status && r < it->repeats; r++) {
        status = workload_time(MPI_COMM_WORLD, it->model, sequences, set->condition, set->count,
                               &several);
        if (!status)
            status = workload_time(MPI_COMM_WORLD, it->model, sequences, &baseline, 1, &after);
        double ratio = several / ((before + after) / 2);
        excess[r] = ratio / needed;
        before = after;
        if (!status && it->rank == 0)
            printf("%s: %.1f s, %.2f times one condition, the plan needs %.2f: %.3f of it\n", what,
                   several, ratio, needed, excess[r]);
    }
    if (status || it->rank != 0) return status;
    snprintf(name, sizeof name, "executor.%s", what);
    figure(name, median(excess, it->repeats), "<=", 1.05);
    return NULL;
}

static status_t several_conditions(bench_t *it, const sequences_t *sequences)
{
    conditions_set_t seven = {0}, sweep = {0};
    status_t status = workload_conditions(it->model, OTHERS, &seven);
    if (!status) status = workload_sweep(it->model, GROUPS, &sweep);
    if (!status) status = against_one(it, "seven_conditions", sequences, &seven);
    if (!status) status = against_one(it, "sweep", sequences, &sweep);
    workload_conditions_free(&seven);
    workload_conditions_free(&sweep);
    return status;
}

/* ---- all of it ---- */

static status_t measure(bench_t *it, const char *tokenizer, char *const *files, int count)
{
    sequences_t windows = {0}, pairs = {0}, few = {0};
    int vocabulary = it->model->shape.vocabulary;
    status_t status = yardstick_create(&it->yardstick);
    if (!status) status = workload_windows(2 * it->ranks, CHUNK, vocabulary, &windows);
    if (!status) status = workload_pairs(tokenizer, files, count, it->pairs, &pairs);
    if (!status) status = workload_pairs(tokenizer, files, count, it->few, &few);
    status = agree(MPI_COMM_WORLD, status);
    if (!status) status = against_yardstick(it, "perplexity", &windows);
    if (!status) status = against_yardstick(it, "pairs", &pairs);
    if (!status) status = several_conditions(it, &few);
    yardstick_free(&it->yardstick);
    sequences_free(&windows);
    sequences_free(&pairs);
    sequences_free(&few);
    return status;
}

static status_t options_read(bench_t *it, int argc, char **argv)
{
    int option;
    it->repeats = 3, it->pairs = 100, it->few = 20;
    while ((option = getopt(argc, argv, "r:p:f:")) != -1) {
        int *value = option == 'r' ? &it->repeats : option == 'p' ? &it->pairs : &it->few;
        if (option == '?' || (*value = atoi(optarg)) < 1) optind = argc;
    }
    if (argc - optind < 3 || it->repeats > REPEATS_MOST)
        return status_new(EXIT_USAGE, "usage: executor [-r REPEATS] [-p PAIRS] [-f FEW] MODEL "
                                      "TOKENIZER FILES...");
    return NULL;
}

int main(int argc, char **argv)
{
    bench_t it = {0};
    MPI_Init(&argc, &argv);
    MPI_Comm_rank(MPI_COMM_WORLD, &it.rank);
    MPI_Comm_size(MPI_COMM_WORLD, &it.ranks);
    status_t status = options_read(&it, argc, argv);
    if (!status) status = model_open(MPI_COMM_WORLD, argv[optind], 0, &it.model);
    if (!status) status = measure(&it, argv[optind + 1], argv + optind + 2, argc - optind - 2);
    model_close(&it.model);
    if (status && it.rank == 0) fprintf(stderr, "bench/executor: %s\n", status_message(status));
    int code = (int)status_code(status);
    status_free(&status);
    MPI_Finalize();
    return code;
}
