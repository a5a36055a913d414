#include "text/request.h"

#include <string.h>

#include "core/memory.h"
#include "text/lines.h"
#include "text/utf8.h"

const token_column_t request_columns[REQUEST_COLUMNS] = {
    {"/scored_from", "sequences", "token", "Place in its sequence of the first scored token", 1},
    {"/characters", "sequences", "character",
     "Code points of the text that is scored, without the delimiter", 1},
};

status_t request_put(text_t *text, const char *context, size_t context_length,
                     const char *delimiter, const char *continuation, size_t length,
                     size_t characters)
{
    request_note_t note = {context_length, (int32_t)characters};
    status_t status = str_append(text->bytes, context, context_length);
    if (!status) status = str_add(text->bytes, delimiter);
    if (!status) status = str_append(text->bytes, continuation, length);
    if (!status) status = str_append(text->note, (const char *)&note, sizeof note);
    return status;
}

/* Length without the white space at its end. */
static size_t trimmed(const char *text, size_t length)
{
    while (length > 0) {
        size_t size = utf8_size_before(text, length);
        if (!line_is_blank(text + length - size, size)) break;
        length -= size;
    }
    return length;
}

status_t request_configure(const config_t *config, const char *name, const tokenizer_t *tokenizer,
                           request_state_t *state)
{
    const char *key = config_path("benchmarks.%s.prefix", name), *token = config_text(config, key);
    int32_t bos = tokenizer_bos(tokenizer);
    state->special = config_boolean(config, config_path("benchmarks.%s.special", name));
    state->prefix = token      ? tokenizer_find(tokenizer, token)
                    : bos >= 0 ? bos
                               : tokenizer_eos(tokenizer);
    if (!token || state->prefix >= 0) return NULL;
    return config_error(config, key, "the tokenizer has no token '%s'", token);
}

/* A text that spells the prefix token itself gets no special tokens. */
static int flags_for(const tokenizer_t *tokenizer, const request_state_t *state, const char *text,
                     size_t length)
{
    size_t size = 0;
    const char *spelling =
        state->prefix < 0 ? NULL : tokenizer_token(tokenizer, state->prefix, &size);
    bool spelled = spelling && size && size <= length && memcmp(text, spelling, size) == 0;
    return state->special && !spelled ? ENCODE_SPECIAL : 0;
}

static status_t encode_alone(tokenizer_t *tokenizer, const request_state_t *state,
                             const noted_text_t *text, token_row_t *row)
{
    encoding_t *out = &row->encoding;
    int32_t prefix = state->prefix;
    if (prefix < 0)
        return status_new(EXIT_INPUT, "the tokenizer names neither a BOS nor an EOS token to stand "
                                      "for an empty context; name one with prefix");
    status_t status = tokenizer_encode(tokenizer, text->bytes, text->length, 0, out);
    if (status || (out->count && out->id[0] == prefix)) return status;
    status = mem_grow(&out->id, &out->id_capacity, out->count + 1, "tokens");
    if (status) return status;
    memmove(out->id + 1, out->id, out->count++ * sizeof *out->id);
    out->id[0] = prefix;
    return NULL;
}

/* row's encoding: first that of the context, then with the continuation's behind it. */
static status_t encode_after(tokenizer_t *tokenizer, const request_state_t *state,
                             const noted_text_t *text, size_t context, token_row_t *row)
{
    encoding_t whole = {0}, *out = &row->encoding;
    status_t status =
        tokenizer_encode(tokenizer, text->bytes, text->length,
                         flags_for(tokenizer, state, text->bytes, text->length), &whole);
    if (!status)
        status = tokenizer_encode(tokenizer, text->bytes, context,
                                  flags_for(tokenizer, state, text->bytes, context), out);
    size_t count = out->count;
    if (!status && whole.count > count) {
        status = mem_grow(&out->id, &out->id_capacity, whole.count, "tokens");
        if (!status)
            memcpy(out->id + count, whole.id + count, (whole.count - count) * sizeof *out->id);
        out->count = whole.count;
    }
    row->value[0] = (int32_t)count;
    encoding_free(&whole);
    return status;
}

status_t request_encode(const void *state, tokenizer_t *tokenizer, const noted_text_t *text,
                        token_row_t *row)
{
    const request_state_t *request = state;
    request_note_t note;
    memcpy(&note, text->note, sizeof note);
    size_t context = trimmed(text->bytes, note.context);
    row->value[0] = 1;
    row->value[1] = note.characters;
    status_t status = note.context == 0 ? encode_alone(tokenizer, request, text, row)
                                        : encode_after(tokenizer, request, text, context, row);
    if (status) return status;
    if (row->value[0] < 1) return status_new(EXIT_INPUT, "the context has no token");
    if (row->encoding.count <= (size_t)row->value[0])
        return status_new(EXIT_INPUT, "nothing to score: the continuation has no token of its own");
    return NULL;
}
