/* Any bytes as tokenizer.json, up to a NUL; what follows (else the file itself) is a text for it. */
#include <string.h>

#include "core/strings.h"
#include "tests/fuzz/fuzz.h"
#include "text/tokenizer.h"

/* Ids exist, spans lie in the text, and asking for them changes no id. */
static void encode(tokenizer_t *tokenizer, const char *text, size_t length)
{
    encoding_t encoding = {0}, plain = {0};
    status_t status =
        tokenizer_encode(tokenizer, text, length, ENCODE_SPECIAL | ENCODE_OFFSETS, &encoding);
    status_t again = tokenizer_encode(tokenizer, text, length, ENCODE_SPECIAL, &plain);
    fuzz_require(!status == !again);
    if (!status) {
        fuzz_require(encoding.count == plain.count);
        for (size_t i = 0; i < plain.count; i++) {
            const span_t *span = &encoding.span[i];
            fuzz_require(encoding.id[i] == plain.id[i] && plain.id[i] >= 0);
            fuzz_require(0 <= span->start && span->start <= span->end);
            fuzz_require(span->end <= (int64_t)length);
        }
    }
    fuzz_refused(&status);
    fuzz_refused(&again);
    encoding_free(&encoding);
    encoding_free(&plain);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char invalid[] = "a\xf0\x9f";
    const uint8_t *nul = size ? memchr(data, '\0', size) : NULL;
    size_t json = nul ? (size_t)(nul - data) : size;
    const char *text = nul ? (const char *)nul + 1 : (const char *)data;
    size_t length = nul ? size - json - 1 : size;
    tokenizer_t *tokenizer = NULL;
    status_t status = tokenizer_open(fuzz_file(data, json), &tokenizer);
    if (!status) {
        fuzz_require(tokenizer_size(tokenizer) >= 0);
        encode(tokenizer, text, utf8_valid_prefix(text, length));
        encode(tokenizer, invalid, sizeof invalid - 1);
    }
    fuzz_refused(&status);
    tokenizer_close(&tokenizer);
    return 0;
}
