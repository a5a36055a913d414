/* Shared by model.c, which knows what tensors a model has, and model_load.c, which brings them
 * into memory. */
#ifndef WN_MODEL_MODEL_INTERNAL_H
#define WN_MODEL_MODEL_INTERNAL_H

#include <pthread.h>
#include <stdbool.h>

#include "model/model.h"
#include "model/weights.h"

/* A tensor's place in memory and whom it serves. Vectors are expanded to float32. */
typedef struct {
    const tensor_t *tensor;
    int layer;    /* -1: of no layer, always resident */
    size_t place; /* offset in its layer's buffer, or in the resident block */
    bool expand;
    const void **target; /* the pointer that leads to it */
} slot_t;

typedef struct loader {
    model_t *model;
    weights_t *weights;
    const char *directory, *prefix;
    slot_t *slot;
    size_t slots, capacity;
    size_t resident;    /* bytes of the tensors of no layer */
    size_t filled;      /* bytes of the layer being bound */
    size_t layer_bytes; /* of the largest layer */
    int buffers;        /* L, or 2 where layers are streamed */
    int *holds;         /* [buffers] layer in each, -1: none */
    bool *checked;      /* [L] this layer's values were found finite */
    char *raw;          /* read buffer */
    float *expanded;
    /* reading ahead */
    pthread_t thread;
    bool reading;
    int ahead; /* the layer that is being read */
    status_t outcome;
} loader_t;

/* Decides whether layers are streamed within memory bytes (0: no bound), and so the number of
 * buffers; and the bytes that resident tensors and buffers then take. */
void loader_fit(loader_t *loader, size_t memory);
size_t loader_bytes(const loader_t *loader);

/* Collective over comm: room for resident tensors and as many layers as memory allows, and their
 * contents; pointers of the model are set. */
MUST_CHECK status_t loader_start(loader_t *loader, MPI_Comm comm, size_t memory,
                                 share_scope_t scope);
/* Ends reading ahead and frees what the loader holds. */
void loader_stop(loader_t *loader);

#endif
