#include "text/mixture.h"

#include <string.h>

#include "core/memory.h"
#include "core/random.h"
#include "core/strings.h"

/* ---- the configuration ---- */

bool mixture_is(const config_t *config, const char *name)
{
    return config_count(config, config_path("corpora.%s.mix", name)) > 0;
}

bool mixture_is_own(const config_t *config, const char *name)
{
    const char *const *files;
    return config_texts(config, config_path("corpora.%s.files", name), &files) > 0 &&
           (config_integer(config, config_path("corpora.%s.tokens", name)) > 0 ||
            config_has(config, config_path("corpora.%s.seed", name)));
}

static status_t check_component(const config_t *config, const char *name, const char *part)
{
    const char *key = config_path("corpora.%s.mix.%s", name, part), *known[64];
    size_t count = config_count(config, "corpora");
    if (count > 64) count = 64;
    if (config_count(config, config_path("corpora.%s", part)) == 0) {
        for (size_t i = 0; i < count; i++) known[i] = config_name(config, "corpora", i);
        const char *near = nearest_name(part, known, count);
        return config_error(config, key, "corpora has no '%s'%s%s%s", part,
                            near ? "; did you mean '" : "", near ? near : "", near ? "'?" : "");
    }
    if (mixture_is(config, part))
        return config_error(config, key, "'%s' is a mixture itself; name what it is made of", part);
    if (config_number(config, key) > 0) return NULL;
    return config_error(config, key, "a weight above 0 is expected");
}

static status_t read_components(const config_t *config, const char *name, mixture_t *mixture)
{
    status_t status = mem_new(&mixture->component, mixture->components, "parts of a mixture");
    if (!status && mixture->own) {
        mixture->component[0] = (component_t){.name = name, .weight = 1};
        if (mixture->shuffled && config_has(config, config_path("corpora.%s.join", name)))
            status = config_error(config, config_path("corpora.%s.seed", name),
                                  "join makes one document of all: there is nothing to shuffle");
        return status;
    }
    for (size_t i = 0; !status && i < mixture->components; i++) {
        component_t *component = &mixture->component[i];
        component->name = config_name(config, config_path("corpora.%s.mix", name), i);
        component->weight =
            config_number(config, config_path("corpora.%s.mix.%s", name, component->name));
        status = check_component(config, name, component->name);
    }
    return status;
}

status_t mixture_read(const config_t *config, const char *name, mixture_t *mixture)
{
    const char *const *files;
    bool has_files = config_texts(config, config_path("corpora.%s.files", name), &files) > 0;
    *mixture = (mixture_t){
        .components = config_count(config, config_path("corpora.%s.mix", name)),
        .tokens = (uint64_t)config_integer(config, config_path("corpora.%s.tokens", name)),
        .documents = (uint64_t)config_integer(config, config_path("corpora.%s.limit", name)),
        .shuffled = config_has(config, config_path("corpora.%s.seed", name)),
        .seed = (uint64_t)config_integer(config, config_path("corpora.%s.seed", name)),
    };
    if (has_files == (mixture->components > 0))
        return config_error(config, config_path("corpora.%s", name),
                            "either files or mix is expected");
    mixture->own = mixture_is_own(config, name);
    if (has_files && !mixture->own) return NULL;
    if (mixture->own) mixture->components = 1;
    if (mixture->tokens && mixture->documents)
        return config_error(config, config_path("corpora.%s", name),
                            "either tokens or limit is expected");
    status_t status = read_components(config, name, mixture);
    if (status) mixture_free(mixture);
    return status;
}

void mixture_free(mixture_t *mixture)
{
    mem_free(&mixture->component);
    mixture->components = 0;
}

/* ---- the plan ---- */

/* How far a component is. */
typedef struct {
    int64_t *order; /* [documents] or NULL: as they are */
    uint64_t next;  /* document */
    double given;   /* tokens or documents, for its weight */
} supply_t;

typedef struct {
    const mixture_t *mixture;
    supply_t *supply;
    pick_t *pick;
    size_t count, capacity;
    uint64_t tokens;
} planner_t;

static status_t shuffle(planner_t *it)
{
    const mixture_t *mixture = it->mixture;
    status_t status = NULL;
    for (size_t i = 0; !status && mixture->shuffled && i < mixture->components; i++) {
        size_t documents = (size_t)mixture->component[i].documents;
        random_t random = random_stream(mixture->seed, "mixture", i);
        status = mem_new(&it->supply[i].order, documents, "order of documents");
        if (!status) random_permutation(&random, documents, it->supply[i].order);
    }
    return status;
}

static size_t most_behind(const planner_t *it)
{
    size_t best = 0;
    for (size_t i = 1; i < it->mixture->components; i++)
        if (it->supply[i].given < it->supply[best].given) best = i;
    return best;
}

static status_t take(planner_t *it, size_t index)
{
    const mixture_t *mixture = it->mixture;
    const component_t *component = &mixture->component[index];
    supply_t *supply = &it->supply[index];
    uint64_t at = supply->order ? (uint64_t)supply->order[supply->next] : supply->next;
    uint64_t start = (uint64_t)component->document[at];
    uint64_t count = (uint64_t)component->document[at + 1] - start;
    if (mixture->tokens && count > mixture->tokens - it->tokens)
        count = mixture->tokens - it->tokens;
    supply->next++;
    supply->given += (mixture->documents ? 1 : (double)count) / component->weight;
    if (count == 0) return NULL;
    status_t status = mem_grow(&it->pick, &it->capacity, it->count + 1, "documents of a mixture");
    if (status) return status;
    it->pick[it->count++] = (pick_t){(uint32_t)index, start, count};
    it->tokens += count;
    return NULL;
}

static status_t exhausted(const planner_t *it, size_t index)
{
    const mixture_t *mixture = it->mixture;
    bool tokens = mixture->tokens > 0;
    return status_new(EXIT_INPUT,
                      "corpora.%s has no more to give after %llu of %llu %s of the "
                      "mixture; lower its weight or the mixture's %s",
                      mixture->component[index].name,
                      (unsigned long long)(tokens ? it->tokens : it->count),
                      (unsigned long long)(tokens ? mixture->tokens : mixture->documents),
                      tokens ? "tokens" : "documents", tokens ? "tokens" : "limit");
}

static status_t plan(planner_t *it)
{
    const mixture_t *mixture = it->mixture;
    status_t status = NULL;
    while (!status) {
        if (mixture->tokens && it->tokens == mixture->tokens) break;
        if (mixture->documents && it->count == mixture->documents) break;
        size_t index = most_behind(it);
        if (it->supply[index].next < mixture->component[index].documents) status = take(it, index);
        else if (!mixture->own && (mixture->tokens || mixture->documents))
            status = exhausted(it, index);
        else break;
    }
    return status;
}

status_t mixture_plan(const mixture_t *mixture, pick_t **picks, uint64_t *count, uint64_t *tokens)
{
    planner_t it = {.mixture = mixture};
    status_t status = mem_new(&it.supply, mixture->components, "parts of a mixture");
    if (!status) status = shuffle(&it);
    if (!status) status = plan(&it);
    for (size_t i = 0; it.supply && i < mixture->components; i++) mem_free(&it.supply[i].order);
    mem_free(&it.supply);
    if (status) mem_free(&it.pick);
    *picks = it.pick;
    *count = it.count;
    *tokens = it.tokens;
    return status;
}
