#include "text/tokenizer.h"

#include <string.h>

#include "core/memory.h"
#include "text/tokenizer_parts.h"
#include "text/utf8.h"

/* One call of tokenizer_encode. */
typedef struct {
    tokenizer_t *tokenizer;
    encoding_t *out;
    bool offsets, tracked, special;
    /* The word whose tokens are coming in; of it, bytes and characters begun so far. */
    piece_t word;
    size_t bytes;
    int64_t characters;
} encoder_t;

void tokenizer_close(tokenizer_t **tokenizer)
{
    tokenizer_t *t = *tokenizer;
    if (!t) return;
    added_free(&t->raw);
    added_free(&t->normalized);
    normalizer_free(&t->normalizer);
    splitter_free(&t->splitter);
    bpe_destroy(&t->bpe);
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

static status_t make_room(encoder_t *encoder, size_t count)
{
    encoding_t *out = encoder->out;
    size_t needed = out->count + count;
    status_t status = mem_grow(&out->id, &out->id_capacity, needed, "tokens");
    if (!status && encoder->offsets)
        status = mem_grow(&out->span, &out->span_capacity, needed, "token offsets");
    return status;
}

/* White space at the ends of a token's text, where a byte-level space counts as such. */
static int64_t leading_spaces(const char *text, size_t length)
{
    int64_t count = 0;
    uint32_t space = character_of_byte(' ');
    size_t size;
    for (size_t at = 0; at < length; at += size, count++) {
        uint32_t c = utf8_at(text + at, &size);
        if (c != space && !is_white_space(c)) break;
    }
    return count;
}

static int64_t trailing_spaces(const char *text, size_t length)
{
    int64_t count = 0;
    uint32_t space = character_of_byte(' ');
    for (size_t end = length; end > 0; count++) {
        size_t size = utf8_size_before(text, end), ignored;
        uint32_t c = utf8_at(text + end - size, &ignored);
        if (c != space && !is_white_space(c)) break;
        end -= size;
    }
    return count;
}

/* The span of the next token after the post-processor's trimming; text is the token's. */
static span_t trimmed(const encoder_t *encoder, span_t span, const char *text, size_t length)
{
    const finisher_t *finisher = &encoder->tokenizer->finisher;
    if (finisher->trims == 0) return span;
    size_t before = encoder->special ? finisher->before.count : 0;
    int64_t leading = leading_spaces(text, length), trailing = trailing_spaces(text, length);
    for (size_t i = 0; i < finisher->trims; i++) {
        const trim_t *trim = &finisher->trim[i];
        bool first = encoder->out->count == before || span.start == 0;
        int64_t cut = first && trim->prefixed && leading == 1 ? 0 : leading;
        span.start = span.start + cut < span.end ? span.start + cut : span.end;
        if (trailing > 0 && span.end >= trailing)
            span.end = span.end - trailing > span.start ? span.end - trailing : span.start;
    }
    return span;
}

/* Tokens of the current word. */
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
        const char *bytes = encoder->word.bytes + encoder->bytes;
        const token_t *token = &vocabulary->token[id[i]];
        /* A token that starts within a character spans all of it. */
        int64_t first = encoder->characters - !utf8_starts(*bytes);
        encoder->characters += utf8_count(bytes, length[i]);
        encoder->bytes += length[i];
        span_t span = {piece_origin(&encoder->word, first),
                       piece_origin(&encoder->word, encoder->characters - 1) + 1};
        out->span[out->count] =
            trimmed(encoder, span, vocabulary->arena.data + token->text, token->text_length);
        out->id[out->count++] = id[i];
    }
    return NULL;
}

static status_t take_word(void *self, const piece_t *word)
{
    encoder_t *encoder = self;
    encoder->word = *word;
    encoder->bytes = 0;
    encoder->characters = 0;
    return bpe_encode(encoder->tokenizer->bpe, word->bytes, word->length,
                      (token_sink_t){take_tokens, encoder});
}

/* An added token found as this part of a text. */
static status_t take_added(encoder_t *encoder, const piece_t *part, int32_t id)
{
    encoding_t *out = encoder->out;
    status_t status = make_room(encoder, 1);
    if (status) return status;
    if (encoder->offsets) {
        int64_t count = utf8_count(part->bytes, part->length);
        span_t span = {piece_origin(part, 0), piece_origin(part, count ? count - 1 : 0) + 1};
        out->span[out->count] = trimmed(encoder, span, part->bytes, part->length);
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
    return splitter_apply(&encoder->tokenizer->splitter, encoder->tracked, gap,
                          (word_sink_t){take_word, encoder});
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
    size_t ascii = ascii_prefix(text, length);
    size_t valid = ascii + utf8_valid_prefix(text + ascii, length - ascii);
    if (valid < length)
        return status_new(EXIT_INPUT, "text is not valid UTF-8 at byte %zu (0x%02X)", valid,
                          (unsigned char)text[valid]);
    piece_t piece = {.bytes = text, .length = length};
    status_t status = add_special(&encoder, &finisher->before);
    if (!status && length) status = cut_added(&encoder, &tokenizer->raw, &piece, normalize_gap);
    return status ? status : add_special(&encoder, &finisher->after);
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
