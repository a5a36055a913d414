#include "stages/start.h"

#include <mpi.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/status.h"

static char message[160];

static void give_up(int number)
{
    (void)number;
    ssize_t written = write(STDERR_FILENO, message, strlen(message));
    _exit(written < 0 ? EXIT_OUTPUT : EXIT_RESOURCE);
}

void start_mpi(const char *program, int *argc, char ***argv)
{
    const char *text = getenv("WN_MPI_TIMEOUT");
    long seconds = text ? strtol(text, NULL, 10) : 600;
    struct sigaction action = {.sa_handler = give_up}, before;
    int provided;
    snprintf(message, sizeof message,
             "%s: error: MPI has not started for %ld s (WN_MPI_TIMEOUT): a rank or the launcher is "
             "missing\n",
             program, seconds);
    sigemptyset(&action.sa_mask);
    sigaction(SIGALRM, &action, &before);
    alarm(seconds > 0 ? (unsigned)seconds : 0);
    MPI_Init_thread(argc, argv, MPI_THREAD_FUNNELED, &provided);
    alarm(0);
    sigaction(SIGALRM, &before, NULL);
}
