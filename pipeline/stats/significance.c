#include "stats/significance.h"

#include <math.h>
#include <stdlib.h>

#include "core/memory.h"

double mcnemar_test(int64_t gained, int64_t lost)
{
    int64_t rarer = gained < lost ? gained : lost;
    double n = (double)(gained + lost), sum = 0;
    if (gained == lost) return 1;
    /* P(k) / P(rarer) downwards from k = rarer: a sum that falls at least geometrically. */
    double term = 1;
    for (int64_t i = rarer; i >= 0 && term > 0x1p-60 * sum; i--) {
        sum += term;
        term *= (double)i / (n - (double)i + 1);
    }
    double k = (double)rarer;
    double mass = exp(lgamma(n + 1) - lgamma(k + 1) - lgamma(n - k + 1) - n * log(2));
    return fmin(1, 2 * mass * sum);
}

typedef struct {
    double p;
    size_t index;
} entry_t;

static int compare(const void *a, const void *b)
{
    const entry_t *x = a, *y = b;
    if (x->p != y->p) return x->p < y->p ? -1 : 1;
    return (x->index > y->index) - (x->index < y->index);
}

status_t holm_adjust(const double *p, size_t count, double *adjusted)
{
    entry_t *entry = NULL;
    size_t tests = 0;
    double least = 0;
    status_t status = mem_new(&entry, count, "p-values");
    if (status) return status;
    for (size_t i = 0; i < count; i++) {
        adjusted[i] = NAN;
        if (!isnan(p[i])) entry[tests++] = (entry_t){p[i], i};
    }
    qsort(entry, tests, sizeof *entry, compare);
    for (size_t i = 0; i < tests; i++) {
        least = fmax(least, fmin(1, (double)(tests - i) * entry[i].p));
        adjusted[entry[i].index] = least;
    }
    mem_free(&entry);
    return NULL;
}
