/* Where checkpoints stand on the horizontal axis of a figure over training. */
#ifndef WN_REPORT_AXIS_H
#define WN_REPORT_AXIS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/status.h"
#include "core/strings.h"

typedef struct {
    size_t count;
    bool steps;              /* names tell training steps; else the places are 0, 1, 2, ... */
    bool broken;             /* step 0 stands left of a logarithmic axis, before a break */
    int64_t *step;           /* [count], where steps */
    double *place;           /* [count] */
    double least, most, cut; /* range of places with a margin; the break's place */
    strings_t label;         /* of tics */
    double *tic;             /* [label.count] their places */
} axis_t;

/* The training step in a checkpoint's name: the digits after the word "step" ("step512",
 * "stage1-step1000-tokens5B", "global_step_8"), else the name's last digits ("checkpoint-500",
 * "iter_0000100"); false where there is none or it exceeds 10^15. */
bool checkpoint_step(const char *name, int64_t *step);

/* Steps are taken only if every name tells one and they increase; the axis is logarithmic (base 2)
 * where the largest is at least 8 times the smallest positive one. */
MUST_CHECK status_t axis_create(const strings_t *names, axis_t *axis);
void axis_destroy(axis_t *axis);

/* chosen [names->count]: those of candidate [names->count] that a short table shows: the first, the last
 * and others spread evenly over the axis, at most most of them (most 0: all). Returns their number. */
MUST_CHECK status_t axis_choose(const strings_t *names, const bool *candidate, size_t most,
                                bool *chosen, size_t *count);

#endif
