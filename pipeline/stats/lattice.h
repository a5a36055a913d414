/* The distribution of a sum of draws from items whose outcomes are small integers: right or wrong,
 * or better, equal and worse. Drawing n of n items with replacement changes such a sum as n
 * independent draws from the outcomes' shares do, so that a bootstrap needs one draw from that
 * distribution where it would take n from the items. */
#ifndef WN_STATS_LATTICE_H
#define WN_STATS_LATTICE_H

#include <stddef.h>
#include <stdint.h>

#include "core/random.h"
#include "core/status.h"

typedef struct lattice lattice_t;

/* count[i], i in [0, outcomes): how many items have the outcome i; at least one item in all, at most
 * 2^31. The distribution of the sum of as many draws as there are items, by repeated squaring
 * (convolutions of float64, all terms positive); tails below 1e-15 are cut. Memory and time grow
 * with the sum's standard deviation and its square. */
MUST_CHECK status_t lattice_create(const int64_t *count, size_t outcomes, lattice_t **lattice);
void lattice_destroy(lattice_t **lattice);

/* P(sum = value). */
double lattice_mass(const lattice_t *lattice, int64_t value);
/* A sum at random. */
int64_t lattice_draw(const lattice_t *lattice, random_t *random);

#endif
