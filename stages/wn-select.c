/* wn-select: statistics to cohorts, each with its rule and its neurons at every checkpoint. */
#include <string.h>

#include "core/file.h"
#include "core/log.h"
#include "core/memory.h"
#include "select/selection.h"
#include "stages/stage.h"

/* What a cohort is made from. */
typedef struct {
    stage_t *stage;
    rules_t rules;
    strings_t checkpoints; /* those that have statistics, in the run's order */
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

/* A rule as it is written, the list that it names, and the statistics that it is applied to. */
static status_t add_rule(inputs_t *in, const rule_t *rule, hash_t *hash)
{
    str_t text = {0};
    char digest[SHA256_HEX];
    status_t status = config_dump(in->stage->config, config_path("select.%s.", rule->name), &text);
    if (!status) status = hash_add_field(hash, "rule", text.data);
    if (!status && rule->neurons) status = hash_file(rule->neurons, digest);
    if (!status && rule->neurons) status = hash_add_field(hash, "list", digest);
    if (!status && rule->from) status = add_statistics(in, rule->from, hash);
    str_free(&text);
    return status;
}

static status_t make_key(inputs_t *in, size_t index, char key[SHA256_HEX])
{
    hash_t *hash = NULL;
    const rule_t *rule = &in->rules.rule[index];
    status_t status = stage_key_create(&hash);
    if (!status) status = hash_add_field(hash, "stage", "select");
    for (size_t i = 0; !status && i < in->checkpoints.count; i++)
        status = add_statistics(in, in->checkpoints.item[i], hash);
    if (!status) status = add_rule(in, rule, hash);
    while (!status && rule->kind == RULE_RANDOM) {
        rule = &in->rules.rule[rule->like];
        status = add_rule(in, rule, hash);
    }
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

static bool is_current(const char *path, const char *key)
{
    char *found = NULL;
    if (!file_exists(path)) return false;
    status_t status = stage_read_key(path, "select", &found);
    bool current = !status && strcmp(found, key) == 0;
    log_info(current ? "%s is up to date" : "%s is stale and will be made anew", path);
    status_free(&status);
    mem_free(&found);
    return current;
}

static status_t select_cohort(inputs_t *in, size_t index)
{
    char *name = NULL, *path = NULL, key[SHA256_HEX];
    status_t status = str_format(&name, "selection/%s.h5", in->rules.rule[index].name);
    if (!status) status = path_join(in->stage->directory, name, &path);
    if (!status) status = directory_create_for(path);
    if (!status) status = make_key(in, index, key);
    if (!status && !is_current(path, key)) status = write_cohort(in, index, path, key);
    mem_free(&path);
    mem_free(&name);
    return status;
}

/* Little work on small files: rank 0 does it, the others wait for its outcome. */
static status_t run(stage_t *stage)
{
    inputs_t in = {.stage = stage};
    status_t status = rules_read(stage->config, &stage->checkpoints, &in.rules);
    if (stage->rank == 0) {
        if (!status) status = find_checkpoints(&in);
        for (size_t i = 0; !status && i < in.rules.count; i++) status = select_cohort(&in, i);
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
