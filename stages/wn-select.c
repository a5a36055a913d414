/* wn-select: statistics to cohorts, each with its rule and its neurons at every checkpoint. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "core/file.h"
#include "core/memory.h"
#include "par/agree.h"
#include "select/selection.h"
#include "stages/search.h"

/* What a cohort is made from. */
typedef struct {
    stage_t *stage;
    rules_t rules;
    conditions_t conditions;
    searcher_t searcher;
    bool *done;            /* [rules] */
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

static status_t add_found(const inputs_t *in, const rule_t *rule, hash_t *hash)
{
    char *path = NULL, *key = NULL;
    status_t status = stage_path(in->stage, false, &path, "selection/%s.h5", rule->name);
    if (!status) status = stage_read_key(path, "select", &key);
    if (!status) status = hash_add_field(hash, "search", key);
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
    if (!status && rule->kind == RULE_UNTIL) return add_found(in, rule, hash);
    if (!status && rule->from) status = search_add_statistics(in->stage, rule->from, hash);
    for (size_t k = 0; !status && rule_part(rule, k, &part); k++) status = add_rule(in, part, hash);
    return status;
}

static status_t make_key(inputs_t *in, size_t index, char key[SHA256_HEX])
{
    hash_t *hash = NULL;
    status_t status = stage_key_create(&hash);
    if (!status) status = hash_add_field(hash, "stage", "select");
    for (size_t i = 0; !status && i < in->checkpoints.count; i++)
        status = search_add_statistics(in->stage, in->checkpoints.item[i], hash);
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
    estimate->memory = plan_base(in->stage->plan);
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
    const char *maker = rules_search(&in->rules, index) ? "select" : "reduce";
    if (!status) status = plan_input(in->stage, path, maker, make_key(in, index, key), &known);
    if (!status && known) status = stage_look(in->stage, path, key, &current);
    if (!status && known && !current) status = make(in, index, path, key);
    mem_free(&path);
    return status;
}

/* Collective: a cohort after those that it is made from. Most are little work on small files: rank 0
 * does it, the others wait for its outcome. */
static status_t make_cohort(inputs_t *in, size_t index)
{
    const rule_t *rule = &in->rules.rule[index];
    size_t part = 0;
    status_t status = NULL;
    if (in->done[index]) return NULL;
    in->done[index] = true;
    for (size_t k = 0; !status && rule_part(rule, k, &part); k++) status = make_cohort(in, part);
    if (!status && rule->kind == RULE_UNTIL) {
        ptrdiff_t condition = conditions_find(&in->conditions, rule->until.condition);
        const char *cohort = in->conditions.condition[condition].cohort;
        status = make_cohort(in, (size_t)rules_find(&in->rules, cohort));
        return status ? status : search_cohort(&in->searcher, index);
    }
    if (!status && in->stage->rank == 0) status = select_cohort(in, index);
    return agree(in->stage->comm, status);
}

/* Collective: rank 0 finds the checkpoints with statistics. */
static status_t share_checkpoints(inputs_t *in)
{
    str_t text = {0};
    status_t status = in->stage->rank == 0 ? find_checkpoints(in) : NULL;
    for (size_t i = 0; !status && i < in->checkpoints.count; i++)
        status = str_printf(&text, "%s\n", in->checkpoints.item[i]);
    status = share_text(in->stage->comm, status, &text);
    strings_free(&in->checkpoints);
    for (char *at = text.data, *end; !status && at && (end = strchr(at, '\n')); at = end + 1)
        status = strings_append_n(&in->checkpoints, at, (size_t)(end - at));
    str_free(&text);
    return agree(in->stage->comm, status);
}

static status_t prepare(inputs_t *in)
{
    const stage_t *stage = in->stage;
    status_t status = rules_read(stage->config, &stage->checkpoints, &in->rules);
    if (!status) status = conditions_read(stage->config, &in->conditions);
    if (!status) status = mem_new(&in->done, in->rules.count, "cohorts");
    in->searcher = (searcher_t){.stage = in->stage,
                                .rules = &in->rules,
                                .conditions = &in->conditions,
                                .checkpoints = &in->checkpoints};
    return agree(stage->comm, status);
}

/* Collective: of the cohorts since the last time, but for searches, which tell their own. */
static void tell_time(inputs_t *in)
{
    char label[64];
    MPI_Bcast(&in->made, 1, MPI_INT, 0, in->stage->comm);
    if (!in->made) return;
    snprintf(label, sizeof label, "%d cohort%s", in->made, in->made == 1 ? "" : "s");
    plan_compare(in->stage, label, &in->expected);
    in->made = 0;
    in->expected = estimate_nothing;
}

static status_t run(stage_t *stage)
{
    inputs_t in = {.stage = stage, .expected = estimate_nothing};
    status_t status = prepare(&in);
    if (!status) status = share_checkpoints(&in);
    for (size_t i = 0; !status && i < in.rules.count; i++)
        if (!rules_search(&in.rules, i)) status = make_cohort(&in, i);
    if (!status) tell_time(&in);
    for (size_t i = 0; !status && i < in.rules.count; i++) status = make_cohort(&in, i);
    if (!status) tell_time(&in);
    if (!status && in.searcher.unreached)
        status = status_new(EXIT_UNREACHED, "%s", in.searcher.unreached);
    searcher_free(&in.searcher);
    mem_free(&in.done);
    strings_free(&in.checkpoints);
    conditions_free(&in.conditions);
    rules_destroy(&in.rules);
    return agree(stage->comm, status);
}

int main(int argc, char **argv)
{
    return stage_main(argc, argv, "select", run);
}
