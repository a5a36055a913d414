/* Ranks that do not answer, for which the others would wait for ever. */
#ifndef WN_PAR_WATCH_H
#define WN_PAR_WATCH_H

#include <mpi.h>
#include <stdbool.h>

#include "core/status.h"

/* Ends this process at once with the status's exit code, upon which the launcher ends the other ranks;
 * say: it is to print the message, which one rank of a node does. Called in a thread of its own. */
typedef void (*give_up_t)(status_t status, bool say);

/* Collective over comm, one at a time. From now on until watch_stop a thread of each rank gives signs of
 * life to the other ranks of its node and looks for theirs. It gives up
 * - where a rank gives none for so many seconds (it was stopped, or cannot run), with an EXIT_RESOURCE
 *   error that names the rank;
 * - where this rank has an error and the others do not come to agree on it, for they wait in a library for
 *   what this rank will never do, within so many seconds or half a minute: with that error;
 * - where this rank itself waits so many seconds in a library: with the error that watch_wait was given.
 * Signs are counted against this thread's own, not against a clock: a job that was suspended as a
 * whole goes on. */
MUST_CHECK status_t watch_start(MPI_Comm comm, double seconds, give_up_t give_up);
/* Collective over comm. */
void watch_stop(MPI_Comm comm);

/* process [most]: the numbers of this node's ranks while they are watched; returns how many. */
int watch_processes(long *process, int most);

/* This rank has an error (NULL: no more) and waits for the others to take note. */
void watch_error(status_t status);
/* What is to be said should this rank never come back from what it does next, and the file that is to be
 * removed then; NULL, NULL: it is back. Both are borrowed. */
void watch_wait(status_t status, const char *unfinished);

#endif
