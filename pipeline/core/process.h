/* Processes, as told apart by those that leave files behind. */
#ifndef WN_CORE_PROCESS_H
#define WN_CORE_PROCESS_H

#include <stdbool.h>
#include <sys/types.h>

/* Whether a process of this host is there and no zombie. */
bool process_lives(pid_t pid);

/* When it started, in clock ticks since the machine's start: with the pid, that names it for good. -1
 * where /proc does not tell. */
long long process_start(pid_t pid);

#endif
