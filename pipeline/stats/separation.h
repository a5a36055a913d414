/* Which pairs of tokens that its layer sees as close does a neuron move apart most, on which side
 * of zero do they lie, and where do comparable pairs lie.
 *
 * Similar: of the pairs of different inputs, the given per cent of smallest input distance
 * (rounded up; of equal distances the lower number). Separated: of these, those of largest output
 * distance over input distance; the factors N_y and N_x of the mapping difficulty change no order.
 * Controls: for every separated pair another similar one of the same stratum, drawn at random
 * among those that are neither separated nor a control already; none where the stratum has no
 * more. */
#ifndef WN_STATS_SEPARATION_H
#define WN_STATS_SEPARATION_H

#include <stddef.h>
#include <stdint.h>

#include "core/random.h"
#include "core/status.h"

/* What a pair's tokens have in common with those of its controls. */
typedef struct {
    int64_t frequency[2]; /* of the tokens in the collection, >= 1 */
    int64_t position[2];  /* in their windows, from 0 */
    int64_t window;       /* tokens of a window */
    int32_t id[2];
    const char *text[2]; /* bytes, or NULL where unknown */
    size_t length[2];
} pair_traits_t;

/* A number for: the bands of both frequencies, a factor of four each; the quarters of the window
 * that both positions lie in; whether they are the same token, or their texts, without leading
 * blanks, begin with the same three bytes. The tokens' order does not matter. */
int32_t pair_stratum(const pair_traits_t *traits);

/* Both y < 0; one of them; neither. */
enum { SIGNS_NEGATIVE, SIGNS_MIXED, SIGNS_POSITIVE, SIGNS };

/* The similar pairs of a layer. */
typedef struct {
    int64_t count, most;     /* similar pairs; of them separated by a neuron: at most a quarter */
    int32_t *pair;           /* [count] numbers, by stratum and then ascending */
    int32_t *begin;          /* [count] first place of the same stratum */
    int32_t *end;            /* [count] and the place behind its last */
    double *distance;        /* [count] of the inputs */
    double *ratio, *scratch; /* [count] of a neuron */
    char *used;              /* [count] */
} similar_t;

/* distance float64 [pairs], of inputs; stratum int32 [pairs]; percent in (0, 100]; most: pairs that
 * each neuron is to show, at least 1. pairs < 2^31. */
MUST_CHECK status_t similar_create(similar_t *similar, const double *distance,
                                   const int32_t *stratum, int64_t pairs, double percent,
                                   int64_t most);
void similar_destroy(similar_t *similar);

/* Of one neuron. pair int32 [most], the separated ones, from the most separated on; of equal
 * ratios the lower number. sign, control: how many of them and of their controls have each sign. */
typedef struct {
    int32_t *pair;
    int32_t sign[SIGNS], control[SIGNS];
} separation_t;

/* first, second: float32 [pairs], the neuron's y. Uses the scratch: one call at a time. */
void similar_measure(similar_t *similar, const float *first, const float *second, random_t *random,
                     separation_t *separation);

#endif
