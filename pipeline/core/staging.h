/* Room for files that are not finished, on a disk that is fast but not kept (paths.scratch).
 *
 * Each run has a directory of its own there, "wn.HOST.PID.START", which nobody else may enter, with a
 * lock beside it ("....lock") that says whose it is and that its run is alive. What dead runs left, the
 * next one takes away: at once those of this machine, and of others after an hour's silence. */
#ifndef WN_CORE_STAGING_H
#define WN_CORE_STAGING_H

#include "core/status.h"

/* text with the values of $NAME and ${NAME} from the environment: an error where one is not
 * set. */
MUST_CHECK status_t staging_expand(const char *text, char **path);

typedef struct staging staging_t;

/* Makes this process's directory below base, which is made where it is missing. */
MUST_CHECK status_t staging_create(const char *base, staging_t **staging);
const char *staging_directory(const staging_t *staging); /* borrowed */
/* Removes it and everything in it. */
void staging_destroy(staging_t **staging);

#endif
