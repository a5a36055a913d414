#include "stats/dip.h"

#include <math.h>
#include <stdbool.h>

#include "core/simd.h"

/* Heights are counted in values: the distribution function jumps at group g from its rank to the
 * next one's. The greatest convex minorant runs through lower corners (x_g, rank_g), the least
 * concave majorant through upper ones (x_g, rank_(g+1)); each is the list of its vertices. Where the
 * function does not jump but is linear between places (step 0), both run through (x_g, rank_g). */
typedef struct {
    const sample_t *sample;
    int32_t *minorant, *majorant; /* groups, ascending */
    int64_t minorants, majorants; /* how many */
    int64_t low, high;            /* the interval of groups, both included */
    int step;                     /* ranks to the upper corner's: 1, or 0 */
} hulls_t;

static inline double value_at(const hulls_t *h, int64_t group)
{
    return (double)h->sample->value[group];
}

static inline double below(const hulls_t *h, int64_t group)
{
    return (double)sample_rank(h->sample, group);
}

static inline double above(const hulls_t *h, int64_t group)
{
    return (double)sample_rank(h->sample, group + h->step);
}

/* Andrew's monotone chain: puts the corner of a group behind count vertices, less those that it
 * hides. side: 1 for the minorant, -1 for the majorant. Returns how many there are then. */
static inline int64_t push(const hulls_t *h, int32_t *vertex, int64_t count, int64_t group,
                           int side)
{
    int shift = side < 0 ? h->step : 0; /* of the upper corners' ranks */
    double x = value_at(h, group), y = (double)sample_rank(h->sample, group + shift);
    while (count > 1) {
        int64_t a = vertex[count - 2], b = vertex[count - 1];
        double height = (double)sample_rank(h->sample, b + shift);
        double before = (height - (double)sample_rank(h->sample, a + shift)) * (x - value_at(h, b));
        double after = (y - height) * (value_at(h, b) - value_at(h, a));
        if (side > 0 ? before < after : before > after) break;
        count--;
    }
    vertex[count++] = (int32_t)group;
    return count;
}

/* outside [count] = the groups of (from, to) whose corners lie beyond the line between those of
 * from and to; count <= AT_ONCE. */
enum { STEP = 32, AT_ONCE = 256 };
MULTIVERSION
static void mark(const float *x, const int64_t *start, int64_t from, int64_t count,
                 const double corner[2], const double slope[2], int side, uint8_t *outside)
{
    double sign = side;
    if (start) {
#pragma omp simd
        for (int64_t i = 0; i < count; i++)
            outside[i] = sign * (((double)start[from + i] - corner[1]) * slope[0] -
                                 ((double)x[from + i] - corner[0]) * slope[1]) <
                         0;
    } else {
#pragma omp simd
        for (int64_t i = 0; i < count; i++)
            outside[i] = sign * (((double)(from + i) - corner[1]) * slope[0] -
                                 ((double)x[from + i] - corner[0]) * slope[1]) <
                         0;
    }
}

/* Pushes the groups behind a up to b: those beyond the line between them, and b. */
static int64_t push_between(const hulls_t *h, int32_t *vertex, int64_t count, int64_t a, int64_t b,
                            int side)
{
    const sample_t *sample = h->sample;
    int shift = side < 0 ? h->step : 0;
    uint8_t outside[AT_ONCE];
    double corner[] = {value_at(h, a), (double)sample_rank(sample, a + shift)};
    double slope[] = {value_at(h, b) - corner[0],
                      (double)sample_rank(sample, b + shift) - corner[1]};
    corner[1] -= sample->start ? 0 : shift; /* there a group's height is its number */
    for (int64_t from = a + 1, some; from < b; from += some) {
        some = b - from < AT_ONCE ? b - from : AT_ONCE;
        mark(sample->value, sample->start ? sample->start + shift : NULL, from, some, corner, slope,
             side, outside);
        for (int64_t i = 0; i < some; i++)
            if (outside[i]) count = push(h, vertex, count, from + i, side);
    }
    return push(h, vertex, count, b, side);
}

/* The hull of some groups far apart first: only what lies beyond it can be a vertex. It waits at
 * the end of vertex [groups], which the vertices reach no sooner than it has been used. */
static int64_t build(const hulls_t *h, int32_t *vertex, int side)
{
    int64_t groups = h->high - h->low + 1, rough = 0, count = 0, last = h->low;
    if (groups < 4 * STEP) {
        for (int64_t g = h->low; g <= h->high; g++) count = push(h, vertex, count, g, side);
        return count;
    }
    int32_t *waiting = vertex + h->sample->groups - ((groups + STEP - 2) / STEP + 1);
    for (int64_t g = h->low; g < h->high; g += STEP) rough = push(h, waiting, rough, g, side);
    rough = push(h, waiting, rough, h->high, side);
    count = push(h, vertex, count, h->low, side);
    for (int64_t i = 1; i < rough; i++) {
        int64_t next = waiting[i];
        count = push_between(h, vertex, count, last, next, side);
        last = next;
    }
    return count;
}

/* How high the line from corner a to corner b is at x. */
static double line(double x, double from, double to, double from_height, double to_height)
{
    return to > from ? from_height + (x - from) * (to_height - from_height) / (to - from)
                     : from_height;
}

static double minorant_at(const hulls_t *h, int64_t segment, int64_t group)
{
    int64_t a = h->minorant[segment], b = h->minorant[segment + 1];
    return line(value_at(h, group), value_at(h, a), value_at(h, b), below(h, a), below(h, b));
}

static double majorant_at(const hulls_t *h, int64_t segment, int64_t group)
{
    int64_t a = h->majorant[segment], b = h->majorant[segment + 1];
    return line(value_at(h, group), value_at(h, a), value_at(h, b), above(h, a), above(h, b));
}

/* The jump at an end of the interval, where it is of more than one value. */
static double jump(const hulls_t *h, int64_t group)
{
    double height = above(h, group) - below(h, group);
    return height > 1 ? height : 0;
}

/* The largest distance of the two over the interval, at a vertex of either; *left: the minorant's
 * vertex at or before that place; *right: the majorant's at or behind it. */
static double widest(const hulls_t *h, int64_t *left, int64_t *right)
{
    double most = jump(h, h->low), last = jump(h, h->high);
    int64_t i = 1, j = 1; /* next vertices to look at */
    *left = 0, *right = most > 0 ? 0 : h->majorants - 1;
    if (h->low == h->high) return 0;
    while (i < h->minorants && j < h->majorants) {
        int64_t lower = h->minorant[i], upper = h->majorant[j];
        if (lower == h->high && upper == h->high) break;
        bool at_lower = lower <= upper;
        double distance = at_lower ? majorant_at(h, j - 1, lower) - below(h, lower)
                                   : above(h, upper) - minorant_at(h, i - 1, upper);
        if (distance >= most) {
            most = distance;
            *left = at_lower ? i : i - 1;
            *right = j;
        }
        if (at_lower) i++;
        else j++;
    }
    if (last == 0 || last < most) return most;
    *left = h->minorants - 1, *right = h->majorants - 1;
    return last;
}

/* The largest of sign * (height of group - height of the line), at groups from to from + count; the
 * line goes through a corner with a slope. */
MULTIVERSION
static double farthest(const float *x, const int64_t *start, int64_t from, int64_t count,
                       const double corner[2], double slope, double sign)
{
    double most = 0;
    if (start) {
#pragma omp simd reduction(max : most)
        for (int64_t i = 0; i < count; i++) {
            double d = sign * ((double)start[from + i] - corner[1] -
                               ((double)x[from + i] - corner[0]) * slope);
            most = d > most ? d : most;
        }
    } else {
#pragma omp simd reduction(max : most)
        for (int64_t i = 0; i < count; i++) {
            double d =
                sign * ((double)(from + i) - corner[1] - ((double)x[from + i] - corner[0]) * slope);
            most = d > most ? d : most;
        }
    }
    return most;
}

/* The largest distance of the distribution function from the minorant (side 1: of upper corners from
 * the line through lower ones) or from the majorant, over the segment that vertex s begins. */
static double farthest_of(const hulls_t *h, const int32_t *vertex, int64_t s, int side)
{
    const sample_t *sample = h->sample;
    int64_t a = vertex[s], b = vertex[s + 1], from = side > 0 ? a : a + 1;
    int own = side < 0 ? h->step : 0, other = h->step - own; /* which corners: 0 lower, 1 upper */
    double corner[] = {value_at(h, a), (double)sample_rank(sample, a + own)};
    double rise = (double)sample_rank(sample, b + own) - corner[1],
           run = value_at(h, b) - corner[0];
    corner[1] -= sample->start ? 0 : other; /* there a group's height is its number */
    return farthest(sample->value, sample->start ? sample->start + other : NULL, from, b - a,
                    corner, run > 0 ? rise / run : 0, side);
}

/* The largest distance of the distribution function from the minorant before its vertex `left`, or
 * from the majorant behind its vertex `right`. */
static double deepest(const hulls_t *h, int64_t left, int64_t right)
{
    double most = h->step;
    for (int64_t s = 0; s < left; s++) most = fmax(most, farthest_of(h, h->minorant, s, 1));
    for (int64_t s = right; s < h->majorants - 1; s++)
        most = fmax(most, farthest_of(h, h->majorant, s, -1));
    return most;
}

double dip_measure(const sample_t *sample, const distribution_t *distribution)
{
    int step = sample->spread == NULL;
    if (sample->spread) sample = sample->spread;
    if (!distribution_varies(distribution) || !sample->scratch) return NAN;
    hulls_t h = {.sample = sample,
                 .step = step,
                 .minorant = sample->scratch,
                 .majorant = sample->scratch + sample->groups,
                 .high = sample->groups - 1};
    double dip = 0;
    for (;;) {
        int64_t left, right;
        h.minorants = build(&h, h.minorant, 1);
        h.majorants = build(&h, h.majorant, -1);
        double distance = widest(&h, &left, &right);
        if (distance < dip) break;
        dip = fmax(dip, deepest(&h, left, right));
        int64_t low = h.minorant[left], high = h.majorant[right];
        if (low == h.low && high == h.high) break;
        h.low = low, h.high = high;
    }
    return dip / (2 * (double)sample->count);
}
