#include "core/log.h"
#include "core/memory.h"
#include "par/agree.h"
#include "stages/shard.h"

static status_t next(void *state, size_t most, text_t *text, bool *found)
{
    return corpus_next_part(state, most, text->bytes, &text->origin, &text->ends, found);
}

static uint64_t position(const void *state)
{
    return corpus_position(state);
}

static status_t check(const shard_unit_t *unit, const corpus_tokens_t *tokens)
{
    if (corpus_tokens_count(tokens)) return NULL;
    return status_new(EXIT_INPUT, "corpora.%s: an empty corpus: no token in %s%s", unit->name,
                      unit->files.item[0], unit->files.count > 1 ? " and the other files" : "");
}

static status_t write_file(const stage_t *stage, const shard_unit_t *unit,
                           const tokenizer_t *tokenizer, corpus_tokens_t *tokens)
{
    store_t *store = NULL;
    status_t status = shard_create(stage, unit, tokenizer, tokens, "/documents", &store);
    if (!status) status = shard_describe_documents(stage, tokenizer, store);
    if (!status) status = store_publish(&store);
    store_close(&store);
    return status;
}

status_t shard_corpus(const stage_t *stage, tokenizer_t *tokenizer, const shard_unit_t *unit)
{
    corpus_options_t options;
    corpus_t *corpus = NULL;
    corpus_tokens_t *tokens = NULL;
    corpus_configure(stage->config, unit->name, &options);
    options.files = &unit->files;
    options.limit = unit->limit;
    status_t status = agree(stage->comm, corpus_open(&options, &corpus));
    text_source_t source = {next, position, corpus, unit->size, unit->label};
    token_options_t how = {
        .special = config_boolean(stage->config, config_path("corpora.%s.special", unit->name)),
        .files = &unit->files,
        .scratch = unit->scratch,
    };
    if (!status) status = corpus_tokens_make(stage->comm, tokenizer, &source, &how, &tokens);
    if (!status) status = check(unit, tokens);
    if (!status) status = write_file(stage, unit, tokenizer, tokens);
    if (!status)
        log_info("%s: %llu tokens in %llu documents", unit->path,
                 (unsigned long long)corpus_tokens_count(tokens),
                 (unsigned long long)corpus_tokens_texts(tokens));
    corpus_tokens_free(&tokens);
    corpus_close(&corpus);
    return status;
}
