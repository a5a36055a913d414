#include "stats/separation.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "stats/difficulty.h"

/* ---- strata ---- */

enum { FREQUENCIES = 32, QUARTERS = 4, SHARED = 3, PREFIX = 3 };

static int band_of(int64_t frequency)
{
    int band = 0;
    for (; frequency >= 4; frequency /= 4) band++;
    return band;
}

/* A blank, or the U+2581 that stands for it in SentencePiece's vocabularies. */
static void skip_blanks(const char **text, size_t *length)
{
    for (;;) {
        size_t size = *length && **text == ' '                                ? 1
                      : *length >= 3 && memcmp(*text, "\xe2\x96\x81", 3) == 0 ? 3
                                                                              : 0;
        if (!size) return;
        *text += size, *length -= size;
    }
}

/* 2: the same token; 1: the same beginning; 0. */
static int shared_part(const pair_traits_t *traits)
{
    const char *a = traits->text[0], *b = traits->text[1];
    size_t length[2] = {traits->length[0], traits->length[1]};
    if (traits->id[0] == traits->id[1]) return 2;
    if (!a || !b) return 0;
    skip_blanks(&a, &length[0]);
    skip_blanks(&b, &length[1]);
    return length[0] >= PREFIX && length[1] >= PREFIX && memcmp(a, b, PREFIX) == 0;
}

/* The same for both orders of a and b, each below base. */
static int32_t unordered(int32_t a, int32_t b, int32_t base)
{
    return a < b ? a * base + b : b * base + a;
}

int32_t pair_stratum(const pair_traits_t *traits)
{
    int32_t band[2], quarter[2];
    for (int i = 0; i < 2; i++) {
        band[i] = band_of(traits->frequency[i]);
        quarter[i] = (int32_t)(traits->position[i] * QUARTERS / traits->window);
    }
    int32_t frequencies = unordered(band[0], band[1], FREQUENCIES);
    int32_t quarters = unordered(quarter[0], quarter[1], QUARTERS);
    return (frequencies * QUARTERS * QUARTERS + quarters) * SHARED + shared_part(traits);
}

/* ---- similar pairs ---- */

typedef struct {
    double distance;
    int32_t pair, stratum;
} candidate_t;

static int nearer(const void *a, const void *b)
{
    const candidate_t *x = a, *y = b;
    if (x->distance != y->distance) return x->distance < y->distance ? -1 : 1;
    return (x->pair > y->pair) - (x->pair < y->pair);
}

static int by_stratum(const void *a, const void *b)
{
    const candidate_t *x = a, *y = b;
    if (x->stratum != y->stratum) return x->stratum < y->stratum ? -1 : 1;
    return (x->pair > y->pair) - (x->pair < y->pair);
}

static void fill(similar_t *s, const candidate_t *candidate)
{
    for (int64_t from = 0, to; from < s->count; from = to) {
        for (to = from; to < s->count && candidate[to].stratum == candidate[from].stratum; to++) {
            s->pair[to] = candidate[to].pair;
            s->distance[to] = candidate[to].distance;
        }
        for (int64_t i = from; i < to; i++) {
            s->begin[i] = (int32_t)from;
            s->end[i] = (int32_t)to;
        }
    }
}

status_t similar_create(similar_t *s, const double *distance, const int32_t *stratum, int64_t pairs,
                        double percent, int64_t most)
{
    candidate_t *candidate = NULL;
    int64_t kept = 0;
    *s = (similar_t){0};
    status_t status = mem_new(&candidate, (size_t)pairs, "similar pairs");
    for (int64_t p = 0; !status && p < pairs; p++)
        if (distance[p] > 0) candidate[kept++] = (candidate_t){distance[p], (int32_t)p, stratum[p]};
    size_t count = (size_t)ceil((double)kept * (percent / 100));
    if (!status) status = mem_new(&s->pair, count, "similar pairs");
    if (!status) status = mem_new(&s->begin, count, "similar pairs");
    if (!status) status = mem_new(&s->end, count, "similar pairs");
    if (!status) status = mem_new(&s->distance, count, "similar pairs");
    if (!status) status = mem_new(&s->ratio, count, "similar pairs");
    if (!status) status = mem_new(&s->scratch, count, "similar pairs");
    if (!status) status = mem_new(&s->used, count, "similar pairs");
    if (!status) {
        s->count = (int64_t)count;
        s->most = most < s->count / 4 ? most : s->count / 4;
        qsort(candidate, (size_t)kept, sizeof *candidate, nearer);
        qsort(candidate, count, sizeof *candidate, by_stratum);
        fill(s, candidate);
    } else {
        similar_destroy(s);
    }
    mem_free(&candidate);
    return status;
}

void similar_destroy(similar_t *s)
{
    mem_free(&s->pair);
    mem_free(&s->begin);
    mem_free(&s->end);
    mem_free(&s->distance);
    mem_free(&s->ratio);
    mem_free(&s->scratch);
    mem_free(&s->used);
    *s = (similar_t){0};
}

/* ---- one neuron ---- */

/* Whether the similar pair a is more separated than b. */
static int more_separated(const similar_t *s, int32_t a, int32_t b)
{
    if (s->ratio[a] != s->ratio[b]) return s->ratio[a] > s->ratio[b];
    return s->pair[a] < s->pair[b];
}

/* place [most] = the most separated pairs' places, from the first on; they are marked as used. */
static void choose(similar_t *s, int32_t *place)
{
    int64_t count = 0;
    memcpy(s->scratch, s->ratio, (size_t)s->count * sizeof *s->ratio);
    select_rank(s->scratch, s->count, s->count - s->most);
    double last = s->scratch[s->count - s->most];
    for (int32_t i = 0; i < s->count; i++) { /* by insertion: a few beside all that were measured */
        if (s->ratio[i] < last) continue;
        int64_t at = count < s->most ? count++ : s->most;
        if (at == s->most && !more_separated(s, i, place[--at])) continue;
        for (; at > 0 && more_separated(s, i, place[at - 1]); at--) place[at] = place[at - 1];
        place[at] = i;
    }
    for (int64_t k = 0; k < s->most; k++) s->used[place[k]] = 1;
}

/* A pair of the same stratum that is not used yet, at random: its place, or -1. */
static int32_t draw_control(similar_t *s, int32_t place, random_t *random)
{
    int64_t left = 0;
    for (int32_t i = s->begin[place]; i < s->end[place]; i++) left += !s->used[i];
    if (!left) return -1;
    int64_t wanted = (int64_t)random_below(random, (uint64_t)left);
    int32_t i = s->begin[place];
    while (s->used[i] || wanted--) i++;
    s->used[i] = 1;
    return i;
}

static int sign_of(float first, float second)
{
    int negative = (first < 0) + (second < 0);
    return negative == 2 ? SIGNS_NEGATIVE : negative ? SIGNS_MIXED : SIGNS_POSITIVE;
}

void similar_measure(similar_t *s, const float *first, const float *second, random_t *random,
                     separation_t *separation)
{
    memset(separation->sign, 0, sizeof separation->sign);
    memset(separation->control, 0, sizeof separation->control);
    if (!s->most) return;
    for (int64_t i = 0; i < s->count; i++) {
        int32_t p = s->pair[i];
        s->ratio[i] = fabs((double)first[p] - (double)second[p]) / s->distance[i];
    }
    memset(s->used, 0, (size_t)s->count);
    choose(s, separation->pair);
    for (int64_t k = 0; k < s->most; k++) {
        int32_t place = separation->pair[k], control = draw_control(s, place, random);
        int32_t p = s->pair[place], c = control < 0 ? 0 : s->pair[control];
        separation->pair[k] = p;
        separation->sign[sign_of(first[p], second[p])]++;
        if (control >= 0) separation->control[sign_of(first[c], second[c])]++;
    }
}
