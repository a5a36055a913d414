/* wn-shard: tokenises each corpus and benchmark that the run uses, once: shards/<name>.h5. */
#include <string.h>

#include "core/file.h"
#include "core/log.h"
#include "core/memory.h"
#include "eval/task.h"
#include "model/checkpoints.h"
#include "par/agree.h"
#include "stages/shard.h"
#include "text/corpus.h"

static status_t use(const config_t *config, const char *key, strings_t *used)
{
    const char *name = config_text(config, key);
    return name && strings_find(used, name) < 0 ? strings_append(used, name) : NULL;
}

/* The names that collect, searches and the tasks refer to. */
static status_t find_used(const config_t *config, strings_t *corpora, strings_t *benchmarks)
{
    const char *const *also;
    size_t others = config_texts(config, "collect.also", &also);
    const char *main_corpus = config_text(config, "collect.corpus");
    status_t status = NULL;
    for (size_t i = 0; !status && i < others + 1; i++) {
        const char *name = i ? also[i - 1] : main_corpus;
        strings_t *used = name && task_is_tagged(config, name) ? benchmarks : corpora;
        if (name && strings_find(used, name) < 0) status = strings_append(used, name);
    }
    for (size_t i = 0; !status && i < config_count(config, "select"); i++)
        status =
            use(config, config_path("select.%s.until.perplexity", config_name(config, "select", i)),
                corpora);
    for (size_t i = 0; !status && i < config_count(config, "evaluate.tasks"); i++) {
        for (int kind = 0; !status && kind < task_kinds; kind++)
            status = use(config, config_path("evaluate.tasks[%zu].%s", i, task_traits[kind].key),
                         strcmp(task_traits[kind].section, "corpora") == 0 ? corpora : benchmarks);
    }
    return status;
}

/* ordered: the corpora, each after those it is mixed of. */
static status_t order_corpora(const config_t *config, const strings_t *used, strings_t *ordered)
{
    status_t status = NULL;
    for (size_t i = 0; !status && i < used->count; i++) {
        mixture_t mixture = {0};
        status = mixture_read(config, used->item[i], &mixture);
        for (size_t k = 0; !status && k < mixture.components; k++)
            if (strings_find(ordered, mixture.component[k].name) < 0)
                status = strings_append(ordered, mixture.component[k].name);
        if (!status && strings_find(ordered, used->item[i]) < 0)
            status = strings_append(ordered, used->item[i]);
        mixture_free(&mixture);
    }
    return status;
}

static shard_make_t *corpus_maker(const config_t *config, const char *name)
{
    const char *format = corpus_format(config, name);
    bool ids = strcmp(format, "npy") == 0 || strcmp(format, "megatron") == 0;
    return ids ? shard_ids : shard_corpus;
}

static shard_make_t *benchmark_maker(const config_t *config, const char *name)
{
    const char *format = config_text(config, config_path("benchmarks.%s.format", name));
    if (strcmp(format, "conllu") == 0) return shard_tagged;
    return strcmp(format, "choice") == 0 ? shard_choice : shard_pairs;
}

/* A name becomes a file's: shards/<name>.h5, shared by corpora and benchmarks. */
static status_t check_file_name(const config_t *config, const char *section, const char *name,
                                const strings_t *others)
{
    const char *key = config_path("%s.%s", section, name);
    if (strchr(name, '/') || name[0] == '.' || name[0] == '\0')
        return config_error(config, key, "'%s' cannot name a file", name);
    if (strings_find(others, name) >= 0)
        return config_error(config, key, "'%s' names a corpus and a benchmark", name);
    return NULL;
}

static void report_unused(const config_t *config, const char *section, const strings_t *used)
{
    for (size_t i = 0; i < config_count(config, section); i++)
        if (strings_find(used, config_name(config, section, i)) < 0)
            log_info("%s.%s is not used by this run", section, config_name(config, section, i));
}

static status_t shard(const stage_t *stage, tokenizer_t *tokenizer, const char *section,
                      const char *name, bool ordered, shard_make_t *make)
{
    shard_unit_t unit;
    estimate_t expected = estimate_nothing;
    char *path = NULL;
    bool current = false, known = false;
    status_t status =
        stage_path(stage, false, &path, "shards/%s%s.h5", name, ordered ? ".ordered" : "");
    if (!status) {
        status = shard_unit_open(stage, tokenizer, section, name, ordered, &unit);
        status = plan_input(stage, path, "shard", status, &known);
    }
    mem_free(&path);
    if (status || !known) return status;
    if (unit.key[0]) status = stage_is_current(stage, unit.path, unit.key, &current);
    if (!status && !current) {
        status = shard_estimate(stage, tokenizer, &unit, &expected);
        if (!status && stage->dry) status = plan_add(stage, unit.path, &expected);
        else if (!status) status = make(stage, tokenizer, &unit);
        if (!status && !stage->dry) plan_compare(stage, path_base(unit.path), &expected);
    }
    shard_unit_close(&unit);
    return status;
}

/* A corpus with a seed is made of its files in order. */
static status_t make_corpus(const stage_t *stage, tokenizer_t *tokenizer, const char *name)
{
    bool own = mixture_is_own(stage->config, name), mixed = own || mixture_is(stage->config, name);
    shard_make_t *maker = corpus_maker(stage->config, name);
    status_t status = own ? shard(stage, tokenizer, "corpora", name, true, maker) : NULL;
    if (status) return status;
    return shard(stage, tokenizer, "corpora", name, false, mixed ? shard_mixture : maker);
}

static status_t run(stage_t *stage)
{
    strings_t used = {0}, corpora = {0}, benchmarks = {0};
    char *path = NULL;
    tokenizer_t *tokenizer = NULL;
    status_t status = find_used(stage->config, &used, &benchmarks);
    if (!status) status = order_corpora(stage->config, &used, &corpora);
    for (size_t i = 0; !status && i < corpora.count; i++)
        status = check_file_name(stage->config, "corpora", corpora.item[i], &benchmarks);
    for (size_t i = 0; !status && i < benchmarks.count; i++)
        status = check_file_name(stage->config, "benchmarks", benchmarks.item[i], &corpora);
    if (!status) status = checkpoint_tokenizer(stage->config, &stage->checkpoints, &path);
    if (!status) status = tokenizer_open(path, &tokenizer);
    status = agree(stage->comm, status);
    if (!status) report_unused(stage->config, "corpora", &corpora);
    if (!status) report_unused(stage->config, "benchmarks", &benchmarks);
    for (size_t i = 0; !status && i < corpora.count; i++)
        status = make_corpus(stage, tokenizer, corpora.item[i]);
    for (size_t i = 0; !status && i < benchmarks.count; i++)
        status = shard(stage, tokenizer, "benchmarks", benchmarks.item[i], false,
                       benchmark_maker(stage->config, benchmarks.item[i]));
    tokenizer_close(&tokenizer);
    mem_free(&path);
    strings_free(&used);
    strings_free(&corpora);
    strings_free(&benchmarks);
    return status;
}

int main(int argc, char **argv)
{
    return stage_main(argc, argv, "shard", run);
}
