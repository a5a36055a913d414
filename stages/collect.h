/* The parts of wn-collect: what is collected, and who takes it. wn-collect.c runs the model and
 * hands every chosen layer of every chunk to each taker; a taker (collect_raw.c, ...) writes its own
 * part of the checkpoint's file. */
#ifndef WN_STAGES_COLLECT_H
#define WN_STAGES_COLLECT_H

#include "model/forest.h"
#include "model/model.h"
#include "stages/pass.h"
#include "stages/sequences.h"

/* One checkpoint's collection, of one corpus. */
typedef struct {
    stage_t *stage;
    task_t windows; /* the corpus and its windows */
    sequences_t sequences;
    arithmetic_t arithmetic;
    /* of the checkpoint at hand */
    const char *checkpoint;
    char *model_path, hash[SHA256_HEX];
    model_shape_t shape;
    pass_rate_t rate;
    model_t *model;
    int32_t *layer; /* [layers] chosen, ascending */
    size_t layers;
    forest_t *forest;
    size_t rows_max;     /* of a chunk */
    size_t *first_token; /* [chunks] of each chunk, in the corpus's windows */
    store_t *store;      /* the file that is written, collective */
} collection_t;

/* One chosen layer of one chunk: whole windows, tokens [first, first + rows) of the collection. */
typedef struct {
    int layer;    /* number in the model */
    size_t index; /* among the chosen ones */
    size_t first, rows, neurons, width;
    const float *preactivation; /* (rows, neurons) */
    const float *input;         /* (rows, width): of the MLP */
} batch_t;

/* Who takes batches. state is the taker's own; collection is borrowed until destroy. */
typedef struct {
    /* Adds what it will take, before the model is open: bytes that a rank holds, and of the file. */
    void (*estimate)(const collection_t *collection, double *memory, double *disk);
    /* Collective: defines the taker's datasets and makes room. */
    status_t (*create)(const collection_t *collection, void **state);
    /* By each rank for its own chunks, in any order. Not collective. */
    status_t (*take)(void *state, const batch_t *batch);
    /* Collective: every rank has taken all that is its own. */
    status_t (*finish)(void *state);
    /* Collective; state may be NULL. */
    void (*destroy)(void **state);
} taker_t;

/* Every pre-activation: /preactivations [layers][neurons][tokens] in collect.type. */
extern const taker_t collect_raw;
/* Of seeded pairs of tokens: /pairs and /input_distances, unless collect.pairs is 0; and where raw
 * is not taken, /pair_outputs. */
extern const taker_t collect_pairs;

#endif
