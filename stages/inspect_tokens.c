#include <jansson.h>

#include "core/strings.h"
#include "stages/inspect.h"
#include "text/tokenizer.h"

/* A line without its newline; *found is false at the end of the stream. */
static status_t read_line(FILE *in, str_t *line, bool *found)
{
    char block[1 << 12];
    size_t held = 0;
    status_t status = NULL;
    int byte = getc_unlocked(in);
    str_clear(line);
    *found = byte != EOF;
    for (; !status && byte != EOF && byte != '\n'; byte = getc_unlocked(in)) {
        block[held++] = (char)byte;
        if (held < sizeof block) continue;
        status = str_append(line, block, held);
        held = 0;
    }
    if (!status) status = str_append(line, block, held);
    if (!status && ferror(in)) status = status_new(EXIT_INPUT, "standard input cannot be read");
    return status;
}

static status_t print_tokens(const encoding_t *encoding, FILE *out)
{
    fputs("{\"ids\":[", out);
    for (size_t i = 0; i < encoding->count; i++)
        fprintf(out, "%s%d", i ? "," : "", (int)encoding->id[i]);
    fputs("],\"offsets\":[", out);
    for (size_t i = 0; i < encoding->count; i++)
        fprintf(out, "%s[%lld,%lld]", i ? "," : "", (long long)encoding->span[i].start,
                (long long)encoding->span[i].end);
    fputs("]}\n", out);
    return ferror(out) ? status_new(EXIT_OUTPUT, "standard output cannot be written") : NULL;
}

static status_t line_of(tokenizer_t *tokenizer, int flags, const str_t *line, encoding_t *encoding,
                        FILE *out)
{
    json_error_t error;
    json_t *value = json_loadb(line->data ? line->data : "", line->length,
                               JSON_DECODE_ANY | JSON_ALLOW_NUL, &error);
    status_t status = NULL;
    if (!value)
        status =
            status_new(EXIT_INPUT, "not valid JSON at byte %d: %s", error.position, error.text);
    else if (!json_is_string(value)) status = status_new(EXIT_INPUT, "a JSON string is expected");
    else
        status = tokenizer_encode(tokenizer, json_string_value(value), json_string_length(value),
                                  flags, encoding);
    json_decref(value);
    return status ? status : print_tokens(encoding, out);
}

status_t inspect_tokens(const char *path, bool special, FILE *in, FILE *out)
{
    tokenizer_t *tokenizer = NULL;
    encoding_t encoding = {0};
    str_t line = {0};
    bool found = true;
    int flags = ENCODE_OFFSETS | (special ? ENCODE_SPECIAL : 0);
    status_t status = tokenizer_open(path, &tokenizer);
    for (long long number = 1; !status && found; number++) {
        status = read_line(in, &line, &found);
        if (!status && found)
            status = status_wrap(line_of(tokenizer, flags, &line, &encoding, out),
                                 "standard input, line %lld", number);
    }
    if (!status && fflush(out) != 0)
        status = status_new(EXIT_OUTPUT, "standard output cannot be written");
    str_free(&line);
    encoding_free(&encoding);
    tokenizer_close(&tokenizer);
    return status;
}
