#include "text/vocabulary.h"

#include <string.h>

#include "core/hash.h"
#include "core/memory.h"
#include "text/utf8.h"

/* Bytes that the alphabet does not spell as themselves: 0-32, 127-160 and 173. */
static bool is_spelled_apart(uint32_t byte)
{
    return byte <= 32 || (byte >= 127 && byte <= 160) || byte == 173;
}

int byte_of_character(uint32_t code_point)
{
    if (code_point < 256) return is_spelled_apart(code_point) ? -1 : (int)code_point;
    uint32_t n = code_point - 256;
    if (n <= 32) return (int)n;
    if (n <= 32 + 34) return (int)(127 + n - 33);
    return n == 67 ? 173 : -1;
}

uint32_t character_of_byte(unsigned char byte)
{
    if (!is_spelled_apart(byte)) return byte;
    if (byte <= 32) return 256u + byte;
    return byte == 173 ? 256 + 67 : 256u + 33 + (byte - 127u);
}

status_t vocabulary_add(vocabulary_t *vocabulary, const char *text, size_t length, int64_t id,
                        size_t count)
{
    enum { HOLES = 1 << 20 };
    /* Arrays are as long as the largest id, so a small file must not name a huge one. */
    if (id < 0 || (uint64_t)id >= (uint64_t)count * 8 + HOLES || id >= INT32_MAX)
        return status_new(EXIT_INPUT, "token %.*s has id %lld, expected 0 to about %zu",
                          (int)(length < 80 ? length : 80), text, (long long)id, count);
    if (length > UINT32_MAX / 2)
        return status_new(EXIT_INPUT, "token %lld is too long", (long long)id);
    status_t status = mem_grow(&vocabulary->token, &vocabulary->capacity, (size_t)id + 1, "tokens");
    if (status) return status;
    while (vocabulary->size <= (size_t)id) vocabulary->token[vocabulary->size++].text = -1;
    token_t *token = &vocabulary->token[id];
    if (token->text >= 0)
        return status_new(EXIT_INPUT, "tokens %.80s and %.80s both have id %lld",
                          vocabulary->arena.data + token->text, text, (long long)id);
    token->text = token->bytes = (int64_t)vocabulary->arena.length;
    token->text_length = token->bytes_length = (uint32_t)length;
    vocabulary->count++;
    return str_append(&vocabulary->arena, text, length + 1);
}

/* Sets bytes from a byte-level spelling; one with characters outside the alphabet can only be
 * an added token and stands for itself. */
static status_t decode_spelling(vocabulary_t *vocabulary, token_t *token)
{
    char bytes[256];
    size_t written = 0, at = 0;
    int64_t start = (int64_t)vocabulary->arena.length;
    status_t status = NULL;
    while (!status && at < token->text_length) {
        size_t size;
        const char *text = vocabulary->arena.data + token->text + at;
        int byte = byte_of_character(utf8_at(text, &size));
        at += size;
        if (byte < 0) break;
        bytes[written++] = (char)byte;
        if (written == sizeof bytes || at == token->text_length) {
            status = str_append(&vocabulary->arena, bytes, written);
            written = 0;
        }
        if (!status && at == token->text_length) {
            token->bytes = start;
            token->bytes_length = (uint32_t)(vocabulary->arena.length - (size_t)start);
            return str_append(&vocabulary->arena, "", 1);
        }
    }
    return status;
}

static uint64_t hash_text(const char *text, size_t length)
{
    return checksum(text, length);
}

static int32_t find(const vocabulary_t *vocabulary, const int32_t *slots, bool bytes,
                    const char *key, size_t length)
{
    if (!slots) return -1;
    for (size_t slot = hash_text(key, length) & vocabulary->mask;;
         slot = (slot + 1) & vocabulary->mask) {
        int32_t id = slots[slot];
        if (id < 0) return -1;
        const token_t *token = &vocabulary->token[id];
        size_t own = bytes ? token->bytes_length : token->text_length;
        const char *text = vocabulary->arena.data + (bytes ? token->bytes : token->text);
        if (own == length && memcmp(text, key, length) == 0) return id;
    }
}

static void insert(vocabulary_t *vocabulary, int32_t *slots, const char *key, size_t length,
                   int32_t id)
{
    size_t slot = hash_text(key, length) & vocabulary->mask;
    while (slots[slot] >= 0) slot = (slot + 1) & vocabulary->mask;
    slots[slot] = id;
}

static status_t make_table(vocabulary_t *vocabulary, int32_t **slots)
{
    status_t status = mem_new(slots, vocabulary->mask + 1, "token table");
    for (size_t i = 0; !status && i <= vocabulary->mask; i++) (*slots)[i] = -1;
    return status;
}

status_t vocabulary_finish(vocabulary_t *vocabulary, bool byte_level)
{
    size_t slots = 16;
    while (slots < vocabulary->count * 2) slots *= 2;
    vocabulary->mask = slots - 1;
    status_t status = make_table(vocabulary, &vocabulary->by_text);
    if (!status && byte_level) status = make_table(vocabulary, &vocabulary->by_bytes);
    for (size_t id = 0; !status && id < vocabulary->size; id++) {
        token_t *token = &vocabulary->token[id];
        if (token->text < 0) continue;
        insert(vocabulary, vocabulary->by_text, vocabulary->arena.data + token->text,
               token->text_length, (int32_t)id);
        if (!byte_level) continue;
        status = decode_spelling(vocabulary, token);
        if (!status && token->bytes != token->text)
            insert(vocabulary, vocabulary->by_bytes, vocabulary->arena.data + token->bytes,
                   token->bytes_length, (int32_t)id);
    }
    return status;
}

void vocabulary_free(vocabulary_t *vocabulary)
{
    str_free(&vocabulary->arena);
    mem_free(&vocabulary->token);
    mem_free(&vocabulary->by_text);
    mem_free(&vocabulary->by_bytes);
    *vocabulary = (vocabulary_t){0};
}

int32_t vocabulary_find(const vocabulary_t *vocabulary, const char *text, size_t length)
{
    return find(vocabulary, vocabulary->by_text, false, text, length);
}

int32_t vocabulary_find_bytes(const vocabulary_t *vocabulary, const char *bytes, size_t length)
{
    return vocabulary->by_bytes ? find(vocabulary, vocabulary->by_bytes, true, bytes, length)
                                : vocabulary_find(vocabulary, bytes, length);
}
