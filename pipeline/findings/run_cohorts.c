/* Cohorts: their sizes, and the list of their neurons. */
#include <string.h>

#include "core/csv_fields.h"
#include "core/memory.h"
#include "findings/run_internal.h"
#include "select/selection.h"

static status_t list_neurons(run_t *run, const char *checkpoint, const char *name,
                             const cohort_t *cohort)
{
    status_t status = NULL;
    str_t *csv = &run->cohorts_csv;
    for (int64_t i = 0; !status && i < cohort->count; i++) {
        status = csv_text(csv, checkpoint);
        if (!status) status = csv_text(csv, name);
        if (!status) status = csv_integer(csv, cohort->layer[i]);
        if (!status) status = csv_integer(csv, cohort->neuron[i]);
        if (!status) status = csv_number(csv, cohort->value[i]);
        if (!status) status = csv_end(csv);
    }
    return status;
}

static status_t list_sizes(run_t *run, const char *checkpoint, const char *name,
                           const cohort_t *cohort)
{
    status_t status = NULL;
    str_t *csv = &run->sizes_csv;
    for (int32_t l = 0; !status && l < cohort->layers; l++) {
        status = csv_text(csv, checkpoint);
        if (!status) status = csv_text(csv, name);
        if (!status) status = csv_integer(csv, cohort->number[l]);
        if (!status) status = csv_integer(csv, cohort->size[l]);
        if (!status) status = csv_number(csv, cohort->threshold[l]);
        if (!status) status = csv_end(csv);
    }
    return status;
}

static status_t read_search(run_t *run, const store_t *store, size_t rule, size_t checkpoint)
{
    run_search_t search = {.rule = rule, .checkpoint = checkpoint};
    bool found = false;
    status_t status = search_read(store, run->checkpoints->item[checkpoint], &search.is, &found);
    if (status || !found) return status;
    status = mem_grow(&run->search, &run->search_capacity, run->searches + 1, "searches");
    if (!status) run->search[run->searches++] = search;
    else search_free(&search.is);
    return status;
}

static void measure(const cohort_t *cohort, const findings_t *findings, run_cohort_t *size)
{
    *size = (run_cohort_t){.there = true,
                           .neurons = cohort->count,
                           .layers = cohort->layers,
                           .stability = findings_stability(findings, cohort->count),
                           .signs_known = findings->known};
    memcpy(size->signs, findings->signs, sizeof size->signs);
    for (int32_t l = 0; l < cohort->layers; l++) {
        if (l == 0 || cohort->size[l] < size->fewest) size->fewest = cohort->size[l];
        if (cohort->size[l] > size->most) size->most = cohort->size[l];
    }
}

static status_t read_cohort(run_t *run, size_t rule, bool *absent)
{
    const char *cohort_name = run->rules.rule[rule].name;
    char *name = NULL, *what = NULL;
    store_t *store = NULL;
    status_t status = str_format(&name, "selection/%s.h5", cohort_name);
    if (!status) status = run_open_file(run, name, &store);
    for (size_t i = 0; !status && i < run->checkpoints->count; i++) {
        const char *checkpoint = run->checkpoints->item[i];
        cohort_t cohort = {0};
        findings_t findings = {0};
        absent[i] = !store || !store_has(store, checkpoint);
        if (absent[i]) continue;
        status = selection_read(store, checkpoint, &cohort);
        if (!status) status = findings_read(store, checkpoint, &cohort, &findings);
        if (!status) measure(&cohort, &findings, &run->cohort[i * run->rules.count + rule]);
        if (!status) status = read_search(run, store, rule, i);
        if (!status) status = list_sizes(run, checkpoint, cohort_name, &cohort);
        /* A list of all neurons would say nothing. */
        if (!status && run->rules.rule[rule].kind != RULE_ALL)
            status = list_neurons(run, checkpoint, cohort_name, &cohort);
        findings_destroy(&findings);
        cohort_destroy(&cohort);
    }
    if (!status) status = str_format(&what, "cohort %s (stage select)", cohort_name);
    if (!status) status = run_add_missing(run, what, run->checkpoints, absent);
    store_close(&store);
    mem_free(&what);
    mem_free(&name);
    return status;
}

status_t run_read_cohorts(run_t *run)
{
    bool *absent = NULL;
    status_t status = mem_new(&run->cohort, run->checkpoints->count * run->rules.count, "cohorts");
    if (!status) status = mem_new(&absent, run->checkpoints->count, "checkpoints");
    if (!status) status = str_add(&run->cohorts_csv, "checkpoint,cohort,layer,neuron,value\n");
    if (!status) status = str_add(&run->sizes_csv, "checkpoint,cohort,layer,neurons,threshold\n");
    for (size_t r = 0; !status && r < run->rules.count; r++) status = read_cohort(run, r, absent);
    mem_free(&absent);
    return status;
}
