/* The search for a share m of neurons at which a model's perplexity equals a target: a bisection
 * that knows nothing of models. The caller measures the values of m that it is asked for:
 *
 *     while (search_next(&search, &percent)) search_add(&search, percent, neurons, perplexity);
 *
 * The perplexity need not grow with m. First the ends are measured; while all values lie on one side of
 * the target, the widest gap is halved; then, between the first neighbours that have it between them,
 * their middle is taken. */
#ifndef WN_SELECT_SEARCH_H
#define WN_SELECT_SEARCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/strings.h"

typedef struct {
    double percent, perplexity;
    int64_t neurons; /* that m amounts to */
} trial_t;

typedef enum {
    SEARCH_OPEN,      /* there is a next m */
    SEARCH_REACHED,   /* a trial is within the tolerance */
    SEARCH_BETWEEN,   /* some lie above and some below, none within the tolerance */
    SEARCH_BELOW,     /* the perplexity stays below the target */
    SEARCH_ABOVE,     /* it stays above */
    SEARCH_NOT_RAISED /* the target is not above the baseline: there is nothing to be matched */
} search_answer_t;

typedef struct {
    double baseline, target; /* perplexities */
    double tolerance;        /* of a perplexity: a share of target - baseline */
    double least, most;      /* of m, in per cent */
    double step;             /* values of m that are closer do not differ */
    size_t trials_most;
    int64_t windows; /* that each perplexity is a mean over; for the record */
    trial_t *trial;  /* [trials], in the order in which they were measured */
    size_t trials, capacity;
} search_t;

/* Whether another m is to be measured, and which. With least 0, m = 0 is the baseline. */
bool search_next(const search_t *search, double *percent);
MUST_CHECK status_t search_add(search_t *search, double percent, int64_t neurons,
                               double perplexity);
void search_free(search_t *search);

search_answer_t search_answer(const search_t *search);
/* The trial that comes closest to the target, of equals the first; NULL: there is none. */
const trial_t *search_closest(const search_t *search);
/* Appends the answer, for a reader. */
MUST_CHECK status_t search_describe(const search_t *search, str_t *text);

/* "reached", "between" and so on, as files have it. */
const char *search_answer_name(search_answer_t answer);

#endif
