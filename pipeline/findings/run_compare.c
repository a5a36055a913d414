/* Comparisons of statistics: within a checkpoint, between checkpoints, with other runs. */
#include "core/file.h"
#include "core/memory.h"
#include "findings/run_internal.h"

const char *const against_names[] = {"itself", "previous", "last", "run"};

/* Appends a comparison's layers and the one of all together. */
static status_t compare(run_t *run, const run_comparison_t *about, const measured_t *a,
                        const measured_t *b)
{
    int32_t layers = 0, *layer = NULL;
    comparison_t *comparison = NULL;
    double percent = config_number(run->config, "report.percent");
    status_t status =
        compare_measured(a, about->first, b, about->second, percent, &layers, &layer, &comparison);
    for (int32_t l = 0; !status && comparison && l <= layers; l++) {
        status = mem_grow(&run->comparison, &run->comparison_capacity, run->comparisons + 1,
                          "comparisons");
        if (status) break;
        run_comparison_t *line = &run->comparison[run->comparisons++];
        *line = *about;
        line->layer = l < layers ? layer[l] : -1;
        line->is = comparison[l];
    }
    mem_free(&layer);
    mem_free(&comparison);
    return status_wrap(status, "%s against %s", run->checkpoints->item[about->checkpoint],
                       about->against);
}

static status_t compare_within(run_t *run, size_t checkpoint, const measured_t *a)
{
    run_comparison_t about = {.kind = AGAINST_ITSELF,
                              .checkpoint = checkpoint,
                              .against = run->checkpoints->item[checkpoint]};
    status_t status = NULL;
    for (about.first = 0; !status && about.first < COMPARABLES; about.first++)
        for (about.second = about.first + 1; !status && about.second < COMPARABLES; about.second++)
            status = compare(run, &about, a, a);
    return status;
}

static status_t compare_each(run_t *run, against_t kind, size_t checkpoint, const char *against,
                             const measured_t *a, const measured_t *b)
{
    run_comparison_t about = {.kind = kind, .checkpoint = checkpoint, .against = against};
    status_t status = NULL;
    for (int i = 0; !status && i < COMPARABLES; i++) {
        about.first = about.second = i;
        status = compare(run, &about, a, b);
    }
    return status;
}

static status_t read_at(const char *directory, const char *checkpoint, measured_t *measured)
{
    char *path = NULL;
    status_t status = str_format(&path, "%s/statistics/%s.h5", directory, checkpoint);
    if (!status) status = measured_read(path, measured);
    mem_free(&path);
    return status;
}

/* The same checkpoint in other runs, where they have it. */
static status_t compare_runs(run_t *run, size_t checkpoint, const measured_t *a)
{
    const char *const *other;
    size_t count = config_texts(run->config, "report.compare", &other);
    status_t status = NULL;
    for (size_t i = 0; !status && i < count; i++) {
        char *path = NULL;
        measured_t b = {0};
        status =
            str_format(&path, "%s/statistics/%s.h5", other[i], run->checkpoints->item[checkpoint]);
        if (!status && file_exists(path)) {
            status = measured_read(path, &b);
            if (!status) status = compare_each(run, AGAINST_RUN, checkpoint, other[i], a, &b);
        }
        measured_destroy(&b);
        mem_free(&path);
    }
    return status;
}

/* A run that is named but has nothing to compare with is missing. */
static status_t note_runs(run_t *run)
{
    const char *const *other;
    size_t count = config_texts(run->config, "report.compare", &other);
    bool *absent = NULL;
    status_t status = mem_new(&absent, run->checkpoints->count, "checkpoints");
    for (size_t i = 0; !status && i < count; i++) {
        char *what = NULL;
        for (size_t c = 0; c < run->checkpoints->count; c++) absent[c] = true;
        for (size_t k = 0; k < run->comparisons; k++)
            if (run->comparison[k].kind == AGAINST_RUN && run->comparison[k].against == other[i])
                absent[run->comparison[k].checkpoint] = false;
        status = str_format(&what, "statistics to compare in %s or here", other[i]);
        if (!status) status = run_add_missing(run, what, run->checkpoints, absent);
        mem_free(&what);
    }
    mem_free(&absent);
    return status;
}

status_t run_read_comparisons(run_t *run)
{
    ptrdiff_t last = run_last_statistics(run), before = -1;
    const strings_t *names = run->checkpoints;
    measured_t final = {0}, previous = {0};
    status_t status = last < 0 ? NULL : read_at(run->directory, names->item[last], &final);
    for (size_t i = 0; !status && last >= 0 && i <= (size_t)last; i++) {
        measured_t here = {0};
        if (!run->statistics[i].there) continue;
        status = read_at(run->directory, names->item[i], &here);
        if (!status) status = compare_within(run, i, &here);
        if (!status && before >= 0)
            status = compare_each(run, AGAINST_PREVIOUS, i, names->item[before], &here, &previous);
        if (!status && i < (size_t)last)
            status = compare_each(run, AGAINST_LAST, i, names->item[last], &here, &final);
        if (!status) status = compare_runs(run, i, &here);
        measured_destroy(&previous);
        previous = here;
        before = (ptrdiff_t)i;
    }
    measured_destroy(&previous);
    measured_destroy(&final);
    return status ? status : note_runs(run);
}
