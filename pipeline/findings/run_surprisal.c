/* Surprisal of tagged tokens, by groups of them, from the score of every token. */
#include <math.h>
#include <string.h>

#include "core/memory.h"
#include "eval/tagged.h"
#include "findings/run_internal.h"

/* How often each id occurs in a text. */
typedef struct {
    int64_t *count; /* [ids] */
    size_t ids;
} frequencies_t;

/* The tokens of a task at a checkpoint, and what is resampled: a row for each window, of each group the
 * tokens and, for each condition, the sum of their surprisals. */
typedef struct {
    run_t *run;
    size_t task, checkpoint;
    const store_t *store;
    int32_t *id, *tag, *window, *position; /* [tokens] */
    size_t tokens;
    strings_t tags;
    bool *scored, *there; /* [tokens], [conditions] */
    token_groups_t groups;
    int64_t windows;
    size_t columns; /* groups * (1 + conditions) */
    double *row;    /* [windows][columns]: tokens of each group, then sums by condition and group */
    double *resummed; /* [columns][replicates] */
} tagged_t;

static void tagged_free(tagged_t *it)
{
    mem_free(&it->id);
    mem_free(&it->tag);
    mem_free(&it->window);
    mem_free(&it->position);
    mem_free(&it->scored);
    mem_free(&it->there);
    mem_free(&it->row);
    mem_free(&it->resummed);
    strings_free(&it->tags);
    token_groups_destroy(&it->groups);
}

/* ---- reading ---- */

static status_t count_ids(const int32_t *id, size_t tokens, frequencies_t *frequencies)
{
    status_t status = NULL;
    size_t capacity = 0;
    for (size_t i = 0; !status && i < tokens; i++) {
        if (id[i] < 0) continue;
        size_t ids = (size_t)id[i] + 1;
        status = mem_grow(&frequencies->count, &capacity, ids, "frequencies of tokens");
        if (status) break;
        for (; frequencies->ids < ids; frequencies->ids++) frequencies->count[frequencies->ids] = 0;
        frequencies->count[id[i]]++;
    }
    return status;
}

/* Of the text that the configuration names; none where it names none or its shard is missing. */
static status_t read_frequencies(run_t *run, frequencies_t *frequencies)
{
    const char *text = config_text(run->config, "report.frequencies");
    char *name = NULL;
    store_t *store = NULL;
    int32_t *id = NULL;
    store_info_t info = {0};
    if (!text) return NULL;
    if (!config_count(run->config, config_path("corpora.%s", text)) &&
        !config_count(run->config, config_path("benchmarks.%s", text)))
        return config_error(run->config, "report.frequencies",
                            "neither corpora nor benchmarks has '%s'", text);
    status_t status = str_format(&name, "shards/%s.h5", text);
    if (!status) status = run_open_file(run, name, &store);
    if (!status && store) status = store_read(store, "/ids", STORE_I32, &id, &info);
    if (!status && store) status = count_ids(id, (size_t)info.count, frequencies);
    store_close(&store);
    mem_free(&id);
    mem_free(&name);
    return status;
}

static status_t read_column(tagged_t *it, const char *name, int32_t **value)
{
    store_info_t info = {0};
    status_t status = store_read(it->store, name, STORE_I32, value, &info);
    if (!status && it->tokens == 0) it->tokens = (size_t)info.count;
    if (!status && info.count != it->tokens)
        status = status_new(EXIT_INPUT, "%s: %s: %zu tokens are expected", store_path(it->store),
                            name, it->tokens);
    return status;
}

static status_t read_tokens(tagged_t *it)
{
    status_t status = read_column(it, "/ids", &it->id);
    if (!status) status = read_column(it, "/tag", &it->tag);
    if (!status) status = read_column(it, "/window", &it->window);
    if (!status) status = read_column(it, "/position", &it->position);
    if (!status) status = store_read_texts(it->store, "/tags", &it->tags);
    for (size_t i = 0; !status && i < it->tokens; i++) {
        if (it->tag[i] < 0 || (size_t)it->tag[i] >= it->tags.count)
            status = status_new(EXIT_INPUT, "%s: /tag does not fit /tags", store_path(it->store));
        if (it->window[i] >= it->windows) it->windows = it->window[i] + 1;
    }
    return status;
}

static status_t read_nll(const tagged_t *it, size_t condition, double **nll)
{
    char *name = NULL;
    store_info_t info = {0};
    status_t status = str_format(&name, "/%s/nll", it->run->condition[condition].name);
    if (!status) status = store_read(it->store, name, STORE_F64, nll, &info);
    if (!status && info.count != it->tokens)
        status = status_new(EXIT_INPUT, "%s: %s: %zu tokens are expected", store_path(it->store),
                            name, it->tokens);
    mem_free(&name);
    return status;
}

/* The first condition that is there tells which tokens are scored, and makes the groups. */
static status_t make_groups(tagged_t *it, const double *nll, const frequencies_t *known)
{
    frequencies_t own = {0};
    int64_t *frequency = NULL;
    int bands = (int)config_integer(it->run->config, "report.bands");
    status_t status = known->ids ? NULL : count_ids(it->id, it->tokens, &own);
    const frequencies_t *from = known->ids ? known : &own;
    if (!status) status = mem_new(&it->scored, it->tokens, "tokens");
    if (!status) status = mem_new(&frequency, it->tokens, "tokens");
    for (size_t i = 0; !status && i < it->tokens; i++) {
        it->scored[i] = isfinite(nll[i]) && it->window[i] >= 0;
        frequency[i] = it->id[i] >= 0 && (size_t)it->id[i] < from->ids ? from->count[it->id[i]] : 0;
    }
    if (!status)
        status = token_groups_create(&it->tags, it->tag, frequency, it->position, it->scored,
                                     it->tokens, bands, &it->groups);
    size_t all = 0, groups = it->groups.groups;
    it->columns = groups * (1 + it->run->conditions);
    if (!status) status = mem_product((size_t)it->windows, it->columns, "windows", &all);
    if (!status) status = mem_new(&it->row, all, "windows");
    for (size_t i = 0; !status && i < it->tokens; i++)
        for (int way = 0; it->scored[i] && way < BY_WAYS; way++)
            it->row[(size_t)it->window[i] * it->columns + (size_t)it->groups.group[way][i]]++;
    mem_free(&frequency);
    mem_free(&own.count);
    return status;
}

static status_t read_condition(tagged_t *it, size_t condition, const frequencies_t *known)
{
    double *nll = NULL;
    status_t status = read_nll(it, condition, &nll);
    if (!status && !it->row) status = make_groups(it, nll, known);
    size_t first = (1 + condition) * it->groups.groups;
    for (size_t i = 0; !status && i < it->tokens; i++) {
        if (!it->scored[i]) continue;
        if (!isfinite(nll[i]))
            status = status_new(EXIT_NUMERIC, "%s: %s: token %zu has no score",
                                store_path(it->store), it->run->condition[condition].name, i);
        double *row = it->row + (size_t)it->window[i] * it->columns + first;
        for (int way = 0; way < BY_WAYS; way++) row[it->groups.group[way][i]] += nll[i];
    }
    it->there[condition] = true;
    mem_free(&nll);
    return status;
}

/* ---- summaries ---- */

/* The mean over some conditions of a column of group sums, less the mean over others. */
static double combine(const tagged_t *it, const run_contrast_t *of, const double *value,
                      size_t group, size_t stride)
{
    double left = 0, right = 0;
    for (size_t k = 0; k < of->lefts; k++)
        left += value[((1 + of->left[k]) * it->groups.groups + group) * stride];
    for (size_t k = 0; k < of->rights; k++)
        right += value[((1 + of->right[k]) * it->groups.groups + group) * stride];
    return left / (double)of->lefts - (of->rights ? right / (double)of->rights : 0);
}

static void measure(const tagged_t *it, const run_contrast_t *of, size_t group,
                    replicates_t *replicates, int64_t *tokens)
{
    double above = 0, below = 0;
    size_t count = (size_t)it->run->resampling.replicates;
    for (int64_t w = 0; w < it->windows; w++) {
        const double *row = it->row + (size_t)w * it->columns;
        above += combine(it, of, row, group, 1);
        below += row[group];
    }
    *tokens = (int64_t)below;
    replicates->estimate = above / below;
    replicates->square = replicates->cube = 0;
    for (int64_t w = 0; w < it->windows; w++) {
        const double *row = it->row + (size_t)w * it->columns;
        double influence =
            (combine(it, of, row, group, 1) - replicates->estimate * row[group]) / below;
        replicates->square += influence * influence;
        replicates->cube += influence * influence * influence;
    }
    for (size_t r = 0; r < count; r++)
        replicates->value[r] =
            combine(it, of, it->resummed + r, group, count) / it->resummed[group * count + r];
}

static int way_of(const tagged_t *it, size_t group)
{
    int way = 0;
    while (group >= it->groups.first[way + 1]) way++;
    return way;
}

/* The run's own copy of a name. */
static status_t keep_name(run_t *run, const char *name, const char **kept)
{
    ptrdiff_t at = strings_find(&run->token_groups, name);
    status_t status = at < 0 ? strings_append(&run->token_groups, name) : NULL;
    if (status) return status;
    *kept = run->token_groups.item[at < 0 ? (ptrdiff_t)run->token_groups.count - 1 : at];
    return NULL;
}

/* contrast -1: the condition of->left[0] itself. */
static status_t add_rows(tagged_t *it, const run_contrast_t *of, ptrdiff_t contrast,
                         replicates_t *replicates)
{
    run_t *run = it->run;
    status_t status = NULL;
    for (size_t g = 0; !status && g < it->groups.groups; g++) {
        run_surprisal_t row = {.task = it->task,
                               .checkpoint = it->checkpoint,
                               .contrast = contrast,
                               .condition = of->left[0],
                               .way = way_of(it, g),
                               .windows = it->windows};
        measure(it, of, g, replicates, &row.tokens);
        if (row.tokens == 0) continue;
        row.value = replicates->estimate;
        status = replicates_interval(replicates, run->resampling.level, &row.interval);
        if (!status) status = keep_name(run, it->groups.name.item[g], &row.group);
        if (!status)
            status = mem_grow(&run->surprisal, &run->surprisal_capacity, run->surprisals + 1,
                              "surprisals");
        if (!status) run->surprisal[run->surprisals++] = row;
    }
    return status;
}

static status_t resample(tagged_t *it)
{
    const resampling_t *options = &it->run->resampling;
    char *purpose = NULL;
    size_t all = 0;
    status_t status =
        str_format(&purpose, "surprisal %s %s", it->run->checkpoints->item[it->checkpoint],
                   it->run->plan.task[it->task].name);
    if (!status) status = mem_product(it->columns, (size_t)options->replicates, "replicates", &all);
    if (!status) status = mem_new(&it->resummed, all, "replicates");
    if (!status) {
        random_t random = random_stream(options->seed, purpose, 0);
        status = replicate_sums(it->row, it->windows, it->columns, options->replicates, &random,
                                it->resummed);
    }
    mem_free(&purpose);
    return status;
}

static status_t summarise(tagged_t *it)
{
    run_t *run = it->run;
    replicates_t replicates = {0};
    status_t status = resample(it);
    if (!status) status = replicates_create(run->resampling.replicates, &replicates);
    for (size_t c = 0; !status && c < run->conditions; c++) {
        const run_contrast_t alone = {.left = &c, .lefts = 1};
        if (it->there[c]) status = add_rows(it, &alone, -1, &replicates);
    }
    for (size_t k = 0; !status && k < run->contrasts; k++) {
        const run_contrast_t *of = &run->contrast[k];
        bool there = true;
        for (size_t m = 0; m < of->lefts; m++) there &= it->there[of->left[m]];
        for (size_t m = 0; m < of->rights; m++) there &= it->there[of->right[m]];
        if (there) status = add_rows(it, of, (ptrdiff_t)k, &replicates);
    }
    replicates_destroy(&replicates);
    return status;
}

/* ---- the whole ---- */

static status_t read_file(run_t *run, size_t task, size_t checkpoint, const frequencies_t *known,
                          bool *absent)
{
    tagged_t it = {.run = run, .task = task, .checkpoint = checkpoint};
    char *name = NULL;
    store_t *store = NULL;
    status_t status = str_format(&name, "results/%s/%s.h5", run->checkpoints->item[checkpoint],
                                 run->plan.task[task].name);
    if (!status) status = run_open_file(run, name, &store);
    it.store = store;
    *absent = store == NULL;
    if (!status && store) status = read_tokens(&it);
    if (!status && store) status = mem_new(&it.there, run->conditions, "conditions");
    for (size_t c = 0; !status && store && c < run->conditions; c++)
        if (store_has(store, run->condition[c].name)) status = read_condition(&it, c, known);
    if (!status && it.row) status = summarise(&it);
    tagged_free(&it);
    store_close(&store);
    mem_free(&name);
    return status;
}

status_t run_read_surprisal(run_t *run)
{
    frequencies_t known = {0};
    bool *absent = NULL;
    status_t status = mem_new(&absent, run->checkpoints->count, "checkpoints");
    if (!status) status = read_frequencies(run, &known);
    for (size_t t = 0; !status && t < run->plan.count; t++) {
        char *what = NULL;
        if (run->plan.task[t].kind != TASK_POS) continue;
        for (size_t i = 0; !status && i < run->checkpoints->count; i++)
            status = read_file(run, t, i, &known, &absent[i]);
        if (!status) status = str_format(&what, "%s (stage evaluate)", run->plan.task[t].name);
        if (!status) status = run_add_missing(run, what, run->checkpoints, absent);
        mem_free(&what);
    }
    mem_free(&known.count);
    mem_free(&absent);
    return status;
}
