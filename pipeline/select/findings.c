#include "select/findings.h"

#include <math.h>
#include <string.h>

#include "core/file.h"
#include "core/memory.h"
#include "core/strings.h"
#include "stats/statistics.h"
#include "store/output.h"

/* ---- stability ---- */

/* stability[i] += 1 where the cohort's neuron i is in other as well; both are in order. */
static void count_members(const cohort_t *cohort, const cohort_t *other, double *stability)
{
    for (int64_t i = 0, j = 0; i < cohort->count && j < other->count;) {
        int32_t layer = cohort->layer[i] - other->layer[j],
                neuron = cohort->neuron[i] - other->neuron[j];
        if (layer == 0 && neuron == 0) stability[i] += 1;
        bool ahead = layer > 0 || (layer == 0 && neuron > 0);
        i += !ahead;
        j += ahead || (layer == 0 && neuron == 0);
    }
}

static status_t choose_again(const rule_t *rule, const matrix_t *matrix, cohort_t *cohort)
{
    end_t end = rule->kind == RULE_HIGHEST ? END_HIGHEST : END_LOWEST;
    return rule->count ? cohort_by_count(matrix, end, rule->count, cohort)
                       : cohort_by_percent(matrix, end, rule->percent, cohort);
}

static status_t measure_stability(const store_t *store, const rule_t *rule, const cohort_t *cohort,
                                  findings_t *findings)
{
    matrix_t matrix = {0};
    store_info_t info = {0}, layers = {0};
    status_t status = store_find(store, "wd_replicates", &info);
    if (!status) status = store_read(store, "layers", STORE_I32, &matrix.layer, &layers);
    if (!status && (info.dimensions != 3 || info.shape[1] != layers.count || !info.shape[0] ||
                    info.shape[2] > INT32_MAX))
        status =
            status_new(EXIT_INPUT, "%s: wd_replicates: [replicates][%llu][neurons] are expected",
                       store_path(store), (unsigned long long)layers.count);
    if (!status)
        status = mem_new(&matrix.value, (size_t)(info.shape[1] * info.shape[2]), "replicates");
    if (!status) status = mem_new(&findings->stability, (size_t)cohort->count, "stability");
    matrix.layers = (int32_t)info.shape[1];
    matrix.neurons = (int32_t)info.shape[2];
    for (uint64_t r = 0; !status && r < info.shape[0]; r++) {
        uint64_t start[] = {r, 0, 0}, count[] = {1, info.shape[1], info.shape[2]};
        cohort_t again = {0};
        status = store_get(store, "wd_replicates", STORE_F64, start, count, matrix.value);
        if (!status) status = choose_again(rule, &matrix, &again);
        if (!status) count_members(cohort, &again, findings->stability);
        cohort_destroy(&again);
    }
    for (int64_t i = 0; !status && i < cohort->count; i++)
        findings->stability[i] /= (double)info.shape[0];
    matrix_destroy(&matrix);
    return status;
}

static status_t add_stability(const rule_t *rule, const char *directory, const char *checkpoint,
                              const cohort_t *cohort, findings_t *findings)
{
    char *path = NULL;
    store_t *store = NULL;
    if (rule->statistic != statistics_find("wd") ||
        (rule->kind != RULE_HIGHEST && rule->kind != RULE_LOWEST))
        return NULL;
    status_t status =
        str_format(&path, "%s/statistics/%s.h5", directory, rule->from ? rule->from : checkpoint);
    if (!status) status = output_open(path, "reduce", &store);
    if (!status && store_has(store, "wd_replicates"))
        status = measure_stability(store, rule, cohort, findings);
    store_close(&store);
    mem_free(&path);
    return status;
}

/* ---- signs ---- */

static status_t check_origin(const store_t *pairs, const char *directory, const char *checkpoint)
{
    char *path = NULL, *own = NULL, *key = NULL;
    store_t *store = NULL;
    status_t status = str_format(&path, "%s/statistics/%s.h5", directory, checkpoint);
    if (!status) status = output_open(path, "reduce", &store);
    if (!status) status = store_get_text(store, "/", "key", &key);
    if (!status) status = store_get_text(pairs, "/", "key", &own);
    if (!status && strcmp(key, own) != 0)
        status = status_new(EXIT_INPUT, "%s: not made with %s; run the stage 'reduce' again",
                            store_path(pairs), path);
    store_close(&store);
    mem_free(&own);
    mem_free(&key);
    mem_free(&path);
    return status;
}

/* Whose pairs a file holds. */
typedef struct {
    const store_t *store;
    uint64_t layers, neurons; /* of a layer, in the file */
    int32_t *layer;           /* [layers] numbers */
    int32_t *neuron;          /* [layers][neurons] numbers; NULL: all from 0 on */
} owners_t;

static status_t read_owners(const store_t *store, owners_t *owners)
{
    store_info_t layers = {0}, signs = {0}, neurons = {0};
    *owners = (owners_t){.store = store};
    status_t status = store_read(store, "/layers", STORE_I32, &owners->layer, &layers);
    if (!status) status = store_find(store, "/signs", &signs);
    if (!status && store_has(store, "/neurons"))
        status = store_read(store, "/neurons", STORE_I32, &owners->neuron, &neurons);
    owners->layers = layers.count;
    owners->neurons = signs.shape[1];
    if (!status && owners->neuron && neurons.count != owners->layers * owners->neurons)
        status =
            status_new(EXIT_INPUT, "%s: /neurons: [%llu][%llu] are expected", store_path(store),
                       (unsigned long long)owners->layers, (unsigned long long)owners->neurons);
    return status;
}

static void owners_free(owners_t *owners)
{
    mem_free(&owners->layer);
    mem_free(&owners->neuron);
}

/* The row of a neuron in the file, or -1. */
static int64_t find_owner(const owners_t *owners, int32_t layer, int32_t neuron)
{
    uint64_t l = 0, n = (uint64_t)neuron;
    while (l < owners->layers && owners->layer[l] != layer) l++;
    if (l == owners->layers) return -1;
    const int32_t *number = owners->neuron ? owners->neuron + l * owners->neurons : NULL;
    for (n = number ? 0 : n; number && n < owners->neurons && number[n] != neuron;) n++;
    return n < owners->neurons ? (int64_t)(l * owners->neurons + n) : -1;
}

/* Adds one side's counts over the cohort's neurons; those that the file lacks have none. */
static status_t add_counts(const owners_t *owners, const char *name, const cohort_t *cohort,
                           int64_t signs[SIGNS])
{
    store_info_t info = {0};
    int32_t *count = NULL;
    status_t status = store_read(owners->store, name, STORE_I32, &count, &info);
    if (!status && (info.dimensions != 3 || info.shape[0] != owners->layers ||
                    info.shape[1] != owners->neurons || info.shape[2] != SIGNS))
        status =
            status_new(EXIT_INPUT, "%s: %s: [%llu][neurons][%d] are expected",
                       store_path(owners->store), name, (unsigned long long)owners->layers, SIGNS);
    for (int64_t i = 0; !status && i < cohort->count; i++) {
        int64_t row = find_owner(owners, cohort->layer[i], cohort->neuron[i]);
        for (int s = 0; row >= 0 && s < SIGNS; s++) signs[s] += count[row * SIGNS + s];
    }
    mem_free(&count);
    return status;
}

static status_t add_signs(const char *directory, const char *checkpoint, const cohort_t *cohort,
                          findings_t *findings)
{
    char *path = NULL;
    owners_t owners = {0};
    store_t *store = NULL;
    status_t status = str_format(&path, "%s/pairs/%s.h5", directory, checkpoint);
    if (!status && file_exists(path)) {
        status = output_open(path, "reduce", &store);
        if (!status) status = check_origin(store, directory, checkpoint);
        if (!status) status = read_owners(store, &owners);
        if (!status)
            status = add_counts(&owners, "/signs", cohort, findings->signs[SIDE_SEPARATED]);
        if (!status)
            status = add_counts(&owners, "/control_signs", cohort, findings->signs[SIDE_CONTROLS]);
        findings->known = !status;
    }
    store_close(&store);
    owners_free(&owners);
    mem_free(&path);
    return status;
}

/* ---- all ---- */

status_t findings_make(const rule_t *rule, const char *directory, const char *checkpoint,
                       const cohort_t *cohort, findings_t *findings)
{
    *findings = (findings_t){0};
    status_t status = add_stability(rule, directory, checkpoint, cohort, findings);
    if (!status) status = add_signs(directory, checkpoint, cohort, findings);
    if (status) findings_destroy(findings);
    return status;
}

void findings_destroy(findings_t *findings)
{
    mem_free(&findings->stability);
    *findings = (findings_t){0};
}

static status_t put(store_t *store, const char *path, store_type_t type, int dimensions,
                    const uint64_t *shape, const void *data, const char *axes, const char *unit,
                    const char *description)
{
    status_t status = store_write(store, path, type, dimensions, shape, data);
    return status ? status : store_describe(store, path, axes, unit, description);
}

status_t findings_write(store_t *store, const char *checkpoint, const cohort_t *cohort,
                        const findings_t *findings)
{
    uint64_t count = (uint64_t)cohort->count, signs[] = {SIDES, SIGNS};
    char *stability = NULL, *pairs = NULL;
    status_t status = str_format(&stability, "/%s/stability", checkpoint);
    if (!status) status = str_format(&pairs, "/%s/pair_signs", checkpoint);
    if (!status && findings->stability)
        status = put(store, stability, STORE_F64, 1, &count, findings->stability, "members", "1",
                     "share of bootstrap replicates that choose the neuron");
    if (!status && findings->known)
        status =
            put(store, pairs, STORE_I64, 2, signs, findings->signs, "sides signs", "pairs",
                "most separated similar pairs, and controls: both outputs negative, one, none");
    mem_free(&pairs);
    mem_free(&stability);
    return status;
}

status_t findings_read(const store_t *store, const char *checkpoint, const cohort_t *cohort,
                       findings_t *findings)
{
    char *stability = NULL, *pairs = NULL;
    int64_t *signs = NULL;
    store_info_t info = {0};
    *findings = (findings_t){0};
    status_t status = str_format(&stability, "/%s/stability", checkpoint);
    if (!status) status = str_format(&pairs, "/%s/pair_signs", checkpoint);
    if (!status && store_has(store, stability)) {
        status = store_read(store, stability, STORE_F64, &findings->stability, &info);
        if (!status && info.count != (uint64_t)cohort->count)
            status = status_new(EXIT_INPUT, "%s: %s: %lld values are expected", store_path(store),
                                stability, (long long)cohort->count);
    }
    if (!status && store_has(store, pairs)) {
        status = store_read(store, pairs, STORE_I64, &signs, &info);
        if (!status && info.count != SIDES * SIGNS)
            status = status_new(EXIT_INPUT, "%s: %s: [%d][%d] are expected", store_path(store),
                                pairs, SIDES, SIGNS);
        if (!status) memcpy(findings->signs, signs, sizeof findings->signs);
        findings->known = !status;
    }
    mem_free(&signs);
    mem_free(&pairs);
    mem_free(&stability);
    if (status) findings_destroy(findings);
    return status;
}

double findings_stability(const findings_t *findings, int64_t count)
{
    double sum = 0;
    if (!findings->stability || count == 0) return NAN;
    for (int64_t i = 0; i < count; i++) sum += findings->stability[i];
    return sum / (double)count;
}
