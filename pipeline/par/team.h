/* The threads of a rank. They split rows or heads of one product; a result never depends on how
 * many there are. */
#ifndef WN_PAR_TEAM_H
#define WN_PAR_TEAM_H

#include <stddef.h>

#include "core/status.h"

typedef struct team team_t;

/* threads >= 1, the caller among them. EXIT_RESOURCE where the system gives no more. */
MUST_CHECK status_t team_create(int threads, team_t **team);
void team_destroy(team_t **team);
int team_threads(const team_t *team);

/* Calls work(context, thread) once for each thread, 0 being the caller, and returns when all are
 * done: what they wrote is then visible to the caller. Only the thread that created a team runs
 * it, and work does not run it again. */
void team_run(team_t *team, void (*work)(void *context, int thread), void *context);

#endif
