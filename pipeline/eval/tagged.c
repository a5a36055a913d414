#include "eval/tagged.h"

#include <math.h>

void tagged_place(const sequences_t *sequences, const double *log_probability, double *nll)
{
    for (size_t i = 0; i < sequences->tokens; i++) nll[i] = NAN;
    for (size_t s = 0; s < sequences->count; s++) {
        int64_t start = sequences->offset[s], end = sequences->offset[s + 1];
        for (int64_t t = sequences_first(sequences, s); t < end; t++)
            nll[sequences->place[s] + (t - start)] = -log_probability[t];
    }
}

void tagged_means(const sequences_t *sequences, const double *nll, double *mean, int64_t *count)
{
    for (size_t t = 0; t < sequences->tags.count; t++) mean[t] = 0, count[t] = 0;
    for (size_t i = 0; i < sequences->tokens; i++) {
        if (isnan(nll[i])) continue;
        mean[sequences->tag[i]] += nll[i];
        count[sequences->tag[i]]++;
    }
    for (size_t t = 0; t < sequences->tags.count; t++)
        mean[t] = count[t] ? mean[t] / (double)count[t] : NAN;
}
