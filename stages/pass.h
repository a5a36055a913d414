/* The estimate of what collect and evaluate do most: a pass of a model over a forest. */
#ifndef WN_STAGES_PASS_H
#define WN_STAGES_PASS_H

#include "model/rate.h"
#include "stages/plan.h"

/* What is run; everything is borrowed. */
typedef struct {
    const char *directory; /* of the model */
    const model_shape_t *shape;
    bool opened; /* its weights were hashed and read for an earlier unit */
    arithmetic_t arithmetic;
    const forest_t *forest;
    const int *owner;                /* [chunks] rank of each */
    const intervention_t *condition; /* [conditions] */
    int conditions, layers;          /* layers that are run */
    bool scored;
    double
        beside;   /* bytes that a rank holds beside the model, the forest's rows and the executor */
    double share; /* of the time for calibration */
} pass_t;

/* Rates measured for a model's shape, kept from unit to unit; {0}: none yet. */
typedef struct {
    rate_t rate;
    int width, mlp, heads, vocabulary;
    dtype_t type;
} pass_rate_t;

/* Collective: measures the rate where none is known for this shape, and fills chunks, rows, flops,
 * read, memory and seconds. */
MUST_CHECK status_t pass_estimate(const stage_t *stage, const pass_t *pass, pass_rate_t *known,
                                  estimate_t *estimate);

#endif
