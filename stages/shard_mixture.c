#include "core/interrupt.h"
#include "core/log.h"
#include "core/memory.h"
#include "par/agree.h"
#include "stages/shard.h"

enum { BLOCK = 1 << 20 }; /* tokens or documents that are written at a time */

/* The mixture and the shards of its parts. Every rank plans alike and copies its part. */
typedef struct {
    const stage_t *stage;
    const shard_unit_t *unit;
    mixture_t mixture;
    store_t **store; /* [components] */
    pick_t *pick;    /* [picks] */
    uint64_t picks, tokens;
    int32_t *id;    /* [BLOCK] */
    int64_t *start; /* [BLOCK] */
} mixer_t;

static status_t open_component(mixer_t *mixer, size_t index)
{
    component_t *component = &mixer->mixture.component[index];
    char *path = NULL;
    int64_t *document = NULL;
    store_info_t info, ids = {0};
    status_t status = shard_part_path(&mixer->mixture, index, mixer->unit->directory, &path);
    if (!status) status = store_open(path, &mixer->store[index]);
    if (!status)
        status = store_read(mixer->store[index], "/documents", STORE_I64, &document, &info);
    if (!status) status = store_find(mixer->store[index], "/ids", &ids);
    component->document = document;
    component->documents = info.count ? info.count - 1 : 0;
    bool fits = !status && info.count > 0 && document[0] == 0 &&
                document[component->documents] == (int64_t)ids.count;
    for (uint64_t i = 0; fits && i < component->documents; i++)
        fits = document[i] <= document[i + 1];
    if (!status && !fits) status = status_new(EXIT_INPUT, "%s: /documents does not fit /ids", path);
    mem_free(&path);
    return status;
}

static status_t open_all(mixer_t *mixer)
{
    status_t status = mixture_read(mixer->stage->config, mixer->unit->name, &mixer->mixture);
    if (!status) status = mem_new(&mixer->store, mixer->mixture.components, "parts of a mixture");
    if (!status) status = mem_aligned(&mixer->id, BLOCK, "token ids");
    if (!status) status = mem_aligned(&mixer->start, BLOCK, "documents");
    for (size_t i = 0; !status && i < mixer->mixture.components; i++)
        status = open_component(mixer, i);
    if (!status)
        status = mixture_plan(&mixer->mixture, &mixer->pick, &mixer->picks, &mixer->tokens);
    return status;
}

static void close_all(mixer_t *mixer)
{
    for (size_t i = 0; mixer->store && i < mixer->mixture.components; i++) {
        store_close(&mixer->store[i]);
        mem_free(&mixer->mixture.component[i].document);
    }
    mem_free(&mixer->store);
    mem_free(&mixer->pick);
    mem_free(&mixer->id);
    mem_free(&mixer->start);
    mixture_free(&mixer->mixture);
}

/* Copies tokens of the mixture from token `from` of pick *at on; both move on. Documents that
 * lie side by side are read together. */
static status_t copy(mixer_t *mixer, uint64_t *at, uint64_t *from, uint64_t count)
{
    status_t status = interrupt_check();
    for (uint64_t done = 0; !status && done < count;) {
        const pick_t *pick = &mixer->pick[*at];
        uint64_t start = pick->start + *from, n = 0;
        uint32_t component = pick->component;
        while (done + n < count && *at < mixer->picks && pick->component == component &&
               pick->start + *from == start + n) {
            uint64_t left = pick->count - *from,
                     more = left < count - done - n ? left : count - done - n;
            n += more;
            *from += more;
            if (*from < pick->count) break;
            (*at)++;
            pick++;
            *from = 0;
        }
        status =
            store_get(mixer->store[component], "/ids", STORE_I32, &start, &n, mixer->id + done);
        done += n;
    }
    return status;
}

static status_t write_ids(mixer_t *mixer, store_t *store)
{
    const stage_t *stage = mixer->stage;
    uint64_t each = mixer->tokens / (uint64_t)stage->ranks + 1, rounds = (each + BLOCK - 1) / BLOCK;
    uint64_t place = each * (uint64_t)stage->rank, at = 0, from = 0, skipped = 0;
    if (place > mixer->tokens) place = mixer->tokens;
    uint64_t end = place + each < mixer->tokens ? place + each : mixer->tokens;
    while (at < mixer->picks && skipped + mixer->pick[at].count <= place)
        skipped += mixer->pick[at++].count;
    from = place - skipped;
    status_t status = NULL;
    for (uint64_t round = 0; !status && round < rounds; round++) {
        uint64_t count = end - place < BLOCK ? end - place : BLOCK;
        if (stage->rank == 0)
            log_progress(mixer->unit->label, "tokens", mixer->tokens / rounds * (round + 1),
                         mixer->tokens);
        status = agree(stage->comm, copy(mixer, &at, &from, count));
        if (!status)
            status = agree(stage->comm, store_put(store, "/ids", &place, &count, mixer->id));
        place += count;
    }
    return status;
}

/* Rank 0 knows them as well as any. */
static status_t write_documents(mixer_t *mixer, store_t *store)
{
    const stage_t *stage = mixer->stage;
    uint64_t token = 0, entries = mixer->picks + 1;
    status_t status = NULL;
    for (uint64_t at = 0; !status && at < entries; at += BLOCK) {
        uint64_t count = entries - at < BLOCK ? entries - at : BLOCK, mine = count;
        for (uint64_t i = 0; i < count; i++) {
            mixer->start[i] = (int64_t)token;
            if (at + i < mixer->picks) token += mixer->pick[at + i].count;
        }
        if (stage->rank != 0) mine = 0;
        status = agree(stage->comm, store_put(store, "/documents", &at, &mine, mixer->start));
    }
    return status;
}

static status_t write_file(mixer_t *mixer, const tokenizer_t *tokenizer)
{
    const stage_t *stage = mixer->stage;
    uint64_t entries = mixer->picks + 1;
    store_t *store = NULL;
    status_t status = shard_create_file(stage, mixer->unit, tokenizer, mixer->tokens, &store);
    if (!status)
        status =
            agree(stage->comm, store_define(store, "/ids", STORE_I32, 1, &mixer->tokens, NULL));
    if (!status)
        status = agree(stage->comm, store_describe(store, "/ids", "tokens", "token id",
                                                   "Tokens of all documents, one after another"));
    if (!status)
        status =
            agree(stage->comm, store_define(store, "/documents", STORE_I64, 1, &entries, NULL));
    if (!status) status = write_ids(mixer, store);
    if (!status) status = write_documents(mixer, store);
    if (!status) status = shard_describe_documents(stage, tokenizer, store);
    if (!status) status = store_publish(&store);
    store_close(&store);
    return status;
}

status_t shard_mixture(const stage_t *stage, tokenizer_t *tokenizer, const shard_unit_t *unit)
{
    mixer_t mixer = {.stage = stage, .unit = unit};
    status_t status = open_all(&mixer);
    if (!status && mixer.tokens == 0)
        status = status_new(EXIT_INPUT, "corpora.%s: an empty mixture", unit->name);
    status = agree(stage->comm, status);
    if (!status && mixer.mixture.own && mixer.mixture.component[0].documents == 1 &&
        mixer.mixture.shuffled)
        log_info("corpora.%s: one document, so that its seed changes nothing; rows makes more",
                 unit->name);
    if (!status) status = write_file(&mixer, tokenizer);
    if (!status)
        log_info("%s: %llu tokens in %llu documents", unit->path, (unsigned long long)mixer.tokens,
                 (unsigned long long)mixer.picks);
    close_all(&mixer);
    return status;
}
