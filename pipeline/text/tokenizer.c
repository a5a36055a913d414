#include "text/tokenizer.h"

#include <string.h>

#include "core/memory.h"
#include "text/tokenizer_parts.h"

void tokenizer_close(tokenizer_t **tokenizer)
{
    tokenizer_t *t = *tokenizer;
    if (!t) return;
    added_free(&t->raw);
    added_free(&t->normalized);
    normalizer_free(&t->normalizer);
    splitter_free(&t->splitter);
    bpe_destroy(&t->bpe);
    words_free(&t->words);
    vocabulary_free(&t->added);
    mem_free(&t->finisher.trim);
    mem_free(&t->finisher.before.id);
    mem_free(&t->finisher.after.id);
    mem_free(tokenizer);
}

void encoding_free(encoding_t *encoding)
{
    mem_free(&encoding->id);
    mem_free(&encoding->span);
    *encoding = (encoding_t){0};
}

int32_t tokenizer_size(const tokenizer_t *tokenizer)
{
    return tokenizer->size;
}

int32_t tokenizer_find(const tokenizer_t *tokenizer, const char *token)
{
    int32_t id = vocabulary_find(&tokenizer->added, token, strlen(token));
    return id >= 0 ? id : vocabulary_find(bpe_vocabulary(tokenizer->bpe), token, strlen(token));
}

const char *tokenizer_token(const tokenizer_t *tokenizer, int32_t id, size_t *length)
{
    const vocabulary_t *vocabulary = &tokenizer->added;
    if (!vocabulary_has(vocabulary, id)) vocabulary = bpe_vocabulary(tokenizer->bpe);
    if (!vocabulary_has(vocabulary, id)) return NULL;
    *length = vocabulary->token[id].bytes_length;
    return vocabulary->arena.data + vocabulary->token[id].bytes;
}

int32_t tokenizer_bos(const tokenizer_t *tokenizer)
{
    return tokenizer->bos;
}

int32_t tokenizer_eos(const tokenizer_t *tokenizer)
{
    return tokenizer->eos;
}

const char *tokenizer_hash(const tokenizer_t *tokenizer)
{
    return tokenizer->hash;
}
