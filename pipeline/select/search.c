#include "select/search.h"

#include <math.h>

#include "core/memory.h"

/* A measured m and how far the perplexity is above the target. */
typedef struct {
    double percent, above;
} point_t;

const char *search_answer_name(search_answer_t answer)
{
    static const char *const name[] = {"open",  "reached", "between",
                                       "below", "above",   "not raised"};
    return name[answer];
}

static double above(const search_t *search, const trial_t *trial)
{
    return trial->perplexity - search->target;
}

static bool is_within(const search_t *search, const trial_t *trial)
{
    return fabs(above(search, trial)) <= search->tolerance * (search->target - search->baseline);
}

const trial_t *search_closest(const search_t *search)
{
    const trial_t *closest = NULL;
    for (size_t i = 0; i < search->trials; i++)
        if (!closest || fabs(above(search, &search->trial[i])) < fabs(above(search, closest)))
            closest = &search->trial[i];
    return closest;
}

/* The measured point of least m beyond one, in [least, most]. */
static bool next_point(const search_t *search, double beyond, point_t *point)
{
    bool found = false;
    if (search->least == 0 && beyond < 0) {
        *point = (point_t){0, search->baseline - search->target};
        found = true;
    }
    for (size_t i = 0; i < search->trials; i++) {
        const trial_t *trial = &search->trial[i];
        if (trial->percent <= beyond || (found && trial->percent >= point->percent)) continue;
        *point = (point_t){trial->percent, above(search, trial)};
        found = true;
    }
    return found;
}

static bool is_measured(const search_t *search, double percent)
{
    point_t point;
    return next_point(search, nextafter(percent, -1), &point) && point.percent == percent;
}

/* The neighbours between which the next m lies: the first with the target between them, else those
 * that are farthest apart. *crossed: it is the former. */
static double find_gap(const search_t *search, point_t *low, bool *crossed)
{
    point_t here = {-1, 0}, next = {0, 0};
    double width = 0;
    *crossed = false;
    if (!next_point(search, -1, &here)) return 0;
    for (; next_point(search, here.percent, &next) && !*crossed; here = next) {
        bool crosses = (here.above < 0) != (next.above < 0);
        double apart = next.percent - here.percent;
        if (!crosses && apart <= width) continue;
        *crossed = crosses;
        *low = here;
        width = apart;
    }
    return width;
}

bool search_next(const search_t *search, double *percent)
{
    point_t low = {0, 0};
    bool crossed;
    if (!(search->target > search->baseline) || search->trials >= search->trials_most) return false;
    for (size_t i = 0; i < search->trials; i++)
        if (is_within(search, &search->trial[i])) return false;
    *percent = search->most;
    if (!is_measured(search, search->most)) return true;
    *percent = search->least;
    if (!is_measured(search, search->least)) return true;
    double width = find_gap(search, &low, &crossed);
    *percent = low.percent + width / 2;
    return width > search->step;
}

status_t search_add(search_t *search, double percent, int64_t neurons, double perplexity)
{
    status_t status =
        mem_grow(&search->trial, &search->capacity, search->trials + 1, "trials of a search");
    if (!status) search->trial[search->trials++] = (trial_t){percent, perplexity, neurons};
    return status;
}

void search_free(search_t *search)
{
    mem_free(&search->trial);
    search->trials = search->capacity = 0;
}

search_answer_t search_answer(const search_t *search)
{
    const trial_t *closest = search_closest(search);
    bool low = search->least == 0, high = false;
    double percent;
    if (!(search->target > search->baseline)) return SEARCH_NOT_RAISED;
    if (!closest) return SEARCH_OPEN;
    if (is_within(search, closest)) return SEARCH_REACHED;
    if (search_next(search, &percent)) return SEARCH_OPEN;
    for (size_t i = 0; i < search->trials; i++) {
        low |= above(search, &search->trial[i]) < 0;
        high |= above(search, &search->trial[i]) >= 0;
    }
    return low && high ? SEARCH_BETWEEN : low ? SEARCH_BELOW : SEARCH_ABOVE;
}

status_t search_describe(const search_t *search, str_t *text)
{
    const trial_t *closest = search_closest(search);
    const char *reached = search_answer(search) == SEARCH_REACHED ? "" : "no m reached it; ";
    status_t status = NULL;
    switch (search_answer(search)) {
    case SEARCH_NOT_RAISED:
        return str_printf(text,
                          "the condition does not raise the perplexity: %.6g, without it %.6g",
                          search->target, search->baseline);
    case SEARCH_BELOW: status = str_add(text, "the perplexity stays below; "); break;
    case SEARCH_ABOVE: status = str_add(text, "the perplexity stays above; "); break;
    case SEARCH_BETWEEN: status = str_add(text, "some lie below and some above; "); break;
    default: break;
    }
    if (!status)
        status = str_printf(text, "%sm = %.6g %% (%lld neurons) has perplexity %.6g, wanted %.6g",
                            reached, closest ? closest->percent : NAN,
                            (long long)(closest ? closest->neurons : 0),
                            closest ? closest->perplexity : NAN, search->target);
    if (!status)
        status = str_printf(text, " within %.3g; %zu value%s of m from %.6g to %.6g %%",
                            search->tolerance * (search->target - search->baseline), search->trials,
                            search->trials == 1 ? "" : "s", search->least, search->most);
    return status;
}
