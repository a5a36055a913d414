/* Errors that every rank shares. */
#ifndef WN_PAR_AGREE_H
#define WN_PAR_AGREE_H

#include <mpi.h>
#include <stddef.h>

#include "core/status.h"
#include "core/strings.h"

/* Collective. NULL on all ranks when every rank passed NULL; otherwise every rank gets the error
 * of the lowest rank that had one, so that all leave together. Takes status over. */
MUST_CHECK status_t agree(MPI_Comm comm, status_t status);

/* Collective. str of rank 0 becomes everybody's. status is rank 0's outcome of making it (NULL on
 * the others); the result is agreed. */
MUST_CHECK status_t share_text(MPI_Comm comm, status_t status, str_t *str);

/* Collective: bytes of rank 0 to everybody, any length. */
MUST_CHECK status_t share_bytes(MPI_Comm comm, void *bytes, size_t length);

#endif
