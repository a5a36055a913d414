#include "select/selection.h"

#include "core/log.h"
#include "core/memory.h"
#include "select/findings.h"
#include "stats/statistics.h"
#include "store/output.h"

status_t matrix_read(const char *path, int statistic, matrix_t *matrix)
{
    const char *name = statistics[statistic].name;
    store_t *store = NULL;
    store_info_t info = {0}, layers = {0};
    *matrix = (matrix_t){0};
    status_t status = output_open(path, "reduce", &store);
    if (!status && statistic == DIFFICULTY && !store_has(store, name))
        status = status_new(EXIT_INPUT,
                            "%s: no md, since it was made without pairs of tokens; set "
                            "collect.pairs and run the stages 'collect' and 'reduce' again",
                            path);
    if (!status) status = store_read(store, name, STORE_F64, &matrix->value, &info);
    if (!status) status = store_read(store, "layers", STORE_I32, &matrix->layer, &layers);
    if (!status &&
        (info.dimensions != 2 || layers.dimensions != 1 || info.shape[0] != layers.shape[0] ||
         info.shape[0] > INT32_MAX || info.shape[1] > INT32_MAX))
        status = status_new(EXIT_INPUT, "%s: %s [layers][neurons] and layers [layers] are expected",
                            path, name);
    matrix->layers = (int32_t)info.shape[0];
    matrix->neurons = (int32_t)info.shape[1];
    store_close(&store);
    if (status) matrix_destroy(matrix);
    return status;
}

status_t selection_statistics_path(const char *directory, const char *checkpoint, char **path)
{
    return str_format(path, "%s/statistics/%s.h5", directory, checkpoint);
}

static status_t read_statistic(const rule_t *rule, const char *directory, const char *checkpoint,
                               matrix_t *matrix)
{
    char *path = NULL;
    status_t status = selection_statistics_path(directory, checkpoint, &path);
    if (!status) status = matrix_read(path, rule->statistic, matrix);
    mem_free(&path);
    return status;
}

/* Applies the rules that one is made from; count cohorts, of *part (to be freed with each). */
static status_t apply_parts(const rules_t *rules, const rule_t *rule, const char *directory,
                            const char *checkpoint, cohort_t **part, size_t *count)
{
    size_t index;
    *count = 0;
    while (rule_part(rule, *count, &index)) (*count)++;
    status_t status = mem_new(part, *count, "parts of a cohort");
    for (size_t k = 0; !status && rule_part(rule, k, &index); k++)
        status = selection_apply(rules, index, directory, checkpoint, &(*part)[k]);
    return status;
}

static status_t apply_made(const rules_t *rules, const rule_t *rule, const matrix_t *matrix,
                           const char *directory, const char *checkpoint, cohort_t *cohort)
{
    cohort_t *part = NULL;
    size_t count;
    status_t status = apply_parts(rules, rule, directory, checkpoint, &part, &count);
    if (!status && rule->kind == RULE_RANDOM)
        status = cohort_random(matrix, part, rule->outside, rule->seed, cohort);
    else if (!status && rule->kind == RULE_PAIRED)
        status = cohort_paired(matrix, part, rule->statistic == statistics_find("mean"), cohort);
    else if (!status)
        status = cohort_combined(matrix,
                                 rule->kind == RULE_UNION          ? COMBINE_ANY
                                 : rule->kind == RULE_INTERSECTION ? COMBINE_ALL
                                                                   : COMBINE_FIRST_ALONE,
                                 part, count, cohort);
    for (size_t k = 0; part && k < count; k++) cohort_destroy(&part[k]);
    mem_free(&part);
    return status;
}

static status_t apply_listed(const rule_t *rule, const matrix_t *matrix, cohort_t *cohort)
{
    neuron_list_t list;
    status_t status = neuron_list_read(rule->neurons, &list);
    if (!status) status = cohort_listed(matrix, &list, cohort);
    neuron_list_destroy(&list);
    return status;
}

/* What a search found is in its file. */
static status_t read_found(const rule_t *rule, const char *directory, const char *checkpoint,
                           cohort_t *cohort)
{
    char *path = NULL;
    store_t *store = NULL;
    status_t status = str_format(&path, "%s/selection/%s.h5", directory, rule->name);
    if (!status) status = output_open(path, "select", &store);
    if (!status) status = selection_read(store, checkpoint, cohort);
    store_close(&store);
    mem_free(&path);
    return status;
}

status_t selection_apply(const rules_t *rules, size_t index, const char *directory,
                         const char *checkpoint, cohort_t *cohort)
{
    const rule_t *rule = &rules->rule[index];
    const char *at = rule->from ? rule->from : checkpoint;
    end_t end = rule->kind == RULE_HIGHEST ? END_HIGHEST : END_LOWEST;
    matrix_t matrix = {0};
    *cohort = (cohort_t){0};
    if (rule->kind == RULE_UNTIL) return read_found(rule, directory, checkpoint, cohort);
    status_t status = read_statistic(rule, directory, at, &matrix);
    if (status) return status;
    switch (rule->kind) {
    case RULE_ALL: status = cohort_all(&matrix, cohort); break;
    case RULE_LISTED: status = apply_listed(rule, &matrix, cohort); break;
    case RULE_RANDOM:
    case RULE_PAIRED:
    case RULE_UNION:
    case RULE_INTERSECTION:
    case RULE_DIFFERENCE: status = apply_made(rules, rule, &matrix, directory, at, cohort); break;
    default:
        status = rule->count ? cohort_by_count(&matrix, end, rule->count, cohort)
                             : cohort_by_percent(&matrix, end, rule->percent, cohort);
    }
    matrix_destroy(&matrix);
    return status_wrap(status, "cohort '%s' at %s", rule->name, at);
}

/* One dataset of a checkpoint's group. */
static status_t put(store_t *store, const char *checkpoint, const char *name, store_type_t type,
                    int64_t count, const void *data, const char *axis, const char *description)
{
    char *path = NULL;
    uint64_t shape = (uint64_t)count;
    status_t status = str_format(&path, "/%s/%s", checkpoint, name);
    if (!status) status = store_write(store, path, type, 1, &shape, data);
    if (!status) status = store_describe(store, path, axis, "1", description);
    mem_free(&path);
    return status;
}

static status_t put_all(store_t *store, const char *checkpoint, const rule_t *rule,
                        const cohort_t *c)
{
    status_t status = put(store, checkpoint, "layer", STORE_I32, c->count, c->layer, "members",
                          "layer of each neuron, from 0");
    if (!status)
        status = put(store, checkpoint, "neuron", STORE_I32, c->count, c->neuron, "members",
                     "neuron within its layer, from 0");
    if (!status)
        status = put(store, checkpoint, "value", STORE_F64, c->count, c->value, "members",
                     statistics[rule->statistic].description);
    if (!status && c->partner)
        status = put(store, checkpoint, "partner", STORE_I32, c->count, c->partner, "members",
                     "neuron of the other cohort that each one is paired with");
    if (!status)
        status = put(store, checkpoint, "layers", STORE_I32, c->layers, c->number, "layers",
                     "layers that were chosen from");
    if (!status)
        status = put(store, checkpoint, "threshold", STORE_F64, c->layers, c->threshold, "layers",
                     "value to be passed in each layer");
    if (!status)
        status = put(store, checkpoint, "size", STORE_I32, c->layers, c->size, "layers",
                     "neurons chosen in each layer");
    return status;
}

/* "21 in each layer", or the count of each. */
static status_t describe_sizes(const cohort_t *cohort, str_t *text)
{
    bool equal = true;
    for (int32_t l = 1; l < cohort->layers; l++) equal &= cohort->size[l] == cohort->size[0];
    if (equal && cohort->layers) return str_printf(text, "%d in each", cohort->size[0]);
    status_t status = NULL;
    for (int32_t l = 0; !status && l < cohort->layers; l++)
        status = str_printf(text, "%s%d", l ? ", " : "", cohort->size[l]);
    return status;
}

status_t selection_put(store_t *store, const rules_t *rules, size_t index, const char *directory,
                       const char *checkpoint, const cohort_t *cohort)
{
    const rule_t *rule = &rules->rule[index];
    str_t text = {0}, sizes = {0};
    char *group = NULL;
    findings_t findings = {0};
    status_t status = findings_make(rule, directory, checkpoint, cohort, &findings);
    if (!status) status = put_all(store, checkpoint, rule, cohort);
    if (!status) status = findings_write(store, checkpoint, cohort, &findings);
    if (!status) status = describe_sizes(cohort, &sizes);
    if (!status) status = rule_describe(rules, index, &text);
    if (!status) status = str_format(&group, "/%s", checkpoint);
    if (!status) status = store_set_text(store, group, "rule", text.data);
    if (!status)
        status = store_set_text(store, group, "statistic", statistics[rule->statistic].name);
    if (!status)
        log_info("cohort '%s' at %s: %lld neurons of %d layers: %s (%s)", rule->name, checkpoint,
                 (long long)cohort->count, cohort->layers, sizes.data ? sizes.data : "", text.data);
    mem_free(&group);
    str_free(&text);
    str_free(&sizes);
    findings_destroy(&findings);
    return status;
}

status_t selection_write(store_t *store, const rules_t *rules, size_t index, const char *directory,
                         const char *checkpoint)
{
    cohort_t cohort = {0};
    status_t status = selection_apply(rules, index, directory, checkpoint, &cohort);
    if (!status) status = selection_put(store, rules, index, directory, checkpoint, &cohort);
    cohort_destroy(&cohort);
    return status;
}

/* Reads one dataset of a checkpoint's group; *count is its length. */
static status_t take(const store_t *store, const char *checkpoint, const char *name,
                     store_type_t type, void *data, int64_t *count)
{
    char *path = NULL;
    store_info_t info = {0};
    status_t status = str_format(&path, "/%s/%s", checkpoint, name);
    if (!status) status = store_read(store, path, type, data, &info);
    *count = (int64_t)info.count;
    mem_free(&path);
    return status;
}

status_t selection_read(const store_t *store, const char *checkpoint, cohort_t *c)
{
    int64_t neurons = 0, values = 0, layers = 0, sizes = 0, numbers = 0;
    *c = (cohort_t){0};
    status_t status = take(store, checkpoint, "layer", STORE_I32, &c->layer, &c->count);
    if (!status) status = take(store, checkpoint, "neuron", STORE_I32, &c->neuron, &neurons);
    if (!status) status = take(store, checkpoint, "value", STORE_F64, &c->value, &values);
    if (!status) status = take(store, checkpoint, "threshold", STORE_F64, &c->threshold, &layers);
    if (!status) status = take(store, checkpoint, "size", STORE_I32, &c->size, &sizes);
    if (!status) status = take(store, checkpoint, "layers", STORE_I32, &c->number, &numbers);
    bool good = neurons == c->count && values == c->count && sizes == layers && numbers == layers &&
                layers <= INT32_MAX;
    for (int64_t i = 0; !status && good && i < c->count; i++)
        good = c->layer[i] >= 0 && c->neuron[i] >= 0 &&
               (i == 0 || c->layer[i] > c->layer[i - 1] ||
                (c->layer[i] == c->layer[i - 1] && c->neuron[i] > c->neuron[i - 1]));
    if (!status && !good)
        status = status_new(EXIT_INPUT, "%s: /%s: neurons ordered by layer and neuron are expected",
                            store_path(store), checkpoint);
    c->layers = (int32_t)layers;
    if (status) cohort_destroy(c);
    return status;
}
