/* The digests of large inputs that earlier stages hashed, in the file "digests" of the run's directory. */
#ifndef WN_STAGES_DIGESTS_H
#define WN_STAGES_DIGESTS_H

#include "stages/stage.h"

/* Collective. Rank 0 reads them for all. */
MUST_CHECK status_t digests_open(const stage_t *stage, char **path);
/* Collective. Rank 0 writes what all hashed, unless this is a dry run; that it could not is a warning. */
void digests_close(const stage_t *stage, char **path);

#endif
