#include "report/axis.h"

#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/memory.h"

/* Up to so many checkpoints each has its own tic, if it fits. */
enum { OWN_TICS = 16 };
/* Tics stay this share of the axis apart; names of checkpoints need more than numbers. */
static const double NEAR_NUMBERS = 0.045, NEAR_NAMES = 0.09;

static bool read_digits(const char *text, int64_t *step)
{
    if (!isdigit((unsigned char)*text)) return false;
    *step = 0;
    for (; isdigit((unsigned char)*text); text++) {
        *step = 10 * *step + (*text - '0');
        if (*step > 1000000000000000) return false;
    }
    return true;
}

bool checkpoint_step(const char *name, int64_t *step)
{
    for (const char *at = name; (at = strstr(at, "step")); at++) {
        const char *digits = at + 4 + strspn(at + 4, "-_s");
        if (isdigit((unsigned char)*digits)) return read_digits(digits, step);
    }
    const char *end = name + strlen(name);
    while (end > name && !isdigit((unsigned char)end[-1])) end--;
    while (end > name && isdigit((unsigned char)end[-1])) end--;
    return read_digits(end, step);
}

static bool read_steps(const strings_t *names, int64_t *step)
{
    for (size_t i = 0; i < names->count; i++) {
        if (!checkpoint_step(names->item[i], &step[i])) return false;
        if (i && step[i] <= step[i - 1]) return false;
    }
    return names->count > 0;
}

/* 1500 as "1500", 2000 as "2k", 143000 as "143k". */
static status_t add_label(axis_t *axis, int64_t step)
{
    char *text = NULL;
    status_t status =
        step && step % 1000000 == 0 ? str_format(&text, "%lldM", (long long)step / 1000000)
        : step && step % 1000 == 0  ? str_format(&text, "%lldk", (long long)step / 1000)
                                    : str_format(&text, "%lld", (long long)step);
    if (!status) status = strings_append(&axis->label, text);
    mem_free(&text);
    return status;
}

static double place_of(const axis_t *axis, bool logarithmic, int64_t first, int64_t step)
{
    if (!logarithmic) return (double)step;
    if (step > 0) return log2((double)step);
    double range = log2((double)axis->step[axis->count - 1]) - log2((double)first);
    return log2((double)first) - fmax(1, 0.1 * range);
}

/* A tic, unless it comes too near the one before. */
static status_t add_tic(axis_t *axis, double place, double near, const char *name, int64_t step)
{
    size_t count = axis->label.count;
    if (count && place - axis->tic[count - 1] < near * (axis->most - axis->least)) return NULL;
    axis->tic[count] = place;
    return name ? strings_append(&axis->label, name) : add_label(axis, step);
}

static status_t tics_of_checkpoints(axis_t *axis, const strings_t *names)
{
    double near = axis->steps ? NEAR_NUMBERS : NEAR_NAMES;
    double end = axis->place[axis->count - 1], apart = near * (axis->most - axis->least);
    status_t status = NULL;
    for (size_t i = 0; !status && i < axis->count; i++) {
        bool crowds_end = i && i + 1 < axis->count && end - axis->place[i] < apart;
        if (!crowds_end)
            status = add_tic(axis, axis->place[i], near, axis->steps ? NULL : names->item[i],
                             axis->steps ? axis->step[i] : 0);
    }
    return status;
}

/* Powers of ten (or round numbers, on a linear axis) within the range. */
static status_t tics_of_numbers(axis_t *axis, bool logarithmic, int64_t first)
{
    int64_t most = axis->step[axis->count - 1];
    double near = NEAR_NUMBERS;
    status_t status = NULL;
    if (axis->step[0] == 0) status = add_tic(axis, axis->place[0], near, NULL, 0);
    if (logarithmic) {
        for (int64_t power = 1; !status && power <= most; power *= 10)
            if (power >= first) status = add_tic(axis, log2((double)power), near, NULL, power);
        return status;
    }
    int64_t unit = 1;
    while (most / unit > 10) unit *= most / unit > 50 ? 10 : most / unit > 20 ? 5 : 2;
    for (int64_t step = unit; !status && step <= most; step += unit)
        if (step >= first) status = add_tic(axis, (double)step, near, NULL, step);
    return status;
}

status_t axis_create(const strings_t *names, axis_t *axis)
{
    size_t n = names->count;
    *axis = (axis_t){.count = n};
    status_t status = mem_new(&axis->step, n, "axis");
    if (!status) status = mem_new(&axis->place, n, "axis");
    if (!status) status = mem_new(&axis->tic, n + 32, "axis");
    if (status || n == 0) return status;
    axis->steps = read_steps(names, axis->step);
    int64_t first = axis->steps ? axis->step[axis->step[0] == 0 && n > 1] : 0;
    bool logarithmic = axis->steps && first > 0 && axis->step[n - 1] / first >= 8;
    axis->broken = logarithmic && axis->step[0] == 0;
    for (size_t i = 0; i < n; i++)
        axis->place[i] =
            axis->steps ? place_of(axis, logarithmic, first, axis->step[i]) : (double)i;
    double range = axis->place[n - 1] - axis->place[0];
    double margin = range > 0 ? 0.03 * range : 0.5;
    axis->least = axis->place[0] - margin;
    axis->most = axis->place[n - 1] + margin;
    if (axis->broken) axis->cut = (axis->place[0] + axis->place[1]) / 2;
    if (!axis->steps || n <= OWN_TICS) return tics_of_checkpoints(axis, names);
    return tics_of_numbers(axis, logarithmic, first);
}

void axis_destroy(axis_t *axis)
{
    mem_free(&axis->step);
    mem_free(&axis->place);
    mem_free(&axis->tic);
    strings_free(&axis->label);
    *axis = (axis_t){0};
}

/* The candidate nearest to a place that was not chosen yet; count where there is none. */
static size_t nearest_to(const axis_t *axis, double place, const bool *candidate,
                         const bool *chosen)
{
    size_t best = axis->count;
    for (size_t i = 0; i < axis->count; i++) {
        if (!candidate[i] || chosen[i]) continue;
        if (best == axis->count || fabs(axis->place[i] - place) < fabs(axis->place[best] - place))
            best = i;
    }
    return best;
}

status_t axis_choose(const strings_t *names, const bool *candidate, size_t most, bool *chosen,
                     size_t *count)
{
    axis_t axis;
    size_t candidates = 0, first = names->count, last = 0;
    *count = 0;
    for (size_t i = 0; i < names->count; i++) {
        chosen[i] = false;
        if (!candidate[i]) continue;
        if (candidates++ == 0) first = i;
        last = i;
    }
    status_t status = axis_create(names, &axis);
    size_t wanted = most == 0 || candidates < most ? candidates : most;
    for (size_t k = 0; !status && k < wanted; k++) {
        double share = wanted > 1 ? (double)k / (double)(wanted - 1) : 0;
        double place = axis.place[first] + share * (axis.place[last] - axis.place[first]);
        chosen[nearest_to(&axis, place, candidate, chosen)] = true;
        ++*count;
    }
    axis_destroy(&axis);
    return status;
}
