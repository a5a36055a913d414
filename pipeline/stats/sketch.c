#include "stats/sketch.h"

#include <float.h>
#include <math.h>

#include "core/memory.h"
#include "stats/difficulty.h"

/* ---- where the bins are ---- */

grid_t grid_of(float centre, double scale)
{
    double least = fmax(ldexp(fabs((double)centre), -40), ldexp(1, -149));
    int exponent;
    scale = fmin(fmax(scale, least), (double)FLT_MAX);
    frexp(scale, &exponent);
    exponent = exponent - 1 < -127 ? -127 : exponent - 1 > 126 ? 126 : exponent - 1;
    float reciprocal = (float)(1 / ldexp(scale, -exponent));
    if (reciprocal == 0.5f && exponent < 126) { /* of what is nearly 2 */
        reciprocal = 1;
        exponent++;
    }
    return (grid_t){centre, ldexpf(1, -exponent), reciprocal};
}

double grid_scale(const grid_t *grid)
{
    return 1 / ((double)grid->power * (double)grid->reciprocal);
}

status_t grid_fill(double *scale, size_t neurons)
{
    double *some = NULL;
    int64_t count = 0;
    status_t status = mem_new(&some, neurons, "deviations");
    if (status) return status;
    for (size_t i = 0; i < neurons; i++)
        if (scale[i] > 0) some[count++] = scale[i];
    double stand_in = count ? ldexp(median_of(some, count), -10) : 1;
    for (size_t i = 0; i < neurons; i++)
        if (!(scale[i] > 0)) scale[i] = stand_in;
    mem_free(&some);
    return NULL;
}

/* ---- sums ---- */

sum_t tally_fix(double sum, int p)
{
    static const int point[SKETCH_MOMENTS] = {64, 56, 48, 40};
    double fixed = ldexp(sum, point[p]);
    if (fabs(fixed) < ldexp(1, 126)) return (sum_t)rint(fixed);
    return p == SKETCH_MOMENTS - 1 ? SUM_LOST : 0; /* then the fourth is lost too */
}

void tally_add(tally_t *to, const tally_t *from)
{
    const int last = SKETCH_MOMENTS - 1;
    for (int p = 0; p < last; p++)
        to->sum[p] = (sum_t)((unsigned __int128)to->sum[p] + (unsigned __int128)from->sum[p]);
    if (to->sum[last] == SUM_LOST || from->sum[last] == SUM_LOST ||
        __builtin_add_overflow(to->sum[last], from->sum[last], &to->sum[last]))
        to->sum[last] = SUM_LOST;
    to->negative += from->negative;
    to->least = from->least < to->least ? from->least : to->least;
    to->most = from->most > to->most ? from->most : to->most;
}

/* The mean of z^(p + 1). */
static double moment(const sketch_t *sketch, int p)
{
    static const int point[SKETCH_MOMENTS] = {64, 56, 48, 40};
    return ldexp((double)sketch->tally.sum[p], -point[p]) / (double)sketch->tokens;
}

static void measure(const sketch_t *sketch, distribution_t *d)
{
    const tally_t *tally = &sketch->tally;
    double scale = grid_scale(&sketch->grid), n = (double)sketch->tokens;
    *d = (distribution_t){.count = sketch->tokens,
                          .mean = NAN,
                          .variance = NAN,
                          .skewness = NAN,
                          .kurtosis = NAN,
                          .minimum = NAN,
                          .maximum = NAN,
                          .negative_fraction = NAN,
                          .deviation = NAN};
    if (sketch->tokens == 0) return;
    d->minimum = (double)tally->least;
    d->maximum = (double)tally->most;
    d->negative_fraction = (double)tally->negative / n;
    d->shift = d->minimum;
    if (tally->least == tally->most) {
        d->mean = d->minimum;
        d->variance = d->deviation = 0;
        return;
    }
    d->shift = (double)sketch->grid.centre;
    d->offset = NAN;
    if (tally->sum[SKETCH_MOMENTS - 1] == SUM_LOST) return;
    double first = moment(sketch, 0), second = moment(sketch, 1), third = moment(sketch, 2),
           fourth = moment(sketch, 3), square = first * first, variance = second - square;
    d->offset = first * scale;
    d->mean = d->shift + d->offset;
    d->deviation = sqrt(variance) * scale;
    d->variance = d->deviation * d->deviation;
    d->skewness = ((third - 3 * first * second) + 2 * first * square) / (variance * sqrt(variance));
    d->kurtosis = ((fourth - 4 * first * third) + 6 * square * second - 3 * square * square) /
                      (variance * variance) -
                  3;
}

/* ---- the sample ---- */

/* Where the k-th bin from the centre begins, in |z|; k of 1 to SKETCH_HALF. */
static double edge(int k)
{
    enum { FAR = 3712, OCTAVE = 64 };
    double place = k - 0.5;
    if (k >= FAR) return ldexp(1 + (double)((k - FAR) % OCTAVE) / OCTAVE, 4 + (k - FAR) / OCTAVE);
    return place <= 2048   ? place / 1024
           : place <= 3584 ? (place - 1536) / 256
                           : (place - 3456) / 16;
}

double sketch_middle(const sketch_t *sketch, int bin)
{
    int k = bin < SKETCH_HALF ? SKETCH_HALF - bin : bin - SKETCH_HALF;
    double inner = k ? edge(k) : 0, outer = k && k < SKETCH_HALF ? edge(k + 1) : inner;
    double off = (inner + outer) / 2 * grid_scale(&sketch->grid);
    double value = (double)sketch->grid.centre + (bin < SKETCH_HALF ? -off : off);
    return fmin(fmax(value, (double)sketch->tally.least), (double)sketch->tally.most);
}

typedef struct {
    sketched_t *to;
    double least, most; /* of all values */
    double moved;       /* the sum of what values may be off */
} groups_t;

/* The distribution function goes through (place, rank). Places ascend, whatever float32 rounds. */
static void add_corner(sketched_t *to, double place, int64_t rank)
{
    sample_t *spread = &to->spread;
    float x = (float)place;
    if (spread->groups && x <= to->corner[spread->groups - 1]) {
        if (rank == to->height[spread->groups - 1]) return;
        x = nextafterf(to->corner[spread->groups - 1], INFINITY);
    }
    to->corner[spread->groups] = x;
    to->height[spread->groups++] = rank;
    spread->count = rank;
}

/* count values within [low, high], taken to be at the middle, or at the place given. */
static void add_group(groups_t *groups, double low, double high, const double *place, int64_t count)
{
    sketched_t *to = groups->to;
    sample_t *sample = &to->sample;
    if (count <= 0) return;
    low = fmax(low, groups->least);
    high = fmax(fmin(high, groups->most), low);
    float value =
        (float)(place && *place >= low && *place <= high ? *place : low + (high - low) / 2);
    if (sample->groups == 0 || value > to->value[sample->groups - 1]) {
        to->value[sample->groups] = value;
        to->start[sample->groups++] = sample->count;
    }
    add_corner(to, low, sample->count);
    sample->count += count;
    add_corner(to, high, sample->count);
    groups->moved += (double)count * fmax(high - (double)value, (double)value - low);
}

/* The values of a bin, of which so many are below zero. */
static void add_bin(groups_t *groups, double low, double high, const double *place, int64_t below,
                    int64_t count)
{
    double under = fmin(high, -(double)FLT_TRUE_MIN), over = fmax(low, 0);
    add_group(groups, fmin(low, under), under, place, below);
    add_group(groups, over, fmax(high, over), place, count - below);
}

/* All but the smallest and the largest value. */
static void add_bins(const sketch_t *sketch, groups_t *groups)
{
    double scale = grid_scale(&sketch->grid), centre = (double)sketch->grid.centre;
    int64_t done = 1;
    int first = 0, last = SKETCH_BINS - 1;
    while (sketch->count[first] == 0) first++;
    while (sketch->count[last] == 0) last--;
    for (int b = first; b <= last; b++) {
        int64_t count = sketch->count[b] - (b == first) - (b == last);
        int64_t below = sketch->tally.negative - done;
        int k = b < SKETCH_HALF ? SKETCH_HALF - b : b - SKETCH_HALF;
        double inner = k ? edge(k) * scale : -edge(1) * scale;
        double outer = k < SKETCH_HALF ? edge(k + 1) * scale : (double)INFINITY;
        below = below < 0 ? 0 : below < count ? below : count;
        add_bin(groups, centre + (b < SKETCH_HALF ? -outer : inner),
                centre + (b < SKETCH_HALF ? -inner : outer), k ? NULL : &centre, below, count);
        done += count;
    }
}

void sketch_sample(const sketch_t *sketch, sketched_t *to)
{
    const tally_t *tally = &sketch->tally;
    groups_t groups = {to, (double)tally->least, (double)tally->most, 0};
    to->sample = (sample_t){
        .value = to->value, .start = to->start, .scratch = to->scratch, .spread = &to->spread};
    to->spread = (sample_t){.value = to->corner, .start = to->height, .scratch = to->scratch};
    to->bound = NAN;
    measure(sketch, &to->distribution);
    if (sketch->tokens > 0) add_group(&groups, groups.least, groups.least, NULL, 1);
    if (sketch->tokens > 1) {
        add_bins(sketch, &groups);
        add_group(&groups, groups.most, groups.most, NULL, 1);
    }
    to->start[to->sample.groups] = to->sample.count;
    if (distribution_varies(&to->distribution))
        to->bound = groups.moved / (double)sketch->tokens / to->distribution.deviation;
}
