/* wn-select: statistics to cohorts, each with its rule and its neurons at every checkpoint. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "core/file.h"
#include "core/memory.h"
#include "par/agree.h"
#include "select/selection.h"
#include "stages/plan.h"

/* What a cohort is made from. */
typedef struct {
    stage_t *stage;
    rules_t rules;
    strings_t checkpoints; /* those that have statistics, in the run's order */
    estimate_t expected;   /* of all that is made */
    int made;
} inputs_t;

/* The chosen checkpoints must have statistics; of the others those that have are taken along,
 * so that a cohort's file covers whatever can be evaluated. */
static status_t find_checkpoints(inputs_t *in)
{
    const strings_t *all = &in->stage->checkpoints, *chosen = &in->stage->chosen;
    status_t status = NULL;
    for (size_t i = 0; !status && i < all->count; i++) {
        char *path = NULL;
        status = selection_statistics_path(in->stage->directory, all->item[i], &path);
        if (!status && (strings_find(chosen, all->item[i]) >= 0 || file_exists(path)))
            status = strings_append(&in->checkpoints, all->item[i]);
        mem_free(&path);
    }
    return status;
}

static status_t add_statistics(inputs_t *in, const char *checkpoint, hash_t *hash)
{
    char *path = NULL, *key = NULL;
    status_t status = selection_statistics_path(in->stage->directory, checkpoint, &path);
    if (!status) status = stage_read_key(path, "reduce", &key);
    if (!status) status = hash_add_field(hash, checkpoint, key);
    mem_free(&key);
    mem_free(&path);
    return status;
}

/* A rule, the list that it names, the statistics that it is applied to, and its parts. */
static status_t add_rule(inputs_t *in, size_t index, hash_t *hash)
{
    const rule_t *rule = &in->rules.rule[index];
    char digest[SHA256_HEX];
    size_t part;
    status_t status = rule_hash(&in->rules, index, hash);
    if (!status && rule->neurons) status = hash_file(rule->neurons, digest);
    if (!status && rule->neurons) status = hash_add_field(hash, "list", digest);
    if (!status && rule->from) status = add_statistics(in, rule->from, hash);
    for (size_t k = 0; !status && rule_part(rule, k, &part); k++) status = add_rule(in, part, hash);
    return status;
}

static status_t make_key(inputs_t *in, size_t index, char key[SHA256_HEX])
{
    hash_t *hash = NULL;
    status_t status = stage_key_create(&hash);
    if (!status) status = hash_add_field(hash, "stage", "select");
    for (size_t i = 0; !status && i < in->checkpoints.count; i++)
        status = add_statistics(in, in->checkpoints.item[i], hash);
    if (!status) status = add_rule(in, index, hash);
    if (!status) status = hash_finish(&hash, key);
    hash_destroy(&hash);
    return status;
}

static status_t write_cohort(inputs_t *in, size_t index, const char *path, const char *key)
{
    store_t *store = NULL;
    status_t status = stage_create(in->stage, path, key, MPI_COMM_SELF, &store);
    for (size_t i = 0; !status && i < in->checkpoints.count; i++)
        status = selection_write(store, &in->rules, index, in->stage->directory,
                                 in->checkpoints.item[i]);
    if (!status) status = store_publish(&store);
    store_close(&store);
    return status;
}

/* A rule is applied to one checkpoint, which tells what it takes for each of them. */
static status_t estimate(const inputs_t *in, size_t index, estimate_t *estimate)
{
    cohort_t cohort = {0};
    const char *directory = in->stage->directory;
    double checkpoints = (double)in->checkpoints.count, start = MPI_Wtime();
    status_t status =
        selection_apply(&in->rules, index, directory, in->checkpoints.item[0], &cohort);
    *estimate = estimate_nothing;
    estimate->chunks = checkpoints;
    estimate->rows = checkpoints * (double)cohort.count;
    estimate->read = 0;
    for (size_t i = 0; !status && i < in->checkpoints.count; i++) {
        char *path = NULL;
        status = selection_statistics_path(directory, in->checkpoints.item[i], &path);
        if (!status) estimate->read += file_bytes(path);
        mem_free(&path);
    }
    estimate->memory = in->stage->plan->base.memory;
    estimate->disk = 16 * (estimate->rows + checkpoints * (double)cohort.layers);
    estimate->seconds = checkpoints * (MPI_Wtime() - start);
    estimate->bound = "about";
    cohort_destroy(&cohort);
    return status;
}

static void add(estimate_t *sum, const estimate_t *estimate)
{
    sum->seconds = (isnan(sum->seconds) ? 0 : sum->seconds) + estimate->seconds;
    sum->memory = estimate->memory;
    sum->bound = estimate->bound;
}

static status_t make(inputs_t *in, size_t index, const char *path, const char *key)
{
    estimate_t expected;
    double start = MPI_Wtime();
    status_t status = estimate(in, index, &expected);
    in->stage->plan->calibrating += MPI_Wtime() - start;
    if (status || in->stage->dry) return status ? status : plan_add(in->stage, path, &expected);
    add(&in->expected, &expected);
    in->made++;
    return write_cohort(in, index, path, key);
}

static status_t select_cohort(inputs_t *in, size_t index)
{
    char *path = NULL, key[SHA256_HEX];
    bool current = false, known = false;
    status_t status =
        stage_path(in->stage, false, &path, "selection/%s.h5", in->rules.rule[index].name);
    if (!status && !in->stage->dry) status = directory_create_for(path);
    if (!status) status = plan_input(in->stage, path, "reduce", make_key(in, index, key), &known);
    if (!status && known) status = stage_look(in->stage, path, key, &current);
    if (!status && known && !current) status = make(in, index, path, key);
    mem_free(&path);
    return status;
}

/* Little work on small files: rank 0 does it, the others wait for its outcome. */
static status_t run(stage_t *stage)
{
    inputs_t in = {.stage = stage, .expected = estimate_nothing};
    status_t status = rules_read(stage->config, &stage->checkpoints, &in.rules);
    if (stage->rank == 0) {
        if (!status) status = find_checkpoints(&in);
        for (size_t i = 0; !status && i < in.rules.count; i++) status = select_cohort(&in, i);
    }
    status = agree(stage->comm, status);
    if (!status) MPI_Bcast(&in.made, 1, MPI_INT, 0, stage->comm);
    if (!status && in.made) {
        char label[64];
        snprintf(label, sizeof label, "%d cohort%s", in.made, in.made == 1 ? "" : "s");
        plan_compare(stage, label, &in.expected);
    }
    strings_free(&in.checkpoints);
    rules_destroy(&in.rules);
    return status;
}

int main(int argc, char **argv)
{
    return stage_main(argc, argv, "select", "Chooses the cohorts of neurons by their statistics.",
                      run);
}
