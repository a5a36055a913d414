/* The parts of wn-collect: what is collected, and who takes it. wn-collect.c runs the model and
 * hands every chosen layer of every chunk to each taker; a taker (collect_raw.c, ...) writes its own
 * part of the checkpoint's file. */
#ifndef WN_STAGES_COLLECT_H
#define WN_STAGES_COLLECT_H

#include "model/forest.h"
#include "model/model.h"
#include "stages/pass.h"
#include "stages/sequences.h"

/* One checkpoint's collection, of one corpus or of a part of it. */
typedef struct {
    stage_t *stage;
    char *tokenizer; /* digest */
    int node_ranks;  /* ranks of a node, at most */
    arithmetic_t arithmetic;
    /* of the corpus at hand */
    task_t windows;
    sequences_t opening;   /* its first windows, FIRST_TOKENS tokens or one window */
    sequences_t sequences; /* those of the part at hand */
    size_t total;          /* windows of all parts */
    size_t loaded;         /* the part that sequences are of, from 1; 0: none */
    /* of the checkpoint at hand */
    const char *checkpoint;
    char *model_path, hash[SHA256_HEX];
    model_shape_t shape;
    pass_rate_t rate;
    model_t *model;  /* NULL until it is needed */
    int32_t *layer;  /* [layers] chosen, ascending */
    int32_t *neuron; /* [layers][neurons] chosen, ascending, then -1; NULL: all of the model's */
    size_t layers, neurons;
    bool sketch; /* sketches are taken, not all values */
    /* of the file at hand */
    size_t count;  /* windows that it will hold */
    size_t before; /* windows of the corpus before these */
    forest_t *forest;
    size_t rows_max;     /* of a chunk */
    size_t *first_token; /* [chunks] of each chunk, in the file */
    store_t *store;      /* the file that is written, collective */
} collection_t;

/* ---- what to collect (collect_plan.c) ---- */

/* Of corpus number index (0: collect.corpus, then collect.also): its settings. */
MUST_CHECK status_t collection_read_settings(collection_t *it, size_t index);
/* How many corpora there are. */
size_t collection_corpora(const stage_t *stage);

/* Layers, neurons and mode for the checkpoint whose shape is known. */
MUST_CHECK status_t collection_choose(collection_t *it);
/* How many parts the corpus's windows make, each of whole chunks: collect.parts, or as many as there
 * are chunks. */
size_t collection_parts(const collection_t *it);
/* Pairs of tokens: collect.pairs, or COLLECT_PAIRS and as many as COLLECT_PAIR_BYTES allow; at most
 * half of the corpus's tokens. */
int64_t collection_pairs(const collection_t *it);
/* Folds of sketches: collect.folds, at most as many as the corpus has windows; and the one that a
 * window of the corpus is of. */
size_t collection_folds(const collection_t *it);
size_t collection_fold(const collection_t *it, size_t window);
/* Tokens of a chunk of the file at hand, but for the last one. */
size_t collection_chunk_tokens(const collection_t *it);
/* Reads the windows of a part, from 1, unless they are loaded. Not collective. */
MUST_CHECK status_t collection_load(collection_t *it, size_t part);
/* Reads the corpus's first windows, and how many there are in all. Not collective. */
MUST_CHECK status_t collection_open(collection_t *it);
void collection_close(collection_t *it);

/* The key of the whole, or of a part (from 1). */
MUST_CHECK status_t collection_key(const collection_t *it, size_t part, char key[SHA256_HEX]);

/* The output's path below the run's directory; a part's (from 1) beside the whole's. Collective
 * where create is set. */
MUST_CHECK status_t collection_path(const collection_t *it, size_t part, bool create, char **path);

/* ---- the passes (collect_run.c) ---- */

/* Collective: fills the file that was created, but for what describes it: from the model, which is
 * open, over the windows that are loaded; or, with merge, from the files of the parts. */
MUST_CHECK status_t collection_run(collection_t *it, bool merge);
/* Adds what that will take beside the model: bytes that a rank holds, and of the file. */
void collection_estimate(const collection_t *it, double *memory, double *disk);

/* ---- who takes it ---- */

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
    /* NULL, or: rank 0 shows it each chosen layer of the corpus's first windows, some FIRST_TOKENS
     * tokens, before anything is taken; then, collective, start. */
    status_t (*look)(void *state, const batch_t *batch);
    status_t (*start)(void *state);
    /* By each rank for its own chunks, in any order. Not collective. */
    status_t (*take)(void *state, const batch_t *batch);
    /* Collective: in place of taking batches, adds what a part's file holds, whose tokens are those
     * from first on. */
    status_t (*merge)(void *state, const store_t *part, size_t first);
    /* Collective: every rank has taken all that is its own. */
    status_t (*finish)(void *state);
    /* Collective; state may be NULL. */
    void (*destroy)(void **state);
} taker_t;

enum { FIRST_TOKENS = 4096 };

/* collect.mode auto takes sketches where raw activations would be larger. */
#define COLLECT_RAW_BYTES 64e9

/* Every pre-activation: /preactivations [layers][neurons][tokens] in collect.type. */
extern const taker_t collect_raw;
/* Their sketches: /sketch of stats/sketch_file.h. */
extern const taker_t collect_sketch;
/* Without collect.pairs there are 50,000 pairs, or fewer, so that their inputs while the model runs, and
 * their outputs where those are kept, take no more than 20 GB. */
enum { COLLECT_PAIRS = 50000 };
#define COLLECT_PAIR_BYTES 20e9

/* Of seeded pairs of tokens: /pairs and /input_distances, unless there are none; and where raw is not
 * taken, /pair_outputs. */
extern const taker_t collect_pairs;

#endif
