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

void tagged_tokens(const sequences_t *sequences, int32_t *id, int32_t *window, int32_t *position)
{
    for (size_t i = 0; i < sequences->tokens; i++) id[i] = window[i] = position[i] = -1;
    for (size_t s = 0; s < sequences->count; s++) {
        int64_t start = sequences->offset[s], end = sequences->offset[s + 1];
        for (int64_t t = start; t < end; t++) {
            int64_t at = sequences->place[s] + (t - start);
            /* BOS, before a window's first token, is none of the shard's. */
            if (t == start && sequences->bos) continue;
            id[at] = sequences->id[t];
            window[at] = (int32_t)s;
            position[at] = (int32_t)(t - start);
        }
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
