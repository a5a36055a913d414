/* The sketch of one neuron: fixed memory for any number of values, exact to merge.
 *
 * Values are counted in bins of z = (x - centre) / scale, which the first values of a corpus fix:
 * of width 1/1024 within |z| < 2, 1/256 up to 8, 1/16 up to 16, then 64 an octave up to 2^20, and a
 * last bin at each end. The centre is the middle of a bin. Beside the counts stand, exactly, the
 * number of values < 0, the smallest and the largest, and sums of z, z^2, z^3, z^4 in fixed point.
 * All of these are integers (or extremes), so that a merge gives the same bits in any order.
 *
 * Bounds, with sigma and mu those of all values. The value that stands for a bin's is at most half a
 * bin off, h(z) <= (1 + z^2) / 2048 below 2^20, so that a WD is off by at most
 * E h scale / sigma <= (1 + (sigma^2 + (mu - centre)^2) / scale^2) scale / sigma / 2048: 0.98e-3 for
 * any distribution whose scale and centre are its sigma and mu, 1.06e-3 where the scale is off by
 * a factor of 1.5, and far less for smooth densities, whose errors cancel. E h scale / sigma of the
 * values at hand is computed with each sample (sketched_t.bound). Moments: mean
 * and variance within 1e-6 (in sigma), skewness and kurtosis 1e-4; minimum, maximum and
 * negative_fraction are exact; a quantile is off by its bin's half width. The dip is off by no more than
 * the largest share of values in a bin (4e-4 of a normal distribution), as distribution functions are;
 * of the values spread over their bins, by far less where densities are smooth. */
#ifndef WN_STATS_SKETCH_H
#define WN_STATS_SKETCH_H

#include <stddef.h>
#include <stdint.h>

#include "stats/distribution.h"

enum {
    SKETCH_HALF = 4736, /* bins on either side of the centre's */
    SKETCH_BINS = 2 * SKETCH_HALF + 1,
    SKETCH_MOMENTS = 4,
    SKETCH_GROUPS = SKETCH_BINS + 3, /* of a sample: one bin may hold both signs; two extremes */
    SKETCH_CORNERS = 2 * SKETCH_GROUPS
};

/* ---- where the bins are ---- */

/* z = (x * power - centre * power) * reciprocal, in float32: power is one of two, so that a centre
 * far from zero costs no digit, and neither do scales near the ends of float32's range. */
typedef struct {
    float centre, power, reciprocal;
} grid_t;

/* The grid with a scale as near as it can be: at least 2^-40 |centre|, and within float32. */
grid_t grid_of(float centre, double scale);
/* The scale in effect; grid_of(centre, grid_scale(grid)) is the grid. */
double grid_scale(const grid_t *grid);

/* Of the deviations [neurons] of a layer's first values, sets those that are 0 (the neuron was
 * constant) to 2^-10 of the others' median, or to 1 where all are. */
MUST_CHECK status_t grid_fill(double *scale, size_t neurons);

/* The bin of a finite or infinite z. */
static inline __attribute__((always_inline)) int32_t sketch_bin(float z)
{
    enum { FAR_BITS = 0x41800000 /* 16.0f */, FAR = 3712, STEP = 17 /* 64 bins an octave */ };
    float a = z < 0 ? -z : z, fine = a * 1024, middle = 1536 + a * 256, coarse = 3456 + a * 16;
    fine = fine < middle ? fine : middle;
    fine = fine < coarse ? fine : coarse;
    fine = fine < FAR - 1 ? fine : FAR - 1;
    union {
        float value;
        int32_t bits;
    } of = {a};
    int32_t near = (int32_t)(fine + 0.5f), far = FAR + ((of.bits - FAR_BITS) >> STEP);
    far = far < SKETCH_HALF ? far : SKETCH_HALF;
    int32_t bin = of.bits < FAR_BITS ? near : far;
    return z < 0 ? SKETCH_HALF - bin : SKETCH_HALF + bin;
}

/* ---- folds ---- */

/* The folds of a corpus, equal runs of windows, are counted in coarse bins: FOLD_WIDTH bins each. */
enum { FOLD_WIDTH = 32, FOLD_BINS = (SKETCH_BINS - 1 + FOLD_WIDTH / 2) / FOLD_WIDTH + 1 };

static inline int fold_bin(int bin)
{
    return (bin + FOLD_WIDTH / 2) / FOLD_WIDTH;
}

/* ---- what is known of a neuron ---- */

/* Fixed point in two's complement with 64, 56, 48, 40 bits after the point for z to z^4. A sum of
 * z^4 beyond 2^87 is SUM_LOST; where it is not, no other sum can be for less than 2^48 values. */
typedef __int128 sum_t;
#define SUM_LOST ((sum_t)((unsigned __int128)1 << 127))

typedef struct {
    sum_t sum[SKETCH_MOMENTS];
    int64_t negative;
    float least, most; /* infinity and -infinity where there is no value */
} tally_t;

static const tally_t TALLY_EMPTY = {.least = __builtin_inff(), .most = -__builtin_inff()};

/* to += from */
void tally_add(tally_t *to, const tally_t *from);
/* The fixed point of a window's sum of the power p + 1 of z. */
sum_t tally_fix(double sum, int p);

typedef struct {
    grid_t grid;
    tally_t tally;
    int64_t *count; /* [SKETCH_BINS] */
    int64_t tokens; /* the counts' sum */
} sketch_t;

/* The value that stands for those of a bin that holds some: its middle, within the extremes. */
double sketch_middle(const sketch_t *sketch, int bin);

/* Room for one neuron's groups; sample points into it. */
typedef struct {
    sample_t sample, spread;
    distribution_t distribution;
    double bound; /* of distances: E h scale / sigma; NaN where the values do not vary */
    float value[SKETCH_GROUPS];
    int64_t start[SKETCH_GROUPS + 1];
    float corner[SKETCH_CORNERS]; /* of spread */
    int64_t height[SKETCH_CORNERS];
    int32_t scratch[2 * SKETCH_CORNERS];
} sketched_t;

/* The sample that a sketch stands for, each bin's values at its middle, the smallest and the largest
 * value where they are, and values on their side of zero, spread evenly over their bins in sample.spread;
 * and the distribution from the sums: NaN where SUM_LOST. */
void sketch_sample(const sketch_t *sketch, sketched_t *sketched);

#endif
