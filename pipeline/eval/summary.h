/* What the scores of a task come to: the share of items that a model gets right, and perplexity.
 * Every summary knows its n; bootstraps give it an interval (eval/resampling.h). */
#ifndef WN_EVAL_SUMMARY_H
#define WN_EVAL_SUMMARY_H

#include <stddef.h>
#include <stdint.h>

#include "core/status.h"
#include "stats/interval.h"

/* A pair is right when the good sentence scores strictly higher: a tie is wrong, and counted. */
typedef struct {
    int64_t correct, ties, count;
    interval_t interval; /* once resampled; NaN before */
} accuracy_t;

/* correct / count; NaN where count is 0. */
double accuracy_value(const accuracy_t *accuracy);

/* Of the mean losses of windows, in nats per scored token. */
typedef struct {
    int64_t windows;
    double loss;         /* mean over windows */
    double deviation;    /* of the windows' losses (n - 1); NaN for a single window */
    interval_t interval; /* of the mean, once resampled; NaN before */
} loss_t;

/* loss: float64 [windows]; a value that is not finite is an EXIT_NUMERIC error that names the
 * window. No window at all: NaN everywhere. */
MUST_CHECK status_t loss_summarise(const double *loss, int64_t windows, loss_t *summary);
/* exp(loss): the perplexity of the original, the mean over windows of the mean over tokens. */
double loss_perplexity(const loss_t *summary);
/* The loss's interval, exponentiated. Both of a difference: the ratio of two perplexities. */
interval_t loss_perplexity_interval(const loss_t *summary);

#endif
