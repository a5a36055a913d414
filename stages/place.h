/* Where and how files are written until they are finished: paths.scratch and resources.hints. */
#ifndef WN_STAGES_PLACE_H
#define WN_STAGES_PLACE_H

#include "core/staging.h"
#include "stages/stage.h"

typedef struct {
    staging_t *staging; /* rank 0's */
    char *directory;
    MPI_Info hints;
} place_t;
#define PLACE_CLOSED ((place_t){.hints = MPI_INFO_NULL})

/* Collective. Tells the store, and sets stage->scratch (not in a dry run, which writes nothing).
 * EXIT_USAGE where not all ranks see the same directory, or a hint's name or value is too long for
 * MPI. */
MUST_CHECK status_t place_open(stage_t *stage, place_t *place);
/* Collective. Removes what is left there. */
void place_close(stage_t *stage, place_t *place);

#endif
