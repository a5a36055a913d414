#define _GNU_SOURCE /* memmem */
#include "text/normalize.h"

#include <string.h>

#include "core/memory.h"
#include "text/utf8.h"

status_t normalizer_add(normalizer_t *normalizer, normalize_kind_t kind, const char *content,
                        const char *literal, const char *regex)
{
    enum { MOST = 64 };
    if (normalizer->count == MOST)
        return status_new(EXIT_INPUT, "normalizer: more than %d steps", MOST);
    status_t status =
        mem_grow(&normalizer->step, &normalizer->capacity, normalizer->count + 1, "normalizer");
    if (status) return status;
    normalize_step_t *step = &normalizer->step[normalizer->count++];
    *step = (normalize_step_t){.kind = kind};
    if (content) status = str_copy(&step->content, content);
    if (!status && literal) status = str_copy(&step->literal, literal);
    if (!status && regex) status = pattern_create(regex, false, &step->pattern);
    if (!status && kind == NORMALIZE_NFC && !normalizer->nfc) status = nfc_create(&normalizer->nfc);
    return status;
}

void normalizer_free(normalizer_t *normalizer)
{
    for (size_t i = 0; i < normalizer->count; i++) {
        mem_free(&normalizer->step[i].content);
        mem_free(&normalizer->step[i].literal);
        pattern_destroy(&normalizer->step[i].pattern);
    }
    mem_free(&normalizer->step);
    nfc_destroy(&normalizer->nfc);
    mapped_free(&normalizer->text[0]);
    mapped_free(&normalizer->text[1]);
    *normalizer = (normalizer_t){0};
}

/* A rewriting of a piece in progress: bytes up to done are dealt with, and are its characters
 * up to at. */
typedef struct {
    const piece_t *piece;
    mapped_t *out;
    size_t done;
    int64_t at;
} rewrite_t;

static status_t keep_up_to(rewrite_t *rewrite, size_t end)
{
    const char *bytes = rewrite->piece->bytes + rewrite->done;
    size_t length = end - rewrite->done;
    status_t status = mapped_copy(rewrite->out, bytes, length, rewrite->piece, rewrite->at);
    if (rewrite->out->tracked) rewrite->at += utf8_count(bytes, length);
    rewrite->done = end;
    return status;
}

/* Puts content in the place of what is before end; it counts as coming from the last character
 * that it replaces (of what is before, where it replaces nothing). */
static status_t replace_up_to(rewrite_t *rewrite, size_t end, const char *content, size_t length)
{
    int64_t origin = 0;
    if (rewrite->out->tracked) {
        rewrite->at += utf8_count(rewrite->piece->bytes + rewrite->done, end - rewrite->done);
        origin = piece_origin(rewrite->piece, rewrite->at > 0 ? rewrite->at - 1 : 0);
    }
    rewrite->done = end;
    return mapped_insert(rewrite->out, content, length, origin);
}

/* One byte by one character: origins stay, so the bytes are all there is to do. */
static status_t replace_character(const piece_t *piece, char from, const char *to, size_t size,
                                  mapped_t *out)
{
    enum { BLOCK = 4096 };
    status_t status = NULL;
    for (size_t done = 0; !status && done < piece->length;) {
        size_t end = piece->length - done < BLOCK ? piece->length : done + BLOCK;
        status = mapped_reserve(out, (end - done) * size);
        if (status) break;
        char *at = out->bytes.data + out->bytes.length;
        for (; done < end; done++) {
            if (piece->bytes[done] != from) {
                *at++ = piece->bytes[done];
                continue;
            }
            for (size_t i = 0; i < size; i++) *at++ = to[i];
        }
        *at = '\0';
        out->bytes.length = (size_t)(at - out->bytes.data);
    }
    if (!status && out->tracked)
        status = mapped_adopt(out, piece, utf8_count(piece->bytes, piece->length));
    return status;
}

status_t replace_literal(const piece_t *piece, const char *literal, size_t length,
                         const char *content, size_t content_length, mapped_t *out)
{
    if (length == 1 && content_length && content_length == utf8_size(*content))
        return replace_character(piece, *literal, content, content_length, out);
    rewrite_t rewrite = {.piece = piece, .out = out};
    status_t status = NULL;
    while (!status) {
        const char *from = piece->bytes + rewrite.done;
        size_t left = piece->length - rewrite.done;
        const char *found = memmem(from, left, literal, length);
        if (!found) break;
        size_t start = (size_t)(found - piece->bytes);
        status = keep_up_to(&rewrite, start);
        if (!status) status = replace_up_to(&rewrite, start + length, content, content_length);
    }
    return status ? status : keep_up_to(&rewrite, piece->length);
}

static status_t replace_pattern(const piece_t *piece, pattern_t *pattern, const char *content,
                                mapped_t *out)
{
    rewrite_t rewrite = {.piece = piece, .out = out};
    size_t start, end;
    status_t status = NULL;
    while (!status && rewrite.done < piece->length) {
        status = pattern_match(pattern, piece->bytes, piece->length, rewrite.done, &start, &end);
        if (status || start > piece->length) break;
        if (start == end)
            return status_new(EXIT_INPUT, "normalizer Replace: a pattern that matches nothing at "
                                          "all is not supported");
        status = keep_up_to(&rewrite, start);
        if (!status) status = replace_up_to(&rewrite, end, content, strlen(content));
    }
    return status ? status : keep_up_to(&rewrite, piece->length);
}

status_t prepend_text(const piece_t *piece, const char *content, size_t length, mapped_t *out)
{
    int64_t origin = out->tracked ? piece_origin(piece, 0) : 0;
    status_t status = mapped_insert(out, content, length, origin);
    return status ? status : mapped_copy(out, piece->bytes, piece->length, piece, 0);
}

static status_t apply_step(normalizer_t *normalizer, const normalize_step_t *step,
                           const piece_t *piece, mapped_t *out)
{
    switch (step->kind) {
    case NORMALIZE_NFC: return nfc_apply(normalizer->nfc, piece, out);
    case NORMALIZE_PREPEND: return prepend_text(piece, step->content, strlen(step->content), out);
    case NORMALIZE_REPLACE:
        if (step->pattern) return replace_pattern(piece, step->pattern, step->content, out);
        return replace_literal(piece, step->literal, strlen(step->literal), step->content,
                               strlen(step->content), out);
    }
    return status_new(EXIT_BUG, "unknown normalizer step");
}

status_t normalizer_apply(normalizer_t *normalizer, bool tracked, piece_t *piece)
{
    /* No sensible rule makes a text so much longer; chains of others could fill any memory. */
    const size_t most = (size_t)1 << 16, growth = 64;
    size_t limit = piece->length < SIZE_MAX / 128 ? most + growth * piece->length : SIZE_MAX;
    status_t status = NULL;
    for (size_t i = 0; !status && i < normalizer->count && piece->length; i++) {
        const normalize_step_t *step = &normalizer->step[i];
        if (step->kind == NORMALIZE_NFC &&
            nfc_normal_prefix(normalizer->nfc, piece->bytes, piece->length) == piece->length)
            continue;
        mapped_t *out = &normalizer->text[piece->bytes == normalizer->text[0].bytes.data];
        mapped_clear(out, tracked, limit);
        status = apply_step(normalizer, step, piece, out);
        if (!status) *piece = mapped_piece(out);
    }
    return status;
}
