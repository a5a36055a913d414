#include "select/search_file.h"

#include <math.h>
#include <string.h>

#include "core/memory.h"

/* The numbers that are attributes: names, and where they are. */
enum { NUMBERS = 8 };
static const char *const number_name[NUMBERS] = {"target", "baseline", "tolerance",   "least",
                                                 "most",   "step",     "trials_most", "windows"};

static void get_numbers(const search_t *search, double number[NUMBERS])
{
    const double all[NUMBERS] = {
        search->target, search->baseline, search->tolerance,           search->least,
        search->most,   search->step,     (double)search->trials_most, (double)search->windows};
    memcpy(number, all, sizeof all);
}

static status_t write_trials(store_t *store, const char *checkpoint, const search_t *search)
{
    static const char *const dataset[][3] = {
        {"trial_percent", "%", "m that was tried: the share of neurons of a layer"},
        {"trial_neurons", "1", "neurons that it amounts to, in all layers"},
        {"trial_perplexity", "1", "perplexity when these are ablated"}};
    uint64_t count = search->trials;
    double *value = NULL;
    status_t status = mem_new(&value, search->trials, "trials");
    for (int d = 0; !status && d < 3; d++) {
        char *name = NULL;
        for (size_t i = 0; i < search->trials; i++) {
            const trial_t *trial = &search->trial[i];
            value[i] = d == 0   ? trial->percent
                       : d == 1 ? (double)trial->neurons
                                : trial->perplexity;
        }
        status = str_format(&name, "/%s/%s", checkpoint, dataset[d][0]);
        if (!status) status = store_write(store, name, STORE_F64, 1, &count, value);
        if (!status) status = store_describe(store, name, "trials", dataset[d][1], dataset[d][2]);
        mem_free(&name);
    }
    mem_free(&value);
    return status;
}

status_t search_write(store_t *store, const char *checkpoint, const search_t *search)
{
    const trial_t *closest = search_closest(search);
    double number[NUMBERS];
    char *group = NULL;
    str_t words = {0};
    status_t status = str_format(&group, "/%s", checkpoint);
    get_numbers(search, number);
    if (!status) status = write_trials(store, checkpoint, search);
    if (!status) status = search_describe(search, &words);
    if (!status)
        status = store_set_text(store, group, "answer", search_answer_name(search_answer(search)));
    if (!status) status = store_set_text(store, group, "answer_in_words", words.data);
    for (int i = 0; !status && i < NUMBERS; i++)
        status = store_set_number(store, group, number_name[i], number[i]);
    if (!status && closest) status = store_set_number(store, group, "percent", closest->percent);
    if (!status && closest)
        status = store_set_number(store, group, "perplexity", closest->perplexity);
    str_free(&words);
    mem_free(&group);
    return status;
}

static status_t read_trials(const store_t *store, const char *checkpoint, search_t *search)
{
    static const char *const dataset[] = {"trial_percent", "trial_neurons", "trial_perplexity"};
    double *value[3] = {NULL};
    store_info_t info[3];
    status_t status = NULL;
    for (int d = 0; !status && d < 3; d++) {
        char *name = NULL;
        status = str_format(&name, "/%s/%s", checkpoint, dataset[d]);
        if (!status) status = store_read(store, name, STORE_F64, &value[d], &info[d]);
        mem_free(&name);
        if (!status && info[d].count != info[0].count)
            status = status_new(EXIT_INPUT, "%s: /%s: %s has another length than trial_percent",
                                store_path(store), checkpoint, dataset[d]);
    }
    for (uint64_t i = 0; !status && i < info[0].count; i++)
        status = search_add(search, value[0][i], (int64_t)value[1][i], value[2][i]);
    for (int d = 0; d < 3; d++) mem_free(&value[d]);
    return status;
}

status_t search_read(const store_t *store, const char *checkpoint, search_t *search, bool *found)
{
    double number[NUMBERS] = {0};
    char *group = NULL, *trials = NULL;
    *search = (search_t){0};
    *found = false;
    status_t status = str_format(&group, "/%s", checkpoint);
    if (!status) status = str_format(&trials, "/%s/trial_percent", checkpoint);
    if (!status && store_has(store, trials)) {
        for (int i = 0; !status && i < NUMBERS; i++)
            status = store_get_number(store, group, number_name[i], &number[i]);
        search->target = number[0], search->baseline = number[1], search->tolerance = number[2];
        search->least = number[3], search->most = number[4], search->step = number[5];
        if (number[6] >= 0 && number[6] <= 1e6) search->trials_most = (size_t)number[6];
        search->windows = (int64_t)number[7];
        if (!status) status = read_trials(store, checkpoint, search);
        *found = !status;
    }
    mem_free(&trials);
    mem_free(&group);
    if (status) search_free(search);
    return status;
}
