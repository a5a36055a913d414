/* A file of activations that is open to be reduced. */
#ifndef WN_STATS_ACTIVATIONS_H
#define WN_STATS_ACTIVATIONS_H

#include "stats/pairs.h"
#include "stats/source.h"

/* What collect wrote: values or sketches (stats/source.h), /layers, /ids, and the
 * pairs of tokens, if it drew any. */
typedef struct {
    store_t *store;
    source_shape_t shape;
    int64_t layers, neurons, tokens;
    int64_t windows, window; /* windows of so many tokens; 0 where the file has no /ids */
    int32_t *layer;          /* [layers], numbers in the model */
    int32_t *neuron;         /* [layers][neurons], numbers in the layer, -1: none; NULL: all */
    int64_t mlp;             /* neurons of a layer in the results: all of the model's */
    pairs_t pairs;           /* none: pairs.pairs = 0 */
} activations_t;

/* Checks that its parts fit together; errors name file and dataset. Not collective. */
MUST_CHECK status_t activations_open(const char *path, activations_t *activations);
void activations_close(activations_t *activations);

#endif
