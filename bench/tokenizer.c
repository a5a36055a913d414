/* Speed of tokenisation on one core.
 *
 * usage: tokenizer TOKENIZER TEXT [SECONDS]
 * Encodes the file TEXT again and again for about SECONDS (3): as one document, line by line, and
 * as one document with offsets; prints MB/s (10^6 bytes a second of processor time) and tokens.
 * bench/tokenizer.py prints the same for the tokenizers library. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/common/measure.h"
#include "core/file.h"
#include "text/tokenizer.h"

static status_t encode_lines(tokenizer_t *tokenizer, const str_t *text, encoding_t *encoding,
                             size_t *tokens)
{
    status_t status = NULL;
    for (size_t at = 0, end; !status && at < text->length; at = end) {
        const char *newline = memchr(text->data + at, '\n', text->length - at);
        end = newline ? (size_t)(newline - text->data) + 1 : text->length;
        status = tokenizer_encode(tokenizer, text->data + at, end - at, 0, encoding);
        *tokens += encoding->count;
    }
    return status;
}

static status_t measure(tokenizer_t *tokenizer, const str_t *text, const char *what, int flags,
                        bool lines, double seconds)
{
    encoding_t encoding = {0};
    status_t status = NULL;
    size_t tokens = 0;
    int rounds = 0;
    char name[96];
    double start = processor_seconds(), best = 1e300, elapsed = 0;
    while (!status && (rounds < 2 || elapsed < seconds)) {
        double begin = processor_seconds();
        tokens = 0;
        if (lines) status = encode_lines(tokenizer, text, &encoding, &tokens);
        else status = tokenizer_encode(tokenizer, text->data, text->length, flags, &encoding);
        if (!lines) tokens = encoding.count;
        double took = processor_seconds() - begin;
        if (took < best) best = took;
        elapsed = processor_seconds() - start;
        rounds++;
    }
    if (!status)
        printf("%-24s %8.1f MB/s   best %8.1f   %zu tokens\n", what,
               1e-6 * (double)text->length * rounds / elapsed, 1e-6 * (double)text->length / best,
               tokens);
    snprintf(name, sizeof name, "tokenizer.%s.mb_per_second", what);
    for (char *c = name; *c; c++)
        if (*c == ' ') *c = '_';
    if (!status) figure(name, 1e-6 * (double)text->length / best, NULL, 0);
    encoding_free(&encoding);
    return status;
}

int main(int count, char **argument)
{
    if (count < 3) {
        fprintf(stderr, "usage: tokenizer TOKENIZER TEXT [SECONDS]\n");
        return EXIT_USAGE;
    }
    double seconds = count > 3 ? atof(argument[3]) : 3, start = processor_seconds();
    tokenizer_t *tokenizer = NULL;
    str_t text = {0};
    status_t status = tokenizer_open(argument[1], &tokenizer);
    if (!status) printf("%-24s %8.3f s\n", "opening", processor_seconds() - start);
    if (!status) status = file_read(argument[2], (size_t)1 << 34, &text);
    if (!status) status = measure(tokenizer, &text, "one document", 0, false, seconds);
    if (!status) status = measure(tokenizer, &text, "line by line", 0, true, seconds);
    if (!status)
        status = measure(tokenizer, &text, "document with offsets", ENCODE_OFFSETS, false, seconds);
    int code = status_code(status);
    if (status) fprintf(stderr, "tokenizer: %s\n", status_message(status));
    status_free(&status);
    str_free(&text);
    tokenizer_close(&tokenizer);
    return code;
}
