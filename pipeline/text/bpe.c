#include "text/bpe.h"

#include <stdio.h>
#include <string.h>

#include "core/memory.h"
#include "text/merge.h"
#include "text/pairs.h"
#include "text/utf8.h"

static const char mark[] = "\xe2\x96\x81"; /* U+2581, SentencePiece's space */

enum { MARK = 3 };

enum { PLANE = 0x10000, ASCII = 0x80, LONG = 32 };

struct bpe {
    vocabulary_t vocabulary;
    bpe_options_t options;
    merges_t table;
    size_t merges, merges_expected;
    uint32_t *covers; /* [vocabulary.size] bytes of text that a token covers */

    int32_t byte_symbol[256]; /* the token of a byte (byte level), or of its fallback; or -1 */
    int32_t *symbol;          /* [PLANE] the token of a character below, at character level */
    bool all_fallbacks;       /* every byte has a fallback token: no character is unknown */

    /* The places that merges span: pairs of neighbouring symbols inside some merge's product.
     * Elsewhere a word can be cut. Not known (never_cut) where unknown or fallback tokens merge. */
    bool never_cut;
    uint64_t spanned_bytes[256][4];
    pairs_t spanned;
    /* At character level, whether the place after an ASCII character is separate: before another
     * one, and before the mark of a space. */
    uint64_t apart[ASCII][2], apart_from_mark[2];

    merge_t merge; /* the stretch at hand */
};

static status_t unexpected_id(const char *what, const char *text, size_t length)
{
    return status_new(EXIT_INPUT, "%s %.*s is not in the vocabulary", what,
                      (int)(length < 200 ? length : 200), text);
}

/* Tokens of single bytes and, at character level, of single ASCII characters. */
static void find_single_symbols(bpe_t *bpe)
{
    bpe->all_fallbacks = bpe->options.byte_fallback;
    for (int byte = 0; byte < 256; byte++) {
        char text[8] = {(char)byte};
        if (bpe->options.byte_level) {
            bpe->byte_symbol[byte] = vocabulary_find_bytes(&bpe->vocabulary, text, 1);
        } else {
            snprintf(text, sizeof text, "<0x%02X>", (unsigned)byte);
            bpe->byte_symbol[byte] =
                bpe->options.byte_fallback ? vocabulary_find(&bpe->vocabulary, text, 6) : -1;
            if (bpe->byte_symbol[byte] < 0) bpe->all_fallbacks = false;
        }
    }
}

static status_t find_characters(bpe_t *bpe)
{
    const vocabulary_t *vocabulary = &bpe->vocabulary;
    status_t status = mem_new(&bpe->symbol, PLANE, "symbols");
    for (size_t i = 0; !status && i < PLANE; i++) bpe->symbol[i] = -1;
    for (size_t id = 0; !status && id < vocabulary->size; id++) {
        const token_t *token = &vocabulary->token[id];
        if (token->text < 0 || token->text_length == 0 || token->text_length > 3) continue;
        size_t size;
        uint32_t c = utf8_at(vocabulary->arena.data + token->text, &size);
        if (size == token->text_length) bpe->symbol[c] = (int32_t)id;
    }
    return status;
}

status_t bpe_create(vocabulary_t *vocabulary, const bpe_options_t *options, size_t merges,
                    bpe_t **bpe)
{
    status_t status = mem_new(bpe, 1, "tokenizer model");
    if (status) return status;
    (*bpe)->vocabulary = *vocabulary;
    *vocabulary = (vocabulary_t){0};
    (*bpe)->options = *options;
    (*bpe)->merges_expected = merges;
    find_single_symbols(*bpe);
    if (!options->byte_level) status = find_characters(*bpe);
    if (!status) status = pairs_create(&(*bpe)->table.ranks, merges);
    if (!status) status = pairs_create(&(*bpe)->spanned, merges);
    if (!status) status = mem_new(&(*bpe)->table.product, merges, "merges");
    if (status) bpe_destroy(bpe);
    return status;
}

void bpe_destroy(bpe_t **bpe)
{
    if (!*bpe) return;
    vocabulary_free(&(*bpe)->vocabulary);
    mem_free(&(*bpe)->table.ranks.slot);
    mem_free(&(*bpe)->table.bytes);
    mem_free(&(*bpe)->spanned.slot);
    mem_free(&(*bpe)->table.product);
    mem_free(&(*bpe)->covers);
    mem_free(&(*bpe)->symbol);
    merge_free(&(*bpe)->merge);
    mem_free(bpe);
}

static bool is_fallback(const bpe_t *bpe, int32_t id)
{
    const token_t *token = &bpe->vocabulary.token[id];
    if (!bpe->options.byte_fallback || token->text_length != 6) return false;
    for (int byte = 0; byte < 256; byte++)
        if (bpe->byte_symbol[byte] == id) return true;
    return false;
}

static int32_t character_symbol(const bpe_t *bpe, const char *text, size_t size)
{
    uint32_t code_point = utf8_at(text, &size);
    return code_point < PLANE ? bpe->symbol[code_point]
                              : vocabulary_find(&bpe->vocabulary, text, size);
}

/* Notes which neighbouring symbols the merge of two tokens joins. */
static void note_span(bpe_t *bpe, int32_t left, int32_t right)
{
    const token_t *a = &bpe->vocabulary.token[left], *b = &bpe->vocabulary.token[right];
    const char *arena = bpe->vocabulary.arena.data;
    if (left == bpe->options.unknown || right == bpe->options.unknown || is_fallback(bpe, left) ||
        is_fallback(bpe, right))
        bpe->never_cut = true;
    if (a->bytes_length == 0 || b->bytes_length == 0) return;
    if (bpe->options.byte_level) {
        unsigned char last = (unsigned char)arena[a->bytes + a->bytes_length - 1];
        unsigned char first = (unsigned char)arena[b->bytes];
        bpe->spanned_bytes[last][first / 64] |= (uint64_t)1 << first % 64;
        return;
    }
    size_t last_size = utf8_size_before(arena + a->text, a->text_length);
    int32_t last = character_symbol(bpe, arena + a->text + a->text_length - last_size, last_size);
    int32_t first = character_symbol(bpe, arena + b->text, utf8_size(arena[b->text]));
    if (last >= 0 && first >= 0) pairs_set(&bpe->spanned, last, first, 1);
}

status_t bpe_add_merge(bpe_t *bpe, const char *left, size_t left_length, const char *right,
                       size_t right_length)
{
    const vocabulary_t *vocabulary = &bpe->vocabulary;
    if (bpe->merges == bpe->merges_expected)
        return status_new(EXIT_BUG, "more merges than the %zu announced", bpe->merges_expected);
    int32_t a = vocabulary_find(vocabulary, left, left_length);
    int32_t b = vocabulary_find(vocabulary, right, right_length);
    if (a < 0) return unexpected_id("merged token", left, left_length);
    if (b < 0) return unexpected_id("merged token", right, right_length);
    str_t joined = {0};
    status_t status = str_append(&joined, left, left_length);
    if (!status) status = str_append(&joined, right, right_length);
    if (!status) {
        int32_t product = vocabulary_find(vocabulary, joined.data, joined.length);
        if (product < 0) status = unexpected_id("merge result", joined.data, joined.length);
        bpe->table.product[bpe->merges] = product;
    }
    str_free(&joined);
    if (status) return status;
    /* A pair listed twice has its later rank. */
    pairs_set(&bpe->table.ranks, a, b, (uint32_t)bpe->merges++);
    note_span(bpe, a, b);
    return NULL;
}

/* Whether no merge spans the place between two characters (or bytes), so that a text may be cut
 * there and its parts encoded by themselves. */
static bool separates(const bpe_t *bpe, const char *left, size_t left_size, const char *right,
                      size_t right_size)
{
    if (bpe->never_cut) return false;
    if (bpe->options.byte_level) {
        unsigned char a = (unsigned char)left[left_size - 1], b = (unsigned char)right[0];
        return !(bpe->spanned_bytes[a][b / 64] >> b % 64 & 1) && bpe->byte_symbol[a] >= 0 &&
               bpe->byte_symbol[b] >= 0;
    }
    int32_t a = character_symbol(bpe, left, left_size),
            b = character_symbol(bpe, right, right_size);
    if (a < 0 || b < 0) return bpe->all_fallbacks; /* else neighbouring unknowns may fuse */
    return pairs_get(&bpe->spanned, a, b) == RANK_NONE;
}

static void tell_apart(bpe_t *bpe)
{
    for (int a = 0; a < ASCII; a++) {
        char left[4] = {(char)a};
        if (separates(bpe, left, 1, mark, MARK))
            bpe->apart_from_mark[a / 64] |= (uint64_t)1 << a % 64;
        for (int b = 0; b < ASCII; b++) {
            char right[4] = {(char)b};
            if (separates(bpe, left, 1, right, 1)) bpe->apart[a][b / 64] |= (uint64_t)1 << b % 64;
        }
    }
}

static status_t rank_bytes(bpe_t *bpe)
{
    const int32_t *symbol = bpe->byte_symbol;
    status_t status = mem_new(&bpe->table.bytes, 256 * 256, "merges");
    for (int a = 0; !status && a < 256; a++)
        for (int b = 0; b < 256; b++)
            bpe->table.bytes[a * 256 + b] =
                symbol[a] < 0 || symbol[b] < 0 ? RANK_NONE
                                               : pairs_get(&bpe->table.ranks, symbol[a], symbol[b]);
    return status;
}

status_t bpe_finish(bpe_t *bpe)
{
    if (bpe->merges != bpe->merges_expected)
        return status_new(EXIT_BUG, "%zu merges of %zu", bpe->merges, bpe->merges_expected);
    status_t status = mem_new(&bpe->covers, bpe->vocabulary.size, "token lengths");
    if (!status && bpe->options.byte_level) status = rank_bytes(bpe);
    if (!status && !bpe->options.byte_level) tell_apart(bpe);
    for (size_t id = 0; !status && id < bpe->vocabulary.size; id++)
        if (bpe->vocabulary.token[id].text >= 0)
            bpe->covers[id] =
                is_fallback(bpe, (int32_t)id) ? 1 : bpe->vocabulary.token[id].bytes_length;
    return status;
}

const vocabulary_t *bpe_vocabulary(const bpe_t *bpe)
{
    return &bpe->vocabulary;
}

const bpe_options_t *bpe_options(const bpe_t *bpe)
{
    return &bpe->options;
}

const uint32_t *bpe_covers(const bpe_t *bpe)
{
    return bpe->covers;
}

size_t bpe_part(const bpe_t *bpe, const char *word, size_t length)
{
    if (bpe->options.byte_level || bpe->options.ignore_merges) return length;
    for (size_t at = utf8_size(*word); at < length; at++) {
        unsigned char left = (unsigned char)word[at - 1], right = (unsigned char)word[at];
        if (left < ASCII && right < ASCII) {
            if (bpe->apart[left][right / 64] >> right % 64 & 1) return at;
        } else if (word[at] == mark[0] && length - at >= MARK &&
                   memcmp(word + at, mark, MARK) == 0) {
            size_t before = utf8_size_before(word, at);
            if (left < ASCII ? bpe->apart_from_mark[left / 64] >> left % 64 & 1
                             : separates(bpe, word + at - before, before, mark, MARK))
                return at;
        }
    }
    return length;
}

/* Merges the symbols gathered so far, of these bytes (or NULL), and hands them on. */
static status_t flush(bpe_t *bpe, const unsigned char *bytes, token_sink_t sink)
{
    enum { BATCH = 256 };
    merge_t *merge = &bpe->merge;
    if (merge->count == 0) return NULL;
    status_t status = merge_run(merge, &bpe->table, bytes);
    uint32_t length[BATCH];
    for (size_t at = 0; !status && at < merge->count; at += BATCH) {
        size_t batch = merge->count - at < BATCH ? merge->count - at : BATCH;
        for (size_t i = 0; i < batch; i++)
            length[i] = merge->start[at + i + 1] - merge->start[at + i];
        status = sink.take(sink.self, merge->id + at, length, batch);
    }
    merge->count = 0;
    return status;
}

static status_t add_symbol(bpe_t *bpe, int32_t id, size_t length)
{
    merge_t *merge = &bpe->merge;
    status_t status = merge_reserve(merge, merge->count + 1);
    if (status) return status;
    uint32_t start = merge->count ? merge->start[merge->count] : 0;
    if (length > UINT32_MAX - start)
        return status_new(EXIT_INPUT, "a word of more than 4 GiB is too long");
    merge->start[merge->count] = start;
    merge->id[merge->count++] = id;
    merge->start[merge->count] = start + (uint32_t)length;
    return NULL;
}

/* Byte-level word of bytes that are all in the vocabulary; *done says how far it came. */
static status_t encode_bytes(bpe_t *bpe, const char *word, size_t length, token_sink_t sink,
                             size_t *done)
{
    const unsigned char *bytes = (const unsigned char *)word;
    size_t from = 0, at = 0;
    status_t status = NULL;
    while (!status && at < length && bpe->byte_symbol[bytes[at]] >= 0) {
        at++;
        bool cut = at == length || separates(bpe, word + at - 1, 1, word + at, 1);
        if (!cut) continue;
        if (at - from >= UINT32_MAX)
            return status_new(EXIT_INPUT, "a word of more than 4 GiB is too long");
        status = merge_reserve(&bpe->merge, at - from);
        for (size_t i = 0; !status && i < at - from; i++) {
            bpe->merge.id[i] = bpe->byte_symbol[bytes[from + i]];
            bpe->merge.start[i] = (uint32_t)i;
        }
        if (status) break;
        bpe->merge.count = at - from;
        bpe->merge.start[at - from] = (uint32_t)(at - from);
        status = flush(bpe, bytes + from, sink);
        from = at;
    }
    *done = from;
    return status;
}

/* An error that names the character at word[at]. */
static status_t inexpressible(const char *word, size_t length, size_t at)
{
    size_t size, start = at;
    while (start > 0 && !utf8_starts(word[start])) start--;
    uint32_t code_point = 0;
    if (utf8_starts(word[start]) && start + utf8_size(word[start]) <= length)
        code_point = utf8_at(word + start, &size);
    return status_new(EXIT_INPUT,
                      "character U+%04X has no token (byte 0x%02X), and the tokenizer "
                      "has no unknown token",
                      (unsigned)code_point, (unsigned char)word[at]);
}

/* What happens to a character without a token: fallback bytes, or the pending unknown token. */
typedef struct {
    bool pending;
    size_t length;
} unknown_t;

static status_t add_unknown(bpe_t *bpe, const char *word, size_t length, size_t at, size_t size,
                            unknown_t *unknown)
{
    status_t status = NULL;
    bool fallback = bpe->options.byte_fallback && !bpe->options.byte_level;
    for (size_t i = 0; fallback && i < size; i++)
        if (bpe->byte_symbol[(unsigned char)word[at + i]] < 0) fallback = false;
    if (fallback) {
        /* As in the reference, these come before an unknown token that is still pending. */
        for (size_t i = 0; !status && i < size; i++)
            status = add_symbol(bpe, bpe->byte_symbol[(unsigned char)word[at + i]], 1);
        return status;
    }
    if (bpe->options.unknown < 0) return inexpressible(word, length, at);
    if (unknown->pending && !bpe->options.fuse_unknown) {
        status = add_symbol(bpe, bpe->options.unknown, unknown->length);
        unknown->length = 0;
    }
    unknown->pending = true;
    unknown->length += size;
    return status;
}

/* Any word, symbol by symbol. */
static status_t encode_symbols(bpe_t *bpe, const char *word, size_t length, token_sink_t sink)
{
    unknown_t unknown = {false, 0};
    status_t status = NULL;
    size_t size, before = 0;
    for (size_t at = 0; !status && at < length; at += size) {
        size = bpe->options.byte_level ? 1 : utf8_size(word[at]);
        if (bpe->merge.count >= LONG && !unknown.pending &&
            separates(bpe, word + at - before, before, word + at, size))
            status = flush(bpe, NULL, sink);
        before = size;
        int32_t id = bpe->options.byte_level ? bpe->byte_symbol[(unsigned char)word[at]]
                                             : character_symbol(bpe, word + at, size);
        if (status) break;
        if (id < 0) {
            status = add_unknown(bpe, word, length, at, size, &unknown);
            continue;
        }
        if (unknown.pending) status = add_symbol(bpe, bpe->options.unknown, unknown.length);
        unknown = (unknown_t){false, 0};
        if (!status) status = add_symbol(bpe, id, size);
    }
    if (!status && unknown.pending) status = add_symbol(bpe, bpe->options.unknown, unknown.length);
    return status ? status : flush(bpe, NULL, sink);
}

status_t bpe_encode(bpe_t *bpe, const char *word, size_t length, token_sink_t sink)
{
    bpe->merge.count = 0;
    if (length == 0) return NULL;
    if (bpe->options.ignore_merges && length < UINT32_MAX) {
        int32_t id = vocabulary_find_bytes(&bpe->vocabulary, word, length);
        uint32_t covered = (uint32_t)length;
        if (id >= 0) return sink.take(sink.self, &id, &covered, 1);
    }
    size_t done = 0;
    status_t status = NULL;
    bool plain = bpe->options.byte_level;
    if (plain) status = encode_bytes(bpe, word, length, sink, &done);
    if (!status && done < length) status = encode_symbols(bpe, word + done, length - done, sink);
    return status;
}
