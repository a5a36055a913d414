#include "eval/summary.h"

#include <math.h>

double accuracy_value(const accuracy_t *accuracy)
{
    return accuracy->count ? (double)accuracy->correct / (double)accuracy->count : NAN;
}

status_t loss_summarise(const double *loss, int64_t windows, loss_t *summary)
{
    double sum = 0, squares = 0;
    for (int64_t i = 0; i < windows; i++) {
        if (!isfinite(loss[i]))
            return status_new(EXIT_NUMERIC, "window %lld: the loss %g is not finite", (long long)i,
                              loss[i]);
        sum += loss[i];
    }
    double mean = windows ? sum / (double)windows : NAN;
    for (int64_t i = 0; i < windows; i++) squares += (loss[i] - mean) * (loss[i] - mean);
    double variance = windows > 1 ? squares / (double)(windows - 1) : NAN;
    *summary = (loss_t){
        .windows = windows,
        .loss = mean,
        .deviation = sqrt(variance),
        .interval = {NAN, NAN},
    };
    return NULL;
}

double loss_perplexity(const loss_t *summary)
{
    return exp(summary->loss);
}

interval_t loss_perplexity_interval(const loss_t *summary)
{
    return (interval_t){exp(summary->interval.low), exp(summary->interval.high)};
}
