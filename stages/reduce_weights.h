/* wn-reduce's second step: how far every neuron's weights have turned, weights/<checkpoint>/. */
#ifndef WN_STAGES_REDUCE_WEIGHTS_H
#define WN_STAGES_REDUCE_WEIGHTS_H

#include "stages/stage.h"

/* Collective. For each chosen checkpoint, as reduce.weights asks: previous.h5 against the one before
 * it in the run, last.h5 against the run's last one. */
MUST_CHECK status_t reduce_weights(stage_t *stage);

#endif
