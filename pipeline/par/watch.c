#include "par/watch.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "core/memory.h"
#include "par/agree.h"
#include "par/share.h"

/* Between signs at most, and until ranks must have heard of an error, in seconds. */
static const double TICK = 5, PATIENCE = 30;

/* What a rank shows to the others of its node. */
typedef struct {
    atomic_long signs;
    long process;
    int rank;
} sign_t;

typedef struct {
    atomic_int said; /* some rank has printed why */
    sign_t sign[];
} board_t;

static struct {
    pthread_t thread;
    pthread_mutex_t mutex;
    pthread_cond_t end;
    bool running, ending;
    double seconds;
    give_up_t give_up;
    share_t share;
    long *seen;  /* [ranks of the node]: the last sign */
    int *silent; /* [ranks of the node]: ticks since then */
    status_t error;
    const char
        *unfinished; /* or NULL: it waits for no library, but for others to hear of the error */
    int waiting;     /* ticks since then */
} watch = {.mutex = PTHREAD_MUTEX_INITIALIZER, .share = {.group = MPI_COMM_NULL}};

static void give_up(status_t status)
{
    board_t *board = watch.share.data;
    if (watch.unfinished) unlink(watch.unfinished);
    watch.give_up(status, !atomic_exchange(&board->said, 1));
}

/* ticks: as many as seconds have. */
static void look(double tick)
{
    board_t *board = watch.share.data;
    double patience = watch.seconds < PATIENCE ? watch.seconds : PATIENCE;
    if (watch.unfinished) patience = watch.seconds;
    if (watch.error && ++watch.waiting > patience / tick) give_up(watch.error);
    for (int r = 0; r < watch.share.ranks; r++) {
        const sign_t *sign = &board->sign[r];
        long signs = atomic_load(&sign->signs);
        watch.silent[r] = signs == watch.seen[r] ? watch.silent[r] + 1 : 0;
        watch.seen[r] = signs;
        if (r == watch.share.rank || watch.silent[r] <= watch.seconds / tick) continue;
        char host[64] = "this node";
        gethostname(host, sizeof host - 1);
        give_up(status_new(EXIT_RESOURCE,
                           "rank %d (process %ld on %s) has not answered for %.0f s "
                           "(resources.timeout): stopped, or kept from running; run again to "
                           "continue",
                           sign->rank, sign->process, host, watch.seconds));
    }
}

static void *observe(void *context)
{
    (void)context;
    board_t *board = watch.share.data;
    double tick = watch.seconds / 8 < TICK ? watch.seconds / 8 : TICK;
    struct timespec next;
    pthread_mutex_lock(&watch.mutex);
    while (!watch.ending) {
        clock_gettime(CLOCK_MONOTONIC, &next);
        double at = (double)next.tv_nsec * 1e-9 + tick;
        next.tv_sec += (time_t)at;
        next.tv_nsec = (long)(1e9 * (at - (double)(time_t)at));
        if (pthread_cond_timedwait(&watch.end, &watch.mutex, &next) != ETIMEDOUT) continue;
        atomic_fetch_add(&board->sign[watch.share.rank].signs, 1);
        look(tick);
    }
    pthread_mutex_unlock(&watch.mutex);
    return NULL;
}

static status_t start_thread(void)
{
    pthread_condattr_t attributes;
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&watch.end, &attributes);
    pthread_condattr_destroy(&attributes);
    watch.ending = false;
    watch.running = pthread_create(&watch.thread, NULL, observe, NULL) == 0;
    return watch.running ? NULL : status_new(EXIT_RESOURCE, "cannot start a thread");
}

status_t watch_start(MPI_Comm comm, double seconds, give_up_t callback)
{
    int ranks, rank;
    MPI_Comm_size(comm, &ranks);
    MPI_Comm_rank(comm, &rank);
    watch.seconds = seconds;
    watch.give_up = callback;
    status_t status = share_open(comm, SHARE_NODE, &watch.share);
    size_t bytes = sizeof(board_t) + (size_t)ranks * sizeof(sign_t);
    if (!status) status = share_allocate(comm, bytes, "signs of life", &watch.share);
    if (!status) status = mem_new(&watch.seen, (size_t)ranks, "signs of life");
    if (!status) status = mem_new(&watch.silent, (size_t)ranks, "signs of life");
    if (!status) {
        board_t *board = watch.share.data;
        sign_t *sign = &board->sign[watch.share.rank];
        sign->rank = rank;
        sign->process = (long)getpid();
        if (watch.share.ranks == 1) atomic_init(&board->said, 0), atomic_init(&sign->signs, 0);
        share_sync(&watch.share);
    }
    status = agree(comm, status);
    return status ? status : agree(comm, start_thread());
}

void watch_stop(MPI_Comm comm)
{
    /* Until everybody is here, everybody gives signs. */
    if (watch.share.data) MPI_Barrier(comm);
    if (watch.running) {
        pthread_mutex_lock(&watch.mutex);
        watch.ending = true;
        pthread_cond_signal(&watch.end);
        pthread_mutex_unlock(&watch.mutex);
        pthread_join(watch.thread, NULL);
        pthread_cond_destroy(&watch.end);
        watch.running = false;
    }
    share_destroy(&watch.share);
    mem_free(&watch.seen);
    mem_free(&watch.silent);
}

int watch_processes(long *process, int most)
{
    const board_t *board = watch.running ? watch.share.data : NULL;
    int count = 0;
    for (; board && count < watch.share.ranks && count < most; count++)
        process[count] = board->sign[count].process;
    return count;
}

void watch_wait(status_t status, const char *unfinished)
{
    pthread_mutex_lock(&watch.mutex);
    watch.error = status;
    watch.unfinished = unfinished;
    watch.waiting = 0;
    pthread_mutex_unlock(&watch.mutex);
}

void watch_error(status_t status)
{
    watch_wait(status, NULL);
}
