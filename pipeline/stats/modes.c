#include "stats/modes.h"

#include <math.h>
#include <stdbool.h>

#include "core/memory.h"

enum { PLACES = 1024 };
static const double REACH = 5, PROMINENCE = 0.05;

typedef struct {
    double least, step, bandwidth;
    double *weight, *density; /* [PLACES] */
} grid_of_density_t;

/* Shares each value between the two places that it lies between. */
static void spread_values(const sample_t *sample, grid_of_density_t *grid)
{
    for (int64_t g = 0; g < sample->groups; g++) {
        double at = ((double)sample->value[g] - grid->least) / grid->step;
        double values = (double)(sample_rank(sample, g + 1) - sample_rank(sample, g));
        if (!(at >= 0 && at < PLACES - 1)) continue;
        int below = (int)at;
        grid->weight[below] += values * (1 - (at - below));
        grid->weight[below + 1] += values * (at - below);
    }
}

static void smooth(const grid_of_density_t *grid, int64_t count)
{
    double unit = grid->step / grid->bandwidth;
    int reach = (int)fmin(PLACES - 1, ceil(6 / unit));
    double scale = 1 / ((double)count * grid->bandwidth * sqrt(2 * M_PI));
    for (int k = -reach; k <= reach; k++) {
        double kernel = scale * exp(-0.5 * k * unit * k * unit);
        int from = k < 0 ? -k : 0, to = k > 0 ? PLACES - k : PLACES;
        for (int i = from; i < to; i++) grid->density[i + k] += grid->weight[i] * kernel;
    }
}

/* How far a peak rises above the deeper of the valleys between it and higher ground on each side; the
 * grid's ends are valleys of 0. */
static double prominence(const double *density, int peak)
{
    double valley[2] = {density[peak], density[peak]};
    for (int side = 0; side < 2; side++) {
        int step = side ? 1 : -1, at = peak;
        while (at >= 0 && at < PLACES && density[at] <= density[peak]) {
            valley[side] = fmin(valley[side], density[at]);
            at += step;
        }
        if (at < 0 || at >= PLACES) valley[side] = 0;
    }
    return density[peak] - fmax(valley[0], valley[1]);
}

static void keep(modes_t *modes, double place, double density)
{
    int at = modes->count < MODES_MOST ? modes->count++ : MODES_MOST;
    while (at > 0 && modes->density[at - 1] < density) {
        if (at < MODES_MOST) {
            modes->density[at] = modes->density[at - 1];
            modes->place[at] = modes->place[at - 1];
        }
        at--;
    }
    if (at == MODES_MOST) return;
    modes->density[at] = density;
    modes->place[at] = place;
}

status_t modes_find(const sample_t *sample, const distribution_t *distribution, modes_t *modes)
{
    *modes = (modes_t){0};
    if (!distribution_varies(distribution)) return NULL;
    double mean = distribution->mean, deviation = distribution->deviation;
    double quartiles = sample_quantile(sample, 0.75) - sample_quantile(sample, 0.25);
    double width = quartiles > 0 ? fmin(deviation, quartiles / 1.34) : deviation;
    grid_of_density_t grid = {.least = mean - REACH * deviation,
                              .step = 2 * REACH * deviation / (PLACES - 1)};
    grid.bandwidth = fmax(0.9 * width * pow((double)sample->count, -0.2), grid.step);
    modes->bandwidth = grid.bandwidth;
    status_t status = mem_new(&grid.weight, PLACES, "density");
    if (!status) status = mem_new(&grid.density, PLACES, "density");
    if (!status) {
        double highest = 0;
        spread_values(sample, &grid);
        smooth(&grid, sample->count);
        for (int i = 0; i < PLACES; i++) highest = fmax(highest, grid.density[i]);
        for (int i = 1; i + 1 < PLACES; i++) {
            bool peak =
                grid.density[i] > grid.density[i - 1] && grid.density[i] >= grid.density[i + 1];
            if (peak && prominence(grid.density, i) >= PROMINENCE * highest)
                keep(modes, grid.least + i * grid.step, grid.density[i]);
        }
    }
    mem_free(&grid.weight);
    mem_free(&grid.density);
    return status;
}
