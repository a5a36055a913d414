/* Finding single results among those of a run. */
#include "findings/run.h"

/* The first of count things, ordered by checkpoint and task, that is not before both: key tells theirs. */
static size_t first_of(size_t count, size_t checkpoint, size_t task, const run_t *run,
                       void (*key)(const run_t *run, size_t index, size_t *checkpoint,
                                   size_t *task))
{
    size_t low = 0, high = count;
    while (low < high) {
        size_t middle = low + (high - low) / 2, c, t;
        key(run, middle, &c, &t);
        if (c < checkpoint || (c == checkpoint && t < task)) low = middle + 1;
        else high = middle;
    }
    return low;
}

static void key_of_change(const run_t *run, size_t index, size_t *checkpoint, size_t *task)
{
    *checkpoint = run->change[index].checkpoint;
    *task = run->change[index].task;
}

static void key_of_spread(const run_t *run, size_t index, size_t *checkpoint, size_t *task)
{
    *checkpoint = run->spread[index].checkpoint;
    *task = run->spread[index].task;
}

const run_change_t *run_change(const run_t *run, size_t checkpoint, size_t task, size_t contrast,
                               ptrdiff_t term)
{
    size_t i = first_of(run->changes, checkpoint, task, run, key_of_change);
    for (; i < run->changes; i++) {
        const run_change_t *change = &run->change[i];
        if (change->checkpoint != checkpoint || change->task != task) break;
        if (change->contrast == contrast && change->term == term) return change;
    }
    return NULL;
}

const run_spread_t *run_spread(const run_t *run, size_t checkpoint, size_t task, size_t draws,
                               ptrdiff_t term)
{
    size_t i = first_of(run->spreads, checkpoint, task, run, key_of_spread);
    for (; i < run->spreads; i++) {
        const run_spread_t *spread = &run->spread[i];
        if (spread->checkpoint != checkpoint || spread->task != task) break;
        if (spread->draws == draws && spread->term == term) return spread;
    }
    return NULL;
}

ptrdiff_t run_chief(const run_t *run)
{
    for (size_t k = 0; k < run->contrasts; k++) {
        const run_contrast_t *contrast = &run->contrast[k];
        bool single = contrast->lefts == 1 && !run_groups(run, contrast->left[0]);
        if (!contrast->baseline && single && run->condition[contrast->left[0]].ablate)
            return (ptrdiff_t)contrast->left[0];
    }
    for (int grouped = 0; grouped < 2; grouped++)
        for (size_t c = 0; c < run->conditions; c++)
            if (run->condition[c].ablate && !run_groups(run, c) == !grouped) return (ptrdiff_t)c;
    return -1;
}
