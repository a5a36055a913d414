#include <string.h>

#include "core/memory.h"
#include "text/tokenizer_parts.h"
#include "text/utf8.h"

enum { BATCH = 32 }; /* words whose places in the cache are fetched at once */

/* One call of tokenizer_encode. */
typedef struct {
    tokenizer_t *tokenizer;
    encoding_t *out;
    bool offsets, tracked, special;
    /* The piece whose tokens are coming in, and where offsets are wanted, bytes and characters of
     * it begun so far. */
    piece_t piece;
    size_t bytes;
    int64_t characters;
} encoder_t;

static status_t make_room(encoder_t *encoder, size_t count)
{
    encoding_t *out = encoder->out;
    size_t needed = out->count + count;
    status_t status = mem_grow(&out->id, &out->id_capacity, needed, "tokens");
    if (!status && encoder->offsets)
        status = mem_grow(&out->span, &out->span_capacity, needed, "token offsets");
    return status;
}

/* The post-processor's span of the next token; text is the token's. */
static span_t finish_span(const encoder_t *encoder, span_t span, const char *text, size_t length)
{
    const finisher_t *finisher = &encoder->tokenizer->finisher;
    size_t before = encoder->special ? finisher->before.count : 0;
    bool first = encoder->out->count == before;
    return trim_span(finisher->trim, finisher->trims, span, text, length, first);
}

static inline int64_t count_starts(const char *bytes, size_t length)
{
    enum { SHORT = 16 };
    if (length > SHORT) return utf8_count(bytes, length);
    int64_t count = 0;
    for (size_t i = 0; i < length; i++) count += utf8_starts(bytes[i]);
    return count;
}

/* The next tokens of the current piece. */
static status_t take_tokens(void *self, const int32_t *id, const uint32_t *length, size_t count)
{
    encoder_t *encoder = self;
    encoding_t *out = encoder->out;
    status_t status = make_room(encoder, count);
    if (status) return status;
    if (!encoder->offsets) {
        memcpy(out->id + out->count, id, count * sizeof *id);
        out->count += count;
        return NULL;
    }
    const vocabulary_t *vocabulary = bpe_vocabulary(encoder->tokenizer->bpe);
    for (size_t i = 0; i < count; i++) {
        const char *bytes = encoder->piece.bytes + encoder->bytes;
        const token_t *token = &vocabulary->token[id[i]];
        /* A token that starts within a character spans all of it. */
        int64_t first = encoder->characters - !utf8_starts(*bytes);
        encoder->characters += count_starts(bytes, length[i]);
        encoder->bytes += length[i];
        span_t span = {piece_origin(&encoder->piece, first),
                       piece_origin(&encoder->piece, encoder->characters - 1) + 1};
        out->span[out->count] =
            finish_span(encoder, span, vocabulary->arena.data + token->text, token->text_length);
        out->id[out->count++] = id[i];
    }
    return NULL;
}

/* Tokens of a short word on their way to the cache: never more than bytes. */
typedef struct {
    int32_t id[WORD_BYTES];
    uint32_t length[WORD_BYTES];
    size_t count;
} short_word_t;

static status_t keep_tokens(void *self, const int32_t *id, const uint32_t *length, size_t count)
{
    short_word_t *word = self;
    if (count > WORD_BYTES - word->count)
        return status_new(EXIT_BUG, "a word of %d bytes has more tokens", WORD_BYTES);
    memcpy(word->id + word->count, id, count * sizeof *id);
    memcpy(word->length + word->count, length, count * sizeof *length);
    word->count += count;
    return NULL;
}

/* Encodes a short word and remembers it, unless a token covers other text than it spells. */
static status_t learn_word(encoder_t *encoder, const word_t *key, const char *bytes, size_t length)
{
    tokenizer_t *t = encoder->tokenizer;
    short_word_t word;
    word.count = 0;
    status_t status = bpe_encode(t->bpe, bytes, length, (token_sink_t){keep_tokens, &word});
    if (status) return status;
    bool usual = word.count <= WORD_TOKENS;
    for (size_t i = 0; usual && i < word.count; i++)
        usual = word.length[i] == bpe_covers(t->bpe)[word.id[i]];
    if (usual) words_put(&t->words, key, word.id, word.count);
    return take_tokens(encoder, word.id, word.length, word.count);
}

static inline status_t take_known(encoder_t *encoder, const word_t *known)
{
    encoding_t *out = encoder->out;
    size_t count = word_tokens(known);
    if (encoder->offsets) {
        uint32_t length[WORD_TOKENS];
        for (size_t i = 0; i < count; i++)
            length[i] = bpe_covers(encoder->tokenizer->bpe)[known->id[i]];
        return take_tokens(encoder, known->id, length, count);
    }
    memcpy(out->id + out->count, known->id, sizeof known->id); /* all: a fixed size is faster */
    out->count += count;
    return NULL;
}

/* Words one after another in a text (readable bytes of it): word i is text[end[i - 1]..end[i]),
 * the first from 0. At most BATCH. */
static status_t take_batch(encoder_t *encoder, const char *text, const size_t *end, size_t count,
                           size_t readable)
{
    const words_t *words = &encoder->tokenizer->words;
    word_t key[BATCH];
    status_t status = make_room(encoder, BATCH * WORD_TOKENS);
    for (size_t i = 0, at = 0; i < count; at = end[i++]) {
        if (end[i] - at > WORD_BYTES) continue;
        key[i] = word_key(text + at, end[i] - at, readable - at);
        __builtin_prefetch(words_set(words, &key[i]));
    }
    for (size_t i = 0, at = 0; !status && i < count; at = end[i++]) {
        if (end[i] - at > WORD_BYTES) {
            status = bpe_encode(encoder->tokenizer->bpe, text + at, end[i] - at,
                                (token_sink_t){take_tokens, encoder});
            if (!status) status = make_room(encoder, BATCH * WORD_TOKENS);
            continue;
        }
        const word_t *known = words_find(words, &key[i]);
        if (known) {
            status = take_known(encoder, known);
        } else {
            status = learn_word(encoder, &key[i], text + at, end[i] - at);
            if (!status) status = make_room(encoder, BATCH * WORD_TOKENS);
        }
    }
    return status;
}

static status_t take_words(void *self, const char *text, const size_t *end, size_t count,
                           size_t readable)
{
    status_t status = NULL;
    for (size_t i = 0, at = 0; !status && i < count;) {
        size_t batch = count - i < BATCH ? count - i : BATCH, shifted[BATCH];
        for (size_t j = 0; j < batch; j++) shifted[j] = end[i + j] - at;
        status = take_batch(self, text + at, shifted, batch, readable - at);
        i += batch;
        at = end[i - 1];
    }
    return status;
}

static void begin_piece(void *self, const piece_t *piece)
{
    encoder_t *encoder = self;
    encoder->piece = *piece;
    encoder->bytes = 0;
    encoder->characters = 0;
}

/* A piece that is one word. What it is cut into besides comes to the same tokens. */
static status_t take_word(void *self, const piece_t *word)
{
    encoder_t *encoder = self;
    begin_piece(encoder, word);
    status_t status = NULL;
    size_t at = 0, end[BATCH];
    while (!status && at < word->length) {
        size_t count = 0, done = 0;
        for (; count < BATCH && at + done < word->length; end[count++] = done)
            done += bpe_part(encoder->tokenizer->bpe, word->bytes + at + done,
                             word->length - at - done);
        status = take_batch(encoder, word->bytes + at, end, count, word->length - at);
        at += done;
    }
    return status;
}

/* An added token found as this part of a text. */
static status_t take_added(encoder_t *encoder, const piece_t *part, int32_t id)
{
    encoding_t *out = encoder->out;
    status_t status = make_room(encoder, 1);
    if (status) return status;
    if (encoder->offsets) {
        int64_t count = utf8_count(part->bytes, part->length);
        span_t span = {piece_origin(part, 0), piece_origin(part, count - 1) + 1};
        out->span[out->count] = finish_span(encoder, span, part->bytes, part->length);
    }
    out->id[out->count++] = id;
    return NULL;
}

/* Walks over a piece, with its character numbers where they matter. */
typedef struct {
    const piece_t *piece;
    size_t at;
    int64_t character;
} place_t;

static piece_t part_between(const encoder_t *encoder, place_t *place, size_t start, size_t end)
{
    const char *bytes = place->piece->bytes;
    if (encoder->tracked) {
        if (start >= place->at)
            place->character += utf8_count(bytes + place->at, start - place->at);
        else place->character -= utf8_count(bytes + start, place->at - start);
        place->at = start;
    }
    return piece_part(place->piece, start, end - start, place->character);
}

typedef status_t (*take_gap_t)(encoder_t *encoder, const piece_t *gap);

/* Cuts added tokens out of a piece and hands on what lies between. */
static status_t cut_added(encoder_t *encoder, const added_t *added, const piece_t *piece,
                          take_gap_t take_gap)
{
    added_cursor_t cursor = {.text = piece->bytes, .length = piece->length};
    place_t place = {.piece = piece};
    size_t gap, start, end;
    int32_t id;
    status_t status = NULL;
    while (!status && added_next(added, &cursor, &gap, &start, &end, &id)) {
        piece_t part;
        if (gap < start) {
            part = part_between(encoder, &place, gap, start);
            status = take_gap(encoder, &part);
        }
        if (status || start == end) continue;
        part = part_between(encoder, &place, start, end);
        status = take_added(encoder, &part, id);
    }
    if (status || gap >= piece->length) return status;
    piece_t rest = part_between(encoder, &place, gap, piece->length);
    return take_gap(encoder, &rest);
}

static status_t split_gap(encoder_t *encoder, const piece_t *gap)
{
    word_sink_t sink = {take_word, begin_piece, take_words, encoder};
    return splitter_apply(&encoder->tokenizer->splitter, encoder->tracked, gap, sink);
}

static status_t normalize_gap(encoder_t *encoder, const piece_t *gap)
{
    piece_t piece = *gap;
    status_t status = normalizer_apply(&encoder->tokenizer->normalizer, encoder->tracked, &piece);
    return status ? status : cut_added(encoder, &encoder->tokenizer->normalized, &piece, split_gap);
}

static status_t add_special(encoder_t *encoder, const ids_t *ids)
{
    encoding_t *out = encoder->out;
    if (!encoder->special || ids->count == 0) return NULL;
    status_t status = make_room(encoder, ids->count);
    for (size_t i = 0; !status && i < ids->count; i++) {
        if (encoder->offsets) out->span[out->count] = (span_t){0, 0};
        out->id[out->count++] = ids->id[i];
    }
    return status;
}

status_t tokenizer_encode(tokenizer_t *tokenizer, const char *text, size_t length, int flags,
                          encoding_t *encoding)
{
    const finisher_t *finisher = &tokenizer->finisher;
    encoder_t encoder = {.tokenizer = tokenizer,
                         .out = encoding,
                         .offsets = flags & ENCODE_OFFSETS,
                         .special = flags & ENCODE_SPECIAL};
    encoder.tracked = encoder.offsets || tokenizer->splitter.needs_origins;
    encoding->count = 0;
    size_t valid = utf8_valid_end(text, length);
    if (valid < length)
        return status_new(EXIT_INPUT, "text is not valid UTF-8 at byte %zu (0x%02X)", valid,
                          (unsigned char)text[valid]);
    piece_t piece = {.bytes = text, .length = length};
    status_t status = add_special(&encoder, &finisher->before);
    if (!status && length) status = cut_added(&encoder, &tokenizer->raw, &piece, normalize_gap);
    return status ? status : add_special(&encoder, &finisher->after);
}
