/* bench/scaling: several ranks of one node against one.
 *
 * usage: mpirun -n 2 build/bench/scaling [-r REPEATS] [-f PAIRS] MODEL TOKENIZER FILES...
 * The same work (bench/executor says which) runs on rank 0 alone, the others asleep, and on all
 * ranks, in turns with sgemm on one and on all: what the machine gives to so many processes at
 * most. Each figure is the median over REPEATS (5) of the executor's gain as a part of sgemm's. */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "bench/common/measure.h"
#include "bench/common/workload.h"
#include "par/agree.h"

enum { REPEATS_MOST = 99 };

static const intervention_t baseline = {.ablate = ABLATE_NONE};

typedef struct {
    int rank, ranks, repeats, pairs;
    model_t *alone, *together; /* alone: on rank 0 only */
    yardstick_t yardstick;
} bench_t;

/* A barrier in which those that wait leave their cores to the others. */
static void sleep_until_all(void)
{
    MPI_Request request;
    int done = 0;
    MPI_Ibarrier(MPI_COMM_WORLD, &request);
    while (MPI_Test(&request, &done, MPI_STATUS_IGNORE), !done)
        nanosleep(&(struct timespec){0, 2000000}, NULL);
}

/* Seconds and sgemm's rate on rank 0, the others asleep. */
static status_t run_alone(bench_t *it, const sequences_t *sequences, double *seconds, double *rate)
{
    status_t status = NULL;
    if (it->rank == 0) {
        double before = yardstick_rate(&it->yardstick, MPI_COMM_SELF);
        status = workload_time(MPI_COMM_SELF, it->alone, sequences, &baseline, 1, seconds);
        *rate = (before + yardstick_rate(&it->yardstick, MPI_COMM_SELF)) / 2;
    }
    sleep_until_all();
    return agree(MPI_COMM_WORLD, status);
}

static status_t run_together(bench_t *it, const sequences_t *sequences, double *seconds,
                             double *rate)
{
    double before = yardstick_rate(&it->yardstick, MPI_COMM_WORLD);
    status_t status = workload_time(MPI_COMM_WORLD, it->together, sequences, &baseline, 1, seconds);
    *rate = (before + yardstick_rate(&it->yardstick, MPI_COMM_WORLD)) / 2;
    return status;
}

static status_t compare(bench_t *it, const char *what, const sequences_t *sequences)
{
    double part[REPEATS_MOST], one = 1, one_rate = 1, all = 1, all_rate = 1;
    char name[64];
    status_t status = NULL;
    for (int r = 0; !status && r < it->repeats; r++) {
        status = run_alone(it, sequences, &one, &one_rate);
        if (!status) status = run_together(it, sequences, &all, &all_rate);
        part[r] = (one / all) / (all_rate / one_rate);
        if (!status && it->rank == 0)
            printf("%s: %.2f s on 1 rank, %.2f s on %d: %.3f times as fast, sgemm %.3f: %.3f\n",
                   what, one, all, it->ranks, one / all, all_rate / one_rate, part[r]);
    }
    snprintf(name, sizeof name, "scaling.%s", what);
    if (!status && it->rank == 0) figure(name, median(part, it->repeats), ">=", 0.95);
    return status;
}

static status_t measure(bench_t *it, const char *tokenizer, char *const *files, int count)
{
    sequences_t windows = {0}, pairs = {0};
    int vocabulary = it->together->shape.vocabulary;
    status_t status = yardstick_create(&it->yardstick);
    if (!status) status = workload_windows(2 * it->ranks, CHUNK, vocabulary, &windows);
    if (!status) status = workload_pairs(tokenizer, files, count, it->pairs, &pairs);
    status = agree(MPI_COMM_WORLD, status);
    if (!status) status = compare(it, "perplexity", &windows);
    if (!status) status = compare(it, "pairs", &pairs);
    yardstick_free(&it->yardstick);
    sequences_free(&windows);
    sequences_free(&pairs);
    return status;
}

static status_t options_read(bench_t *it, int argc, char **argv)
{
    int option;
    it->repeats = 5, it->pairs = 20;
    while ((option = getopt(argc, argv, "r:f:")) != -1) {
        int *value = option == 'r' ? &it->repeats : &it->pairs;
        if (option == '?' || (*value = atoi(optarg)) < 1) optind = argc;
    }
    if (argc - optind < 3 || it->repeats > REPEATS_MOST)
        return status_new(EXIT_USAGE,
                          "usage: scaling [-r REPEATS] [-f PAIRS] MODEL TOKENIZER FILES...");
    return NULL;
}

int main(int argc, char **argv)
{
    bench_t it = {0};
    MPI_Init(&argc, &argv);
    MPI_Comm_rank(MPI_COMM_WORLD, &it.rank);
    MPI_Comm_size(MPI_COMM_WORLD, &it.ranks);
    status_t status = options_read(&it, argc, argv);
    if (!status && it.rank == 0) status = model_open(MPI_COMM_SELF, argv[optind], 0, &it.alone);
    status = agree(MPI_COMM_WORLD, status);
    if (!status) status = model_open(MPI_COMM_WORLD, argv[optind], 0, &it.together);
    if (!status) status = measure(&it, argv[optind + 1], argv + optind + 2, argc - optind - 2);
    model_close(&it.together);
    model_close(&it.alone);
    if (status && it.rank == 0) fprintf(stderr, "bench/scaling: %s\n", status_message(status));
    int code = (int)status_code(status);
    status_free(&status);
    MPI_Finalize();
    return code;
}
