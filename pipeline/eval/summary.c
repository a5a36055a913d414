#include "eval/summary.h"

#include <math.h>

#include "core/memory.h"

void accuracy_add(accuracy_t *accuracy, double good, double bad)
{
    accuracy->correct += good > bad;
    accuracy->ties += good == bad;
    accuracy->count++;
}

double accuracy_value(const accuracy_t *accuracy)
{
    return accuracy->count ? (double)accuracy->correct / (double)accuracy->count : NAN;
}

interval_t accuracy_interval(const accuracy_t *accuracy)
{
    return interval_share(accuracy->correct, accuracy->count, SUMMARY_LEVEL);
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
        .loss_interval = interval_mean(mean, variance, windows, SUMMARY_LEVEL),
    };
    return NULL;
}

status_t loss_compare(const double *loss, const double *baseline, int64_t windows,
                      loss_t *difference)
{
    double *change = NULL;
    status_t status = mem_new(&change, (size_t)windows, "differences of losses");
    for (int64_t i = 0; !status && i < windows; i++) change[i] = loss[i] - baseline[i];
    if (!status) status = loss_summarise(change, windows, difference);
    mem_free(&change);
    return status;
}

double loss_perplexity(const loss_t *summary)
{
    return exp(summary->loss);
}

interval_t loss_perplexity_interval(const loss_t *summary)
{
    return (interval_t){exp(summary->loss_interval.low), exp(summary->loss_interval.high)};
}
