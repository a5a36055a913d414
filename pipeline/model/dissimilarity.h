/* How far each neuron's weights have turned between two checkpoints of a model. */
#ifndef WN_MODEL_DISSIMILARITY_H
#define WN_MODEL_DISSIMILARITY_H

#include <mpi.h>
#include <stdint.h>

#include "core/status.h"

/* A neuron's weights: its row of the MLP's first projection (of gated MLPs the gate), its row of the
 * second projection of gated MLPs, and its column of the projection back. */
typedef enum { WEIGHTS_INPUT, WEIGHTS_UP, WEIGHTS_OUTPUT, WEIGHTS_PARTS } weights_part_t;
extern const char *const weights_part_names[WEIGHTS_PARTS]; /* "input", "up", "output" */

/* value[part] on rank 0: float64 [layers][neurons], 1 - a.b / (|a| |b|) of the weights a and b
 * without biases, NaN where one of them is zero; NULL for a part that the model lacks, and on the
 * other ranks. */
typedef struct {
    int32_t layers, neurons;
    double *value[WEIGHTS_PARTS];
} dissimilarity_t;

/* Collective: of two model directories. The ranks share out the layers; each is read in pieces, from
 * both files, and computed by one rank in float64: no bit depends on the number of ranks. Memory: some
 * 8 MB and 32 bytes a neuron of a layer. Models of different shapes are an EXIT_INPUT error, a weight
 * that is not finite an EXIT_NUMERIC one, on all ranks. */
MUST_CHECK status_t dissimilarity_measure(MPI_Comm comm, const char *directory, const char *other,
                                          dissimilarity_t *dissimilarity);
void dissimilarity_destroy(dissimilarity_t *dissimilarity);

#endif
