#include "stats/lattice.h"

#include <stdbool.h>
#include <string.h>

#include "core/memory.h"

/* Both tails together lose no more than this at each step. */
static const double TAIL = 1e-15;
enum { GUIDE = 1024 };

typedef struct {
    int64_t low;
    size_t count;
    double *mass; /* [count]: of low, low + 1, ... */
} pmf_t;

struct lattice {
    pmf_t pmf;
    double *below;         /* [count] P(sum <= low + i) */
    uint32_t guide[GUIDE]; /* the first i with below[i] > g / GUIDE */
};

static void trim(pmf_t *pmf)
{
    double lost = 0;
    size_t first = 0, end = pmf->count;
    while (end - first > 1 && lost + pmf->mass[first] < TAIL / 2) lost += pmf->mass[first++];
    lost = 0;
    while (end - first > 1 && lost + pmf->mass[end - 1] < TAIL / 2) lost += pmf->mass[--end];
    memmove(pmf->mass, pmf->mass + first, (end - first) * sizeof *pmf->mass);
    pmf->low += (int64_t)first;
    pmf->count = end - first;
}

/* to = a + b, of independent values; to is neither. */
static status_t convolve(const pmf_t *a, const pmf_t *b, pmf_t *to)
{
    *to = (pmf_t){.low = a->low + b->low, .count = a->count + b->count - 1};
    status_t status = mem_new(&to->mass, to->count, "sums of outcomes");
    for (size_t i = 0; !status && i < a->count; i++) {
        double *into = to->mass + i, factor = a->mass[i];
        for (size_t j = 0; j < b->count; j++) into[j] += factor * b->mass[j];
    }
    if (!status) trim(to);
    return status;
}

static status_t multiply(pmf_t *pmf, const pmf_t *by)
{
    pmf_t product;
    status_t status = convolve(pmf, by, &product);
    mem_free(&pmf->mass);
    *pmf = product;
    return status;
}

/* sum = of n values of the base, which is used up. */
static status_t raise(pmf_t *base, int64_t n, pmf_t *sum)
{
    *sum = (pmf_t){.count = 1};
    status_t status = mem_new(&sum->mass, 1, "sums of outcomes");
    if (!status) sum->mass[0] = 1;
    for (; !status && n; n >>= 1) {
        if (n & 1) status = multiply(sum, base);
        if (!status && n > 1) status = multiply(base, base);
    }
    return status;
}

static status_t prepare_draws(lattice_t *lattice)
{
    const pmf_t *pmf = &lattice->pmf;
    status_t status = mem_new(&lattice->below, pmf->count, "sums of outcomes");
    double sum = 0, all = 0;
    if (status) return status;
    for (size_t i = 0; i < pmf->count; i++) all += pmf->mass[i];
    for (size_t i = 0; i < pmf->count; i++) lattice->below[i] = (sum += pmf->mass[i]) / all;
    lattice->below[pmf->count - 1] = 1;
    for (uint32_t g = 0, i = 0; g < GUIDE; g++) {
        while (lattice->below[i] <= (double)g / GUIDE) i++;
        lattice->guide[g] = i;
    }
    return NULL;
}

status_t lattice_create(const int64_t *count, size_t outcomes, lattice_t **lattice)
{
    pmf_t base = {.count = outcomes};
    int64_t items = 0;
    for (size_t i = 0; i < outcomes; i++) items += count[i];
    status_t status = mem_new(lattice, 1, "sums of outcomes");
    if (!status) status = mem_new(&base.mass, outcomes, "sums of outcomes");
    for (size_t i = 0; !status && i < outcomes; i++)
        base.mass[i] = (double)count[i] / (double)items;
    if (!status) status = raise(&base, items, &(*lattice)->pmf);
    if (!status) status = prepare_draws(*lattice);
    mem_free(&base.mass);
    if (status) lattice_destroy(lattice);
    return status;
}

void lattice_destroy(lattice_t **lattice)
{
    if (!*lattice) return;
    mem_free(&(*lattice)->pmf.mass);
    mem_free(&(*lattice)->below);
    mem_free(lattice);
}

double lattice_mass(const lattice_t *lattice, int64_t value)
{
    const pmf_t *pmf = &lattice->pmf;
    bool inside = value >= pmf->low && value < pmf->low + (int64_t)pmf->count;
    return inside ? pmf->mass[value - pmf->low] : 0;
}

int64_t lattice_draw(const lattice_t *lattice, random_t *random)
{
    double uniform = random_uniform(random);
    uint32_t i = lattice->guide[(int)(uniform * GUIDE)];
    while (lattice->below[i] <= uniform) i++;
    return lattice->pmf.low + (int64_t)i;
}
