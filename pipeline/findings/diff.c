#include "findings/diff.h"

#include <math.h>
#include <string.h>

#include "core/file.h"
#include "core/log.h"
#include "core/memory.h"
#include "findings/diff_internal.h"
#include "stats/significance.h"
#include "store/output.h"

/* Directories of outputs, in the order of stages, and the stages. */
static const struct {
    const char *directory, *stage;
} places[] = {{"shards", "shard"},    {"activations", "collect"}, {"statistics", "reduce"},
              {"pairs", "reduce"},    {"weights", "reduce"},      {"selection", "select"},
              {"results", "evaluate"}};

static const char *stage_of(const char *name)
{
    for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
        size_t length = strlen(places[i].directory);
        if (strncmp(name, places[i].directory, length) == 0 && name[length] == '/')
            return places[i].stage;
    }
    return "shard";
}

status_t diff_stem(const char *name, char **stem)
{
    const char *base = path_base(name);
    return str_copy_n(stem, base, strlen(base) - strlen(".h5"));
}

/* ---- which files there are ---- */

static bool is_output(const char *name)
{
    return has_suffix(name, ".h5");
}

/* Appends the outputs in directory/name and below it, by their names below directory. */
static status_t list(const char *directory, const char *name, strings_t *names)
{
    char *path = NULL;
    strings_t within = {0};
    status_t status = path_join(directory, name, &path);
    if (!status && file_is_directory(path)) status = directory_list(path, &within);
    strings_sort_natural(&within);
    for (size_t i = 0; !status && i < within.count; i++) {
        char *inner = NULL, *whole = NULL;
        status = path_join(name, within.item[i], &inner);
        if (!status) status = path_join(directory, inner, &whole);
        if (!status && file_is_directory(whole)) status = list(directory, inner, names);
        else if (!status && is_output(inner)) status = strings_append(names, inner);
        mem_free(&inner);
        mem_free(&whole);
    }
    strings_free(&within);
    mem_free(&path);
    return status;
}

static status_t add_file(diff_t *diff, const char *name, bool first, bool second)
{
    status_t status = mem_grow(&diff->file, &diff->file_room, diff->files + 1, "files");
    if (status) return status;
    diff->file[diff->files] = (diff_file_t){.there = {first, second}};
    return str_copy(&diff->file[diff->files++].name, name);
}

/* Of one of the places: what the first has, in its order, then what the second has alone. */
static status_t add_files(diff_t *diff, const char *place)
{
    strings_t names[2] = {0};
    status_t status = list(diff->directory[0], place, &names[0]);
    if (!status) status = list(diff->directory[1], place, &names[1]);
    for (int side = 0; side < 2; side++)
        for (size_t i = 0; !status && i < names[side].count; i++) {
            bool other = strings_find(&names[!side], names[side].item[i]) >= 0;
            if (side == 0) status = add_file(diff, names[0].item[i], true, other);
            else if (!other) status = add_file(diff, names[1].item[i], false, true);
        }
    strings_free(&names[0]);
    strings_free(&names[1]);
    return status;
}

static status_t check_side(const diff_t *diff, int side)
{
    const char *directory = diff->directory[side];
    for (size_t i = 0; i < diff->files; i++)
        if (diff->file[i].there[side]) return NULL;
    return status_new(EXIT_INPUT, "%s: no outputs of a run (shards/, statistics/, results/ ...)",
                      directory);
}

/* ---- whether two files hold the same ---- */

static bool same_names(const strings_t *a, const strings_t *b)
{
    bool same = a->count == b->count;
    for (size_t i = 0; same && i < a->count; i++) same = strcmp(a->item[i], b->item[i]) == 0;
    return same;
}

/* *same = whether a dataset has the same type and shape on both sides. */
static status_t same_shape(const store_t *const store[2], const char *name, bool *same)
{
    store_info_t info[2];
    status_t status = store_find(store[0], name, &info[0]);
    if (!status) status = store_find(store[1], name, &info[1]);
    if (status) return status;
    *same = info[0].type == info[1].type && info[0].dimensions == info[1].dimensions;
    for (int d = 0; *same && d < info[0].dimensions; d++)
        *same = info[0].shape[d] == info[1].shape[d];
    return NULL;
}

/* *same = whether the sums of all data are the same. */
static status_t same_sums(const store_t *const store[2], bool *same)
{
    int64_t *sum[2] = {NULL, NULL};
    store_info_t info[2] = {0};
    bool has[2] = {store_has(store[0], "/checksums"), store_has(store[1], "/checksums")};
    *same = has[0] == has[1];
    if (!has[0] || !has[1]) return NULL;
    status_t status = store_read(store[0], "/checksums", STORE_I64, &sum[0], &info[0]);
    if (!status) status = store_read(store[1], "/checksums", STORE_I64, &sum[1], &info[1]);
    if (!status)
        *same = info[0].count == info[1].count &&
                memcmp(sum[0], sum[1], info[0].count * sizeof *sum[0]) == 0;
    mem_free(&sum[0]);
    mem_free(&sum[1]);
    return status;
}

static status_t same_data(const store_t *const store[2], bool *same)
{
    strings_t names[2] = {0};
    status_t status = store_datasets(store[0], &names[0]);
    if (!status) status = store_datasets(store[1], &names[1]);
    *same = !status && same_names(&names[0], &names[1]);
    for (size_t i = 0; !status && *same && i < names[0].count; i++)
        status = same_shape(store, names[0].item[i], same);
    if (!status && *same) status = same_sums(store, same);
    strings_free(&names[0]);
    strings_free(&names[1]);
    return status;
}

/* ---- all ---- */

static status_t open_side(const diff_t *diff, int side, const char *name, store_t **store)
{
    char *path = NULL;
    status_t status = path_join(diff->directory[side], name, &path);
    if (!status) status = output_open(path, stage_of(name), store);
    mem_free(&path);
    return status;
}

static bool is_below(const char *name, const char *place)
{
    size_t length = strlen(place);
    return strncmp(name, place, length) == 0 && name[length] == '/';
}

/* Statistics of further corpora lie in directories of their own and are told as files. */
static status_t compare_file(diff_t *diff, diff_file_t *file)
{
    store_t *open[2] = {NULL, NULL};
    const char *name = file->name;
    status_t status = open_side(diff, 0, name, &open[0]);
    if (!status) status = open_side(diff, 1, name, &open[1]);
    const store_t *const store[2] = {open[0], open[1]};
    if (!status) status = diff_add_settings(diff, name, store);
    if (!status) status = same_data(store, &file->same);
    if (!status && is_below(name, "results")) status = diff_add_results(diff, name, store);
    if (!status && is_below(name, "selection")) status = diff_add_cohort(diff, name, store);
    if (!status && !file->same && is_below(name, "statistics"))
        status = diff_add_statistics(diff, name);
    store_close(&open[0]);
    store_close(&open[1]);
    return status;
}

/* Corrects the tests of what differs, all items and phenomena apart. */
static status_t correct(diff_t *diff, bool phenomena)
{
    double *p = NULL, *adjusted;
    status_t status = mem_new(&p, 2 * diff->results, "tests");
    adjusted = p + diff->results;
    for (size_t i = 0; !status && i < diff->results; i++) {
        const diff_result_t *it = &diff->result[i];
        p[i] = it->same || phenomena != (it->term != NULL) ? NAN : it->p;
    }
    if (!status) status = holm_adjust(p, diff->results, adjusted);
    for (size_t i = 0; !status && i < diff->results; i++)
        if (!isnan(p[i])) diff->result[i].holm = adjusted[i];
    mem_free(&p);
    return status;
}

status_t diff_runs(const char *first, const char *second, const resampling_t *options,
                   double percent, diff_t *diff)
{
    *diff = (diff_t){.directory = {first, second}, .resampling = *options, .percent = percent};
    status_t status = NULL;
    for (size_t i = 0; !status && i < sizeof places / sizeof *places; i++)
        status = add_files(diff, places[i].directory);
    for (int side = 0; !status && side < 2; side++) status = check_side(diff, side);
    for (size_t i = 0; !status && i < diff->files; i++) {
        log_progress("comparing", "files", i, diff->files);
        if (diff->file[i].there[0] && diff->file[i].there[1])
            status = compare_file(diff, &diff->file[i]);
    }
    log_progress("comparing", "files", diff->files, diff->files);
    if (!status) status = correct(diff, false);
    if (!status) status = correct(diff, true);
    if (status) diff_free(diff);
    return status;
}

bool diff_any(const diff_t *diff)
{
    for (size_t i = 0; i < diff->files; i++)
        if (!diff->file[i].same) return true;
    return diff->settings > 0;
}

void diff_free(diff_t *diff)
{
    for (size_t i = 0; i < diff->settings; i++) {
        mem_free(&diff->setting[i].key);
        mem_free(&diff->setting[i].value[0]);
        mem_free(&diff->setting[i].value[1]);
    }
    for (size_t i = 0; i < diff->files; i++) mem_free(&diff->file[i].name);
    for (size_t i = 0; i < diff->statistics; i++) mem_free(&diff->statistic[i].checkpoint);
    for (size_t i = 0; i < diff->cohorts; i++) {
        mem_free(&diff->cohort[i].checkpoint);
        mem_free(&diff->cohort[i].cohort);
    }
    for (size_t i = 0; i < diff->results; i++) {
        mem_free(&diff->result[i].checkpoint);
        mem_free(&diff->result[i].task);
        mem_free(&diff->result[i].condition);
        mem_free(&diff->result[i].term);
    }
    strings_free(&diff->alone[0]);
    strings_free(&diff->alone[1]);
    mem_free(&diff->setting);
    mem_free(&diff->file);
    mem_free(&diff->statistic);
    mem_free(&diff->cohort);
    mem_free(&diff->result);
    *diff = (diff_t){0};
}
