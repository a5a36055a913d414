/* Locks between runs that may be on different machines: a file that its holder made, and touches
 * while it is alive. File systems' own locks are not trusted: some clusters switch them off.
 *
 * A holder on this machine is looked up among its processes. One elsewhere is given time for a sign
 * of life, by the file system's clock and none other; a job that SLURM has started again knows that
 * its former self is no more. */
#ifndef WN_CORE_LOCK_H
#define WN_CORE_LOCK_H

#include <stdbool.h>

#include "core/status.h"
#include "core/strings.h"

/* Seconds between signs of life, and without one until a holder elsewhere is taken for dead. */
typedef struct {
    double beat, patience;
} lock_pace_t;
extern const lock_pace_t lock_pace;

typedef struct lock lock_t;

/* Makes path, with its directory. EXIT_RESOURCE names a holder that is alive; what says what the
 * lock is for. Waits up to pace.patience for a holder that may be. Not collective. */
MUST_CHECK status_t lock_take(const char *path, const char *what, const lock_pace_t *pace,
                              lock_t **lock);
void lock_release(lock_t **lock);

/* Takes path away where its holder is known to be dead: for a lock that is not wanted any more. */
MUST_CHECK status_t lock_tidy(const char *path);

/* *dead = whether the holder of path is known to be dead, or has given no sign of life for so many
 * seconds before own was taken, by their file system's clock. */
MUST_CHECK status_t lock_is_dead(const char *path, const lock_t *own, double seconds, bool *dead);

/* Appends who holds path, "process 17 on host (job 99)", unless nobody does who may be alive. */
MUST_CHECK status_t lock_holder(const char *path, str_t *text);

#endif
