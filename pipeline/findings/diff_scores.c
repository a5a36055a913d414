#include "findings/diff_scores.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/file.h"
#include "core/memory.h"
#include "eval/choice.h"
#include "store/output.h"

/* ---- what the file holds ---- */

static status_t member(const char *condition, const char *name, char **path)
{
    return str_format(path, "/%s/%s", condition, name);
}

static bool condition_has(const store_t *store, const char *condition, const char *name)
{
    char *path = NULL;
    status_t status = member(condition, name, &path);
    bool has = !status && store_has(store, path);
    status_free(&status);
    mem_free(&path);
    return has;
}

static scored_kind_t kind_of(const store_t *store, const char *condition)
{
    if (condition_has(store, condition, "loss")) return SCORED_LOSSES;
    if (condition_has(store, condition, "nll")) return SCORED_TOKENS;
    if (!condition_has(store, condition, "score")) return SCORED_OTHERWISE;
    return store_has(store, "/choices") ? SCORED_CHOICE : SCORED_PAIRS;
}

/* The groups that have scores. */
static status_t find_conditions(scored_t *it)
{
    strings_t names = {0};
    status_t status = store_list(it->store, "/", &names);
    it->kind = SCORED_OTHERWISE;
    for (size_t i = 0; !status && i < names.count; i++) {
        store_info_t info;
        status_t group = store_find(it->store, names.item[i], &info);
        scored_kind_t kind = group ? kind_of(it->store, names.item[i]) : SCORED_OTHERWISE;
        status_free(&group);
        if (kind == SCORED_OTHERWISE) continue;
        it->kind = kind;
        status = strings_append(&it->conditions, names.item[i]);
    }
    strings_free(&names);
    return status;
}

/* ---- which task it is ---- */

/* The value of a key in the record, without quotes: in buffer; NULL where it is not set. */
static const char *value_of(const char *configuration, const char *key, char *buffer, size_t size)
{
    size_t length = strlen(key);
    for (const char *line = configuration; *line;
         line += strcspn(line, "\n"), line += *line == '\n')
        if (strncmp(line, key, length) == 0 && strncmp(line + length, ": \"", 3) == 0) {
            const char *value = line + length + 3;
            snprintf(buffer, size, "%.*s", (int)strcspn(value, "\"\n"), value);
            return buffer;
        }
    return NULL;
}

enum { VALUE = 512 };

static const char *task_key(const scored_t *it, size_t index, const char *key, char buffer[VALUE])
{
    char path[64];
    snprintf(path, sizeof path, "evaluate.tasks[%zu].%s", index, key);
    return value_of(it->configuration, path, buffer, VALUE);
}

/* Of the task that the file is named by: its place and its data. */
static status_t find_task(scored_t *it)
{
    static const char *const kinds[] = {"perplexity", "pairs", "choice", "pos"};
    enum { KINDS = sizeof kinds / sizeof *kinds, TASKS = 1000 };
    char *task = NULL, name[VALUE], data[VALUE], made[2 * VALUE];
    status_t status = store_get_text(it->store, "/", "task", &task);
    for (size_t i = 0; !status && !it->data && i < TASKS; i++) {
        bool any = false;
        for (int k = 0; !status && !it->data && k < KINDS; k++) {
            if (!task_key(it, i, kinds[k], data)) continue;
            any = true;
            snprintf(made, sizeof made, "%s-%s", kinds[k], data);
            const char *given = task_key(it, i, "name", name);
            if (strcmp(given ? given : made, task) != 0) continue;
            it->index = i;
            status = str_copy(&it->data, data);
        }
        if (!any && !task_key(it, i, "residual", data) && !task_key(it, i, "extremes", data)) break;
    }
    mem_free(&task);
    return status;
}

/* ---- items ---- */

static status_t count_items(scored_t *it)
{
    store_info_t info = {0};
    char *path = NULL;
    status_t status = NULL;
    if (it->kind == SCORED_CHOICE) {
        status = store_find(it->store, "/gold", &info);
    } else {
        status = member(it->conditions.item[0], "score", &path);
        if (!status) status = store_find(it->store, path, &info);
    }
    it->items = (int64_t)info.shape[0];
    mem_free(&path);
    return status;
}

static status_t check_index(const scored_t *it, const store_t *store, const int32_t *index,
                            size_t groups, const store_info_t *info, const char *what)
{
    bool fits = info->count == (uint64_t)it->items;
    for (int64_t i = 0; fits && i < it->items; i++)
        fits = index[i] >= 0 && (size_t)index[i] < groups;
    if (fits) return NULL;
    return status_new(EXIT_INPUT, "%s: %s does not fit the %lld items of %s", store_path(store),
                      what, (long long)it->items, store_path(it->store));
}

static status_t read_shard(scored_t *it, const store_t *store)
{
    strings_t files = {0};
    store_info_t file = {0}, term = {0};
    status_t status = store_read_texts(store, "/files", &files);
    if (!status) status = store_read_texts(store, "/terms", &it->terms);
    if (!status) status = store_read(store, "/file", STORE_I32, &it->file, &file);
    if (!status) status = store_read(store, "/term", STORE_I32, &it->term, &term);
    if (!status) status = check_index(it, store, it->file, files.count, &file, "/file");
    if (!status) status = check_index(it, store, it->term, it->terms.count, &term, "/term");
    if (!status) status = store_get_text(store, "/", "inputs", &it->inputs);
    it->files = files.count;
    strings_free(&files);
    return status;
}

/* Items of which nothing is known. */
static status_t all_alike(scored_t *it)
{
    status_t status = mem_new(&it->file, (size_t)it->items, "items");
    if (!status) status = mem_new(&it->term, (size_t)it->items, "items");
    it->files = 1;
    return status ? status : strings_append(&it->terms, "all");
}

static status_t read_items(scored_t *it, const char *directory)
{
    char *path = NULL;
    store_t *store = NULL;
    status_t status = count_items(it);
    if (!status && it->data) status = str_format(&path, "%s/shards/%s.h5", directory, it->data);
    if (!status && path && file_exists(path)) status = output_open(path, "shard", &store);
    if (!status) status = store ? read_shard(it, store) : all_alike(it);
    if (!status)
        status =
            cells_create(it->file, it->term, it->items, it->files, it->terms.count, &it->cells);
    store_close(&store);
    mem_free(&path);
    return status;
}

static status_t read_choices(scored_t *it)
{
    store_info_t choices = {0}, golds = {0}, characters = {0};
    status_t status = store_read(it->store, "/choices", STORE_I64, &it->choice, &choices);
    if (!status) status = store_read(it->store, "/gold", STORE_I32, &it->gold, &golds);
    if (!status)
        status = store_read(it->store, "/characters", STORE_I32, &it->characters, &characters);
    it->choices = (int64_t)characters.count;
    bool fits = !status && choices.count == golds.count + 1;
    for (int64_t i = 0; fits && i < it->items; i++)
        fits = it->choice[i] >= 0 && it->choice[i + 1] > it->choice[i] &&
               it->choice[i + 1] <= it->choices;
    if (!status && !fits)
        status = status_new(EXIT_INPUT, "%s: /choices does not fit /gold and /characters",
                            store_path(it->store));
    return status;
}

status_t scored_open(const char *directory, const store_t *store, scored_t *it)
{
    *it = (scored_t){.store = store};
    status_t status = find_conditions(it);
    if (status || it->kind == SCORED_OTHERWISE) return status;
    status = store_get_text(store, "/", "configuration", &it->configuration);
    if (!status) status = find_task(it);
    if (status || it->kind == SCORED_LOSSES || it->kind == SCORED_TOKENS) return status;
    status = read_items(it, directory);
    return status || it->kind != SCORED_CHOICE ? status : read_choices(it);
}

void scored_close(scored_t *it)
{
    strings_free(&it->conditions);
    strings_free(&it->terms);
    cells_destroy(&it->cells);
    mem_free(&it->configuration);
    mem_free(&it->data);
    mem_free(&it->inputs);
    mem_free(&it->file);
    mem_free(&it->term);
    mem_free(&it->choice);
    mem_free(&it->gold);
    mem_free(&it->characters);
    *it = (scored_t){0};
}

/* ---- scores ---- */

static status_t read_score(const scored_t *it, const char *condition, double **score,
                           uint64_t *count)
{
    static const char *const names[] = {"score", "score", "loss", "nll"};
    char *path = NULL;
    store_info_t info = {0};
    status_t status = member(condition, names[it->kind], &path);
    if (!status) status = store_read(it->store, path, STORE_F64, score, &info);
    *count = info.count;
    mem_free(&path);
    return status;
}

status_t scored_same(const scored_t side[2], const char *condition, bool *same)
{
    double *score[2] = {NULL, NULL};
    uint64_t count[2];
    status_t status = read_score(&side[0], condition, &score[0], &count[0]);
    if (!status) status = read_score(&side[1], condition, &score[1], &count[1]);
    *same = !status && count[0] == count[1] &&
            memcmp(score[0], score[1], count[0] * sizeof **score) == 0;
    mem_free(&score[0]);
    mem_free(&score[1]);
    return status;
}

/* Ties of pairs are wrong, but by the harness's convention. */
static status_t ties_are_right(const scored_t *it, bool *right)
{
    char *convention = NULL;
    *right = false;
    if (!store_has_attribute(it->store, "/", "convention")) return NULL;
    status_t status = store_get_text(it->store, "/", "convention", &convention);
    *right = !status && strcmp(convention, "harness") == 0;
    mem_free(&convention);
    return status;
}

status_t scored_right(const scored_t *it, const char *condition, bool norm, int16_t **right)
{
    double *score = NULL;
    uint64_t count = 0, expected;
    bool ties = false, pairs = it->kind == SCORED_PAIRS;
    status_t status = read_score(it, condition, &score, &count);
    expected = (uint64_t)(pairs ? 2 * it->items : it->choices);
    if (!status && count != expected)
        status = status_new(EXIT_INPUT, "%llu scores, %llu are expected", (unsigned long long)count,
                            (unsigned long long)expected);
    if (!status) status = ties_are_right(it, &ties);
    if (!status) status = mem_new(right, (size_t)it->items, "items");
    for (int64_t i = 0; !status && i < it->items; i++) {
        if (pairs) {
            (*right)[i] =
                score[2 * i] > score[2 * i + 1] || (ties && score[2 * i] == score[2 * i + 1]);
        } else {
            int64_t first = it->choice[i];
            size_t choices = (size_t)(it->choice[i + 1] - first);
            const int32_t *characters = norm ? it->characters + first : NULL;
            (*right)[i] = choice_pick(score + first, characters, choices) == (size_t)it->gold[i];
        }
    }
    mem_free(&score);
    return status;
}

/* Means over windows: as many tokens as are scored in each. */
static status_t sum_windows(const scored_t *it, const double *loss, uint64_t count,
                            losses_t *losses)
{
    int32_t *scored = NULL;
    store_info_t info = {0};
    status_t status = store_read(it->store, "/scored", STORE_I32, &scored, &info);
    if (!status && info.count != count)
        status =
            status_new(EXIT_INPUT, "%s: /scored does not fit the losses", store_path(it->store));
    losses->windows = (int64_t)count;
    if (!status) status = mem_new(&losses->sum, count, "windows");
    if (!status) status = mem_new(&losses->tokens, count, "windows");
    for (uint64_t i = 0; !status && i < count; i++) {
        losses->tokens[i] = scored[i];
        losses->sum[i] = loss[i] * scored[i];
    }
    mem_free(&scored);
    return status;
}

/* Tokens with a loss, window by window. */
static status_t sum_tokens(const scored_t *it, const double *nll, uint64_t count, losses_t *losses)
{
    int32_t *window = NULL, last = -1;
    store_info_t info = {0};
    status_t status = store_read(it->store, "/window", STORE_I32, &window, &info);
    if (!status && info.count != count)
        status =
            status_new(EXIT_INPUT, "%s: /window does not fit the tokens", store_path(it->store));
    for (uint64_t i = 0; !status && i < count; i++)
        if (window[i] > last) last = window[i];
    losses->windows = last + 1;
    if (!status) status = mem_new(&losses->sum, (size_t)last + 1, "windows");
    if (!status) status = mem_new(&losses->tokens, (size_t)last + 1, "windows");
    for (uint64_t i = 0; !status && i < count; i++) {
        if (window[i] < 0 || isnan(nll[i])) continue;
        losses->sum[window[i]] += nll[i];
        losses->tokens[window[i]]++;
    }
    mem_free(&window);
    return status;
}

status_t scored_losses(const scored_t *it, const char *condition, losses_t *losses)
{
    double *score = NULL;
    uint64_t count = 0;
    status_t status = read_score(it, condition, &score, &count);
    if (!status && it->kind == SCORED_LOSSES) status = sum_windows(it, score, count, losses);
    else if (!status) status = sum_tokens(it, score, count, losses);
    mem_free(&score);
    return status;
}

void losses_free(losses_t *losses)
{
    mem_free(&losses->sum);
    mem_free(&losses->tokens);
}

/* ---- whether they are of the same items ---- */

static bool shard_is_same(const diff_t *diff, const char *data)
{
    for (size_t i = 0; i < diff->files; i++) {
        const char *name = diff->file[i].name;
        size_t length = strlen("shards/"), of = strlen(data);
        if (strncmp(name, "shards/", length) == 0 && strncmp(name + length, data, of) == 0 &&
            strcmp(name + length + of, ".h5") == 0)
            return diff->file[i].same;
    }
    return false;
}

/* Keys by which windows are cut. */
static bool same_windows(const scored_t side[2])
{
    static const char *const keys[] = {"window", "stride", "windows", "tail", "bos"};
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        char buffer[2][VALUE];
        const char *a = task_key(&side[0], side[0].index, keys[i], buffer[0]);
        const char *b = task_key(&side[1], side[1].index, keys[i], buffer[1]);
        if (!a != !b || (a && strcmp(a, b) != 0)) return false;
    }
    return true;
}

/* Items of the same files in the same order, whatever the tokenizers made of them. */
static bool same_questions(const scored_t side[2])
{
    if (side[0].items != side[1].items || !side[0].inputs || !side[1].inputs) return false;
    size_t bytes = (size_t)side[0].items * sizeof *side[0].file;
    return diff_same_inputs(side[0].inputs, side[1].inputs) &&
           memcmp(side[0].file, side[1].file, bytes) == 0 &&
           memcmp(side[0].term, side[1].term, bytes) == 0;
}

status_t scored_same_items(const diff_t *diff, const scored_t side[2], bool *same)
{
    bool known = side[0].data && side[1].data && strcmp(side[0].data, side[1].data) == 0;
    *same = false;
    if (!known) return NULL;
    if (side[0].kind == SCORED_PAIRS || side[0].kind == SCORED_CHOICE) {
        *same = same_questions(side);
        return NULL;
    }
    *same = shard_is_same(diff, side[0].data) && same_windows(side);
    return NULL;
}
