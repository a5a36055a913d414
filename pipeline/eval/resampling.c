#include "eval/resampling.h"

#include <math.h>

#include "core/memory.h"

status_t cells_create(const int32_t *file, const int32_t *term, int64_t items, size_t files,
                      size_t terms, cells_t *cells)
{
    int32_t *place = NULL; /* [files][terms], 1 + the cell; 0: none yet */
    size_t all = 0, capacity[3] = {0};
    *cells = (cells_t){.items = items, .files = files, .terms = terms};
    status_t status = mem_product(files, terms, "files and phenomena", &all);
    if (!status) status = mem_new(&place, all, "files and phenomena");
    if (!status) status = mem_new(&cells->cell, (size_t)items, "items");
    for (int64_t i = 0; !status && i < items; i++) {
        int32_t *at = &place[(size_t)file[i] * terms + (size_t)term[i]];
        if (*at == 0) {
            size_t c = cells->cells;
            status = mem_grow(&cells->file, &capacity[0], c + 1, "cells");
            if (!status) status = mem_grow(&cells->term, &capacity[1], c + 1, "cells");
            if (!status) status = mem_grow(&cells->size, &capacity[2], c + 1, "cells");
            if (status) break;
            cells->file[c] = file[i];
            cells->term[c] = term[i];
            cells->size[c] = 0;
            *at = (int32_t)++cells->cells;
        }
        cells->cell[i] = *at - 1;
        cells->size[*at - 1]++;
    }
    mem_free(&place);
    if (status) cells_destroy(cells);
    return status;
}

void cells_destroy(cells_t *cells)
{
    mem_free(&cells->cell);
    mem_free(&cells->file);
    mem_free(&cells->term);
    mem_free(&cells->size);
    *cells = (cells_t){0};
}

static bool holds(const cells_t *cells, size_t group, size_t cell)
{
    if (group == 0) return true;
    if (group <= cells->files) return (size_t)cells->file[cell] == group - 1;
    return (size_t)cells->term[cell] == group - 1 - cells->files;
}

int64_t cells_items(const cells_t *cells, size_t group)
{
    int64_t items = 0;
    for (size_t c = 0; c < cells->cells; c++)
        if (holds(cells, group, c)) items += cells->size[c];
    return items;
}

static status_t create_all(size_t count, int64_t values, replicates_t **replicates)
{
    status_t status = mem_new(replicates, count, "replicates");
    for (size_t i = 0; !status && i < count; i++)
        status = replicates_create(values, &(*replicates)[i]);
    return status;
}

void resampled_destroy(replicates_t **replicates, size_t count)
{
    for (size_t i = 0; *replicates && i < count; i++) replicates_destroy(&(*replicates)[i]);
    mem_free(replicates);
}

/* Adds a cell to the groups that it belongs to, weighted by its share of their items. */
static void add_cell(const cells_t *cells, size_t cell, const int64_t *items,
                     const replicates_t *one, replicates_t *groups)
{
    const size_t group[] = {0, 1 + (size_t)cells->file[cell],
                            1 + cells->files + (size_t)cells->term[cell]};
    for (int g = 0; g < 3; g++)
        replicates_add(&groups[group[g]], (double)cells->size[cell] / (double)items[group[g]], one);
}

status_t resample_items(const cells_t *cells, const int16_t *outcome, int16_t most, double unit,
                        const resampling_t *options, const char *purpose, replicates_t **replicates)
{
    size_t groups = cells_groups(cells), outcomes = 2 * (size_t)most + 1;
    int64_t *count = NULL, *items = NULL;
    replicates_t one = {0};
    status_t status = create_all(groups, options->replicates, replicates);
    if (!status) status = replicates_create(options->replicates, &one);
    if (!status) status = mem_new(&count, cells->cells * outcomes, "outcomes");
    if (!status) status = mem_new(&items, groups, "outcomes");
    for (int64_t i = 0; !status && i < cells->items; i++)
        count[(size_t)cells->cell[i] * outcomes + (size_t)(outcome[i] + most)]++;
    for (size_t g = 0; !status && g < groups; g++) {
        items[g] = cells_items(cells, g);
        if (items[g] == 0) (*replicates)[g].estimate = NAN;
    }
    for (size_t c = 0; !status && c < cells->cells; c++) {
        random_t random = random_stream(options->seed, purpose, c);
        status = replicates_of_items(count + c * outcomes, outcomes, most, unit, &random, &one);
        if (!status) add_cell(cells, c, items, &one, *replicates);
    }
    mem_free(&items);
    mem_free(&count);
    replicates_destroy(&one);
    if (status) resampled_destroy(replicates, groups);
    return status;
}

status_t resample_means(const double *value, const double *weight, int64_t rows, size_t columns,
                        const resampling_t *options, const char *purpose, replicates_t **replicates)
{
    random_t random = random_stream(options->seed, purpose, 0);
    status_t status = create_all(columns, options->replicates, replicates);
    if (!status) status = replicates_of_rows(value, weight, rows, columns, &random, *replicates);
    if (status) resampled_destroy(replicates, columns);
    return status;
}

status_t resampled_interval(const replicates_t *replicates, int64_t items, bool positive,
                            double level, interval_t *interval)
{
    status_t status = replicates_interval(replicates, level, interval);
    if (status || !isnan(interval->low) || isnan(replicates->estimate)) return status;
    interval_t never = interval_share(0, items, level);
    double value = replicates->estimate;
    if (positive)
        *interval = value > 0.5 ? (interval_t){1 - never.high, 1} : (interval_t){0, never.high};
    else *interval = (interval_t){fmax(-1, value - never.high), fmin(1, value + never.high)};
    return NULL;
}
